"""Text in Discord's markup, and what of it stays in one piece.

https://support.discord.com/hc/en-us/articles/210298617 and the formats of mentions, emojis and times in
https://discord.com/developers/docs/reference#message-formatting.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from botcore_discord.escaping import LINK

FENCE: Final = "```"
_INNER_FENCE: Final = "`\u200b`\u200b`"
"""Three backticks within code, which would end it: kept apart by what has no width."""


@dataclass(frozen=True, slots=True)
class Prose:
    """Text outside of code blocks."""

    text: str


@dataclass(frozen=True, slots=True)
class Code:
    """A code block. `language` may be empty."""

    language: str
    body: str

    @property
    def opening(self) -> str:
        """What opens the block."""
        return f"{FENCE}{self.language}\n"

    @property
    def text(self) -> str:
        """The whole block."""
        return f"{self.opening}{self.body.replace(FENCE, _INNER_FENCE)}\n{FENCE}"


Block = Prose | Code


@dataclass(frozen=True, slots=True)
class Fence:
    """Where a code block lies in a text, in characters: the whole, and its body without the lines that fence it."""

    start: int
    body: int
    body_end: int
    end: int
    opening: str


@dataclass(frozen=True, slots=True)
class Markup:
    """A text with its code blocks, in order."""

    text: str
    fences: tuple[Fence, ...] = ()


def joined(blocks: Sequence[Block]) -> Markup:
    """Blocks in one text, each beginning on a line of its own."""
    texts: list[str] = []
    fences: list[Fence] = []
    at = 0
    for block in blocks:
        if not block.text.strip() or (isinstance(block, Code) and not block.body.strip()):
            continue
        text = f"\n{block.text}" if texts else block.text
        if isinstance(block, Code):
            start, end = at + len(text) - len(block.text), at + len(text)
            fences.append(Fence(start, start + len(block.opening), end - len(FENCE) - 1, end, block.opening))
        texts.append(text)
        at += len(text)
    return Markup("".join(texts), tuple(fences))


_TOKENS: Final = re.compile(
    r"(?P<escape>\\[^0-9A-Za-z\s])"
    r"|(?P<ticks>`+)"
    r"|(?P<whole>"
    r"\[(?:[^\[\]\n\\]|\\.)*\]\(<?[^\s()<>]*(?:\([^\s()<>]*\)[^\s()<>]*)*>?(?:[ ]\"[^\"\n]*\")?\)"
    r"|<(?:@[!&]?|\#|a?:\w+:|/[^:<>\n]{1,64}:|t:|id:)[\w:-]+>"
    rf"|<?{LINK}>?)"
    r"|(?P<mark>\*\*|\*|__|_|~~|\|\|)"
    r"|(?P<gap>\n[ \t]*\n)"
)


def whole_in(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The constructs between two places of a text that would break when it is cut within them."""
    ticks = _Ticks(text, start, end)
    open_marks: dict[str, int] = {}
    at = start
    while (token := _TOKENS.search(text, at, end)) is not None:
        at = token.end()
        match token.lastgroup:
            case "ticks":
                closing = ticks.closing(token.start(), at)
                if closing is not None:
                    yield token.start(), closing
                    at = closing
            case "mark":
                opened = _mark(text, token, open_marks, start, end)
                if opened is not None:
                    yield opened, at
            case "gap":
                open_marks.clear()
            case _:
                yield token.span()


def _mark(text: str, token: re.Match[str], opened: dict[str, int], start: int, end: int) -> int | None:
    """Where the emphasis began that ends with this mark; else the mark is remembered as one that begins."""
    mark = token[0]
    closes = token.start() > start and not text[token.start() - 1].isspace()
    if closes and mark in opened:
        begun = opened[mark]
        for other in [other for other, at in opened.items() if at >= begun]:
            del opened[other]
        return begun
    if token.end() < end and not text[token.end()].isspace():
        opened[mark] = token.start()
    return None


@dataclass(slots=True)
class _Ticks:
    """The runs of backticks of a text, so that each finds the next of its length at once."""

    text: str
    start: int
    end: int
    runs: dict[int, list[int]] = field(init=False)

    def __post_init__(self) -> None:
        self.runs = {}
        for run in re.finditer(r"`+", self.text[self.start : self.end]):
            self.runs.setdefault(len(run[0]), []).append(self.start + run.start())
        for places in self.runs.values():
            places.reverse()

    def closing(self, start: int, after: int) -> int | None:
        """The end of the code that begins with the run from `start` to `after`; None where nothing closes it."""
        places = self.runs.get(after - start, [])
        while places and places[-1] < after:
            places.pop()
        if not places:
            return None
        found = places[-1]
        if re.search(r"\n[ \t]*\n", self.text[after:found]):
            return None
        return found + after - start
