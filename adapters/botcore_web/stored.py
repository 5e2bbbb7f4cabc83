"""One file of a conversation: what is known of it, and its bytes."""

import asyncio
import json
import os
import re
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import BinaryIO, Final

from botcore.messages import Audio, File, Image, Video, clean
from botcore_web.sniff import Kind

BLOCK: Final = 256 * 1024  # bytes read or written at once: one change of threads each
NAME_MOST: Final = 150  # characters of a file's name


@dataclass(frozen=True, slots=True)
class Stored:
    """What is known of one file. `size` in bytes, `duration` in seconds as the page declared."""

    chat: str
    id: str
    kind: Kind
    media_type: str
    name: str
    size: int
    duration: float | None = None
    voice: bool = False

    @property
    def ref(self) -> str:
        """How a message refers to it."""
        return f"{self.chat}/{self.id}"

    def part(self) -> Image | Audio | Video | File:
        """It, as a part of a message."""
        ref, media_type, name, size = self.ref, self.media_type, self.name or None, self.size
        match self.kind:
            case "image":
                return Image(ref=ref, media_type=media_type, name=name, size=size)
            case "audio":
                audio = Audio(ref=ref, media_type=media_type, name=name, size=size)
                return replace(audio, duration=self.duration, voice=self.voice)
            case "video":
                return Video(ref=ref, media_type=media_type, name=name, size=size, duration=self.duration)
            case "file":
                return File(ref=ref, media_type=media_type, name=name, size=size)


async def read(file: BinaryIO, start: int, end: int) -> AsyncIterator[bytes]:
    """The bytes of a file from `start` up to `end`, in blocks, each read in a thread."""
    file.seek(start)
    while start < end and (block := await asyncio.to_thread(file.read, min(BLOCK, end - start))):
        start += len(block)
        yield block


def name_of(claimed: str) -> str:
    r"""A file's name as its sender has it: without folders, and without what could break a line.

    >>> name_of("C:\\x\\..\\notes.txt"), name_of("../../etc/passwd"), name_of("a\nb.png")
    ('notes.txt', 'passwd', 'a b.png')
    """
    name = " ".join(re.sub(r"[\x00-\x1f\x7f]", " ", clean(re.split(r"[/\\]", claimed)[-1])).split())
    stem, dot, ending = name.rpartition(".")
    if len(name) > NAME_MOST and dot and len(ending) < 10:
        return f"{stem[: NAME_MOST - 1 - len(ending)]}.{ending}"
    return "" if name in {".", ".."} else name[:NAME_MOST]


def write_about(path: Path, stored: Stored) -> None:
    """Write beside a file what is known of it."""
    with path.with_suffix(".json").open("w", encoding="utf-8") as file:
        json.dump(asdict(stored), file)
        file.flush()
        os.fsync(file.fileno())


def read_about(path: Path) -> Stored | None:
    """What is known of a file. None: nothing is."""
    try:
        return Stored(**json.loads(path.with_suffix(".json").read_text("utf-8")))
    except (FileNotFoundError, ValueError, TypeError):
        return None
