// What a page keeps in the browser: drafts, messages not yet confirmed, the theme. All of it may be missing
// (private windows refuse storage), so nothing here throws.

function read(store, key) {
  try {
    return JSON.parse(store.getItem(key));
  } catch {
    return null;
  }
}

function write(store, key, value) {
  try {
    if (value === null) store.removeItem(key);
    else store.setItem(key, JSON.stringify(value));
  } catch {
    // full or refused: the page works without
  }
}

const DRAFT = "botcore.draft.";
const PENDING = "botcore.pending"; // per tab: only the tab that sent a message sends it again

export const drafts = {
  get: (chat) => ({ text: "", id: null, files: [], reply: null, ...read(localStorage, DRAFT + chat) }),
  set(chat, { text = "", id = null, files = [], reply = null }) {
    write(localStorage, DRAFT + chat, text || files.length || reply ? { text, id, files, reply } : null);
  },
};

export const pending = {
  all: () => read(sessionStorage, PENDING) ?? {},
  add(id, message) {
    write(sessionStorage, PENDING, { ...this.all(), [id]: message });
  },
  done(id) {
    const left = this.all();
    delete left[id];
    write(sessionStorage, PENDING, left);
  },
};

export const theme = {
  get: () => document.documentElement.dataset.theme,
  set(name) {
    document.documentElement.dataset.theme = name;
    try {
      localStorage.setItem("botcore.theme", name); // not JSON: the page reads it before its scripts run
    } catch {
      // holds for this page only
    }
  },
};

// 32 hexadecimal digits: a version 4 UUID without hyphens. crypto.randomUUID is missing on plain http.
export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // plain http from another machine has no clipboard API
    const area = Object.assign(document.createElement("textarea"), { value: text });
    area.style.position = "fixed";
    area.style.opacity = "0";
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
}
