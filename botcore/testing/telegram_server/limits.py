"""Flood control: how much a bot may send before it is told 429 with `retry_after`.

The figures are those of https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this: about one
message a second in one chat (short bursts pass), 20 a minute in one group, about 30 a second in all. Edits count.
"""

import math
from dataclasses import dataclass
from typing import Self

from botcore.testing.server.clock import Clock
from botcore.testing.telegram_server.refusals import too_many_requests


@dataclass(frozen=True, slots=True)
class Rate:
    """`amount` messages within `seconds`, of which all may come at once after a pause."""

    amount: float
    seconds: float
    burst: float | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """Flood limits; None switches one off. Uploads have byte limits of their own, which always hold."""

    chat: Rate | None
    group: Rate | None
    overall: Rate | None

    @classmethod
    def real(cls) -> Self:
        """About what Telegram allows an ordinary bot."""
        return cls(chat=Rate(1, 1, burst=5), group=Rate(20, 60), overall=Rate(30, 1))

    @classmethod
    def none(cls) -> Self:
        """No flood control: for benchmarks, and for tests of other things."""
        return cls(chat=None, group=None, overall=None)


class _Bucket:
    __slots__ = ("_capacity", "_level", "_per_second", "_since")

    def __init__(self, rate: Rate, now: float) -> None:
        self._capacity = rate.amount if rate.burst is None else rate.burst
        self._per_second = rate.amount / rate.seconds
        self._level = self._capacity
        self._since = now

    def wait(self, now: float, amount: float) -> float:
        """Seconds until `amount` fits; 0 when it fits now."""
        self._level = min(self._capacity, self._level + (now - self._since) * self._per_second)
        self._since = now
        missing = min(amount, self._capacity) - self._level
        return missing / self._per_second if missing > 1e-9 else 0.0  # rounding of clock arithmetic

    def take(self, amount: float) -> None:
        self._level -= amount


class FloodControl:
    """Counts what was sent and refuses what is too much."""

    def __init__(self, limits: Limits, clock: Clock) -> None:
        self.limits = limits
        self._clock = clock
        self._chats: dict[int, _Bucket] = {}
        self._groups: dict[int, _Bucket] = {}
        self._overall: dict[int, _Bucket] = {}

    def spend(self, chat_id: int, *, group: bool, amount: int = 1) -> None:
        """Count `amount` messages (or edits) in a chat.

        Raises:
            Refused: 429 when one of the limits is reached; nothing is counted then.
        """
        limits = self.limits
        if limits.chat is None and limits.group is None and limits.overall is None:
            return
        now = self._clock.now()
        buckets = [
            self._bucket(self._overall, 0, limits.overall, now),
            self._bucket(self._chats, chat_id, limits.chat, now),
            self._bucket(self._groups, chat_id, limits.group if group else None, now),
        ]
        in_force = [bucket for bucket in buckets if bucket is not None]
        wait = max((bucket.wait(now, amount) for bucket in in_force), default=0.0)
        if wait > 0:
            raise too_many_requests(max(1, math.ceil(wait)))
        for bucket in in_force:
            bucket.take(amount)

    @staticmethod
    def _bucket(buckets: dict[int, _Bucket], key: int, rate: Rate | None, now: float) -> _Bucket | None:
        if rate is None:
            return None
        bucket = buckets.get(key)
        if bucket is None:
            bucket = buckets[key] = _Bucket(rate, now)
        return bucket
