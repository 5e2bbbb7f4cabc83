"""Files over HTTP: from the page to the disk, and from there to the page. The guard has let the request in."""

import json
import logging
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import BinaryIO, Final
from urllib.parse import parse_qs, quote

from botcore_web.answers import Receive, Scope, Send, answer, dressed, say
from botcore_web.files import Files
from botcore_web.stored import Stored, read
from botcore_web.upload import Upload

log = logging.getLogger(__name__)

SHOWN: Final = frozenset(
    {
        "image/png", "image/jpeg", "image/gif", "image/webp", "image/avif",
        "audio/mpeg", "audio/ogg", "audio/mp4", "audio/wav", "audio/x-wav", "audio/webm", "audio/flac", "audio/aac",
        "video/mp4", "video/webm", "video/ogg",
    }
)  # fmt: skip
"""Types a browser shows without running anything. All others (HTML, SVG, PDF) are downloads."""

LONGEST: Final = 86_400.0  # seconds that a page may declare as the duration of a recording

_RANGE = re.compile(r"bytes=(\d{1,15})-(\d{0,15})\Z")
_ID = re.compile(r"[0-9a-f]{32}")


class TooLargeError(Exception):
    """More bytes came than are taken."""


class CutOffError(Exception):
    """The page went away before all was there."""


def path_of(stored: Stored) -> str:
    """Where the page finds a file. Nobody can guess it: the conversation's id alone has 122 random bits."""
    return f"/files/{stored.ref}"


def shown_as(stored: Stored) -> str:
    """As what the page shows a file: image, audio, video, or file (a download)."""
    return stored.media_type.partition("/")[0] if stored.media_type in SHOWN else "file"


@dataclass(frozen=True, slots=True)
class Transfer:
    """Takes files of `most` bytes and gives them out again."""

    files: Files
    most: int

    # ---- to the disk ----

    async def upload(self, scope: Scope, headers: Mapping[str, str], receive: Receive, send: Send) -> None:
        """Take the file that is a request's body; what it is stands in the query. Answers with JSON, or a line of why.

        The body comes as application/octet-stream, which no form and no page of another site can send unasked.
        """
        asked = {name: values[0] for name, values in parse_qs(scope["query_string"].decode("latin-1")).items()}
        if scope["method"] != "POST":
            await say(send, 405, "A file is sent by POST.", [(b"allow", b"POST")])
        elif headers.get("content-type") != "application/octet-stream":
            await say(send, 415, "A file is sent as application/octet-stream.")
        elif not _ID.fullmatch(asked.get("chat", "")):
            await say(send, 400, "A file belongs to a conversation, and this names none.")
        elif _length(headers) > self.most:
            await self._too_large(send)
        else:
            await self._take(asked, receive, send)

    async def _take(self, asked: Mapping[str, str], receive: Receive, send: Send) -> None:
        upload: Upload | None = None
        try:
            upload = await self.files.receive(asked["chat"])
            await self._fill(upload, receive)
            if not upload.size:
                await say(send, 400, "That file is empty.")
                return
            duration = _seconds(asked.get("duration", ""))
            stored = await upload.finish(asked.get("name", ""), duration=duration, voice="voice" in asked)
            upload = None
            about = {
                "id": stored.id,
                "kind": shown_as(stored),
                "url": path_of(stored),
                "name": stored.name,
                "bytes": stored.size,
                "duration": stored.duration,
                "voice": stored.voice,
            }
            fields = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]
            await answer(send, 200, json.dumps(about).encode(), fields)
        except TooLargeError:
            await self._too_large(send)
        except CutOffError:
            log.debug("a page went away while it sent a file")
        except OSError as error:
            log.warning("a file could not be stored: %s", error)
            await say(send, 507, "There is no room for that file: the disk does not take it.")
        finally:
            if upload is not None:
                await upload.discard()

    async def _fill(self, upload: Upload, receive: Receive) -> None:
        """Raises TooLargeError, CutOffError, and OSError where the disk does not take it."""
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise CutOffError
            await upload.add(message.get("body", b""))
            if upload.size > self.most:
                raise TooLargeError
            if not message.get("more_body", False):
                return

    async def _too_large(self, send: Send) -> None:
        # The rest of the body is not read: whoever sends it is not our page, which looks before it sends.
        line = f"That file is too large: I take {self.most / 1e6:.0f} MB at most."
        await say(send, 413, line, [(b"connection", b"close")])

    # ---- to the page ----

    async def download(self, ref: str, headers: Mapping[str, str], send: Send) -> None:
        """Give a file out, or the part of it that is asked for (players on phones insist on it)."""
        known = await self.files.open(ref)
        if known is None:
            await say(send, 404, "Not here any more: reload the page.")
            return
        with known[1] as file:
            await self._give(known[0], file, headers, send)

    async def _give(self, stored: Stored, file: BinaryIO, headers: Mapping[str, str], send: Send) -> None:
        first, last, status = 0, stored.size - 1, 200
        if (asked := _RANGE.match(headers.get("range", ""))) is not None:
            first, last, status = int(asked[1]), min(int(asked[2] or last), last), 206
        fields = _about(stored)
        if first > last:
            await answer(send, 416, b"", [*fields, (b"content-range", f"bytes */{stored.size}".encode())])
            return
        if status == 206:
            fields.append((b"content-range", f"bytes {first}-{last}/{stored.size}".encode()))
        await send({"type": "http.response.start", "status": status, "headers": dressed(fields, last + 1 - first)})
        async for block in read(file, first, last + 1):
            await send({"type": "http.response.body", "body": block, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


def _about(stored: Stored) -> list[tuple[bytes, bytes]]:
    shown = stored.media_type in SHOWN
    name = stored.name or f"{stored.kind}.{stored.media_type.partition('/')[2] if shown else 'bin'}"
    fields = {
        "content-type": stored.media_type if shown else "application/octet-stream",
        "content-disposition": f"{'inline' if shown else 'attachment'}; filename*=UTF-8''{quote(name, safe='')}",
        "content-security-policy": "default-src 'none'; sandbox",
        "cache-control": "private, max-age=3600",
        "accept-ranges": "bytes",
    }
    return [(field.encode(), value.encode()) for field, value in fields.items()]


def _length(headers: Mapping[str, str]) -> int:
    """The declared length of a body; 0 where none is declared."""
    declared = headers.get("content-length", "0")
    return int(declared) if declared.isascii() and declared.isdigit() and len(declared) < 20 else 0


def _seconds(text: str) -> float | None:
    try:
        seconds = float(text)
    except ValueError:
        return None
    return seconds if math.isfinite(seconds) and 0 < seconds <= LONGEST else None
