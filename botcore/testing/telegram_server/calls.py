"""The record of what the bot called."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from botcore.testing.telegram_server.params import Params


@dataclass(frozen=True, slots=True)
class Call:
    """One call: the method as spelled by the bot, its parameters, when (Unix seconds), and how it was answered."""

    method: str
    params: dict[str, Any]
    at: float
    status: int
    description: str = ""

    @property
    def ok(self) -> bool:
        """Whether it was granted."""
        return self.status == 200


class Calls:
    """The last calls, oldest first. With `keep=0` nothing is recorded."""

    def __init__(self, keep: int) -> None:
        self.enabled = keep > 0
        self._calls: deque[Call] = deque(maxlen=keep)

    def __iter__(self) -> Iterator[Call]:
        return iter(list(self._calls))

    def __len__(self) -> int:
        return len(self._calls)

    def of(self, method: str) -> list[Call]:
        """The calls of one method."""
        return [call for call in self._calls if call.method.lower() == method.lower()]

    def add(self, method: str, params: Params, at: float, status: int, description: str) -> None:
        """Record one."""
        values = dict(params.values)
        values |= {name: f"<{len(upload.content)} bytes, {upload.name}>" for name, upload in params.uploads.items()}
        self._calls.append(Call(method, values, at, status, description))

    def clear(self) -> None:
        """Forget them."""
        self._calls.clear()
