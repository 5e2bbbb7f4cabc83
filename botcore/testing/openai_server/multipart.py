"""multipart/form-data (RFC 7578): the wire format, taken apart in any chunking, with bounded memory.

`form.py` builds on this: it reads a request's form into fields and uploads.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import unquote

_MOST_HEADERS = 16 * 1024  # bytes of one part's headers
_PARAMETER = re.compile(r';\s*(?P<name>[\w*-]+)\s*=\s*(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<bare>[^;\s]*))', re.DOTALL)


class BadMultipart(ValueError):
    """The body is no multipart form; the message says why."""


@dataclass(frozen=True, slots=True)
class PartHead:
    """What stands before a part's content. `filename` is None for a plain field."""

    name: str
    filename: str | None
    media_type: str


@dataclass(frozen=True, slots=True)
class PartEnd:
    """A part's content is complete."""


PartEvent = PartHead | bytes | PartEnd
END = PartEnd()


class Splitter:
    """Takes a multipart body apart as it comes: `feed` any blocks of it, then `check_end`.

    For each part come one `PartHead`, its content in any number of blocks, and one `PartEnd`. It keeps no more than a
    part's headers or a boundary's length.
    """

    def __init__(self, boundary: bytes) -> None:
        self._delimiter = b"\r\n--" + boundary
        self._buffer = bytearray(b"\r\n")  # the first boundary may stand at the very beginning
        self._state: Literal["preamble", "line", "head", "body", "done"] = "preamble"

    def check_end(self) -> None:
        """Nothing more comes.

        Raises:
            BadMultipart: the closing boundary is missing.
        """
        if self._state != "done":
            raise BadMultipart("it has no end")

    def feed(self, block: bytes) -> Iterator[PartEvent]:
        """What `block` adds. The iterator must be used up before the next block.

        Raises:
            BadMultipart: the body is malformed.
        """
        self._buffer += block
        while True:
            match self._state:
                case "preamble" | "body":
                    yield from self._content()
                    if self._state in {"preamble", "body"}:
                        return
                case "line":
                    if not self._boundary_line():
                        return
                case "head":
                    head = self._head()
                    if head is None:
                        return
                    yield head
                case "done":
                    self._buffer.clear()  # what follows the closing boundary means nothing
                    return

    def _content(self) -> Iterator[PartEvent]:
        """Content up to the next boundary, or all that can be no part of one."""
        buffer, inside = self._buffer, self._state == "body"
        at = buffer.find(self._delimiter)
        size = len(buffer) - len(self._delimiter) + 1 if at < 0 else at
        if size > 0:
            if inside:
                yield bytes(memoryview(buffer)[:size])
            del buffer[:size]
        if at < 0:
            return
        del buffer[: len(self._delimiter)]
        self._state = "line"
        if inside:
            yield END

    def _boundary_line(self) -> bool:
        """What stands behind a boundary: two dashes end the form, otherwise a part begins on the next line."""
        buffer = self._buffer
        if len(buffer) < 2:
            return False
        if buffer.startswith(b"--"):
            self._state = "done"
            return True
        at = buffer.find(b"\r\n")
        if at < 0 and len(buffer) <= _MOST_HEADERS:
            return False
        if at < 0 or buffer[:at].strip(b" \t"):
            raise BadMultipart("unexpected bytes behind a boundary")
        del buffer[:at]  # the line's end stays: it is the blank line of a part without headers
        self._state = "head"
        return True

    def _head(self) -> PartHead | None:
        at = self._buffer.find(b"\r\n\r\n")
        if at > _MOST_HEADERS or (at < 0 and len(self._buffer) > _MOST_HEADERS):
            raise BadMultipart("the headers of a part are too long")
        if at < 0:
            return None
        lines = bytes(self._buffer[:at])
        del self._buffer[: at + 4]
        self._state = "body"
        return _read_head(lines)


def boundary_of(content_type: str) -> bytes:
    """The boundary that a Content-Type header names.

    Raises:
        BadMultipart: it is no form's, or names none.
    """
    kind, _, _ = content_type.partition(";")
    if kind.strip().lower() != "multipart/form-data":
        raise BadMultipart("not multipart/form-data")
    boundary = _parameters(content_type).get("boundary", "")
    if not boundary or len(boundary) > 200:
        raise BadMultipart("no boundary")
    return boundary.encode()


def _read_head(lines: bytes) -> PartHead:
    headers: dict[str, str] = {}
    for line in lines.decode(errors="replace").split("\r\n"):
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    disposition = headers.get("content-disposition", "")
    told = _parameters(disposition)
    if not disposition.lower().startswith("form-data") or "name" not in told:
        raise BadMultipart("a part without a name")
    filename = told.get("filename")
    extended = told.get("filename*")
    if extended is not None:  # RFC 5987, which some clients send: charset'language'percent-encoded
        filename = unquote(extended.rpartition("'")[2])
    return PartHead(told["name"], filename, headers.get("content-type", "application/octet-stream"))


def _parameters(header: str) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for one in _PARAMETER.finditer(header):
        value = one["bare"] if one["quoted"] is None else re.sub(r'\\(["\\])', r"\1", one["quoted"])
        # browsers and most clients write a quote, CR and LF inside a name percent-encoded (WHATWG HTML, 4.10.21.8)
        value = value.replace("%22", '"').replace("%0D", "\r").replace("%0A", "\n")
        found[one["name"].lower()] = value
    return found
