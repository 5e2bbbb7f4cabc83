// The box people type into, with suggestions for commands.

import icon from "botcore-web/icons.js";

export default {
  components: { icon },
  props: { modelValue: String, commands: Array, busy: Boolean, stoppable: Boolean, name: String },
  emits: ["update:modelValue", "send", "stop"],
  data: () => ({ chosen: 0, closed: false }),
  computed: {
    suggestions() {
      const typed = /^\/([\w-]*)$/.exec(this.modelValue);
      if (!typed || this.closed) return [];
      const start = typed[1].toLowerCase();
      const found = this.commands.filter((command) => command.name.startsWith(start));
      return found.length === 1 && found[0].name === start ? [] : found;
    },
  },
  watch: {
    modelValue(value) {
      this.chosen = 0;
      if (!value) this.closed = false;
      this.$nextTick(this.fit);
    },
  },
  mounted() {
    this.fit();
  },
  methods: {
    fit() {
      const box = this.$refs.box;
      box.style.height = "auto";
      box.style.height = Math.min(box.scrollHeight, Math.round(innerHeight * 0.4)) + "px";
    },
    focus() {
      this.$refs.box.focus();
    },
    typed(event) {
      this.closed = false;
      this.$emit("update:modelValue", event.target.value);
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
      <div class="box">
        <textarea ref="box" rows="1" :value="modelValue" :placeholder="'Message ' + name" aria-label="Your message"
          enterkeyhint="send" autocomplete="off" spellcheck="true" @input="typed" @keydown="key"></textarea>
        <button v-if="busy && stoppable" type="button" class="round stop" title="Stop" aria-label="Stop the answer" @click="$emit('stop')">
          <icon name="stop" /></button>
        <button v-if="!(busy && stoppable) || modelValue.trim()" type="submit" class="round send" title="Send" aria-label="Send" :disabled="!modelValue.trim()">
          <icon name="send" /></button>
      </div>
    </form>`,
};
