// The box people type into, with suggestions for commands, files to go with the message, and the microphone.

import attachments from "botcore-web/attachments.js";
import icon from "botcore-web/icons.js";
import quote from "botcore-web/quote.js";
import recorder from "botcore-web/recorder.js";

export default {
  components: { attachments, icon, quote, recorder },
  props: {
    modelValue: String,
    commands: Array,
    busy: Boolean,
    stoppable: Boolean,
    name: String,
    files: Array,
    reply: Object, // the message that is replied to
    most: Number, // bytes of one file
  },
  emits: ["update:modelValue", "send", "stop", "attach", "detach", "again", "unreply", "go", "recorded", "trouble"],
  data: () => ({ chosen: 0, closed: false, recording: false }),
  computed: {
    suggestions() {
      const typed = /^\/([\w-]*)$/.exec(this.modelValue);
      if (!typed || this.closed) return [];
      const start = typed[1].toLowerCase();
      const found = this.commands.filter((command) => command.name.startsWith(start));
      return found.length === 1 && found[0].name === start ? [] : found;
    },
    some() {
      return this.modelValue.trim() !== "" || this.files.length > 0;
    },
  },
  watch: {
    modelValue(value) {
      this.chosen = 0;
      if (!value) this.closed = false;
      this.$nextTick(this.fit);
    },
    recording(on) {
      if (!on) this.$nextTick(this.focus);
    },
  },
  mounted() {
    this.fit();
  },
  methods: {
    fit() {
      const box = this.$refs.box;
      if (!box) return; // recording
      box.style.height = "auto";
      box.style.height = Math.min(box.scrollHeight, Math.round(innerHeight * 0.4)) + "px";
    },
    focus() {
      this.$refs.box?.focus();
    },
    typed(event) {
      this.closed = false;
      this.$emit("update:modelValue", event.target.value);
    },
    pick(event) {
      this.$emit("attach", [...event.target.files]);
      event.target.value = ""; // the same file may be taken once more
      this.focus();
    },
    pasted(event) {
      const files = [...event.clipboardData.files];
      if (!files.length || event.clipboardData.types.includes("text/plain")) return; // a cell of a table comes as both
      event.preventDefault();
      this.$emit("attach", files);
    },
    recorded(recording) {
      this.recording = false;
      this.$emit("recorded", recording);
    },
    silent(why) {
      this.recording = false;
      this.$emit("trouble", why);
    },
    take(command) {
      this.$emit("update:modelValue", `/${command.name} `);
      this.focus();
    },
    move(step) {
      const count = this.suggestions.length;
      this.chosen = (this.chosen + step + count) % count;
      this.$nextTick(() => this.$el.querySelector(".suggestion.on")?.scrollIntoView({ block: "nearest" }));
    },
    key(event) {
      if (event.isComposing) return; // Enter that ends an input method's composition sends nothing
      const open = this.suggestions.length > 0;
      if (open && event.key === "ArrowDown") this.move(1);
      else if (open && event.key === "ArrowUp") this.move(-1);
      else if (open && event.key === "Escape") this.closed = true;
      else if (open && (event.key === "Tab" || event.key === "Enter") && !event.shiftKey)
        this.take(this.suggestions[this.chosen]);
      else if (event.key === "Escape" && this.reply) this.$emit("unreply");
      else if (event.key === "Enter" && !event.shiftKey) this.$emit("send");
      else return;
      event.preventDefault();
    },
  },
  template: `
    <form class="composer" @submit.prevent="$emit('send')">
      <ul v-if="suggestions.length" class="suggestions" role="listbox" aria-label="Commands">
        <li v-for="(command, index) in suggestions" :key="command.name" role="option" :aria-selected="index === chosen"
          :class="['suggestion', { on: index === chosen }]" @mousedown.prevent="take(command)" @mousemove="chosen = index">
          <b>/{{ command.name }}</b><span>{{ command.about }}</span></li>
      </ul>
      <quote v-if="reply" :quote="reply" :name="name" closable @close="$emit('unreply')" @go="$emit('go', $event)"></quote>
      <attachments v-if="files.length" :files="files" @detach="$emit('detach', $event)" @again="$emit('again', $event)"></attachments>
      <div v-if="recording" class="box"><recorder :most="most" @done="recorded" @cancel="recording = false" @trouble="silent"></recorder></div>
      <div v-else class="box">
        <input ref="picker" type="file" multiple hidden aria-label="Files" @change="pick" />
        <button type="button" class="plain-round" title="Attach files" aria-label="Attach files" @click="$refs.picker.click()">
          <icon name="clip" /></button>
        <textarea ref="box" rows="1" dir="auto" :value="modelValue" :placeholder="'Message ' + name" aria-label="Your message"
          enterkeyhint="send" autocomplete="off" spellcheck="true" @input="typed" @keydown="key" @paste="pasted"></textarea>
        <button v-if="!some" type="button" class="plain-round" title="Record a voice message" aria-label="Record a voice message" @click="recording = true">
          <icon name="mic" /></button>
        <button v-if="busy && stoppable" type="button" class="round stop" title="Stop" aria-label="Stop the answer" @click="$emit('stop')">
          <icon name="stop" /></button>
        <button v-if="!(busy && stoppable) || some" type="submit" class="round send" title="Send" aria-label="Send" :disabled="!some">
          <icon name="send" /></button>
      </div>
    </form>`,
};
