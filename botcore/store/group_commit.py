"""SQLite: one writer that commits in groups, readers that never wait for it."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from botcore.errors import StoreUnavailable
from botcore.store.faults import is_fault, opening_error, sqlite_code, unavailable
from botcore.store.sqlite import SqliteDatabase, UnitConnection, disconnect, forget_state, raw_connection
from botcore.store.worker import Job, Unflushed, name_of


class _Session:
    """A connection that is made when needed and dropped after a fault, so that the next unit finds a sound one."""

    def __init__(self, database: SqliteDatabase, *, read_only: bool = False) -> None:
        self._database = database
        self._url = database.url
        self._read_only = read_only
        self._connection: Connection | None = None
        self._raw: UnitConnection
        self._inode: tuple[int, int] | None = None

    def connect(self) -> None:
        """Connect. Raises ConfigError where the file is not a usable database, StoreUnavailable where it is locked."""
        try:
            self._connected()
        except (sqlite3.Error, DBAPIError) as error:
            raise opening_error(str(self._url), error) from error

    def close(self) -> None:
        """Disconnect."""
        connection, self._connection = self._connection, None
        if connection is not None:
            disconnect(connection)

    def _connected(self) -> Connection:
        """The connection, to the file that stands at the path now."""
        if self._connection is not None and self._inode != _inode(self._url.path):
            self.close()  # moved, deleted or restored: what would be written to the old file would be lost
        if self._connection is None:
            self._connection = self._database.connect(read_only=self._read_only)
            self._raw = raw_connection(self._connection)
            self._inode = _inode(self._url.path)
        return self._connection

    def _fault(self, error: BaseException | None) -> StoreUnavailable:
        """Drop the connection (one in memory is the database) and name the fault."""
        if not self._url.in_memory:
            self.close()
        return unavailable(str(self._url), error)

    def _fail(self, jobs: Sequence[Job], error: BaseException) -> None:
        fault = self._fault(error)
        for job in jobs:
            if job.error is None:
                job.error = StoreUnavailable(str(fault))

    def _translate(self, job: Job) -> None:
        """Turn a fault that a unit met into ours. The author of a read that writes is to see the driver's error."""
        if is_fault(job.error):
            own = self._read_only or self._url.in_memory
            if not (own and sqlite_code(job.error) == sqlite3.SQLITE_READONLY):
                job.error = self._fault(job.error)


class Writer(_Session):
    """Performs a batch in one transaction, each unit in a savepoint of its own: one fsync for all."""

    def perform(self, jobs: Sequence[Job]) -> None:
        """Set the jobs' results. A unit that fails takes back its own work only."""
        try:
            connection = self._connected()
            self._database.flush(self._raw, needed=any(not isinstance(job.unit, Unflushed) for job in jobs))
            self._raw.execute("BEGIN IMMEDIATE")
        except (sqlite3.Error, DBAPIError) as error:
            self._fail(jobs, error)
            return
        if len(jobs) == 1:
            self._alone(jobs[0], connection)
        elif not self._together(jobs, connection):
            self._singly(jobs)
        for job in jobs:
            self._translate(job)

    def _alone(self, job: Job, connection: Connection) -> None:
        """Attempt one, and commit or roll back."""
        kept = job.attempt(connection)
        if kept and not self._raw.in_transaction:
            job.error = RuntimeError(f"{name_of(job.unit)} ended its transaction, or hid that it had failed")
            return
        try:
            if self._raw.in_transaction:
                self._raw.execute("COMMIT" if kept else "ROLLBACK")
            if not kept or connection.in_nested_transaction():
                forget_state(connection)
        except sqlite3.Error as error:
            self._start_over()
            self._fail([job], error)

    def _together(self, jobs: Sequence[Job], connection: Connection) -> bool:
        """Attempt each in a savepoint, then commit. False: the whole transaction was lost (disk full, I/O error)."""
        execute = self._raw.execute
        try:
            for job in jobs:
                execute("SAVEPOINT unit")
                kept = job.attempt(connection)
                if not self._raw.in_transaction:  # SQLite rolled it back
                    return False
                if not kept:
                    execute("ROLLBACK TO unit")
                execute("RELEASE unit")
                if not kept or connection.in_nested_transaction():
                    forget_state(connection)
            execute("COMMIT")
        except sqlite3.Error:
            return False
        return True

    def _singly(self, jobs: Sequence[Job]) -> None:
        """Repeat a batch that was lost, one by one: what hit one unit must not fail the others."""
        self._start_over()
        for job in jobs:
            job.error = None
            self.perform([job])

    def _start_over(self) -> None:
        """Leave a transaction behind that cannot be completed."""
        if not self._url.in_memory:
            self.close()
        elif self._connection is not None:
            if self._raw.in_transaction:
                self._raw.execute("ROLLBACK")
            forget_state(self._connection)


class Reader(_Session):
    """Performs each unit in a snapshot of its own; a write is refused by SQLite."""

    def __init__(self, database: SqliteDatabase) -> None:
        super().__init__(database, read_only=True)

    def perform(self, jobs: Sequence[Job]) -> None:
        """Set the jobs' results."""
        for job in jobs:
            try:
                connection = self._connected()
                self._raw.execute("BEGIN")
                job.attempt(connection)
                if self._raw.in_transaction:
                    self._raw.execute("ROLLBACK")
            except (sqlite3.Error, DBAPIError) as error:
                self._fail([job], error)
            if job.error is not None and self._connection is not None:
                forget_state(self._connection)
            self._translate(job)


def _inode(path: Path | None) -> tuple[int, int] | None:
    if path is None:
        return None
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
