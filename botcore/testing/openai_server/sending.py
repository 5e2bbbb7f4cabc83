"""Putting an answer on the wire: whole, streamed, or as a fault wants it."""

import asyncio
from collections.abc import Sequence
from contextlib import aclosing

from aiohttp import HttpVersion11, web

from botcore.testing.openai_server.holds import Hold
from botcore.testing.openai_server.outcome import Answer, Body, Ending, Events
from botcore.testing.openai_server.pacing import Player, Ticker
from botcore.testing.openai_server.recording import Recorded
from botcore.testing.openai_server.settings import Pace
from botcore.testing.openai_server.state import State

_FLOOD_BLOCK = b"x" * 65536


class Sender:
    """Sends the one answer to `request`. `recorded` is told how far it came."""

    def __init__(
        self, state: State, ticker: Ticker, request: web.BaseRequest, recorded: Recorded, headers: dict[str, str]
    ) -> None:
        self._state = state
        self._ticker = ticker
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

    async def body(self, body: Body, hold: Hold | None) -> web.StreamResponse:
        """Send a body block by block, as fast as the client takes it; with a `hold`, wait there."""
        declared = {} if body.size is None else {"content-length": str(body.size)}
        response = await self._begin(200, {"content-type": body.content_type, **declared, **body.headers})
        recorded = self._recorded
        async with aclosing(body.blocks) as blocks:
            async for block in blocks:
                if recorded.chunks_sent == body.most:
                    break
                if hold is not None and hold.after_chunks == recorded.chunks_sent:
                    with self._state.park():
                        await hold.wait()
                await response.write(block)
                recorded.chunks_sent += 1
        if body.ending is not Ending.WHOLE:
            await self._break_off(body.ending)
            return response
        await response.write_eof()
        return response

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
            await Player(
                self._ticker, transport, joined(lead, chunks, tail), pace.chunk_interval, frame, recorded
            ).play()
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
