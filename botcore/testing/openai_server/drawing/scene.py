"""What a prompt says that can be drawn: colours, simple things, how many and how big. No picture yet, only words."""

# Chinese and Japanese characters are meant as they stand.
# ruff: noqa: RUF001

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from botcore.testing.openai_server.drawing.colours import COLOUR_PATTERN, Rgb, named

# A thing and its names in English, Chinese and Japanese. English plurals are understood too.
THINGS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "circle": ("circle", "ball", "disc", "disk", "dot", "圆", "圓", "円", "球", "丸"),
        "square": ("square", "box", "cube", "方块", "正方形", "方塊", "四角"),
        "rectangle": ("rectangle", "长方形", "長方形"),
        "triangle": ("triangle", "三角"),
        "diamond": ("diamond", "rhombus", "菱形"),
        "star": ("star", "星"),
        "heart": ("heart", "爱心", "愛心", "心", "ハート"),
        "tree": ("tree", "forest", "树", "樹", "木"),
        "house": ("house", "home", "hut", "cottage", "房子", "房屋", "家"),
        "sun": ("sun", "sunrise", "sunset", "太阳", "太陽"),
        "moon": ("moon", "月亮", "月"),
        "cloud": ("cloud", "云", "雲"),
        "flower": ("flower", "花"),
        "mountain": ("mountain", "hill", "山"),
        "fish": ("fish", "鱼", "魚"),
        "cat": ("cat", "kitten", "猫", "貓"),
        "boat": ("boat", "ship", "船"),
    }
)
_NUMBERS: Mapping[str, int] = MappingProxyType(
    {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "两": 2, "兩": 2, "二": 2}
    | {"三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}
)
_SIZES: Mapping[str, float] = MappingProxyType(
    {"big": 1.4, "large": 1.4, "huge": 1.8, "small": 0.6, "little": 0.6, "tiny": 0.4, "大": 1.4, "小": 0.6}
)
_MOST_THINGS = 24


def _names() -> str:
    listed = sorted(((name, thing) for thing, names in THINGS.items() for name in names), key=lambda one: -len(one[0]))
    ways = [rf"\b{name}(?:es|s)?\b" if name.isascii() else name for name, _ in listed]
    return "|".join(ways)


_THING_OF: Mapping[str, str] = MappingProxyType({name: thing for thing, names in THINGS.items() for name in names})
_TOKEN = re.compile(
    rf"(?P<ground>\b(?:background|backdrop|sky|wall)\b|背景|天空)|{COLOUR_PATTERN}"
    rf"|(?P<number>\b(?:[2-9]|{'|'.join(name for name in _NUMBERS if name.isascii())})\b(?! ?[%.\d×x])"
    rf"|[{''.join(name for name in _NUMBERS if not name.isascii())}](?=[个個只棵朵颗顆本匹つ座]))"
    rf"|(?P<size>\b(?:{'|'.join(name for name in _SIZES if name.isascii())})\b|[大小])"
    rf"|(?P<thing>{_names()})|(?P<filler>\b(?:a|an|the|of)\b|[的个個只棵朵颗顆本匹つ座色いの ])"
    rf"|(?P<stop>[,.;:!?、。，；！？]|\b(?:and|with|on|in|under|over|beside|near|behind)\b|[和与與と])"
    rf"|(?P<word>[^\W_]+?(?=\b|[\u3040-\u9fff]))",
    re.IGNORECASE,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Thing:
    """One thing to draw, of a kind in `THINGS`. Without a colour it has its usual one. `size` 1 is ordinary."""

    kind: str
    colour: Rgb | None = None
    size: float = 1.0


@dataclass(frozen=True, slots=True)
class Scene:
    """A prompt as it is drawn: its things in order, and the colours that belong to none of them."""

    things: tuple[Thing, ...]
    background: tuple[Rgb, ...]


@dataclass(slots=True)
class _Phrase:
    """What was said of the thing that is about to be named."""

    colours: list[Rgb] = field(default_factory=list)
    count: int = 1
    size: float = 1.0


def read_scene(prompt: str) -> Scene:
    """The scene of a prompt: "three red circles on a blue background" has three things and one background colour."""
    things: list[Thing] = []
    background: list[Rgb] = []
    phrase = _Phrase()
    for token in _TOKEN.finditer(prompt):
        match token.lastgroup:
            case "thing":
                colour = phrase.colours.pop() if phrase.colours else None
                background += phrase.colours
                things += [Thing(_kind(token["thing"]), colour, phrase.size)] * phrase.count
                phrase = _Phrase()
            case "ground":
                background += phrase.colours
                phrase = _Phrase()
            case "number":
                text = token["number"].lower()
                phrase.count = int(text) if text.isdecimal() and text.isascii() else _NUMBERS[text]
            case "size":
                phrase.size = _SIZES[token["size"].lower()]
            case "stop":
                background += phrase.colours
                phrase = _Phrase()
            case "word" | "filler":
                if token.lastgroup == "word":  # "2 old friends" are not two of what is named later
                    phrase.count = 1
            case _:
                phrase.colours.append(named(token))
    return Scene(tuple(things[:_MOST_THINGS]), tuple(background + phrase.colours))


def _kind(name: str) -> str:
    name = name.lower()
    for form in (name, name.removesuffix("s"), name.removesuffix("es")):
        if form in _THING_OF:
            return _THING_OF[form]
    raise LookupError(name)
