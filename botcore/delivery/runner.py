"""The embedded runner: one process, one asyncio task per busy conversation and lane, a rescan at the start."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable

log = logging.getLogger(__name__)

Lane = tuple[int, int]
"""A conversation's id and the lane."""


class EmbeddedRunner:
    """Calls `drain(conversation, lane)` whenever there is open work, one at a time for each conversation and lane."""

    def __init__(self, drain: Callable[[int, int], Awaitable[None]]) -> None:
        self._drain = drain
        self._tasks: dict[Lane, asyncio.Task[None]] = {}
        self._again: set[Lane] = set()
        self._stopped = False
        self._hurried = asyncio.Event()

    def wake(self, conversation_id: int, lane: int) -> None:
        """There is open work. Cheap, may be called too often; never blocks."""
        key = (conversation_id, lane)
        if self._stopped:
            return  # the rows are open; the next start finds them
        if key in self._tasks:
            self._again.add(key)
        else:
            self._tasks[key] = asyncio.create_task(self._work(key), name=f"drain {conversation_id}/{lane}")

    def wake_all(self, lanes: Iterable[Lane]) -> None:
        """Take up what was open before a restart."""
        for conversation_id, lane in lanes:
            self.wake(conversation_id, lane)

    def busy(self, conversation_id: int, lane: int = 0) -> bool:
        """Whether a conversation is being worked on."""
        return (conversation_id, lane) in self._tasks

    async def _work(self, key: Lane) -> None:
        try:
            while not self._stopped:
                self._again.discard(key)
                await self._drain(*key)
                if key not in self._again:
                    break
        finally:
            self._again.discard(key)
            del self._tasks[key]

    async def idle(self) -> None:
        """Wait until nothing is worked on."""
        while self._tasks:
            await asyncio.wait(list(self._tasks.values()))

    def hurry(self) -> None:
        """Let `stop` wait no longer."""
        self._hurried.set()

    async def stop(self, seconds: float) -> int:
        """Take up nothing more, let running turns finish for `seconds`, cancel the rest; how many were cut.

        What is cut stays open in the inbox and is taken up at the next start.
        """
        self._stopped = True
        tasks = list(self._tasks.values())
        if not tasks:
            return 0
        hurried = asyncio.create_task(self._hurried.wait())
        finished = asyncio.create_task(asyncio.wait(tasks))
        await asyncio.wait([finished, hurried], timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        cut = [task for task in tasks if not task.done()]
        for task in (*cut, hurried, finished):
            task.cancel()
        await asyncio.wait([hurried, finished])
        await asyncio.gather(*tasks, return_exceptions=True)
        if cut:
            log.info("%d turns were cut and go on at the next start", len(cut))
        return len(cut)
