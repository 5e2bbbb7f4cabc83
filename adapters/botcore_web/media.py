"""Files of answers, held in memory and served at addresses nobody can guess."""

import hashlib
import re
import secrets
from collections import OrderedDict
from dataclasses import dataclass
from urllib.parse import quote

from botcore.messages import Attachment

HELD_BYTES = 64 * 1024 * 1024
"""Bytes of files held; the oldest leave first and come back when a page loads its history again."""

SHOWN = frozenset(
    {
        "image/png", "image/jpeg", "image/gif", "image/webp", "image/avif",
        "audio/mpeg", "audio/ogg", "audio/mp4", "audio/wav", "audio/x-wav", "audio/webm", "audio/flac", "audio/aac",
        "video/mp4", "video/webm",
    }
)  # fmt: skip
"""Types a browser shows without running anything. All others (HTML, SVG, PDF) are downloads."""

_RANGE = re.compile(r"bytes=(\d+)-(\d*)\Z")


@dataclass(frozen=True, slots=True)
class Held:
    """One file: `media_type` is what it is served as."""

    data: bytes
    media_type: str
    name: str
    shown: bool


@dataclass(frozen=True, slots=True)
class Served:
    """An HTTP answer: status, headers and body."""

    status: int
    headers: dict[str, str]
    body: bytes


class Shelf:
    """Holds files by a keyed hash of their content: the same file has the same address in every tab."""

    def __init__(self, most: int = HELD_BYTES) -> None:
        self._key = secrets.token_bytes(32)
        self._most = most
        self._held: OrderedDict[str, Held] = OrderedDict()
        self._size = 0

    def put(self, attachment: Attachment) -> str | None:
        """Hold an attachment's bytes; return its path, or None where it has none or is larger than the shelf."""
        data = attachment.data
        if data is None or len(data) > self._most:
            return None
        media_type = (attachment.media_type or "").partition(";")[0].strip().lower()
        shown = media_type in SHOWN
        held = Held(data, media_type if shown else "application/octet-stream", attachment.name or "", shown)
        digest = hashlib.blake2b(data, key=self._key, digest_size=16)
        digest.update(f"{held.media_type}\n{held.name}".encode())
        name = digest.hexdigest()
        if name not in self._held:
            self._held[name] = held
            self._size += len(data)
        self._held.move_to_end(name)
        while self._size > self._most:
            self._size -= len(self._held.popitem(last=False)[1].data)
        return f"/files/{name}"

    def serve(self, name: str, *, span: str | None = None) -> Served:
        """The answer to a request for a file; `span` is the Range header (players on phones insist on it)."""
        held = self._held.get(name)
        if held is None:
            return Served(404, {"content-type": "text/plain; charset=utf-8"}, b"Not here any more: reload the page.\n")
        kind = "inline" if held.shown else "attachment"
        name = held.name or f"file.{held.media_type.partition('/')[2]}"
        headers = {
            "content-type": held.media_type,
            "content-disposition": f"{kind}; filename*=UTF-8''{quote(name, safe='')}",
            "content-security-policy": "default-src 'none'; sandbox",
            "cache-control": "private, max-age=3600",
            "accept-ranges": "bytes",
        }
        size = len(held.data)
        asked = _RANGE.match(span or "")
        if asked is None:
            return Served(200, headers, held.data)
        first, last = int(asked[1]), min(int(asked[2] or size - 1), size - 1)
        if first > last:
            return Served(416, {**headers, "content-range": f"bytes */{size}"}, b"")
        headers["content-range"] = f"bytes {first}-{last}/{size}"
        return Served(206, headers, held.data[first : last + 1])
