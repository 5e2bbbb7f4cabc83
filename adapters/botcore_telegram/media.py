"""How a file is sent: with which method, under which name."""

import mimetypes
from pathlib import PurePath
from typing import Any, Final, Literal, TypeAlias

from telegram import InputFile

from botcore.errors import SendFailed
from botcore.messages import Audio, File, Image, Piece, Video

Attached: TypeAlias = Image | Audio | Video | File
Kind: TypeAlias = Literal["photo", "audio", "voice", "video", "document"]

UPLOAD_BYTES: Final = 50 * 1024 * 1024
"""The largest file that a bot sends, and the largest request (https://core.telegram.org/bots/api#sending-files)."""
_PHOTO_BYTES: Final = 10 * 1024 * 1024
"""The largest photo; a larger one goes as a document (https://core.telegram.org/bots/api#sending-files)."""
_PHOTOS: Final = frozenset({None, "image/jpeg", "image/png", "image/webp"})
_MUSIC: Final = frozenset({"audio/mpeg", "audio/mp3", "audio/mp4", "audio/m4a", "audio/x-m4a"})
_VOICES: Final = _MUSIC | {"audio/ogg", "audio/opus", None}
"""What plays as music and as a voice message (https://core.telegram.org/bots/api#sendaudio, #sendvoice)."""

_ENDINGS: Final = {"image": ".png", "audio": ".ogg", "video": ".mp4"}

UPLOAD_TIMEOUT_S: Final = 60.0
"""Seconds for Telegram to answer after a whole upload: it takes a look at the file first."""


def kind_of(attached: Attached) -> Kind:
    """As what an attachment is sent."""
    match attached:
        case Image() if attached.media_type in _PHOTOS and len(attached.data or b"") <= _PHOTO_BYTES:
            return "photo"
        case Audio() if attached.voice and attached.media_type in _VOICES:
            return "voice"
        case Audio() if attached.media_type in _MUSIC:
            return "audio"
        case Video() if attached.media_type in (None, "video/mp4"):
            return "video"
        case _:
            return "document"


def sent_as(kind: Kind, piece: Piece) -> tuple[str, dict[str, Any]]:
    """The method that sends a piece's file as `kind`, and its parameters but for the chat. Raises SendFailed."""
    attached = piece.attachments[0]
    return f"send{kind.capitalize()}", {
        kind: _upload(attached) if attached.data is not None else _known(attached),
        "caption": piece.text or None,
        "caption_entities": piece.markup,
        "duration": _duration(kind, attached),
    }


def edited_to(kind: Kind, piece: Piece) -> dict[str, Any]:
    """The parameters of editMessageMedia that turn a message into a piece with a file. Raises SendFailed."""
    media, files = _input_media(kind, piece.attachments[0], "file")
    return {"media": _captioned(media, piece), **files}


def album_as(kind: Kind, piece: Piece) -> dict[str, Any]:
    """The parameters of sendMediaGroup, but for the chat: the piece's files as `kind`. Raises SendFailed.

    The text stands with the first file; apps show it below an album if no other file has one.
    """
    album: list[dict[str, Any]] = []
    told: dict[str, Any] = {"media": album}
    for number, attached in enumerate(piece.attachments):
        media, files = _input_media(kind, attached, f"file{number}")
        album.append(media if album else _captioned(media, piece))
        told |= files
    return told


def _input_media(kind: Kind, attached: Attached, field: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The Bot API's InputMedia, and what is uploaded with it under the name `field`."""
    if attached.data is None:
        media, files = _known(attached), dict[str, Any]()
    else:
        media, files = f"attach://{field}", {field: _upload(attached)}
    duration = _duration(kind, attached)
    return {"type": kind, "media": media} | ({} if duration is None else {"duration": duration}), files


def _captioned(media: dict[str, Any], piece: Piece) -> dict[str, Any]:
    caption = {"caption": piece.text or None, "caption_entities": piece.markup}
    return media | {name: value for name, value in caption.items() if value is not None}


def _known(attached: Attached) -> str:
    """The id of a file that Telegram has."""
    if attached.ref is None:
        raise SendFailed(f"the {attached.kind} {attached.name or ''} has no content")
    return attached.ref


def _upload(attached: Attached) -> InputFile:
    if not attached.data:
        raise SendFailed(f"the {attached.kind} {attached.name or ''} is empty")
    return InputFile(attached.data, filename=name_of(attached))


def name_of(attached: Attached) -> str:
    """The file's own name, or one that tells its type: apps go by the ending."""
    if attached.name:
        return PurePath(attached.name).name or attached.kind
    media_type = attached.media_type or ""
    subtype = media_type.partition("/")[2]
    ending = mimetypes.guess_extension(media_type) or (f".{subtype}" if subtype.isalnum() else "")
    return attached.kind + (ending or _ENDINGS.get(attached.kind, ""))


def _duration(kind: Kind, attached: Attached) -> int | None:
    if isinstance(attached, Audio | Video) and attached.duration is not None and kind != "document":
        return round(attached.duration)
    return None
