"""Refusals in the API's own shape: `{"error": {"message", "type", "param", "code"}}` with an HTTP status.

Texts and codes follow what the public API answers, because clients read both.
"""

from collections.abc import Mapping
from types import MappingProxyType

import orjson

_NONE: Mapping[str, str] = MappingProxyType({})


class ApiRefusal(Exception):
    """The request is answered with an error. `headers` are sent with it (for example `retry-after`)."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        kind: str = "invalid_request_error",
        param: str | None = None,
        code: str | None = None,
        headers: Mapping[str, str] = _NONE,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.kind = kind
        self.param = param
        self.code = code
        self.headers = headers

    def body(self) -> bytes:
        """The JSON body."""
        return error_body(self.message, kind=self.kind, param=self.param, code=self.code)


def error_body(message: str, *, kind: str, param: str | None = None, code: str | None = None) -> bytes:
    """An error object as JSON bytes."""
    return orjson.dumps({"error": {"message": message, "type": kind, "param": param, "code": code}})


def invalid(message: str, param: str | None = None, code: str | None = None) -> ApiRefusal:
    """A 400: the request itself is wrong."""
    return ApiRefusal(400, message, param=param, code=code)


def missing(param: str) -> ApiRefusal:
    """A 400: a required parameter is not there."""
    return invalid(f"Missing required parameter: '{param}'.", param, "missing_required_parameter")


def wrong_type(param: str, expected: str, got: object) -> ApiRefusal:
    """A 400: a parameter has another JSON type than it must."""
    return invalid(
        f"Invalid type for '{param}': expected {expected}, but got {json_type(got)} instead.", param, "invalid_type"
    )


def not_json() -> ApiRefusal:
    """A 400: the body is not JSON."""
    return invalid(
        "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP library "
        "correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON.)"
    )


def unknown_url(method: str, path: str) -> ApiRefusal:
    """A 404: there is no such endpoint."""
    return ApiRefusal(404, f"Invalid URL ({method} {path})")


def wrong_method(method: str, path: str) -> ApiRefusal:
    """A 405: the endpoint exists for another method."""
    hint = "(HINT: Perhaps you meant to use a different HTTP method?)"
    return ApiRefusal(405, f"Not allowed to {method} on {path}. {hint}", code="method_not_supported")


def model_not_found(model: str, param: str | None = None) -> ApiRefusal:
    """A 404: no such model."""
    message = f"The model `{model}` does not exist or you do not have access to it."
    return ApiRefusal(404, message, param=param, code="model_not_found")


def context_overflow(window: int, in_messages: int, in_completion: int | None) -> ApiRefusal:
    """A 400 `context_length_exceeded`; counts are tokens."""
    start = f"This model's maximum context length is {window} tokens. However, "
    if in_completion is None or in_messages > window:
        rest = f"your messages resulted in {in_messages} tokens. Please reduce the length of the messages."
    else:
        rest = (
            f"you requested {in_messages + in_completion} tokens ({in_messages} in the messages, {in_completion} in "
            "the completion). Please reduce the length of the messages or completion."
        )
    return invalid(start + rest, "messages", "context_length_exceeded")


def insufficient_quota() -> ApiRefusal:
    """A 429 that repeating does not help."""
    message = "You exceeded your current quota, please check your plan and billing details."
    return ApiRefusal(429, message, kind="insufficient_quota", code="insufficient_quota")


_TYPE_NAMES: Mapping[type, str] = MappingProxyType(
    {str: "a string", bool: "a boolean", int: "an integer", float: "a decimal", list: "an array", dict: "an object"}
)


def json_type(value: object) -> str:
    """How the API names the JSON type of `value`."""
    return "null" if value is None else _TYPE_NAMES.get(type(value), type(value).__name__)
