"""What a file is, by its bytes: the word of a browser, or the ending of a name, is a claim like any other."""

import mimetypes
from pathlib import PurePath
from typing import Final, Literal, TypeAlias

Kind: TypeAlias = Literal["image", "audio", "video", "file"]

HEAD: Final = 64 * 1024
"""Bytes of a file's beginning that are looked at; the tracks of WebM, and of most MP4, are told in the first few."""
TAIL: Final = 64 * 1024
"""Bytes of its end: cameras write the tracks of MP4 there."""

UNKNOWN: Final = "application/octet-stream"

_STARTS: Final[tuple[tuple[bytes, Kind, str], ...]] = (
    (b"\x89PNG\r\n\x1a\n", "image", "image/png"),
    (b"\xff\xd8\xff", "image", "image/jpeg"),
    (b"GIF87a", "image", "image/gif"),
    (b"GIF89a", "image", "image/gif"),
    (b"fLaC", "audio", "audio/flac"),
    (b"ID3", "audio", "audio/mpeg"),
    (b"#!AMR", "audio", "audio/amr"),
    (b"%PDF-", "file", "application/pdf"),
    (b"PK\x03\x04", "file", "application/zip"),
)
_IN_RIFF: Final[dict[bytes, tuple[Kind, str]]] = {
    b"WAVE": ("audio", "audio/wav"),
    b"WEBP": ("image", "image/webp"),
    b"AVI ": ("video", "video/x-msvideo"),
}
_IN_ZIP: Final = {
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}
_AVIF: Final = (b"avif", b"avis")
_HEIF: Final = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1")

_NAMES: Final = mimetypes.MimeTypes(filenames=())
"""The standard library's own table; the machine's may say anything."""


def kind_of(head: bytes, tail: bytes = b"", name: str = "") -> tuple[Kind, str]:
    """What a file is and its media type. `name` decides only between files that are neither seen nor heard.

    >>> kind_of(b"RIFF....WAVEfmt "), kind_of(b"a,b", name="table.csv"), kind_of(b"<html>", name="cat.png")
    (('audio', 'audio/wav'), ('file', 'text/csv'), ('file', 'application/octet-stream'))
    """
    for start, kind, media_type in _STARTS:
        if head.startswith(start):
            return kind, _zip(name) if media_type == "application/zip" else media_type
    if head[:4] == b"RIFF" and head[8:12] in _IN_RIFF:
        return _IN_RIFF[head[8:12]]
    if head[:4] == b"OggS":
        return ("video", "video/ogg") if b"\x80theora" in head[:512] else ("audio", "audio/ogg")
    if head[:4] == b"\x1aE\xdf\xa3":
        return _matroska(head)
    if head[4:8] == b"ftyp":
        return _mp4(head, tail)
    if _is_mpeg_audio(head):
        return "audio", "audio/aac" if head[1] & 0x06 == 0 else "audio/mpeg"
    return "file", _by_name(name)


def _matroska(head: bytes) -> tuple[Kind, str]:
    """WebM or Matroska: a film where it has a video codec (https://www.matroska.org/technical/codec_specs.html)."""
    container = "webm" if b"webm" in head[:64] else "x-matroska"
    film = any(codec in head for codec in (b"V_VP", b"V_AV1", b"V_MPEG", b"V_MS/", b"V_THEORA"))
    return ("video", f"video/{container}") if film else ("audio", f"audio/{container}")


def _mp4(head: bytes, tail: bytes) -> tuple[Kind, str]:
    """MP4 and its relatives: the brand tells pictures and sound, the handler of a track (ISO 14496-12) the rest."""
    brand = head[8:12]
    if brand in _AVIF:
        return "image", "image/avif"
    if brand in _HEIF:
        return "file", "image/heic"  # neither browsers nor vision models read it
    if brand == b"qt  ":
        return "video", "video/quicktime"
    heard = b"soun" in head or b"soun" in tail
    seen = b"vide" in head or b"vide" in tail
    if brand in (b"M4A ", b"M4B ") or (heard and not seen):
        return "audio", "audio/mp4"
    return "video", "video/mp4"


def _is_mpeg_audio(head: bytes) -> bool:
    """A frame of MP3 (layer II or III) or of AAC in ADTS (layer 0), begun by eleven or more bits that are set.

    Not of layer I, which nobody uses: UTF-16 text begins like it.
    """
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return False
    layer = head[1] & 0x06
    if layer == 0:
        return head[1] & 0xF6 == 0xF0
    return layer != 0x06 and head[1] & 0x18 != 0x08 and head[2] & 0xF0 != 0xF0 and head[2] & 0x0C != 0x0C


def _zip(name: str) -> str:
    """Office documents are archives; the ending tells which."""
    return _IN_ZIP.get(PurePath(name).suffix.lower(), "application/zip")


def _by_name(name: str) -> str:
    """The type that a name's ending stands for; never a picture, sound or film, for its bytes would have told."""
    guessed = _NAMES.guess_type(PurePath(name).name, strict=True)[0] or UNKNOWN
    return UNKNOWN if guessed.partition("/")[0] in {"image", "audio", "video"} else guessed
