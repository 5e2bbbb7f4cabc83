"""From a person's message to what the model is told they said."""

import base64
from collections.abc import Callable, Sequence
from typing import Any

from botcore.adapter import Outlet
from botcore.conversation.prompt import quoted
from botcore.errors import DeliveryError, Unsuitable
from botcore.messages import (
    SPOKEN,
    Attachment,
    Edit,
    File,
    Image,
    Incoming,
    Invocation,
    Message,
    Part,
    Press,
    Text,
    text_of,
)

PASTE_CUT = 4000  # characters: platforms cut a long paste here or a little later, anywhere in the text
_UNSEEN = (
    " \t\n\r\v\f\xa0\xad\u115f\u1160\u200b\u200c\u200d\u200e\u200f\u2028\u2029\u2060\u2800\u3000\u3164"
    "\ufeff\uffa0\ufffd"
)
"""Characters that show nothing; U+FFFD stands where something unfit was taken out."""

MOST_IMAGES = 4
MOST_IMAGE_BYTES = 8 * 1024 * 1024  # the API takes 20 MB; in base64, and a few at once, this is enough for any photo


def parts_of(incoming: Sequence[Incoming]) -> tuple[Part, ...]:
    """All parts of a message, or of several that belong together; texts that were cut are whole again."""
    parts: list[Part] = []
    for one in incoming:
        event = one.event
        found: tuple[Part, ...] = ()
        if isinstance(event, Message | Edit):
            found = event.parts
        elif isinstance(event, Press):
            found = (Text(event.says),)
        for part in found:
            before = parts[-1] if parts else None
            if isinstance(part, Text) and isinstance(before, Text) and len(before.text) >= PASTE_CUT:
                parts[-1] = Text(before.text + part.text)
            else:
                parts.append(part)
    return tuple(parts)


def check(parts: Sequence[Part]) -> None:
    """Raise Unsuitable where there is nothing the model could read."""
    if text_of(parts).strip(_UNSEEN) or any(isinstance(part, Image) for part in parts):
        return
    attachment = next((part for part in parts if isinstance(part, Attachment)), None)
    if attachment is None:
        raise Unsuitable("Your message is empty. Write me what you would like to know.")
    kind = "file" if isinstance(attachment, File) else attachment.kind
    raise Unsuitable(f"I can't do anything with this {kind} yet. Tell me in words what you need.")


def said(incoming: Incoming, parts: Sequence[Part], *, name: str | None, strip: Callable[[str], str]) -> str:
    """The text for the model: the quoted message as marked data, the author's name where several share a history."""
    event = incoming.event
    quote = quoted(event.reply_to) if isinstance(event, Message | Invocation) and event.reply_to is not None else ""
    text = strip(text_of(parts))
    files = "".join(
        f"\n[attached: {_one_line(part.name) or part.kind}, {_one_line(part.media_type) or 'unknown type'}]"
        for part in parts
        if isinstance(part, Attachment) and not isinstance(part, Image)
    )
    author = f"{name}: " if name else ""
    spoken = SPOKEN if any(isinstance(part, Text) and part.spoken for part in parts) else ""
    return f"{quote}{author}{spoken}{text}{files}".strip()


def _one_line(name: str | None) -> str:
    """A name that somebody chose, without what could pass for the end of the line or the bracket."""
    return " ".join((name or "").replace("[", "(").replace("]", ")").split())[:100]


def quoted_in(incoming: Incoming) -> tuple[Part, ...]:
    """What stands in the message that is replied to, or from whose menu a command was chosen."""
    event = incoming.event
    return event.reply_to.parts if isinstance(event, Message | Invocation) and event.reply_to is not None else ()


async def with_images(
    text: str, parts: Sequence[Part], outlet: Outlet, *, quoted: Sequence[Part] = ()
) -> str | list[dict[str, Any]]:
    """The message's content for the API: the text, and its pictures and those it replies to as data URLs.

    Raises Unsuitable where one of the message's own is too large; one that is replied to is left out then.
    """
    given = [*((part, True) for part in parts), *((part, False) for part in quoted)]
    images = [(part, own) for part, own in given if isinstance(part, Image)][:MOST_IMAGES]
    content: list[dict[str, Any]] = [{"type": "text", "text": text}] if text else []
    for image, own in images:
        try:
            data = await _bytes_of(image, outlet)
        except (DeliveryError, Unsuitable):
            if own:
                raise
            continue
        if data:
            url = f"data:{image.media_type or 'image/jpeg'};base64,{base64.b64encode(data).decode()}"
            content.append({"type": "image_url", "image_url": {"url": url}})
    return content if len(content) > bool(text) else text


async def _bytes_of(image: Image, outlet: Outlet) -> bytes | None:
    if image.data is not None or image.ref is None:
        return image.data
    return b"".join([chunk async for chunk in outlet.fetch(image.ref, most=MOST_IMAGE_BYTES)])
