"""The server's idea of time, so that tests of limits need not wait."""

import time
from typing import Protocol


class Clock(Protocol):
    """Tells the time in Unix seconds."""

    def now(self) -> float:
        """Seconds since the epoch; never goes back."""
        ...


class SystemClock:
    """The machine's time: starts at the wall clock and then follows the monotonic one."""

    def __init__(self) -> None:
        self._start = time.time() - time.monotonic()

    def now(self) -> float:
        """Seconds since the epoch."""
        return self._start + time.monotonic()


class ManualClock:
    """Stands still until it is told to move: `clock.advance(60)` ends a minute of flood control at once."""

    def __init__(self, start: float = 1_800_000_000.0) -> None:
        self._now = start

    def now(self) -> float:
        """Seconds since the epoch, as last set."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Let `seconds` pass.

        Raises:
            ValueError: for a negative number.
        """
        if seconds < 0:
            raise ValueError("time does not go back")
        self._now += seconds
