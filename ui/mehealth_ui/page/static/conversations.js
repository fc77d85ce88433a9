/* What the list of conversations does beyond the storage: names, search, the turns that an edited
   question replaced, and the page to print. */
(() => {
  "use strict";
  const store = window.mehealthStore;
  const NAME_LENGTH = 80;

  /* A greeting is answered by the assistant itself, and names no conversation. */
  const real = (turn) => turn.answer.engine !== "assistant";

  /* A name given by hand stays. Conversations of older versions do not say whether theirs was: it
     was where no question begins with it. */
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

  /* The conversations that hold all of these words, pinned ones first. */
  function found(term) {
    const wanted = words(term);
    const holds = (one) => {
      const turns = store.open(one.id)?.turns ?? [];
      const text = [one.title, ...turns.flatMap((t) => [t.question, t.answer.answer])].join(" ");
      return wanted.every((word) => text.toLowerCase().includes(word));
    };
    const chosen = wanted.length ? store.list().filter(holds) : store.list();
    return [...chosen.filter((one) => one.pinned), ...chosen.filter((one) => !one.pinned)];
  }

  /* Cut the conversation before a turn; what it held is kept once, for the way back. */
  function cut(conversation, at) {
    conversation.before = { at, turns: [...conversation.turns] };
    conversation.turns.splice(at);
  }

  /* The turns before the cut and those after it change places: back, and forth again. */
  function bringBack(conversation) {
    const { at, turns } = conversation.before;
    conversation.before = { at, turns: conversation.turns };
    conversation.turns = turns;
  }

  /* The browser's own dialog, which also makes a PDF. The page has no script, and could run none. */
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

  window.mehealthTalks = { settle, name, found, cut, bringBack, print };
})();
