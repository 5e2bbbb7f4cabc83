"""Putting an answer on the wire, at the set pace.

Paced chunks are framed by hand and written to the transport from one timer callback each: a task switch, a lock and a
coroutine for every chunk would cost several times as much, and the stand-in shares its cores with the bot that it
measures. A callback that comes late sends everything that is due in one write, so that the total time stays right.
"""

import asyncio
from collections.abc import Callable, Sequence

from aiohttp import HttpVersion11, web

from botcore.testing.openai_server.holds import Hold
from botcore.testing.openai_server.outcome import Answer, Ending, Events
from botcore.testing.openai_server.recording import Recorded
from botcore.testing.openai_server.settings import Pace
from botcore.testing.openai_server.state import State

Frame = Callable[[bytes], bytes]

_FLOOD_BLOCK = b"x" * 65536


class Sender:
    """Sends the one answer to `request`. `recorded` is told how far it came."""

    def __init__(self, state: State, request: web.BaseRequest, recorded: Recorded, headers: dict[str, str]) -> None:
        self._state = state
        self._request = request
        self._recorded = recorded
        self._headers = headers

    async def answer(self, answer: Answer) -> web.StreamResponse:
        """Send a plain answer."""
        if answer.ending is not Ending.WHOLE:
            return await self._part_of(answer)
        self._recorded.status = answer.status
        headers = self._headers | {"content-type": answer.content_type, **answer.headers}
        return web.Response(body=answer.body, status=answer.status, headers=headers)

    async def flood(self, size: int) -> web.StreamResponse:
        """Send a JSON body of `size` bytes."""
        head, tail = b'{"padding":"', b'"}'
        response = await self._begin(200, {"content-type": "application/json", "content-length": str(size)})
        left = max(size - len(head) - len(tail), 0)
        await response.write(head)
        while left > 0:
            block = _FLOOD_BLOCK[:left]
            left -= len(block)
            await response.write(block)
        await response.write_eof(tail)
        return response

    async def events(self, events: Events, pace: Pace, hold: Hold | None) -> web.StreamResponse:
        """Send a stream at `pace`; with a `hold`, wait there after as many chunks as it says."""
        response = await self._begin(200, {"content-type": events.content_type, "cache-control": "no-cache"})
        if pace.first_token:
            await asyncio.sleep(pace.first_token)
        chunks = events.chunks
        at = len(chunks) if hold is None or hold.after_chunks is None else hold.after_chunks
        if hold is None:
            await self._play(events, pace, events.lead, chunks, events.tail)
        else:
            await self._play(events, pace, events.lead, chunks[:at], b"")
            with self._state.park():
                await hold.wait()
            await self._play(events, pace, b"", chunks[at:], events.tail)
        if events.ending is not Ending.WHOLE:
            await self._break_off(events.ending)
            return response
        await response.write_eof()
        return response

    async def _play(self, events: Events, pace: Pace, lead: bytes, chunks: Sequence[bytes], tail: bytes) -> None:
        transport = self._request.transport
        if transport is None or transport.is_closing():
            raise ConnectionResetError("the client went away")
        frame = chunk_frame if self._request.version == HttpVersion11 else bytes
        recorded = self._recorded
        if recorded.first_chunk_at is None and chunks:
            recorded.first_chunk_at = asyncio.get_running_loop().time()
        if chunks and pace.chunk_interval > 0 and not events.dribble:
            await _Player(transport, joined(lead, chunks, tail), pace.chunk_interval, frame, recorded).play()
            return
        whole = b"".join((lead, *chunks, tail))
        step = events.dribble or len(whole)
        for start in range(0, len(whole), step or 1):
            transport.write(frame(whole[start : start + step]))
            if events.dribble:
                await asyncio.sleep(0)
        recorded.chunks_sent += len(chunks)

    async def _part_of(self, answer: Answer) -> web.StreamResponse:
        response = await self._begin(
            answer.status,
            {"content-type": answer.content_type, "content-length": str(len(answer.body)), **answer.headers},
        )
        await response.write(answer.body[: len(answer.body) // 2])
        await self._break_off(answer.ending)
        return response

    async def _begin(self, status: int, headers: dict[str, str]) -> web.StreamResponse:
        response = web.StreamResponse(status=status, headers=self._headers | headers)
        await response.prepare(self._request)
        self._recorded.status = status
        return response

    async def _break_off(self, ending: Ending) -> None:
        if ending is Ending.STALL:
            with self._state.park():
                await asyncio.Event().wait()
        self._recorded.state = "cut"
        if self._request.transport is not None:
            self._request.transport.close()


def chunk_frame(data: bytes) -> bytes:
    """One chunk of HTTP/1.1's chunked transfer coding (RFC 9112, section 7.1)."""
    return b"%x\r\n%b\r\n" % (len(data), data)


def joined(lead: bytes, chunks: Sequence[bytes], tail: bytes) -> list[bytes]:
    """What goes out together, of at least one chunk: the lead with the first, the tail with the last."""
    writes = list(chunks)
    writes[0] = lead + writes[0]
    writes[-1] += tail
    return writes


class _Player:
    """Writes one piece after another at fixed times from a timer callback."""

    __slots__ = (
        "_done",
        "_frame",
        "_interval",
        "_loop",
        "_recorded",
        "_sent",
        "_start",
        "_timer",
        "_transport",
        "_writes",
    )

    def __init__(
        self,
        transport: asyncio.WriteTransport,
        writes: Sequence[bytes],
        interval: float,
        frame: Frame,
        recorded: Recorded,
    ) -> None:
        self._transport = transport
        self._writes = writes
        self._interval = interval
        self._frame = frame
        self._recorded = recorded
        self._loop = asyncio.get_running_loop()
        self._done: asyncio.Future[None] = self._loop.create_future()
        self._start = self._loop.time()
        self._sent = 0
        self._timer: asyncio.TimerHandle | None = None

    async def play(self) -> None:
        """Write everything.

        Raises:
            ConnectionResetError: the client went away.
        """
        self._step()
        try:
            await self._done
        finally:
            if self._timer is not None:
                self._timer.cancel()

    def _step(self) -> None:
        if self._done.done():
            return
        if self._transport.is_closing():
            self._done.set_exception(ConnectionResetError("the client went away"))
            return
        writes, sent = self._writes, self._sent
        due = min(int((self._loop.time() - self._start) / self._interval) + 1, len(writes))
        due = max(due, sent + 1)  # a timer may fire early by the clock's resolution
        data = writes[sent] if due == sent + 1 else b"".join(writes[sent:due])
        self._transport.write(self._frame(data))
        self._sent = due
        self._recorded.chunks_sent += due - sent
        if due == len(writes):
            self._done.set_result(None)
        else:
            self._timer = self._loop.call_at(self._start + due * self._interval, self._step)
