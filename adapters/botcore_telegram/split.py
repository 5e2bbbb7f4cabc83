"""Cutting a text with entities into messages of a size that Telegram takes.

The rules, the strongest first: never through a surrogate pair; never through what a reader sees as one character
(`graphemes`); never through an entity that fits into a message as a whole; at a paragraph's end, else a line's, a
sentence's, a word's. An entity longer than a message is closed and opened again in the next one.

Time and memory grow with the length: each step looks at one message's worth of text.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from botcore_telegram.entities import Entity, Formatted, is_blank
from botcore_telegram.graphemes import is_boundary

MESSAGE_LIMIT: Final = 4096
"""UTF-16 code units of one message (https://core.telegram.org/bots/api#sendmessage). The server counts code points,
which are never more."""

CAPTION_LIMIT: Final = 1024
"""The same for a caption (https://core.telegram.org/bots/api#sendphoto)."""

MOST_ENTITIES: Final = 100
"""Entities of one message that Telegram shows; the others it passes over (https://limits.tginfo.me/en)."""

_SENTENCE_END: Final = re.compile(r"[.!?…][\"'”’»)\]]*\s|[。！？]")  # noqa: RUF001 - full stops of Chinese and Japanese
_SPACE: Final = re.compile(r"\s")


def split(formatted: Formatted, limit: int = MESSAGE_LIMIT) -> list[Formatted]:
    """Cut into messages of at most `limit` UTF-16 code units, in order; none is blank, so there may be none at all.

    White space at a cut is dropped, except for the indentation of code. Raises ValueError for a limit under 2.
    """
    if limit < 2:
        raise ValueError("a message holds at least one character")
    units = formatted.text.encode("utf-16-le", "surrogatepass")
    pieces: list[Formatted] = []
    entities = _Following(formatted.entities)
    for start, end in _ranges(units, _Blocks.of(formatted.entities, limit), limit):
        piece = _piece(units, start, end, entities.within(start, end))
        if piece is not None:
            pieces.append(piece)
    return pieces


def _ranges(units: bytes, blocks: "_Blocks", limit: int) -> Iterator[tuple[int, int]]:
    start, length = 0, len(units) // 2
    while start < length:
        end = length if length - start <= limit else start + _cut(units, start, blocks, limit)
        yield start, end
        start = end


@dataclass(frozen=True, slots=True)
class _Blocks:
    """Stretches that are not cut, in code units, sorted and disjoint."""

    starts: Sequence[int]
    ends: Sequence[int]

    @classmethod
    def of(cls, entities: Sequence[Entity], limit: int) -> "_Blocks":
        starts: list[int] = []
        ends: list[int] = []
        for entity in sorted(entities, key=lambda entity: entity.offset):
            if entity.length > limit:
                continue
            if ends and entity.offset < ends[-1]:
                ends[-1] = max(ends[-1], entity.end)
            else:
                starts.append(entity.offset)
                ends.append(entity.end)
        return cls(starts, ends)

    def around(self, unit: int) -> tuple[int, int] | None:
        """The stretch that a cut at `unit` would go through."""
        index = bisect_right(self.starts, unit) - 1
        if index < 0 or not self.starts[index] < unit < self.ends[index]:
            return None
        return self.starts[index], self.ends[index]


@dataclass(frozen=True, slots=True)
class _Window:
    """One message's worth of text from `start` on, and a character more to look at; knows where it may be cut."""

    text: str
    start: int
    offsets: Sequence[int]  # of each character, in code units from `start`
    blocks: _Blocks

    @classmethod
    def at(cls, units: bytes, start: int, limit: int, blocks: _Blocks) -> "_Window":
        text = units[2 * start : 2 * (start + limit + 2)].decode("utf-16-le", "surrogatepass")
        return cls(text, start, _offsets(text), blocks)

    def index_of(self, unit: int) -> int:
        """The index of the last character boundary at or before `unit` (from `start`)."""
        return bisect_right(self.offsets, unit) - 1

    def allows(self, index: int, *, within_blocks: bool = False) -> bool:
        if not is_boundary(self.text, index):
            return False
        return within_blocks or self.blocks.around(self.start + self.offsets[index]) is None


def _offsets(text: str) -> Sequence[int]:
    if text.isascii() or max(text) <= "\uffff":
        return range(len(text) + 1)
    offsets = [0]
    for char in text:
        offsets.append(offsets[-1] + (2 if char > "\uffff" else 1))
    return offsets


def _cut(units: bytes, start: int, blocks: _Blocks, limit: int) -> int:
    """How many code units from `start` on make the next message; at least one character, at most `limit`."""
    window = _Window.at(units, start, limit, blocks)
    most = window.index_of(limit)
    crossing = blocks.around(start + window.offsets[most])
    if crossing is not None:
        if crossing[0] > start:
            most = window.index_of(crossing[0] - start)
        else:  # entities that overlap in a chain longer than a message
            window = replace(window, blocks=_Blocks((), ()))
    index = _natural_cut(window, most) or _any_cut(window, most) or window.index_of(limit)
    return window.offsets[index]


def _natural_cut(window: _Window, most: int) -> int:
    """The last good place to stop in the second half of what fits; 0 where there is none."""
    text = window.text
    if text[most - 1 : most + 1].count("\n") and window.allows(most):
        return most
    least = most // 2
    return (
        _after_last(window, "\n\n", least, most)
        or _after_last(window, "\n", least, most)
        or _after_last_match(window, _SENTENCE_END, least, most)
        or _after_last(window, " ", least, most)
        or _after_last_match(window, _SPACE, least, most)
    )


def _after_last(window: _Window, mark: str, least: int, most: int) -> int:
    end = most
    while (found := window.text.rfind(mark, least, end)) >= 0:
        if window.allows(found + len(mark)):
            return found + len(mark)
        end = found + len(mark) - 1
    return 0


def _after_last_match(window: _Window, mark: re.Pattern[str], least: int, most: int) -> int:
    for match in reversed(list(mark.finditer(window.text, least, most))):
        if window.allows(match.end()):
            return match.end()
    return 0


def _any_cut(window: _Window, most: int) -> int:
    """The last place where nothing is torn apart; 0 where there is none."""
    for within_blocks in (False, True):
        for index in range(most, 0, -1):
            if window.allows(index, within_blocks=within_blocks):
                return index
    return 0


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
    text = units[2 * start : 2 * end].decode("utf-16-le", "surrogatepass")
    if is_blank(text):
        return None
    first = next((e for e in entities if e.kind in ("pre", "code") and e.offset <= start), None)
    bare = text.rstrip()
    end -= len(text) - len(bare)  # white space lies in the basic plane: one unit each
    bare = bare.lstrip("\n") if first is not None else bare.lstrip()
    start = end - len(bare.encode("utf-16-le", "surrogatepass")) // 2
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
