"""Sound files into plain samples: 16 bits, one channel, 16 kHz, as speech recognition wants them.

What a file is, is told from its first bytes and never from its name: ffmpeg is then bound to that one format, may open
nothing but that one local file, decodes only known codecs, stops after a length, and runs under limits. Left to guess,
it takes playlists that fetch addresses and read other files. A plain WAV file is read without it.
"""

import asyncio
import shutil
import wave
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from botcore.testing.openai_server.processes import Limits, ProcessFailed, run

RATE = 16_000  # samples a second
WIDTH = 2  # bytes a sample
HEAD = 16  # bytes that `sniff` wants

Container = Literal["wav", "ogg", "matroska", "mov", "mp3", "flac", "aac", "amr", "mpeg"]
Samples = NDArray[np.int16]

# ffmpeg's name of the demuxer's family, for its white list
_FAMILIES: Mapping[str, str] = MappingProxyType(
    {"matroska": "matroska,webm", "mov": "mov,mp4,m4a,3gp,3g2,mj2", "mpeg": "mpeg"}
)
_CODECS = (
    "opus,libopus,vorbis,libvorbis,mp3,mp3float,mp2,mp2float,mp1,mp1float,aac,aac_fixed,flac,alac,amrnb,amrwb,"
    "pcm_u8,pcm_s16le,pcm_s16be,pcm_s24le,pcm_s32le,pcm_f32le,pcm_f64le,pcm_mulaw,pcm_alaw,adpcm_ms,adpcm_ima_wav"
)
_LIMITS = Limits(cpu=30, seconds=60.0)
_LOBES = 8  # of the sinc function, to either side
_BLOCK = 65_536  # samples that are resampled at once
_CHUNK_IDS = frozenset({b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"})


class Undecodable(ValueError):
    """The bytes are no sound that can be decoded."""


class TooLong(ValueError):
    """It is longer than it may be."""


class NoDecoder(RuntimeError):
    """There is no ffmpeg."""


@dataclass(frozen=True, slots=True)
class Sound:
    """Raw samples in a file: signed 16-bit little endian, one channel, 16 kHz."""

    path: Path
    seconds: float


def sniff(head: bytes) -> Container | None:
    """Which kind of file begins with these bytes (at least `HEAD` of them, if it has as many)."""
    found: Container | None = None
    if head[:4] in {b"RIFF", b"RF64"} and head[8:12] == b"WAVE":
        found = "wav"
    elif head[:4] == b"OggS":
        found = "ogg"
    elif head[:4] == b"\x1a\x45\xdf\xa3":
        found = "matroska"
    elif head[4:8] in _CHUNK_IDS:
        found = "mov"
    elif head[:4] == b"fLaC":
        found = "flac"
    elif head[:5] == b"#!AMR":
        found = "amr"
    elif head[:4] == b"\0\0\1\xba":
        found = "mpeg"
    elif head[:3] == b"ID3":
        found = "mp3"
    elif len(head) > 1 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0:  # eleven set bits: an MPEG audio frame
        found = "aac" if head[1] & 0xF6 == 0xF0 else "mp3"  # layer 0 is ADTS
    return found


def find_ffmpeg() -> str | None:
    """Where ffmpeg is: the one that comes with `imageio-ffmpeg`, or the system's."""
    try:
        import imageio_ffmpeg  # noqa: PLC0415 - an extra, and only needed here
    except ImportError:
        return shutil.which("ffmpeg")
    try:
        found: str = imageio_ffmpeg.get_ffmpeg_exe()
    except RuntimeError:  # its wheel for this system carries none
        return shutil.which("ffmpeg")
    return shutil.which(found) or shutil.which("ffmpeg")


async def decode(source: Path, target: Path, *, longest: float) -> Sound:
    """Decode the sound file `source` into `target`. `longest` is in seconds.

    Raises:
        Undecodable: it is no sound, or a broken one.
        TooLong: it is longer than `longest`.
        NoDecoder: it takes an ffmpeg, and there is none.
    """
    container = await asyncio.to_thread(_sniff_file, source)
    if container is None:
        raise Undecodable("the bytes are those of no known sound format")
    if container == "wav":
        plain = await asyncio.to_thread(_read_wav, source, target, longest)
        if plain is not None:
            return plain
    ffmpeg = await asyncio.to_thread(find_ffmpeg)
    if ffmpeg is None:
        raise NoDecoder("there is no ffmpeg")
    try:
        await run(_command(ffmpeg, container, source, target, longest), _LIMITS)
    except ProcessFailed as wrong:
        raise Undecodable(str(wrong)) from None
    size = (await asyncio.to_thread(target.stat)).st_size
    return _sound(target, size // WIDTH, longest)


def _command(ffmpeg: str, container: Container, source: Path, target: Path, longest: float) -> list[str]:
    beyond = longest + 1  # so that a longer file shows itself
    reading = ["-protocol_whitelist", "file", "-format_whitelist", _FAMILIES.get(container, container)]
    reading += ["-codec_whitelist", _CODECS, "-f", container, "-i", f"file:{source}"]
    making = ["-map", "0:a:0", "-vn", "-sn", "-dn", "-ac", "1", "-ar", str(RATE), "-t", f"{beyond:g}"]
    making += ["-fs", str(int(beyond * RATE * WIDTH)), "-f", "s16le", "-y", f"file:{target}"]
    return [ffmpeg, "-nostdin", "-hide_banner", "-v", "error", "-threads", "1", *reading, *making]


def _sniff_file(path: Path) -> Container | None:
    with path.open("rb") as file:
        return sniff(file.read(HEAD))


def _sound(path: Path, samples: int, longest: float) -> Sound:
    seconds = samples / RATE
    if seconds > longest:
        raise TooLong(f"more than {longest:g} seconds")
    return Sound(path, seconds)


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
    return _sound(target, len(mono) * RATE // rate, longest)


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
