/* Conversations in this browser's storage: a key for each, and one for the list. */
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

  /* Returns false if the storage is full or forbidden; the page then works without it. */
  function write(name, value) {
    try {
      localStorage.setItem(key(name), JSON.stringify(value));
      return true;
    } catch {
      return false;
    }
  }

  const random = (bytes) =>
    Array.from(crypto.getRandomValues(new Uint8Array(bytes)), (b) => b.toString(16).padStart(2, "0")).join("");
  const newId = () => random(12);

  /* A secret of this browser, without which nobody can change its verdicts. */
  let mine = "";
  function secret() {
    mine ||= read("secret", "") || random(16);
    write("secret", mine);
    return mine;
  }

  function remove(name) {
    try {
      localStorage.removeItem(key(name));
    } catch { /* nothing is kept then */ }
  }

  const list = () => read("list", []);
  const fresh = () => ({ id: newId(), title: "", turns: [] });
  const open = (id) => read(`c:${id}`, null);

  /* Drops the oldest that is not pinned, or the oldest of all, but not the first, which is open. */
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

  /* Saves changes without moving the conversation up. One without a question is in no list, and
     only the last of those is kept. */
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
