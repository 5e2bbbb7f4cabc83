"""How each simple thing looks: a function from a canvas, the square that it fills, and its colour."""

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType

from PIL import ImageDraw

from botcore.testing.openai_server.drawing.colours import COLOURS, Rgb, mixed

Canvas = ImageDraw.ImageDraw
Box = tuple[float, float, float, float]  # left, top, right, bottom
Draw = Callable[[Canvas, Box, Rgb], None]
Point = tuple[float, float]


def _at(box: Box, *points: Point) -> list[Point]:
    """Points inside a box, given as shares of its width and height."""
    left, top, right, bottom = box
    return [(left + (right - left) * x, top + (bottom - top) * y) for x, y in points]


def _part(box: Box, left: float, top: float, right: float, bottom: float) -> Box:
    (x0, y0), (x1, y1) = _at(box, (left, top), (right, bottom))
    return x0, y0, x1, y1


def _ring(count: int, far: float, near: float | None = None) -> list[Point]:
    """Points around the middle, from the top on; with `near`, every second one lies there."""
    found: list[Point] = []
    for step in range(count):
        angle = 2 * math.pi * step / count
        reach = near if near is not None and step % 2 else far
        found.append((0.5 + reach * math.sin(angle), 0.5 - reach * math.cos(angle)))
    return found


def _circle(canvas: Canvas, box: Box, colour: Rgb) -> None:
    canvas.ellipse(box, fill=colour)


def _square(canvas: Canvas, box: Box, colour: Rgb) -> None:
    canvas.rectangle(box, fill=colour)


def _rectangle(canvas: Canvas, box: Box, colour: Rgb) -> None:
    canvas.rectangle(_part(box, 0, 0.22, 1, 0.78), fill=colour)


def _triangle(canvas: Canvas, box: Box, colour: Rgb) -> None:
    canvas.polygon(_at(box, (0.5, 0.05), (1, 0.95), (0, 0.95)), fill=colour)


def _diamond(canvas: Canvas, box: Box, colour: Rgb) -> None:
    canvas.polygon(_at(box, (0.5, 0), (0.9, 0.5), (0.5, 1), (0.1, 0.5)), fill=colour)


def _star(canvas: Canvas, box: Box, colour: Rgb) -> None:
    canvas.polygon(_at(box, *_ring(10, 0.5, 0.2)), fill=colour)


def _heart(canvas: Canvas, box: Box, colour: Rgb) -> None:
    points: list[Point] = []
    for step in range(90):
        at = 2 * math.pi * step / 90
        x = 16 * math.sin(at) ** 3
        y = 13 * math.cos(at) - 5 * math.cos(2 * at) - 2 * math.cos(3 * at) - math.cos(4 * at)
        points.append((0.5 + x / 34, 0.45 - y / 34))
    canvas.polygon(_at(box, *points), fill=colour)


def _tree(canvas: Canvas, box: Box, colour: Rgb) -> None:
    canvas.rectangle(_part(box, 0.44, 0.6, 0.56, 1), fill=COLOURS["brown"])
    for left, top, right, bottom in ((0.12, 0.3, 0.58, 0.7), (0.42, 0.3, 0.88, 0.7), (0.24, 0.02, 0.76, 0.5)):
        canvas.ellipse(_part(box, left, top, right, bottom), fill=colour)


def _house(canvas: Canvas, box: Box, colour: Rgb) -> None:
    canvas.rectangle(_part(box, 0.14, 0.42, 0.86, 1), fill=colour)
    canvas.polygon(_at(box, (0.5, 0.04), (1, 0.46), (0, 0.46)), fill=mixed(colour, (70, 20, 20), 0.6))
    canvas.rectangle(_part(box, 0.56, 0.64, 0.74, 1), fill=COLOURS["brown"])
    canvas.rectangle(_part(box, 0.24, 0.58, 0.44, 0.78), fill=(190, 226, 245))


def _sun(canvas: Canvas, box: Box, colour: Rgb) -> None:
    canvas.polygon(_at(box, *_ring(32, 0.5, 0.36)), fill=mixed(colour, (255, 255, 255), 0.35))
    canvas.ellipse(_part(box, 0.2, 0.2, 0.8, 0.8), fill=colour)


def _moon(canvas: Canvas, box: Box, colour: Rgb) -> None:
    # two arcs between the points where their circles meet
    outer = [(0.5 + 0.48 * math.sin(a), 0.5 - 0.48 * math.cos(a)) for a in _sweep(-0.0963, 1.2352)]
    inner = [(0.32 + 0.38 * math.sin(a), 0.42 - 0.38 * math.cos(a)) for a in _sweep(1.3626, 0.0310)]
    canvas.polygon(_at(box, *outer, *inner), fill=colour)


def _sweep(start: float, end: float, steps: int = 48) -> list[float]:
    """Angles from one share of half a turn to another."""
    return [math.pi * (start + (end - start) * step / steps) for step in range(steps + 1)]


def _cloud(canvas: Canvas, box: Box, colour: Rgb) -> None:
    for left, top, right, bottom in ((0, 0.45, 0.4, 0.8), (0.2, 0.22, 0.66, 0.76), (0.5, 0.38, 1, 0.8)):
        canvas.ellipse(_part(box, left, top, right, bottom), fill=colour)
    canvas.rectangle(_part(box, 0.18, 0.6, 0.8, 0.8), fill=colour)


def _flower(canvas: Canvas, box: Box, colour: Rgb) -> None:
    canvas.rectangle(_part(box, 0.47, 0.45, 0.53, 1), fill=COLOURS["green"])
    canvas.ellipse(_part(box, 0.53, 0.7, 0.78, 0.82), fill=COLOURS["green"])
    for x, y in _ring(6, 0.2):
        canvas.ellipse(_part(box, x - 0.14, y - 0.32, x + 0.14, y - 0.04), fill=colour)
    canvas.ellipse(_part(box, 0.39, 0.21, 0.61, 0.43), fill=mixed(colour, COLOURS["yellow"], 0.8))


def _mountain(canvas: Canvas, box: Box, colour: Rgb) -> None:
    canvas.polygon(_at(box, (0.34, 0.22), (0.78, 1), (-0.2, 1)), fill=mixed(colour, (0, 0, 0), 0.2))
    canvas.polygon(_at(box, (0.64, 0.06), (1.25, 1), (0.06, 1)), fill=colour)
    canvas.polygon(_at(box, (0.64, 0.06), (0.77, 0.26), (0.64, 0.22), (0.52, 0.26)), fill=COLOURS["white"])


def _fish(canvas: Canvas, box: Box, colour: Rgb) -> None:
    canvas.ellipse(_part(box, 0.02, 0.26, 0.78, 0.74), fill=colour)
    canvas.polygon(_at(box, (0.68, 0.5), (1, 0.24), (1, 0.76)), fill=mixed(colour, (0, 0, 0), 0.2))
    canvas.ellipse(_part(box, 0.16, 0.4, 0.25, 0.49), fill=COLOURS["white"])
    canvas.ellipse(_part(box, 0.18, 0.42, 0.23, 0.47), fill=COLOURS["black"])


def _cat(canvas: Canvas, box: Box, colour: Rgb) -> None:
    canvas.ellipse(_part(box, 0.26, 0.46, 0.78, 1), fill=colour)
    canvas.ellipse(_part(box, 0.72, 0.52, 0.98, 0.98), fill=mixed(colour, (0, 0, 0), 0.25))
    for left, tip, right in ((0.2, 0.22, 0.42), (0.48, 0.68, 0.7)):
        canvas.polygon(_at(box, (left, 0.3), (tip, 0.02), (right, 0.22)), fill=colour)
    canvas.ellipse(_part(box, 0.16, 0.12, 0.74, 0.58), fill=colour)
    for x in (0.34, 0.56):
        canvas.ellipse(_part(box, x - 0.05, 0.28, x + 0.05, 0.38), fill=COLOURS["yellow"])
        canvas.ellipse(_part(box, x - 0.015, 0.29, x + 0.015, 0.37), fill=COLOURS["black"])
    canvas.polygon(_at(box, (0.42, 0.42), (0.48, 0.42), (0.45, 0.46)), fill=COLOURS["pink"])


def _boat(canvas: Canvas, box: Box, colour: Rgb) -> None:
    canvas.rectangle(_part(box, 0.49, 0.06, 0.52, 0.72), fill=COLOURS["brown"])
    canvas.polygon(_at(box, (0.54, 0.1), (0.88, 0.62), (0.54, 0.62)), fill=COLOURS["white"])
    canvas.polygon(_at(box, (0, 0.68), (1, 0.68), (0.82, 0.96), (0.18, 0.96)), fill=colour)


SHAPES: Mapping[str, Draw] = MappingProxyType(
    {
        "circle": _circle,
        "square": _square,
        "rectangle": _rectangle,
        "triangle": _triangle,
        "diamond": _diamond,
        "star": _star,
        "heart": _heart,
        "tree": _tree,
        "house": _house,
        "sun": _sun,
        "moon": _moon,
        "cloud": _cloud,
        "flower": _flower,
        "mountain": _mountain,
        "fish": _fish,
        "cat": _cat,
        "boat": _boat,
    }
)
# What they look like when no colour is said; the others take one from the picture's palette.
USUAL: Mapping[str, Rgb] = MappingProxyType(
    {
        "tree": COLOURS["green"],
        "house": (226, 190, 140),
        "sun": COLOURS["yellow"],
        "moon": (244, 238, 200),
        "cloud": COLOURS["white"],
        "mountain": (120, 126, 150),
        "heart": COLOURS["red"],
        "cat": (92, 84, 80),
        "boat": COLOURS["brown"],
    }
)
IN_THE_SKY = frozenset({"sun", "moon", "cloud", "star"})
ON_THE_GROUND = frozenset({"tree", "house", "flower", "mountain", "cat", "boat"})
