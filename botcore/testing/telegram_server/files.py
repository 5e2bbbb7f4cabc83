"""Files on the simulated Telegram: what people and the bot uploaded, their ids, and the links that `getFile` gives out.

Limits of https://core.telegram.org/bots/api#sending-files and #getfile.
"""

import mimetypes
from dataclasses import dataclass
from pathlib import PurePosixPath

from botcore.testing.server.clock import Clock
from botcore.testing.telegram_server.refusals import Refused, bad_request

MAX_DOWNLOAD = 20 * 1024 * 1024  # bytes a bot may fetch
MAX_UPLOAD = 50 * 1024 * 1024  # bytes a bot may send
MAX_PHOTO = 10 * 1024 * 1024  # bytes of a photo that a bot sends
_LINK_LIFE = 3600  # seconds a download link is guaranteed to work
_FOLDERS = {
    "photo": "photos",
    "document": "documents",
    "audio": "music",
    "voice": "voice",
    "video": "videos",
    "video_note": "video_notes",
}
_EXTENSIONS = {"photo": ".jpg", "voice": ".oga", "audio": ".mp3", "video": ".mp4", "video_note": ".mp4"}


@dataclass(frozen=True, slots=True)
class StoredFile:
    """One file. `size` (bytes) is what Telegram declares; tests may declare more than `content` holds."""

    file_id: str
    unique_id: str
    kind: str
    content: bytes
    size: int
    name: str
    media_type: str
    path: str


class Files:
    """All files of one server."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._by_id: dict[str, StoredFile] = {}
        self._links: dict[str, tuple[float, StoredFile]] = {}

    def store(
        self, content: bytes, *, kind: str, name: str = "", media_type: str = "", size: int | None = None
    ) -> StoredFile:
        """Keep a file and give it its ids."""
        number = len(self._by_id) + 1
        suffix = PurePosixPath(name).suffix or _EXTENSIONS.get(kind) or mimetypes.guess_extension(media_type) or ""
        file = StoredFile(
            file_id=f"AgACAgIAAxkBAAI{number:010d}{kind[:3]}AAQ",
            unique_id=f"AQAD{number:08d}",
            kind=kind,
            content=content,
            size=len(content) if size is None else size,
            name=name,
            media_type=media_type or mimetypes.guess_type(name)[0] or "application/octet-stream",
            path=f"{_FOLDERS.get(kind, 'documents')}/file_{number}{suffix}",
        )
        self._by_id[file.file_id] = file
        return file

    def find(self, file_id: str) -> StoredFile | None:
        """The file of that id, if any."""
        return self._by_id.get(file_id)

    def link(self, file_id: str) -> StoredFile:
        """Open a download link for an hour.

        Raises:
            Refused: 400 for an unknown id or more than 20 MB.
        """
        if not file_id:
            raise Refused(400, "Bad Request: file_id not specified")
        file = self._by_id.get(file_id)
        if file is None:
            raise bad_request("wrong file_id or the file is temporarily unavailable")
        if file.size > MAX_DOWNLOAD:
            raise bad_request("file is too big")
        self._links[file.path] = (self._clock.now() + _LINK_LIFE, file)
        return file

    def download(self, path: str) -> StoredFile | None:
        """The file behind a link, or None where the link was never given out or is over."""
        until, file = self._links.get(path, (0.0, None))
        return file if file is not None and self._clock.now() <= until else None
