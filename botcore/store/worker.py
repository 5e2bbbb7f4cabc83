"""A thread that takes units of work from a queue, has them performed in batches and wakes their callers."""

import asyncio
import functools
import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Any, Generic, Protocol, TypeAlias, TypeVar

from sqlalchemy import Connection

from botcore.complaints import Complaints
from botcore.errors import StoreUnavailable

Unit: TypeAlias = Callable[[Connection], Any]
T = TypeVar("T")

SLOW = 0.05
"""Seconds; a unit that takes longer is logged: on SQLite all other writers wait for it."""

_AT_ONCE = 4
"""Callers that go on in one round of the event loop: of a group commit's hundreds, all would block it for long."""

_log = logging.getLogger("botcore.store")


@dataclass(frozen=True, slots=True)
class Unflushed(Generic[T]):
    """A unit that need not be on the disk when it returns: a later one brings it there.

    The death of the program loses nothing of it. A power cut may, so it is for what is merely done again then. A
    commit took 0.2 ms with the flush and 0.01 without it where it was measured; on other disks it is milliseconds.
    """

    unit: Callable[[Connection], T]

    def __call__(self, connection: Connection) -> T:
        """Run it."""
        return self.unit(connection)


class Carried:
    """A context manager that carries an exception across threads: it is raised where somebody awaits the result."""

    __slots__ = ("error",)

    def __init__(self) -> None:
        self.error: BaseException | None = None

    def __enter__(self) -> None:
        self.error = None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> bool:
        self.error = error
        return error is not None


class Job(Carried):
    """One queued unit, its outcome and its caller."""

    __slots__ = ("future", "result", "unit")

    def __init__(self, unit: Unit, future: asyncio.Future[Any]) -> None:
        super().__init__()
        self.unit = unit
        self.future = future
        self.result: Any = None

    def attempt(self, connection: Connection) -> bool:
        """Run the unit. False: it raised, and `error` holds what."""
        begun = time.perf_counter()
        with self:
            self.result = self.unit(connection)
        if (taken := time.perf_counter() - begun) > SLOW:
            _log.warning("slow unit of work: %s took %.0f ms", name_of(self.unit), taken * 1000)
        return self.error is None

    def settle(self) -> None:
        """Give the caller its outcome, in the caller's loop."""
        error, self.error = self.error, None  # the job is in the error's traceback: no cycle
        if self.future.done():  # cancelled
            return
        if error is None:
            self.future.set_result(self.result)
        elif isinstance(error, StopIteration):  # a future cannot carry it
            self.future.set_exception(RuntimeError("a unit of work raised StopIteration"))
        else:
            self.future.set_exception(error)


class Session(Protocol):
    """A connection and the rule by which units become transactions."""

    def connect(self) -> None:
        """Connect. Raises StoreUnavailable or ConfigError."""
        ...

    def perform(self, jobs: Sequence[Job]) -> None:
        """Set `result` or `error` of every job. Results are durable when it returns."""
        ...

    def close(self) -> None:
        """Disconnect."""
        ...


class Worker:
    """Performs what `queue` holds on `session`, up to `most` units together, until it takes None.

    `kind` is what it does, "read" or "write", for the operator: a database that takes nothing may still be read.
    """

    def __init__(self, name: str, session: Session, queue: SimpleQueue[Job | None], *, kind: str, most: int) -> None:
        self._kind = kind
        self._complaints = Complaints(_log)
        self._session = session
        self._queue = queue
        self._most = most
        # A daemon: a process that dies without closing the database must not hang. Nothing confirmed gets lost.
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End, after everything that is queued."""
        self._queue.put(None)

    def join(self) -> None:
        """Wait until it is through with everything that was queued before None."""
        self._thread.join()

    def _work(self) -> None:
        last = False
        while not last:
            batch, last = self._take()
            if not batch:
                continue
            guard = Carried()
            with guard:
                self._session.perform(batch)
            if guard.error is not None:  # a fault of this package, not of a unit: no caller may wait for ever
                _log.error("the store failed", exc_info=guard.error)
                for job in batch:
                    job.error = StoreUnavailable(f"the store failed: {guard.error!r}")
                self._session.close()
            self._tell(batch)
            _wake(batch)
            del batch  # what was read may be large, and nothing may come for a long time
        self._session.close()

    def _tell(self, batch: Sequence[Job]) -> None:
        """Tell the operator of a database that does not answer; whoever asked for a unit tells a person at most."""
        for job in batch:
            if isinstance(job.error, StoreUnavailable):
                self._complaints.say(self._kind, "cannot %s: %s", self._kind, job.error)
                return
        self._complaints.settle(f"can {self._kind} again")

    def _take(self) -> tuple[list[Job], bool]:
        """Wait for one unit and take what is there with it, except of callers who left. True: it was the end."""
        batch: list[Job] = []
        job = self._queue.get()
        while job is not None:
            if not job.future.cancelled():
                batch.append(job)
            if len(batch) >= self._most:
                return batch, False
            try:
                job = self._queue.get_nowait()
            except Empty:
                return batch, False
        return batch, True


def _wake(jobs: Sequence[Job]) -> None:
    loops: dict[asyncio.AbstractEventLoop, list[Job]] = {}
    for job in jobs:
        loops.setdefault(job.future.get_loop(), []).append(job)
    for loop, mine in loops.items():
        try:
            loop.call_soon_threadsafe(_settle, mine)
        except RuntimeError:  # the loop was closed while its callers waited
            _log.warning("%d units of work ended after their event loop", len(mine))


def _settle(jobs: Sequence[Job]) -> None:
    """Give the callers their outcomes, some at a time: what each does next may take a while."""
    for job in jobs[:_AT_ONCE]:
        job.settle()
    if len(jobs) > _AT_ONCE:
        asyncio.get_running_loop().call_soon(_settle, jobs[_AT_ONCE:])


def name_of(unit: Unit) -> str:
    """A unit's name, for the log."""
    while isinstance(unit, functools.partial | Unflushed):
        unit = unit.func if isinstance(unit, functools.partial) else unit.unit
    return f"{getattr(unit, '__module__', '')}.{getattr(unit, '__qualname__', repr(unit))}"
