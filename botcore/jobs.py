"""Functions that run every so often while the bot runs."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from datetime import timedelta

from botcore.commands.registry import Registry

log = logging.getLogger(__name__)


class Jobs:
    """The plugins' jobs and the engine's own."""

    def __init__(self, registry: Registry) -> None:
        self._jobs = [(f"{job.plugin}.{job.value.name}", job.value.period, job.value.run) for job in registry.jobs()]
        self._tasks: list[asyncio.Task[None]] = []

    def add(self, name: str, period: timedelta, run: Callable[[], Awaitable[None]]) -> None:
        """Add one; before `start`."""
        self._jobs.append((name, period, run))

    def start(self) -> None:
        """Begin; the first run of each comes after a random part of its period, so that not all run at once."""
        self._tasks = [asyncio.create_task(_repeat(*job), name=f"job {job[0]}") for job in self._jobs]

    async def stop(self) -> None:
        """End them, running ones as well."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


async def _repeat(name: str, period: timedelta, run: Callable[[], Awaitable[None]]) -> None:
    seconds = period.total_seconds()
    await asyncio.sleep(seconds * random.random())  # noqa: S311 - spreads load
    while True:
        try:
            await run()
        except Exception:  # the outermost boundary of a job: the next run may succeed
            log.exception("job %s failed", name)
        await asyncio.sleep(seconds)
