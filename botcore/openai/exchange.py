"""One answer of the server: while it comes (`Exchange`), and when it is complete (`Reply`)."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import httpx

from botcore import errors
from botcore.openai.call import Call
from botcore.openai.foreign import FOREIGN, translate
from botcore.openai.limits import RateLimits, request_id
from botcore.openai.outgoing import Outgoing


@dataclass(frozen=True, slots=True)
class Reply:
    """A complete, successful answer. Header names are in lower case."""

    call: Call
    status: int
    headers: Mapping[str, str] = field(repr=False)
    content: bytes = field(repr=False)

    @property
    def limits(self) -> RateLimits:
        """What the server said about rate limits."""
        return RateLimits.of(self.headers)

    @property
    def request_id(self) -> str | None:
        """What the API's operator asks for."""
        return request_id(self.headers)

    def bad(self, reason: str) -> errors.BadResponse:
        """Make the error that says why this answer is not usable."""
        return errors.BadResponse(f"{self.call.endpoint}: {reason}", status=self.status, request_id=self.request_id)


class Gathered:
    """Chunks of a body. A list of them would be seen in a traceback that shows local variables."""

    __slots__ = ("_chunks", "size")

    def __init__(self) -> None:
        self._chunks: list[bytes] = []
        self.size = 0

    def takes(self, chunk: bytes) -> bool:
        """Add a chunk; False for an empty one, which is the end."""
        self._chunks.append(chunk)
        self.size += len(chunk)
        return bool(chunk)

    def joined(self) -> bytes:
        """Give all of them, and begin anew."""
        chunks, self._chunks, self.size = self._chunks, [], 0
        return b"".join(chunks)


class Exchange:
    """An open response: its headers are here, its body comes in chunks. Close it, whatever happens."""

    __slots__ = ("_chunks", "_left", "_outgoing", "_response", "call", "headers", "status")

    def __init__(self, response: httpx.Response, call: Call, max_bytes: int, outgoing: Outgoing | None = None) -> None:
        self.call = call
        self.status = response.status_code
        self.headers = {name.lower().decode("ascii", "replace"): _latin(value) for name, value in response.headers.raw}
        self._response = response
        self._left = max_bytes if call.most is None else call.most
        self._outgoing = outgoing  # a server may answer before it has taken the whole request
        # Straight from the transport where nothing has to be unpacked: three layers of generators fewer per chunk.
        packed = self.headers.get("content-encoding", "identity").lower() != "identity"
        stream = response.stream
        self._chunks: AsyncIterator[bytes] = (
            aiter(stream) if isinstance(stream, httpx.AsyncByteStream) and not packed else response.aiter_bytes()
        )

    async def next_chunk(self) -> bytes:
        """Give the next bytes, or b"" at the end.

        Raises `ApiUnreachable` if the connection breaks, `ApiTimeout` after too long a silence, `BadResponse` if the
        body is larger than allowed or cannot be unpacked.
        """
        try:
            chunk = await anext(self._chunks, b"")
        except FOREIGN as error:
            failure = translate(error, during=f"{self.call.endpoint}: the answer broke off")
        else:
            self._left -= len(chunk)
            if self._left >= 0:
                return chunk
            del chunk
            limit = "max_body_bytes" if self.call.most is None else f"{self.call.most} bytes"
            failure = errors.BadResponse(f"{self.call.endpoint}: the answer is larger than allowed ({limit})")
        failure.status = self.status
        failure.request_id = request_id(self.headers)
        raise failure

    async def read(self) -> bytes:
        """Give the rest of the body. Raises what `next_chunk` raises."""
        body = Gathered()
        while body.takes(await self.next_chunk()):
            pass
        return body.joined()

    async def settle(self, seconds: float) -> None:
        """Wait shortly for the end of a body whose content is complete: a connection read to its end is used again."""
        with suppress(errors.ApiError, TimeoutError):
            async with asyncio.timeout(seconds):
                while await self.next_chunk():
                    pass

    async def aclose(self) -> None:
        """Let go of the connection; an unfinished body closes it, and the server sees that at once."""
        try:
            with suppress(*FOREIGN):  # it is gone, which is what was wanted
                await self._response.aclose()
        finally:
            if self._outgoing:
                self._outgoing.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()


def _latin(value: bytes) -> str:
    return value.decode("latin-1")
