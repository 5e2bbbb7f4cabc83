"""`POST /edits`: gone from the public service, alive on compatible ones. `api.fallbacks.edit` works on either."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from botcore.openai import reading
from botcore.openai.call import Call, Endpoint, Payload
from botcore.openai.chat_parse import Malformed
from botcore.openai.codec import JSON
from botcore.openai.text_result import TextAnswer, text_answer
from botcore.openai.transport import Transport

EDITS = Endpoint("edits", "POST", "/edits")


@dataclass(frozen=True, slots=True, kw_only=True)
class EditRequest:
    """Parameters of `POST /edits`. `extra` is sent as it is, and wins over the fields."""

    model: str
    instruction: str = field(repr=False)
    input: str | None = field(default=None, repr=False)
    n: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    extra: Mapping[str, JSON] = field(default_factory=dict[str, JSON], repr=False)


class Edits:
    """Texts changed as an instruction says."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def create(self, request: EditRequest) -> TextAnswer:
        """Change a text. Raises `EndpointMissing` where the server has no such endpoint, or another `ApiError`."""
        reply = await self._transport.send(Call(EDITS, Payload.json(reading.body_of(request))))
        raw = self._transport.expect(reply, "choices")
        try:
            return text_answer(raw, reply.limits, reply.request_id)
        except Malformed as error:
            failure = reply.bad(str(error))
        raise failure
