// The list of conversations, and the strangers who wait at the door.

import icon from "botcore-web/icons.js";

export default {
  components: { icon },
  props: { chats: Array, chat: String, requests: Array, title: String, theme: String },
  emits: ["open", "new", "remove", "decide", "theme"],
  computed: {
    groups() {
      const day = new Date().setHours(0, 0, 0, 0);
      const names = [
        ["Today", day],
        ["Yesterday", day - 864e5],
        ["Last 7 days", day - 6 * 864e5],
        ["Older", -Infinity],
      ];
      const groups = names.map(([name]) => ({ name, chats: [] }));
      for (const chat of this.chats) groups[names.findIndex(([, since]) => chat.last >= since)].chats.push(chat);
      return groups.filter((group) => group.chats.length);
    },
  },
  template: `
    <nav class="sidebar" aria-label="Conversations">
      <header><span class="logo"><icon name="chat" /></span><h1>{{ title }}</h1></header>
      <button type="button" class="new" @click="$emit('new')"><icon name="plus" />New conversation</button>
      <section v-if="requests.length" class="requests" aria-label="Access requests">
        <h2>Waiting for your approval</h2>
        <div v-for="one in requests" :key="one.code" class="request">
          <p><b>{{ one.name }}</b><br /><small>{{ one.platform }} · {{ one.user }} · code {{ one.code }}</small></p>
          <button type="button" class="approve" @click="$emit('decide', one.code, true)">Approve</button>
          <button type="button" class="refuse" @click="$emit('decide', one.code, false)">Refuse</button>
        </div>
      </section>
      <div class="chats">
        <section v-for="group in groups" :key="group.name">
          <h2>{{ group.name }}</h2>
          <div v-for="one in group.chats" :key="one.id" :class="['chat', { on: one.id === chat }]">
            <a dir="auto" :href="'#' + one.id" @click.prevent="$emit('open', one.id)" :aria-current="one.id === chat ? 'page' : null">{{ one.title || "Untitled" }}</a>
            <button type="button" title="Delete" :aria-label="'Delete ' + one.title" @click="$emit('remove', one)"><icon name="trash" /></button>
          </div>
        </section>
        <p v-if="!chats.length" class="none">Your conversations will be listed here.</p>
      </div>
      <footer>
        <button type="button" @click="$emit('theme')"><icon :name="theme === 'dark' ? 'sun' : 'moon'" />{{ theme === "dark" ? "Light" : "Dark" }} theme</button>
      </footer>
    </nav>`,
};
