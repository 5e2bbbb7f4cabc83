"""What a sound file is, told from its first bytes and never from its name."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final, Literal

HEAD: Final = 16
"""Bytes that `sniff` wants."""

Container = Literal["wav", "ogg", "matroska", "mov", "mp3", "flac", "aac", "amr", "mpeg"]

MEDIA_TYPES: Final[Mapping[Container, tuple[str, str]]] = MappingProxyType(
    {
        "wav": ("audio/wav", ".wav"),
        "ogg": ("audio/ogg", ".ogg"),
        "matroska": ("audio/webm", ".webm"),
        "mov": ("audio/mp4", ".m4a"),
        "mp3": ("audio/mpeg", ".mp3"),
        "flac": ("audio/flac", ".flac"),
        "aac": ("audio/aac", ".aac"),
        "amr": ("audio/amr", ".amr"),
        "mpeg": ("video/mpeg", ".mpeg"),
    }
)
"""The media type and the ending of a name that go with each kind of file."""

_CHUNK_IDS = frozenset({b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"})


def sniff(head: bytes) -> Container | None:
    """Which kind of file begins with these bytes (at least `HEAD` of them, if it has as many).

    >>> sniff(b"OggS" + bytes(12)), sniff(b"#EXTM3U ...")
    ('ogg', None)
    """
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


async def sniff_file(path: Path) -> Container | None:
    """Which kind of file this is."""

    def head() -> bytes:
        with path.open("rb") as file:
            return file.read(HEAD)

    return sniff(await asyncio.to_thread(head))
