"""PostgreSQL: a few threads with a connection each, every unit a transaction of its own.

Units that wait together are not put into one transaction, as they are on SQLite: the server shares its fsync among
connections by itself, and two groups that lock the same rows in different orders would deadlock, each for a second.
"""

import random
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, NullPool, create_engine, event
from sqlalchemy.exc import DBAPIError

from botcore.errors import ConfigError, StoreUnavailable
from botcore.store.faults import is_disconnect, is_fault, opening_error, sqlstate, unavailable, worth_repeating
from botcore.store.urls import DatabaseUrl
from botcore.store.worker import Job, name_of

if TYPE_CHECKING:
    from sqlalchemy import RootTransaction

ATTEMPTS = 6
"""How often a unit is tried when PostgreSQL ends its transaction for a deadlock or a serialization failure."""

_CONNECTING: dict[str, Any] = {
    "application_name": "botcore",
    "connect_timeout": 10,  # seconds; so are the next two
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "tcp_user_timeout": 20_000,  # milliseconds without an acknowledgement, after which a connection counts as broken
}
_IN_UNIT = "botcore-unit"  # key in a connection's notes


class PostgresDatabase:
    """A PostgreSQL database: makes configured connections to it. Raises ConfigError where psycopg is missing."""

    def __init__(self, url: DatabaseUrl) -> None:
        self.url = url
        defaults = {key: value for key, value in _CONNECTING.items() if key not in url.sqlalchemy.query}
        try:
            # No pool: each worker keeps one connection, which costs nothing to check out.
            self.engine = create_engine(url.sqlalchemy, poolclass=NullPool, hide_parameters=True, connect_args=defaults)
        except ImportError as error:
            raise ConfigError(
                "DATABASE_URL: PostgreSQL needs the driver psycopg: pip install 'botcore-framework[postgres]'"
            ) from error
        event.listen(self.engine, "commit", _refuse_in_unit)

    def connect(self, *, read_only: bool = False) -> Connection:
        """Connect. Raises DBAPIError."""
        connection = self.engine.connect()
        if read_only:
            connection = connection.execution_options(isolation_level="AUTOCOMMIT")
        connection.exec_driver_sql("SET TIME ZONE 'UTC'")
        if read_only:
            connection.exec_driver_sql("SET default_transaction_read_only = on")
        connection.commit()
        return connection


class Session:
    """One worker's connection. It is made when needed, and again after it broke."""

    def __init__(self, database: PostgresDatabase, *, read_only: bool = False) -> None:
        self._database = database
        self._url = database.url
        self._read_only = read_only
        self._connection: Connection | None = None

    def connect(self) -> None:
        """Connect. Raises ConfigError where the server refuses the address's user or database."""
        try:
            self._connected()
        except DBAPIError as error:
            raise opening_error(str(self._url), error) from error

    def close(self) -> None:
        """Disconnect."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.invalidate()
            connection.close()

    def perform(self, jobs: Sequence[Job]) -> None:
        """Set the jobs' results, each in its own transaction."""
        for job in jobs:
            self._transact(job)

    def _transact(self, job: Job) -> None:
        """Run a unit until it is committed, failed for good, or was the victim of a conflict too often."""
        for attempt in range(ATTEMPTS):
            broken = False
            try:
                transaction = self._connected().begin()
            except DBAPIError as error:
                job.error = self._fault(error)
                return
            if self._attempt(job, transaction.connection):
                with job:
                    _commit(job, transaction)
                broken = is_disconnect(job.error)  # then it may be committed: it is not repeated
            if job.error is None:
                return
            again = not broken and (worth_repeating(job.error) or (is_disconnect(job.error) and attempt == 0))
            self._abandon(job, transaction)
            if not again:
                break
            time.sleep(random.uniform(0.001, 0.005) * attempt)  # noqa: S311 - not a secret; the first is at once
        self._translate(job)

    @staticmethod
    def _attempt(job: Job, connection: Connection) -> bool:
        notes = connection.info  # taken first: a connection that breaks meanwhile does not give them any more
        notes[_IN_UNIT] = True
        kept = job.attempt(connection)
        notes[_IN_UNIT] = False
        return kept

    def _translate(self, job: Job) -> None:
        """Turn a fault that a unit met into ours. The author of a read that writes is to see the driver's error."""
        own = self._read_only and sqlstate(job.error) == "25006"
        if (is_fault(job.error) or worth_repeating(job.error)) and not own:
            job.error = self._fault(job.error)

    def _abandon(self, job: Job, transaction: "RootTransaction") -> None:
        """Roll back; where that fails, or the connection broke, drop the connection."""
        if is_disconnect(job.error) or not transaction.is_active:
            self.close()
            return
        try:
            transaction.rollback()
        except DBAPIError:
            self.close()

    def _connected(self) -> Connection:
        if self._connection is None:
            self._connection = self._database.connect(read_only=self._read_only)
        return self._connection

    def _fault(self, error: BaseException | None) -> StoreUnavailable:
        self.close()
        return unavailable(str(self._url), error)


def _refuse_in_unit(connection: Connection) -> None:
    if connection.info.get(_IN_UNIT):
        raise RuntimeError("a unit of work neither commits nor rolls back: it returns, or raises")


def _commit(job: Job, transaction: "RootTransaction") -> None:
    if not transaction.is_active:
        raise RuntimeError(f"{name_of(job.unit)} ended its transaction: a unit of work returns, or raises")
    transaction.commit()
