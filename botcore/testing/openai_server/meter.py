"""Limits: requests and tokens a minute for each key, the server's quota, and the headers that tell of them."""

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from botcore.testing.openai_server.errors import ApiRefusal, insufficient_quota
from botcore.testing.openai_server.settings import RateLimit

# What the headers say where no limit is set.
_NOMINAL = MappingProxyType(
    {
        "x-ratelimit-limit-requests": "10000",
        "x-ratelimit-remaining-requests": "9999",
        "x-ratelimit-reset-requests": "6ms",
        "x-ratelimit-limit-tokens": "2000000",
        "x-ratelimit-remaining-tokens": "1999999",
        "x-ratelimit-reset-tokens": "0s",
    }
)


@dataclass(slots=True)
class _Bucket:
    """A bucket of `size` that refills evenly within a minute."""

    size: int
    level: float
    at: float

    def take(self, amount: int, now: float) -> float:
        """Take `amount`. Returns 0, or the seconds until there would be enough (then nothing is taken)."""
        self.level = min(float(self.size), self.level + (now - self.at) * self.size / 60)
        self.at = now
        if self.level >= amount:
            self.level -= amount
            return 0.0
        return (amount - self.level) * 60 / self.size


class Meter:
    """Counts what each key uses. `clock` gives seconds."""

    def __init__(self, rate: RateLimit, quota_tokens: int | None, clock: Callable[[], float] = time.monotonic) -> None:
        self.used_tokens = 0
        self._rate = rate
        self._quota = quota_tokens
        self._clock = clock
        self._buckets: dict[tuple[str, str], _Bucket] = {}

    def request(self, key: str) -> None:
        """Count one request.

        Raises:
            ApiRefusal: 429, above the requests per minute or with the quota used up.
        """
        if self._quota is not None and self.used_tokens >= self._quota:
            raise insufficient_quota()
        self._take(key, "requests", self._rate.requests_per_minute, 1)

    def tokens(self, key: str, amount: int) -> None:
        """Count the tokens of a prompt.

        Raises:
            ApiRefusal: 429, above the tokens per minute.
        """
        self._take(key, "tokens", self._rate.tokens_per_minute, amount)

    def spent(self, amount: int) -> None:
        """Count the tokens of a finished answer against the quota."""
        self.used_tokens += amount

    def headers(self, key: str) -> Mapping[str, str]:
        """The rate-limit headers of an answer to `key`."""
        if not self._buckets:
            return _NOMINAL
        told = dict(_NOMINAL)
        for kind in ("requests", "tokens"):
            bucket = self._buckets.get((key, kind))
            if bucket is not None:
                told[f"x-ratelimit-limit-{kind}"] = str(bucket.size)
                told[f"x-ratelimit-remaining-{kind}"] = str(int(bucket.level))
                told[f"x-ratelimit-reset-{kind}"] = f"{(bucket.size - bucket.level) * 60 / bucket.size:.3f}s"
        return told

    def _take(self, key: str, kind: str, limit: int | None, amount: int) -> None:
        if limit is None:
            return
        now = self._clock()
        bucket = self._buckets.setdefault((key, kind), _Bucket(limit, limit, now))
        wait = bucket.take(amount, now)
        if wait:
            unit = "RPM" if kind == "requests" else "TPM"
            message = (
                f"Rate limit reached in organization org-offline on {kind} per min ({unit}): Limit {limit}, "
                f"Used {limit - int(bucket.level)}, Requested {amount}. Please try again in {wait:.3f}s."
            )
            headers = {"retry-after": str(math.ceil(wait)), "retry-after-ms": str(math.ceil(wait * 1000))}
            raise ApiRefusal(429, message, kind=kind, code="rate_limit_exceeded", headers=headers)
