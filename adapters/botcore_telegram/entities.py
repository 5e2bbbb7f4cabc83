"""Text with its formatting as Telegram takes it: plain text and entities, counted in UTF-16 code units."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal, TypeAlias, get_args

from botcore.cutting import utf16_length
from botcore.graphemes import is_blank

Kind: TypeAlias = Literal[
    "bold",
    "italic",
    "underline",
    "strikethrough",
    "spoiler",
    "blockquote",
    "expandable_blockquote",
    "code",
    "pre",
    "text_link",
]
"""The entity types that a bot sets for formatting (https://core.telegram.org/bots/api#messageentity)."""

KINDS: Final[frozenset[str]] = frozenset(get_args(Kind))
_STYLES: Final = ("bold", "italic", "underline", "strikethrough", "spoiler")
_QUOTES: Final = frozenset({"blockquote", "expandable_blockquote"})
_LINK: Final = re.compile(
    r"(?:https?://|tg://|mailto:|tel:|ftp://|ton://)\S+|(?:[\w-]+\.)+[a-z]{2,}(?:[/?#]\S*)?", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Entity:
    """One stretch of formatting.

    `offset` and `length` are UTF-16 code units; `url` is a text_link's, `language` a pre's.
    """

    kind: Kind
    offset: int
    length: int
    url: str | None = None
    language: str | None = None

    @property
    def end(self) -> int:
        """The code unit after the last."""
        return self.offset + self.length

    def to_json(self) -> dict[str, str | int]:
        """The Bot API's MessageEntity."""
        entity: dict[str, str | int] = {"type": self.kind, "offset": self.offset, "length": self.length}
        if self.url is not None:
            entity["url"] = self.url
        if self.language is not None:
            entity["language"] = self.language
        return entity


@dataclass(frozen=True, slots=True)
class Formatted:
    """Plain text and its entities, sorted by offset, the longer first."""

    text: str
    entities: tuple[Entity, ...] = ()


def joined(texts: Sequence[Formatted]) -> Formatted:
    """One text of several, with an empty line between them; what is blank is left out."""
    text, entities = "", list[Entity]()
    for one in texts:
        if is_blank(one.text):
            continue
        text = f"{text}\n\n" if text else ""
        shift = utf16_length(text)
        text += one.text
        entities += [replace(entity, offset=entity.offset + shift) for entity in one.entities]
    return Formatted(text, tuple(entities))


def normalised(entities: Iterable[Entity]) -> tuple[Entity, ...]:
    """The entities, sorted, without what the Bot API does not allow.

    Its rules (https://core.telegram.org/bots/api#formatting-options): nothing inside or across `pre` and `code`, no
    quote within a quote; a link needs an address. A linked code span stays a link.
    """
    ordered = sorted((entity for entity in entities if entity.length > 0), key=_order)
    quotes = list(_outermost(entity for entity in ordered if entity.kind in _QUOTES))
    blocks = list(_outermost(entity for entity in ordered if entity.kind == "pre"))
    links = list(_outermost(e for e in ordered if _is_open_link(e) and not _overlaps(e, blocks)))
    taken = sorted([*links, *blocks], key=_order)
    spans = _outermost(entity for entity in ordered if entity.kind == "code" and not _overlaps(entity, taken))
    literal = sorted([*blocks, *spans], key=_order)
    kept = [*quotes, *links, *literal]
    for style in _STYLES:
        for entity in _outermost(entity for entity in ordered if entity.kind == style):
            kept.extend(_without(entity, literal))
    return tuple(sorted(kept, key=_order))


def _is_open_link(entity: Entity) -> bool:
    return entity.kind == "text_link" and entity.url is not None and _LINK.fullmatch(entity.url) is not None


def _order(entity: Entity) -> tuple[int, int, str]:
    return entity.offset, -entity.length, entity.kind


def _end(entity: Entity) -> int:
    return entity.end


def _outermost(ordered: Iterable[Entity]) -> Iterator[Entity]:
    """Of sorted entities, those that do not overlap an earlier one."""
    end = 0
    for entity in ordered:
        if entity.offset >= end:
            end = entity.end
            yield entity


def _overlaps(entity: Entity, disjoint: Sequence[Entity]) -> bool:
    return next(_touching(entity, disjoint), None) is not None


def _touching(entity: Entity, disjoint: Sequence[Entity]) -> Iterator[Entity]:
    """Those of `disjoint` (sorted, without overlaps) that share a code unit with `entity`."""
    index = bisect_right(disjoint, entity.offset, key=_end)
    while index < len(disjoint) and disjoint[index].offset < entity.end:
        yield disjoint[index]
        index += 1


def _without(entity: Entity, literal: Sequence[Entity]) -> Iterator[Entity]:
    """What is left of `entity` outside code."""
    start = entity.offset
    for gap in _touching(entity, literal):
        if gap.offset > start:
            yield replace(entity, offset=start, length=gap.offset - start)
        start = gap.end
    if start < entity.end:
        yield replace(entity, offset=start, length=entity.end - start)
