"""`multipart/form-data` (RFC 7578): fields and files, written as they are sent and never whole in memory."""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

from botcore.openai import codec
from botcore.openai.outgoing import Joined, Progress
from botcore.openai.upload import Reader, Upload, open_bytes

_REMEMBERED: Final = 1_000_000  # bytes of text files, kept until the answer is here: it may quote them
_NEVER_QUOTED: Final = ("audio/", "image/", "video/")


class Form:
    """A request body of fields and files. Its repr shows sizes alone.

    Field names and values are as a JSON body would have them: lists become `name[]`, objects `name[key]`, as the
    official clients write them.
    """

    def __init__(
        self, values: Mapping[str, Any], files: Sequence[tuple[str, Upload]] = (), *, progress: Progress | None = None
    ) -> None:
        self.progress = progress
        self._fields = [field for name, value in values.items() for field in flatten(name, value)]
        self._files = files
        self._boundary = f"botcore-{secrets.token_hex(16)}"
        self._seen = _Seen()

    def __repr__(self) -> str:
        return f"Form({len(self._fields)} fields, {[file.size for _, file in self._files]} bytes of files)"

    @property
    def media_type(self) -> str:
        """With the boundary."""
        return f"multipart/form-data; boundary={self._boundary}"

    @property
    def repeatable(self) -> bool:
        """Whether it can be sent now, perhaps again."""
        return all(file.repeatable for _, file in self._files)

    @property
    def small(self) -> bool:
        """Whether it is sent within the time that any request takes."""
        return all(file.size is not None and file.size <= _REMEMBERED for _, file in self._files)

    @property
    def immense(self) -> bool:
        """Whether too much was sent to see whether an answer quotes it."""
        return self._seen.immense

    def decoded(self) -> Any:
        """Give what an answer may quote: fields, file names, and what was sent of text files so far."""
        return [
            [{name: value} for name, value in self._fields],
            [file.name for _, file in self._files],
            self._seen.texts(),
        ]

    async def open(self) -> Joined:
        """Open the files. Raises `BadRequest` for one that cannot be read."""
        self._seen = _Seen()
        parts: list[Reader] = [open_bytes(b"".join(self._field(name, value) for name, value in self._fields))]
        size: int | None = 0
        try:
            for name, file in self._files:
                reader, length = await file.open()
                head = self._head(name, file)
                quotable = not file.media_type.lower().startswith(_NEVER_QUOTED)
                parts += [open_bytes(head), _Noted(reader, self._seen) if quotable else reader, open_bytes(b"\r\n")]
                size = None if size is None or length is None else size + len(head) + length + 2
        except BaseException:
            Joined(parts, None).close()
            raise
        end = f"--{self._boundary}--\r\n".encode()
        parts.append(open_bytes(end))
        fixed = sum(len(self._field(name, value)) for name, value in self._fields) + len(end)
        return Joined(parts, None if size is None else size + fixed)

    def _field(self, name: str, value: str) -> bytes:
        text = value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        return f'--{self._boundary}\r\nContent-Disposition: form-data; name="{quoted(name)}"\r\n\r\n{text}\r\n'.encode()

    def _head(self, name: str, file: Upload) -> bytes:
        return (
            f'--{self._boundary}\r\nContent-Disposition: form-data; name="{quoted(name)}"; '
            f'filename="{quoted(file.name)}"\r\nContent-Type: {file.media_type}\r\n\r\n'
        ).encode()


def quoted(text: str) -> str:
    r"""Escape what a quoted string of a header cannot hold (RFC 9110, section 5.6.4); it is UTF-8 (RFC 7578, 5.1).

    >>> quoted('die "Möwe".png')
    'die \\"Möwe\\".png'
    """
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\r", "").replace("\n", "")


def flatten(name: str, value: Any) -> Iterator[tuple[str, str]]:
    """Give the form fields for a JSON value; None is no field.

    >>> list(flatten("chunking", {"type": "auto", "pads": [1, True]}))
    [('chunking[type]', 'auto'), ('chunking[pads][]', '1'), ('chunking[pads][]', 'true')]
    """
    if isinstance(value, str):
        yield name, value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from flatten(f"{name}[{key}]", inner)
    elif isinstance(value, Sequence):
        for inner in value:
            yield from flatten(f"{name}[]", inner)
    elif value is not None:
        yield name, codec.encode(value).decode()


class _Seen:
    """What was sent of text files, as far as it can be kept."""

    __slots__ = ("_left", "_pieces")

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._left = _REMEMBERED

    def add(self, chunk: bytes) -> None:
        self._left -= len(chunk)
        if self._left < 0:
            self._pieces.clear()
        else:
            self._pieces.append(chunk)

    @property
    def immense(self) -> bool:
        return self._left < 0

    def texts(self) -> list[Any]:
        """The text as it is, and what its lines say where they are JSON."""
        text = b"".join(self._pieces)
        found: list[Any] = [text.decode("utf-8", "replace")]
        for line in text.splitlines():
            if line[:1] in {b"{", b"["}:
                with suppress(ValueError):
                    found.append(codec.decode(line))
        return found


class _Noted:
    """A reader that remembers what it gave."""

    __slots__ = ("_reader", "_seen")

    def __init__(self, reader: Reader, seen: _Seen) -> None:
        self._reader = reader
        self._seen = seen

    async def next_chunk(self) -> bytes:
        chunk = await self._reader.next_chunk()
        self._seen.add(chunk)
        return chunk

    def close(self) -> None:
        self._reader.close()
