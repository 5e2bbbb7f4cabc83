"""From a reply to the messages that Telegram shows."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

from botcore.messages import Audio, Button, File, Image, Piece, Reply, Text, Video
from botcore_telegram.entities import Formatted, joined
from botcore_telegram.markdown import from_markdown, plain
from botcore_telegram.split import CAPTION_LIMIT, MESSAGE_LIMIT, split

_MB: Final = 1024 * 1024
UPLOAD_BYTES: Final = 50 * _MB
"""The largest file that a bot sends (https://core.telegram.org/bots/api#sending-files)."""

NOTHING: Final = "(nothing to show)"
"""Shown for an answer without any visible text, which Telegram would refuse."""

Attached = Image | Audio | Video | File


def pieces_of(reply: Reply) -> list[Piece]:
    """The messages, in order, at least one. Texts that follow each other share messages, attachments have one each.

    The buttons stand below the last.
    """
    pieces = [piece for part in _grouped(reply) for piece in _pieces(part)] or [Piece(NOTHING)]
    if reply.buttons:
        pieces[-1] = replace(pieces[-1], buttons=reply.buttons)
    if reply.ephemeral:
        pieces = [replace(piece, ephemeral=True) for piece in pieces]
    return pieces


def _grouped(reply: Reply) -> Iterator[Formatted | Attached]:
    """The attachments, and between them all texts in one."""
    texts: list[Formatted] = []
    for part in reply.parts:
        if isinstance(part, Text):
            texts.append(plain(part.text) if part.plain else from_markdown(part.text))
            continue
        if texts:
            yield joined(texts)
            texts.clear()
        yield part
    if texts:
        yield joined(texts)


def _pieces(part: Formatted | Attached) -> Iterator[Piece]:
    return _texts(part) if isinstance(part, Formatted) else _attached(part)


def _texts(formatted: Formatted) -> Iterator[Piece]:
    return (Piece(one.text, markup_of(one)) for one in split(formatted, MESSAGE_LIMIT))


def _attached(part: Attached) -> Iterator[Piece]:
    size = len(part.data) if part.data is not None else 0
    if size > UPLOAD_BYTES:
        most = UPLOAD_BYTES // _MB
        yield Piece(f"The file {part.name or ''} has {size / _MB:.0f} MB; Telegram takes {most} MB.")
        return
    caption = from_markdown(part.caption) if isinstance(part, Image) and part.caption else Formatted("")
    if isinstance(part, Image):
        part = replace(part, caption="")  # it travels as the piece's text
    fits = split(caption, CAPTION_LIMIT)
    if len(fits) == 1:
        yield Piece(fits[0].text, markup_of(fits[0]), (part,))
        return
    yield Piece(attachments=(part,))
    yield from _texts(caption)


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
