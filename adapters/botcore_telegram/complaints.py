"""Saying what goes wrong without saying it a thousand times."""

import logging
import time
from collections.abc import Callable
from typing import Final

log = logging.getLogger("botcore_telegram")

_SILENCE_S: Final = 60.0
"""Seconds before the same complaint is repeated."""


class Complaints:
    """One line for each kind of trouble, repeated at most once a minute, and one line when it is over."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._said: dict[str, float] = {}
        self._pending = False

    def say(self, kind: str, text: str, *args: object, level: int = logging.ERROR) -> None:
        """Log `text % args`, unless the same kind was logged within the last minute."""
        now = self._clock()
        if now - self._said.get(kind, float("-inf")) >= _SILENCE_S:
            self._said[kind] = now
            self._pending = True
            log.log(level, text, *args)

    def settle(self, text: str) -> None:
        """All is well. Logs `text` where something was complained about before."""
        if self._pending:
            self._pending = False
            log.info(text)
