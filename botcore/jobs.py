"""Functions that run every so often while the bot runs."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from botcore.commands.gate import guard
from botcore.commands.registry import Registry
from botcore.errors import BotcoreError

log = logging.getLogger(__name__)


LEAST_DEADLINE = 600.0  # seconds for a run: one that hangs must not keep the next ones from running


@dataclass(frozen=True, slots=True)
class _Job:
    plugin: str
    name: str
    period: timedelta
    run: Callable[[], Awaitable[None]]


class Jobs:
    """The plugins' jobs and the engine's own."""

    def __init__(self, registry: Registry) -> None:
        self._jobs = [_Job(job.plugin, job.value.name, job.value.period, job.value.run) for job in registry.jobs()]
        self._tasks: list[asyncio.Task[None]] = []

    def add(self, name: str, period: timedelta, run: Callable[[], Awaitable[None]]) -> None:
        """Add one; before `start`."""
        self._jobs.append(_Job("botcore", name, period, run))

    def start(self) -> None:
        """Begin; the first run of each comes after a random part of its period, so that not all run at once."""
        self._tasks = [asyncio.create_task(_repeat(job), name=f"job {job.plugin}.{job.name}") for job in self._jobs]

    async def stop(self) -> None:
        """End them, running ones as well."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


async def _repeat(job: _Job) -> None:
    seconds = job.period.total_seconds()
    await asyncio.sleep(seconds * random.random())  # noqa: S311 - spreads load
    while True:
        try:
            await guard(job.plugin, f"every {job.name}", job.run, timeout=max(seconds, LEAST_DEADLINE))
        except BotcoreError as error:  # the next run may succeed
            log.error("job %s.%s failed: %s", job.plugin, job.name, error)  # noqa: TRY400 - guard logs a fault's traceback
        await asyncio.sleep(seconds)
