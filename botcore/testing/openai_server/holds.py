"""Holds: stop an answer at an exact point until the test lets it go on. What stop, kill and time-out tests need."""

import asyncio
from dataclasses import dataclass, field
from itertools import count


@dataclass(eq=False, slots=True)
class Hold:
    """One point at which answers wait.

    `after_chunks` is how many text chunks of a stream go out before it waits; None waits before the response headers,
    whether the answer is streamed or not. `path` limits it to one endpoint. It catches `times` requests and is then
    used up; those that wait go on together at `release()`.
    """

    id: str
    after_chunks: int | None
    path: str | None
    times: int
    waiting: int = 0
    caught: int = 0
    released: asyncio.Event = field(default_factory=asyncio.Event)
    _arrived: asyncio.Event = field(default_factory=asyncio.Event)

    def release(self) -> None:
        """Let everything that waits here go on, and everything that would still come."""
        self.released.set()

    async def reached(self, count: int = 1, within: float = 5.0) -> None:
        """Wait until `count` answers wait here.

        Raises:
            TimeoutError: they did not within `within` seconds.
        """
        async with asyncio.timeout(within):
            while self.waiting < count:
                await self._arrived.wait()

    async def wait(self) -> None:
        """Wait here until released (called by the server)."""
        self.waiting += 1
        self._arrived.set()
        self._arrived.clear()
        try:
            await self.released.wait()
        finally:
            self.waiting -= 1


class Holds:
    """The holds that are set, in the order in which they were set."""

    def __init__(self) -> None:
        self._set: list[Hold] = []
        self._numbers = count(1)

    def add(self, *, after_chunks: int | None = None, path: str | None = None, times: int = 1) -> Hold:
        """Set a hold."""
        hold = Hold(f"hold-{next(self._numbers)}", after_chunks, path, times)
        self._set.append(hold)
        return hold

    def find(self, hold_id: str) -> Hold | None:
        """The hold of that id."""
        return next((hold for hold in self._set if hold.id == hold_id), None)

    def take(self, path: str) -> Hold | None:
        """The hold that catches a request to `path`, if any."""
        for hold in self._set:
            if hold.caught < hold.times and not hold.released.is_set() and hold.path in {None, path}:
                hold.caught += 1
                return hold
        return None

    def clear(self) -> None:
        """Release and forget all."""
        for hold in self._set:
            hold.release()
        self._set.clear()
