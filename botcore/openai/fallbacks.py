"""The same job where an endpoint is missing, through what the server has; and the caller is told which path served it.

A missing endpoint is asked for once and then remembered (`Capabilities`), so that a fallback costs one request more,
not one each time. The resources stay pure: they ask their own endpoint, or fail.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Final, TypeVar

from botcore import errors
from botcore.openai import as_chat
from botcore.openai.call import Endpoint
from botcore.openai.chat import COMPLETIONS as CHAT
from botcore.openai.chat_request import ChatRequest
from botcore.openai.chat_stream import CHAT_SHAPE
from botcore.openai.completion_stream import CompletionStream
from botcore.openai.completions import COMPLETIONS, CompletionRequest
from botcore.openai.edits import EDITS, EditRequest
from botcore.openai.image_request import ImageRequest, VariationRequest
from botcore.openai.images import VARIATIONS
from botcore.openai.picture import Pictures
from botcore.openai.served import Served
from botcore.openai.text_result import TextAnswer
from botcore.openai.transport import Transport
from botcore.openai.upload import Upload

if TYPE_CHECKING:
    from botcore.openai.client import Api

Result = TypeVar("Result")
MOST_PICTURE: Final = 20 * 1024 * 1024
"""Bytes of a picture that is described: what a data URL of a chat completion may have at OpenAI ("Vision" guide)."""

LONGEST_PROMPT: Final = 1000
"""Characters of an image prompt that every model takes (API reference, "Create image": dall-e-2)."""


class Fallbacks:
    """Jobs that find their way."""

    def __init__(self, api: "Api", transport: Transport) -> None:
        self._api = api
        self._transport = transport
        self._newer: set[str] = set()  # models that know max_completion_tokens only

    async def edit(self, request: EditRequest, *, chat_model: str | None = None) -> Served[TextAnswer]:
        """Change a text: through `/edits`, else through chat completions with `chat_model` (else the request's model).

        Raises `ApiError`: of the path that was tried last.
        """

        async def through_chat() -> TextAnswer:
            return as_chat.answer(await self._api.chat.complete(as_chat.edit(request, chat_model or request.model)))

        return await self._serve(EDITS, request.model, lambda: self._api.edits.create(request), through_chat)

    async def complete(self, request: CompletionRequest, *, chat_model: str | None = None) -> Served[TextAnswer]:
        """Go on with a text: through `/completions`, else through chat completions.

        Also for a model that is known for chat alone. Token numbers as the prompt cannot take that path: then the error
        of the endpoint is raised.
        """

        async def through_chat() -> TextAnswer:
            asked = as_chat.completions(request, chat_model or request.model)
            return as_chat.joined([(await self._limited(one.request, self._api.chat.complete), one) for one in asked])

        ask = None if as_chat.prompts(request) is None else through_chat
        served = await self._serve(COMPLETIONS, request.model, lambda: self._api.completions.create(request), ask)
        return replace(served, ignored=as_chat.ignored(request)) if served.served_by == "chat" else served

    async def _limited(self, request: ChatRequest, ask: Callable[[ChatRequest], Awaitable[Result]]) -> Result:
        """Ask, with the limit named as the model wants it: reasoning models refuse max_tokens (reference, "Chat")."""
        limit = request.max_tokens
        newer = replace(request, max_tokens=None, max_completion_tokens=limit)
        if limit is not None and request.model in self._newer:
            return await ask(newer)
        try:
            return await ask(request)
        except errors.BadRequest as error:
            if limit is None or "max_completion_tokens" not in str(error):
                raise
        self._newer.add(request.model)
        return await ask(newer)

    @asynccontextmanager
    async def stream(
        self, request: CompletionRequest, *, chat_model: str | None = None
    ) -> AsyncGenerator[Served[CompletionStream]]:
        """Go on with a text, streamed.

            async with api.fallbacks.stream(request) as served:
                async for delta in served.result: ...

        As `complete`, but with one prompt. With `echo`, the prompt is repeated only by the endpoint itself.
        """
        asked = as_chat.completions(request, chat_model or request.model)
        other = asked[0].request if len(asked) == 1 else None

        async def entered(stream: CompletionStream) -> CompletionStream:
            return await stream.__aenter__()

        async def begun(request: ChatRequest) -> CompletionStream:
            return await entered(CompletionStream(self._transport, CHAT, request.body(), shape=CHAT_SHAPE))

        served = await self._serve(
            COMPLETIONS,
            request.model,
            lambda: entered(self._api.completions.stream(request)),
            (lambda: self._limited(other, begun)) if other else None,
        )
        if served.served_by == "chat":
            lost = as_chat.ignored(request) + (("echo",) if request.echo else ())
            served = replace(served, ignored=lost)
        try:
            yield served
        finally:
            await served.result.__aexit__(None, None, None)

    async def vary(
        self, request: VariationRequest, *, chat_model: str, image_model: str | None = None
    ) -> Served[Pictures]:
        """Draw pictures like one: through `/images/variations`, else described by `chat_model`, which sees, and drawn.

        `image_model` draws then (else the request's model). The description is the pictures' `revised_prompt` unless
        the server gives one. Raises `ApiError`.
        """
        picture = await _in_memory(Upload.of(request.image))
        request = replace(request, image=picture)

        async def drawn_anew() -> Pictures:
            described = await self._api.chat.complete(_description(picture, chat_model))
            if not described.text.strip():
                raise errors.BadResponse(f"{CHAT}: {chat_model} did not describe the picture")
            drawing = _drawing(request, described.text.strip(), image_model)
            return _explained(await self._api.images.generate(drawing), described.text.strip())

        served = await self._serve(VARIATIONS, request.model or "", lambda: self._api.images.vary(request), drawn_anew)
        if served.served_by == "chat":
            return replace(served, served_by="chat and images", note=f"{served.note}, and drawn anew")
        return served

    async def _serve(
        self,
        endpoint: Endpoint,
        model: str,
        ask: Callable[[], Awaitable[Result]],
        other: Callable[[], Awaitable[Result]] | None,
    ) -> Served[Result]:
        """Ask the endpoint; where it is missing, or does not know the model, go the other way."""
        capabilities = self._transport.capabilities
        unknown = f"model {model}"
        note = ""
        if other is None or not capabilities.lacks(endpoint, unknown):
            try:
                return Served(await ask())
            except errors.EndpointMissing:
                note = f"this server has no {endpoint}"
                if other is None:
                    raise
            except errors.NotFound:
                note = f"{endpoint} does not know the model {model}"
                if other is None:
                    raise
                capabilities.note_lacking(endpoint, unknown)
        else:
            note = f"{endpoint} does not know the model {model}"
        return Served(await other(), "chat", f"{note}: done through chat completions")


async def _in_memory(picture: Upload) -> Upload:
    """Give the picture so that it can be read twice."""
    if isinstance(picture.source, bytes):
        return picture
    return Upload.of(await picture.read(MOST_PICTURE), name=picture.name, media_type=picture.media_type)


def _description(picture: Upload, model: str) -> ChatRequest:
    data = picture.source if isinstance(picture.source, bytes) else b""
    kind = picture.media_type if picture.media_type.startswith("image/") else "image/png"
    return as_chat.description(data, kind, model)


def _drawing(request: VariationRequest, prompt: str, model: str | None) -> ImageRequest:
    return ImageRequest(
        prompt=prompt[:LONGEST_PROMPT],
        model=model or request.model,
        n=request.n,
        size=request.size,
        response_format=request.response_format,
        user=request.user,
        extra=request.extra,
    )


def _explained(drawn: Pictures, prompt: str) -> Pictures:
    """Say of each picture what it was drawn from, unless the server says it."""
    told = (replace(picture, revised_prompt=picture.revised_prompt or prompt) for picture in drawn.pictures)
    return replace(drawn, pictures=tuple(told))
