// One message: text (rendered, plain or growing), files, buttons, and what can be done with it.

import icon from "botcore-web/icons.js";
import { copy } from "botcore-web/keep.js";
import { showGrowing, showMarkdown, showPlain } from "botcore-web/rich.js";

export default {
  components: { icon },
  props: { entry: Object, last: Boolean, busy: Boolean, retry: Boolean },
  emits: ["press", "retry", "rate"],
  data: () => ({ copied: false }),
  computed: {
    dots() {
      return !this.entry.settled && !this.entry.growing && !this.entry.pending;
    },
    time() {
      return new Date(this.entry.at).toLocaleString([], { dateStyle: "medium", timeStyle: "short" });
    },
  },
  watch: {
    "entry.text": "paint",
    "entry.html": "paint",
    "entry.settled": "paint",
  },
  mounted() {
    this.paint();
    this.caption();
  },
  updated() {
    this.caption();
  },
  methods: {
    paint() {
      const body = this.$refs.body;
      const { settled, html, mine, text } = this.entry;
      if (settled && html) showMarkdown(body, html);
      else if (mine && !settled) showGrowing(body, text);
      else showPlain(body, text);
      body.className = "text " + (settled && html ? "rich" : mine && !settled ? "rich growing" : "plain");
    },
    caption() {
      for (const element of this.$el.querySelectorAll("[data-caption]"))
        showMarkdown(element, this.entry.files[element.dataset.caption].caption);
    },
    size(bytes) {
      if (bytes == null) return "";
      if (bytes < 1000) return `${bytes} bytes`;
      return bytes < 1e6 ? `${Math.round(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
    },
    safe(url) {
      return /^(https?|mailto):/i.test(url) ? url : null;
    },
    async copyAll() {
      await copy(this.entry.text);
      this.copied = true;
      setTimeout(() => (this.copied = false), 1500);
    },
  },
  template: `
    <article :class="['message', entry.mine ? 'bot' : 'own', { pending: entry.pending, last }]" :data-id="entry.id">
      <div v-show="entry.text" ref="body" class="text"></div>
      <div v-if="dots" class="dots" role="status" aria-label="An answer is being written"><i></i><i></i><i></i></div>
      <figure v-for="(file, index) in entry.files" class="file">
        <a v-if="file.kind === 'image'" :href="file.url" target="_blank" rel="noopener"
          ><img :src="file.url" :alt="file.name || 'Picture'" loading="lazy" /></a>
        <audio v-else-if="file.kind === 'audio'" :src="file.url" controls preload="metadata"></audio>
        <video v-else-if="file.kind === 'video'" :src="file.url" controls preload="metadata"></video>
        <a v-else-if="file.url" class="download" :href="file.url" :download="file.name || ''"
          ><icon name="file" /><span>{{ file.name || "File" }}</span><small>{{ size(file.bytes) }}</small></a>
        <span v-else class="download"><icon name="file" /><span>{{ file.name || "File" }}</span
          ><small>cannot be shown here</small></span>
        <figcaption v-if="file.caption" :data-caption="index" class="rich"></figcaption>
      </figure>
      <div v-if="entry.buttons.length" class="choices">
        <div v-for="row in entry.buttons" class="row">
          <template v-for="button in row">
            <a v-if="button.url" class="choice" :href="safe(button.url)" target="_blank" rel="noopener noreferrer">{{ button.label }}</a>
            <button v-else type="button" class="choice" @click="$emit('press', button.says)">{{ button.label }}</button>
          </template>
        </div>
      </div>
      <footer v-if="entry.mine && entry.settled" class="tools">
        <button type="button" :title="copied ? 'Copied' : 'Copy'" :aria-label="copied ? 'Copied' : 'Copy the answer'" @click="copyAll">
          <icon :name="copied ? 'check' : 'copy'" /></button>
        <button v-if="last && retry && !busy" type="button" title="Try again" aria-label="Try again" @click="$emit('retry')">
          <icon name="retry" /></button>
        <button v-for="[value, name, label] in [[1, 'good', 'Good answer'], [-1, 'bad', 'Bad answer']]" type="button"
          :class="{ chosen: entry.rating === value }" :title="label" :aria-label="label" :aria-pressed="entry.rating === value"
          @click="$emit('rate', entry.rating === value ? 0 : value)"><icon :name="name" /></button>
        <time>{{ time }}</time>
      </footer>
    </article>`,
};
