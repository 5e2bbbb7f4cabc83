"""How many messages a person may send in a minute: token buckets in memory."""

import asyncio
from collections.abc import Callable

from botcore.errors import RateExceeded

REMEMBERED = 10_000  # people; beyond it the full buckets, which change nothing, are forgotten
MINUTE = 60.0  # seconds: after as long without a message any bucket is full


class Rate:
    """A bucket per person that holds one minute's messages and refills steadily."""

    def __init__(self, per_minute: int, clock: Callable[[], float] | None = None) -> None:
        self._per_minute = per_minute
        self._clock = clock or (lambda: asyncio.get_running_loop().time())
        self._buckets: dict[str, tuple[float, float]] = {}
        self._forgot_at = float("-inf")

    def take(self, person: str) -> None:
        """Count one message. Raises RateExceeded with the seconds until the next one is welcome."""
        if self._per_minute == 0:
            return
        now = self._clock()
        level, since = self._buckets.get(person, (float(self._per_minute), now))
        level = min(float(self._per_minute), level + (now - since) * self._per_minute / MINUTE)
        if level < 1:
            wait = (1 - level) * MINUTE / self._per_minute
            self._buckets[person] = (level, now)
            raise RateExceeded(
                f"That was a lot of messages in a short time. Please go on in {max(1, round(wait))} s.",
                retry_after=wait,
            )
        self._buckets[person] = (level - 1, now)
        if len(self._buckets) > REMEMBERED and now - self._forgot_at >= MINUTE:  # it looks at each of them
            self._forgot_at = now
            self._buckets = {known: bucket for known, bucket in self._buckets.items() if now - bucket[1] < MINUTE}
