"""Training files: JSON lines, `{"messages": [...]}` each, with some held out for comparing models."""

import hashlib
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Final, Self

import orjson

from botcore.training.selection import Example

LONGEST_LINE: Final = 16 * 1024 * 1024
"""Bytes of a line that is read: no model takes an example of that size."""


def held_out_beside(path: Path) -> Path:
    """Where the examples that are not taught go: `train.jsonl` has `train.held-out.jsonl` beside it."""
    return path.with_name(f"{path.stem}.held-out{path.suffix}")


def is_held_out(example: Example, share: float) -> bool:
    """Whether an example belongs to the share (0..1) that is not taught. The same question always falls the same way.

    So a second export, with more in it, never teaches what an earlier one was compared by.
    """
    digest = hashlib.sha256(example.question.encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big") < share * 2**64


class Writer:
    """Writes a training file and the one with what is held out. They are there when all is written, or not at all."""

    def __init__(self, path: Path, *, share: float) -> None:
        self.path = path
        self.held_out_path = held_out_beside(path)
        self.taught = 0
        self.held_out = 0
        self._share = share
        self._files: dict[Path, BinaryIO] = {}
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        """Open both beside their final names. Raises OSError."""
        with ExitStack() as stack:
            for path in (self.path, self.held_out_path):
                self._files[path] = stack.enter_context(_part(path).open("wb"))
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()
        for path in self._files:
            if error is None:
                _part(path).replace(path)
            else:
                _part(path).unlink(missing_ok=True)

    def add(self, example: Example) -> None:
        """Write one example to the file it belongs to."""
        aside = is_held_out(example, self._share)
        self._files[self.held_out_path if aside else self.path].write(orjson.dumps(example.line()) + b"\n")
        self.held_out += aside
        self.taught += not aside


def lines(path: Path) -> Iterator[tuple[int, Any]]:
    """The lines of a file with their numbers, decoded; None for one that is no JSON. Raises OSError."""
    with path.open("rb") as file:
        number = 0
        while line := file.readline(LONGEST_LINE):
            number += 1
            if not line.strip():
                continue
            try:
                yield number, orjson.loads(line.removeprefix(b"\xef\xbb\xbf"))
            except orjson.JSONDecodeError:
                yield number, None


def _part(path: Path) -> Path:
    return path.with_name(f"{path.name}.part")
