"""Sound files into others, by ffmpeg, in a process under limits: straight from file to file, whatever their length."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final, Literal

from botcore.audio import ffmpeg
from botcore.audio.faults import TooLong, Undecodable
from botcore.audio.processes import Limits, ProcessFailed, run
from botcore.audio.sniffing import Container

RATE: Final = 16_000
"""Samples a second, as speech recognition wants them."""
WIDTH: Final = 2  # bytes a sample

Kind = Literal["ogg", "mp3", "wav"]
"""What can be made: Ogg/Opus at 24 kbit/s (a voice message), MP3 at 48 kbit/s, WAV of 16 bits; one channel each."""

_MAKING: Mapping[Kind, Sequence[str]] = MappingProxyType(
    {
        "ogg": ("-c:a", "libopus", "-b:a", "24k", "-application", "voip", "-f", "ogg"),
        "mp3": ("-c:a", "libmp3lame", "-b:a", "48k", "-f", "mp3"),
        "wav": ("-c:a", "pcm_s16le", "-f", "wav"),
    }
)
_MOST: Final[Mapping[Kind, int]] = MappingProxyType({"ogg": 8_000, "mp3": 8_000, "wav": RATE * WIDTH})
"""Bytes of a second, at most: a guard, not a promise."""


@dataclass(frozen=True, slots=True)
class Sound:
    """Raw samples in a file: signed 16-bit little endian, one channel, `RATE`."""

    path: Path
    seconds: float


async def convert(source: Path, target: Path, container: Container, *, longest: float, kind: Kind = "ogg") -> None:
    """Make a sound file of that kind. `longest` is in seconds: what comes after it is left out.

    Raises:
        Undecodable: it cannot be decoded.
        NoDecoder: there is no ffmpeg.
    """
    making = [*_SOUND_ALONE, "-ar", str(RATE), "-t", f"{longest:g}", "-fs", str(_guard(longest, _MOST[kind]))]
    await _made([*ffmpeg.reading(container, source), *making, *_MAKING[kind]], target, longest)


async def to_samples(source: Path, target: Path, container: Container, *, longest: float) -> Sound:
    """Decode a file. `longest` is in seconds; 32,000 bytes are written for each.

    Raises:
        Undecodable: it cannot be decoded.
        TooLong: it is longer than `longest`.
        NoDecoder: there is no ffmpeg.
    """
    beyond = longest + 1  # so that a longer file shows itself
    making = [*_SOUND_ALONE, "-ar", str(RATE), "-t", f"{beyond:g}", "-fs", str(int(beyond * RATE * WIDTH))]
    await _made([*ffmpeg.reading(container, source), *making, "-f", "s16le"], target, longest)
    size = (await asyncio.to_thread(target.stat)).st_size
    return sound(target, size // WIDTH, longest)


async def encode_samples(
    source: Path,
    target: Path,
    *,
    kind: Kind = "ogg",
    rate: int = RATE,
    start: float = 0.0,
    seconds: float | None = None,
) -> None:
    """Make a sound file of raw samples, or of a stretch of them. Raises Undecodable, NoDecoder."""
    reading = ffmpeg.reading_samples(source, rate, start=start, seconds=seconds)
    await _made([*reading, "-ac", "1", *_MAKING[kind]], target, seconds or 3600)


def sound(path: Path, samples: int, longest: float) -> Sound:
    """Samples that were written. Raises TooLong."""
    seconds = samples / RATE
    if seconds > longest:
        raise TooLong(f"more than {longest:g} seconds")
    return Sound(path, seconds)


_SOUND_ALONE: Final = ("-map", "0:a:0", "-vn", "-sn", "-dn", "-ac", "1", "-map_metadata", "-1")


def _guard(seconds: float, each: int) -> int:
    return int((seconds + 1) * each) + 64 * 1024


async def _made(options: Sequence[str], target: Path, seconds: float) -> None:
    command = [*ffmpeg.begin(await ffmpeg.required()), *options, "-y", f"file:{target}"]
    # ffmpeg makes a minute of Opus in about a second; ten times that for a busy machine
    try:
        await run(command, Limits(cpu=int(30 + seconds / 20), seconds=60 + seconds / 5))
    except ProcessFailed as wrong:
        raise Undecodable(str(wrong)) from None
