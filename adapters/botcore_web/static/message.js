// One message: text (rendered, plain or growing), files, buttons, and what can be done with it.

import { size } from "botcore-web/files.js";
import icon from "botcore-web/icons.js";
import { copy } from "botcore-web/keep.js";
import player from "botcore-web/player.js";
import quote from "botcore-web/quote.js";
import { showGrowing, showMarkdown, showPlain } from "botcore-web/rich.js";

export default {
  components: { icon, player, quote },
  props: { entry: Object, last: Boolean, busy: Boolean, retry: Boolean, name: String },
  emits: ["press", "retry", "rate", "reply", "go", "enlarge"],
  data: () => ({ copied: false }),
  computed: {
    dots() {
      return !this.entry.settled && !this.entry.growing && !this.entry.pending;
    },
    pictures() {
      return this.entry.files.filter((file) => file.kind === "image");
    },
    others() {
      return this.entry.files.filter((file) => file.kind !== "image");
    },
    album() {
      return this.pictures.length > 1;
    },
    offered() {
      return this.entry.buttons.some((row) => row.some((button) => button.says === "/retry"));
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
      body.removeAttribute("dir"); // of the whole, only where it is not Markdown
      if (settled && html) showMarkdown(body, html);
      else if (mine && !settled) showGrowing(body, text);
      else showPlain(body, text);
      body.className = "text " + (settled && html ? "rich" : mine && !settled ? "rich growing" : "plain");
    },
    caption() {
      for (const element of this.$el.querySelectorAll("[data-caption]"))
        showMarkdown(element, this.pictures[element.dataset.caption].caption);
    },
    size,
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
      <quote v-if="entry.quote" :quote="entry.quote" :name="name" @go="$emit('go', $event)"></quote>
      <div v-show="entry.text" ref="body" class="text"></div>
      <div v-if="dots" class="dots" role="status" aria-label="An answer is being written"><i></i><i></i><i></i></div>
      <div v-if="pictures.length" :class="['pictures', { album, many: pictures.length > 4 }]" :role="album ? 'group' : null"
        :aria-label="album ? pictures.length + ' pictures' : null">
        <figure v-for="(file, index) in pictures" class="file">
          <button type="button" class="picture" :aria-label="'Enlarge ' + (file.name || 'the picture')" @click="$emit('enlarge', pictures, index)"
            ><img :src="file.url" :alt="file.name || 'Picture'" loading="lazy" /></button>
          <figcaption v-if="file.caption" :data-caption="index" class="rich"></figcaption>
        </figure>
      </div>
      <figure v-for="file in others" class="file">
        <player v-if="file.kind === 'audio'" :file="file"></player>
        <video v-else-if="file.kind === 'video'" :src="file.url" controls preload="metadata"></video>
        <a v-else-if="file.url" class="download" :href="file.url" :download="file.name || ''"
          ><icon name="file" /><span>{{ file.name || "File" }}</span><small>{{ size(file.bytes) }}</small></a>
        <span v-else class="download"><icon name="file" /><span>{{ file.name || "File" }}</span
          ><small>cannot be shown here</small></span>
      </figure>
      <div v-if="entry.buttons.length" class="choices">
        <div v-for="row in entry.buttons" class="row">
          <template v-for="button in row">
            <a v-if="button.url" class="choice" :href="safe(button.url)" target="_blank" rel="noopener noreferrer">{{ button.label }}</a>
            <button v-else type="button" class="choice" @click="$emit('press', button.says)">{{ button.label }}</button>
          </template>
        </div>
      </div>
      <footer v-if="!entry.mine && !entry.pending" class="tools">
        <time class="unseen">{{ time }}</time>
        <button type="button" :title="'Reply (' + time + ')'" aria-label="Reply to what you said" @click="$emit('reply')"><icon name="reply" /></button>
      </footer>
      <footer v-if="entry.mine && entry.settled" class="tools">
        <button v-if="entry.text" type="button" :title="copied ? 'Copied' : 'Copy'" :aria-label="copied ? 'Copied' : 'Copy the answer'" @click="copyAll">
          <icon :name="copied ? 'check' : 'copy'" /></button>
        <button v-if="last && retry && !busy && !offered" type="button" title="Try again" aria-label="Try again" @click="$emit('retry')">
          <icon name="retry" /></button>
        <button v-for="[value, name, label] in [[1, 'good', 'Good answer'], [-1, 'bad', 'Bad answer']]" type="button"
          :class="{ chosen: entry.rating === value }" :title="label" :aria-label="label" :aria-pressed="entry.rating === value"
          @click="$emit('rate', entry.rating === value ? 0 : value)"><icon :name="name" /></button>
        <button type="button" title="Reply" aria-label="Reply to this answer" @click="$emit('reply')"><icon name="reply" /></button>
        <time>{{ time }}</time>
      </footer>
    </article>`,
};
