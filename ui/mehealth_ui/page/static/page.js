/* The page's behaviour. The server renders answers and documents; what a person typed is only ever
   set as text here. */
(() => {
  "use strict";
  const store = window.mehealthStore;
  const talks = window.mehealthTalks;
  const $ = (selector, root = document) => root.querySelector(selector);
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
  const state = {
    server: null, conversation: null, live: null, pending: null, editing: null, look: null,
    looks: 0, zoom: 0, opener: null, stoppedAt: 0, updates: 0,
  };
  const GRACE_MS = 8000;
  const ZOOMS = [1, 1.35, 1.8, 2.5];
  const wide = () => window.matchMedia("(min-width: 861px)").matches;
  const element = (name, options = {}, ...children) => {
    const made = Object.assign(document.createElement(name), options);
    made.append(...children);
    return made;
  };

  /* ---- light and dark ---- */
  function applyTheme(choice) {
    const dark = choice ? choice === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    document.documentElement.classList.toggle("dark", dark);
    if (document.body) document.body.classList.toggle("dark", dark);
    const button = $("[data-act=theme]");
    if (button) button.textContent = dark ? "Light" : "Dark";
  }
  applyTheme(store.read("theme", ""));
  document.addEventListener("DOMContentLoaded", () => applyTheme(store.read("theme", "")));

  function act_theme() {
    const next = document.body.classList.contains("dark") ? "light" : "dark";
    store.write("theme", next);
    applyTheme(next);
  }

  /* ---- asking ---- */
  const box = () => $("#question textarea, #question input");
  function setQuestion(text) {
    const input = box();
    if (!input) return;
    const kind = input.tagName === "TEXTAREA" ? HTMLTextAreaElement : HTMLInputElement;
    Object.getOwnPropertyDescriptor(kind.prototype, "value").set.call(input, text);
    input.dispatchEvent(new Event("input", { bubbles: true }));
  }

  function begin(typed) {
    const asked = state.pending || {};
    state.pending = null;
    const question = (asked.question ?? typed ?? "").trim();
    if (!question || state.live) return [typed, null];
    const from = asked.from || state.editing;
    if (from) cut(from);
    cancelEdit();
    const id = store.newId();
    state.live = { id, question };
    addTurn(id, question);
    toTurn(id);
    if (asked.question === undefined) setQuestion("");
    document.body.classList.add("asking");
    const history = state.conversation.turns.slice(-12).map((t) => [t.question, t.answer.answer]);
    const index = state.conversation.turns.at(-1)?.answer.index ?? "";
    return [typed, { id, question, history, documents: filter(), engine: $("#engine")?.value ?? "", index }];
  }

  function addTurn(id, question) {
    document.body.classList.add("talking");
    const waiting = element("div", { className: "card waiting" },
      element("p", { textContent: "Looking through the documents" }), element("i"), element("i"));
    waiting.setAttribute("role", "status");
    const heading = element("div", { className: "asked" },
      element("h2", { className: "question", textContent: question, dir: "auto" }));
    const turn = element("article", { className: "turn" }, heading, waiting);
    turn.dataset.turn = id;
    turn.dataset.question = question;
    $(".turns").append(turn);
    return turn;
  }

  /* Scrolls a question to the top, so that its answer is read from the beginning. */
  function toTurn(id) {
    const turn = turnElement(id);
    const column = $("#transcript");
    if (turn && column) column.scrollTop += turn.getBoundingClientRect().top - column.getBoundingClientRect().top;
  }

  function received(value) {
    if (!value || !state.live || value.id !== state.live.id) return;
    state.updates += 1;
    const turn = turnElement(value.id);
    turn.innerHTML = value.html;
    if (value.record) {
      state.stoppedAt = 0;
      state.conversation.turns.push(value.record);
      keep();
      showReplaced();
      finish();
      toTurn(value.id);
      news(value.news);
      window.mehealthDocuments.served(value.record.answer.index);
      prefetch(value.record.answer);
      showBest(value.record);
    } else if (value.failed) finish();
  }

  function finish() {
    state.live = null;
    document.body.classList.remove("asking");
  }

  function stopped(text) {
    if (!state.live) return;
    const turn = turnElement(state.live.id);
    const retry = element("button", { type: "button", className: "solid", textContent: "Ask again" });
    retry.dataset.act = "retry";
    $(".waiting", turn)?.remove();
    turn.append(element("div", { className: "card failed" },
      element("p", { textContent: text }), element("p", {}, retry)));
    finish();
  }

  /* Gradio reports a stopped question as failed, once or twice, sometimes only after the next one
     has begun, and without its name. So shortly after a stop a failure counts only if the current
     question gets no more updates. */
  function stop() {
    if (state.live) state.stoppedAt = Date.now();
    stopped("Stopped.");
  }

  function failed() {
    const id = state.live?.id;
    const { updates } = state;
    const silent = () => { if (state.live?.id === id && state.updates === updates) lost(); };
    if (Date.now() - state.stoppedAt < GRACE_MS) setTimeout(silent, GRACE_MS);
    else lost();
  }

  function lost() {
    stopped("The question did not get through. Too many may be asking; try again in a moment.");
  }

  function ask(question, from) {
    if (state.live) return;
    state.pending = { question, from };
    $("#ask").click();
    /* If the click was refused, the question must not wait for the next one. */
    setTimeout(() => { state.pending = null; }, 400);
  }

  const turnElement = (id) => $(`.turn[data-turn="${CSS.escape(id)}"]`);
  const record = (id) => state.conversation.turns.find((t) => t.id === id);
  const turnOf = (target) => target.closest(".turn");

  function cut(id) {
    const at = state.conversation.turns.findIndex((t) => t.id === id);
    if (at >= 0) talks.cut(state.conversation, at);
    let turn = turnElement(id);
    while (turn) {
      const next = turn.nextElementSibling;
      turn.remove();
      turn = next;
    }
    if (at >= 0) keep();
    showReplaced();
  }

  /* Shows the way back to turns that were replaced. */
  function showReplaced() {
    $$(".replaced").forEach((one) => one.remove());
    const { before, turns } = state.conversation;
    if (!before) return;
    const gone = before.turns.length - before.at;
    const back = element("button", { type: "button", className: "quiet", textContent: "Bring them back" });
    back.dataset.act = "bring-back";
    const line = element("p", { className: "replaced note" }, `Turns that were replaced from here on: ${gone}. `, back);
    const turn = turns[before.at] && turnElement(turns[before.at].id);
    if (turn) turn.append(line);
    else $(".turns").append(line);
  }

  function bringBack() {
    if (state.live || !state.conversation.before) return;
    talks.bringBack(state.conversation);
    keep();
    openConversation(state.conversation);
  }

  function edit(id, text) {
    state.editing = id;
    $(".editing").hidden = false;
    setQuestion(text);
    box()?.focus();
  }

  function cancelEdit() {
    state.editing = null;
    const note = $(".editing");
    if (note) note.hidden = true;
  }

  /* ---- the proof ---- */
  function showCitation(id, number, opener, near = false) {
    const answer = record(id)?.answer;
    if (!answer) return;
    const all = near ? answer.nearest : answer.citations;
    const chosen = all.find((c) => c.number === number);
    if (!chosen) return;
    $$(".chip.on, .quote.on").forEach((one) => one.classList.remove("on"));
    $$(`.turn[data-turn="${CSS.escape(id)}"] [data-cite="${number}"]`)
      .forEach((one) => one.classList.add("on"));
    look({ ...marked(all, chosen), near }, opener);
  }

  /* A citation's page, with the quotes from its document. */
  function marked(citations, chosen) {
    const marks = citations.filter((c) => c.document === chosen.document).map((c) => ({
      number: c.number, page: c.page, quote: c.quote, boxes: c.boxes, url: c.url, active: c === chosen,
    }));
    return { document: chosen.document, page: chosen.page, marks };
  }

  /* Shows the page that proves an answer, or the nearest passage. */
  function showBest({ id, answer }) {
    if (!wide()) return;
    const [first] = answer.citations;
    const [nearest] = answer.nearest;
    if (first) showCitation(id, first.number, null);
    else if (nearest) showCitation(id, nearest.number, null, true);
    else showGuide();
  }

  function emptyPane(title, text) {
    state.looks += 1;
    state.look = null;
    $("#pane .pane").replaceChildren(element("section", { className: "nothing" },
      element("p", { className: "kicker", textContent: title }), element("p", { textContent: text })));
  }

  function showGuide() {
    state.looks += 1;
    state.look = null;
    const pane = $("#pane .pane");
    pane.removeAttribute("aria-busy");
    pane.innerHTML = state.guide;
  }

  async function look(wanted, opener) {
    const turn = ++state.looks;
    state.look = wanted;
    if (opener) {
      state.opener = opener;
      document.body.classList.add("proof-open");
      cover();
    }
    const pane = $("#pane .pane");
    pane.setAttribute("aria-busy", "true");
    let html;
    try {
      html = await state.server.look(wanted);
    } catch {
      html = '<section class="evidence"><p class="note">The page could not be fetched. Is the server still running? Try again.</p></section>';
    }
    if (turn !== state.looks) return;
    pane.removeAttribute("aria-busy");
    pane.innerHTML = html;
    applyZoom();
    const leaf = $(".leaf", pane);
    const mark = $(".mark.active, mark.active", pane);
    if (mark && leaf) {
      const down = mark.getBoundingClientRect().top - leaf.getBoundingClientRect().top;
      leaf.scrollTop += down - leaf.clientHeight / 3;
    } else if (leaf) leaf.scrollTop = 0;
    if (opener && !wide()) $(".evidence h2", pane)?.focus();
  }

  function closeProof() {
    document.body.classList.remove("proof-open");
    cover();
    state.opener?.focus?.();
    state.opener = null;
  }

  /* On a narrow screen the proof covers the rest, which must not get the focus. */
  function cover() {
    const covered = document.body.classList.contains("proof-open") && !wide();
    for (const part of ["#top", "#rail", "#talk"]) $(part).inert = covered;
  }

  function closeRail() {
    if (!wide()) document.body.classList.remove("rail-open");
  }

  function toggleRail() {
    const open = document.body.classList.toggle("rail-open");
    if (open && !wide()) $("#rail button")?.focus();
  }

  function applyZoom() {
    const sheet = $("#pane .sheet");
    if (!sheet) return;
    sheet.style.setProperty("--zoom", ZOOMS[state.zoom]);
    const image = $("img", sheet);
    if (image && state.zoom > 0 && image.dataset.large) image.src = image.dataset.large;
    $$("#pane [data-act=zoom]").forEach((one) => {
      one.disabled = one.dataset.way === "in" ? state.zoom === ZOOMS.length - 1 : state.zoom === 0;
    });
  }

  function leaf(page) {
    if (state.look && page >= 1) look({ ...state.look, page });
  }

  function prefetch(answer) {
    for (const c of answer.citations.slice(0, 3)) {
      if (!c.boxes.length) continue;
      const version = encodeURIComponent(answer.index);
      new Image().src = `page/${encodeURIComponent(c.document)}/${c.page}.png?width=960&v=${version}`;
    }
  }

  /* ---- conversations ---- */
  const keep = () => {
    state.conversation.title = talks.name(state.conversation);
    store.save(state.conversation);
    showList();
  };

  function showList() {
    const find = $(".find");
    find.hidden = !store.list().length;
    const entries = talks.search(find.value).map((one) => listItem(one));
    const none = element("li", { className: "note small", textContent: find.value.trim() ? "None with these words." : "None yet." });
    $(".conversations").replaceChildren(...(entries.length ? entries : [none]));
  }

  function listItem(one) {
    const here = one.id === state.conversation.id;
    const button = (text, act, more = {}) => {
      const made = element("button", { type: "button", className: "quiet", textContent: text });
      Object.assign(made.dataset, { act, conversation: one.id, ...more });
      return made;
    };
    const name = button(one.title || "New conversation", "open");
    name.className = "name";
    name.title = name.textContent;
    const item = element("li", { className: here ? "here" : "" }, name);
    item.classList.toggle("pinned", Boolean(one.pinned));
    if (!here) return item;
    name.setAttribute("aria-current", "true");
    const save = element("span", { className: "exports" }, "Save as ",
      button("Markdown", "export", { format: "markdown" }), button("JSON", "export", { format: "json" }),
      button("HTML", "export", { format: "html" }));
    const print = button("Print or PDF", "export", { format: "print" });
    item.append(element("span", { className: "manage" }, button("Rename", "rename"),
      button(one.pinned ? "Unpin" : "Pin", "pin", { pinned: one.pinned ? "" : "yes" }), button("Delete", "delete"), print), save);
    return item;
  }

  async function openConversation(conversation) {
    state.conversation = conversation;
    talks.settle(conversation);
    state.looks += 1;
    cancelEdit();
    $(".turns").replaceChildren();
    document.body.classList.toggle("talking", conversation.turns.length > 0);
    closeRail();
    showList();
    showChoice();
    if (!conversation.turns.length) { showGuide(); suggestions(); return; }
    const shown = await state.server.show_turns({ title: conversation.title, turns: conversation.turns });
    if (state.conversation !== conversation) return;
    for (const one of shown) {
      const kept = record(one.id);
      const turn = addTurn(one.id, kept ? kept.question : "");
      turn.innerHTML = one.html;
    }
    const last = conversation.turns.at(-1);
    showReplaced();
    if (last) { toTurn(last.id); showBest(last); }
  }

  function rename(id, item) {
    const name = $(".name", item);
    const input = element("input", { className: "rename", value: name.textContent, maxLength: 120 });
    input.setAttribute("aria-label", "New name");
    name.replaceWith(input);
    input.focus();
    input.select();
    const done = (save) => {
      const title = input.value.trim();
      if (save && title) {
        store.rename(id, title);
        if (state.conversation.id === id) Object.assign(state.conversation, { title, named: true });
      }
      showList();
    };
    input.addEventListener("keydown", (event) => {
      if (event.key === "Enter") done(true);
      if (event.key === "Escape") done(false);
      event.stopPropagation();
    });
    input.addEventListener("blur", () => { if (input.isConnected) done(true); });
  }

  async function exportAs(id, format) {
    const kept = id === state.conversation.id ? state.conversation : store.open(id);
    if (!kept) return;
    const title = kept.title || "Conversation";
    const form = format === "print" ? "html" : format;
    const made = await state.server.hand_out({ format: form, conversation: { title, turns: kept.turns } });
    if (made.error) { say(made.error); return; }
    if (format === "print") { talks.print(made.text, title); return; }
    download(made);
  }

  function download({ name, type, text }) {
    const url = URL.createObjectURL(new Blob([text], { type }));
    element("a", { href: url, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(url), 10000);
  }

  /* ---- sources, feedback, copying ---- */
  function filter() {
    const boxes = $$("input[name=source]");
    const chosen = boxes.filter((one) => one.checked).map((one) => one.value);
    return chosen.length === boxes.length ? [] : chosen;
  }

  /* Each conversation stores the documents that it leaves out, so new ones are asked. */
  function choose() {
    const boxes = $$("input[name=source]");
    const left = boxes.filter((one) => !one.checked).map((one) => one.value);
    state.conversation.leftOut = left.length < boxes.length ? left : [];
    store.update(state.conversation);
    showChoice();
    suggestions();
  }

  function showChoice() {
    const out = new Set(state.conversation.leftOut);
    const boxes = $$("input[name=source]");
    const none = boxes.every((one) => out.has(one.value));
    boxes.forEach((one) => { one.checked = none || !out.has(one.value); });
    for (const all of $$("input[name=collection]")) {
      const own = $$("input[name=source]", all.closest("section"));
      all.checked = own.some((one) => one.checked);
      all.indeterminate = all.checked && !own.every((one) => one.checked);
    }
    const chosen = filter().length;
    $(".scope-note").textContent = chosen ? `Asking ${chosen} of ${boxes.length} documents.` : "";
  }

  /* The documents have changed. */
  function renewed(guide) {
    const shown = $("#pane .guide");
    state.guide = guide;
    if (shown) showGuide();
    showChoice();
    suggestions();
  }

  async function judge(turn, feedback) {
    const kept = record(turn.dataset.turn);
    if (!kept) return;
    const at = state.conversation.turns.indexOf(kept);
    const history = state.conversation.turns.slice(Math.max(0, at - 12), at).map((t) => [t.question, t.answer.answer]);
    const result = await state.server.judge({ turn: kept, history, feedback, key: store.secret() });
    const note = $(".noted", turn);
    if (result.error) { note.textContent = result.error; return; }
    kept.feedback = result.feedback;
    keep();
    for (const one of ["right", "wrong"]) {
      $(`[data-act=${one}]`, turn).setAttribute("aria-pressed", String(result.feedback.verdict === one));
    }
    $(".complaint", turn).hidden = true;
    note.textContent = "Noted, thank you";
  }

  function plainText(kept) {
    const quoted = (text) => (/^[“"«„][^“”"«»„]*[”"»“]$/.test(text) ? text : `“${text}”`);
    const quotes = kept.answer.citations.map((c) =>
      `[${c.number}] ${quoted(c.quote.trim().split(/\s+/).join(" "))} (${c.title}, page ${c.page_label})`);
    return [kept.question, "", kept.answer.answer.replaceAll("**", ""), "", ...quotes].join("\n").trim() + "\n";
  }

  async function copy(text, button) {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const area = element("textarea", { value: text });
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
    const before = button.textContent;
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = before; }, 1500);
  }

  /* Shows a problem with the index until it is solved. */
  function news(text) {
    const line = $(".news");
    line.textContent = text || "";
    line.hidden = !text;
  }

  function say(text) { $(".scope-note").textContent = text; }

  async function suggestions(tries = 0) {
    if (!state.server) return;
    const found = await state.server.suggest({ documents: filter() }).catch(() => null);
    if (!found) return;
    news(found.news);
    window.mehealthDocuments.served(found.index);
    $(".suggestions").innerHTML = found.html;
    if (!found.ready && tries < 30) setTimeout(() => suggestions(tries + 1), 1000);
  }

  /* ---- what a click does ---- */
  const acts = {
    theme: act_theme,
    cite: (t) => showCitation(turnOf(t).dataset.turn, Number(t.dataset.cite), t),
    near: (t) => showCitation(turnOf(t).dataset.turn, Number(t.dataset.cite), t, true),
    read: (t) => { closeRail(); look({ document: t.dataset.document, page: 1, marks: [] }, t); },
    place: (t) => look({ document: t.dataset.document, page: Number(t.dataset.page), marks: JSON.parse(t.dataset.marks || "[]") }, t),
    guide: showGuide,
    leaf: (t) => leaf(Number(t.dataset.page)),
    zoom: (t) => zoomBy(t.dataset.way === "in" ? 1 : -1),
    "close-proof": closeProof,
    ask: (t) => ask(t.dataset.question),
    retry: (t) => { const turn = turnOf(t); ask(turn.dataset.question, turn.dataset.turn); },
    edit: (t) => { const turn = turnOf(t); edit(turn.dataset.turn, turn.dataset.question); },
    "edit-rewritten": (t) => { const turn = turnOf(t); edit(turn.dataset.turn, $(".standalone", turn).textContent); },
    "cancel-edit": () => { cancelEdit(); setQuestion(""); },
    copy: (t) => copy(plainText(record(turnOf(t).dataset.turn)), t),
    right: (t) => judge(turnOf(t), { verdict: "right" }),
    wrong: (t) => { const form = $(".complaint", turnOf(t)); form.hidden = !form.hidden; if (!form.hidden) $("select", form).focus(); },
    rail: toggleRail,
    "bring-back": bringBack,
    pin: (t) => { store.pin(t.dataset.conversation, t.dataset.pinned === "yes"); showList(); },
    new: () => { if (!state.live) { const made = store.fresh(); store.choose(made.id); openConversation(made); box()?.focus(); } },
    open: (t) => { const kept = store.open(t.dataset.conversation); if (kept && !state.live) { store.choose(kept.id); openConversation(kept); } },
    rename: (t) => rename(t.dataset.conversation, t.closest("li")),
    delete: (t) => {
      if (t.dataset.sure !== "yes") { t.dataset.sure = "yes"; t.textContent = "Really delete?"; return; }
      store.drop(t.dataset.conversation);
      openConversation(store.current());
    },
    export: (t) => exportAs(t.dataset.conversation, t.dataset.format),
  };

  function zoomBy(step) {
    state.zoom = Math.min(ZOOMS.length - 1, Math.max(0, state.zoom + step));
    applyZoom();
  }

  document.addEventListener("click", (event) => {
    const target = event.target.closest?.("[data-act]");
    if (target && acts[target.dataset.act]) acts[target.dataset.act](target);
    else if (!event.target.closest("#rail")) closeRail();
    const menu = $("[data-act=rail]");
    if (menu) menu.setAttribute("aria-expanded", String(document.body.classList.contains("rail-open")));
  });
  document.addEventListener("input", (event) => { if (event.target.matches(".find")) showList(); });
  document.addEventListener("change", ({ target }) => {
    if (target.name === "collection") {
      $$("input[name=source]", target.closest("section")).forEach((one) => { one.checked = target.checked; });
    }
    if (["source", "collection"].includes(target.name)) choose();
  });
  document.addEventListener("submit", (event) => {
    if (!event.target.matches(".complaint")) return;
    event.preventDefault();
    judge(turnOf(event.target), { verdict: "wrong", ...Object.fromEntries(new FormData(event.target)) });
  });
  document.addEventListener("keydown", (event) => {
    const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
    if (event.key === "Escape") {
      if (document.body.classList.contains("proof-open")) closeProof();
      if (!wide() && document.body.classList.contains("rail-open")) { closeRail(); $("[data-act=rail]").focus(); }
    } else if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
    else if (event.key === "/") { event.preventDefault(); box()?.focus(); }
    else if (event.target.closest(".evidence") && state.look) {
      const step = { ArrowLeft: "[data-act=leaf]:first-of-type", ArrowRight: ".where + [data-act=leaf]" }[event.key];
      const button = step && $(`#pane ${step}`);
      if (button && !button.disabled) { event.preventDefault(); leaf(Number(button.dataset.page)); }
      if (event.key === "+") zoomBy(1);
      if (event.key === "-") zoomBy(-1);
    }
  });

  function mount({ server, watch }) {
    const ready = () => $(".turns") && $(".conversations") && $("#pane .pane") && box();
    if (!ready()) { setTimeout(() => mount({ server, watch }), 15); return; }
    state.server = server;
    window.mehealthDocuments.mount(server);
    state.guide = $("#pane .pane").innerHTML;
    applyTheme(store.read("theme", ""));
    const bar = $(".bar");
    new ResizeObserver(() => document.documentElement.style.setProperty("--top", `${bar.offsetHeight}px`)).observe(bar);
    window.addEventListener("resize", cover);
    openConversation(store.current());
    if (state.conversation.turns.length) suggestions();
    document.body.classList.add("ready");
    if (wide()) box().focus();
  }

  window.mehealth = {
    renewed, mount, begin, received, stop, failed, look, marked, download, emptyPane, showGuide, filter, wide, element,
  };
})();
