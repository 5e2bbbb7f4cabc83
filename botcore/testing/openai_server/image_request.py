"""A request for pictures: read from JSON or a form, and checked as the public API checks it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from botcore.testing.openai_server import errors
from botcore.testing.openai_server.errors import ApiRefusal
from botcore.testing.openai_server.fields import Fields, refuse_unknown
from botcore.testing.openai_server.image_family import OF_GPT, Family, Operation, family_of, free_size
from botcore.testing.openai_server.settings import ModelCard

ImageFormat = Literal["png", "jpeg", "webp"]

_DEFAULT = "dall-e-2"
_DEFAULT_GPT = "gpt-image-1"
_GPT_QUALITIES = frozenset({"low", "medium", "high"})
_FORMATS: tuple[ImageFormat, ...] = ("png", "jpeg", "webp")
INTEGERS = frozenset({"n", "output_compression", "partial_images"})
FLAGS = frozenset({"stream"})


@dataclass(frozen=True, slots=True)
class ImageRequest:
    """One request for pictures. `size` may be "auto"; `partial_images` are wanted in a stream before the whole one."""

    operation: Operation
    model: ModelCard
    family: Family
    prompt: str
    n: int
    size: str
    quality: str
    background: str = "auto"
    format: ImageFormat = "png"
    compression: int = 100
    as_url: bool = False
    stream: bool = False
    partial_images: int = 0
    lenient: bool = False  # the moderation is asked to be less strict


def read_image_request(
    given: Mapping[str, Any], operation: Operation, find: Callable[[str], ModelCard | None]
) -> ImageRequest:
    """Read and check the parameters. `given` has all names of the request, pictures too.

    Raises:
        ApiRefusal: what the public API would refuse, in its words.
    """
    values = {name: value for name, value in given.items() if value is not None}
    fields = Fields(values)
    card = _model(fields, find)
    family = family_of(card.id)
    if operation not in family.operations:
        raise errors.invalid(f"The model '{card.id}' does not support image {operation}.", "model", "invalid_value")
    refuse_unknown(values, family.known)
    size = fields.text("size") or family.sizes[0]
    if size not in family.sizes and not (family.free_size and free_size(size)):
        raise not_supported("size", size, family.sizes)
    request = ImageRequest(
        operation=operation,
        model=card,
        family=family,
        prompt="" if operation == "variations" else _prompt(fields, family),
        n=_count(fields, family),
        size=size,
        quality=_one_of(fields, "quality", family.qualities) or "auto",
        background=_one_of(fields, "background", ("transparent", "opaque", "auto")) or "auto",
        format=_format(fields),
        compression=_within(fields.integer("output_compression", 0, 100), 100),
        as_url=not family.gpt and _one_of(fields, "response_format", ("url", "b64_json")) != "b64_json",
        stream=fields.flag("stream") is True,
        partial_images=_within(fields.integer("partial_images", 0, 3), 0),
        lenient=_one_of(fields, "moderation", ("low", "auto")) == "low",
    )
    _one_of(fields, "style", ("vivid", "natural"))
    _one_of(fields, "input_fidelity", ("high", "low"))
    fields.text("user")
    if request.background == "transparent" and request.format == "jpeg":
        message = "Transparent background is not supported for JPEG output format."
        raise errors.invalid(message, "background", "invalid_value")
    return request


def not_supported(name: str, value: str, supported: tuple[str, ...]) -> ApiRefusal:
    """A 400: a parameter has none of the supported values."""
    quoted = [f"'{one}'" for one in supported]
    listed = quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])}, and {quoted[-1]}"
    return errors.invalid(f"Invalid value: '{value}'. Supported values are: {listed}.", name, "invalid_value")


def _model(fields: Fields, find: Callable[[str], ModelCard | None]) -> ModelCard:
    name = fields.text("model")
    if name is None:
        gpt = not OF_GPT.isdisjoint(fields.values) or fields.values.get("quality") in _GPT_QUALITIES
        name = _DEFAULT_GPT if gpt else _DEFAULT
    card = find(name)
    if card is None:
        raise errors.model_not_found(name, "model")
    if card.kind != "image":
        raise errors.invalid(f"The model '{name}' does not make images.", "model", "invalid_value")
    return card


def _prompt(fields: Fields, family: Family) -> str:
    prompt = fields.required_text("prompt")
    if not prompt.strip():
        message = "Invalid 'prompt': empty string. Expected a string with minimum length 1, but got an empty string."
        raise errors.invalid(message, "prompt", "empty_string")
    if len(prompt) > family.prompt:
        message = (
            f"Invalid 'prompt': string too long. Expected a string with maximum length {family.prompt}, "
            f"but got a string with length {len(prompt)} instead."
        )
        raise errors.invalid(message, "prompt", "string_above_max_length")
    return prompt


def _count(fields: Fields, family: Family) -> int:
    if family.most == 1 and fields.integer("n") not in {None, 1}:
        raise errors.invalid("You must provide n=1 for this model.", "n", "invalid_value")
    return fields.integer("n", 1, family.most) or 1


def _format(fields: Fields) -> ImageFormat:
    given = fields.text("output_format") or "png"
    for known in _FORMATS:
        if given == known:
            return known
    raise not_supported("output_format", given, _FORMATS)


def _one_of(fields: Fields, name: str, supported: tuple[str, ...]) -> str | None:
    given = fields.text(name)
    if given is not None and given not in supported:
        raise not_supported(name, given, supported)
    return given


def _within(given: int | None, usual: int) -> int:
    return usual if given is None else given
