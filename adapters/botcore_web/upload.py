"""A file on its way in."""

import asyncio
import os
import secrets
from pathlib import Path
from typing import BinaryIO

from botcore_web.sniff import HEAD, TAIL, kind_of
from botcore_web.stored import BLOCK, Stored, name_of, write_about


class Upload:
    """A file that is coming in: `add` what comes, then `finish` or `discard`."""

    def __init__(self, chat: str, path: Path, file: BinaryIO) -> None:
        self._chat = chat
        self._path = path
        self._file = file
        self._held = bytearray()
        self.size = 0
        """Bytes so far."""

    @classmethod
    def begin(cls, folder: Path, chat: str) -> "Upload":
        """Open a new file. For a thread."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = folder / secrets.token_hex(16)
        return cls(chat, path, path.with_suffix(".part").open("w+b"))

    async def add(self, data: bytes) -> None:
        """Append. Only blocks of some size go to the disk, each in a thread."""
        self._held += data
        self.size += len(data)
        if len(self._held) >= BLOCK:
            await self._flush()

    async def _flush(self) -> None:
        held, self._held = self._held, bytearray()
        await asyncio.to_thread(self._file.write, held)

    async def finish(self, name: str, *, duration: float | None = None, voice: bool = False) -> Stored:
        """All of it is here: say what it is, and make it durable."""
        await self._flush()
        return await asyncio.to_thread(self._finish, name_of(name), duration, voice)

    def _finish(self, name: str, duration: float | None, voice: bool) -> Stored:
        with self._file as file:
            file.flush()
            os.fsync(file.fileno())
            file.seek(0)
            head = file.read(HEAD)
            file.seek(max(0, self.size - TAIL))
            kind, media_type = kind_of(head, file.read(TAIL), name)
        sounds = kind in {"audio", "video"}
        stored = Stored(
            self._chat,
            self._path.name,
            kind,
            media_type,
            name,
            self.size,
            duration if sounds else None,
            voice and kind == "audio",
        )
        write_about(self._path, stored)
        self._path.with_suffix(".part").rename(self._path.with_suffix(".new"))
        return stored

    async def discard(self) -> None:
        """It is not wanted."""
        await asyncio.to_thread(self._discard)

    def _discard(self) -> None:
        self._file.close()
        self._path.with_suffix(".part").unlink(missing_ok=True)
