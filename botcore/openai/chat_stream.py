"""A streamed chat completion: from chunks of bytes to deltas, with everything that can go wrong on the way.

What it promises:
- nothing is repeated once something of the answer was handed out; before that, failures are repeated like any other;
- an answer is complete with `[DONE]` or with a finish reason, and cut (`StreamBroken`) without either;
- leaving the `async with` block, or cancelling the task, closes the connection at once.
"""

from collections import deque
from collections.abc import Callable, Mapping
from time import monotonic
from types import TracebackType
from typing import Any, Final, NamedTuple, Self

from botcore import errors
from botcore.openai import chat_parse, classify, codec
from botcore.openai.call import Call, Endpoint, Payload
from botcore.openai.chat_answer import Answer
from botcore.openai.chat_result import Completion, Delta
from botcore.openai.exchange import Exchange
from botcore.openai.limits import RateLimits, request_id
from botcore.openai.sse import Event, EventDecoder
from botcore.openai.transport import Transport

USAGE_OPTION = "stream_options"
_SETTLE = 0.1  # seconds; the end of the body usually comes in the same packet as [DONE]
_SPACE = b" \t\r\n"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class Shape(NamedTuple):
    """How the pieces of an answer are written: a chunk, and the whole where a server does not stream."""

    deltas: Callable[[object], list[Delta]]
    whole: Callable[[object, RateLimits, str | None], list[Delta]]


def _whole(raw: object, limits: RateLimits, request_id: str | None) -> list[Delta]:
    return chat_parse.whole(chat_parse.completion(raw, limits, request_id))


CHAT_SHAPE: Final = Shape(chat_parse.deltas, _whole)


class ChatStream:
    """An async context manager and iterator of `Delta`. Entering waits for the first piece of the answer.

    `answer` holds what was handed out so far, also after an error.
    """

    __slots__ = (
        "_began",
        "_body",
        "_complete",
        "_decoder",
        "_ended",
        "_endpoint",
        "_ends_at",
        "_exchange",
        "_failure",
        "_finished",
        "_ready",
        "_shape",
        "_start",
        "_transport",
        "answer",
    )

    def __init__(
        self, transport: Transport, endpoint: Endpoint, body: Mapping[str, Any], *, shape: Shape = CHAT_SHAPE
    ) -> None:
        self._shape = shape
        self._transport = transport
        self._endpoint = endpoint
        self._body = body
        self.answer = Answer()
        self._exchange: Exchange | None = None
        self._ends_at = 0.0
        self._reset()

    def _reset(self) -> None:
        self._decoder: EventDecoder | None = None  # chosen by the first bytes
        self._start = b""  # of those, what was too little to choose by
        self._ready: deque[Delta] = deque()
        self._failure: errors.ApiError | None = None  # raised when what came before it was handed out
        self._began = False
        self._finished = False
        self._complete = False
        self._ended = False

    async def __aenter__(self) -> Self:
        """Send the request and wait for the first piece of the answer. Raises `ApiError`."""
        await self._transport.persist(self._endpoint, self._begin)
        self._ends_at = monotonic() + self._transport.settings.stream_deadline
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None and self._finished and not self._ended and self._exchange:
                await self._exchange.settle(_SETTLE)
        finally:
            await self._close()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Delta:
        """Give the next delta.

        Raises `StreamBroken` if the answer is cut, or the classified `ApiError` if the server reports one.
        """
        ready = self._ready
        while not ready:
            if self._failure:
                raise self._failure
            if self._complete:
                raise StopAsyncIteration
            await self._pull()
        delta = ready.popleft()
        self.answer.add(delta)
        return delta

    async def collect(self) -> Completion:
        """Read to the end and give the whole answer. Raises what iterating raises."""
        async for _ in self:
            pass
        return self.answer.completion()

    async def _begin(self) -> None:
        """One attempt. A server that refuses `stream_options` is remembered, and asked again without it."""
        capabilities = self._transport.capabilities
        asks_usage = USAGE_OPTION not in self._body and not capabilities.lacks(self._endpoint, USAGE_OPTION)
        if asks_usage:
            try:
                await self._open(asks_usage=True)
            except errors.BadRequest as refusal:
                if not capabilities.refused(self._endpoint, USAGE_OPTION, refusal):
                    raise
            else:
                return
        await self._open(asks_usage=False)

    def _call(self, *, asks_usage: bool) -> Call:
        # The body stays in this frame: frames are what tracebacks with local variables show.
        option: dict[str, Any] = {USAGE_OPTION: {"include_usage": True}} if asks_usage else {}
        return Call(self._endpoint, Payload.json({**self._body, **option, "stream": True}), stream=True)

    async def _open(self, *, asks_usage: bool) -> None:
        call = self._call(asks_usage=asks_usage)
        self._reset()
        self._exchange = exchange = await self._transport.open(call)
        self.answer = Answer(RateLimits.of(exchange.headers), request_id(exchange.headers))
        self._ends_at = float("inf")  # until the first piece the deadline of the whole call holds
        try:
            while not (self._began or self._complete or self._failure):
                await self._pull()
        finally:
            if not (self._began or self._complete):  # also when cancelled
                await self._close()
        if self._failure and not self._began:
            raise self._failure

    async def _close(self) -> None:
        exchange, self._exchange = self._exchange, None
        if exchange:
            await exchange.aclose()

    async def _pull(self) -> None:
        """Take one chunk off the connection and work through its events."""
        exchange = self._exchange
        if exchange is None:
            raise RuntimeError("a stream is used as `async with api.chat.stream(...) as stream`")
        try:
            chunk = await exchange.next_chunk()
        except errors.ApiError as error:
            self._broke(error)
            return
        self._ended = not chunk
        decoder = self._decoder
        if decoder is None:
            chunk = self._start + chunk
            decoder = await self._choose(exchange, chunk)
            if decoder is None:
                return
        for event in decoder.close() if self._ended else decoder.feed(chunk):
            if self._complete or self._failure:
                break
            self._take(event, exchange)
        if self._complete or self._failure:
            return
        if self._ended:
            self._end(exchange)
        elif monotonic() > self._ends_at:
            limit = self._transport.settings.stream_deadline
            self._broke(errors.ApiTimeout(f"{self._endpoint}: the stream lasted longer than {limit:g} s"))

    async def _choose(self, exchange: Exchange, chunk: bytes) -> EventDecoder | None:
        """Tell from the first bytes what the body is: the content type of compatible servers is not to be trusted.

        None if there is nothing to decode: not yet, or because the body is no event stream and was dealt with.
        """
        start = chunk.lstrip(_SPACE + _BYTE_ORDER_MARK)[:1]
        if start in {b"{", b"["}:
            await self._take_whole(exchange, chunk)
        elif start == b"<":
            kind = exchange.headers.get("content-type", "of no stated type")
            self._failure = self._bad(exchange, f"an answer that is no event stream ({kind})")
        elif start or self._ended:
            self._decoder = EventDecoder()
        else:
            self._start = chunk.lstrip(_SPACE)
        return self._decoder

    async def _take_whole(self, exchange: Exchange, start: bytes) -> None:
        """The server ignored `stream` and answered with one JSON object."""
        try:
            raw = codec.decode(start + await exchange.read())
            self._ended = True
            if isinstance(raw, dict) and raw.get("error") and not raw.get("choices"):
                key = self._transport.settings.api_key
                self._failure = classify.from_object(raw, exchange.headers, call=exchange.call, key=key)
                return
            answer = self.answer
            self._ready.extend(self._shape.whole(raw, answer.limits, answer.request_id))
        except errors.ApiError as error:
            self._failure = error
        except ValueError as error:
            self._failure = self._bad(exchange, str(error))
        else:
            self._began = self._finished = self._complete = True

    def _take(self, event: Event, exchange: Exchange) -> None:
        """Work on one event of the stream."""
        if event.data == b"[DONE]":
            self._complete = self._finished = True
            return
        try:
            chunk = codec.decode(event.data)
            if event.name == "error" or (isinstance(chunk, dict) and chunk.get("error")):
                key = self._transport.settings.api_key
                self._failure = classify.from_object(chunk, exchange.headers, call=exchange.call, key=key)
                return
            found = self._shape.deltas(chunk)
        except ValueError as error:
            self._broke(self._bad(exchange, f"an event that cannot be read: {error}"))
            return
        for delta in found:
            if delta.says:
                self._began = True
                if delta.finish_reason:
                    self._finished = True
        self._ready.extend(found)

    def _end(self, exchange: Exchange) -> None:
        """The body ended without [DONE], which is fine for an answer that said why it stopped."""
        if self._finished:
            self._complete = True
        else:
            self._broke(
                errors.ApiUnreachable(
                    f"{self._endpoint}: the stream ended before the answer did",
                    status=exchange.status,
                    request_id=request_id(exchange.headers),
                )
            )

    def _broke(self, error: errors.ApiError) -> None:
        """A failure of the connection or of the format: harmless after the finish reason, else the answer is cut."""
        if self._finished:
            self._complete = self._ended = True
        elif self._began:
            text = error.args[0] if error.args else ""
            self._failure = errors.StreamBroken(f"{text}", status=error.status, request_id=error.request_id)
        else:
            self._failure = error

    def _bad(self, exchange: Exchange, reason: str) -> errors.BadResponse:
        return errors.BadResponse(
            f"{self._endpoint}: {reason}", status=exchange.status, request_id=request_id(exchange.headers)
        )
