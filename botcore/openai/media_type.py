"""Media types of what is uploaded: by the file's name, else by its first bytes. No table of the system is read."""

from pathlib import PurePath
from typing import Final

UNKNOWN: Final = "application/octet-stream"
_BY_SUFFIX: Final = {
    ".csv": "text/csv",
    ".flac": "audio/flac",
    ".gif": "image/gif",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".json": "application/json",
    ".jsonl": "application/jsonl",
    ".m4a": "audio/mp4",
    ".md": "text/markdown",
    ".mp3": "audio/mpeg",
    ".mp4": "video/mp4",
    ".mpeg": "video/mpeg",
    ".mpga": "audio/mpeg",
    ".oga": "audio/ogg",
    ".ogg": "audio/ogg",
    ".opus": "audio/ogg",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".txt": "text/plain",
    ".wav": "audio/wav",
    ".webm": "audio/webm",
    ".webp": "image/webp",
}
_SUFFIXES: Final = {
    "application/json": ".json",
    "application/jsonl": ".jsonl",
    "application/pdf": ".pdf",
    "audio/flac": ".flac",
    "audio/mp4": ".m4a",
    "audio/mpeg": ".mp3",
    "audio/ogg": ".ogg",
    "audio/wav": ".wav",
    "audio/webm": ".webm",
    "image/gif": ".gif",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/webp": ".webp",
    "text/csv": ".csv",
    "text/plain": ".txt",
    "video/mp4": ".mp4",
    "video/mpeg": ".mpeg",
    "video/webm": ".webm",
}
_MAGIC: Final = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"OggS", "audio/ogg"),
    (b"fLaC", "audio/flac"),
    (b"ID3", "audio/mpeg"),
    (b"\x1aE\xdf\xa3", "audio/webm"),
    (b"%PDF-", "application/pdf"),
)
_IN_RIFF: Final = {b"WAVE": "audio/wav", b"WEBP": "image/webp"}


def of_name(name: str) -> str:
    """Give the media type that the suffix of a file name stands for.

    >>> of_name("Voice Message.OGG"), of_name("training"), of_name("a.jsonl")
    ('audio/ogg', 'application/octet-stream', 'application/jsonl')
    """
    return _BY_SUFFIX.get(PurePath(name).suffix.lower(), UNKNOWN)


def of_bytes(data: bytes) -> str:
    """Give the media type that a file's first 12 bytes tell.

    >>> of_bytes(b"RIFF....WAVEfmt ")
    'audio/wav'
    """
    for start, media_type in _MAGIC:
        if data.startswith(start):
            return media_type
    if data[:4] == b"RIFF":
        return _IN_RIFF.get(data[8:12], UNKNOWN)
    if data[4:8] == b"ftyp":
        return "audio/mp4" if data[8:11] == b"M4A" else "video/mp4"
    is_mpeg_frame = len(data) > 1 and data[0] == 0xFF and data[1] & 0xE6 == 0xE2  # sync word, layer III
    return "audio/mpeg" if is_mpeg_frame else UNKNOWN


def suffix(media_type: str) -> str:
    """Give the usual suffix of a media type, or "": the API tells an audio format by the suffix of its name."""
    return _SUFFIXES.get(media_type.partition(";")[0].strip().lower(), "")
