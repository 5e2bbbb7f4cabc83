"""Which parts of a message are recordings, and what is known of them before they are fetched."""

from collections.abc import Iterable, Sequence
from pathlib import PurePath
from typing import Final, TypeAlias, TypeGuard

from botcore.audio import TooLong
from botcore.errors import Unsuitable
from botcore.messages import Attachment, Audio, File, Part, Video

Recording: TypeAlias = Audio | Video | File

_ENDINGS: Final = frozenset(
    {
        ".aac", ".amr", ".flac", ".m4a", ".m4b", ".mka", ".mp2", ".mp3", ".mpga", ".oga", ".ogg", ".opus", ".wav",
        ".weba", ".webm", ".wma",
    }
)  # fmt: skip
"""Of files that are sent as documents, without a type or with a general one."""
_TYPES: Final = ("audio/", "application/ogg")


def is_sound(file: File) -> bool:
    """Whether a file that came as a document is a recording, by what is said of it."""
    kind = (file.media_type or "").casefold()
    if kind.startswith(_TYPES):
        return True
    general = kind in {"", "application/octet-stream", "video/webm"}
    return general and PurePath(file.name or "").suffix.casefold() in _ENDINGS


def is_recording(part: Part) -> TypeGuard[Recording]:
    """Whether a part is one."""
    return isinstance(part, Audio | Video) or (isinstance(part, File) and is_sound(part))


def recordings(parts: Iterable[Part]) -> Sequence[Recording]:
    """The recordings among the parts, in order."""
    return [part for part in parts if is_recording(part)]


def others(parts: Iterable[Part]) -> tuple[Part, ...]:
    """The parts that are none."""
    return tuple(part for part in parts if not is_recording(part))


def check_declared(part: Attachment, *, minutes: int, megabytes: int) -> None:
    """Refuse what is too much by the platform's own word. Raises TooLong, Unsuitable."""
    duration = getattr(part, "duration", None)
    if duration is not None and duration > minutes * 60:
        raise too_long(minutes)
    if part.size is not None and part.size > megabytes * 1_000_000:
        raise Unsuitable(f"That recording is too large: {part.size / 1e6:.0f} MB, and I take {megabytes} MB.")


def too_long(minutes: int) -> TooLong:
    """What is said of a recording beyond the longest."""
    said = f"That recording is too long: I listen to {minutes} minute{'' if minutes == 1 else 's'} at most."
    return TooLong(f"more than {minutes} minutes", said=said)
