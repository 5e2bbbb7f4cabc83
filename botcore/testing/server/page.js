// What the pages of the simulated servers share. A page draws its own places and messages, in `refresh`, and says what
// is to be done with what is written (`connect`).
const $ = (id) => document.getElementById(id);
let current = null, shown = "";

async function ask(path, body) {
  const answer = await fetch("/_simulator/" + path, body === undefined ? {} :
    { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
  const value = await answer.json();
  if (!answer.ok) throw new Error(value.error);
  $("error").textContent = "";
  return value;
}
const attempt = (work) => work().catch((failure) => { $("error").textContent = failure.message; });

function make(tag, text, kind) {
  const node = document.createElement(tag);
  if (text !== undefined) node.textContent = text;
  if (kind) node.className = kind;
  return node;
}

function place(id, label, kind) {  // where one can go
  const button = make("button", label, kind);
  button.setAttribute("aria-current", id === current);
  button.onclick = () => { current = id; shown = ""; attempt(refresh); };
  return button;
}

function options(select, values, wanted = select.value) {
  const now = JSON.stringify(values);
  if (select.dataset.values === now) return;
  select.dataset.values = now;
  select.replaceChildren(...values.map(([value, label]) => new Option(label, value)));
  if (values.some(([value]) => String(value) === wanted)) select.value = wanted;
}

function changed(state) {  // since it was last asked
  const before = shown;
  shown = JSON.stringify(state);
  return shown !== before;
}

function show(nodes) {  // whoever was at the end stays there
  const box = $("messages"), atEnd = box.scrollHeight - box.scrollTop - box.clientHeight < 80;
  box.replaceChildren(...nodes);
  if (atEnd) box.scrollTop = box.scrollHeight;
}

function picture(address, what) {
  const node = make("img");
  node.alt = what;
  node.src = address;
  return node;
}

function pictures(nodes) {
  const box = make("div", undefined, "pictures");
  box.style.setProperty("--columns", nodes.length === 4 ? 2 : Math.min(3, nodes.length));
  box.append(...nodes);
  return box;
}

function player(tag, address, label, what, kind) {  // an audio or a video, with a line above it
  const box = make("div", undefined, "player"), node = make(tag, undefined, kind);
  node.controls = true;
  node.preload = "metadata";
  node.src = address;
  node.setAttribute("aria-label", what);
  if (label) box.append(make("small", label));
  box.append(node);
  return box;
}

const size = (bytes) => bytes >= 1048576 ? (bytes / 1048576).toFixed(1) + " MB" : Math.ceil(bytes / 1024) + " KB";
function download(address, name, label, kind) {
  const link = make("a", label, kind);
  link.href = address;
  link.download = name;
  return link;
}

function key(button, press, kind) {  // under a message; what opens a link is not followed
  const node = make("button", button.label + (button.url ? " ↗" : ""), kind);
  node.disabled = Boolean(button.url || button.disabled);
  node.onclick = press;
  return node;
}

async function base64(file) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  let content = "";
  for (let at = 0; at < bytes.length; at += 32768) content += String.fromCharCode(...bytes.subarray(at, at + 32768));
  return btoa(content);
}

function connect({ say, attach, add }) {  // what is done with a text, with a file and its content, with a name
  const write = async (work) => { await work(); $("text").value = ""; await refresh(); };
  $("write").onsubmit = (event) => {
    event.preventDefault();
    const text = $("text").value;
    if (text.trim()) attempt(() => write(() => say(text)));
  };
  $("text").onkeydown = (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); $("write").requestSubmit(); }
  };
  $("file").onchange = () => attempt(async () => {
    const [file] = $("file").files;
    $("file").value = "";
    const content = await base64(file);
    await write(() => attach(file, content));
  });
  $("add").onsubmit = (event) => {
    event.preventDefault();
    attempt(async () => { await add($("name").value || "Bob"); $("name").value = ""; await refresh(); });
  };
  const loop = () => attempt(refresh).then(() => setTimeout(loop, 400));
  loop();
}
