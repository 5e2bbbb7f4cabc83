// Files on their way to the server, and how they are told of.

export function size(bytes) {
  if (bytes == null) return "";
  if (bytes < 1000) return `${bytes} bytes`;
  return bytes < 1e6 ? `${Math.round(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

export function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds + 0.05));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

// What a quoted or attached file is called where there is no room for it.
export function word({ kind, voice, name }) {
  if (voice) return "Voice message";
  return name || { image: "Picture", audio: "Sound", video: "Film" }[kind] || "File";
}

// XMLHttpRequest and not fetch: only it tells how far an upload is.
export function upload(chat, file, { duration, voice, progress }) {
  const asked = new URLSearchParams({ chat, name: file.name ?? "" });
  if (duration) asked.set("duration", duration.toFixed(2));
  if (voice) asked.set("voice", "1");
  const request = new XMLHttpRequest();
  const done = new Promise((resolve, reject) => {
    request.upload.onprogress = (event) => progress(event.lengthComputable ? event.loaded / event.total : 0);
    request.onload = () => {
      if (request.status === 200) resolve(JSON.parse(request.responseText));
      else reject(new Error(request.responseText.trim() || "The server did not take it."));
    };
    request.onerror = () => reject(new Error("It did not get through: the connection broke, or the file cannot be read."));
    request.onabort = () => reject(new Error("It was taken back."));
    request.open("POST", "/upload?" + asked);
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.send(file);
  });
  return { done, abort: () => request.abort() };
}

// How long a sound or film is, as far as the browser can tell at once.
export function length(file) {
  return new Promise((resolve) => {
    if (!/^(audio|video)\//.test(file.type)) return resolve(null);
    const player = document.createElement(file.type.startsWith("audio/") ? "audio" : "video");
    const url = URL.createObjectURL(file);
    const end = (seconds) => {
      URL.revokeObjectURL(url);
      resolve(Number.isFinite(seconds) && seconds > 0 ? seconds : null);
    };
    player.onloadedmetadata = () => end(player.duration);
    player.onerror = () => end(null);
    setTimeout(() => end(null), 3000);
    player.preload = "metadata";
    player.src = url;
  });
}
