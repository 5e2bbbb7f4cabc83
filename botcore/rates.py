"""Counting against a limit: a bucket that fills steadily, and a window of time that holds so many."""

from collections import deque
from typing import Final

_ROUNDING: Final = 1e-6
"""Seconds that the sum of a few times may be off; below any clock's use."""


class Bucket:
    """One event every `interval` seconds in the long run, up to `burst` at once after a pause. Interval 0: no limit.

    A virtual-scheduling bucket (GCRA, ITU-T I.371): one number is its whole state.
    """

    __slots__ = ("_burst", "_full_at", "_interval")

    def __init__(self, interval: float, burst: int) -> None:
        self._interval = interval
        self._burst = max(1, burst)
        self._full_at = float("-inf")

    def free_at(self, now: float, reserve: int = 0) -> float:
        """The earliest time, `now` or later, at which an event leaves `reserve` in the bucket; one fits in any case."""
        spare = max(0, self._burst - 1 - reserve) * self._interval + _ROUNDING
        return max(now, self._full_at - spare)

    def take(self, at: float) -> None:
        """Count an event at `at`."""
        self._full_at = max(self._full_at, at) + self._interval

    def is_full(self, now: float) -> bool:
        """Whether nothing is left of earlier events."""
        return self._full_at <= now


class Window:
    """At most `most` events in any `span` seconds. Most 0: no limit.

    Times are given in ascending order, and may lie ahead: a place is taken, then waited for.
    """

    __slots__ = ("_most", "_span", "_taken")

    def __init__(self, most: int, span: float) -> None:
        self._most = most
        self._span = span
        self._taken: deque[float] = deque(maxlen=most)

    def free_at(self, now: float, reserve: int = 0) -> float:
        """The earliest time, `now` or later, at which an event leaves `reserve` places (one fits in any case)."""
        most = max(1, self._most - reserve)
        if not self._most or len(self._taken) < most:
            return max(now, self._taken[-1]) if self._taken else now
        # in a span that ends later, the event `most` back has to have left it
        return max(now, self._taken[-1], self._taken[-most] + self._span)

    def take(self, at: float) -> None:
        """Count an event at `at`."""
        if self._most:
            self._taken.append(at)

    def is_empty(self, now: float) -> bool:
        """Whether nothing is left of earlier events."""
        return not self._taken or self._taken[-1] + self._span <= now
