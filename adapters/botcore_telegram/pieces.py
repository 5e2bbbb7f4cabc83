"""From a reply to the messages that Telegram shows."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any, Final

from botcore.messages import Button, Image, Part, Piece, Reply, Text
from botcore_telegram.albums import albums_of, caption_of, with_room_for_buttons
from botcore_telegram.entities import Formatted, joined
from botcore_telegram.markdown import from_markdown, plain
from botcore_telegram.media import UPLOAD_BYTES, Attached
from botcore_telegram.split import CAPTION_LIMIT, MESSAGE_LIMIT, split

_MB: Final = 1024 * 1024

NOTHING: Final = "(nothing to show)"
"""Shown for an answer without any visible text, which Telegram would refuse."""

Pictures = list[Image]


def pieces_of(reply: Reply) -> list[Piece]:
    """The messages, in order, at least one. Texts that follow each other share messages, pictures share albums.

    Any other attachment has a message of its own. The buttons stand below the last.
    """
    pieces = [piece for part in _grouped(reply) for piece in _pieces(part)] or [Piece(NOTHING)]
    if reply.buttons:
        if len(pieces[-1].attachments) > 1:
            pieces[-1:] = with_room_for_buttons(pieces[-1])
        pieces[-1] = replace(pieces[-1], buttons=reply.buttons)
    if reply.ephemeral:
        pieces = [replace(piece, ephemeral=True) for piece in pieces]
    return pieces


def _grouped(reply: Reply) -> Iterator[Formatted | Pictures | Attached]:
    """The texts and the pictures that follow each other, each in one, and whatever stands alone."""
    for kind, parts in groupby(reply.parts, _kind):
        if kind is Text:
            texts = [one for one in parts if isinstance(one, Text)]
            yield joined([plain(one.text) if one.plain else from_markdown(one.text) for one in texts])
        elif kind is Image:
            yield [one for one in parts if isinstance(one, Image)]
        else:
            yield from (one for one in parts if not isinstance(one, Text))


def _kind(part: Part) -> type[Part] | None:
    """What a part may share a message with."""
    if isinstance(part, Text):
        return Text
    return Image if isinstance(part, Image) and not _is_too_large(part) else None


def _pieces(part: Formatted | Pictures | Attached) -> Iterator[Piece]:
    if isinstance(part, Formatted):
        yield from _texts(part)
    elif isinstance(part, list):
        for album in albums_of(part):
            yield from _captioned(album, caption_of(album))
    elif _is_too_large(part):
        size, most = len(part.data or b"") / _MB, UPLOAD_BYTES // _MB
        yield Piece(f"The file {part.name or ''} has {size:.0f} MB; Telegram takes {most} MB.")
    else:
        yield Piece(attachments=(part,))


def _texts(formatted: Formatted) -> Iterator[Piece]:
    return (Piece(one.text, markup_of(one)) for one in split(formatted, MESSAGE_LIMIT))


def _captioned(pictures: Sequence[Image], caption: Formatted) -> Iterator[Piece]:
    """The pictures with their caption, which is the piece's text; one that is too long follows."""
    bare = tuple(replace(one, caption="") for one in pictures)
    fits = split(caption, CAPTION_LIMIT)
    if len(fits) == 1:
        yield Piece(fits[0].text, markup_of(fits[0]), bare)
        return
    yield Piece(attachments=bare)
    yield from _texts(caption)


def _is_too_large(part: Attached) -> bool:
    return part.data is not None and len(part.data) > UPLOAD_BYTES


def markup_of(formatted: Formatted) -> list[dict[str, str | int]] | None:
    """The entities as the Bot API takes them, None where there are none."""
    return [entity.to_json() for entity in formatted.entities] or None


def keyboard_of(buttons: tuple[tuple[Button, ...], ...]) -> dict[str, Any] | None:
    """The Bot API's InlineKeyboardMarkup, None where there is no button."""
    if not buttons:
        return None
    return {
        "inline_keyboard": [
            [
                {"text": button.label, "url": button.url}
                if button.url
                else {"text": button.label, "callback_data": button.says}
                for button in row
            ]
            for row in buttons
        ]
    }
