"""What the simulated server says no with: the status codes, error codes and words of the real API.

https://discord.com/developers/docs/topics/opcodes-and-status-codes#json
"""

from collections.abc import Mapping, Sequence
from typing import Any

Json = dict[str, Any]


class NotSent(ValueError):
    """What a person's app does not let pass, so that Discord never hears of it. The message says why."""


class Refused(Exception):
    """An error answer: `{"message": ..., "code": ..., "errors": {...}}` with an HTTP status."""

    def __init__(
        self,
        status: int,
        code: int,
        message: str,
        *,
        errors: Json | None = None,
        extra: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(f"{message} ({code})")
        self.status = status
        self.code = code
        self.message = message
        self.errors = errors
        self.extra = extra or {}
        self.headers = headers or {}

    def as_json(self) -> Json:
        """The body of the answer."""
        body: Json = {"message": self.message, "code": self.code, **self.extra}
        if self.errors:
            body["errors"] = self.errors
        return body


def unauthorized() -> Refused:
    """401 for a missing or wrong token."""
    return Refused(401, 0, "401: Unauthorized")


def not_found() -> Refused:
    """404 for a path that the API does not have."""
    return Refused(404, 0, "404: Not Found")


def wrong_method() -> Refused:
    """405 for a path that exists with other methods."""
    return Refused(405, 0, "405: Method Not Allowed")


def unknown(what: str) -> Refused:
    """404 for a channel, message, ... that does not exist."""
    codes = {
        "Channel": 10003,
        "Guild": 10004,
        "Member": 10007,
        "Message": 10008,
        "Role": 10011,
        "User": 10013,
        "Emoji": 10014,
        "Webhook": 10015,
        "interaction": 10062,
        "application command": 10063,
        "application command permissions": 10066,
    }
    return Refused(404, codes[what], f"Unknown {what}")


def missing_access() -> Refused:
    """403 for a channel or guild that the bot cannot see."""
    return Refused(403, 50001, "Missing Access")


def missing_permissions() -> Refused:
    """403 for what the bot may not do in a channel that it sees."""
    return Refused(403, 50013, "Missing Permissions")


def empty_message() -> Refused:
    """400 for a message without anything in it."""
    return Refused(400, 50006, "Cannot send an empty message")


def invalid_form(errors: Json) -> Refused:
    """400 for a body that breaks the rules; `errors` says where, nested as the body is."""
    return Refused(400, 50035, "Invalid Form Body", errors=errors)


def one_error(path: Sequence[str | int], code: str, message: str) -> Refused:
    """400 for one wrong field."""
    errors: Json = {}
    add_error(errors, path, code, message)
    return invalid_form(errors)


def add_error(errors: Json, path: Sequence[str | int], code: str, message: str) -> None:
    """Add one complaint to nested errors."""
    inner = errors
    for part in path:
        inner = inner.setdefault(str(part), {})
    inner.setdefault("_errors", []).append({"code": code, "message": message})
