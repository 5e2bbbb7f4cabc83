"""The uploaded files: content and description of each on disk, and an index of them in memory."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from botcore.testing.openai_server.workspace import Workspace, write_json

BLOCK = 256 * 1024  # bytes that are read and sent at a time
_FOLDER = "files"


@dataclass(frozen=True, slots=True)
class StoredFile:
    """One file. `created` and `expires` are Unix seconds, `size` is in bytes."""

    id: str
    name: str
    purpose: str
    size: int
    created: int
    expires: int | None = None

    def shown(self) -> dict[str, Any]:
        """The API's file object."""
        told: dict[str, Any] = {
            "id": self.id,
            "object": "file",
            "bytes": self.size,
            "created_at": self.created,
            "filename": self.name,
            "purpose": self.purpose,
            "status": "processed",
        }
        return told if self.expires is None else {**told, "expires_at": self.expires}


class FileStore:
    """The files by id, oldest first. `clock` gives Unix seconds: by it they expire."""

    def __init__(self, workspace: Workspace, clock: Callable[[], float]) -> None:
        self._workspace = workspace
        self._clock = clock
        self._files: dict[str, StoredFile] = {}

    def load(self) -> None:
        """Find what an earlier run kept."""
        found = [StoredFile(**payload) for payload in self._workspace.read_all(_FOLDER)]
        self._files = {file.id: file for file in sorted(found, key=lambda file: (file.created, file.id))}

    def path(self, file_id: str) -> Path:
        """Where the content of a file lies, or will lie."""
        return self._workspace.folder(_FOLDER) / f"{file_id}.data"

    async def add(self, file: StoredFile) -> None:
        """Take in a file whose content lies at its path."""
        folder = self._workspace.folder(_FOLDER)
        await asyncio.to_thread(write_json, folder / f"{file.id}.json", asdict(file))
        self._files[file.id] = file

    async def find(self, file_id: str) -> StoredFile | None:
        """The file of that id."""
        await self._expire()
        return self._files.get(file_id)

    async def all(self) -> list[StoredFile]:
        """All files, oldest first."""
        await self._expire()
        return list(self._files.values())

    async def remove(self, file: StoredFile) -> None:
        """Delete a file. Who is reading it can read on."""
        del self._files[file.id]
        folder = self._workspace.folder(_FOLDER)
        for name in (f"{file.id}.json", f"{file.id}.data"):
            await asyncio.to_thread((folder / name).unlink, missing_ok=True)

    async def blocks(self, file: StoredFile) -> AsyncGenerator[bytes]:
        """The content in blocks."""
        opened = await asyncio.to_thread(self.path(file.id).open, "rb")
        try:
            while block := await asyncio.to_thread(opened.read, BLOCK):
                yield block
        finally:
            opened.close()

    def clear(self) -> None:
        """Forget the index (the folder goes with its workspace)."""
        self._files.clear()

    async def _expire(self) -> None:
        now = self._clock()
        for file in [one for one in self._files.values() if one.expires is not None and one.expires <= now]:
            await self.remove(file)
