"""`POST /completions`, whole or streamed: a text goes on where the prompt ends."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from botcore.openai import reading
from botcore.openai.call import Call, Endpoint, Payload
from botcore.openai.chat_parse import Malformed
from botcore.openai.codec import JSON
from botcore.openai.completion_stream import CompletionStream
from botcore.openai.text_result import TextAnswer, text_answer
from botcore.openai.transport import Transport

COMPLETIONS = Endpoint("completions", "POST", "/completions")


@dataclass(frozen=True, slots=True, kw_only=True)
class CompletionRequest:
    """Parameters of `POST /completions`.

    `prompt` is a text, token numbers, or several of either; each gives `n` choices. `max_tokens` is 16 at OpenAI unless
    it is set, and a text that was cut there says so with the finish reason length. `logprobs` asks for that many (0..5)
    likeliest tokens. Not every parameter goes with every model. `extra` is sent as it is, and wins over the fields.
    """

    model: str
    prompt: str | Sequence[str] | Sequence[int] | Sequence[Sequence[int]] = field(repr=False)
    suffix: str | None = field(default=None, repr=False)
    max_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    n: int | None = None
    logprobs: int | None = None
    echo: bool | None = None
    stop: str | Sequence[str] | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    best_of: int | None = None
    logit_bias: Mapping[str, float] | None = None
    seed: int | None = None
    user: str | None = None
    extra: Mapping[str, JSON] = field(default_factory=dict[str, JSON], repr=False)


class Completions:
    """Text completions."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def create(self, request: CompletionRequest) -> TextAnswer:
        """Ask and wait for the whole answer. Raises `EndpointMissing`, or another `ApiError`."""
        reply = await self._transport.send(Call(COMPLETIONS, Payload.json(reading.body_of(request))))
        raw = self._transport.expect(reply, "choices")
        try:
            return text_answer(raw, reply.limits, reply.request_id)
        except Malformed as error:
            failure = reply.bad(str(error))
        raise failure

    def stream(self, request: CompletionRequest) -> CompletionStream:
        """Ask, and read the answer as it is written; `async with` sends the request. Otherwise as `api.chat.stream`."""
        return CompletionStream(self._transport, COMPLETIONS, reading.body_of(request))
