// Texts as DOM. Nothing here trusts what it shows: rendered Markdown is sanitised, everything else is text nodes.

import DOMPurify from "dompurify";
import { copy } from "botcore-web/keep.js";

const purifier = DOMPurify(window);
const RULES = {
  ALLOWED_TAGS:
    "a b blockquote br code del div em h1 h2 h3 h4 h5 h6 hr i li ol p pre s span strong table tbody td th thead tr ul".split(
      " ",
    ),
  ALLOWED_ATTR: ["href", "class", "style", "start"],
  ALLOWED_URI_REGEXP: /^(?:https?|mailto):/i,
  RETURN_DOM_FRAGMENT: true,
};

// Each block of text runs in the direction of its own first letter: what people write is of any language.
const BLOCKS = "p, ul, ol, h1, h2, h3, h4, h5, h6, blockquote, table, td, th";

purifier.addHook("uponSanitizeAttribute", (_node, data) => {
  // of styles, only the alignment of table cells
  if (data.attrName === "style" && !/^text-align:\s*(left|right|center);?$/.test(data.attrValue)) data.keepAttr = false;
});

export function showMarkdown(element, html) {
  const fragment = purifier.sanitize(html, RULES);
  for (const link of fragment.querySelectorAll("a")) elsewhere(link);
  for (const table of fragment.querySelectorAll("table")) {
    const frame = document.createElement("div");
    frame.className = "table";
    table.replaceWith(frame);
    frame.append(table);
  }
  for (const box of fragment.querySelectorAll(".code")) box.querySelector(".code-head")?.append(copyButton(box));
  for (const block of fragment.querySelectorAll(BLOCKS)) block.dir = "auto";
  linkify(fragment);
  element.replaceChildren(fragment);
}

export function showPlain(element, text) {
  element.dir = "auto";
  element.replaceChildren(document.createTextNode(text));
  linkify(element);
}

function elsewhere(link) {
  link.target = "_blank";
  link.rel = "noopener noreferrer nofollow";
}

function copyButton(box) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "code-copy";
  button.textContent = "Copy";
  button.addEventListener("click", async () => {
    await copy(box.querySelector("code").textContent);
    button.textContent = "Copied";
    setTimeout(() => (button.textContent = "Copy"), 1500);
  });
  return button;
}

const ADDRESS = /https?:\/\/[^\s<>"'`]+[^\s<>"'`.,;:!?)\]}*_]/g;

function linkify(root) {
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  const found = [];
  while (walker.nextNode()) {
    const node = walker.currentNode;
    if (node.data.includes("://") && !node.parentElement?.closest("a, code, button")) found.push(node);
  }
  for (const node of found) {
    const pieces = [];
    let from = 0;
    for (const match of node.data.matchAll(ADDRESS)) {
      const link = Object.assign(document.createElement("a"), { href: match[0], textContent: match[0] });
      elsewhere(link);
      pieces.push(node.data.slice(from, match.index), link);
      from = match.index + match[0].length;
    }
    if (pieces.length) node.replaceWith(...pieces, node.data.slice(from));
  }
}

// ---- an answer that grows: plain text with the commonest Markdown made visible, block by block ----

// Only blocks that changed are built again, so that a long answer costs no more per frame than a short one.
export function showGrowing(element, text) {
  const blocks = split(text);
  while (element.children.length > blocks.length) element.lastElementChild.remove();
  blocks.forEach((block, index) => {
    const old = element.children[index];
    if (old?.source === block.source) return;
    const built = build(block);
    built.source = block.source;
    if (old) old.replaceWith(built);
    else element.append(built);
  });
}

function split(text) {
  const blocks = [];
  let fence = null;
  let lines = [];
  const close = (kind, name = "") => {
    if (lines.length && (kind === "code" || lines.some((line) => line.trim())))
      blocks.push({ kind, name, lines, source: kind + name + "\n" + lines.join("\n") });
    lines = [];
  };
  for (const line of text.split("\n")) {
    const mark = /^ {0,3}(`{3,}|~{3,})\s*([\w+#.-]*)/.exec(line);
    if (fence && mark && mark[1][0] === fence.mark[0] && mark[1].length >= fence.mark.length && !mark[2]) {
      close("code", fence.name);
      fence = null;
    } else if (!fence && mark) {
      close("prose");
      fence = { mark: mark[1], name: mark[2] };
    } else if (!fence && !line.trim()) close("prose");
    else lines.push(line);
  }
  close(fence ? "code" : "prose", fence?.name);
  return blocks;
}

function build({ kind, name, lines }) {
  if (kind === "code") {
    const box = Object.assign(document.createElement("div"), { className: "code" });
    const head = Object.assign(document.createElement("div"), { className: "code-head" });
    head.append(Object.assign(document.createElement("span"), { textContent: name }));
    const pre = document.createElement("pre");
    pre.append(Object.assign(document.createElement("code"), { textContent: lines.join("\n") }));
    box.append(head, pre);
    return box;
  }
  if (lines.length > 1 && /^\s*\|/.test(lines[0]) && /^[\s|:-]+$/.test(lines[1])) return table(lines);
  const paragraph = Object.assign(document.createElement("p"), { dir: "auto" });
  lines.forEach((line, index) => {
    if (index) paragraph.append("\n");
    const heading = /^#{1,6}\s+(.*)$/.exec(line);
    if (heading) paragraph.append(Object.assign(document.createElement("strong"), { textContent: heading[1] }));
    else inline(paragraph, line.replace(/^(\s*)[-*+]\s+/, "$1•  "));
  });
  return paragraph;
}

function table(lines) {
  const grid = document.createElement("table");
  for (const line of lines.filter((_line, index) => index !== 1)) {
    const row = grid.insertRow();
    for (const cell of line.trim().replace(/^\||\|$/g, "").split("|"))
      inline(row.appendChild(document.createElement(grid.rows.length === 1 ? "th" : "td")), cell.trim());
  }
  const frame = Object.assign(document.createElement("div"), { className: "table", dir: "auto" });
  frame.append(grid);
  return frame;
}

function inline(element, line) {
  for (const piece of line.split(/(\*\*[^*\n]+\*\*|`[^`\n]+`)/)) {
    if (/^\*\*.+\*\*$/.test(piece)) inline(element.appendChild(document.createElement("strong")), piece.slice(2, -2));
    else if (/^`.+`$/.test(piece))
      element.append(Object.assign(document.createElement("code"), { textContent: piece.slice(1, -1) }));
    else element.append(piece);
  }
}
