"""Rate limits: what a bot may ask how often before it is told 429, and the headers that tell it beforehand.

The rules are those of https://discord.com/developers/docs/topics/rate-limits. Discord does not publish the figures of
single routes and tells bots to go by the headers; those here are about what bots see.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import md5
from typing import Self

from botcore.testing.discord_server.refusals import Refused
from botcore.testing.server.clock import Clock

_MANY = 1_000_000  # what headers promise where nothing is limited: the library would otherwise send one by one
_PRUNE_OVER = 20_000  # buckets

#: Not bound to the global limit.
_FREE_OF_OVERALL = ("/interactions/", "/webhooks/")


@dataclass(frozen=True, slots=True)
class Rate:
    """`amount` requests within each `seconds`."""

    amount: int
    seconds: float


_OBSERVED: Mapping[str, Rate] = {
    "POST /channels/{channel_id}/messages": Rate(5, 5),
    "PATCH /channels/{channel_id}/messages/{message_id}": Rate(5, 5),
    "DELETE /channels/{channel_id}/messages/{message_id}": Rate(5, 1),
    "GET /channels/{channel_id}/messages": Rate(5, 5),
    "GET /channels/{channel_id}/messages/{message_id}": Rate(5, 5),
    "POST /channels/{channel_id}/typing": Rate(5, 5),
    "PUT /channels/{channel_id}/messages/{message_id}/reactions/{emoji}/@me": Rate(1, 0.25),
    "POST /webhooks/{application_id}/{token}": Rate(5, 2),
    "PATCH /webhooks/{application_id}/{token}/messages/{message_id}": Rate(5, 2),
    "PATCH /webhooks/{application_id}/{token}/messages/@original": Rate(5, 2),
    "POST /interactions/{interaction_id}/{token}/callback": Rate(50, 1),
}


@dataclass(frozen=True, slots=True)
class Limits:
    """What is limited; None switches one off. Sizes and lengths always hold.

    Args:
        routes: by route; each channel, guild and interaction token counts for itself.
        other: for routes that are not named.
        overall: all requests but those that answer interactions.
        invalid: answers 401, 403 and 429; beyond it everything is refused until the time is over.
        creates: new application commands of one scope in a day.
        gateway: payloads on one connection; beyond it the connection is closed with 4008.
        identifies: new sessions; beyond it an IDENTIFY is answered with opcode 9.
    """

    routes: Mapping[str, Rate]
    other: Rate | None
    overall: Rate | None
    invalid: Rate | None
    creates: Rate | None
    gateway: Rate | None
    identifies: Rate | None

    @classmethod
    def real(cls) -> Self:
        """About what Discord allows an ordinary bot."""
        return cls(
            routes=_OBSERVED,
            other=Rate(10, 10),
            overall=Rate(50, 1),
            invalid=Rate(10_000, 600),
            creates=Rate(200, 86_400),
            gateway=Rate(120, 60),
            identifies=Rate(1000, 86_400),
        )

    @classmethod
    def none(cls) -> Self:
        """No limits: for benchmarks, and for tests of other things. Headers promise a million requests."""
        return cls(routes={}, other=None, overall=None, invalid=None, creates=None, gateway=None, identifies=None)


class Window:
    """Counts within a fixed span of time that starts with the first count."""

    __slots__ = ("_rate", "ends", "used")

    def __init__(self, rate: Rate) -> None:
        self._rate = rate
        self.ends = 0.0
        self.used = 0

    def wait(self, now: float) -> float:
        """Seconds until one more fits; 0 when it fits now."""
        if now >= self.ends:
            self.used = 0
        return self.ends - now if self.used >= self._rate.amount else 0.0

    def take(self, now: float, amount: int = 1) -> None:
        """Count."""
        if now >= self.ends:
            self.used, self.ends = 0, now + self._rate.seconds
        self.used += amount

    def headers(self, now: float, bucket: str) -> dict[str, str]:
        """What the answer tells about it."""
        return _headers(self._rate.amount, max(0, self._rate.amount - self.used), self.ends, now, bucket)


class RateLimiter:
    """Counts requests, refuses what is too much, and says in headers how much is left."""

    def __init__(self, limits: Limits, clock: Clock) -> None:
        self.limits = limits
        self._clock = clock
        self._windows: dict[tuple[str, str], Window] = {}
        self._buckets: dict[str, str] = {}
        self.invalid_requests = 0

    def spend(self, route: str, major: str) -> dict[str, str]:
        """Count one request and return the headers of its answer.

        Raises:
            Refused: 429 where a limit is reached; nothing is counted then.
        """
        now = self._clock.now()
        bucket = self._bucket(route)
        limits = self.limits
        rate = limits.routes.get(route, limits.other)
        overall = None if route.partition(" ")[2].startswith(_FREE_OF_OVERALL) else limits.overall
        if overall is not None and (wait := self._window("", "", overall).wait(now)) > 0:
            raise _too_many(wait, {"X-RateLimit-Global": "true", "X-RateLimit-Scope": "global"}, everywhere=True)
        if rate is None:
            headers = _headers(_MANY, _MANY - 1, now + 1, now, bucket)
        else:
            window = self._window(route, major, rate)
            if (wait := window.wait(now)) > 0:
                raise _too_many(wait, {**window.headers(now, bucket), "X-RateLimit-Scope": "user"})
            window.take(now)
            headers = window.headers(now, bucket)
        if overall is not None:
            self._window("", "", overall).take(now)
        return headers

    def note(self, status: int, *, shared: bool = False) -> None:
        """Count an answer that Discord takes for invalid."""
        if status in {401, 403, 429} and not shared:
            self.invalid_requests += 1
            if self.limits.invalid is not None:
                self._window("invalid", "", self.limits.invalid).take(self._clock.now())

    def ban(self) -> float:
        """Seconds until the bot is let in again after too many invalid requests; 0 where it is not shut out."""
        rate = self.limits.invalid
        return 0.0 if rate is None else self._window("invalid", "", rate).wait(self._clock.now())

    def identify(self) -> bool:
        """Count a new session; False where there were too many."""
        rate = self.limits.identifies
        if rate is None:
            return True
        now, window = self._clock.now(), self._window("identify", "", rate)
        if window.wait(now) > 0:
            return False
        window.take(now)
        return True

    def session_starts(self) -> dict[str, int]:
        """The `session_start_limit` of the gateway's address."""
        rate = self.limits.identifies or Rate(1000, 86_400)
        now, window = self._clock.now(), self._window("identify", "", rate)
        window.wait(now)
        reset = max(0.0, window.ends - now)
        left = max(0, rate.amount - window.used)
        return {"total": rate.amount, "remaining": left, "reset_after": int(reset * 1000), "max_concurrency": 1}

    def create_commands(self, scope: str, amount: int) -> None:
        """Count application commands that did not exist before.

        Raises:
            Refused: 400 with code 30034 where it is more than a day's worth.
        """
        rate = self.limits.creates
        if rate is None or amount == 0:
            return
        now, window = self._clock.now(), self._window("creates", scope, rate)
        if window.wait(now) > 0 or window.used + amount > rate.amount:
            words = f"Max number of daily application command creates has been reached ({rate.amount})"
            raise Refused(400, 30034, words)
        window.take(now, amount)

    def _window(self, name: str, major: str, rate: Rate) -> Window:
        window = self._windows.get((name, major))
        if window is None:
            if len(self._windows) > _PRUNE_OVER:
                now = self._clock.now()
                self._windows = {key: one for key, one in self._windows.items() if one.ends > now}
            window = self._windows[name, major] = Window(rate)
        return window

    def _bucket(self, route: str) -> str:
        name = self._buckets.get(route)
        if name is None:
            name = self._buckets[route] = md5(route.encode(), usedforsecurity=False).hexdigest()
        return name


def _headers(limit: int, left: int, ends: float, now: float, bucket: str) -> dict[str, str]:
    return {
        "X-RateLimit-Limit": str(limit),
        "X-RateLimit-Remaining": str(left),
        "X-RateLimit-Reset": f"{ends:.3f}",
        "X-RateLimit-Reset-After": f"{max(0.0, ends - now):.3f}",
        "X-RateLimit-Bucket": bucket,
    }


def _too_many(wait: float, headers: Mapping[str, str], *, everywhere: bool = False) -> Refused:
    after = math.ceil(wait * 1000) / 1000
    return Refused(
        429,
        0,
        "You are being rate limited.",
        extra={"retry_after": after, "global": everywhere},
        headers={**headers, "Retry-After": str(math.ceil(wait))},
    )
