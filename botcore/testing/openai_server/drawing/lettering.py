"""Text in pictures: a font for every character, lines that fit a box.

Latin text is set in the font that comes with Pillow. Other scripts need another font: the one of the package
`paperang_p2_fonts_cjk` where it is installed (WenQuanYi Micro Hei: Chinese, Japanese, Korean, Cyrillic, Greek), and for
what that lacks the system's fonts. A character that no font has is left out, never drawn as a box.
"""

# Chinese and Japanese characters are meant as they stand.
# ruff: noqa: RUF001

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import groupby
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from botcore.testing.openai_server.drawing.colours import Rgb
from botcore.testing.openai_server.drawing.shapes import Box, Canvas

_PACKAGE = "paperang_p2_fonts_cjk"
_FOLDERS = (
    "/usr/share/fonts", "/usr/local/share/fonts", "~/.local/share/fonts", "~/.fonts",
    "/System/Library/Fonts", "/Library/Fonts", "~/Library/Fonts", "C:/Windows/Fonts",
)  # fmt: skip
# Fonts with many scripts, the better ones first; matched against the beginning of a file's name.
_GOOD = (
    "notosanscjk", "sourcehansans", "wqy-", "droidsansfallback", "pingfang", "hiragino", "stheiti", "msyh", "simhei",
    "yugoth", "meiryo", "malgun", "applesdgothic", "arial unicode", "dejavusans.", "notosans-regular", "segoeui.",
    "unifont",
)  # fmt: skip
_NOTHING = "\U0010fffe"  # no font has a glyph for a noncharacter: this is drawn as the font's box
_LINE = 1.32  # the distance of two lines, in font sizes
# Closing punctuation does not begin a line, and what has no spaces may be broken between any two characters.
_EAST = r"[\u3000-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\uff01-\uff60]"
_CLOSING = r"[,.:;!?)\]}、。，．：；！？）」』】》〉…ー]"
_UNIT = re.compile(rf"{_EAST}{_CLOSING}*|(?:(?!{_EAST})\S)+{_CLOSING}*|\s+")

Font = ImageFont.FreeTypeFont


class Face:
    """One font file (None: the one inside Pillow), in any size."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._known: dict[str, bool] = {}
        self._probe = self.sized(16)
        self._box = self._drawn(_NOTHING)

    def sized(self, size: int) -> Font:
        """The font at a size in pixels."""
        if self._path is not None:
            return ImageFont.truetype(str(self._path), size, layout_engine=ImageFont.Layout.BASIC)
        font = ImageFont.load_default(size)
        assert isinstance(font, ImageFont.FreeTypeFont), "Pillow was built without FreeType"
        return font.font_variant(layout_engine=ImageFont.Layout.BASIC)

    def has(self, character: str) -> bool:
        """Whether it can draw the character: it draws something else than for a character that does not exist."""
        known = self._known.get(character)
        if known is None:
            known = self._known[character] = self._drawn(character) != self._box
        return known

    def _drawn(self, character: str) -> bytes:
        picture = Image.new("L", (48, 48))
        ImageDraw.Draw(picture).text((16, 16), character, font=self._probe, fill=255)
        return picture.tobytes()


@dataclass(frozen=True, slots=True)
class Block:
    """Lines of text at one size, and how many pixels they take."""

    lines: tuple[str, ...]
    size: int
    width: float
    height: float


class Lettering:
    """Sets one text. Not for several threads at once: make one for each picture."""

    def __init__(self, text: str) -> None:
        self._faces = [Face(None)]
        self._more = _more_fonts()
        self._face_of: dict[str, int] = {}
        self._fonts: dict[tuple[int, int], Font] = {}
        self._advances: dict[str, float] = {}
        shown = "".join(char if self._find(char) is not None else " " for char in unicodedata.normalize("NFC", text))
        self.text = " ".join(shown.split())

    def fit(self, width: float, height: float, largest: int, smallest: int) -> Block:
        """The text as large as it fits; at the smallest size what does not fit is left out, with an ellipsis."""
        size = largest
        while True:
            block = self._wrap(width, size)
            if (block.height <= height and block.width <= width) or size <= smallest:
                break
            size = max(int(size * 0.88), smallest)
        most = max(int(height / (size * _LINE)), 1)
        if len(block.lines) <= most:
            return block
        kept = list(block.lines[:most])
        while kept[-1] and self._width(kept[-1] + "…", size) > width:
            kept[-1] = kept[-1][:-1]
        kept[-1] += "…"
        return Block(tuple(kept), size, block.width, most * size * _LINE)

    def draw(self, canvas: Canvas, box: Box, block: Block, colour: Rgb) -> None:
        """Draw a block into the middle of a box."""
        left, top, right, bottom = box
        y = (top + bottom - block.height) / 2 + block.size * 1.02
        for line in block.lines:
            x = (left + right - self._width(line, block.size)) / 2
            for run, font in self._runs(line, block.size):
                canvas.text((x, y), run, font=font, fill=colour, anchor="ls")
                x += font.getlength(run)
            y += block.size * _LINE

    def _wrap(self, width: float, size: int) -> Block:
        lines: list[str] = []
        line = ""
        for unit in self._units(width, size):
            if line and self._width(line + unit.rstrip(), size) > width:
                lines.append(line.rstrip())
                line = unit.lstrip()
            else:
                line += unit
        lines.append(line.rstrip())
        widest = max(self._width(one, size) for one in lines)
        return Block(tuple(lines), size, widest, len(lines) * size * _LINE)

    def _units(self, width: float, size: int) -> Iterator[str]:
        """What must not be broken; a word that is longer than a line is."""
        for found in _UNIT.finditer(self.text):
            unit = found.group()
            while len(unit) > 1 and self._width(unit, size) > width:
                count = len(unit) - 1
                while count > 1 and self._width(unit[:count], size) > width:
                    count -= 1
                yield unit[:count]
                unit = unit[count:]
            yield unit

    def _width(self, text: str, size: int) -> float:
        """The width without kerning: measured once for each character, at 100 pixels, which is fast for many sizes."""
        total = 0.0
        for char in text:
            advance = self._advances.get(char)
            if advance is None:
                advance = self._advances[char] = self._font(self._find(char) or 0, 100).getlength(char) / 100
            total += advance
        return total * size

    def _runs(self, line: str, size: int) -> Iterator[tuple[str, Font]]:
        for index, run in groupby(line, lambda char: self._find(char) or 0):
            yield "".join(run), self._font(index, size)

    def _font(self, index: int, size: int) -> Font:
        font = self._fonts.get((index, size))
        if font is None:
            font = self._fonts[index, size] = self._faces[index].sized(size)
        return font

    def _find(self, character: str) -> int | None:
        """Which face has the character; the next font is opened only when one is missing."""
        if character.isspace() or character == "…":
            return 0
        if character in self._face_of:
            return self._face_of[character]
        if unicodedata.category(character)[0] in "CM":  # controls, and marks that stand on nothing
            return None
        for index, face in enumerate(self._faces):
            if face.has(character):
                self._face_of[character] = index
                return index
        for path in self._more:
            try:
                self._faces.append(Face(path))
            except OSError:  # no font after all
                continue
            if self._faces[-1].has(character):
                self._face_of[character] = len(self._faces) - 1
                return self._face_of[character]
        return None


def _more_fonts() -> Iterator[Path]:
    """Fonts with other scripts, the best first; the system's folders are read only if it comes to them."""
    package = find_spec(_PACKAGE)
    if package is not None and package.origin is not None:
        yield from sorted((Path(package.origin).parent / "fonts").glob("*.tt[cf]"))
    found: list[tuple[int, str, Path]] = []
    for folder in _FOLDERS:
        root = Path(folder).expanduser()
        if not root.is_dir():
            continue
        for path in root.rglob("*.[to]t[cf]"):
            name = path.name.lower()
            rank = next((at for at, begin in enumerate(_GOOD) if name.startswith(begin)), None)
            if rank is not None and "bold" not in name and "italic" not in name:
                found.append((rank, str(path), path))
    yield from (path for _, _, path in sorted(found))
