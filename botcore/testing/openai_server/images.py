"""POST /images/generations, /images/edits and /images/variations, and the pictures that were answered as URLs."""

import asyncio
import base64
import binascii
import re
from collections.abc import Callable
from types import ModuleType
from typing import Any

import orjson

from botcore.testing.openai_server import errors, tokens
from botcore.testing.openai_server.errors import ApiRefusal
from botcore.testing.openai_server.fields import Fields, as_fields, parse
from botcore.testing.openai_server.form import MIB, FormLimits, Upload
from botcore.testing.openai_server.image_family import Operation, read_size
from botcore.testing.openai_server.image_request import FLAGS, INTEGERS, ImageRequest, read_image_request
from botcore.testing.openai_server.outcome import Events, Outcome, json_answer
from botcore.testing.openai_server.state import Call, Route, State

_FORM = FormLimits(file=50 * MIB)
_MOST_IMAGES = 16
_DATA_URL = re.compile(r"data:image/[\w.+-]+;base64,", re.ASCII)
_FLAGGED_FROM = 0.5
_FLAGGED_FROM_LENIENT = 0.85
_TILE_TOKENS = 323  # what an input picture costs, about what the public API counts for one of ordinary size
# Output tokens of the GPT image models by quality, for 1024 x 1024 pixels; larger ones cost in proportion.
_OUTPUT_TOKENS = {"low": 272, "medium": 1056, "high": 4160}


async def generate(state: State, call: Call) -> Outcome:
    """Pictures from a prompt.

    Raises:
        ApiRefusal: the request is wrong, or the prompt is not allowed.
    """
    request = read_image_request(parse(call.body), "generations", lambda name: state.find_model(name, "image"))
    _check_prompt(state, call, request)
    return await _answer(state, call, request, 0, lambda studio: studio.generate(request))


async def edit(state: State, call: Call) -> Outcome:
    """Changed pictures: from a form, or (for the GPT image models) from JSON with data URLs.

    Raises:
        ApiRefusal: the request is wrong, an upload cannot be used, or the prompt is not allowed.
    """
    request, uploads, mask = await (_edit_from_form(state, call) if call.form else _edit_from_json(state, call))
    if not uploads:
        raise errors.missing("image" if call.form else "images")
    most = _MOST_IMAGES if request.family.gpt else 1
    if len(uploads) > most:
        message = f"Too many images: at most {most} can be given for the model '{request.model.id}'."
        raise errors.invalid(message, "image", "array_above_max_length")
    _check_prompt(state, call, request)
    return await _answer(state, call, request, len(uploads), lambda studio: studio.edit(request, uploads, mask))


async def vary(state: State, call: Call) -> Outcome:
    """Variations of a picture.

    Raises:
        ApiRefusal: the request is wrong, or the upload cannot be used.
    """
    request = _from_form(state, call, "variations")
    upload = await call.required_form().upload("image").read()
    return await _answer(state, call, request, 1, lambda studio: studio.vary_all(request, upload))


async def show(state: State, call: Call) -> Outcome:
    """A drawn picture: what its URL leads to. No key is needed, only the name."""
    return state.gallery.show(call.params["name"])


def _from_form(state: State, call: Call, operation: Operation) -> ImageRequest:
    form = call.required_form()
    values: dict[str, Any] = dict.fromkeys(form.names(), "")  # the pictures' names count as parameters too
    values |= form.values(integers=INTEGERS, flags=FLAGS)
    return read_image_request(values, operation, lambda name: state.find_model(name, "image"))


async def _edit_from_form(state: State, call: Call) -> tuple[ImageRequest, list[bytes], bytes | None]:
    request = _from_form(state, call, "edits")
    form = call.required_form()
    uploads: list[Upload] = form.uploads("image")
    mask = form.uploads("mask")
    return request, [await one.read() for one in uploads], await mask[-1].read() if mask else None


async def _edit_from_json(state: State, call: Call) -> tuple[ImageRequest, list[bytes], bytes | None]:
    payload = parse(call.body)
    request = read_image_request(
        {"model": "gpt-image-1", **payload}, "edits", lambda name: state.find_model(name, "image")
    )
    if not request.family.gpt:
        raise errors.invalid("Invalid Content-Type header (application/json), expected multipart/form-data.")
    fields = Fields(payload)
    given = fields.array("images") or []
    pictures = [_referred(state, as_fields(one, f"images[{at}]")) for at, one in enumerate(given)]
    mask = fields.object("mask")
    return request, pictures, None if mask is None else _referred(state, mask)


def _referred(state: State, fields: Fields) -> bytes:
    """The picture that JSON refers to: in a data URL, or one that was drawn here."""
    url = fields.text("image_url")
    if url is None:
        message = "The stand-in takes pictures as `image_url` alone, not as `file_id`."
        raise errors.invalid(message, fields.name("file_id"), "unsupported_value")
    if found := _DATA_URL.match(url):
        try:
            return base64.b64decode(url[found.end() :], validate=True)
        except binascii.Error:
            raise errors.invalid("Invalid base64 image_url.", fields.name("image_url"), "invalid_base64") from None
    hung = state.gallery.find(url.rpartition("/")[2])
    if hung is None:
        message = f"Error while downloading {url}: the stand-in fetches nothing but its own pictures."
        raise errors.invalid(message, fields.name("image_url"), "invalid_image_url")
    return hung.data


def _check_prompt(state: State, call: Call, request: ImageRequest) -> None:
    least = _FLAGGED_FROM_LENIENT if request.lenient else _FLAGGED_FROM
    flagged = [name for name, score in state.words.scores(request.prompt).items() if score >= least]
    if flagged and request.family.gpt:
        message = (
            "Your request was rejected by the safety system. If you believe this is an error, contact us and include "
            f"the request ID {call.request_id}. safety_violations=[{', '.join(flagged)}]."
        )
        raise ApiRefusal(400, message, kind="image_generation_user_error", code="moderation_blocked")
    if flagged:
        message = (
            "Your request was rejected as a result of our safety system. Your prompt may contain text that is not "
            "allowed by our safety system."
        )
        raise errors.invalid(message, None, "content_policy_violation")


async def _answer(
    state: State, call: Call, request: ImageRequest, pictures: int, make: Callable[[Any], list[bytes]]
) -> Outcome:
    studio = await asyncio.to_thread(_open_studio)
    spent = tokens.count(request.prompt)
    state.meter.tokens(call.key, spent)
    made = await asyncio.to_thread(make, studio)
    usage = _usage(request, spent, pictures)
    state.meter.spent(usage["total_tokens"])
    if request.stream:
        return await _streamed(studio, request, made, usage, call.now)
    data = [await _shown(state, call, request, one) for one in made]
    answer: dict[str, Any] = {"created": call.now, "data": data}
    if request.family.gpt:
        answer |= _told(request) | {"usage": usage}
    return json_answer(answer)


def _open_studio() -> ModuleType:
    try:
        from botcore.testing.openai_server import studio  # noqa: PLC0415 - Pillow is optional, and slow to load
    except ImportError as missing:
        message = "The stand-in draws with Pillow, which is not installed: install botcore-framework[offline]."
        raise ApiRefusal(501, message, kind="server_error") from missing
    return studio


async def _shown(state: State, call: Call, request: ImageRequest, picture: bytes) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    if request.as_url:
        name = state.gallery.hang(picture, request.format)
        shown["url"] = f"http://{call.headers.get('host', 'localhost')}{state.settings.prefix}/pictures/{name}"
    else:
        shown["b64_json"] = base64.b64encode(picture).decode()
    if request.family.name == "dall-e-3":
        shown["revised_prompt"] = f"{request.prompt.strip().rstrip('.')}, in a clear and simple style."
    return shown


def _told(request: ImageRequest) -> dict[str, str]:
    """What was chosen where the request left it open."""
    return {
        "background": "transparent" if request.background == "transparent" else "opaque",
        "output_format": request.format,
        "quality": "medium" if request.quality == "auto" else request.quality,
        "size": "1024x1024" if request.size == "auto" else request.size,
    }


def _usage(request: ImageRequest, prompt: int, pictures: int) -> dict[str, Any]:
    told = _told(request)
    width, height = read_size(told["size"])
    each = _OUTPUT_TOKENS.get(told["quality"], _OUTPUT_TOKENS["medium"]) * width * height // 1024**2
    seen = pictures * _TILE_TOKENS
    return {
        "input_tokens": prompt + seen,
        "output_tokens": each * request.n,
        "total_tokens": prompt + seen + each * request.n,
        "input_tokens_details": {"text_tokens": prompt, "image_tokens": seen},
        "output_tokens_details": {"text_tokens": 0, "image_tokens": each * request.n},
    }


async def _streamed(
    studio: ModuleType, request: ImageRequest, made: list[bytes], usage: dict[str, Any], created: int
) -> Events:
    """Server-sent events with coarse pictures first; such a stream ends without `[DONE]`."""
    kind = "image_edit" if request.operation == "edits" else "image_generation"
    told = _told(request) | {"created_at": created}
    chunks: list[bytes] = []
    for picture in made:
        for index, partial in enumerate(await asyncio.to_thread(studio.partials, picture, request)):
            chunks.append(_event(f"{kind}.partial_image", partial, {**told, "partial_image_index": index}))
        chunks.append(_event(f"{kind}.completed", picture, {**told, "usage": usage}))
    return Events(b"", tuple(chunks), b"")


def _event(kind: str, picture: bytes, rest: dict[str, Any]) -> bytes:
    payload = {"type": kind, "b64_json": base64.b64encode(picture).decode(), **rest}
    return b"event: " + kind.encode() + b"\ndata: " + orjson.dumps(payload) + b"\n\n"


ROUTES = (
    Route("POST", "/images/generations", generate),
    Route("POST", "/images/edits", edit, form=_FORM),
    Route("POST", "/images/variations", vary, form=_FORM),
    Route("GET", "/pictures/{name}", show, public=True),
)
