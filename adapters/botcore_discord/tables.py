"""Tables, which Discord does not know: as code with columns of one width, or as lists where they are too wide."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from botcore_discord.markup import Code, Prose

_WIDEST: Final = 76
"""Columns of a table that is shown as one: about what a window holds; a phone breaks longer lines."""

_DELIMITER: Final = re.compile(r"[ \t]*+\|?[ \t]*+:?-++:?[ \t]*+(?:\|[ \t]*+:?-++:?[ \t]*+)*+\|?[ \t]*+$")
_CELL: Final = re.compile(r"(?:[^|\\`]|\\.|`+[^`]*`+|`)*")
_DRESS: Final = re.compile(r"\*\*|__|~~|`+|(?<!\w)[*_](?=\S)|(?<=\S)[*_](?!\w)")
_BREAK: Final = re.compile(r"<br[ ]*/?>", re.IGNORECASE)
_LINK: Final = re.compile(r"!?\[([^\[\]]*)\]\(([^()\s]*)\)")


@dataclass(frozen=True, slots=True)
class Table:
    """A table as it is shown, and how many lines it took."""

    block: Code | Prose
    lines: int


def table_at(lines: Sequence[str], at: int) -> Table | None:
    """The table that begins with line `at`; None where none does."""
    if at + 1 >= len(lines) or "-" not in lines[at + 1] or not _DELIMITER.match(lines[at + 1]):
        return None
    header, delimiter = _cells(lines[at]), _cells(lines[at + 1])
    if len(header) != len(delimiter) or ("|" not in lines[at + 1] and len(header) == 1):
        return None
    end = at + 2
    while end < len(lines) and lines[end].strip() and "|" in lines[end]:
        end += 1
    rows = [[*_cells(line), *[""] * len(header)][: len(header)] for line in lines[at + 2 : end]]
    bare = [[_undressed(cell) for cell in row] for row in [header, *rows]]
    widths = [max(_width(row[column]) for row in bare) for column in range(len(header))]
    if sum(widths) + 3 * (len(widths) - 1) <= _WIDEST:
        return Table(Code("", _drawn(bare, widths, delimiter)), end - at)
    return Table(Prose(_listed(header, rows)), end - at)


def _cells(line: str) -> list[str]:
    """The cells of a row; `|` stands for itself where it is escaped or in code."""
    line = line.strip()
    line = line.removeprefix("|")
    cells: list[str] = []
    at = 0
    while at <= len(line):
        cell = _CELL.match(line, at)
        end = cell.end() if cell else at
        cells.append(line[at:end].strip().replace("\\|", "|"))
        at = end + 1
    if len(cells) > 1 and not cells[-1] and line.endswith("|"):
        cells.pop()
    return cells


def _undressed(cell: str) -> str:
    """A cell as code shows it: without marks, which would stay visible there."""
    cell = _LINK.sub(lambda link: f"{link[1]} ({link[2]})" if link[2] else link[1], cell)
    return " ".join(_DRESS.sub("", _BREAK.sub(" ", cell)).split())


def _width(text: str) -> int:
    """Columns of a font whose letters are all of one width."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text
    )


def _drawn(rows: Sequence[Sequence[str]], widths: Sequence[int], delimiter: Sequence[str]) -> str:
    lines = [" | ".join(map(_aligned, row, widths, delimiter)).rstrip() for row in rows]
    rule = "-+-".join("-" * width for width in widths)
    return "\n".join([lines[0], rule, *lines[1:]])


def _aligned(text: str, width: int, delimiter: str) -> str:
    spare = width - _width(text)
    left = {(True, False): 0, (False, True): spare, (True, True): spare // 2}.get(
        (delimiter.startswith(":"), delimiter.endswith(":")), 0
    )
    return " " * left + text + " " * (spare - left)


def _listed(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Each row as a point: its first cell, and below it the others with their headings."""
    told: list[str] = []
    for row in rows:
        told.append(f"- **{row[0].replace('**', '') or '-'}**")
        told += [
            f"  - {f'{name}: ' if name else ''}{cell}" for name, cell in zip(header[1:], row[1:], strict=True) if cell
        ]
    return "\n".join(told) or " | ".join(header)
