// Sound in a message: play, seek, and how long it is. The browser's own player does not know how long a recording of
// MediaRecorder is, since that is written while it runs; the message does.

import { clock } from "botcore-web/files.js";
import icon from "botcore-web/icons.js";

let playing = null; // one at a time

export default {
  components: { icon },
  props: { file: Object },
  data: () => ({ on: false, at: 0, known: 0, broken: false }),
  computed: {
    seconds() {
      return this.file.duration || this.known || 0;
    },
    label() {
      return this.file.voice ? "voice message" : this.file.name || "sound";
    },
    time() {
      return this.on || this.at ? clock(this.at) : this.seconds ? clock(this.seconds) : "";
    },
  },
  beforeUnmount() {
    this.$refs.sound?.pause();
  },
  methods: {
    clock,
    async toggle() {
      const sound = this.$refs.sound;
      if (!sound.paused) return sound.pause();
      if (playing && playing !== sound) playing.pause();
      playing = sound;
      try {
        await sound.play();
      } catch (error) {
        if (error.name !== "AbortError") this.broken = true;
      }
    },
    told() {
      const { duration } = this.$refs.sound;
      if (Number.isFinite(duration)) this.known = duration;
    },
    moved() {
      this.at = this.$refs.sound.currentTime;
      if (this.at > this.seconds) this.known = this.at;
    },
    seek(event) {
      this.at = this.$refs.sound.currentTime = Number(event.target.value);
    },
    ended() {
      this.on = false;
      this.at = 0;
    },
  },
  template: `
    <div class="player" role="group" :aria-label="label">
      <audio ref="sound" :src="file.url" preload="metadata" @loadedmetadata="told" @durationchange="told" @timeupdate="moved"
        @play="on = true" @pause="on = false" @ended="ended" @error="broken = true"></audio>
      <button type="button" class="round" :aria-label="(on ? 'Pause ' : 'Play ') + label" :disabled="broken" @click="toggle">
        <icon :name="on ? 'pause' : 'play'" /></button>
      <div class="track">
        <span v-if="!file.voice && file.name" class="name">{{ file.name }}</span>
        <span v-if="broken" class="name">This cannot be played here.</span>
        <input v-else type="range" min="0" :max="seconds || 1" step="0.1" :value="at" :style="{ '--part': (seconds ? at / seconds : 0) * 100 + '%' }"
          aria-label="Position" :aria-valuetext="clock(at) + ' of ' + clock(seconds)" @input="seek" />
      </div>
      <time v-if="!broken" :aria-label="seconds ? 'Length ' + clock(seconds) : null">{{ time }}</time>
      <a class="save" :href="file.url" :download="file.name || ''" title="Download" :aria-label="'Download ' + label"><icon name="save" /></a>
    </div>`,
};
