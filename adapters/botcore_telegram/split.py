"""Cutting a text with entities into messages of a size that Telegram takes.

The rules are those of `botcore.cutting`; an entity stays whole where it fits into a message. A longer one is closed and
opened again in the next message.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from botcore.cutting import ranges, text_of, utf16, utf16_length
from botcore.graphemes import is_blank
from botcore_telegram.entities import Entity, Formatted

MESSAGE_LIMIT: Final = 4096
"""UTF-16 code units of one message (https://core.telegram.org/bots/api#sendmessage). The server counts code points,
which are never more."""

CAPTION_LIMIT: Final = 1024
"""The same for a caption (https://core.telegram.org/bots/api#sendphoto)."""

MOST_ENTITIES: Final = 100
"""Entities of one message that Telegram shows; the others it passes over (https://limits.tginfo.me/en)."""


def split(formatted: Formatted, limit: int = MESSAGE_LIMIT) -> list[Formatted]:
    """Cut into messages of at most `limit` UTF-16 code units, in order; none is blank, so there may be none at all.

    White space at a cut is dropped, except for the indentation of code. Raises ValueError for a limit under 2.
    """
    if limit < 2:
        raise ValueError("a message holds at least one character")
    units = utf16(formatted.text)
    pieces: list[Formatted] = []
    entities = _Following(formatted.entities)
    whole = ((entity.offset, entity.end) for entity in formatted.entities)
    for start, end in ranges(units, whole, limit):
        piece = _piece(units, start, end, entities.within(start, end))
        if piece is not None:
            pieces.append(piece)
    return pieces


class _Following:
    """The entities that reach into one range after another; ranges are asked for in order."""

    def __init__(self, entities: Sequence[Entity]) -> None:
        self._ahead = sorted(entities, key=lambda entity: (entity.offset, -entity.length), reverse=True)
        self._open: list[Entity] = []

    def within(self, start: int, end: int) -> list[Entity]:
        while self._ahead and self._ahead[-1].offset < end:
            self._open.append(self._ahead.pop())
        self._open = [entity for entity in self._open if entity.end > start]
        return list(self._open)


def _piece(units: bytes, start: int, end: int, entities: Sequence[Entity]) -> Formatted | None:
    """The range as a message of its own, or None where nothing is to be seen in it."""
    text = text_of(units, start, end)
    if is_blank(text):
        return None
    first = next((e for e in entities if e.kind in ("pre", "code") and e.offset <= start), None)
    bare = text.rstrip()
    end -= len(text) - len(bare)  # white space lies in the basic plane: one unit each
    bare = bare.lstrip("\n") if first is not None else bare.lstrip()
    start = end - utf16_length(bare)
    clipped = (
        replace(
            entity, offset=max(entity.offset, start) - start, length=min(entity.end, end) - max(entity.offset, start)
        )
        for entity in entities
        if entity.offset < end and entity.end > start
    )
    return Formatted(bare, _most_telling([entity for entity in clipped if entity.length > 0]))


def _most_telling(entities: list[Entity]) -> tuple[Entity, ...]:
    """At most as many as Telegram shows: code, links and quotes before mere emphasis."""
    if len(entities) > MOST_ENTITIES:
        ranked = sorted(entities, key=lambda entity: entity.kind not in ("pre", "code", "text_link", "blockquote"))
        entities = sorted(ranked[:MOST_ENTITIES], key=lambda entity: (entity.offset, -entity.length))
    return tuple(entities)
