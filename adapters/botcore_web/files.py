"""Files of conversations on disk: what people sent from the page, and what answers show.

Each conversation has a folder of its own, so that its files go with it. A file is named by 32 hexadecimal digits,
never by what its sender calls it; beside it lies what is known of it, as JSON. What was uploaded and not yet sent ends
in `.new`. An uploaded file's id is random. An answer's is the hash of its content, since the engine's transcript has
the bytes as well: the file spares the memory, and is written again where it is missing.
"""

import asyncio
import hashlib
import re
import secrets
import shutil
import time
from collections.abc import AsyncIterator, Collection
from pathlib import Path
from typing import BinaryIO, Final

from botcore.errors import Unsuitable
from botcore.messages import Attachment, Audio, File, Image, Video
from botcore_web.sniff import HEAD, TAIL, kind_of
from botcore_web.stored import Stored, read, read_about, write_about
from botcore_web.upload import Upload

UNSENT_FOR: Final = 86_400.0  # seconds that an upload waits to be sent

_ID = re.compile(r"[0-9a-f]{32}")


class Files:
    """The folder. Nothing blocks the event loop; methods raise OSError where the disk does not do as told."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    # ---- what people send ----

    async def receive(self, chat: str) -> "Upload":
        """Begin to take a file for a conversation."""
        _checked(chat)
        return await asyncio.to_thread(Upload.begin, self._folder / chat, chat)

    async def take(self, chat: str, file_id: str) -> Stored | None:
        """Keep an uploaded file as long as its conversation: a message refers to it. None: it is not there."""
        return await asyncio.to_thread(self._take, _checked(chat), _checked(file_id))

    def _take(self, chat: str, file_id: str) -> Stored | None:
        known = self.find(f"{chat}/{file_id}")
        if known is None:
            return None
        stored, path = known
        if path.suffix:
            path.rename(path.with_suffix(""))
        return stored

    # ---- what answers show ----

    async def lay(self, chat: str, attachment: Image | Audio | Video | File) -> Stored | None:
        """The file of an attachment: written, where it has its bytes; else the one it refers to, if it is here."""
        if attachment.data is None:
            known = await asyncio.to_thread(self.find, attachment.ref or "")
            return known[0] if known else None
        return await asyncio.to_thread(self._lay, _checked(chat), attachment, attachment.data)

    def _lay(self, chat: str, attachment: Attachment, data: bytes) -> Stored:
        media_type = (attachment.media_type or "").partition(";")[0].strip().lower()
        kind, sniffed = kind_of(data[:HEAD], data[-TAIL:], attachment.name or "")
        digest = hashlib.blake2b(data, digest_size=16)
        digest.update(f"{media_type}\n{attachment.name}".encode("utf-8", "replace"))
        stored = Stored(
            chat,
            digest.hexdigest(),
            attachment.kind if isinstance(attachment, Image | Audio | Video) else kind,
            media_type or sniffed,
            attachment.name or "",
            len(data),
            attachment.duration if isinstance(attachment, Audio | Video) else None,
            attachment.voice if isinstance(attachment, Audio) else False,
        )
        path = self._folder / stored.ref
        if not path.exists():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_about(path, stored)
            fresh = path.with_suffix(f".{secrets.token_hex(4)}.part")
            fresh.write_bytes(data)
            fresh.replace(path)
        return stored

    # ---- reading ----

    def find(self, ref: str) -> tuple[Stored, Path] | None:
        """What is known of a file, and where it is. Reads the disk: for a thread."""
        paths = self._paths(ref)
        stored = read_about(paths[0]) if paths else None
        path = next((one for one in paths if one.exists()), None)
        return (stored, path) if stored is not None and path is not None else None

    async def open(self, ref: str) -> tuple[Stored, BinaryIO] | None:
        """What is known of a file, and the file, opened for reading. None: it is not here."""
        return await asyncio.to_thread(self._open, ref)

    def _open(self, ref: str) -> tuple[Stored, BinaryIO] | None:
        paths = self._paths(ref)
        stored = read_about(paths[0]) if paths else None
        if stored is None:
            return None
        for path in paths:
            try:
                return stored, path.open("rb")
            except FileNotFoundError:
                continue
        return None

    def _paths(self, ref: str) -> list[Path]:
        """Where a file may be. The first comes last again: it may be renamed while it is looked for."""
        chat, _, file_id = ref.partition("/")
        if not (_ID.fullmatch(chat) and _ID.fullmatch(file_id)):
            return []
        path = self._folder / chat / file_id
        return [path, path.with_suffix(".new"), path]

    async def fetch(self, ref: str, *, most: int) -> AsyncIterator[bytes]:
        """Stream a file. Raises Unsuitable where it is not here (any more) or has more than `most` bytes."""
        known = await self.open(ref)
        if known is None:
            raise Unsuitable("That file is no longer here. Send it once more, please.")
        stored, file = known
        with file:
            if stored.size > most:
                raise Unsuitable(f"That file is too large: {stored.size / 1e6:.1f} MB, and I take {most / 1e6:.1f} MB.")
            async for block in read(file, 0, stored.size):
                yield block

    # ---- tidying up ----

    async def forget(self, chat: str) -> None:
        """Delete the files of a conversation."""
        await asyncio.to_thread(shutil.rmtree, self._folder / _checked(chat), ignore_errors=True)

    async def sweep(self, chats: Collection[str], *, days: int) -> int:
        """Delete what nothing refers to: folders of none of these conversations, and uploads that were never sent.

        Both only when they are a day old. Also, unless `days` is 0, every file that is older. Returns how many went.
        """
        return await asyncio.to_thread(self._sweep, chats, days)

    def _sweep(self, chats: Collection[str], days: int) -> int:
        now, gone = time.time(), 0
        for folder in self._folder.iterdir() if self._folder.is_dir() else ():
            if not (_ID.fullmatch(folder.name) and folder.is_dir()):
                continue
            paths = [path for path in folder.iterdir() if path.suffix != ".json"]
            ages = {path: now - path.stat().st_mtime for path in paths}
            newest = min(now - folder.stat().st_mtime, *ages.values(), UNSENT_FOR)
            lost = folder.name not in chats and newest >= UNSENT_FOR
            for path, age in ages.items():
                unsent = path.suffix in {".new", ".part"} and age >= UNSENT_FOR
                if lost or unsent or (days and age >= days * 86_400):
                    path.unlink(missing_ok=True)
                    path.with_suffix(".json").unlink(missing_ok=True)
                    gone += 1
            if lost:
                shutil.rmtree(folder, ignore_errors=True)
        return gone


def _checked(identifier: str) -> str:
    """Raises ValueError where it is no id: it becomes a part of a path."""
    if not _ID.fullmatch(identifier):
        raise ValueError(f"not an id: {identifier!r:.80}")
    return identifier
