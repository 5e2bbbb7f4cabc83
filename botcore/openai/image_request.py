"""What the image endpoints are asked with. Only what is set is sent; `extra` is sent as it is, and wins."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from botcore.openai.codec import JSON
from botcore.openai.upload import FileLike

PictureFormat = Literal["url", "b64_json"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageRequest:
    """Parameters of `POST /images/generations`.

    `response_format` and `style` are for the older models; `background` (transparent, opaque, auto), `moderation` (low,
    auto), `output_format` (png, jpeg, webp) and `output_compression` (0..100) for the newer ones, which always answer
    with data. `size` is "auto" or width x height; `quality` is standard or hd, or low, medium, high or auto.
    """

    prompt: str = field(repr=False)
    model: str | None = None
    n: int | None = None
    size: str | None = None
    quality: str | None = None
    style: str | None = None
    background: str | None = None
    moderation: str | None = None
    output_format: str | None = None
    output_compression: int | None = None
    response_format: PictureFormat | None = None
    user: str | None = None
    extra: Mapping[str, JSON] = field(default_factory=dict[str, JSON], repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageEditRequest:
    """Parameters of `POST /images/edits`.

    `image` is one picture, or up to 16 with newer models. Where the `mask` (PNG, as large as the picture) is
    transparent, the picture is painted anew. `input_fidelity` is high or low; the rest is as for `ImageRequest`.
    """

    image: FileLike | tuple[FileLike, ...] = field(repr=False)
    prompt: str = field(repr=False)
    mask: FileLike | None = field(default=None, repr=False)
    model: str | None = None
    n: int | None = None
    size: str | None = None
    quality: str | None = None
    background: str | None = None
    input_fidelity: str | None = None
    output_format: str | None = None
    output_compression: int | None = None
    response_format: PictureFormat | None = None
    user: str | None = None
    extra: Mapping[str, JSON] = field(default_factory=dict[str, JSON], repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class VariationRequest:
    """Parameters of `POST /images/variations`. `image` is a square PNG of less than 4 MB at OpenAI."""

    image: FileLike = field(repr=False)
    model: str | None = None
    n: int | None = None
    size: str | None = None
    response_format: PictureFormat | None = None
    user: str | None = None
    extra: Mapping[str, JSON] = field(default_factory=dict[str, JSON], repr=False)
