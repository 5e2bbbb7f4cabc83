"""Markdown, as language models write it, to text with entities.

Never through the Bot API's parse_mode, which refuses what is not exact. The converter is telegramify-markdown; around
it stands what it must not be given, and what Telegram would not take from it.
"""

import re
from functools import cache
from typing import Any, Final, cast

from telegramify_markdown import convert
from telegramify_markdown.config import RenderConfig

from botcore.cutting import utf16_length
from botcore.graphemes import is_blank
from botcore_telegram.entities import KINDS, Entity, Formatted, Kind, normalised
from botcore_telegram.tags import without_html

LONGEST: Final = 100_000
"""Characters that are converted; a longer text stays as it is. It keeps the conversion, which runs on the event loop,
under 50 ms, with the next number (benchmarks/bench_telegram_parts.py)."""

_MOST_MARKS: Final = 8_000
"""Characters with a meaning in Markdown that are converted, at 3 to 5 microseconds each. A dense answer of
30,000 characters has 5,000."""
_MARKS: Final = "*_~`[]<>|\\&\n"

_MOST_MATH: Final = 1_000
"""`$` signs beyond which a text is no formula but noise: the work on empty ones grows with the square."""

_LATEX_WORK: Final = 2_000_000
r"""Most characters that the converter's search for `\(...\)` may look at: one without an end is sought to the
end of its paragraph."""

_DEEPEST: Final = 24
_DEEP: Final = re.compile(rf"^[ \t]*(?:(?:>|(?:[-*+]|\d{{1,9}}[.)])[ \t])[ \t]*){{{_DEEPEST},}}", re.MULTILINE)
"""Lists and quotes within each other on one line: each is indented by all around it, which grows with the square."""

_CONTROL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_FAULTS: Final = (ArithmeticError, AssertionError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""What foreign code may raise over a text it did not foresee."""


def from_markdown(markdown: str) -> Formatted:
    """`markdown` as text and entities, without white space around it. Any text is taken: at worst it stays as it is."""
    source = tidied(markdown)
    if not _is_reasonable(source):
        return plain(source)
    try:
        text, found = convert(without_html(source), latex_escape=_latex_is_cheap(source), config=_symbols())
    except _FAULTS:
        return plain(source)
    if is_blank(text):  # nothing but marks: "***", a link definition
        return plain(source)
    return _trimmed(text, tuple(entity for each in found if (entity := _entity(each)) is not None))


def plain(text: str) -> Formatted:
    """`text` letter by letter, without white space around it."""
    return Formatted(tidied(text).strip())


def tidied(text: str) -> str:
    """`text` as Telegram can carry it: no lone surrogates, no control characters, line feeds as line ends."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    try:
        text.encode()
    except UnicodeEncodeError:  # a pair that stands as two is joined, a half is replaced
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return _CONTROL.sub("", text)


def _is_reasonable(source: str) -> bool:
    return (
        len(source) <= LONGEST
        and sum(map(source.count, _MARKS)) <= _MOST_MARKS
        and source.count("$") <= _MOST_MATH
        and not _DEEP.search(source)
    )


def _latex_is_cheap(source: str) -> bool:
    openings = source.count("\\(") + source.count("\\[")
    return openings == 0 or openings * max(map(len, source.split("\n\n"))) <= _LATEX_WORK


@cache
def _symbols() -> RenderConfig:
    config = RenderConfig.isolated()
    symbol = config.markdown_symbol
    for level in range(1, 7):
        setattr(symbol, f"heading_level_{level}", "")
    symbol.image = "\N{FRAME WITH PICTURE} "
    symbol.task_completed = "\N{BALLOT BOX WITH CHECK}"
    symbol.task_uncompleted = "\N{BALLOT BOX}"
    symbol.unordered_list_item = "\N{BULLET}"
    return config


def _entity(found: Any) -> Entity | None:
    if found.type not in KINDS:
        return None
    return Entity(cast("Kind", found.type), found.offset, found.length, found.url, found.language)


def _trimmed(text: str, entities: tuple[Entity, ...]) -> Formatted:
    """Without the white space around the text, which Telegram would take away, and with it the entities' footing."""
    kept = text.strip()
    before = utf16_length(text[: len(text) - len(text.lstrip())])
    end = utf16_length(kept)
    moved: list[Entity] = []
    for entity in entities:
        start = max(entity.offset - before, 0)
        stop = min(entity.end - before, end)
        if start < stop:
            moved.append(Entity(entity.kind, start, stop - start, entity.url, entity.language))
    return Formatted(kept, normalised(moved))
