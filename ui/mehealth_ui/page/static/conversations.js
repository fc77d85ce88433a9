/* Names, search and printing of conversations, and the turns that an edited question replaced. */
(() => {
  "use strict";
  const store = window.mehealthStore;
  const NAME_LENGTH = 80;

  /* A greeting, which the assistant answers itself, names no conversation. */
  const real = (turn) => turn.answer.engine !== "assistant";

  /* A name given by hand stays. Older versions did not record that: a name was given by hand if no
     question begins with it. */
  function settle(conversation) {
    const { title, turns } = conversation;
    conversation.named ??= Boolean(title && !turns.some((turn) => turn.question.startsWith(title)));
  }

  function name(conversation) {
    if (conversation.named) return conversation.title;
    const first = conversation.turns.find(real);
    return first ? first.question.slice(0, NAME_LENGTH) : "";
  }

  const words = (text) => text.toLowerCase().split(/\s+/).filter(Boolean);

  /* Returns the conversations with all of these words, pinned ones first. */
  function search(term) {
    const terms = words(term);
    const holds = (one) => {
      const turns = store.open(one.id)?.turns ?? [];
      const text = [one.title, ...turns.flatMap((t) => [t.question, t.answer.answer])].join(" ");
      return terms.every((word) => text.toLowerCase().includes(word));
    };
    const chosen = terms.length ? store.list().filter(holds) : store.list();
    return [...chosen.filter((one) => one.pinned), ...chosen.filter((one) => !one.pinned)];
  }

  /* Cuts a conversation before a turn, and keeps the old turns once. */
  function cut(conversation, at) {
    conversation.before = { at, turns: [...conversation.turns] };
    conversation.turns.splice(at);
  }

  /* Swaps the turns before and after the cut, so that one can go back and forth. */
  function bringBack(conversation) {
    const { at, turns } = conversation.before;
    conversation.before = { at, turns: conversation.turns };
    conversation.turns = turns;
  }

  /* Opens the browser's print dialog, which also makes PDFs, for a page without scripts. */
  function print(html, title) {
    document.querySelector("#print-page")?.remove();
    const frame = document.createElement("iframe");
    Object.assign(frame, { id: "print-page", title: "The conversation, ready to print", srcdoc: html });
    frame.setAttribute("sandbox", "allow-same-origin allow-modals");
    frame.setAttribute("aria-hidden", "true");
    frame.tabIndex = -1;
    frame.addEventListener("load", () => {
      const before = document.title;
      document.title = title; // a PDF gets its name from it
      frame.contentWindow.print();
      document.title = before;
    });
    document.body.append(frame);
  }

  window.mehealthTalks = { settle, name, search, cut, bringBack, print };
})();
