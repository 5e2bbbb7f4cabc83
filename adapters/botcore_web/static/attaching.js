// The page's part that gathers what goes with a message: files, recordings, the message that is replied to.

import { length, size, upload, word } from "botcore-web/files.js";
import { drafts, newId } from "botcore-web/keep.js";

const sources = new Map(); // by key: the browser's file, and what stops its upload
const shelves = new Map(); // by conversation: what is attached there, while another one is shown

const sent = ({ id, kind, url, name, bytes, duration, voice }) => ({ id, kind, url, name, bytes, duration, voice, caption: "" });

export default {
  data: () => ({
    attached: [],
    replying: null,
    dragging: false,
    eager: "", // the conversation whose message goes as soon as its files are there
    lit: null, // the pictures that are enlarged
  }),
  watch: {
    attached: { handler: "keep", deep: true },
    replying: "keep",
  },
  methods: {
    // ---- what is kept over reloads ----

    keep() {
      const files = this.attached.filter((file) => file.state === "ready").map(sent);
      drafts.set(this.chat, { text: this.draft, id: this.draftId, files, reply: this.replying });
    },
    putAside() {
      if (this.chat) shelves.set(this.chat, this.attached);
    },
    takeUp(chat, kept) {
      const held = shelves.get(chat) ?? [];
      const known = new Set(held.map((file) => file.id));
      this.attached = [...this.asAttached(kept.files.filter((file) => !known.has(file.id))), ...held];
      shelves.delete(chat);
      this.replying = kept.reply;
      this.eager = "";
    },
    asAttached: (files) =>
      files.map((file) => ({ ...file, key: newId(), state: "ready", progress: 1, preview: file.kind === "image" ? file.url : null })),

    // ---- files ----

    attach(files) {
      for (const file of files) {
        if (this.attached.length >= this.filesMost) return this.tell(`A message has at most ${this.filesMost} files.`);
        if (!file.size) this.tell(`“${file.name}” is empty, or a folder.`);
        else if (file.size > this.fileMost) this.tell(`“${file.name}” has ${size(file.size)}. I take ${size(this.fileMost)} at most.`);
        else this.bring(this.add(file, {}));
      }
    },
    add(file, { voice = false, duration = null }) {
      const kind = /^(image|audio|video)\//.exec(file.type)?.[1] ?? "file";
      const key = newId();
      sources.set(key, { file, chat: this.chat });
      const preview = kind === "image" ? URL.createObjectURL(file) : null;
      this.attached.push({ key, id: null, kind, url: null, name: file.name, bytes: file.size, duration, voice, preview, state: "coming", progress: 0 });
      this.draftId = null;
      return this.attached.at(-1);
    },
    async bring(item) {
      const source = sources.get(item.key);
      item.state = "coming";
      item.duration ??= await length(source.file);
      const { duration, voice } = item;
      const going = upload(source.chat, source.file, { duration, voice, progress: (part) => (item.progress = part) });
      source.abort = going.abort;
      try {
        const told = await going.done;
        if (told.kind !== "image") this.unview(item);
        else item.preview ??= told.url;
        Object.assign(item, told, { state: "ready" });
      } catch (error) {
        item.state = "failed";
        if (this.attached.includes(item)) this.tell(`“${word(item)}” was not taken. ${error.message}`);
        this.eager = "";
        return false;
      }
      if (this.eager === this.chat && this.attached.every((file) => file.state === "ready")) this.send();
      return true;
    },
    detach(item) {
      sources.get(item.key)?.abort?.();
      this.drop(item);
      this.$refs.composer.focus();
    },
    drop(item) {
      this.unview(item);
      sources.delete(item.key);
      this.attached = this.attached.filter((file) => file.key !== item.key);
      this.draftId = null;
    },
    unview(item) {
      if (item.preview?.startsWith("blob:")) URL.revokeObjectURL(item.preview);
      item.preview = null;
    },
    ready() {
      const failed = this.attached.find((file) => file.state === "failed");
      if (failed) this.tell(`“${word(failed)}” did not get through: try it again, or remove it.`);
      const waits = this.attached.some((file) => file.state === "coming");
      this.eager = waits && !failed ? this.chat : "";
      return !failed && !waits;
    },
    handOver() {
      const files = this.attached.map(sent);
      for (const file of this.attached) {
        this.unview(file);
        sources.delete(file.key);
      }
      const reply = this.replying;
      Object.assign(this, { attached: [], replying: null });
      return { files, reply };
    },
    async recorded({ file, duration }) {
      const item = this.add(file, { voice: true, duration });
      const chat = this.chat;
      if (!(await this.bring(item)) || this.chat !== chat || !this.attached.includes(item)) return; // it stays in the box
      const voice = sent(item);
      const reply = this.replying;
      this.drop(item);
      this.replying = null;
      this.deliver(newId(), { chat, text: "", at: Date.now(), files: [voice], reply });
      this.end();
    },

    // ---- dropped on the page ----

    over(event) {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      this.dragging = true;
    },
    out(event) {
      if (!event.currentTarget.contains(event.relatedTarget)) this.dragging = false;
    },
    dropped(event) {
      this.dragging = false;
      if (!event.dataTransfer?.files.length) return;
      event.preventDefault();
      this.attach([...event.dataTransfer.files]);
      this.$refs.composer.focus();
    },

    // ---- what a message refers to ----

    reply(entry) {
      const file = entry.files.find((one) => one.kind === "image") ?? entry.files[0];
      this.replying = {
        id: entry.id,
        mine: entry.mine,
        text: entry.text.replace(/\s+/g, " ").trim().slice(0, 300),
        kind: file?.kind ?? "",
        name: file ? word(file) : "",
        url: file?.kind === "image" ? file.url : null,
      };
      this.$refs.composer.focus();
    },
    goTo(id) {
      const element = [...this.$refs.flow.querySelectorAll(".message")].find((one) => one.dataset.id === id);
      if (!element) return this.tell("That message is further up. Load older messages to see it.");
      element.scrollIntoView({ block: "center", behavior: "smooth" });
      element.animate?.([{ background: "var(--own)" }, { background: "transparent" }], { duration: 1500 });
    },
  },
};
