"""A download: bytes as they come, never whole in memory unless asked for."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import BinaryIO, Final, Self, TypeAlias

from botcore import errors
from botcore.openai import classify, codec
from botcore.openai.call import Call
from botcore.openai.exchange import Exchange, Gathered
from botcore.openai.limits import RateLimits, request_id
from botcore.openai.outgoing import Progress
from botcore.openai.transport import Transport

Check: TypeAlias = Callable[[str], str]
"""Told the media type of an answer in lower case, gives what is wrong with it, or ""."""
_WRITTEN_AT_ONCE: Final = 1024 * 1024  # bytes; one thread hop each


class ByteStream:
    """An async context manager and iterator of bytes. Entering waits for the first of them.

    Failures before that are repeated like those of any call; after it, a break is `StreamBroken`.
    """

    def __init__(
        self,
        transport: Transport,
        call: Call,
        *,
        check: Check,
        seconds: float,
        may_be_empty: bool = True,
        progress: Progress | None = None,
    ) -> None:
        self.size: int | None = None
        """Bytes in all, where the server says it."""
        self.media_type = ""
        self.headers = RateLimits()
        self.request_id: str | None = None
        self._transport = transport
        self._call = call
        self._check = check
        self._seconds = seconds
        self._may_be_empty = may_be_empty
        self._progress = progress
        self._exchange: Exchange | None = None
        self._first = b""
        self._taken = 0
        self._ends_at = 0.0

    async def __aenter__(self) -> Self:
        """Send the request and wait for the first bytes. Raises `ApiError`."""
        await self._transport.persist(self._call.endpoint, self._begin)
        self._ends_at = monotonic() + self._seconds
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._close()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        """Give the next bytes.

        Raises `StreamBroken` if the connection breaks, `BadResponse` if there are more bytes than allowed, `ApiTimeout`
        if it takes too long.
        """
        chunk = await self._next()
        if not chunk:
            raise StopAsyncIteration
        return chunk

    async def read(self) -> bytes:
        """Give the rest as one piece. Raises what iterating raises."""
        body = Gathered()
        while body.takes(await self._next()):
            pass
        return body.joined()

    async def save(self, path: Path) -> int:
        """Write the rest to a file, which is there when it is complete or not at all; give its size in bytes.

        Raises what iterating raises, and `OSError` if the file cannot be written.
        """
        unfinished = path.with_name(f"{path.name}.part")
        file = await asyncio.to_thread(unfinished.open, "wb")
        try:
            size = await self._write(file)
            await asyncio.to_thread(file.close)
            await asyncio.to_thread(unfinished.replace, path)
        except BaseException:
            file.close()
            with suppress(OSError):
                unfinished.unlink()
            raise
        return size

    async def _write(self, file: BinaryIO) -> int:
        size = 0
        pieces = Gathered()
        while pieces.takes(await self._next()):
            if pieces.size >= _WRITTEN_AT_ONCE:
                size += await asyncio.to_thread(file.write, pieces.joined())
        return size + await asyncio.to_thread(file.write, pieces.joined())

    async def _begin(self) -> None:
        self._exchange = exchange = await self._transport.open(self._call)
        began = False
        try:
            await self._look_at(exchange)
            self._first = await exchange.next_chunk()
            if not (self._first or self._may_be_empty):
                raise self._bad(exchange, "an empty answer")
            began = True
        finally:
            if not began:  # also when cancelled
                await self._close()

    async def _look_at(self, exchange: Exchange) -> None:
        self.headers = RateLimits.of(exchange.headers)
        self.request_id = request_id(exchange.headers)
        self.media_type = exchange.headers.get("content-type", "").partition(";")[0].strip().lower()
        length = exchange.headers.get("content-length", "")
        packed = exchange.headers.get("content-encoding", "identity").lower() != "identity"
        self.size = int(length) if length.isascii() and length.isdigit() and not packed else None
        problem = self._check(self.media_type)
        if problem and self.media_type == "application/json":
            with suppress(ValueError):
                found = codec.decode(await exchange.read())
                if isinstance(found, dict) and found.get("error"):
                    key = self._transport.settings.api_key
                    raise classify.from_object(found, exchange.headers, call=self._call, key=key)
        if problem:
            raise self._bad(exchange, problem)

    async def _next(self) -> bytes:
        """Give the next bytes, or b"" at the end; that they are asked for means that those before are dealt with."""
        if self._exchange is None:
            raise RuntimeError("a download is used as `async with ... as chunks`")
        if self._progress:
            self._progress(self._taken, self.size)
        chunk, self._first = self._first, b""
        chunk = chunk or await self._pull(self._exchange)
        self._taken += len(chunk)
        return chunk

    async def _pull(self, exchange: Exchange) -> bytes:
        failure: errors.ApiError
        if monotonic() > self._ends_at:
            failure = errors.ApiTimeout(f"{self._call.endpoint}: it took longer than {self._seconds:g} s")
        else:
            try:
                return await exchange.next_chunk()
            except errors.ApiUnreachable as error:
                failure = errors.StreamBroken(str(error.args[0]), said="The download was cut off. Please try again.")
        failure.status, failure.request_id = exchange.status, self.request_id
        raise failure

    async def _close(self) -> None:
        exchange, self._exchange = self._exchange, None
        if exchange:
            await exchange.aclose()

    def _bad(self, exchange: Exchange, reason: str) -> errors.BadResponse:
        return errors.BadResponse(
            f"{self._call.endpoint}: {reason}", status=exchange.status, request_id=self.request_id
        )
