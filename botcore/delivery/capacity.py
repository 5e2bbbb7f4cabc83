"""How many messages are open in all, and the wait for room where there are too many."""

import asyncio
import logging

log = logging.getLogger(__name__)


class Capacity:
    """Counts open messages. At `most` nothing further is accepted: then the platform is not asked for more either."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._room = asyncio.Event()
        self._room.set()
        self.open = 0

    def add(self, messages: int) -> None:
        """Count messages that were accepted, or (negative) closed."""
        self.set(self.open + messages)

    def set(self, messages: int) -> None:
        """So many are open: what the database says, at the start and every now and then.

        Messages that are deleted while they are open, or that another process works on, are counted off nowhere else.
        """
        self.open = max(0, messages)
        if self.open < self._most:
            self._room.set()
        elif self._room.is_set():
            self._room.clear()
            log.warning("%d messages are open: no further ones are taken until there is room", self.open)

    async def room(self) -> None:
        """Wait until there is room."""
        await self._room.wait()
