"""Files on the simulated Discord: what people and the bot attached, and the signed links that lead to them.

Links end after a day, as those of the real CDN do; whoever needs the file later fetches the message again.
"""

import mimetypes
import re
from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import parse_qs

from botcore.testing.discord_server.model import Json
from botcore.testing.discord_server.snowflakes import Snowflakes
from botcore.testing.server.clock import Clock
from botcore.testing.server.pictures import picture_size

DEFAULT_MAX_FILE = 10 * 1024 * 1024  # bytes of one attachment, without a boosted guild
MAX_REQUEST = 25 * 1024 * 1024  # bytes of a request: https://discord.com/developers/docs/reference#uploading-files
SPOILER = 1 << 3  # attachment flag
_LINK_LIFE = 24 * 3600  # seconds
_UNSAFE = re.compile(r"[^\w.()\-]+", re.ASCII)
_AUDIO = {".ogg": "audio/ogg", ".oga": "audio/ogg", ".opus": "audio/ogg", ".m4a": "audio/mp4", ".wav": "audio/x-wav"}


@dataclass(frozen=True, slots=True)
class StoredFile:
    """One file. `size` (bytes) is what Discord declares; tests may declare more than `content` holds."""

    id: int
    channel_id: int
    content: bytes
    size: int
    name: str
    media_type: str
    path: str


class Files:
    """All files of one server. `root` is where it listens, known once it does."""

    def __init__(self, clock: Clock, ids: Snowflakes) -> None:
        self.root = ""
        self._clock = clock
        self._ids = ids
        self._by_path: dict[str, StoredFile] = {}

    def store(
        self, content: bytes, name: str, *, channel_id: int, media_type: str = "", size: int | None = None
    ) -> StoredFile:
        """Keep a file and give it an id and a link."""
        safe = _UNSAFE.sub("_", name).strip("._") or "unknown"
        number = self._ids.next()
        path = f"/attachments/{channel_id}/{number}/{safe}"
        kind = media_type or _guessed(safe)
        file = StoredFile(number, channel_id, content, len(content) if size is None else size, safe, kind, path)
        self._by_path[path] = file
        return file

    def url(self, file: StoredFile) -> str:
        """Where it lies, without signature."""
        return f"{self.root}{file.path}"

    def signed(self, url: str) -> str:
        """The link as it is given out now."""
        made = int(self._clock.now())
        ends = made + _LINK_LIFE
        return f"{url}?ex={ends:x}&is={made:x}&hm={_signature(url, ends)}"

    def find(self, path: str) -> StoredFile | None:
        """The file of this path, whatever the link to it is worth."""
        return self._by_path.get(path)

    def download(self, path: str, query: str) -> StoredFile | None:
        """The file behind a link, or None where the link is none of ours or is over."""
        file = self._by_path.get(path)
        given = parse_qs(query)
        try:
            ends = int(given["ex"][0], 16)
            proof = given["hm"][0]
        except (KeyError, ValueError):
            return None
        if file is None or proof != _signature(self.url(file), ends) or ends < self._clock.now():
            return None
        return file

    def describe(self, file: StoredFile) -> Json:
        """The `Attachment` object, with links that are still to be signed."""
        url = self.url(file)
        data: Json = {
            "id": str(file.id),
            "filename": file.name,
            "size": file.size,
            "url": url,
            "proxy_url": url,
            "content_type": file.media_type,
            "flags": 0,
        }
        if file.media_type.startswith("image/") and (sides := picture_size(file.content)):
            data["width"], data["height"] = sides
        return data

    def sign(self, attachments: list[Json]) -> list[Json]:
        """Attachments as they are given out now."""
        return [{**one, **dict.fromkeys(("url", "proxy_url"), self.signed(one["url"]))} for one in attachments]


def _guessed(name: str) -> str:
    suffix = name[name.rfind(".") :].lower() if "." in name else ""
    return _AUDIO.get(suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"


def _signature(url: str, ends: int) -> str:
    path = url.partition("://")[2].partition("/")[2]
    return sha256(f"simulated:{path}:{ends}".encode()).hexdigest()
