"""A streamed text completion: the stream of chat completions, read in the other form."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Final, Self

from botcore.openai import reading
from botcore.openai.call import Endpoint
from botcore.openai.chat_parse import Malformed
from botcore.openai.chat_result import Delta, Usage
from botcore.openai.chat_stream import ChatStream, Shape
from botcore.openai.codec import JsonObject
from botcore.openai.limits import RateLimits
from botcore.openai.logprobs import Logprobs
from botcore.openai.text_result import TextAnswer, TextChoice, text_answer
from botcore.openai.transport import Transport


@dataclass(frozen=True, slots=True)
class TextDelta:
    """A piece of a streamed answer, for one choice (`index`); the last one may carry nothing but `usage`."""

    text: str = field(default="", repr=False)
    finish_reason: str | None = None
    index: int = 0
    logprobs: Logprobs | None = None
    usage: Usage | None = None
    raw: Mapping[str, Any] = field(default_factory=dict[str, Any], repr=False)


class CompletionStream:
    """An async context manager and iterator of `TextDelta`; see `ChatStream` for what it promises.

    `shape` is how the chunks are written; that of chat completions serves where a server has those alone.
    """

    def __init__(
        self, transport: Transport, endpoint: Endpoint, body: Mapping[str, Any], *, shape: Shape | None = None
    ) -> None:
        self._stream = ChatStream(transport, endpoint, body, shape=shape or TEXT_SHAPE)
        self._texts: dict[int, list[str]] = {}
        self._reasons: dict[int, str] = {}
        self._logprobs: dict[int, Logprobs] = {}
        self._usage: Usage | None = None
        self._head: JsonObject = {}

    async def __aenter__(self) -> Self:
        """Send the request and wait for the first piece of the answer. Raises `ApiError`."""
        await self._stream.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stream.__aexit__(kind, error, trace)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> TextDelta:
        """Give the next delta. Raises `StreamBroken` if the answer is cut, or another `ApiError`."""
        delta = await anext(self._stream)
        piece = TextDelta(delta.text, delta.finish_reason, delta.index, _logprobs(delta), delta.usage, delta.raw)
        self._add(piece)
        return piece

    @property
    def text(self) -> str:
        """The first choice's text so far."""
        return "".join(self._texts.get(0, ()))

    @property
    def answer(self) -> TextAnswer:
        """What has come so far, also after a break."""
        choices = (
            TextChoice(index, "".join(texts), self._reasons.get(index), self._logprobs.get(index))
            for index, texts in sorted(self._texts.items())
        )
        return TextAnswer(
            choices=tuple(choices),
            id=reading.text(self._head, "id"),
            model=reading.text(self._head, "model"),
            created=reading.count(self._head, "created"),
            usage=self._usage,
            headers=self._stream.answer.limits,
            request_id=self._stream.answer.request_id,
            raw={name: value for name, value in self._head.items() if name != "choices"},
        )

    async def collect(self) -> TextAnswer:
        """Read to the end and give the whole answer. Raises what iterating raises."""
        async for _ in self:
            pass
        return self.answer

    def _add(self, piece: TextDelta) -> None:
        if piece.text or piece.finish_reason:
            self._texts.setdefault(piece.index, []).append(piece.text)
        if piece.finish_reason:
            self._reasons[piece.index] = piece.finish_reason
        if piece.logprobs:
            before = self._logprobs.get(piece.index)
            self._logprobs[piece.index] = before + piece.logprobs if before else piece.logprobs
        self._usage = piece.usage or self._usage
        self._head.update(piece.raw)


def _logprobs(delta: Delta) -> Logprobs | None:
    for entry in reading.objects(delta.raw.get("choices")) or ():
        if (entry.get("index") or 0) == delta.index:
            return Logprobs.of(entry.get("logprobs"))
    return None


def _deltas(chunk: object) -> list[Delta]:
    """Read a chunk of a `text_completion`: one delta for each choice, or one with the usage alone."""
    if not isinstance(chunk, dict):
        raise Malformed("a chunk that is no object")
    usage = Usage.of(chunk.get("usage"))
    entries = reading.objects(chunk.get("choices"))
    if entries is None:
        raise Malformed("choices that are no list of objects")
    if not entries:
        return [Delta(usage=usage, raw=chunk)]
    found = [_delta(entry, chunk) for entry in entries]
    found[-1].usage = usage
    return found


def _delta(entry: Mapping[str, Any], chunk: JsonObject) -> Delta:
    text, reason = entry.get("text"), entry.get("finish_reason") or None
    if not isinstance(text, str | None) or not isinstance(reason, str | None):
        raise Malformed("a choice whose text or finish_reason has another type")
    return Delta(text=text or "", finish_reason=reason, index=reading.count(entry, "index") or 0, raw=chunk)


def _whole(raw: object, limits: RateLimits, request_id: str | None) -> list[Delta]:
    """Give a completion as the deltas that would have made it, for a server that does not stream."""
    answer = text_answer(raw, limits, request_id)
    pieces = [
        Delta(text=choice.text, finish_reason=choice.finish_reason, index=choice.index, raw=dict(answer.raw))
        for choice in answer.choices
    ]
    pieces[-1].usage = answer.usage
    return pieces


TEXT_SHAPE: Final = Shape(_deltas, _whole)
