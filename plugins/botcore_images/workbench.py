"""The program that opens pictures of strangers: one for each picture, in a process of its own.

It is run as a script (`python -I workbench.py`) under limits on memory, processor time and open files, and knows
nothing of the bot: a picture that gets the better of a decoder gets nothing else. The order comes on standard input
and the answer goes to standard output, both as: four bytes of length, JSON of that length, then the files that its
`sizes` list, one after the other.

    order:   {"sizes": [picture, mask or 0], "shape": "any" | "padded" | "cropped", "alpha": bool, "longest": pixels,
              "most_bytes": n, "most_pixels": n}
    answer:  {"sizes": [...], "media_type": "image/png", "width": w, "height": h, "notes": [...]}
             {"refused": "one sentence for the person"}
"""

import io
import json
import os
import struct
import sys
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

from PIL import (
    GifImagePlugin,
    Image,
    ImageOps,
    JpegImagePlugin,
    MpoImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

Kind: TypeAlias = Literal["PNG", "JPEG", "WEBP", "GIF"]
Shape: TypeAlias = Literal["any", "padded", "cropped"]

LOADED: Final = (GifImagePlugin, JpegImagePlugin, MpoImagePlugin, PngImagePlugin, TiffImagePlugin, WebPImagePlugin)
"""Imported before the limits are set; nothing is read from the disk afterwards."""

MEMORY: Final = 1024 * 1024 * 1024
"""Bytes of address space: the largest picture that is taken, twice, in four channels, and the program itself."""
SECONDS: Final = 20
"""Processor time; the largest picture takes about five on a slow machine."""
FILES: Final = 3
"""Standard input, output and error, and nothing else: no file can be opened any more, and no connection."""

LEAST_EDGE: Final = 16
"""Pixels. Less is a dot or a tracking pixel, and models make nothing of it."""
MOST_RATIO: Final = 20
"""How much longer one edge may be than the other."""
SAME_SHAPE: Final = 0.02
"""How far the mask's proportions may be off the picture's."""
PAINTED: Final = 128
"""What is less opaque than this in a mask is painted anew."""
JPEG_QUALITY: Final = 92
DRAFTED: Final = 0.7
"""A JPEG is decoded at a half, a quarter or an eighth of its size where that leaves so much of the longest edge that is
taken: a telephone's 4000 pixels become 2000 and not 2048, and take a quarter of the memory."""

BROKEN: Final = (
    OSError, SyntaxError, ValueError, EOFError, struct.error, IndexError, KeyError, TypeError, OverflowError,
    ZeroDivisionError, MemoryError, Image.DecompressionBombError,
)  # fmt: skip
"""What Pillow's decoders raise for bytes that somebody broke."""

_FOREIGN: Final = (
    (b"BM", "a BMP picture"),
    (b"II*\0", "a TIFF picture"),
    (b"MM\0*", "a TIFF picture"),
    (b"\0\0\1\0", "an icon"),
    (b"%PDF", "a PDF document"),
    (b"8BPS", "a Photoshop file"),
    (b"\xff\x0a", "a JPEG XL picture"),
    (b"\0\0\0\x0cJXL", "a JPEG XL picture"),
    (b"\0\0\0\x0cjP", "a JPEG 2000 picture"),
    (b"PK\3\4", "an archive"),
    (b"<!DOCTYPE html", "a web page"),
    (b"<html", "a web page"),
)
_BRANDS: Final = {
    b"heic": "a HEIC picture",
    b"heix": "a HEIC picture",
    b"mif1": "a HEIC picture",
    b"avif": "an AVIF picture",
}


class Unfit(Exception):
    """A picture that is not taken; the message is for the person."""


@dataclass(frozen=True, slots=True)
class Order:
    """What is wanted: see the module."""

    shape: Shape
    alpha: bool
    longest: int
    most_bytes: int
    most_pixels: int


@dataclass(frozen=True, slots=True)
class Opened:
    """A picture, upright, in RGB or RGBA, no larger than needed.

    `size` is what it was before, upright; `first`: of several frames.
    """

    image: Image.Image
    size: tuple[int, int]
    kind: Kind
    first: bool


def kind_of(data: bytes, what: str) -> Kind:
    """The format, from the bytes alone: names and declared types are whatever somebody wrote. Raises Unfit."""
    if not data:
        raise Unfit(f"That {what} is empty.")
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "GIF"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    raise Unfit(f"That is {_foreign(data)}; I take PNG, JPEG, WebP and GIF pictures.")


def _foreign(data: bytes) -> str:
    for start, name in _FOREIGN:
        if data[: len(start)].lower() == start.lower():
            return name
    if data[4:8] == b"ftyp":
        return _BRANDS.get(data[8:12], "a film")
    return "an SVG drawing" if b"<svg" in data[:4096].lower() else "no picture that I know"


def opened(data: bytes, what: str, order: Order) -> Opened:
    """Decode a picture, upright and no larger than needed. Raises Unfit."""
    kind = kind_of(data, what)
    if kind == "WEBP":
        _check_size(*_webp_size(data, what), what, order)  # its decoder takes the memory when it opens it
    try:
        image = Image.open(io.BytesIO(data), formats=(kind,))
    except BROKEN as error:
        raise damaged(what) from error
    _check_size(*image.size, what, order)
    try:
        first, size = kind != "JPEG" and bool(getattr(image, "is_animated", False)), image.size
        _shrink(image, order)
        upright = _plain(_upright(image))
        lay = (upright.width > upright.height) != (size[0] > size[1])
        return Opened(upright, (size[1], size[0]) if lay else size, kind, first)
    except MemoryError:
        raise Unfit(f"That {what} is too large for me to open.") from None
    except BROKEN as error:
        raise damaged(what) from error


def damaged(what: str) -> Unfit:
    """What is said of a picture that cannot be decoded to its end."""
    return Unfit(f"That {what} is damaged or incomplete.")


def _check_size(width: int, height: int, what: str, order: Order) -> None:
    """From the header, before anything is decoded."""
    if width * height > order.most_pixels:
        most = order.most_pixels / 1e6
        raise Unfit(f"That {what} is too large: {width} x {height} pixels, and I take {most:g} million.")
    if min(width, height) < LEAST_EDGE:
        raise Unfit(f"That {what} is too small: {width} x {height} pixels.")
    if max(width, height) > MOST_RATIO * min(width, height):
        raise Unfit(f"That {what} is too narrow: {width} x {height} pixels.")


def _webp_size(data: bytes, what: str) -> tuple[int, int]:
    """Width and height in a WebP's header (RFC 9649, sections 2.5 to 2.7). Raises Unfit."""
    chunk, head = data[12:16], data[20:30]
    if len(head) < 10:
        raise damaged(what)
    if chunk == b"VP8X":
        return int.from_bytes(head[4:7], "little") + 1, int.from_bytes(head[7:10], "little") + 1
    if chunk == b"VP8L":
        bits = int.from_bytes(head[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    width, height = struct.unpack("<HH", head[6:10])
    return width & 0x3FFF, height & 0x3FFF


def _shrink(image: Image.Image, order: Order) -> None:
    """Decode it, and make it as small as it may be at once: each step after this one holds a copy of it.

    Of a palette or of 16 bits nothing can be averaged yet; these are rarely large.
    """
    least, most = sorted(image.size)
    longest = order.longest if order.shape != "cropped" else -(-order.longest * most // least)
    enough = longest * DRAFTED / most
    image.draft(None, (int(image.width * enough), int(image.height * enough)))  # JPEG alone
    image.load()
    if max(image.size) > longest and image.mode in {"RGB", "RGBA", "L", "LA", "CMYK"}:
        image.thumbnail((longest, longest), Image.Resampling.LANCZOS)


def _upright(image: Image.Image) -> Image.Image:
    """Turned as its EXIF data says; as it is where those are broken."""
    with suppress(*BROKEN):
        ImageOps.exif_transpose(image, in_place=True)
    return image


def _plain(image: Image.Image) -> Image.Image:
    """Eight bits a channel, in RGB, or RGBA where anything can be transparent."""
    if image.mode.startswith("I"):  # 16 bits of grey; converting would cut off all above 255
        image = image.convert("I").point(lambda value: value * (1 / 257)).convert("L")
    transparent = "A" in image.getbands() or "a" in image.getbands() or "transparency" in image.info
    mode = "RGBA" if transparent else "RGB"
    return image if image.mode == mode and "transparency" not in image.info else image.convert(mode)


def see_through(image: Image.Image) -> bool:
    """Whether any of it is less than half opaque."""
    if image.mode != "RGBA":
        return False
    least = image.getchannel("A").getextrema()[0]
    return isinstance(least, int | float) and least < PAINTED


def fitted(image: Image.Image, order: Order) -> Image.Image:
    """Scaled down and shaped as the order says."""
    if order.shape == "cropped" and image.width != image.height:
        edge = min(image.size)
        left, top = (image.width - edge) // 2, (image.height - edge) // 2
        image = image.crop((left, top, left + edge, top + edge))
    if max(image.size) > order.longest:
        image.thumbnail((order.longest, order.longest), Image.Resampling.LANCZOS)
    if order.alpha:
        image = image.convert("RGBA")
    return _padded(image) if order.shape == "padded" else image


def _padded(image: Image.Image) -> Image.Image:
    """In the middle of a square that is transparent, which is where such models paint."""
    if image.width == image.height:
        return image
    edge = max(image.size)
    square = Image.new("RGBA", (edge, edge), (0, 0, 0, 0))
    square.paste(image, ((edge - image.width) // 2, (edge - image.height) // 2))
    return square


def encoded(image: Image.Image, order: Order, *, lossy: bool) -> tuple[Image.Image, bytes, str]:
    """The picture's file, made smaller until it has few enough bytes: the picture, the file, its type. Raises Unfit."""
    lossy = lossy and image.mode == "RGB" and not order.alpha
    for _ in range(8):
        out = io.BytesIO()
        if lossy:
            image.save(out, "JPEG", quality=JPEG_QUALITY)
        else:
            image.save(out, "PNG", compress_level=4)
        if out.tell() <= order.most_bytes:
            return image, out.getvalue(), "image/jpeg" if lossy else "image/png"
        image = image.resize((max(1, image.width * 3 // 4), max(1, image.height * 3 // 4)), Image.Resampling.LANCZOS)
    raise Unfit("That picture is too large for the service.")


def mask_for(marks: Opened, picture: Image.Image, given: tuple[int, int], order: Order) -> Image.Image:
    """The mask as large as the picture: transparent where it is to be painted anew.

    A mask without transparency is read as drawing programs make it: white is painted anew, black stays. `given` is the
    size of the upright picture before it was fitted. Raises Unfit.
    """
    mask, (width, height) = marks.image, marks.size
    ratio, wanted = width / height, given[0] / given[1]
    if abs(ratio - wanted) > SAME_SHAPE * wanted:
        raise Unfit(
            f"The mask has another shape ({width} x {height} pixels) than the picture ({given[0]} x {given[1]})."
        )
    opaque = mask.getchannel("A") if see_through(mask) else ImageOps.invert(mask.convert("RGB").convert("L"))
    opaque = opaque.point([0] * PAINTED + [255] * (256 - PAINTED))
    if opaque.getextrema() == (255, 255):
        raise Unfit("The mask marks nothing: make transparent, or white, what is to be painted anew.")
    scale = max(picture.size) / max(given) if order.shape == "padded" else None
    inner = picture.size if scale is None else tuple(max(1, round(edge * scale)) for edge in given)
    made = Image.new("RGBA", (inner[0], inner[1]), (0, 0, 0, 0))
    made.putalpha(opaque.resize((inner[0], inner[1]), Image.Resampling.NEAREST))
    made = _padded(made) if order.shape == "padded" else made
    return made if made.size == picture.size else made.resize(picture.size, Image.Resampling.NEAREST)


def work(order: Order, picture: bytes, mask: bytes) -> tuple[dict[str, Any], list[bytes]]:
    """The picture, and the mask where there is one, as the model takes them. Raises Unfit."""
    found = opened(picture, "picture", order)
    marks = opened(mask, "mask", order) if mask else None
    if order.shape == "padded" and marks is None and not see_through(found.image):
        raise Unfit(
            "This model only paints anew what is transparent: send a mask along as a second picture, white or "
            "transparent where something is to change."
        )
    image = fitted(found.image, order)
    image, data, media_type = encoded(image, order, lossy=found.kind == "JPEG" and marks is None)
    files = [data]
    if marks is not None:
        files.append(encoded(mask_for(marks, image, found.size, order), order, lossy=False)[1])
    notes = ["Of a moving picture I took the first frame."] if found.first else []
    return {"media_type": media_type, "width": image.width, "height": image.height, "notes": notes}, files


def _limit() -> None:
    """Give up what this program does not need. What has no limits to set (Windows) does without."""
    with suppress(ImportError):
        import resource  # noqa: PLC0415 - not everywhere

        for what, most in (
            (resource.RLIMIT_AS, MEMORY),
            (resource.RLIMIT_CPU, SECONDS),
            (resource.RLIMIT_CORE, 0),
            (resource.RLIMIT_FSIZE, 0),
            (resource.RLIMIT_NOFILE, FILES),
        ):
            resource.setrlimit(what, (most, most))
        os.nice(5)  # the bot's other conversations come first


def _read(count: int) -> bytes:
    data = sys.stdin.buffer.read(count)
    if len(data) != count:
        raise SystemExit("the order is incomplete")
    return data


def _write(answer: dict[str, Any], files: list[bytes]) -> None:
    head = json.dumps({"sizes": [len(file) for file in files], **answer}).encode()
    sys.stdout.buffer.writelines([struct.pack(">I", len(head)), head, *files])
    sys.stdout.buffer.flush()


def main() -> None:
    """Do one order."""
    Image.preinit()  # reads the common formats' modules, which can be read no more afterwards
    _limit()
    Image.MAX_IMAGE_PIXELS = None  # the limit is the order's, and is checked before anything is decoded
    order = json.loads(_read(struct.unpack(">I", _read(4))[0]))
    picture, mask = (_read(size) for size in order.pop("sizes"))
    try:
        answer, files = work(Order(**order), picture, mask)
    except Unfit as unfit:
        answer, files = {"refused": str(unfit)}, []
    except MemoryError:
        answer, files = {"refused": "That picture is too large for me to open."}, []
    _write(answer, files)


if __name__ == "__main__":
    main()
