// A picture over the whole page, with its neighbours of the same message.

import icon from "botcore-web/icons.js";

export default {
  components: { icon },
  props: { pictures: Array, start: Number },
  emits: ["close"],
  data() {
    return { index: this.start };
  },
  computed: {
    picture() {
      return this.pictures[this.index];
    },
  },
  mounted() {
    this.before = document.activeElement;
    this.$refs.close.focus();
    addEventListener("keydown", this.key, true);
  },
  beforeUnmount() {
    removeEventListener("keydown", this.key, true);
    this.before?.focus?.();
  },
  methods: {
    move(step) {
      this.index = (this.index + step + this.pictures.length) % this.pictures.length;
    },
    key(event) {
      if (event.key === "Escape") this.$emit("close");
      else if (event.key === "ArrowRight") this.move(1);
      else if (event.key === "ArrowLeft") this.move(-1);
      else if (event.key === "Tab") this.cycle(event.shiftKey ? -1 : 1);
      else return;
      event.preventDefault();
      event.stopPropagation();
    },
    cycle(step) {
      const stops = [...this.$el.querySelectorAll("a, button")]; // what lies below is not reached by Tab
      stops.at((stops.indexOf(document.activeElement) + step) % stops.length).focus();
    },
  },
  template: `
    <div class="lightbox" role="dialog" aria-modal="true" :aria-label="picture.name || 'Picture'" @click.self="$emit('close')">
      <img :src="picture.url" :alt="picture.name || 'Picture'" />
      <div class="over">
        <span v-if="pictures.length > 1" role="status">{{ index + 1 }} of {{ pictures.length }}</span>
        <a :href="picture.url" :download="picture.name || ''" title="Download" aria-label="Download"><icon name="save" /></a>
        <button ref="close" type="button" title="Close" aria-label="Close" @click="$emit('close')"><icon name="cross" /></button>
      </div>
      <template v-if="pictures.length > 1">
        <button type="button" class="side left" title="Previous" aria-label="Previous picture" @click="move(-1)"><icon name="left" /></button>
        <button type="button" class="side right" title="Next" aria-label="Next picture" @click="move(1)"><icon name="right" /></button>
      </template>
    </div>`,
};
