"""Saying what goes wrong without saying it a thousand times."""

import logging
import time
from collections.abc import Callable
from typing import Final

log = logging.getLogger("botcore_discord")

_SILENCE_S: Final = 60.0
"""Seconds before the same complaint is repeated."""


class Complaints:
    """One line for each kind of trouble, repeated at most once a minute, and one line when that kind is over."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._said: dict[str, float] = {}

    def say(self, kind: str, text: str, *args: object, level: int = logging.ERROR) -> None:
        """Log `text % args`, unless the same kind was logged within the last minute."""
        now = self._clock()
        if now - self._said.get(kind, float("-inf")) >= _SILENCE_S:
            self._said[kind] = now
            log.log(level, text, *args)

    def settle(self, kind: str, text: str) -> None:
        """That kind of trouble is over. Logs `text` where it was complained about."""
        if self._said.pop(kind, None) is not None:
            log.info(text)
