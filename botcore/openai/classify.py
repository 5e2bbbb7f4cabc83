"""From a server's answer to one error of the tree. The only place that knows what servers call their errors.

Codes and types are those of OpenAI's error reference (platform docs, "Error codes") and of the servers that speak the
same protocol; the comments say which. What decides, in this order: a telling code, a telling phrase, the status.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from botcore import errors
from botcore.openai.call import Call
from botcore.openai.limits import RATE_LIMIT_PREFIX, request_id, retry_after
from botcore.openai.redact import scrub
from botcore.openai.secret import Secret

_TELLING: Final[Mapping[str, type[errors.ApiError]]] = {
    "insufficient_quota": errors.QuotaExceeded,
    "billing_hard_limit_reached": errors.QuotaExceeded,
    "billing_not_active": errors.QuotaExceeded,
    "exceeded_current_quota_error": errors.QuotaExceeded,  # Moonshot
    "context_length_exceeded": errors.ContextOverflow,
    "exceed_context_size_error": errors.ContextOverflow,  # llama.cpp
    "content_filter": errors.ContentFiltered,  # Azure
    "responsibleaipolicyviolation": errors.ContentFiltered,  # Azure, inner error
    "content_policy_violation": errors.ContentFiltered,
    "moderation_blocked": errors.ContentFiltered,
    "invalid_api_key": errors.AuthFailed,
    "model_not_found": errors.NotFound,
    "deploymentnotfound": errors.NotFound,  # Azure
}
_TELLING_WITHOUT_STATUS: Final[Mapping[str, type[errors.ApiError]]] = {
    "rate_limit_exceeded": errors.RateLimited,
    "rate_limit_error": errors.RateLimited,
    "server_error": errors.Unavailable,
    "internal_server_error": errors.Unavailable,
    "internalservererror": errors.Unavailable,  # vLLM
    "service_unavailable": errors.Unavailable,
    "overloaded_error": errors.Unavailable,
    "engine_overloaded": errors.Unavailable,
    "authentication_error": errors.AuthFailed,
    "invalid_request_error": errors.BadRequest,
}
_OVERFLOW = re.compile(
    r"maximum context length|prompt is too long"
    r"|context[ _](length|window|size)[^.]{0,40}exceed|exceed[^.]{0,40}context[ _](length|window|size)",
    re.IGNORECASE,
)
"""vLLM, llama.cpp, LiteLLM, OpenRouter and others say an overflow in words alone."""
_NO_SUCH_ITEM = re.compile(
    r"\b(model|job|deployment)\b.*(not found|not exist|no such)|no such \w+ object", re.IGNORECASE
)
_NO_SUCH_PATH = re.compile(
    r"^(file |page |endpoint |route )?not found$|^404\b|invalid url|unknown (url|request|endpoint)", re.IGNORECASE
)
_BY_STATUS: Final[Mapping[int, type[errors.ApiError]]] = {
    401: errors.AuthFailed,
    402: errors.QuotaExceeded,  # DeepSeek, OpenRouter: no balance
    403: errors.AuthFailed,
    405: errors.EndpointMissing,
    408: errors.Unavailable,
    409: errors.Unavailable,  # a lock that timed out; the official clients repeat it too
    429: errors.RateLimited,
    501: errors.EndpointMissing,
}


@dataclass(frozen=True, slots=True)
class Fault:
    """An error object, whatever its dialect."""

    message: str = ""
    code: str = ""
    kind: str = ""
    param: str = ""
    inner: str = ""
    flagged: bool = False
    instead: str = "no explanation"
    """Told where there is no message; it takes no part in the classification."""

    @classmethod
    def of(cls, body: Any) -> Self:
        """Read `{"error": {...}}`, `{"error": "text"}`, `{"message": ...}`, `{"detail": ...}`, or a list of one."""
        if isinstance(body, list) and body:
            body = body[0]  # Gemini's compatible endpoint
        if not isinstance(body, dict):
            return cls()
        error = body.get("error", body)
        if isinstance(error, str):
            return cls(message=error)
        if not isinstance(error, dict):
            return cls()
        inner, metadata = error.get("innererror"), error.get("metadata")
        return cls(
            message=_text(error.get("message")) or _detail(error.get("detail")),
            code=_text(error.get("code")),
            kind=_text(error.get("type")),
            param=_text(error.get("param")),
            inner=_text(inner.get("code")) if isinstance(inner, dict) else "",
            flagged=isinstance(metadata, dict) and "flagged_input" in metadata,  # OpenRouter's moderation
        )

    @property
    def status(self) -> int | None:
        """The HTTP status that some servers give as the code of an error inside a stream."""
        return int(self.code) if self.code.isascii() and self.code.isdigit() and 400 <= int(self.code) <= 599 else None


def from_response(
    status: int, headers: Mapping[str, str], body: Any, *, call: Call, key: Secret | None
) -> errors.ApiError:
    """Classify an answer that is no success. `body` is its JSON, or None where it had none."""
    fault = Fault.of(body)
    if body is None:
        fault = Fault(instead=f"an answer that is not JSON ({headers.get('content-type', 'of no stated type')})")
    error = _error(fault, status, call, key, retry_after=retry_after(headers), request_id=request_id(headers))
    error.headers = {name: value for name, value in headers.items() if name.startswith(RATE_LIMIT_PREFIX)}
    return error


def from_object(body: Any, headers: Mapping[str, str], *, call: Call, key: Secret | None) -> errors.ApiError:
    """Classify an error object that came with a success: inside a stream, or as the body of a 200."""
    fault = Fault.of(body)
    error = _error(fault, fault.status, call, key, retry_after=None, request_id=request_id(headers))
    error.headers = {name: value for name, value in headers.items() if name.startswith(RATE_LIMIT_PREFIX)}
    return error


def _error(
    fault: Fault,
    status: int | None,
    call: Call,
    key: Secret | None,
    *,
    retry_after: float | None,
    request_id: str | None,
) -> errors.ApiError:
    kind = _kind(fault, status, call)
    told = fault.message or fault.instead
    if fault.param and fault.param not in told:
        told = f"{told} (parameter {fault.param})"
    return kind(
        f"{call.endpoint}: {scrub(told, key, call.payload)}",
        status=status,
        code=scrub(fault.code, key, None) or None,
        request_id=request_id,
        retry_after=retry_after,
    )


def _kind(fault: Fault, status: int | None, call: Call) -> type[errors.ApiError]:
    for name in (fault.code, fault.kind, fault.inner):
        if kind := _TELLING.get(name.lower()):
            return kind
    if fault.flagged:
        return errors.ContentFiltered
    if status in {None, 400, 413, 422, 500} and _OVERFLOW.search(fault.message):
        return errors.ContextOverflow
    if status is None:
        named = (_TELLING_WITHOUT_STATUS.get(name.lower()) for name in (fault.code, fault.kind))
        return next((kind for kind in named if kind), errors.BadResponse)
    if status == 404:
        return errors.NotFound if _is_item(fault, call) else errors.EndpointMissing
    return _BY_STATUS.get(status) or _by_hundred(status)


def _by_hundred(status: int) -> type[errors.ApiError]:
    if status >= 500:
        return errors.Unavailable
    return errors.BadRequest if status >= 400 else errors.BadResponse


def _is_item(fault: Fault, call: Call) -> bool:
    """Whether a 404 speaks of one model, file or job, and not of the endpoint."""
    if fault.param == "model" or _NO_SUCH_ITEM.search(fault.message):
        return True
    if not call.endpoint.of_item:
        return False
    return bool(fault.message) and not _NO_SUCH_PATH.search(fault.message)


def _text(value: object) -> str:
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""


def _detail(value: object) -> str:
    """FastAPI's `detail`: a text, or a list of faults of which place and reason are kept, but not the quoted input."""
    if not isinstance(value, list):
        return _text(value)
    faults = [fault for fault in value if isinstance(fault, dict)]
    return "; ".join(f"{'.'.join(map(_text, fault.get('loc') or ()))}: {_text(fault.get('msg'))}" for fault in faults)
