"""Where the stand-in keeps things on disk: a folder that stays, or a temporary one that goes when the server stops."""

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson


class Workspace:
    """Folders below `data_dir`, or below a temporary folder that is made when it is first needed."""

    def __init__(self, data_dir: Path | None) -> None:
        self._kept = data_dir
        self._temporary: tempfile.TemporaryDirectory[str] | None = None

    def folder(self, name: str) -> Path:
        """A folder of that name, made if it is not there."""
        root = self._kept
        if root is None:
            if self._temporary is None:
                self._temporary = tempfile.TemporaryDirectory(prefix="botcore-offline-")
            root = Path(self._temporary.name)
        found = root / name
        found.mkdir(parents=True, exist_ok=True)
        return found

    def read_all(self, name: str) -> list[dict[str, Any]]:
        """The JSON objects in a folder; nothing where nothing is kept."""
        if self._kept is None or not (self._kept / name).is_dir():
            return []
        return [orjson.loads(path.read_bytes()) for path in sorted((self._kept / name).glob("*.json"))]

    def close(self) -> None:
        """Remove what is temporary."""
        if self._temporary is not None:
            self._temporary.cleanup()
            self._temporary = None


def write_json(path: Path, payload: Mapping[str, Any]) -> None:
    """Replace a file at once: whoever reads it sees the old or the new content, also after a crash."""
    new = path.with_suffix(".new")
    with new.open("wb") as file:
        file.write(orjson.dumps(payload, option=orjson.OPT_INDENT_2))
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
