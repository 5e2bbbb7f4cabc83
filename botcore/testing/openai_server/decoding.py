"""Sound files into plain samples, as speech recognition wants them. A plain WAV file is read without ffmpeg."""

import asyncio
import wave
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from botcore.audio.converting import RATE, WIDTH, Sound, sound, to_samples
from botcore.audio.faults import Undecodable
from botcore.audio.sniffing import sniff_file

_LOBES = 8  # of the sinc function, to either side
_BLOCK = 65_536  # samples that are resampled at once

Samples = NDArray[np.int16]


async def decode(source: Path, target: Path, *, longest: float) -> Sound:
    """Decode the sound file `source` into `target`. `longest` is in seconds.

    Raises:
        Undecodable: it is no sound, or a broken one.
        TooLong: it is longer than `longest`.
        NoDecoder: it takes an ffmpeg, and there is none.
    """
    container = await sniff_file(source)
    if container is None:
        raise Undecodable("the bytes are those of no known sound format")
    if container == "wav":
        plain = await asyncio.to_thread(_read_wav, source, target, longest)
        if plain is not None:
            return plain
    return await to_samples(source, target, container, longest=longest)


def _read_wav(source: Path, target: Path, longest: float) -> Sound | None:
    """A WAV file of 16-bit samples; None for other kinds."""
    try:
        with wave.open(str(source)) as file:
            if file.getsampwidth() != WIDTH or not 4_000 <= file.getframerate() <= 192_000:
                return None
            most = int((longest + 1) * file.getframerate())
            # not more than is there: the header of a streamed file claims 4 GiB
            data = file.readframes(min(file.getnframes(), most))
            channels, rate = file.getnchannels(), file.getframerate()
    except (wave.Error, EOFError):
        return None
    frame = WIDTH * channels
    samples = np.frombuffer(data[: len(data) // frame * frame], dtype="<i2").reshape(-1, channels)
    mono = samples[:, 0] if channels == 1 else samples.mean(axis=1).astype(np.int16)
    resample(mono, rate, RATE).astype("<i2").tofile(target)
    return sound(target, len(mono) * RATE // rate, longest)


def resample(samples: Samples, rate: int, wanted: int) -> Samples:
    """The same sound at another rate, by windowed-sinc interpolation: no aliases on the way down, no images up."""
    if rate == wanted or not len(samples):
        return samples
    total = len(samples) * wanted // rate
    blocks = [_resampled(samples, rate, wanted, at, min(at + _BLOCK, total)) for at in range(0, total, _BLOCK)]
    return np.concatenate(blocks) if blocks else samples[:0]


def _resampled(samples: Samples, rate: int, wanted: int, start: int, end: int) -> Samples:
    """The samples from `start` to `end` of the result."""
    band = min(1.0, wanted / rate)  # of the source's band, what the result can hold
    reach = int(np.ceil(_LOBES / band))
    places = np.arange(start, end) * (rate / wanted)
    whole = places.astype(np.int64)
    low = int(whole[0]) - reach
    source = np.zeros(int(whole[-1]) + reach + 2 - low, dtype=np.float32)
    inside = samples[max(low, 0) : max(low, 0) + len(source) + min(low, 0)]
    source[max(-low, 0) : max(-low, 0) + len(inside)] = inside
    mixed = np.zeros(end - start)
    for offset in range(1 - reach, reach + 1):
        distance = places - whole - offset
        window = np.cos(np.clip(distance / reach, -1, 1) * np.pi / 2) ** 2
        mixed += source[whole - low + offset] * np.sinc(band * distance) * window
    return np.clip(mixed * band, -32768, 32767).astype(np.int16)
