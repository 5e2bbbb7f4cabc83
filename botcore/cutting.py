"""Where a long text is cut into messages. The platform's adapter knows what must stay in one piece.

The rules, the strongest first: never through a surrogate pair; never through what a reader sees as one character
(`graphemes`); never through a stretch that is to stay whole and fits into a message; at a paragraph's end, else a
line's, a sentence's, a word's.

Lengths are UTF-16 code units: Telegram counts in them, and no platform counts more than they are. Time and memory grow
with the length: each step looks at one message's worth of text.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from botcore.graphemes import is_boundary

_SENTENCE_END: Final = re.compile(r"[.!?…][\"'”’»)\]]*\s|[。！？]")  # noqa: RUF001 - full stops of Chinese and Japanese
_SPACE: Final = re.compile(r"\s")


def utf16(text: str) -> bytes:
    """A text in UTF-16-LE, two bytes for each code unit; a lone surrogate stays what it is."""
    return text.encode("utf-16-le", "surrogatepass")


def utf16_length(text: str) -> int:
    """The length in UTF-16 code units; a lone surrogate counts as one."""
    return len(text) if text.isascii() else len(utf16(text)) // 2


def text_of(units: bytes, start: int, end: int) -> str:
    """The text between two code units of what `utf16` made."""
    return units[2 * start : 2 * end].decode("utf-16-le", "surrogatepass")


def ranges(units: bytes, whole: Iterable[tuple[int, int]], limit: int) -> Iterator[tuple[int, int]]:
    """Where the messages of a text begin and end, in code units, in order and without gaps.

    units: the text in UTF-16-LE, as `utf16` makes it. whole: stretches (start and end, in code units) that are not cut
    where they fit into a message. limit: code units of one message, at least 2.
    """
    blocks = _Blocks.of(whole, limit)
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
    def of(cls, whole: Iterable[tuple[int, int]], limit: int) -> "_Blocks":
        starts: list[int] = []
        ends: list[int] = []
        for start, end in sorted(whole):
            if end - start > limit:
                continue
            if ends and start < ends[-1]:
                ends[-1] = max(ends[-1], end)
            else:
                starts.append(start)
                ends.append(end)
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
        text = text_of(units, start, start + limit + 2)
        return cls(text, start, offsets_of(text), blocks)

    def index_of(self, unit: int) -> int:
        """The index of the last character boundary at or before `unit` (from `start`)."""
        return bisect_right(self.offsets, unit) - 1

    def allows(self, index: int, *, within_blocks: bool = False) -> bool:
        if not is_boundary(self.text, index):
            return False
        return within_blocks or self.blocks.around(self.start + self.offsets[index]) is None


def offsets_of(text: str) -> Sequence[int]:
    """Where each character begins, in code units, and at last where the text ends."""
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
        else:  # stretches that overlap in a chain longer than a message
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
