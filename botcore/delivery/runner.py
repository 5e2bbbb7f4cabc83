"""The embedded runner: one process, one asyncio task per busy conversation and lane, a rescan at the start."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from typing import Generic, TypeAlias, TypeVar

log = logging.getLogger(__name__)
Claimed = TypeVar("Claimed")

Lane: TypeAlias = tuple[int, int]
"""A conversation's id and the lane."""


class EmbeddedRunner(Generic[Claimed]):
    """Calls `drain(conversation, lane, claimed)` whenever there is open work, one at a time for each of them.

    Who is about to accept a message may `reserve` an idle conversation, claim the message in the transaction that
    accepts it, and `begin` with it. In all other cases `claimed` is None: the drain claims.
    """

    def __init__(self, drain: Callable[[int, int, Claimed | None], Awaitable[None]]) -> None:
        self._drain = drain
        self._tasks: dict[Lane, asyncio.Task[None]] = {}
        self._reserved: set[Lane] = set()
        self._again: set[Lane] = set()
        self._stopped = False
        self._hurried = asyncio.Event()

    def wake(self, conversation_id: int, lane: int) -> None:
        """There is open work. Cheap, may be called too often; never blocks."""
        key = (conversation_id, lane)
        if key in self._tasks or key in self._reserved:
            self._again.add(key)
        else:
            self._start(key, None)

    def reserve(self, conversation_id: int, lane: int) -> bool:
        """Keep an idle conversation from being worked on until `begin` or `release`. False: it is busy."""
        key = (conversation_id, lane)
        if self._stopped or key in self._tasks or key in self._reserved:
            return False
        self._reserved.add(key)
        return True

    def begin(self, conversation_id: int, lane: int, claimed: Claimed) -> None:
        """Work on what was claimed while the conversation was reserved, and then on what else is open."""
        key = (conversation_id, lane)
        self._reserved.discard(key)
        self._start(key, claimed)

    def release(self, conversation_id: int, lane: int) -> None:
        """End a reservation under which nothing was claimed."""
        key = (conversation_id, lane)
        self._reserved.discard(key)
        if key in self._again:
            self._start(key, None)

    def wake_all(self, lanes: Iterable[Lane]) -> None:
        """Take up what was open before a restart."""
        for conversation_id, lane in lanes:
            self.wake(conversation_id, lane)

    def busy(self, conversation_id: int, lane: int = 0) -> bool:
        """Whether a conversation is being worked on, or reserved for that."""
        key = (conversation_id, lane)
        return key in self._tasks or key in self._reserved

    def _start(self, key: Lane, claimed: Claimed | None) -> None:
        if not self._stopped:  # else the rows are open; the next start finds them
            self._tasks[key] = asyncio.create_task(self._work(key, claimed), name=f"drain {key[0]}/{key[1]}")

    async def _work(self, key: Lane, claimed: Claimed | None) -> None:
        try:
            while not self._stopped:
                if claimed is None:  # a claim that was made before does not see what was accepted since
                    self._again.discard(key)
                await self._drain(*key, claimed)
                claimed = None
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
