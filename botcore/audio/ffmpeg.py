"""ffmpeg, and how it is bound before it may read a stranger's file.

Left to guess, ffmpeg takes playlists that fetch addresses and read other files, even where they are named like sound.
So it is told the one format that was found in the bytes, may open nothing but that one local file, and decodes known
sound codecs only.
"""

import asyncio
import shutil
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import Final

from botcore.audio.faults import NoDecoder
from botcore.audio.sniffing import Container

# ffmpeg's name of the demuxer's family, for its white list
_FAMILIES: Mapping[str, str] = MappingProxyType(
    {"matroska": "matroska,webm", "mov": "mov,mp4,m4a,3gp,3g2,mj2", "mpeg": "mpeg"}
)
DECODERS: Final = (
    "opus,libopus,vorbis,libvorbis,mp3,mp3float,mp2,mp2float,mp1,mp1float,aac,aac_fixed,flac,alac,amrnb,amrwb,"
    "pcm_u8,pcm_s16le,pcm_s16be,pcm_s24le,pcm_s32le,pcm_f32le,pcm_f64le,pcm_mulaw,pcm_alaw,adpcm_ms,adpcm_ima_wav"
)
"""ffmpeg's decoders that may run."""
CODECS: Final = frozenset({*DECODERS.split(","), "amr_nb", "amr_wb"})
"""Names by which ffmpeg tells what a file holds, of what these decoders read."""


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


def missing() -> tuple[str, ...]:
    """Which of the programs that this package works with are not here: ffmpeg, pydub. Looked for, not loaded."""
    ffmpeg = find_spec("imageio_ffmpeg") is not None or shutil.which("ffmpeg") is not None
    return (*(() if ffmpeg else ("ffmpeg",)), *(() if find_spec("pydub") is not None else ("pydub",)))


async def required() -> str:
    """Where ffmpeg is. Raises NoDecoder where there is none."""
    found = await asyncio.to_thread(find_ffmpeg)
    if found is None:
        raise NoDecoder("there is no ffmpeg: install the extra [voice], or ffmpeg itself")
    return found


def begin(ffmpeg: str, level: str = "error") -> list[str]:
    """How every command starts: it never asks, and says what is wrong and no more."""
    return [ffmpeg, "-nostdin", "-hide_banner", "-v", level, "-threads", "1"]


def reading(container: Container, source: Path) -> list[str]:
    """The options that bind it to one local file of one format."""
    bound = ["-protocol_whitelist", "file", "-format_whitelist", _FAMILIES.get(container, container)]
    return [*bound, "-codec_whitelist", DECODERS, "-f", container, "-i", f"file:{source}"]


def reading_samples(source: Path, rate: int, *, start: float = 0.0, seconds: float | None = None) -> list[str]:
    """The options that read raw samples (16 bits, little endian, one channel), or a stretch of them."""
    bound = ["-protocol_whitelist", "file", "-format_whitelist", "s16le", "-f", "s16le", "-ar", str(rate), "-ac", "1"]
    stretch = ["-ss", f"{start:.3f}"] if start else []
    stretch += ["-t", f"{seconds:.3f}"] if seconds is not None else []
    return [*bound, *stretch, "-i", f"file:{source}"]
