/* Conversations in this browser's storage: one key a conversation, one for the list. */
(() => {
  "use strict";
  const KEEP = 60;
  const who = () => (window.gradio_config && window.gradio_config.username) || "";
  const key = (name) => `mehealth:${who()}:${name}`;

  function read(name, otherwise) {
    try {
      const text = localStorage.getItem(key(name));
      return text === null ? otherwise : JSON.parse(text);
    } catch {
      return otherwise;
    }
  }

  /* False when the storage is full or forbidden: the page then works without a memory. */
  function write(name, value) {
    try {
      localStorage.setItem(key(name), JSON.stringify(value));
      return true;
    } catch {
      return false;
    }
  }

  /* Known to this browser only: it lets nobody else change what was said of an answer here. */
  let mine = "";
  function secret() {
    mine ||= read("secret", "");
    if (mine) return mine;
    mine = [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, "0")).join("");
    write("secret", mine);
    return mine;
  }

  function remove(name) {
    try {
      localStorage.removeItem(key(name));
    } catch { /* nothing is kept then */ }
  }

  function newId() {
    const bytes = crypto.getRandomValues(new Uint8Array(12));
    return Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
  }

  const list = () => read("list", []);
  const fresh = () => ({ id: newId(), title: "", turns: [] });
  const open = (id) => read(`c:${id}`, null);

  /* The oldest that is not pinned; where all are, the oldest. The first is the one that is open. */
  function dropOldest(all) {
    const loose = all.findLastIndex((one, at) => at > 0 && !one.pinned);
    const [old] = all.splice(loose < 0 ? all.length - 1 : loose, 1);
    remove(`c:${old.id}`);
  }

  function save(conversation) {
    const others = list().filter((one) => one.id !== conversation.id);
    const pinned = list().find((one) => one.id === conversation.id)?.pinned;
    const entry = { id: conversation.id, title: conversation.title, at: Date.now(), pinned };
    const all = [entry, ...others];
    while (all.length > KEEP) dropOldest(all);
    while (!write(`c:${conversation.id}`, conversation)) {
      if (all.length < 2) return false;
      dropOldest(all);
    }
    write("current", conversation.id);
    return write("list", all);
  }

  function rename(id, title) {
    const kept = open(id);
    if (kept) write(`c:${id}`, { ...kept, title, named: true });
    write("list", list().map((one) => (one.id === id ? { ...one, title } : one)));
  }

  /* What has changed of a conversation; its place in the list stays. One without a question is in
     no list: of those only the one that is open is kept. */
  function update(conversation) {
    if (open(conversation.id)) write(`c:${conversation.id}`, conversation);
    else { write("draft", conversation); choose(conversation.id); }
  }

  function pin(id, pinned) {
    write("list", list().map((one) => (one.id === id ? { ...one, pinned } : one)));
  }

  function drop(id) {
    remove(`c:${id}`);
    write("list", list().filter((one) => one.id !== id));
    if (read("current", "") === id) remove("current");
  }

  function current() {
    const id = read("current", ""), draft = read("draft", null);
    return open(id) || (draft && draft.id === id ? draft : fresh());
  }
  const choose = (id) => write("current", id);
  window.mehealthStore = { read, write, secret, newId, list, fresh, open, save, rename, update, pin, drop, current, choose };
})();
