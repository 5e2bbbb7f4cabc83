"""Background tasks with an end."""

import asyncio
from collections.abc import Coroutine
from typing import Any


class Errands:
    """Small tasks in the background that nobody waits for."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[None]] = set()

    def run(self, errand: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        """Start one. It must not raise, unless somebody waits for it."""
        task = asyncio.create_task(errand, name=name)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

    async def finish(self, seconds: float) -> None:
        """Let what runs come to its end for so long, then cancel the rest."""
        if self._running:
            await asyncio.wait(self._running, timeout=seconds)
            await self.stop()

    async def stop(self) -> None:
        """Cancel what still runs."""
        running = list(self._running)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
