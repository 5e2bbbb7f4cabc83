"""Checks the traffic against Discord's own OpenAPI description, where a test hands it over."""

from collections.abc import Callable
from typing import Any, Protocol

from botcore.testing.discord_server.requests import Request

#: Events whose data is an object that the description has, too.
_EVENTS = {
    "MESSAGE_CREATE": "MessageResponse",
    "MESSAGE_UPDATE": "MessageResponse",
    "CHANNEL_CREATE": "GuildChannelResponse",
    "CHANNEL_UPDATE": "GuildChannelResponse",
    "THREAD_CREATE": "ThreadResponse",
    "THREAD_UPDATE": "ThreadResponse",
    "GUILD_MEMBER_ADD": "GuildMemberResponse",
    "GUILD_CREATE": "GuildResponse",
}


class Described(Protocol):
    """What is needed of a `botcore.testing.openapi.Description`, which takes packages that a running bot does not have.

    Every check raises an AssertionError that says what does not fit, or LookupError for what is not described.
    """

    def check_request(self, method: str, path: str, body: Any) -> None:
        """Check a request body."""
        ...

    def check_response(self, method: str, path: str, status: int, body: Any) -> None:
        """Check an answer."""
        ...

    def check_schema(self, name: str, body: Any) -> None:
        """Check an object."""
        ...


class Checker:
    """Collects what does not fit, as sentences."""

    def __init__(self, description: Described) -> None:
        self.problems: list[str] = []
        self._description = description

    def call(self, method: str, request: Request, status: int, body: Any) -> None:
        """Check a call that was granted, or refused, and its answer."""
        path = request.path
        if status < 300 and request.body is not None:
            self._try(self._description.check_request, method, path, _as_written(request.body))
        if (
            status >= 400
        ):  # the nested codes are texts in Discord's documentation and answers, numbers in its description
            body = {name: value for name, value in body.items() if name != "errors"}
        if status != 204 and body is not None:
            self._try(self._description.check_response, method, path, status, body)

    def event(self, name: str, data: Any) -> None:
        """Check the data of an event that carries a described object."""
        if name in _EVENTS:
            self._try(self._description.check_schema, _EVENTS[name], data)

    def _try(self, check: Callable[..., None], *args: Any) -> None:
        try:
            check(*args)
        except (AssertionError, LookupError) as wrong:
            self.problems.append(str(wrong))


def _as_written(body: Any, name: str = "") -> Any:
    """A request as the description wants it: ids may be numbers in practice, and are strings in the description."""
    if isinstance(body, dict):
        return {key: _as_written(value, key) for key, value in body.items()}
    if isinstance(body, list):
        return [_as_written(one, name) for one in body]
    if isinstance(body, int) and not isinstance(body, bool) and (name in _IDS or name.endswith("_id")):
        return str(body)
    if name == "default_member_permissions" and isinstance(body, str) and body.isdecimal():
        return int(body)  # documented as a text, described as a number; both are taken
    return body


_IDS = frozenset({"id", "users", "roles", "messages", "applied_tags"})
