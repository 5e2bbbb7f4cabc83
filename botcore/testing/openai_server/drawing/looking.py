"""What can be said truly about a picture without understanding it: its format, size and colours."""

import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from botcore.testing.openai_server.drawing.colours import SHADES

FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
MOST_PIXELS = 64_000_000  # larger ones are refused before they are unpacked
_SAMPLE = (64, 64)
_MOST_COLOURS = 3
_LEAST_SHARE = 0.04


class UnreadablePicture(ValueError):
    """The bytes are no picture in one of the accepted formats, or it is too large to unpack."""


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen: the format's name, the size in pixels, whether parts are transparent, and colours with shares."""

    format: str
    width: int
    height: int
    transparent: bool
    colours: tuple[tuple[str, float], ...]

    def told(self) -> str:
        """In words, which a picture can be drawn from again: they name the colours, and no thing."""
        listed = [f"{name} ({share:.0%})" for name, share in self.colours]
        first, rest = listed[0], listed[1:]
        colours = f"mostly {first}" if not rest else f"mostly {first}, then {' and '.join(rest)}"
        clear = ", partly transparent" if self.transparent else ""
        return f"a {self.format} picture of {self.width} x {self.height} pixels{clear}, {colours}"


def unpack(data: bytes, formats: tuple[str, ...] = FORMATS) -> Image.Image:
    """Decode a picture.

    Raises:
        UnreadablePicture: it cannot be read.
    """
    try:
        picture = Image.open(io.BytesIO(data), formats=formats)
        if picture.width * picture.height > MOST_PIXELS:
            raise UnreadablePicture("too many pixels")
        picture.load()
    except (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError) as broken:
        raise UnreadablePicture("no picture that can be read") from broken
    return picture


def look(data: bytes) -> Look:
    """Look at a picture.

    Raises:
        UnreadablePicture: it cannot be read.
    """
    picture = unpack(data)
    full = picture.convert("RGBA")
    pixels = np.asarray(full.resize(_SAMPLE, Image.Resampling.BOX)).reshape(-1, 4)
    colours = _named(pixels[pixels[:, 3] >= 128][:, :3])
    return Look(str(picture.format), picture.width, picture.height, see_through(full), colours)


def see_through(picture: Image.Image) -> bool:
    """Whether any pixel is not fully opaque."""
    return "A" in picture.getbands() and int(np.asarray(picture.getchannel("A")).min()) < 255


def _named(pixels: NDArray[np.uint8]) -> tuple[tuple[str, float], ...]:
    """The names of the most frequent colours, with their shares."""
    if not len(pixels):
        return (("nothing", 1.0),)
    names = list(SHADES)
    shades = np.array([SHADES[name] for name in names], dtype=np.float64)
    colours = pixels[:, None, :].astype(np.float64)
    red = (colours[:, :, 0] + shades[:, 0]) / 2
    # how different two colours look ("redmean", a weighting that is good enough to name colours)
    weights = np.stack([2 + red / 256, np.full_like(red, 4.0), 2 + (255 - red) / 256], axis=-1)
    nearest = (weights * (colours - shades) ** 2).sum(axis=-1).argmin(axis=1)
    counts = np.bincount(nearest, minlength=len(names))
    order = np.argsort(-counts, kind="stable")[:_MOST_COLOURS]
    shares = [(names[at], float(counts[at]) / len(pixels)) for at in order]
    return tuple(one for at, one in enumerate(shares) if at == 0 or one[1] >= _LEAST_SHARE)
