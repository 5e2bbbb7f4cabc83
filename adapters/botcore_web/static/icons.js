// Outline icons, 24 units square, drawn with the current colour.

const PATHS = {
  menu: "M4 7h16M4 12h16M4 17h16",
  plus: "M12 5v14M5 12h14",
  trash: "M5 7h14M10 7V5h4v2M7 7l1 12h8l1-12M10 11v5M14 11v5",
  send: "M12 19V5M6 11l6-6 6 6",
  stop: "M7 7h10v10H7z",
  retry: "M19 12a7 7 0 1 1-2-5l2 2M19 4v5h-5",
  copy: "M9 9h10v10H9zM5 15V5h10",
  good: "M7 11v9H4v-9zM7 12l4-8c1.5 0 2.5 1 2.5 2.5V10H19l-1.5 10H7",
  bad: "M7 13V4H4v9zM7 12l4 8c1.5 0 2.5-1 2.5-2.5V14H19L17.5 4H7",
  check: "M5 13l4 4L19 7",
  cross: "M6 6l12 12M18 6L6 18",
  sun: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 3v2M12 19v2M3 12h2M19 12h2M5.6 5.6 7 7M17 17l1.4 1.4M18.4 5.6 17 7M7 17l-1.4 1.4",
  moon: "M19.5 14.5A8 8 0 0 1 9.5 4.5a8 8 0 1 0 10 10z",
  down: "M12 5v14M6 13l6 6 6-6",
  file: "M7 3h7l5 5v13H7zM14 3v5h5",
  clip: "M19 11.5l-7.6 7.6a4.5 4.5 0 0 1-6.4-6.4l8.2-8.2a3 3 0 0 1 4.3 4.3l-8.2 8.1a1.5 1.5 0 0 1-2.1-2.1l7-7",
  mic: "M12 3a3 3 0 0 0-3 3v5a3 3 0 0 0 6 0V6a3 3 0 0 0-3-3zM6 11a6 6 0 0 0 12 0M12 17v4M9 21h6",
  play: "M8 5.5v13l10.5-6.5z",
  pause: "M8.5 6v12M15.5 6v12",
  save: "M12 4v11M7 11l5 5 5-5M5 20h14",
  left: "M15 5l-7 7 7 7",
  right: "M9 5l7 7-7 7",
  reply: "M9 6l-5 5 5 5M4 11h9a7 7 0 0 1 7 7v1",
  sound: "M9 18V6l10-2v12M9 18a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0zM19 16a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0z",
  film: "M4 6h11v12H4zM15 10l5-3v10l-5-3",
  chat: "M5 6h14v10h-8l-4 4v-4H5z",
};

export default {
  props: { name: String },
  computed: {
    path() {
      return PATHS[this.name];
    },
  },
  template: `<svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path :d="path" /></svg>`,
};
