"""The record of what the bot called."""

from dataclasses import dataclass, field
from typing import Any

from botcore.testing.discord_server.requests import Request
from botcore.testing.server.record import Record


@dataclass(frozen=True, slots=True)
class Call:
    """One call: its route and path, query and JSON body, file names with sizes, when (Unix seconds), and the answer.

    `code` is the error code of a refusal, 0 otherwise; `route` is empty for paths that the server does not know.
    """

    method: str
    path: str
    route: str
    at: float
    status: int
    code: int = 0
    message: str = ""
    query: dict[str, str] = field(default_factory=dict[str, str])
    body: Any = None
    files: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether it was granted."""
        return self.status < 300


class Calls(Record[Call]):
    """The last calls, oldest first. With `keep=0` nothing is recorded."""

    def of(self, route: str) -> list[Call]:
        """The calls of a route, or of all routes and paths that contain something: "POST", "/messages"."""
        return [call for call in self if route in call.route or route in f"{call.method} {call.path}"]

    def note(self, method: str, request: Request, at: float, status: int, code: int = 0, message: str = "") -> None:
        """Record one, where calls are recorded. Interaction tokens are kept out of the path."""
        if not self.enabled:
            return
        token = request.names.get("token")
        path = request.path.replace(token, "{token}") if token else request.path
        files = tuple(f"{one.name} ({len(one.content)} bytes)" for one in request.files)
        query = dict(request.query)
        self.add(Call(method, path, request.route, at, status, code, message, query, request.body, files))
