/* The fact desk: sends a draft, marks its sentences as their verdicts arrive, and saves decisions.
   The words of drafts and documents are only ever set as text. */
(() => {
  "use strict";
  const page = window.mehealth;
  const store = window.mehealthStore;
  const $ = (selector, root = document) => root.querySelector(selector);
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
  const state = { draft: null, results: [], decisions: new Map(), running: null, shown: -1, turn: 0 };
  const WORDS = {
    supported: ["✓", "Supported"], contradicted: ["✗", "Contradicted"], not_found: ["?", "Not found"],
    not_checked: ["!", "Not checked"],
  };
  const DECIDED = { accept: "accepted", change: "to change", reject: "rejected" };
  const outcome = (result) => result.verdict || "not_checked";

  /* ---- the two views ---- */
  function show(view) {
    const facts = view === "facts";
    if (document.body.classList.contains("facts") === facts) return;
    document.body.classList.toggle("facts", facts);
    document.body.classList.remove("rail-open", "proof-open");
    $$("[data-view]").forEach((one) => one.setAttribute("aria-current", String(one.dataset.view === view)));
    history.replaceState(null, "", facts ? "#facts" : location.pathname);
    if (!facts || state.shown < 0) page.showGuide();
    else open(state.shown, false);
    if (facts && page.wide()) $(".fact-form textarea").focus();
  }

  /* ---- checking ---- */
  const news = (text) => { $(".fact-news").textContent = text; };

  function begin(name) {
    stop();
    Object.assign(state, { draft: null, results: [], decisions: new Map(), shown: -1 });
    $(".finding").hidden = true;
    $(".fact-form").hidden = true;
    $(".fact-run").hidden = false;
    $(".fact-run").dataset.state = "running";
    $(".fact-text").replaceChildren();
    progress(0, 0);
    news(name ? `Reading ${name}` : "Reading the draft");
    $("[data-fact=stop]").focus();
  }

  async function check(body, name) {
    begin(name);
    const control = new AbortController();
    state.running = control;
    const json = typeof body === "string";
    try {
      const answer = await fetch("v1/check/draft", {
        method: "POST", body, signal: control.signal, headers: json ? { "content-type": "application/json" } : {},
      });
      if (!answer.ok) throw new Error((await answer.json()).error);
      await each(answer.body.getReader(), (value) => { if (state.running === control) take(value); });
      if (state.running === control && state.results.length < (state.draft?.places.length ?? 1)) throw new Error("");
    } catch (error) {
      if (state.running !== control || control.signal.aborted) return;
      const broken = error instanceof TypeError || !error.message;
      done(broken ? "The connection broke off. Check the draft again." : sentence(error.message));
      if (!state.draft) again();
    } finally {
      if (state.running === control) state.running = null;
    }
  }

  async function each(reader, taken) {
    const decoder = new TextDecoder();
    let text = "";
    for (;;) {
      const { value, done: ended } = await reader.read();
      text += decoder.decode(value, { stream: !ended });
      const events = text.split("\n\n");
      text = events.pop();
      events.forEach((one) => taken(JSON.parse(one.replace(/^data: /, ""))));
      if (ended) return;
    }
  }

  function take(value) {
    if (value.error && !value.place) throw new Error(value.error);
    if (value.draft) {
      state.draft = value.draft;
      value.decisions.forEach((one) => state.decisions.set(one.start, one));
      draw(value.draft);
      news("");
      progress(0, value.draft.places.length);
    } else if (value.summary) {
      const counts = Object.keys(WORDS).filter((key) => value.summary[key])
        .map((key) => `${value.summary[key]} ${WORDS[key][1].toLowerCase()}`);
      done(`Done: ${counts.join(", ")}.`);
    } else {
      state.results.push(value);
      mark(state.results.length - 1);
      progress(state.results.length, state.draft.places.length);
    }
  }

  function stop() {
    const control = state.running;
    state.running = null;
    control?.abort();
  }

  function done(text) {
    $(".fact-run").dataset.state = "done";
    news(text);
  }

  function again() {
    const problem = $(".fact-news").textContent;
    stop();
    done(state.draft ? "" : problem);
    if (!state.draft) $(".fact-failed").textContent = problem;
    $(".fact-run").hidden = true;
    $(".fact-form").hidden = false;
    $(".finding").hidden = true;
    state.shown = -1;
    page.showGuide();
    $(".fact-form textarea").focus();
  }

  function progress(count, all) {
    const bar = $(".fact-bar");
    const words = all ? `${count} of ${all} sentence${all === 1 ? "" : "s"}` : "";
    $("i", bar).style.width = all ? `${(100 * count) / all}%` : "0";
    bar.setAttribute("aria-valuemin", "0");
    bar.setAttribute("aria-valuemax", String(all || 1));
    bar.setAttribute("aria-valuenow", String(count));
    bar.setAttribute("aria-valuetext", words || "Reading");
    $(".fact-count").textContent = words;
  }

  /* ---- the draft ---- */
  /* Offsets count code points, unlike those of JavaScript's strings. */
  function draw(draft) {
    const letters = [...draft.text];
    const slice = (from, to) => letters.slice(from, to).join("");
    let block = page.element("p");
    const blocks = [block];
    const add = (text) => text.split(/\n+/).forEach((line, at) => {
      if (at) blocks.push(block = page.element("p"));
      if (line) block.append(line);
    });
    let end = 0;
    draft.places.forEach((place, number) => {
      add(slice(end, place.start));
      const one = page.element("span", { className: "sentence waiting", tabIndex: number ? -1 : 0 },
        slice(place.start, place.end).split(/\s+/).join(" "), page.element("span", { className: "outcome" }));
      one.setAttribute("role", "button");
      one.dataset.number = number;
      block.append(one);
      end = place.end;
    });
    add(slice(end));
    $(".fact-text").replaceChildren(...blocks.filter((one) => one.textContent.trim()));
  }

  const sentenceOf = (number) => $(`.sentence[data-number="${number}"]`);

  function mark(number) {
    const one = sentenceOf(number);
    const [sign, word] = WORDS[outcome(state.results[number])];
    const decided = DECIDED[decision(number)?.decision];
    one.className = `sentence ${outcome(state.results[number])}${number === state.shown ? " on" : ""}`;
    $(".outcome", one).textContent = `${sign} ${word}${decided ? ` · ${decided}` : ""}`;
  }

  const decision = (number) => state.decisions.get(state.draft.places[number].start);

  function move(number) {
    const one = sentenceOf(number);
    if (!one) return;
    $$(".sentence[tabindex='0']").forEach((other) => { other.tabIndex = -1; });
    one.tabIndex = 0;
    one.focus();
  }

  /* ---- one sentence ---- */
  async function open(number, byHand = true) {
    const result = state.results[number];
    if (!result) return;
    state.shown = number;
    const turn = ++state.turn;
    $$(".sentence.on").forEach((one) => one.classList.remove("on"));
    sentenceOf(number).classList.add("on");
    const pane = $(".finding");
    const [sign, word] = WORDS[outcome(result)];
    pane.hidden = false;
    pane.dataset.verdict = outcome(result);
    $(".verdict", pane).textContent = `${sign} ${word}`;
    $(".claim", pane).textContent = result.claim;
    $(".explanation", pane).textContent = result.explanation || sentence(result.error || "");
    $(".evidence-list", pane).replaceChildren(...(result.evidence || []).map((cited, at) => quote(cited, at)));
    $("[data-fact=previous]", pane).disabled = number === 0;
    $("[data-fact=next]", pane).disabled = number + 1 >= state.results.length;
    $(".kept", pane).textContent = "";
    showDecision(number);
    if (byHand) document.body.classList.add("proof-open");
    await prove(number, 0);
    if (byHand && !page.wide() && turn === state.turn) {
      $("#proof").scrollTop = 0;
      $(".verdict", pane).focus();
    }
  }

  function close() {
    document.body.classList.remove("proof-open");
    sentenceOf(state.shown)?.focus();
  }

  function quote(cited, at) {
    const button = page.element("button", { type: "button", className: "evidence-quote" },
      page.element("q", { textContent: cited.quote.split(/\s+/).join(" ") }),
      page.element("span", { className: "place", textContent: `${cited.title}, p. ${cited.page_label}` }));
    Object.assign(button.dataset, { fact: "prove", at });
    return page.element("li", {}, button);
  }

  async function prove(number, at) {
    const evidence = state.results[number].evidence || [];
    const chosen = evidence[at];
    $$(".evidence-quote").forEach((one) => one.classList.toggle("on", Number(one.dataset.at) === at));
    if (!chosen) {
      page.emptyPane("No page decides this sentence", "The documents neither prove it nor say otherwise.");
      return;
    }
    await page.look(page.marked(evidence, chosen));
  }

  /* ---- deciding ---- */
  function showDecision(number) {
    const made = decision(number);
    $$(".decision").forEach((one) => one.setAttribute("aria-pressed", String(made?.decision === one.dataset.decision)));
    $(".finding textarea").value = made?.note || "";
    if (!made) return;
    const when = new Date(made.when * 1000).toLocaleString();
    $(".kept").textContent = `Kept${made.who ? ` by ${made.who}` : ""}, ${when}.`;
  }

  async function decide(changed) {
    const number = state.shown;
    const { draft } = state;
    const { start, end } = draft.places[number];
    const before = decision(number) || { decision: "", note: "" };
    const decided = { decision: before.decision, note: before.note, ...changed };
    const sent = { draft: draft.hash, start, sentence: [...draft.text].slice(start, end).join(""),
      verdict: outcome(state.results[number]), ...decided };
    const made = await post("v1/check/decisions", sent)
      ?? { error: "this could not be kept: the server does not answer; try again" };
    if (draft !== state.draft) return;
    if (made.error) {
      if (number === state.shown) { showDecision(number); $(".kept").textContent = sentence(made.error); }
      return;
    }
    if (made.decision || made.note) state.decisions.set(start, made);
    else state.decisions.delete(start);
    mark(number);
    if (number !== state.shown) return;
    $(".kept").textContent = "Taken back.";
    showDecision(number);
  }

  /* Returns the server's JSON, or null if it does not answer. */
  const post = (address, sent) => fetch(address, {
    method: "POST", body: JSON.stringify(sent), headers: { "content-type": "application/json" },
  }).then((answer) => answer.json()).catch(() => null);

  async function save(format) {
    /* Boxes are left out, because no report shows them and a request has a limit. */
    const sentences = state.results.map((one, number) => ({
      ...one, decision: decision(number) || null, evidence: (one.evidence || []).map((c) => ({ ...c, boxes: [] })),
    }));
    const sent = { format, draft: state.draft.hash, name: state.draft.name, sentences };
    const made = await post("v1/check/report", sent) ?? { error: "the server does not answer; try again" };
    if (made.error) { news(sentence(made.error)); return; }
    page.download(made);
  }

  const sentence = (text) => text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? "" : ".");

  /* ---- what is sent ---- */
  function checkText(text) {
    if (!text.trim()) { $(".fact-failed").textContent = "Paste some text first."; return; }
    $(".fact-failed").textContent = "";
    store.write("draft", text);
    check(JSON.stringify({ text, documents: page.filter() }), "");
  }

  function checkFile(file) {
    if (!file) return;
    $(".fact-failed").textContent = "";
    const form = new FormData();
    form.append("file", file, file.name);
    page.filter().forEach((one) => form.append("documents", one));
    check(form, file.name);
  }

  const acts = {
    choose: () => $(".fact-form input[type=file]").click(),
    stop: () => { stop(); done(`Stopped after ${$(".fact-count").textContent || "no sentence"}.`); },
    again,
    save: (target) => save(target.dataset.format),
    previous: () => open(state.shown - 1),
    next: () => open(state.shown + 1),
    close,
    prove: (target) => prove(state.shown, Number(target.dataset.at)),
  };

  document.addEventListener("click", (event) => {
    const target = event.target.closest?.("[data-fact], [data-view], .sentence, .decision, [data-act=open], [data-act=new]");
    if (!target) return;
    if (target.dataset.fact) acts[target.dataset.fact](target);
    else if (target.dataset.view) show(target.dataset.view);
    else if (target.matches(".sentence")) { move(Number(target.dataset.number)); open(Number(target.dataset.number)); }
    else if (target.matches(".decision")) {
      const kind = target.dataset.decision;
      decide({ decision: decision(state.shown)?.decision === kind ? "" : kind, note: $(".finding textarea").value });
    } else show("ask");
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches(".finding textarea")) decide({ note: event.target.value });
    if (event.target.matches(".fact-form input[type=file]")) {
      const [file] = event.target.files;
      event.target.value = "";
      checkFile(file);
    }
  });
  document.addEventListener("submit", (event) => {
    if (!event.target.matches(".fact-form")) return;
    event.preventDefault();
    checkText($("textarea", event.target).value);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && state.shown >= 0 && event.target.closest?.("#proof")) close();
    const one = event.target.closest?.(".sentence");
    if (!one) return;
    const number = Number(one.dataset.number);
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (step) move(number + step);
    else if (event.key === "Enter" || event.key === " ") open(number);
    else return;
    event.preventDefault();
  });
  const dropping = (event) => document.body.classList.contains("facts") && event.target.closest?.("#facts")
    && event.dataTransfer?.types.includes("Files");
  for (const kind of ["dragenter", "dragover"]) {
    document.addEventListener(kind, (event) => {
      if (!dropping(event)) return;
      event.preventDefault();
      $(".facts").classList.add("dropping");
    });
  }
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget?.closest?.("#facts")) $(".facts")?.classList.remove("dropping");
  });
  document.addEventListener("drop", (event) => {
    if (!dropping(event)) return;
    event.preventDefault();
    $(".facts").classList.remove("dropping");
    checkFile(event.dataTransfer.files[0]);
  });

  function ready() {
    if (!document.body?.classList.contains("ready") || !$(".fact-form")) { setTimeout(ready, 30); return; }
    $(".fact-form textarea").value = store.read("draft", "");
    if (location.hash === "#facts") show("facts");
  }
  ready();
})();
