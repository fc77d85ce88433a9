/* Shows who is signed in, the way out, and the end of the session. */
(() => {
  "use strict";
  const EVERY_MS = 60000;
  const name = () => (window.gradio_config && window.gradio_config.username) || "";
  let over = false;

  function show() {
    const part = document.querySelector("#top .signed-in");
    if (!part) { setTimeout(show, 50); return; }
    if (!name()) return;
    part.querySelector(".name").textContent = name();
    const button = part.querySelector("button");
    button.setAttribute("aria-label", `Sign out ${name()}`);
    button.addEventListener("click", leave);
    part.hidden = false;
    setInterval(look, EVERY_MS);
    document.addEventListener("visibilitychange", look);
  }

  /* A form would send no Origin, because the page sends no referrer. */
  async function leave() {
    await fetch("logout", { method: "POST", redirect: "manual" }).catch(() => null);
    location.replace(".");
  }

  /* A session ends by time, by a new password or in another tab. */
  async function look() {
    if (over || document.hidden) return;
    const answer = await fetch("v1/me").catch(() => null);
    if (!answer || answer.status !== 401) return;
    over = true;
    const part = document.querySelector("#top .signed-in");
    const again = Object.assign(document.createElement("a"), { href: ".", textContent: "Sign in again" });
    part.replaceChildren("Your session has ended.", again);
    part.setAttribute("role", "status");
  }

  document.addEventListener("DOMContentLoaded", show);
})();
