// What will go with the message: files, with a preview and how far each is.

import { clock, size, word } from "botcore-web/files.js";
import icon from "botcore-web/icons.js";

export default {
  components: { icon },
  props: { files: Array },
  emits: ["detach", "again"],
  methods: {
    clock,
    size,
    word,
    state(file) {
      if (file.state === "failed") return "failed";
      return file.state === "ready" ? "" : `${Math.round(file.progress * 100)} %`;
    },
  },
  template: `
    <ul class="attachments" aria-label="Files of this message">
      <li v-for="file in files" :key="file.key" :class="['attached', file.kind, file.state]">
        <img v-if="file.kind === 'image' && file.preview" :src="file.preview" :alt="file.name || 'Picture'" />
        <span v-else class="what"><icon :name="file.voice ? 'mic' : file.kind === 'audio' ? 'sound' : file.kind === 'video' ? 'film' : 'file'" />
          <span class="about"><b>{{ word(file) }}</b><small>{{ file.duration ? clock(file.duration) : size(file.bytes) }}</small></span></span>
        <span v-if="file.state !== 'ready'" class="far" role="status" :aria-label="word(file) + ': ' + state(file)">{{ state(file) }}</span>
        <button v-if="file.state === 'failed'" type="button" class="again" :aria-label="'Try ' + word(file) + ' again'" title="Try again" @click="$emit('again', file)">
          <icon name="retry" /></button>
        <button type="button" class="off" :aria-label="'Remove ' + word(file)" title="Remove" @click="$emit('detach', file)"><icon name="cross" /></button>
      </li>
    </ul>`,
};
