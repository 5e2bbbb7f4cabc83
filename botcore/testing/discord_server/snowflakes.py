"""Discord's ids: the milliseconds since 2015 in the upper 42 bits, so that ids sort by time.

https://discord.com/developers/docs/reference#snowflakes
"""

from datetime import UTC, datetime

from botcore.testing.server.clock import Clock

EPOCH = 1_420_070_400.0  # Unix seconds of Discord's first millisecond


class Snowflakes:
    """Makes ids that grow, even while the clock stands still."""

    __slots__ = ("_clock", "_last")

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last = 0

    def next(self) -> int:
        """A fresh id."""
        now = at_time(self._clock.now())
        self._last = now if now > self._last else self._last + 1
        return self._last


def at_time(seconds: float) -> int:
    """The smallest id of a moment, given in Unix seconds."""
    return int((seconds - EPOCH) * 1000) << 22


def time_of(snowflake: int) -> float:
    """When an id was made, in Unix seconds."""
    return (snowflake >> 22) / 1000 + EPOCH


def iso(seconds: float) -> str:
    """Unix seconds as the API writes times."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="microseconds")
