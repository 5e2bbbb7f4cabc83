// The page: one conversation with its messages, the list of all, and the box. The server tells of changes through
// `receive`; the page asks by events. A message is known by the id this page gave it, so sending it twice is harmless.

import attaching from "botcore-web/attaching.js";
import composer from "botcore-web/composer.js";
import icon from "botcore-web/icons.js";
import { drafts, newId, pending, theme } from "botcore-web/keep.js";
import lightbox from "botcore-web/lightbox.js";
import message from "botcore-web/message.js";
import sidebar from "botcore-web/sidebar.js";

const WAIT = 120_000; // milliseconds after which an answer that never came no longer keeps the stop button
const NEAR = 80; // pixels from the end that count as being at the end

export default {
  components: { composer, icon, lightbox, message, sidebar },
  mixins: [attaching],
  // most: characters of a message; filesMost: files of one; fileMost: bytes of a file
  props: { title: String, offline: Boolean, commands: Array, most: Number, filesMost: Number, fileMost: Number },
  emits: ["hello", "show", "older", "say", "press", "rate", "forget", "decide"],
  data: () => ({
    chat: "",
    chats: [],
    requests: [],
    entries: [],
    more: false,
    loading: false,
    unread: "",
    draft: "",
    draftId: null, // the id under which this very text was sent before, if it came back
    told: "",
    awaited: 0, // when an answer was asked for that has not begun
    typing: 0, // until when the dots show
    now: Date.now(),
    open: false, // the sidebar, on a phone
    doomed: null, // the conversation that is about to be deleted
    theme: theme.get(),
    away: false, // scrolled up
  }),
  computed: {
    growing() {
      return this.entries.some((entry) => entry.mine && !entry.settled);
    },
    busy() {
      return this.growing || this.typing > this.now || this.awaited > this.now - WAIT;
    },
    dots() {
      return !this.growing && (this.typing > this.now || this.awaited > this.now - WAIT);
    },
    lastAnswer() {
      const last = this.entries[this.entries.length - 1];
      return last?.mine ? last.id : null;
    },
    retry() {
      const asked = this.entries.findLast((entry) => !entry.mine); // a command's answer is not the model's to repeat
      return this.can.has("retry") && !!asked?.text && !asked.text.startsWith("/");
    },
    can() {
      return new Set(this.commands.map((command) => command.name));
    },
    fresh() {
      return !this.entries.length && !this.loading && !this.unread;
    },
    starters() {
      return this.commands.filter((command) => ["help", "model", "persona"].includes(command.name));
    },
  },
  watch: {
    draft(text) {
      if (this.draftId && text !== this.returned) this.draftId = null;
      this.keep();
    },
  },
  mounted() {
    this.clock = setInterval(() => (this.now = Date.now()), 500);
    addEventListener("hashchange", this.visit);
    addEventListener("keydown", this.keys);
    this.watcher = new ResizeObserver(() => this.stick());
    this.watcher.observe(this.$refs.flow);
    this.watcher.observe(this.$refs.scroll); // a notice, files and a long draft below make it smaller
    this.$el.closest(".q-page")?.setAttribute("role", "presentation"); // the frame is a main, too; ours is the one
    this.$emit("hello", {});
    this.visit();
    for (const [id, one] of Object.entries(pending.all())) this.deliver(id, one);
  },
  beforeUnmount() {
    clearInterval(this.clock);
    this.watcher.disconnect();
    removeEventListener("hashchange", this.visit);
    removeEventListener("keydown", this.keys);
  },
  methods: {
    // ---- which conversation ----

    visit() {
      const asked = /^#([0-9a-f]{32})$/.exec(location.hash)?.[1];
      if (asked && asked === this.chat) return;
      this.go(asked ?? newId(), !asked);
    },
    go(chat, isNew = false) {
      this.open = false;
      if (chat !== this.chat || this.unread) {
        this.putAside();
        Object.assign(this, { chat, entries: [], more: false, unread: "", awaited: 0, typing: 0, away: false });
        const kept = drafts.get(chat);
        this.returned = kept.text;
        Object.assign(this, { draft: kept.text, draftId: kept.id, loading: true });
        this.takeUp(chat, kept);
        if (location.hash !== "#" + chat) history[isNew ? "replaceState" : "pushState"](null, "", "#" + chat);
        this.$emit("show", { chat });
      }
      if (matchMedia("(pointer: fine)").matches) this.$nextTick(() => this.$refs.composer.focus());
    },
    fromNew() {
      if (this.fresh) this.go(this.chat);
      else this.go(newId());
    },
    remove() {
      this.$emit("forget", { chat: this.doomed.id });
      this.doomed = null;
    },

    // ---- asking ----

    send() {
      const text = this.draft.trim();
      if (!text && !this.attached.length) return;
      if (text.length > this.most) {
        const over = text.length - this.most;
        this.tell(`That is ${over} characters too long for one message (${this.most} at most). It is still in the box.`);
        return;
      }
      if (!this.ready()) return;
      const id = this.draftId ?? newId();
      const { files, reply } = this.handOver();
      this.draft = "";
      this.told = "";
      this.deliver(id, { chat: this.chat, text, at: Date.now(), files, reply });
      this.end();
    },
    deliver(id, one) {
      const { chat, text, at, files = [], reply = null } = one;
      pending.add(id, one);
      if (chat === this.chat)
        this.put({ id, mine: false, settled: true, pending: true, at, text, html: "", files, quote: reply, buttons: [] });
      this.$emit("say", { chat, id, text, files: files.map((file) => file.id), reply: reply?.id ?? "" });
    },
    press(id, says) {
      this.$emit("press", { chat: this.chat, id, says });
      if (says !== "/stop") this.awaited = Date.now();
      this.end();
    },
    rate(id, rating) {
      this.$emit("rate", { chat: this.chat, id, rating });
    },
    stop() {
      this.press(this.entries.findLast((entry) => entry.mine)?.id ?? "", "/stop");
      this.awaited = 0;
    },
    older() {
      this.more = false;
      this.$emit("older", {
        before: this.entries[0].id,
        have: this.entries.filter((entry) => !entry.mine && !entry.pending).length,
      });
    },

    // ---- being told ----

    receive(change) {
      if (change.chat && change.chat !== this.chat && !["sent", "unsent", "removed"].includes(change.op)) return;
      this["on_" + change.op](change);
    },
    on_state({ chats, requests }) {
      if (chats) this.chats = chats;
      if (requests) this.requests = requests;
    },
    on_history({ entries, more }) {
      const waiting = this.entries.filter((entry) => entry.pending && !entries.some((one) => one.id === entry.id));
      Object.assign(this, { entries: [...entries, ...waiting], more, loading: false, unread: "" });
      this.end();
    },
    on_older({ entries, more }) {
      const flow = this.$refs.scroll;
      const below = flow.scrollHeight - flow.scrollTop;
      const known = new Set(this.entries.map((entry) => entry.id));
      this.entries = [...entries.filter((entry) => !known.has(entry.id)), ...this.entries];
      this.more = more;
      this.$nextTick(() => (flow.scrollTop = flow.scrollHeight - below));
    },
    on_unread({ why }) {
      this.loading = false;
      if (this.entries.length) this.tell(why);
      else this.unread = why;
    },
    on_entry({ entry }) {
      if (entry.mine) this.awaited = this.typing = 0;
      this.put(entry);
    },
    on_grow({ id, at, text, add }) {
      this.awaited = this.typing = 0;
      const known = this.entries.find((entry) => entry.id === id);
      if (known) Object.assign(known, { text: text ?? known.text + add, settled: false, growing: true, html: "" });
      else this.put({ id, at, mine: true, settled: false, growing: true, text: text ?? add, html: "", files: [], buttons: [] });
    },
    on_typing({ seconds }) {
      this.now = Date.now();
      this.typing = this.now + seconds * 1000;
    },
    on_gone({ id }) {
      this.entries = this.entries.filter((entry) => entry.id !== id);
    },
    on_rated({ id, rating }) {
      const known = this.entries.find((entry) => entry.id === id);
      if (known) known.rating = rating;
    },
    on_removed({ chat }) {
      this.chats = this.chats.filter((one) => one.id !== chat);
      drafts.set(chat, {});
      if (chat === this.chat) this.go(newId());
    },
    on_sent({ id }) {
      pending.done(id);
      const known = this.entries.find((entry) => entry.id === id);
      if (known?.pending) {
        known.pending = false;
        this.awaited = this.now = Date.now();
      }
    },
    on_unsent({ chat, id, text, why }) {
      const { files = [], reply = null } = pending.all()[id] ?? {};
      pending.done(id);
      this.entries = this.entries.filter((entry) => entry.id !== id);
      this.tell(why);
      if (!text && !files.length) this.awaited = 0; // a button: nothing to give back
      else if (chat !== this.chat) {
        const kept = drafts.get(chat);
        const all = { text: [text, kept.text].filter(Boolean).join("\n"), files: [...files, ...kept.files] };
        drafts.set(chat, { ...all, id, reply: reply ?? kept.reply });
      } else {
        const alone = !this.draft && !this.attached.length;
        this.returned = [text, this.draft].filter(Boolean).join("\n");
        this.draftId = alone ? id : null;
        this.draft = this.returned;
        this.attached = [...this.asAttached(files), ...this.attached];
        this.replying ??= reply;
        this.keep();
      }
    },
    on_told({ text }) {
      this.tell(text);
    },
    tell(text) {
      this.told = text;
      clearTimeout(this.hush);
      this.hush = setTimeout(() => (this.told = ""), 12_000);
    },

    // Messages stand in the order of their times, since the same change may reach two tabs in different order.
    put(entry) {
      const known = this.entries.findIndex((one) => one.id === entry.id);
      if (known >= 0) {
        this.entries[known] = { rating: this.entries[known].rating, ...entry, at: this.entries[known].at };
        return;
      }
      let place = this.entries.length;
      while (place > 0 && this.entries[place - 1].at > entry.at) place--;
      this.entries.splice(place, 0, entry);
    },

    // ---- the view ----

    scrolled() {
      const flow = this.$refs.scroll;
      const far = flow.scrollHeight - flow.scrollTop - flow.clientHeight > NEAR;
      // a picture that has just loaded moves the end away as well, but nobody scrolled up
      if (!far) this.away = false;
      else if (flow.scrollTop < this.top) this.away = true;
      this.top = flow.scrollTop;
    },
    stick() {
      const flow = this.$refs.scroll;
      if (!this.away) flow.scrollTop = flow.scrollHeight;
    },
    end() {
      this.away = false;
      this.$nextTick(this.stick);
    },
    keys(event) {
      if (event.key === "Escape") {
        this.dragging = false;
        if (this.doomed) this.doomed = null;
        else if (this.open) this.open = false;
      }
    },
    shade() {
      this.theme = this.theme === "dark" ? "light" : "dark";
      theme.set(this.theme);
    },
  },
  template: `
    <div :class="['page', { open }]" @dragenter="over" @dragover="over" @dragleave="out" @drop="dropped">
      <sidebar :chats="chats" :chat="chat" :requests="requests" :title="title" :theme="theme"
        @open="go" @new="fromNew" @remove="doomed = $event" @theme="shade"
        @decide="(code, approve) => $emit('decide', { code, approve })"></sidebar>
      <div class="veil" @click="open = false"></div>
      <main :aria-busy="loading">
        <header class="bar">
          <button type="button" class="burger" aria-label="Conversations" @click="open = !open"><icon name="menu" /><i v-if="requests.length"></i></button>
          <strong>{{ chats.find((one) => one.id === chat)?.title || title }}</strong>
          <span v-if="offline" class="offline" title="No API key is set: answers come from a built-in stand-in, not from a language model.">Offline stand-in</span>
          <button type="button" class="burger" aria-label="New conversation" @click="fromNew"><icon name="plus" /></button>
        </header>
        <div ref="scroll" class="scroll" @scroll.passive="scrolled">
          <div ref="flow" class="flow" role="log" aria-live="polite" :aria-busy="growing">
            <button v-if="more" type="button" class="older" @click="older">Load older messages</button>
            <div v-if="fresh" class="welcome">
              <span class="logo"><icon name="chat" /></span>
              <h2>How can I help?</h2>
              <p v-if="offline">No API key is set, so a built-in stand-in answers. It shows how everything works, and knows nothing.</p>
              <p v-else>Ask anything, or type <kbd>/</kbd> for commands.</p>
              <div class="starters"><button v-for="one in starters" type="button" class="choice" @click="draft = '/' + one.name; send()">/{{ one.name }}</button></div>
            </div>
            <div v-if="unread" class="welcome" role="alert"><p>{{ unread }}</p>
              <button type="button" class="choice" @click="go(chat)">Try again</button></div>
            <message v-for="entry in entries" :key="entry.id" :entry="entry" :last="entry.id === lastAnswer" :busy="busy"
              :retry="retry" :name="title" @reply="reply(entry)" @go="goTo" @enlarge="(pictures, index) => (lit = { pictures, index })" @press="press(entry.id, $event)" @retry="press(entry.id, '/retry')"
              @rate="rate(entry.id, $event)"></message>
            <div v-if="dots" class="dots" role="status" aria-label="An answer is being written"><i></i><i></i><i></i></div>
          </div>
        </div>
        <div class="foot">
          <button v-if="away" type="button" class="round down" title="To the end" aria-label="To the end" @click="end"><icon name="down" /></button>
          <div v-if="told" class="told" role="alert"><span>{{ told }}</span>
            <button type="button" aria-label="Close" @click="told = ''"><icon name="cross" /></button></div>
          <composer ref="composer" v-model="draft" :commands="commands" :busy="busy" :stoppable="can.has('stop')" :name="title"
            :files="attached" :reply="replying" :most="fileMost" @attach="attach" @detach="detach" @again="bring"
            @unreply="replying = null" @go="goTo" @recorded="recorded" @trouble="tell" @send="send" @stop="stop"></composer>
          <p class="hint">Enter sends, Shift+Enter starts a new line. Answers can be wrong.</p>
        </div>
        <div v-if="dragging" class="drop" aria-hidden="true"><p><icon name="clip" />Drop files here</p></div>
      </main>
      <lightbox v-if="lit" :pictures="lit.pictures" :start="lit.index" @close="lit = null"></lightbox>
      <div v-if="doomed" class="dialog" @click.self="doomed = null">
        <div role="alertdialog" aria-modal="true" aria-label="Delete this conversation?">
          <h2>Delete this conversation?</h2>
          <p>“{{ doomed.title }}” and all its messages will be gone for good.</p>
          <div class="row"><button type="button" class="choice" @click="doomed = null">Keep</button>
            <button type="button" class="choice danger" @click="remove">Delete</button></div>
        </div>
      </div>
    </div>`,
};
