"""Waiting for something to become true, without polling and without sleeping."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class News:
    """Wakes everybody who waits whenever something happened. `tell` may be called from plain (not async) code."""

    __slots__ = ("_waiting",)

    def __init__(self) -> None:
        self._waiting: set[asyncio.Future[None]] = set()

    def tell(self) -> None:
        """Something happened: everybody who waits looks again."""
        if self._waiting:
            waiting, self._waiting = self._waiting, set()
            for future in waiting:
                if not future.done():
                    future.set_result(None)

    async def wait_for(
        self, look: Callable[[], T | None], timeout: float | None, complaint: Callable[[], str] = str
    ) -> T:
        """Return the first thing other than None (or False) that `look` finds, now or after later news.

        Raises:
            TimeoutError: when nothing was found within `timeout` seconds, with what `complaint` says then.
        """
        try:
            async with asyncio.timeout(timeout):
                while not (found := look()):
                    future = asyncio.get_running_loop().create_future()
                    self._waiting.add(future)
                    try:
                        await future
                    finally:
                        self._waiting.discard(future)
                return found
        except TimeoutError:
            raise TimeoutError(complaint()) from None
