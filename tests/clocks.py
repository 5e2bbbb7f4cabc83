"""A clock that a test turns."""

import asyncio
import heapq
from itertools import count


class Clock:
    """Stands still until `turn`; sleepers wake in the order of their times."""

    def __init__(self, now: float = 1_000.0) -> None:
        self.now = now
        self._sleepers: list[tuple[float, int, asyncio.Event]] = []
        self._numbers = count()

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        woken = asyncio.Event()
        heapq.heappush(self._sleepers, (self.now + seconds, next(self._numbers), woken))
        await woken.wait()

    async def turn(self, seconds: float) -> None:
        end = self.now + seconds
        await settle()
        while self._sleepers and self._sleepers[0][0] <= end:
            at, _, woken = heapq.heappop(self._sleepers)
            self.now = max(self.now, at)
            woken.set()
            await settle()
        self.now = end
        await settle()


async def settle() -> None:
    """Let every task run until it waits for the clock."""
    for _ in range(200):
        await asyncio.sleep(0)
