"""A watch on the event loop: which callbacks keep everything else waiting, and for how long.

    with LoopWatch() as watch:
        ...                       # whatever the bot does
    assert not watch.blocked, watch.blocked

Time on the processor counts, not time on the clock: on a busy machine a callback waits for a core through no fault of
its own. Waiting inside a callback (a sleep, a lock, a synchronous request) counts by the clock, above `waited`, without
what the process's threads have waited for a core meanwhile: one that holds Python's lock then holds up all (Linux).
"""

import asyncio
import gc
import resource
import time
from asyncio import events
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, cast

_TASKS: Final = Path("/proc/self/task")
_FRESH: Final = 0.02
"""Seconds for which a look at what the threads have waited is good for the next callbacks: it takes 0.1 ms."""


@dataclass(frozen=True, slots=True)
class Blocked:
    """A callback that took too long: seconds on the processor, seconds on the clock, and what it was."""

    cpu: float
    wall: float
    what: str


class LoopWatch(AbstractContextManager["LoopWatch"]):
    """Records callbacks of all event loops that take more than `busy` seconds of CPU, or wait more than `waited`.

    For tests: it wraps `asyncio.Handle` while it is entered, which costs about 2 microseconds a callback. Objects that
    were there before are hidden from the garbage collector meanwhile, as `botcore run` does after its start: walking
    through all of a test-suite's modules takes 100 ms and says nothing about the bot.
    """

    def __init__(self, busy: float = 0.05, waited: float = 0.25) -> None:
        self._busy = busy
        self._waited = waited
        self._original: Callable[[Any], None] | None = None
        self._looked = float("-inf")
        self._queued = 0.0
        self.blocked: list[Blocked] = []
        self.longest = 0.0
        """The longest callback so far, in seconds of CPU."""

    def __enter__(self) -> Self:
        gc.collect()
        gc.freeze()
        handle: Any = events.Handle
        self._original = original = handle._run  # noqa: SLF001 - the one place that every callback passes

        def run(this: Any) -> None:
            if time.perf_counter() - self._looked > _FRESH:
                self._looked, self._queued = time.perf_counter(), queued()
            wall, cpu, switches = time.perf_counter(), time.thread_time(), _voluntary_switches()
            original(this)
            self._note(this, time.thread_time() - cpu, time.perf_counter() - wall, _voluntary_switches() > switches)

        handle._run = run  # noqa: SLF001 - as above
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        gc.unfreeze()
        cast("Any", events.Handle)._run = self._original  # noqa: SLF001 - as above

    def _note(self, handle: Any, cpu: float, wall: float, gave_way: bool) -> None:
        self.longest = max(self.longest, cpu)
        waited = wall - cpu if gave_way else 0.0
        if cpu > self._busy or (waited > self._waited and waited - (queued() - self._queued) > self._waited):
            self.blocked.append(Blocked(round(cpu, 3), round(wall, 3), _named(handle)))


def queued() -> float:
    """Seconds that all threads of this process have waited for a core so far; 0 where the system does not tell.

    The second figure of `schedstat` (https://docs.kernel.org/scheduler/sched-stats.html#proc-pid-schedstat).
    """
    waited = 0
    with suppress(FileNotFoundError):  # another system
        for task in _TASKS.iterdir():
            with suppress(OSError, IndexError):  # it has just ended; a kernel that does not count
                waited += int((task / "schedstat").read_bytes().split()[1])
    return waited / 1e9


def _voluntary_switches() -> int:
    return resource.getrusage(resource.RUSAGE_THREAD).ru_nvcsw


def _named(handle: Any) -> str:
    callback = getattr(handle, "_callback", None)
    task = getattr(callback, "__self__", None)
    return repr(task) if isinstance(task, asyncio.Task) else repr(callback)
