"""`POST /chat/completions`, whole or streamed."""

from botcore.openai import chat_parse
from botcore.openai.call import Call, Endpoint, Payload
from botcore.openai.chat_request import ChatRequest
from botcore.openai.chat_result import Completion
from botcore.openai.chat_stream import ChatStream
from botcore.openai.transport import Transport

COMPLETIONS = Endpoint("chat.completions", "POST", "/chat/completions")


class Chat:
    """Chat completions."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def complete(self, request: ChatRequest) -> Completion:
        """Ask and wait for the whole answer. Raises `ApiError`."""
        reply = await self._transport.send(Call(COMPLETIONS, Payload.json(request.body())))
        raw = self._transport.expect(reply, "choices")
        try:
            return chat_parse.completion(raw, reply.limits, reply.request_id)
        except chat_parse.Malformed as error:
            failure = reply.bad(str(error))
        raise failure

    def stream(self, request: ChatRequest) -> ChatStream:
        """Ask, and read the answer as it is written; `async with` sends the request.

        `stream_options.include_usage` is asked for unless the request's `extra` has `stream_options` of its own, or the
        server refused it lately. Entering and iterating raise `ApiError`.

        >>> async def speak(api: "Api", request: ChatRequest) -> None:
        ...     async with api.chat.stream(request) as stream:
        ...         async for delta in stream:
        ...             print(delta.text, end="")
        """
        return ChatStream(self._transport, COMPLETIONS, request.body())
