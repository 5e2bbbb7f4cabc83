// Speaking instead of typing. Takes the place of the box while it records.

import { clock } from "botcore-web/files.js";
import icon from "botcore-web/icons.js";

const TYPES = ["audio/webm;codecs=opus", "audio/mp4", "audio/ogg;codecs=opus"]; // Safari before 18.4 has only mp4
const BITS = 48_000; // a second; speech needs no more
const BARS = 48;
const LEAST = 0.4; // seconds; less is a slip of the finger

export const SECURE =
  "Browsers let a page record only at a secure address: https, or this machine's own http://127.0.0.1. " +
  "At this address you can attach a recorded file instead.";

const DENIED = {
  NotAllowedError: "This page may not use the microphone. Allow it in the browser (beside the address), then try again.",
  NotFoundError: "No microphone was found. Connect one, then try again.",
  NotReadableError: "The microphone is taken by another program. Close it, then try again.",
};

export default {
  components: { icon },
  props: { most: Number }, // bytes
  emits: ["done", "cancel", "trouble"],
  data: () => ({ live: false, seconds: 0, levels: Array(BARS).fill(0) }),
  computed: {
    time() {
      return clock(this.seconds);
    },
  },
  async mounted() {
    this.$refs.cancel.focus();
    if (!navigator.mediaDevices?.getUserMedia || typeof MediaRecorder === "undefined")
      return this.fail(isSecureContext ? "This browser cannot record." : SECURE);
    try {
      this.stream = await navigator.mediaDevices.getUserMedia({ audio: { echoCancellation: true, noiseSuppression: true } });
    } catch (error) {
      return this.fail(DENIED[error.name] ?? `The microphone cannot be used (${error.name}).`);
    }
    if (this.gone) return this.release(); // cancelled while the browser asked
    this.begin();
  },
  beforeUnmount() {
    this.gone = true;
    this.release();
  },
  methods: {
    begin() {
      const mimeType = TYPES.find((type) => MediaRecorder.isTypeSupported(type));
      const recorder = new MediaRecorder(this.stream, { mimeType, audioBitsPerSecond: BITS });
      this.recorder = recorder;
      this.chunks = [];
      this.bytes = 0;
      recorder.ondataavailable = ({ data }) => {
        this.chunks.push(data);
        this.bytes += data.size;
        if (this.bytes > this.most * 0.98 && recorder.state === "recording") this.finish();
      };
      recorder.onerror = () => this.fail("The recording broke off.");
      this.stream.getAudioTracks()[0].onended = () => this.live && this.finish(); // unplugged: what there is counts
      recorder.start(1000);
      this.began = performance.now();
      this.live = true;
      this.$nextTick(() => this.$refs.send?.focus());
      this.listen();
      this.clock = setInterval(this.tick, 100);
    },
    listen() {
      this.context = new AudioContext();
      this.analyser = this.context.createAnalyser();
      this.analyser.fftSize = 1024;
      this.context.createMediaStreamSource(this.stream).connect(this.analyser);
      this.wave = new Float32Array(this.analyser.fftSize);
    },
    tick() {
      this.seconds = (performance.now() - this.began) / 1000;
      this.analyser.getFloatTimeDomainData(this.wave);
      const loud = Math.sqrt(this.wave.reduce((sum, one) => sum + one * one, 0) / this.wave.length);
      this.levels = [...this.levels.slice(1), Math.min(1, Math.sqrt(loud) * 1.6)];
    },
    finish() {
      if (!this.live) return;
      const seconds = (performance.now() - this.began) / 1000;
      if (seconds < LEAST) return this.fail("That was too short. Speak, then press send.");
      this.live = false;
      const recorder = this.recorder;
      recorder.onstop = () => {
        const type = recorder.mimeType.split(";")[0];
        const ending = { "audio/webm": "webm", "audio/mp4": "m4a", "audio/ogg": "ogg" }[type] ?? "bin";
        this.$emit("done", { file: new File(this.chunks, `recording.${ending}`, { type }), duration: seconds });
      };
      recorder.stop();
    },
    fail(why) {
      this.release();
      this.$emit("trouble", why);
    },
    cancel() {
      this.release();
      this.$emit("cancel");
    },
    release() {
      this.live = false;
      clearInterval(this.clock);
      if (this.recorder) this.recorder.ondataavailable = this.recorder.onerror = null;
      for (const track of this.stream?.getTracks() ?? []) {
        track.onended = null;
        track.stop();
      }
      if (this.context && this.context.state !== "closed") this.context.close();
    },
  },
  template: `
    <div class="recorder" role="group" aria-label="Recording" @keydown.esc.stop.prevent="cancel">
      <button ref="cancel" type="button" class="plain-round" title="Cancel" aria-label="Cancel the recording" @click="cancel">
        <icon name="trash" /></button>
      <i :class="['lamp', { live }]"></i>
      <time role="timer">{{ time }}</time>
      <div class="levels" aria-hidden="true"><i v-for="level in levels" :style="{ height: 8 + level * 92 + '%' }"></i></div>
      <span class="unseen" role="status">{{ live ? "Recording" : "Waiting for the microphone" }}</span>
      <button ref="send" type="button" class="round" title="Send" aria-label="Send the recording" :disabled="!live" @click="finish">
        <icon name="send" /></button>
    </div>`,
};
