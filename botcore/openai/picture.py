"""What the image endpoints give: pictures, as bytes or as links."""

import asyncio
import base64
import binascii
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from botcore.openai import reading
from botcore.openai.chat_result import Usage
from botcore.openai.exchange import Reply
from botcore.openai.limits import RateLimits

_DECODED_AT_ONCE: Final = 1_000_000  # characters of base64: a millisecond


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture: `data` where the server sent it, else `url`, which `api.images.fetch(picture)` reads.

    `revised_prompt` is what the server made of the prompt. `raw` has the fields beside the data.
    """

    data: bytes | None = field(default=None, repr=False)
    url: str | None = field(default=None, repr=False)
    revised_prompt: str | None = field(default=None, repr=False)
    raw: Mapping[str, Any] = field(default_factory=dict[str, Any], repr=False)


@dataclass(frozen=True, slots=True)
class Pictures:
    """An answer of an image endpoint. What the server does not say of the pictures is "".

    `text_tokens` and `image_tokens` are the parts of the usage's input; None where the server does not count.
    """

    pictures: tuple[Picture, ...]
    created: int | None = None
    size: str = ""
    quality: str = ""
    background: str = ""
    output_format: str = ""
    usage: Usage | None = None
    text_tokens: int | None = None
    image_tokens: int | None = None
    headers: RateLimits = field(default_factory=RateLimits)
    request_id: str | None = None
    raw: Mapping[str, Any] = field(default_factory=dict[str, Any], repr=False)
    """The answer's fields beside the pictures."""

    def __iter__(self) -> Iterator[Picture]:
        return iter(self.pictures)

    def __len__(self) -> int:
        return len(self.pictures)


async def pictures(reply: Reply, raw: Mapping[str, Any]) -> Pictures:
    """Read an `ImagesResponse`. Raises `BadResponse` if there is no picture in it."""
    entries = reading.objects(raw.get("data"))
    if not entries:
        raise reply.bad("data that is no list of pictures")
    found = [await _picture(reply, entry) for entry in entries]
    details = reading.table(reading.table(raw, "usage"), "input_tokens_details")
    return Pictures(
        pictures=tuple(found),
        created=reading.count(raw, "created"),
        size=reading.text(raw, "size"),
        quality=reading.text(raw, "quality"),
        background=reading.text(raw, "background"),
        output_format=reading.text(raw, "output_format"),
        usage=Usage.of(raw.get("usage")),
        text_tokens=reading.count(details, "text_tokens"),
        image_tokens=reading.count(details, "image_tokens"),
        headers=reply.limits,
        request_id=reply.request_id,
        raw={name: value for name, value in raw.items() if name != "data"},
    )


async def _picture(reply: Reply, entry: Mapping[str, Any]) -> Picture:
    encoded, url = entry.get("b64_json"), entry.get("url")
    data: bytes | None = None
    if isinstance(encoded, str) and encoded:
        data = await decoded(encoded)
        if data is None:
            raise reply.bad("a picture that is no base64")
    elif not isinstance(url, str) or not url:
        raise reply.bad("a picture without data or URL")
    return Picture(
        data=data,
        url=url if isinstance(url, str) and url else None,
        revised_prompt=reading.text(entry, "revised_prompt") or None,
        raw={name: value for name, value in entry.items() if name != "b64_json"},
    )


async def decoded(encoded: str) -> bytes | None:
    """Decode base64, with or without the head of a `data:` URL; None for what is not. A long one in a thread."""
    text = encoded.partition(",")[2] if encoded.startswith("data:") else encoded
    return _decoded(text) if len(text) <= _DECODED_AT_ONCE else await asyncio.to_thread(_decoded, text)


def _decoded(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
