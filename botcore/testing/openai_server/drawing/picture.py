"""Painting: a picture from a prompt, a change inside a mask, a variation. Pillow images in, Pillow images out."""

from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageEnhance, ImageOps

from botcore.testing.openai_server.drawing.colours import Chance, Rgb, dark, mixed
from botcore.testing.openai_server.drawing.lettering import Lettering
from botcore.testing.openai_server.drawing.looking import see_through
from botcore.testing.openai_server.drawing.scene import Scene, Thing, read_scene
from botcore.testing.openai_server.drawing.shapes import IN_THE_SKY, ON_THE_GROUND, SHAPES, USUAL, Box

Size = tuple[int, int]  # width, height in pixels
Picture = Image.Image

_SMOOTH_UP_TO = 1_800_000  # pixels up to which a picture is drawn at twice its size and reduced
_CAPTION = 0.26  # the share of the height that the words take where there is something else to see


@dataclass(frozen=True, slots=True)
class Wish:
    """What to paint. `variant` tells the pictures of one request apart. A rough picture has no smoothed edges."""

    prompt: str
    size: Size
    variant: int = 0
    transparent: bool = False
    rough: bool = False


def paint(wish: Wish) -> Picture:
    """The picture of a prompt: the same wish gives the same picture. RGB, or RGBA with a transparent background."""
    scene = read_scene(wish.prompt)
    chance = Chance(f"{wish.variant}\0{wish.prompt}")
    first, second = _background(scene, chance)
    times = 1 if wish.rough or wish.size[0] * wish.size[1] > _SMOOTH_UP_TO else 2
    large = (wish.size[0] * times, wish.size[1] * times)
    layer = Image.new("RGBA", large, (*mixed(first, second, 0.5), 0))
    _draw_scene(ImageDraw.Draw(layer), large, scene, chance, ground=not wish.transparent)
    if times > 1:
        layer = layer.reduce(times)
    if not wish.transparent:
        backdrop = _gradient(wish.size, first, second, upright=not scene.background)
        backdrop.paste(layer, (0, 0), layer)
        layer = backdrop
    _write(layer, wish.prompt, first, second, whole=not scene.things)
    return layer


def change(pictures: list[Picture], mask: Picture | None, wish: Wish) -> Picture:
    """The first picture, painted over where `mask` is fully transparent, and untouched to the pixel elsewhere.

    Without a mask the picture's own transparent areas are painted; one without any is painted on all over, so that it
    shines through. The further pictures appear small inside what is painted.
    """
    base = pictures[0].convert("RGBA")
    if base.size != wish.size:
        base = base.resize(wish.size, Image.Resampling.LANCZOS)
    if mask is not None:
        alpha = mask.convert("RGBA").getchannel("A").resize(wish.size, Image.Resampling.NEAREST)
    else:
        alpha = base.getchannel("A")
    hole = alpha.point([255] + [0] * 255)
    new = paint(wish).convert("RGBA")
    if hole.getbbox() is None and mask is None:
        new = Image.blend(base, new, 0.5)
        hole = Image.new("L", wish.size, 255)
    _inlay(new, pictures[1:], hole.getbbox())
    changed = base.copy()
    changed.paste(new, (0, 0), hole)
    return changed if see_through(changed) else changed.convert("RGB")


def vary(picture: Picture, size: Size, variant: int) -> Picture:
    """Another picture much like this one: mirrored, turned in colour and framed anew, each variant differently."""
    chance = Chance(f"{variant}\0variation")
    base = picture.convert("RGBA").resize(size, Image.Resampling.LANCZOS)
    if variant % 2 == 0:
        base = ImageOps.mirror(base)
    shifted = base.convert("RGB").convert("HSV")
    hue, saturation, value = shifted.split()
    turn = 16 + chance.number("turn", 40) + 24 * variant
    hue = hue.point([(given + turn) % 256 for given in range(256)])
    turned = Image.merge("HSV", (hue, saturation, value)).convert("RGB")
    turned = ImageEnhance.Color(turned).enhance(0.85 + 0.3 * chance.share("colour"))
    margin = 1 + chance.number("margin", max(min(size) // 12, 1))
    turned = turned.crop((margin, margin, size[0] - margin, size[1] - margin)).resize(size, Image.Resampling.LANCZOS)
    if see_through(base):
        turned.putalpha(base.getchannel("A"))
    return turned


def _background(scene: Scene, chance: Chance) -> tuple[Rgb, Rgb]:
    match scene.background:
        case ():
            if any(thing.kind == "moon" for thing in scene.things):
                return (16, 22, 58), (58, 60, 110)
            if any(thing.kind in IN_THE_SKY | ON_THE_GROUND for thing in scene.things):
                return (120, 182, 240), (222, 238, 250)
            return chance.colour("first", light=0.62), chance.colour("second", light=0.78, strong=0.5)
        case (one,):
            return one, mixed(one, (0, 0, 0) if dark(one) else (255, 255, 255), 0.15)
        case _:
            return scene.background[0], scene.background[1]


def _gradient(size: Size, first: Rgb, second: Rgb, *, upright: bool) -> Picture:
    """From `first` at the top to `second` at the bottom; else from corner to corner."""
    way = Image.linear_gradient("L")
    if not upright:
        way = Image.blend(way, way.rotate(90), 0.5)
    return ImageOps.colorize(way.resize(size, Image.Resampling.BICUBIC), first, second)


def _draw_scene(canvas: ImageDraw.ImageDraw, size: Size, scene: Scene, chance: Chance, *, ground: bool) -> None:
    width, height = size
    room = height * (1 - _CAPTION)
    if not scene.things:
        for at in range(3 + chance.number("discs", 4)):
            reach = (0.05 + 0.16 * chance.share(f"reach {at}")) * min(size)
            x, y = chance.share(f"x {at}") * width, chance.share(f"y {at}") * height
            canvas.ellipse((x - reach, y - reach, x + reach, y + reach), fill=(*chance.colour(f"disc {at}"), 70))
        return
    grounded = any(thing.kind in ON_THE_GROUND for thing in scene.things)
    horizon = room * 0.78
    if grounded and ground:
        soil = (70, 130, 190) if any(thing.kind in {"boat", "fish"} for thing in scene.things) else (112, 168, 92)
        canvas.rectangle((0, horizon, width, height), fill=soil)
    sky = [thing for thing in scene.things if thing.kind in IN_THE_SKY] if grounded else []
    rest = [thing for thing in scene.things if thing not in sky]
    rest.sort(key=lambda thing: thing.kind != "mountain")  # mountains stand behind
    foot = horizon + room * 0.1 if grounded else room
    _row(canvas, sky, (0, 0, width, room * 0.36), chance, 0.8)
    _row(canvas, rest, (0, room * (0.3 if sky else 0.06), width, foot), chance, 0.92, standing=grounded)


def _row(
    canvas: ImageDraw.ImageDraw, things: list[Thing], box: Box, chance: Chance, share: float, *, standing: bool = False
) -> None:
    """Things side by side: what stands in one row, the rest in as many rows as make them largest."""
    if not things:
        return
    left, top, right, bottom = box
    width, height = right - left, bottom - top
    rows = max(
        range(1, 2 if standing else len(things) + 1),
        key=lambda rows: min(width / -(-len(things) // rows), height / rows),
    )
    columns = -(-len(things) // rows)
    cell = min(width / columns, height / rows)
    for at, thing in enumerate(things):
        row, column = divmod(at, columns)
        side = min(cell * share * thing.size, height)
        in_row = min(columns, len(things) - row * columns)
        x = left + width * (column + 0.5) / in_row
        y = top + height * (row + 0.5) / rows
        lower = top + height * (row + 1) / rows
        place = (x - side / 2, lower - side, x + side / 2, lower) if standing else _around(x, y, side)
        colour = thing.colour or USUAL.get(thing.kind) or chance.colour(f"thing {at}", light=0.48, strong=0.7)
        SHAPES[thing.kind](canvas, place, colour)


def _around(x: float, y: float, side: float) -> Box:
    return x - side / 2, y - side / 2, x + side / 2, y + side / 2


def _write(picture: Picture, prompt: str, first: Rgb, second: Rgb, *, whole: bool) -> None:
    """The prompt's words: in the middle of a picture without things, below them otherwise, on a plate to be legible."""
    width, height = picture.size
    letters = Lettering(prompt)
    if not letters.text:
        return
    margin = max(min(width, height) * 0.05, 4)
    share = 0.6 if whole else _CAPTION - 0.05
    largest = max(int(min(width, height) * (0.11 if whole else 0.06)), 10)
    block = letters.fit(width - 4 * margin, height * share - margin, largest, max(min(width, height) // 40, 9))
    middle = height / 2 if whole else height * (1 - _CAPTION / 2)
    half = block.height / 2 + margin / 2
    # whole pixels: at fractions the rounded corners overlap the plate's edges and show through it
    plate = (round(margin), round(middle - half), round(width - margin), round(middle + half))
    ground = mixed(first, second, 0.5)
    black = not dark(ground)
    canvas = ImageDraw.Draw(picture, "RGBA")
    canvas.rounded_rectangle(plate, round(margin / 2), fill=(255, 255, 255, 205) if black else (10, 12, 20, 190))
    letters.draw(canvas, plate, block, (18, 20, 26) if black else (246, 246, 242))


def _inlay(picture: Picture, more: list[Picture], room: tuple[int, int, int, int] | None) -> None:
    """Small copies of further pictures along the top of the room that is painted."""
    if not more or room is None:
        return
    left, top, right, bottom = room
    side = max(min((right - left) // len(more), (bottom - top) // 3), 1)
    for at, one in enumerate(more):
        small = ImageOps.fit(one.convert("RGBA"), (side, side))
        picture.paste(small, (left + at * side, top), small)
