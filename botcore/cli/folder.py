"""The folder in which `botcore chat` keeps what the bot sends: pictures, sound, files."""

import asyncio
import os
import re
import unicodedata
from contextlib import suppress
from itertools import count
from pathlib import Path

from botcore.errors import Unsuitable
from botcore.messages import Audio, File, Image, Video
from botcore.openai import media_type

LONGEST = 100
"""Bytes of a file name's stem, in UTF-8: most file systems take 255 for the whole name."""
_ENDINGS = {"image": ".png", "audio": ".ogg", "video": ".mp4", "file": ""}
_UNSAFE = re.compile(r'[<>:"|?*~$`&;!]')  # shells and other systems read them as something else
_SUFFIX = re.compile(r"\.[A-Za-z0-9]{1,10}")


class Folder:
    """Files under names of their own; what is there already is never written over."""

    def __init__(self, path: Path) -> None:
        self.path = path

    async def keep(self, file: Image | Audio | Video | File) -> Path:
        """Write a file and say where. Raises Unsuitable where that is not possible."""
        if file.data is None:
            raise Unsuitable("it is not there any more")
        try:
            return await asyncio.to_thread(self._write, safe_name(file), file.data)
        except OSError as error:
            raise Unsuitable(f"{self.path}: {error.strerror}") from error

    def _write(self, name: str, data: bytes) -> Path:
        self.path.mkdir(parents=True, exist_ok=True)
        stem, suffix = _parted(name)
        for number in count(1):
            path = self.path / (name if number == 1 else f"{stem}-{number}{suffix}")
            try:
                # For the person alone, as the database is. "x" follows no link, and fails where something is there.
                with open(path, "xb", opener=lambda name, flags: os.open(name, flags, 0o600)) as new:
                    new.write(data)
            except FileExistsError:
                continue
            except OSError:
                with suppress(OSError):
                    path.unlink()  # a full disk took a part of it
                raise
            return path
        raise AssertionError("numbers do not end")


def safe_name(file: Image | Audio | Video | File) -> str:
    """A name within one folder, after the file's own: whoever chose that one chooses no place, and hides nothing.

    >>> safe_name(File(name="../../.ssh/authorized_keys"))
    'authorized_keys'
    >>> safe_name(Image(media_type="image/jpeg"))
    'image.jpg'
    """
    given = (file.name or "").replace("\\", "/").rpartition("/")[2]
    visible = "".join("_" if unicodedata.category(character).startswith("C") else character for character in given)
    stem, suffix = _parted(_UNSAFE.sub("_", visible).strip(" .").lstrip(" .-"))
    stem = stem.encode()[:LONGEST].decode(errors="ignore").strip(" .") or file.kind
    return stem + (suffix or _ending(file))


def _parted(name: str) -> tuple[str, str]:
    stem, dot, suffix = name.rpartition(".")
    return (stem, dot + suffix) if stem and _SUFFIX.fullmatch(dot + suffix) else (name, "")


def _ending(file: Image | Audio | Video | File) -> str:
    """The suffix for a name that has none: by what is said of the file, else by its bytes; a file may have none."""
    found = media_type.suffix(file.media_type or "") or media_type.suffix(media_type.of_bytes(file.data or b""))
    return found or _ENDINGS[file.kind]
