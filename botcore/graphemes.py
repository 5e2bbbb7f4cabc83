"""What a reader sees: where a text may be cut without tearing apart one character, and whether there is any.

A small form of the extended grapheme clusters of UAX #29 (https://unicode.org/reports/tr29/). Where the full rules need
property tables that `unicodedata` does not have, this one joins more than they do: a cut it allows is one they allow.
"""

import unicodedata
from typing import Final

_ZWJ: Final = "\u200d"
_JOINING_CATEGORIES: Final = frozenset({"Mn", "Me", "Mc"})
_JOINING_OTHERS: Final = frozenset({_ZWJ, "\u200c", "\uff9e", "\uff9f", "\u0e33", "\u0eb3"})
_VIRAMA: Final = 9  # canonical combining class

_HANGUL_AFTER: Final = {
    "L": frozenset({"L", "V", "LV", "LVT"}),
    "V": frozenset({"V", "T"}),
    "LV": frozenset({"V", "T"}),
    "T": frozenset({"T"}),
    "LVT": frozenset({"T"}),
}

_INVISIBLE: Final = dict.fromkeys(
    map(
        ord,
        "\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e"
        "\u2060\u2061\u2062\u2063\u2064\u2066\u2067\u2068\u2069\u2800\u3164\ufeff\uffa0",
    )
)
"""Characters without a shape; platforms call a message of nothing else empty."""


def is_blank(text: str) -> bool:
    """Whether there is nothing to see in `text`: nothing but white space and invisible format characters."""
    bare = text.lstrip()
    if bare and ord(bare[0]) not in _INVISIBLE:  # nearly every text; the rest of it need not be looked at
        return False
    return not bare.translate(_INVISIBLE).strip()


def is_boundary(text: str, index: int, start: int = 0) -> bool:
    """Whether `text` may be cut before `text[index]`.

    start: an index known to be a boundary (the last cut), so that a run of flags is counted from there.
    """
    if index <= start or index >= len(text):
        return True
    before, after = text[index - 1], text[index]
    if after < "\u0300" and before != _ZWJ:  # nothing below joins what stands before it, but for a line feed
        return not (before == "\r" and after == "\n") and not _prepends(before)
    if before in "\r\n\0":
        return True
    return not (_joins(after) or _holds(before, after) or _halves_flag(text, index, start))


def _joins(after: str) -> bool:
    """Extend and SpacingMark (GB9, GB9a): combining marks, variation selectors, skin tones, tags, the joiner."""
    return (
        unicodedata.category(after) in _JOINING_CATEGORIES
        or after in _JOINING_OTHERS
        or "\U0001f3fb" <= after <= "\U0001f3ff"
        or "\U000e0020" <= after <= "\U000e007f"
    )


def _holds(before: str, after: str) -> bool:
    """Whether `before` takes `after` to itself: joiner (GB11), virama (GB9c), prefix (GB9b), jamo (GB6 to GB8)."""
    if before == _ZWJ or _prepends(before):
        return True
    if unicodedata.combining(before) == _VIRAMA:
        return True
    allowed = _HANGUL_AFTER.get(_hangul(before))
    return allowed is not None and _hangul(after) in allowed


def _prepends(before: str) -> bool:
    return before >= "\u0600" and (before <= "\u0605" or before in "\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd")


def _hangul(char: str) -> str:
    code = ord(char)
    if code < 0x1100 or code > 0xD7FB:
        return ""
    if 0xAC00 <= code <= 0xD7A3:
        return "LV" if (code - 0xAC00) % 28 == 0 else "LVT"
    if code <= 0x115F or 0xA960 <= code <= 0xA97C:
        return "L"
    if code <= 0x11A7 or 0xD7B0 <= code <= 0xD7C6:
        return "V"
    if code <= 0x11FF or code >= 0xD7CB:
        return "T"
    return ""


def _halves_flag(text: str, index: int, start: int) -> bool:
    """Whether a cut at `index` falls between the two regional indicators of one flag (GB12, GB13)."""
    if not (_is_regional(text[index]) and _is_regional(text[index - 1])):
        return False
    first = index
    while first > start and _is_regional(text[first - 1]):
        first -= 1
    return (index - first) % 2 == 1


def _is_regional(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"
