"""Files on their way up, from wherever they are: bytes, a path, or chunks that come one by one."""

import asyncio
import re
from collections.abc import AsyncIterable, AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO, Final, Protocol, TypeAlias, final

from botcore.errors import BadRequest
from botcore.openai import media_type as media

PIECE: Final = 256 * 1024  # bytes read from a file in one thread hop
_LONGEST_NAME: Final = 255  # bytes, as most file systems have it
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")

Chunks: TypeAlias = AsyncIterable[bytes]


class Reader(Protocol):
    """An opened source."""

    async def next_chunk(self) -> bytes:
        """Give the next bytes, or b"" at the end."""
        ...

    def close(self) -> None:
        """Let go of what is open. May be called at any time, and again."""
        ...


class _Once:
    """Chunks that can be read once."""

    __slots__ = ("chunks", "used")

    def __init__(self, chunks: Chunks) -> None:
        self.chunks = chunks
        self.used = False


@final
@dataclass(frozen=True, slots=True)
class Upload:
    """A file to send: made by `Upload.of`. Its repr shows name, type and size alone."""

    name: str
    media_type: str
    size: int | None
    """Bytes, where they are known before it is opened."""
    source: bytes | Path | _Once | Callable[[], Chunks] = field(repr=False)

    @staticmethod
    def of(
        source: "FileLike", *, name: str | None = None, media_type: str | None = None, size: int | None = None
    ) -> "Upload":
        """Describe a file. What is not told is found: the name from the path, the type from the name or the bytes.

        `size` in bytes is for chunks alone, and not needed there: without it the request is sent in chunked transfer
        encoding, which a few servers refuse. Chunks that turn out to be of another size fail the request.

        >>> Upload.of(b"OggS...")
        Upload(name='file.ogg', media_type='audio/ogg', size=7)
        """
        if isinstance(source, Upload):
            return replace(
                source,
                name=clean_name(name or source.name),
                media_type=media_type or source.media_type,
                size=source.size if size is None else size,
            )
        if isinstance(source, Path):
            return _described(source, name or source.name, media_type, None)
        if isinstance(source, bytes | bytearray | memoryview):
            data = bytes(source)
            kind = media_type or (media.of_name(name) if name else media.UNKNOWN)
            return _described(data, name, media.of_bytes(data) if kind == media.UNKNOWN else kind, len(data))
        return _described(source if callable(source) else _Once(source), name, media_type, size)

    @property
    def repeatable(self) -> bool:
        """Whether it can be sent now: chunks that were begun cannot."""
        return not (isinstance(self.source, _Once) and self.source.used)

    async def open(self) -> tuple[Reader, int | None]:
        """Open it, and give its size in bytes where that is known. Raises `BadRequest` if it cannot be read."""
        source = self.source
        if isinstance(source, Path):
            return await _open(source)
        if isinstance(source, bytes):
            return _Bytes(source), len(source)
        if isinstance(source, _Once):
            if source.used:
                raise BadRequest("the data to send can be read only once, and was read before")
            return _Stream(source.chunks, self.size, source), self.size
        return _Stream(source(), self.size, None), self.size

    async def read(self, most: int) -> bytes:
        """Read it all into memory. Raises `BadRequest` if it is larger than `most` bytes or cannot be read."""
        reader, _ = await self.open()
        pieces: list[bytes] = []
        left = most
        try:
            while chunk := await reader.next_chunk():
                left -= len(chunk)
                if left < 0:
                    raise BadRequest(f"the data to send is larger than {most} bytes")
                pieces.append(chunk)
        finally:
            reader.close()
        return b"".join(pieces)


FileLike: TypeAlias = Upload | bytes | bytearray | memoryview | Path | Chunks | Callable[[], Chunks]
"""What may be uploaded. A function that gives chunks is called anew for each attempt; chunks alone can be sent once."""


def clean_name(name: str) -> str:
    r"""Make a file name fit for a header: its last part, without control characters, at most 255 bytes long.

    >>> clean_name("C:\\voices\\a\r\nb.ogg")
    'a__b.ogg'
    """
    name = _UNPRINTABLE.sub("_", re.split(r"[/\\]", name)[-1]).strip() or "file"
    data = name.encode()
    if len(data) <= _LONGEST_NAME:
        return name
    ending = Path(name).suffix.encode()
    ending = ending if len(ending) < 20 else b""
    return (data[: _LONGEST_NAME - len(ending)] + ending).decode(errors="ignore")


def _described(
    source: bytes | Path | _Once | Callable[[], Chunks], name: str | None, media_type: str | None, size: int | None
) -> Upload:
    kind = (media_type or (media.of_name(name) if name else media.UNKNOWN)).strip()
    if not (kind.isascii() and kind.isprintable()):
        raise BadRequest("our own request is at fault: the media type has characters that no header can carry")
    return Upload(clean_name(name or f"file{media.suffix(kind)}"), kind, size, source)


def open_bytes(data: bytes) -> Reader:
    """Give bytes in memory as a reader."""
    return _Bytes(data)


async def _open(path: Path) -> tuple[Reader, int]:
    """Open a file, off the event loop."""

    def opened() -> tuple[BinaryIO, int]:
        file = path.open("rb")
        return file, file.seek(0, 2) - file.seek(0)

    try:
        file, size = await asyncio.to_thread(opened)
    except OSError as error:
        failure = _unreadable(error)
    else:
        return _File(file, size), size
    raise failure


class _Bytes:
    """Bytes in memory."""

    __slots__ = ("_at", "_data")

    def __init__(self, data: bytes) -> None:
        self._data = memoryview(data)
        self._at = 0

    async def next_chunk(self) -> bytes:
        start, self._at = self._at, self._at + PIECE
        return bytes(self._data[start : self._at])

    def close(self) -> None:
        """There is nothing to let go of."""


class _File:
    """An open file. What is appended to it meanwhile is not sent."""

    __slots__ = ("_file", "_left")

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file = file
        self._left = size

    async def next_chunk(self) -> bytes:
        try:
            chunk = await asyncio.to_thread(self._file.read, min(PIECE, self._left)) if self._left else b""
        except (OSError, ValueError) as error:  # ValueError: closed, because the request was given up
            failure = _unreadable(error)
        else:
            self._left -= len(chunk)
            if chunk or not self._left:
                return chunk
            failure = BadRequest("the file to send became shorter while it was sent")
        raise failure

    def close(self) -> None:
        self._file.close()


class _Stream:
    """Chunks as somebody else gives them, checked against the size that was told."""

    __slots__ = ("_chunks", "_left", "_once")

    def __init__(self, chunks: Chunks, size: int | None, once: _Once | None) -> None:
        self._chunks: AsyncIterator[bytes] = aiter(chunks)
        self._left = size
        self._once = once

    async def next_chunk(self) -> bytes:
        if self._once:
            self._once.used = True
        chunk = b""
        async for piece in self._chunks:
            if piece:
                chunk = bytes(piece)
                break
        if self._left is not None:
            self._left -= len(chunk)
            if self._left < 0 or (self._left and not chunk):
                raise BadRequest(f"the data to send is {'longer' if self._left < 0 else 'shorter'} than was said")
        return chunk

    def close(self) -> None:
        """The giver of the chunks closes what it opened."""


def _unreadable(error: OSError | ValueError) -> BadRequest:
    reason = (error.strerror or type(error).__name__) if isinstance(error, OSError) else "closed"
    return BadRequest(f"the file to send cannot be read: {reason}")
