"""Colours by name and by hash."""

import colorsys
import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

Rgb = tuple[int, int, int]

COLOURS: Mapping[str, Rgb] = MappingProxyType(
    {
        "red": (214, 40, 40),
        "orange": (245, 135, 30),
        "yellow": (252, 211, 55),
        "green": (56, 150, 72),
        "cyan": (60, 200, 210),
        "blue": (38, 98, 210),
        "purple": (130, 66, 178),
        "pink": (246, 140, 182),
        "brown": (124, 78, 46),
        "black": (22, 22, 26),
        "grey": (132, 134, 140),
        "white": (250, 250, 248),
    }
)
# What else they are called, in English, Chinese and Japanese.
_ALSO: Mapping[str, str] = MappingProxyType(
    {
        "scarlet": "red", "crimson": "red", "gold": "yellow", "golden": "yellow", "lime": "green", "teal": "cyan",
        "turquoise": "cyan", "navy": "blue", "violet": "purple", "magenta": "pink", "rose": "pink", "beige": "yellow",
        "gray": "grey", "silver": "grey",
        "红": "red", "紅": "red", "赤": "red", "橙": "orange", "オレンジ": "orange", "黄": "yellow", "金": "yellow",
        "绿": "green", "綠": "green", "緑": "green", "青": "blue", "蓝": "blue", "藍": "blue", "紫": "purple",
        "粉": "pink", "ピンク": "pink", "棕": "brown", "茶色": "brown", "黑": "black", "黒": "black", "灰": "grey",
        "銀": "grey", "银": "grey", "白": "white",
    }
)  # fmt: skip
_LATIN = sorted((*COLOURS, *(name for name in _ALSO if name.isascii())), key=len, reverse=True)
_EAST = sorted((name for name in _ALSO if not name.isascii()), key=len, reverse=True)

# A colour as it is written: `shade` and `name`, or `east`.
COLOUR_PATTERN = (
    rf"(?:\b(?:(?P<shade>light|pale|bright|dark|deep)[ -])?(?P<name>{'|'.join(_LATIN)})\b"
    rf"|(?P<shade_east>浅|淡|深|暗)?(?P<east>{'|'.join(_EAST)})色?)"
)


def named(found: re.Match[str]) -> Rgb:
    """The colour that a match of `COLOUR_PATTERN` names."""
    name = (found["name"] or found["east"]).lower()
    rgb = COLOURS[_ALSO.get(name, name)]
    match (found["shade"] or found["shade_east"] or "").lower():
        case "light" | "pale" | "浅" | "淡":
            return mixed(rgb, (255, 255, 255), 0.5)
        case "dark" | "deep" | "深" | "暗":
            return mixed(rgb, (0, 0, 0), 0.45)
        case _:
            return rgb


def mixed(one: Rgb, other: Rgb, share: float) -> Rgb:
    """`one` with `share` (0 to 1) of `other`."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def dark(rgb: Rgb) -> bool:
    """Whether white text reads better on it than black (by the luma of ITU-R BT.601)."""
    return 0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2] < 140


@dataclass(frozen=True, slots=True)
class Chance:
    """Numbers that look random and are the same for the same words, everywhere."""

    seed: str

    def number(self, what: str, below: int) -> int:
        """A number from 0 up to, without, `below`."""
        digest = hashlib.blake2b(f"{self.seed}\0{what}".encode(errors="replace"), digest_size=8).digest()
        return int.from_bytes(digest, "big") % below

    def share(self, what: str) -> float:
        """A number from 0 up to, without, 1."""
        return self.number(what, 1 << 20) / (1 << 20)

    def colour(self, what: str, *, light: float = 0.6, strong: float = 0.6) -> Rgb:
        """A colour of any hue."""
        red, green, blue = colorsys.hls_to_rgb(self.share(what), light, strong)
        return round(red * 255), round(green * 255), round(blue * 255)


def _shaded(names: Iterable[str]) -> dict[str, Rgb]:
    found: dict[str, Rgb] = dict(COLOURS)
    for name in names:
        found[f"light {name}"] = mixed(COLOURS[name], (255, 255, 255), 0.5)
        found[f"dark {name}"] = mixed(COLOURS[name], (0, 0, 0), 0.45)
    return found


# Every colour with its light and dark shade.
SHADES: Mapping[str, Rgb] = MappingProxyType(_shaded(name for name in COLOURS if name not in {"black", "white"}))
