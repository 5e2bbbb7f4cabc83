"""Message entities as the real server treats them: offsets in UTF-16 units, checked, cleaned, nested, trimmed.

The rules are TDLib's `fix_formatted_text`: entities outside the text or inside a surrogate pair are refused; nesting
that cannot be shown is not refused but repaired (the inner entity is dropped, or bold and its like are split).
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

from botcore.testing.telegram_server.refusals import bad_request

SPLITTABLE = ("bold", "italic", "underline", "strikethrough", "spoiler")
_QUOTES = frozenset({"blockquote", "expandable_blockquote"})
_VERBATIM = frozenset({"pre", "code", "date_time"})
_PRIORITY = {
    **dict.fromkeys(_QUOTES, 0),
    "pre": 11,
    "code": 20,
    "date_time": 30,
    "text_link": 49,
    "text_mention": 49,
    "custom_emoji": 99,
    "bold": 90,
    "italic": 91,
    "underline": 92,
    "strikethrough": 93,
    "spoiler": 94,
}
_MAX_OFFSET = 1_000_000  # TDLib: "Receive an entity with incorrect offset"
_UNCLEAN = re.compile("[\x00-\x09\x0b-\x1f\u2028-\u202e\u0333\u033f\u030a]")
_REMOVED = frozenset("\r\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u0333\u033f\u030a")
_INVISIBLE = re.compile(
    "[\\s\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180e\u2000-\u200f\u2060-\u206f\u2800\u3164\ufeff\ufffc]*"
)


@dataclass(frozen=True, slots=True)
class Entity:
    """One formatted or recognised stretch of text; `offset` and `length` count UTF-16 code units."""

    kind: str
    offset: int
    length: int
    details: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def end(self) -> int:
        """The unit after the last one."""
        return self.offset + self.length

    def as_json(self) -> dict[str, Any]:
        """The `MessageEntity` object."""
        return {"offset": self.offset, "length": self.length, "type": self.kind, **self.details}

    def order(self) -> tuple[int, int, int]:
        """Outer entities first."""
        return self.offset, -self.length, _PRIORITY.get(self.kind, 50)


def utf16_length(text: str) -> int:
    """The length of `text` in UTF-16 code units, in which all offsets of the Bot API count."""
    if text.isascii():
        return len(text)
    return len(text) + sum(character > "\uffff" for character in text)


def cut(text: str, offset: int, length: int) -> str:
    """The part of `text` that an entity covers; `offset` and `length` in UTF-16 code units."""
    if text.isascii():
        return text[offset : offset + length]
    return text.encode("utf-16-le")[2 * offset : 2 * (offset + length)].decode("utf-16-le", "replace")


def fix_text(text: str, entities: Iterable[Entity], *, may_be_empty: bool = False) -> tuple[str, list[Entity]]:
    """Clean, check and trim a text with its entities, as the server does with everything that is sent.

    Raises:
        Refused: 400 when an entity lies outside the text or inside a character, or nothing visible is left.
    """
    kept = [entity for entity in entities if _plausible(entity)]
    if kept:
        kept = nest(kept)
    text, kept = _cleaned(text, kept)
    text, kept = _trimmed(text, kept)
    if not text or _INVISIBLE.fullmatch(text):
        if not may_be_empty:
            raise bad_request("Text must be non-empty")
        return "", []
    return text, nest(kept) if kept else kept


def _plausible(entity: Entity) -> bool:
    if not 0 <= entity.offset <= _MAX_OFFSET:
        raise bad_request(f"Receive an entity with incorrect offset {entity.offset}")
    if not 0 <= entity.length <= _MAX_OFFSET:
        raise bad_request(f"Receive an entity with incorrect length {entity.length}")
    return entity.length > 0


def _cleaned(text: str, entities: list[Entity]) -> tuple[str, list[Entity]]:
    """Replace control characters by spaces, drop carriage returns and direction overrides, move entities along."""
    dirty = _UNCLEAN.search(text) is not None
    if not dirty and not entities:
        return text, entities
    if not dirty and max(text, default="") <= "\uffff":
        for entity in entities:
            _check_span(entity, len(text))
        return text, entities
    kept: list[str] = []
    places = [0]  # place of each UTF-16 unit of the old text in the new one; -1 inside a surrogate pair
    place = 0
    for character in text:
        wide = character > "\uffff"
        if character not in _REMOVED:
            kept.append(" " if character < " " and character != "\n" else character)
            place += 2 if wide else 1
        if wide:
            places.append(-1)
        places.append(place)
    return "".join(kept), [moved for entity in entities if (moved := _move(entity, places, text)).length > 0]


def _check_span(entity: Entity, units: int) -> None:
    if entity.offset > units:
        raise bad_request(f"Entity begins after the end of the text at UTF-16 offset {entity.offset}")
    if entity.end > units:
        raise bad_request(
            f"Entity beginning at UTF-16 offset {entity.offset} ends after the end of the text at UTF-16 offset "
            f"{entity.end}"
        )


def _move(entity: Entity, places: list[int], text: str) -> Entity:
    _check_span(entity, len(places) - 1)
    begin, end = places[entity.offset], places[entity.end]
    if begin < 0:
        raise bad_request(
            f"Entity begins in a middle of a UTF-16 symbol at byte offset {_bytes_before(text, entity.offset + 1)}"
        )
    if end < 0:
        raise bad_request(
            f"Entity beginning at UTF-16 offset {entity.offset} ends in a middle of a UTF-16 symbol at byte offset "
            f"{_bytes_before(text, entity.end + 1)}"
        )
    return replace(entity, offset=begin, length=end - begin)


def _bytes_before(text: str, units: int) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")[: 2 * units].decode("utf-16-le", "replace").encode())


def _trimmed(text: str, entities: list[Entity]) -> tuple[str, list[Entity]]:
    right = text.rstrip(" \n")
    if not entities:
        return right.lstrip(" \n"), entities
    end = utf16_length(right)
    kept = [replace(entity, length=min(entity.end, end) - entity.offset) for entity in entities if entity.offset < end]
    bare = len(right) - len(right.lstrip(" \n"))
    left = min(bare, kept[0].offset) if kept else bare  # spaces are one unit each: characters count as units here
    return right[left:], [replace(entity, offset=entity.offset - left) for entity in kept] if left else kept


def nest(entities: Iterable[Entity]) -> list[Entity]:
    """Sort entities and repair nesting that cannot be shown; the result never overlaps except by containment."""
    ordered = sorted(entities, key=Entity.order)
    if _nested_well(ordered):
        return ordered
    quotes = _without_overlaps(entity for entity in ordered if entity.kind in _QUOTES)
    others = _without_overlaps(e for e in ordered if e.kind not in _QUOTES and e.kind not in SPLITTABLE)
    solid = sorted([*quotes, *_outside_or_inside(others, quotes)], key=Entity.order)
    return _resplit([entity for entity in ordered if entity.kind in SPLITTABLE], solid)


def merge_found(entities: list[Entity], found: list[Entity]) -> list[Entity]:
    """Add recognised entities (mentions, links) where no entity of the sender's stands in the way."""
    if not found:
        return entities
    if not entities:
        return found
    solid = [entity for entity in entities if entity.kind not in SPLITTABLE]
    quotes = [entity for entity in solid if entity.kind in _QUOTES]
    rest = [entity for entity in solid if entity.kind not in _QUOTES]
    free = [
        f for f in _outside_or_inside(found, quotes) if not any(f.offset < o.end and o.offset < f.end for o in rest)
    ]
    if not free:
        return entities
    return _resplit([e for e in entities if e.kind in SPLITTABLE], sorted([*solid, *free], key=Entity.order))


def _nested_well(ordered: list[Entity]) -> bool:
    stack: list[Entity] = []
    ends = dict.fromkeys(SPLITTABLE, -1)
    for entity in ordered:
        while stack and entity.offset >= stack[-1].end:
            stack.pop()
        if stack and not _fits(entity, stack):
            return False
        if entity.kind in ends:
            if ends[entity.kind] >= entity.offset:
                return False  # two pieces of bold that touch are one
            ends[entity.kind] = entity.end
        stack.append(entity)
    return True


def _fits(entity: Entity, outer: list[Entity]) -> bool:
    kinds = {parent.kind for parent in outer}
    if entity.end > outer[-1].end or entity.kind in kinds or outer[-1].kind in _VERBATIM:
        return False
    if kinds & set(SPLITTABLE):
        return False  # may have to be split at the inner entity
    if entity.kind in SPLITTABLE:
        return True
    return kinds <= _QUOTES and entity.kind not in _QUOTES


def _without_overlaps(ordered: Iterable[Entity]) -> list[Entity]:
    kept: list[Entity] = []
    for entity in ordered:
        if not kept or entity.offset >= kept[-1].end:
            kept.append(entity)
    return kept


def _outside_or_inside(entities: Iterable[Entity], quotes: list[Entity]) -> list[Entity]:
    """Entities that cross no border of a quotation and do not contain one."""

    def crosses(entity: Entity, quote: Entity) -> bool:
        apart = entity.end <= quote.offset or quote.end <= entity.offset
        inside = quote.offset <= entity.offset and entity.end <= quote.end
        return not apart and not inside

    return [entity for entity in entities if not any(crosses(entity, quote) for quote in quotes)]


def _resplit(soft: list[Entity], solid: list[Entity]) -> list[Entity]:
    """Join touching pieces of bold and its like, cut them where anything else begins or ends, drop them inside code."""
    stretches = [(kind, *stretch) for kind in SPLITTABLE for stretch in _union(e for e in soft if e.kind == kind)]
    cuts = {border for entity in solid for border in (entity.offset, entity.end)} | {begin for _, begin, _ in stretches}
    verbatim = [entity for entity in solid if entity.kind in _VERBATIM]
    pieces: list[Entity] = []
    for kind, begin, end in stretches:
        points = [begin, *sorted(point for point in cuts if begin < point < end), end]
        pieces.extend(
            Entity(kind, left, right - left)
            for left, right in pairwise(points)
            if not any(block.offset <= left < block.end for block in verbatim)
        )
    return sorted([*solid, *pieces], key=Entity.order)


def _union(entities: Iterable[Entity]) -> list[tuple[int, int]]:
    stretches: list[tuple[int, int]] = []
    for entity in sorted(entities, key=Entity.order):
        if stretches and entity.offset <= stretches[-1][1]:
            stretches[-1] = (stretches[-1][0], max(stretches[-1][1], entity.end))
        else:
            stretches.append((entity.offset, entity.end))
    return stretches
