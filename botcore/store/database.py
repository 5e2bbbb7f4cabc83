"""The database as the rest of the program sees it: units of work, run in threads, durable when they return."""

import asyncio
from collections.abc import Callable, Sequence
from queue import SimpleQueue
from types import TracebackType
from typing import Self, TypeVar

from sqlalchemy import Connection

from botcore.errors import BotcoreError, StoreUnavailable
from botcore.store import group_commit, postgres, schema, sqlite
from botcore.store.urls import DatabaseUrl, Dialect, parse
from botcore.store.worker import Job, Session, Worker

T = TypeVar("T")

_Queue = SimpleQueue[Job | None]

_GROUP = 256  # units that share a commit at most: the first of them waits for the last
_SQLITE_READERS = 2  # a long read holds up one; more only quarrel over the interpreter's lock (p99 of short reads x 4)
_READS = 16  # units that one reader takes at once, leaving the rest to the others


class Database:
    """Runs units of work: plain functions of one SQLAlchemy Core connection, many statements in one hop to a thread.

    A unit neither commits nor rolls back: what it did is committed when it returns and taken back when it raises. It
    may be run again (after a conflict, or when another unit broke the group), so it changes nothing but the database.
    It should take well under 50 ms, and build its statements once, at module level: building one costs more than
    running it.
    """

    def __init__(self, url: DatabaseUrl, writers: list[Session], readers: list[Session]) -> None:
        """Use `Database.open`."""
        self._url = url
        self._writes: _Queue = SimpleQueue()
        self._reads: _Queue = SimpleQueue() if readers else self._writes
        most = _GROUP if url.dialect == "sqlite" else 1
        self._writers = [
            Worker(f"store-write-{n}", one, self._writes, kind="write", most=most) for n, one in enumerate(writers)
        ]
        self._readers = [
            Worker(f"store-read-{n}", one, self._reads, kind="read", most=_READS) for n, one in enumerate(readers)
        ]
        self._closed = False
        for worker in [*self._writers, *self._readers]:
            worker.start()

    @classmethod
    async def open(
        cls,
        url: str,
        *,
        upgrade: bool = True,
        synchronous: sqlite.Synchronous = "FULL",
        busy_timeout: float = 5.0,
        threads: int = 4,
    ) -> Self:
        """Connect to `url` (see `urls.parse`), bring its tables up to date, and start the threads.

        `synchronous` and `busy_timeout` (seconds to wait for another process) are SQLite's. `threads` is the number of
        threads that read, each with its connection; on PostgreSQL as many write, on SQLite one writes and at most two
        read.

        Raises ConfigError where the address cannot be right, StoreUnavailable where the database does not answer now,
        SchemaMismatch where it is newer than the program.
        """
        address = parse(url)
        writers, readers = _sessions(address, synchronous, busy_timeout, threads)
        await asyncio.to_thread(_connect, address, [*writers[:1], *readers[:1]], upgrade=upgrade)
        database = cls(address, writers, readers)
        if upgrade and address.in_memory:
            await database.run(schema.create)
        return database

    async def run(self, unit: Callable[[Connection], T]) -> T:
        """Run `unit` and commit; durable when this returns (on SQLite an `Unflushed` one soon after).

        Raises what the unit raised (then nothing of it is stored), or StoreUnavailable: nothing of it is stored
        either, unless the connection to a server broke in the very commit. A caller that is cancelled before its unit
        began has it skipped, afterwards it is completed.
        """
        return await self._queued(self._writes, unit)

    async def read(self, unit: Callable[[Connection], T]) -> T:
        """Run `unit`, which must only read; it sees everything whose `run` has returned. Never waits for a commit."""
        if self._reads is self._writes:
            return await self._queued(self._writes, lambda connection: sqlite.reading(connection, unit))
        return await self._queued(self._reads, unit)

    async def close(self) -> None:
        """Complete what is queued, then disconnect. Closing again does nothing."""
        if self._closed:
            return
        self._closed = True
        # On SQLite the one that writes goes last and alone: only the last connection clears the log away, and of two
        # that go at the same moment each may take the other for one that stays.
        for workers in (self._readers, self._writers):
            for worker in workers:
                worker.stop()
            for worker in workers:
                await asyncio.to_thread(worker.join)

    @property
    def dialect(self) -> Dialect:
        """`sqlite` or `postgresql`."""
        return self._url.dialect

    @property
    def url(self) -> str:
        """The address without its password, to show."""
        return str(self._url)

    def _queued(self, queue: _Queue, unit: Callable[[Connection], T]) -> "asyncio.Future[T]":
        if self._closed:
            raise StoreUnavailable(f"the database {self._url} is closed")
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        queue.put(Job(unit, future))
        return future

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self.close()


def _sessions(
    url: DatabaseUrl, synchronous: sqlite.Synchronous, busy_timeout: float, threads: int
) -> tuple[list[Session], list[Session]]:
    if url.dialect == "sqlite":
        readers = min(threads, _SQLITE_READERS)
        file = sqlite.SqliteDatabase(url, synchronous=synchronous, busy_timeout=busy_timeout)
        return [group_commit.Writer(file)], [] if url.in_memory else [group_commit.Reader(file) for _ in range(readers)]
    server = postgres.PostgresDatabase(url)
    return (
        [postgres.Session(server) for _ in range(threads)],
        [postgres.Session(server, read_only=True) for _ in range(threads)],
    )


def _connect(url: DatabaseUrl, sessions: Sequence[Session], *, upgrade: bool) -> None:
    """Make sure of the tables and of these connections; the other sessions connect with their first unit."""
    if upgrade and not url.in_memory:
        schema.upgrade(url)
    connected: list[Session] = []
    try:
        for session in sessions:
            session.connect()
            connected.append(session)
    except BotcoreError:
        for session in connected:
            session.close()
        raise
