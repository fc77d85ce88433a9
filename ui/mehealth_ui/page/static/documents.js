/* Documents: keeps the list of sources up to date, and adds, rereads and removes documents.
   The server renders the list; names and reasons are set as text. */
(() => {
  "use strict";
  const POLL_MS = 600, AWAY_MS = 3000, AWAY_TRIES = 200;
  const WORDS = {
    waiting: "Waiting", fetching: "Fetching", hash: "Looking at the files", read: "Reading",
    embed: "Indexing", words: "Indexing",
  };
  const state = { server: null, index: null, asking: false, again: false, sources: "", adding: "", jobs: new Set() };
  const $ = (selector, root = document) => root.querySelector(selector);
  const panel = () => $(".adding");

  /* Refreshes the list if another index answers now. */
  function served(index) {
    if (state.server && index && index !== state.index) refresh();
  }

  /* A refresh during another one follows after it. */
  async function refresh() {
    if (state.asking) { state.again = true; return; }
    state.asking = true;
    do {
      state.again = false;
      const library = await state.server.library({}).catch(() => null);
      if (library) show(library);
    } while (state.again);
    state.asking = false;
  }

  function show(library) {
    const asBefore = library.index === state.index && !library.may && !state.sources; // as the page came
    state.index = library.index;
    if (panel().innerHTML === "" || state.adding !== library.adding) panel().innerHTML = library.adding;
    state.adding = library.adding;
    library.jobs.filter((job) => !state.jobs.has(job.id)).forEach((job) => report(row(job.name), async () => job));
    const same = asBefore || state.sources === library.sources;
    state.sources = library.sources;
    if (same) return;
    $(".sources-list").innerHTML = library.sources;
    window.mehealth.renewed(library.guide);
  }

  function mount(server) {
    state.server = server;
    state.index = $(".sources-list").dataset.index;
    refresh();
  }

  /* ---- orders ---- */
  function row(name) {
    const made = document.createElement("li");
    const words = Object.assign(document.createElement("span"), { className: "job-name", textContent: name });
    const told = Object.assign(document.createElement("span"), { className: "job-state", textContent: "Sending" });
    made.append(words, told);
    $(".jobs").prepend(made);
    return (text, kind = "") => { told.textContent = text; made.className = kind; };
  }

  const order = (name, address, options) => report(row(name), async () => answered(await fetch(address, options)));

  /* Reports a job to its end, whether it began here or before the page was opened. */
  async function report(tell, begun) {
    try {
      await follow(await begun(), tell);
    } catch (error) {
      tell(error.message || "This did not get through; is the server still running?", "refused");
    }
  }

  async function answered(response) {
    const sent = await response.json().catch(() => ({}));
    if (!response.ok) throw new Error(sent.error || `The server refused it (${response.status}).`);
    return sent;
  }

  async function follow(job, tell) {
    let current = job;
    state.jobs.add(job.id);
    while (!["done", "failed"].includes(current.state)) {
      tell(progress(current));
      await pause(POLL_MS);
      current = await fetched(job.id, tell);
    }
    const [text, kind] = outcome(current);
    tell(text, kind);
    await refresh();
  }

  const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

  /* Waits while the server restarts, because it remembers the job. */
  async function fetched(job, tell) {
    for (let missed = 1; ; missed += 1) {
      try {
        return await answered(await fetch(`v1/documents/jobs/${job}`));
      } catch (error) {
        if (!(error instanceof TypeError) || missed > AWAY_TRIES) throw error;
        tell("The server does not answer; waiting for it");
        await pause(AWAY_MS);
      }
    }
  }

  function progress(job) {
    if (job.message) return job.message;
    const what = WORDS[job.stage] || WORDS[job.state] || "Reading";
    return job.total > 1 ? `${what}, ${job.done} of ${job.total}` : what;
  }

  const counted = (n, word) => `${n.toLocaleString("en")} ${word}${n === 1 ? "" : "s"}`;
  function outcome({ state: how, error, document: made }) {
    if (how === "failed") return [error, "refused"];
    if (made.status === "removed") return ["Removed", "over"];
    if (made.status === "failed") return [`Cannot be read: ${made.reason}`, "broken"];
    const figures = `${counted(made.pages, "page")}, ${counted(made.passages, "passage")}`;
    const word = { added: "Added", changed: "Read anew", unchanged: "Unchanged" }[made.status] || made.status;
    const reason = made.reason ? ` (${made.reason})` : "";
    return [made.pages ? `${word}: ${figures}${reason}` : `${word}${reason}`, "over"];
  }

  function sendFiles(files) {
    for (const file of files) {
      const body = new FormData();
      body.append("file", file, file.name);
      order(file.name, "v1/documents", { method: "POST", body });
    }
  }

  function sendAddress(url) {
    const headers = { "content-type": "application/json" };
    order(url, "v1/documents", { method: "POST", headers, body: JSON.stringify({ url }) });
  }

  const path = (id) => `v1/documents/${encodeURIComponent(id)}`;
  const deeds = {
    choose: () => $(".adding input[type=file]").click(),
    reread: ({ dataset }) => order(dataset.document, `${path(dataset.document)}/read`, { method: "POST" }),
    remove: (button) => {
      if (button.dataset.sure !== "yes") { button.dataset.sure = "yes"; button.textContent = "Really remove?"; return; }
      order(button.dataset.document, path(button.dataset.document), { method: "DELETE" });
    },
  };

  document.addEventListener("click", ({ target }) => {
    const button = target.closest?.("[data-do]");
    if (button) deeds[button.dataset.do]?.(button);
  });
  document.addEventListener("change", ({ target }) => {
    if (!target.matches?.(".adding input[type=file]")) return;
    sendFiles([...target.files]);
    target.value = "";
  });
  document.addEventListener("submit", (event) => {
    if (!event.target.matches(".adding .address")) return;
    event.preventDefault();
    sendAddress(event.target.elements.url.value.trim());
    event.target.reset();
  });

  /* Files may be dropped anywhere. Without the right to add them nothing happens; a browser would
     otherwise leave the page for the file. */
  const holds = (event) => event.dataTransfer?.types?.includes("Files");
  const zone = () => $(".adding .drop");
  document.addEventListener("dragover", (event) => {
    if (!holds(event)) return;
    event.preventDefault();
    zone()?.classList.add("over");
    if (zone() && window.matchMedia("(max-width: 1180px)").matches) document.body.classList.add("rail-open");
  });
  document.addEventListener("dragleave", (event) => { if (!event.relatedTarget) zone()?.classList.remove("over"); });
  document.addEventListener("drop", (event) => {
    if (!holds(event)) return;
    event.preventDefault();
    zone()?.classList.remove("over");
    if (zone()) sendFiles([...event.dataTransfer.files]);
  });
  document.addEventListener("visibilitychange", () => { if (!document.hidden && state.server) refresh(); });

  window.mehealthDocuments = { mount, served };
})();
