"""A request body while it leaves: in pieces, watched, counted; and what went wrong with it on our side."""

import asyncio
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Protocol, Self, TypeAlias

from botcore.openai.upload import Reader

Progress: TypeAlias = Callable[[int, int | None], None]
"""Told the bytes that went over the line so far, and all that will, where that is known. A repeated attempt begins at
0 again. It runs in the event loop: what it raises ends the transfer."""


class Opened(Protocol):
    """A body that is ready to leave, once."""

    @property
    def size(self) -> int | None:
        """Bytes in all, where they are known."""
        ...

    async def next_chunk(self) -> bytes:
        """Give the next bytes, or b"" at the end."""
        ...

    def close(self) -> None:
        """Let go of what is open."""
        ...


class Joined:
    """Bytes and opened files, one after the other."""

    __slots__ = ("_at", "_parts", "size")

    def __init__(self, parts: Sequence[Reader], size: int | None) -> None:
        self._parts = parts
        self._at = 0
        self.size = size

    async def next_chunk(self) -> bytes:
        """Give the next bytes, or b"" at the end."""
        while self._at < len(self._parts):
            if chunk := await self._parts[self._at].next_chunk():
                return chunk
            self._parts[self._at].close()
            self._at += 1
        return b""

    def close(self) -> None:
        """Close every part."""
        for part in self._parts:
            part.close()


class Outgoing:
    """What the HTTP library iterates over.

    What our side raises (the source, or the progress hook) is remembered, because the libraries below take it for a
    broken connection. The watch is given a limit while a piece leaves, and none while the next one is read.
    """

    __slots__ = ("_failure", "_loop", "_opened", "_progress", "_seconds", "_sent", "_trace", "_watch", "size")

    def __init__(self, opened: Opened, seconds: float, progress: Progress | None) -> None:
        self.size = opened.size
        self._failure: Exception | None = None
        self._trace: TracebackType | None = None
        self._opened = opened
        self._seconds = seconds
        self._progress = progress
        self._sent = 0
        self._watch: asyncio.Timeout | None = None
        self._loop = asyncio.get_running_loop()

    def watched(self, watch: asyncio.Timeout) -> Self:
        """Set who limits the time that a piece may take to leave: aiohttp itself has no such limit."""
        self._watch = watch
        return self

    def unwatched(self) -> None:
        """The answer is here: a server may give it before it has taken everything."""
        self._watch = None

    @property
    def failure(self) -> Exception | None:
        """What our side raised, with the traceback that it had here: frames further down hold the content."""
        return self._failure.with_traceback(self._trace) if self._failure else None

    def close(self) -> None:
        """Let go of what is open."""
        self._opened.close()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        """Give the next piece; that it is asked for means that the one before has left."""
        self._limit(None)
        with self:
            if self._progress:
                self._progress(self._sent, self.size)
            chunk = await self._opened.next_chunk()
        if not chunk:
            raise StopAsyncIteration
        self._sent += len(chunk)
        self._limit(self._loop.time() + self._seconds)
        return chunk

    def __enter__(self) -> None:
        """Begin what is our side's doing."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, Exception):
            self._failure, self._trace = error, trace

    def _limit(self, when: float | None) -> None:
        if self._watch:
            self._watch.reschedule(when)
