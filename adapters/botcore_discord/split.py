"""Cutting a text in Discord's markup into messages.

The rules are those of `botcore.cutting`; what stays whole are code blocks, code, links, mentions, emphasis. A code
block longer than a message is closed and opened again with its language.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import Final

from botcore.cutting import offsets_of, ranges, text_of, utf16, utf16_length
from botcore.graphemes import is_blank
from botcore_discord.markup import FENCE, Fence, Markup, whole_in

MESSAGE_LIMIT: Final = 2000
"""Characters of one message (https://discord.com/developers/docs/resources/message#create-message). They are counted
here as UTF-16 code units, which are never fewer."""

_CLOSING: Final = f"\n{FENCE}"


def split(markup: Markup, limit: int = MESSAGE_LIMIT) -> list[str]:
    """Cut into messages of at most `limit` UTF-16 code units, in order; none is blank, so there may be none at all.

    White space at a cut is dropped, except for the indentation of code. Raises ValueError for a limit too small for a
    code block's fences.
    """
    text = markup.text.strip()
    if utf16_length(text) <= limit:
        return [] if is_blank(text) else [text]
    around = max((len(fence.opening) + len(_CLOSING) for fence in markup.fences), default=0)
    if limit < around + 2:
        raise ValueError("a message holds at least one character")
    units, offsets = utf16(markup.text), offsets_of(markup.text)
    fences = [_shifted(fence, offsets) for fence in markup.fences]
    if any(fence.end - fence.start > limit - around for fence in fences):
        limit -= around
    whole = [(offsets[start], offsets[end]) for start, end in _whole(markup)]
    whole += [stretch for fence in fences for stretch in _fenced(fence, limit)]
    pieces = (_piece(units, start, end, fences) for start, end in ranges(units, whole, limit))
    return [piece for piece in pieces if not is_blank(piece)]


def _shifted(fence: Fence, offsets: Sequence[int]) -> Fence:
    start, body, body_end, end = (offsets[at] for at in (fence.start, fence.body, fence.body_end, fence.end))
    return Fence(start, body, body_end, end, fence.opening)


def _whole(markup: Markup) -> Iterator[tuple[int, int]]:
    """What stays whole outside of the code blocks."""
    at = 0
    for fence in markup.fences:
        yield from whole_in(markup.text, at, fence.start)
        at = fence.end
    yield from whole_in(markup.text, at, len(markup.text))


def _fenced(fence: Fence, limit: int) -> list[tuple[int, int]]:
    """A code block that fits stays whole; of a longer one, each fence stays with the code next to it."""
    if fence.end - fence.start <= limit:
        return [(fence.start, fence.end)]
    return [(fence.start, fence.body + 1), (fence.body_end - 1, fence.end)]


def _piece(units: bytes, start: int, end: int, fences: Sequence[Fence]) -> str:
    """The range as a message of its own; code that goes on from the last message, or into the next, is fenced."""
    text = text_of(units, start, end)
    before, after = _around(fences, start), _around(fences, end)
    if before is None:
        text = text.lstrip()
    else:
        text = before.opening + (text[1:] if text.startswith("\n") and not text.startswith(_CLOSING) else text)
    text = text.rstrip()
    return text if after is None else text + _CLOSING


def _around(fences: Sequence[Fence], unit: int) -> Fence | None:
    """The code block in whose body a cut at `unit` falls."""
    index = bisect_right(fences, unit, key=lambda fence: fence.start) - 1
    if index < 0:
        return None
    fence = fences[index]
    return fence if fence.body < unit < fence.body_end else None
