"""Whether the tables are as this program wants them, and how they get there.

A start compares one row with a constant. A new database is made from the metadata, in a few milliseconds; an older one
goes through the migrations (Alembic, imported only then). Tests prove that both ways end at the same tables and that
the constant is Alembic's head.
"""

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Connection, MetaData, PrimaryKeyConstraint, String, Table, insert, select, text
from sqlalchemy.exc import DBAPIError

from botcore.errors import SchemaMismatch, StoreError
from botcore.store import postgres, sqlite
from botcore.store.faults import is_fault, one_line, opening_error, unavailable
from botcore.store.sqlite import disconnect
from botcore.store.tables import metadata
from botcore.store.urls import DatabaseUrl, parse

REVISIONS = ("0001", "0002")
"""Every revision of `migrations/versions`, oldest first."""

MIGRATIONS = Path(__file__).parent / "migrations"

_LOCK = 0x626F7463  # "botc": the key of PostgreSQL's advisory lock
_PATIENCE = 60.0  # seconds to wait for another process that migrates

# As Alembic declares it.
_stamps = Table(
    "alembic_version",
    MetaData(),
    Column("version_num", String(32), nullable=False),
    PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)


def head() -> str:
    """The revision that this program works with."""
    return REVISIONS[-1]


def current(connection: Connection) -> str | None:
    """The revision of a database, None for an empty one. Raises SchemaMismatch for one that is not ours to read."""
    present = _present(connection)
    revision = connection.execute(select(_stamps.c.version_num)).scalar() if _stamps.name in present else None
    if revision is None:
        if present & metadata.tables.keys():
            raise SchemaMismatch("the database has tables of these names, but not from this program: use another one")
        return None
    if revision not in REVISIONS:
        raise SchemaMismatch(
            f"the database has revision {revision}, this program knows up to {head()}: "
            "it was written by a newer version, install that one"
        )
    return str(revision)


def create(connection: Connection) -> None:
    """Make all tables in an empty database, in the caller's transaction. Does nothing where they are up to date."""
    if current(connection) is None:
        metadata.create_all(connection, checkfirst=False)
        _stamps.create(connection, checkfirst=True)
        connection.execute(insert(_stamps), {"version_num": head()})


def upgrade(url: str | DatabaseUrl) -> bool:
    """Bring the tables of a database up to date; whether anything was to be done. Blocks.

    One transaction, under a lock: processes that start together wait for the first, and one that dies leaves the
    database as it was. Raises ConfigError, StoreUnavailable, SchemaMismatch; StoreError where a migration fails.
    """
    address = parse(url) if isinstance(url, str) else url
    if address.in_memory:
        raise SchemaMismatch("a database in memory is made by its own connection")
    try:
        return _upgrade_sqlite(address) if address.dialect == "sqlite" else _upgrade_postgres(address)
    except (DBAPIError, sqlite3.Error) as error:
        if is_fault(error):
            raise unavailable(str(address), error) from error
        raise StoreError(
            f"the tables of {address} could not be brought up to date, nothing was changed: {one_line(error)}"
        ) from error


def _upgrade_sqlite(url: DatabaseUrl) -> bool:
    with _connecting(sqlite.SqliteDatabase(url, synchronous="FULL", busy_timeout=_PATIENCE)) as connection:
        if current(connection) == head():
            return False
        raw = sqlite.raw_connection(connection)
        # Off, for a migration makes an altered table anew: dropping the old one would delete what refers to it.
        raw.execute("PRAGMA foreign_keys=OFF")
        raw.execute("BEGIN IMMEDIATE")
        changed = _bring_up_to_date(connection)
        if broken := raw.execute("PRAGMA foreign_key_check").fetchone():
            raise StoreError(f"a migration left table {broken[0]} with a broken reference, nothing was changed")
        raw.execute("COMMIT")
        return changed


def _upgrade_postgres(url: DatabaseUrl) -> bool:
    with _connecting(postgres.PostgresDatabase(url)) as connection, connection.begin():
        if current(connection) == head():
            return False
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{_PATIENCE:.0f}s'")
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
        return _bring_up_to_date(connection)


@contextmanager
def _connecting(database: sqlite.SqliteDatabase | postgres.PostgresDatabase) -> Generator[Connection]:
    """A connection for a while. What is not committed at its end is rolled back."""
    try:
        connection = database.connect()
    except (DBAPIError, sqlite3.Error) as error:
        raise opening_error(str(database.url), error) from error
    try:
        yield connection
    finally:
        disconnect(connection)


def _bring_up_to_date(connection: Connection) -> bool:
    """Under the lock: look again, then create or migrate."""
    revision = current(connection)
    if revision == head():
        return False
    if revision is None:
        create(connection)
    else:
        migrate(connection)
    return True


def alembic_config(connection: Connection) -> Any:
    """Alembic's configuration for the migrations of this package, on this connection."""
    from alembic.config import Config  # noqa: PLC0415 - a start that needs no migration does without

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def migrate(connection: Connection, revision: str = "head") -> None:
    """Run the migrations up to `revision`, in the caller's transaction."""
    from alembic import command  # noqa: PLC0415 - as above

    if not connection.in_transaction():
        connection.begin()  # else Alembic would begin, and commit, one of its own
    command.upgrade(alembic_config(connection), revision)


def _present(connection: Connection) -> set[str]:
    """The names of the tables that are there."""
    if connection.dialect.name == "sqlite":
        query = "SELECT name FROM sqlite_master WHERE type = 'table'"
    else:
        query = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
    return set(connection.execute(text(query)).scalars())
