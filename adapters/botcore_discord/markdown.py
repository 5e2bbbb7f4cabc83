"""Markdown, as language models write it, to what Discord shows.

Discord reads most of it itself. Turned into something else is what it would show as it stands: tables, pictures, deep
headings, rules, HTML, nested quotes, check boxes; and `||`, which would hide what follows. Code is left alone.
"""

import html
import re
from collections.abc import Iterator
from typing import Final

from botcore_discord.escaping import LINK
from botcore_discord.markup import Block, Code, Prose
from botcore_discord.tables import table_at

_CONTROL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")

_OPENING: Final = re.compile(
    r"(?P<before>(?:[ \t]*>)*[ \t]*)(?P<item>(?:[-*+]|\d{1,9}[.)])[ \t]+)?(?P<fence>`{3,}(?=[^`]*$)|~{3,})(?P<info>.*)$"
)
_LANGUAGE: Final = re.compile(r"[ \t]*\{?\.?([A-Za-z0-9_+#.-]{1,20})(?=[\s},{]|$)")

_RULE: Final = re.compile(r"[ \t]{0,3}([-*_])(?:[ \t]*\1){2,}[ \t]*$")
_UNDERLINE: Final = re.compile(r"[ \t]{0,3}(?:=+|-+)[ \t]*$")
_HEADING: Final = re.compile(r"[ \t]{0,3}(#{1,6})[ \t]+(.*)")
_QUOTE: Final = re.compile(r"[ \t]{0,3}>(?:[ \t]?>)*[ \t]?")
_TASK: Final = re.compile(r"^([ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]+)\[([ xX])\][ \t]")
_PLUS: Final = re.compile(r"^([ \t]*)\+(?=[ \t])")
_NO_PARAGRAPH: Final = re.compile(r"[ \t]*(?:$|[#>|]|[-*+][ \t]|\d{1,9}[.)][ \t])")

_DRAWN_RULE: Final = "\N{BOX DRAWINGS LIGHT HORIZONTAL}" * 12
_BOXES: Final = {" ": "\N{BALLOT BOX}", "x": "\N{BALLOT BOX WITH CHECK}", "X": "\N{BALLOT BOX WITH CHECK}"}


def tidied(text: str) -> str:
    """`text` with line feeds as line ends, and without control characters and halves of surrogate pairs."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    try:
        text.encode()
    except UnicodeEncodeError:  # a pair that stands as two is joined, a half is replaced
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return _CONTROL.sub("", text)


def from_markdown(markdown: str) -> list[Block]:
    """`markdown` in Discord's markup. Any text is taken."""
    return list(_Reader(tidied(markdown).split("\n")).blocks())


class _Reader:
    """Reads line by line; `_at` is the next one."""

    def __init__(self, lines: list[str]) -> None:
        self._lines = lines
        self._at = 0
        self._prose: list[str] = []

    def blocks(self) -> Iterator[Block]:
        while self._at < len(self._lines):
            line = self._lines[self._at]
            opening = _OPENING.match(line)
            if opening is not None:
                if opening["item"]:  # the point of a list whose text is code
                    self._prose.append(line[: opening.start("fence")].rstrip())
                code = self._code(opening)
                yield from self._said()
                yield code
            elif "|" in line and (table := table_at(self._lines, self._at)) is not None:
                yield from self._said()
                yield table.block if isinstance(table.block, Code) else Prose(inline(table.block.text))
                self._at += table.lines
            else:
                self._at += 1
                self._say(line)
        yield from self._said()

    def _code(self, opening: re.Match[str]) -> Code:
        """A fenced block, to its end or to the end of the text."""
        quoted = ">" in opening["before"]
        indent = len(opening["before"].expandtabs(4)) + len(opening["item"] or "")
        closing = re.compile(rf"[ \t]*{re.escape(opening['fence'][0])}{{{len(opening['fence'])},}}[ \t]*$")
        body: list[str] = []
        self._at += 1
        while self._at < len(self._lines):
            line = self._lines[self._at]
            if quoted:
                if not line.lstrip().startswith(">"):
                    break
                line = _QUOTE.sub("", line, count=1)
            self._at += 1
            if closing.match(line):
                break
            body.append(line if quoted else _outdented(line, indent))
        language = _LANGUAGE.match(opening["info"])
        return Code(language[1] if language else "", "\n".join(body))

    def _said(self) -> Iterator[Prose]:
        text = "\n".join(self._prose)
        self._prose.clear()
        if text.strip():
            yield Prose(inline(text))

    def _say(self, line: str) -> None:
        before = self._prose[-1] if self._prose else ""
        heading = _HEADING.match(line)
        if heading is not None:
            line = _heading(len(heading[1]), _unclosed(heading[2].rstrip(" \t")))
        elif not _NO_PARAGRAPH.match(before) and _UNDERLINE.match(line):
            self._prose[-1] = _heading(1 if "=" in line else 2, before.strip())
            return
        elif _RULE.match(line):
            line = _DRAWN_RULE
        elif quote := _QUOTE.match(line):
            line = f"> {line[quote.end() :]}"
        else:
            line = _TASK.sub(lambda task: f"{task[1]}{_BOXES[task[2]]} ", line)
            if _NO_PARAGRAPH.match(before):  # else it may be a sum over several lines
                line = _PLUS.sub(r"\1-", line)
        self._prose.append(line)


def _heading(level: int, text: str) -> str:
    if level <= 3:
        return f"{'#' * level} {text}"
    return f"**{text.replace('**', '')}**" if text.strip("* ") else text


def _unclosed(heading: str) -> str:
    """A heading's text without the marks that may stand behind it: `# Title #`."""
    text = heading.rstrip("#")
    return text.rstrip(" \t") if text != heading and text.endswith((" ", "\t")) else heading


def _outdented(line: str, most: int) -> str:
    bare = line.lstrip(" \t")
    return line[min(len(line) - len(bare), most) :]


_INLINE: Final = re.compile(
    r"(?P<kept>\\[!-/:-@\[-`{-~])"
    r"|(?P<ticks>`+)"
    r"|!\[(?P<alt>(?:[^\[\]\\\n]|\\.)*)\]"
    r"\([ ]*<?(?P<url>[^\s()<>]*(?:\([^\s()<>]*\)[^\s()<>]*)*)>?(?:[ ]+\"[^\"\n]*\")?[ ]*\)"
    rf"|(?P<link><?{LINK}>?)"
    r"|<!--(?:(?!<!--)[\s\S])*?-->"
    # atomic: the first link counts, else one with thousands would be read as often before it is found to have no end
    r"|(?><a\s[^<>\n]*?href=\"(?P<href>https?://[^\s\"<>()]+)\")[^<>\n]*>(?P<anchor>[^<>\[\]\n]+)</a>"
    r"|(?><img\s[^<>\n]*?src=\"(?P<src>https?://[^\s\"<>()]+)\")[^<>\n]*>"
    r"|<(?P<end>/?)(?P<tag>[A-Za-z][A-Za-z0-9]{0,9})(?P<more>(?:\s[^<>\n]*)?)/?>"
    r"|&(?P<entity>\#\d{1,7}|\#[xX][0-9A-Fa-f]{1,6}|[A-Za-z]\w{1,31});"
    r"|(?P<bars>\|\|)"
)
_MARKS: Final = {
    **dict.fromkeys(("b", "strong", "h1", "h2", "h3", "h4", "h5", "h6", "summary"), "**"),
    **dict.fromkeys(("i", "em", "cite", "dfn", "var"), "*"),
    **dict.fromkeys(("s", "del", "strike"), "~~"),
    **dict.fromkeys(("u", "ins"), "__"),
    **dict.fromkeys(("code", "kbd", "tt", "samp"), "`"),
}
_BREAKS: Final = frozenset({"br", "hr"})
_UNSHOWN: Final = frozenset(
    {"a", "abbr", "center", "details", "div", "font", "li", "mark", "ol", "p", "q", "small", "span", "sub", "sup", "ul"}
)


def inline(text: str) -> str:
    """The text of paragraphs, with what Discord does not know in it turned into what it knows."""
    if not any(mark in text for mark in ("![", "<", "&", "||")):
        return text
    told: list[str] = []
    runs = _backticks(text)
    at = 0
    while (found := _INLINE.search(text, at)) is not None:
        told.append(text[at : found.start()])
        at = found.end()
        if found["ticks"]:
            closing = _closing(runs, len(found["ticks"]), at)
            at = at if closing is None else closing
            told.append(text[found.start() : at])
        else:
            told.append(_turned(found))
    told.append(text[at:])
    return "".join(told)


def _backticks(text: str) -> dict[int, list[int]]:
    """Where runs of backticks end, by their length, the last first."""
    runs: dict[int, list[int]] = {}
    for run in re.finditer(r"`+", text):
        runs.setdefault(len(run[0]), []).append(run.end())
    for ends in runs.values():
        ends.reverse()
    return runs


def _closing(runs: dict[int, list[int]], length: int, after: int) -> int | None:
    ends = runs[length]
    while ends and ends[-1] <= after:
        ends.pop()
    return ends[-1] if ends else None


def _turned(found: re.Match[str]) -> str:
    if found["alt"] is not None:
        alt, url = found["alt"] or "picture", found["url"]
        return f"[{alt}]({url})" if re.match("https?://", url) else alt
    if found["href"]:
        return f"[{found['anchor']}]({found['href']})"
    if found["src"]:
        return f"[picture]({found['src']})"
    if found["tag"]:
        return _tag(found)
    if found["entity"]:
        shown = html.unescape(found[0])
        return f"\\{shown}" if len(shown) == 1 and shown in "\\*_~|`<>[]#" else shown
    if found["bars"]:
        return r"\|\|"
    return "" if found[0].startswith("<!--") else found[0]


def _tag(found: re.Match[str]) -> str:
    """A tag by its mark; what is no tag of HTML (`List<str>`) stays."""
    name = found["tag"].lower()
    if name in _BREAKS:
        return "\n"
    if name in _UNSHOWN:
        return ""
    mark = _MARKS.get(name)
    return found[0] if mark is None or (found["more"] and not found["more"].isspace() and mark == "`") else mark
