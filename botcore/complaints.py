"""Saying what goes wrong without saying it a thousand times."""

import logging
import time
from collections.abc import Callable
from typing import Final

_SILENCE_S: Final = 60.0
"""Seconds before the same complaint is repeated."""
_REMEMBERED: Final = 1_000
"""Kinds of trouble that are remembered; each channel that refuses is one."""


class Complaints:
    """One line in `log` for each kind of trouble, repeated at most once a minute, and one line when it is over."""

    def __init__(self, log: logging.Logger, clock: Callable[[], float] = time.monotonic) -> None:
        self._log = log
        self._clock = clock
        self._said: dict[str, float] = {}
        self._pending: set[str] = set()

    def say(self, kind: str, text: str, *args: object, level: int = logging.ERROR) -> None:
        """Log `text % args`, unless the same kind was logged within the last minute."""
        now = self._clock()
        if now - self._said.get(kind, float("-inf")) >= _SILENCE_S:
            self._said.pop(kind, None)  # the longest silent are the first
            self._said[kind] = now
            self._pending.add(kind)
            if len(self._said) > _REMEMBERED:
                oldest = next(iter(self._said))
                del self._said[oldest]
                self._pending.discard(oldest)
            self._log.log(level, text, *args)

    def settle(self, text: str, kind: str | None = None) -> None:
        """That kind of trouble is over, or all of it. Logs `text` where something was complained about."""
        over = self._pending & {kind} if kind is not None else set(self._pending)
        if over:
            self._pending -= over
            self._log.info(text)
