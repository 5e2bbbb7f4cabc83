"""What the simulated server says no with: the status codes and descriptions of the real Bot API.

The wording follows tdlib/telegram-bot-api (`Client::fail_query_with_error`) and TDLib, which the real service runs.
"""

from typing import Any


class Refused(Exception):
    """A Bot API error answer: `{"ok": false, "error_code": code, "description": ..., "parameters": ...}`."""

    def __init__(self, code: int, description: str, parameters: dict[str, Any] | None = None) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters

    def as_json(self) -> dict[str, Any]:
        """The body of the answer."""
        body: dict[str, Any] = {"ok": False, "error_code": self.code, "description": self.description}
        if self.parameters:
            body["parameters"] = self.parameters
        return body


def bad_request(message: str) -> Refused:
    """400 with the usual prefix; the first letter is lowered, except in codes such as TOPIC_CLOSED, as really done."""
    if message and not (len(message) > 1 and (message[1] == "_" or "A" <= message[1] <= "Z")):
        message = message[0].lower() + message[1:]
    return Refused(400, f"Bad Request: {message}")


def forbidden(message: str) -> Refused:
    """403: the bot may not do this in that chat."""
    return Refused(403, f"Forbidden: {message}")


def not_found() -> Refused:
    """404 without more words: a malformed token or a method that does not exist."""
    return Refused(404, "Not Found")


def too_many_requests(retry_after: int) -> Refused:
    """429 of flood control; `retry_after` in seconds."""
    return Refused(429, f"Too Many Requests: retry after {retry_after}", {"retry_after": retry_after})


def conflict(message: str) -> Refused:
    """409: another poller, or a webhook."""
    return Refused(409, f"Conflict: {message}")
