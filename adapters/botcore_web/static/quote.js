// The message that another one replies to: who, the beginning, and its first picture.

import { word } from "botcore-web/files.js";
import icon from "botcore-web/icons.js";

export default {
  components: { icon },
  props: { quote: Object, name: String, closable: Boolean },
  emits: ["close", "go"],
  methods: {
    word,
    // an answer is Markdown; one line of it does without the marks
    bare: (text) => text.replace(/\*\*|__|`+|(?<!\S)#{1,6}\s|(?<!\w)[*_](?=\w)|(?<=[\w.!?])[*_](?!\w)/g, ""),
  },
  template: `
    <div class="quote">
      <button type="button" class="quoted" :title="'Go to this message'" @click="$emit('go', quote.id)">
        <img v-if="quote.url" :src="quote.url" alt="" />
        <span class="lines"><b>{{ quote.mine ? name : "You" }}</b>
          <span dir="auto">{{ (quote.mine ? bare(quote.text) : quote.text) || (quote.kind ? word(quote) : "Message") }}</span></span>
      </button>
      <button v-if="closable" type="button" class="off" title="Do not reply to it" aria-label="Do not reply to it" @click="$emit('close')"><icon name="cross" /></button>
    </div>`,
};
