"""The record of what the bot called."""

from dataclasses import dataclass
from typing import Any

from botcore.testing.server.record import Record
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


class Calls(Record[Call]):
    """The last calls, oldest first. With `keep=0` nothing is recorded."""

    def of(self, method: str) -> list[Call]:
        """The calls of one method."""
        return [call for call in self if call.method.lower() == method.lower()]

    def note(self, method: str, params: Params, at: float, status: int, description: str = "") -> None:
        """Record one, where calls are recorded."""
        if not self.enabled:
            return
        values = dict(params.values)
        values |= {name: f"<{len(upload.content)} bytes, {upload.name}>" for name, upload in params.uploads.items()}
        self.add(Call(method, values, at, status, description))
