"""What response headers say about the rate limits, and who to ask about a request."""

import math
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Self

RATE_LIMIT_PREFIX = "x-ratelimit-"
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")


@dataclass(frozen=True, slots=True)
class RateLimits:
    """The `x-ratelimit-*` headers of one answer; None where the server did not say. Resets are in seconds."""

    limit_requests: int | None = None
    limit_tokens: int | None = None
    remaining_requests: int | None = None
    remaining_tokens: int | None = None
    reset_requests: float | None = None
    reset_tokens: float | None = None

    @classmethod
    def of(cls, headers: Mapping[str, str]) -> Self:
        """Read them from headers with lower-case names."""
        return cls(
            limit_requests=_count(headers.get("x-ratelimit-limit-requests")),
            limit_tokens=_count(headers.get("x-ratelimit-limit-tokens")),
            remaining_requests=_count(headers.get("x-ratelimit-remaining-requests")),
            remaining_tokens=_count(headers.get("x-ratelimit-remaining-tokens")),
            reset_requests=_duration(headers.get("x-ratelimit-reset-requests")),
            reset_tokens=_duration(headers.get("x-ratelimit-reset-tokens")),
        )


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait before a repetition, or None: `retry-after-ms`, or `Retry-After` as seconds or HTTP date.

    RFC 9110, section 10.2.3; `retry-after-ms` is what OpenAI's and Azure's servers add.
    """
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    value = headers.get("retry-after")
    if value is None:
        return None
    seconds = _number(value)
    if seconds is not None:
        return seconds
    try:
        when = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, when.timestamp() - time.time())


def request_id(headers: Mapping[str, str]) -> str | None:
    """`x-request-id` (or `request-id`), printable and at most 200 characters."""
    value = headers.get("x-request-id") or headers.get("request-id")
    return "".join(c for c in value if c.isprintable())[:200] if value else None


def _number(text: str | None) -> float | None:
    try:
        value = float(text) if text else math.nan
    except ValueError:
        return None
    return max(0.0, value) if math.isfinite(value) else None


def _count(text: str | None) -> int | None:
    value = _number(text)
    return None if value is None else int(value)


def _duration(text: str | None) -> float | None:
    """Seconds of '6m0s', '20ms' or '1.5' (some servers send bare seconds)."""
    if not text:
        return None
    found = _DURATION.findall(text)
    return sum(float(n) * _SECONDS[unit] for n, unit in found) if found else _number(text)
