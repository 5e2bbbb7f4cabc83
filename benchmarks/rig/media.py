"""What people send in the benchmark of media, and what the API gives back: made once, the same in every run."""

import io
import subprocess
import tempfile
import wave
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from botcore.audio import find_ffmpeg

RATE: Final = 16_000
MINUTE_S: Final = 60
_ORIENTATION: Final = 0x0112  # EXIF tag
_TURNED: Final = 6  # "rotate by 90 degrees to show", as a telephone that is held upright writes it


def speech() -> NDArray[np.int16]:
    """A minute that is built as speech is: syllables of a voice's harmonics, with breath, and pauses between words."""
    chance = np.random.default_rng(4)
    at = np.arange(MINUTE_S * RATE) / RATE
    pitch = 120 + 25 * np.sin(2 * np.pi * 0.3 * at)
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    voice = sum(np.sin(number * phase) / number for number in range(1, 20))
    syllables = np.clip(np.sin(2 * np.pi * 4 * at), 0, 1) * (np.sin(2 * np.pi * 0.35 * at) > -0.6)
    sound = syllables * (voice + 0.2 * chance.standard_normal(at.size)) + 0.002 * chance.standard_normal(at.size)
    loud: NDArray[np.int16] = (sound / np.abs(sound).max() * 20_000).astype(np.int16)
    return loud


def recordings() -> tuple[bytes, bytes]:
    """The minute as a voice message (Ogg/Opus, which the API takes) and as bare AAC (which it does not take).

    Raises RuntimeError where there is no ffmpeg.
    """
    ffmpeg = find_ffmpeg()
    if ffmpeg is None:
        raise RuntimeError("there is no ffmpeg: install the extra [voice]")
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder, "speech.wav")
        with wave.open(str(whole), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE)
            file.writeframes(speech().tobytes())
        made: list[bytes] = []
        for name, options in (("voice.ogg", ("-c:a", "libopus", "-b:a", "32k")), ("voice.aac", ("-b:a", "64k"))):
            target = Path(folder, name)
            _ = subprocess.run([ffmpeg, "-v", "error", "-i", whole, *options, target], check=True)
            made.append(target.read_bytes())
    return made[0], made[1]


def photograph() -> bytes:
    """A JPEG of 4000 x 3000 pixels as a telephone takes it: about 4 MB, to be turned as its EXIF data say."""
    image = _scene(4000, 3000, grain=11.0)
    exif = Image.Exif()
    exif[_ORIENTATION] = _TURNED
    out = io.BytesIO()
    image.save(out, "JPEG", quality=88, exif=exif)
    return out.getvalue()


def painting() -> bytes:
    """A PNG of 1024 x 1024 pixels as the API draws it: about 1.7 MB."""
    out = io.BytesIO()
    _scene(1024, 1024, grain=2.0).save(out, "PNG")
    return out.getvalue()


def _scene(width: int, height: int, *, grain: float) -> Image.Image:
    """Soft light with grain in it, which is what makes photographs large."""
    chance = np.random.default_rng(5)
    across, down = np.meshgrid(np.linspace(0, 6, width), np.linspace(0, 4, height))
    light = np.stack([np.sin(across * turn + down) for turn in (1.0, 1.3, 0.7)], axis=-1)
    pixels = 128 + 90 * light + grain * chance.standard_normal(light.shape)
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
