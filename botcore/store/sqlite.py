"""SQLite: how a database file is made, connected to and configured."""

import os
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, TypeVar, cast

from sqlalchemy import Connection, NullPool, create_engine

from botcore.errors import ConfigError
from botcore.store.faults import sqlite_code
from botcore.store.urls import DatabaseUrl

T = TypeVar("T")
Synchronous = Literal["FULL", "NORMAL", "OFF", "EXTRA"]

_CACHE_KIB = 2_000  # of pages, for each connection, as SQLite has it; what is not there is in the system's cache
_STATEMENTS = 256  # prepared statements kept for each connection; the product has about 60


class UnitConnection(sqlite3.Connection):
    """A connection whose transaction belongs to the group commit: a unit cannot end it."""

    lenient = False
    flushes = True
    """Whether a commit is on the disk when it returns."""

    def commit(self) -> None:
        """Refuse, inside a unit."""
        self._refuse()

    def rollback(self) -> None:
        """Refuse, inside a unit."""
        self._refuse()

    def _refuse(self) -> None:
        if self.in_transaction and not self.lenient:
            raise RuntimeError("a unit of work neither commits nor rolls back: it returns, or raises")


class SqliteDatabase:
    """A database file, or one in memory: makes configured connections to it. Raises ConfigError.

    A file that does not exist is made, with its folder.
    """

    def __init__(self, url: DatabaseUrl, *, synchronous: Synchronous, busy_timeout: float) -> None:
        self.url = url
        self._synchronous = synchronous
        self._busy_timeout = busy_timeout
        self.engine = create_engine(
            url.sqlalchemy, creator=self._open, poolclass=NullPool, hide_parameters=True, pool_reset_on_return=None
        )

        if url.path is not None:
            self._create_file(url.path)

    def _create_file(self, path: Path) -> None:
        """Make the folder and the file, for the owner's eyes only."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        except OSError as error:
            raise ConfigError(f"DATABASE_URL: {path} cannot be used: {error.strerror or error}") from error

    def connect(self, *, read_only: bool = False) -> Connection:
        """Connect. Raises sqlite3.Error or DBAPIError."""
        connection = self.engine.connect()
        raw = raw_connection(connection)
        try:
            if self.url.path is not None:
                _use_wal(raw, self._busy_timeout)
            raw.execute(f"PRAGMA synchronous={self._synchronous}")
            raw.execute("PRAGMA foreign_keys=ON")
            raw.execute(f"PRAGMA cache_size=-{_CACHE_KIB}")
            raw.execute("PRAGMA temp_store=MEMORY")
            # No mmap: it saves little here, and an I/O error or a truncated file would kill the process (SIGBUS).
            raw.execute("PRAGMA mmap_size=0")
            if read_only:
                raw.execute("PRAGMA query_only=ON")
        except sqlite3.Error:
            connection.close()
            raise
        # For SQLAlchemy one transaction that never ends: otherwise it would roll back after a statement that it could
        # not even prepare, and a unit could begin one of its own.
        connection.begin()
        return connection

    def flush(self, raw: UnitConnection, *, needed: bool) -> None:
        """Have the next commits flushed, as far as that is configured, or not."""
        if raw.flushes != needed and self._synchronous in ("FULL", "EXTRA"):
            raw.execute(f"PRAGMA synchronous={self._synchronous if needed else 'NORMAL'}")
            raw.flushes = needed

    def _open(self) -> Any:
        # mode=rw: a file that vanished must not come back as an empty database.
        target = ":memory:" if self.url.path is None else self.url.path.as_uri() + "?mode=rw"
        return sqlite3.connect(
            target,
            uri=self.url.path is not None,
            isolation_level=None,  # transactions are begun here, not by the driver
            timeout=self._busy_timeout,
            check_same_thread=False,  # connected by the opener, used by one worker
            cached_statements=_STATEMENTS,
            factory=UnitConnection,
        )


def disconnect(connection: Connection) -> None:
    """Close a connection without SQLAlchemy's rollback, which a broken one would refuse."""
    connection.invalidate()
    connection.close()


def forget_state(connection: Connection) -> None:
    """Let SQLAlchemy forget a transaction that it believes broken, or a savepoint left open by a unit."""
    raw = raw_connection(connection)
    raw.lenient = True
    connection.rollback()
    raw.lenient = False
    connection.begin()


def raw_connection(connection: Connection) -> UnitConnection:
    """The driver's connection inside."""
    return cast("UnitConnection", connection.connection.dbapi_connection)


def _use_wal(raw: sqlite3.Connection, seconds: float) -> None:
    """Switch to the write-ahead log. Two processes that do it at once get SQLITE_BUSY, whatever the busy timeout."""
    until = time.monotonic() + seconds
    while True:
        try:
            raw.execute("PRAGMA journal_mode=WAL").fetchall()
        except sqlite3.OperationalError as error:
            if sqlite_code(error) != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(0.01)
        else:
            return


def reading(connection: Connection, unit: Callable[[Connection], T]) -> T:
    """Run a reading unit on the connection that writes (a database in memory has only this one)."""
    raw = raw_connection(connection)
    raw.execute("PRAGMA query_only=ON")
    try:
        return unit(connection)
    finally:
        raw.execute("PRAGMA query_only=OFF")
