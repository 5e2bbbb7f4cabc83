"""The tables: made at once or by migrations, they are the same; two starts at a time are safe."""

import asyncio
import re
import secrets
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, inspect, text

from botcore.errors import ConfigError, SchemaMismatch, StoreError, StoreUnavailable
from botcore.messages import ConversationKey
from botcore.store import facts, schema
from botcore.store.conversations import ensure_conversation
from botcore.store.database import Database
from botcore.store.history import NewMessage, append
from botcore.store.tables import metadata
from botcore.store.urls import parse

ROOT = Path(__file__).parents[2]


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database without tables."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/bot.db"
        return
    url: str = request.getfixturevalue("postgres_url")
    name = f"empty_{secrets.token_hex(4)}"
    engine = create_engine(parse(url).sqlalchemy)
    with engine.begin() as c:
        c.exec_driver_sql(f"CREATE SCHEMA {name}")
    yield f"{url}?options=-csearch_path%3D{name}"
    with engine.begin() as c:
        c.exec_driver_sql(f"DROP SCHEMA {name} CASCADE")
    engine.dispose()


def shape(c: Connection) -> dict[str, Any]:
    """All that a database says of its tables, in a form that can be compared."""
    seen = inspect(c)
    found: dict[str, Any] = {}
    for table in seen.get_table_names():
        found[table] = {
            "columns": {
                column["name"]: (str(column["type"]), column["nullable"], column["default"])
                for column in seen.get_columns(table)
            },
            "key": seen.get_pk_constraint(table),
            "unique": sorted(seen.get_unique_constraints(table), key=lambda one: str(one["name"])),
            "foreign": sorted(seen.get_foreign_keys(table), key=lambda one: str(one["name"])),
            "indexes": sorted(
                (str(one["name"]), one["column_names"], one["unique"]) for one in seen.get_indexes(table)
            ),
        }
    if c.dialect.name == "sqlite":  # the statements themselves: AUTOINCREMENT and partial indexes do not show above
        rows = c.execute(text("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"))
        found["statements"] = {
            name: sorted(line.strip(' ,\t"').replace('"', "") for line in sql.splitlines()) for name, sql in rows
        }
    else:
        rows = c.execute(text("SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = current_schema()"))
        found["statements"] = {name: re.sub(r"\bempty_\w+\.", "", sql) for name, sql in rows}
    return found


def without_schema(found: dict[str, Any]) -> dict[str, Any]:
    """PostgreSQL names the schema in a sequence's default."""
    return dict(eval(re.sub(r"empty_[0-9a-f]{8}\.", "", repr(found))))


async def test_created_and_migrated_tables_are_identical(empty_url: str) -> None:
    def by_migrations(c: Connection) -> dict[str, Any]:
        schema.migrate(c)
        found = shape(c)
        command.downgrade(schema.alembic_config(c), "base")
        assert set(inspect(c).get_table_names()) <= {"alembic_version"}
        c.execute(text("DROP TABLE alembic_version"))
        return found

    def at_once(c: Connection) -> dict[str, Any]:
        schema.create(c)
        return shape(c)

    async with await Database.open(empty_url, upgrade=False) as database:
        migrated = await database.run(by_migrations)
        created = await database.run(at_once)
    assert without_schema(created) == without_schema(migrated)
    assert len(created) == len(metadata.tables) + 2


async def test_alembic_finds_nothing_to_change_after_the_migrations(empty_url: str) -> None:
    def differences(c: Connection) -> list[Any]:
        schema.migrate(c)
        options = {"compare_type": True, "compare_server_default": True}
        return list(compare_metadata(MigrationContext.configure(c, opts=options), metadata))

    async with await Database.open(empty_url, upgrade=False) as database:
        assert await database.run(differences) == []


async def test_the_constant_is_alembics_history(sqlite_database: Database) -> None:
    def history(c: Connection) -> list[str]:
        scripts = ScriptDirectory.from_config(schema.alembic_config(c))
        assert scripts.get_heads() == [schema.head()]
        return [script.revision for script in scripts.walk_revisions()][::-1]

    assert await sqlite_database.run(history) == list(schema.REVISIONS)


def test_upgrading_twice_changes_nothing(empty_url: str) -> None:
    assert schema.upgrade(empty_url)
    assert not schema.upgrade(empty_url)


async def test_an_empty_database_has_no_revision_and_then_the_newest(empty_url: str) -> None:
    async with await Database.open(empty_url, upgrade=False) as database:
        assert await database.read(schema.current) is None
    async with await Database.open(empty_url) as database:
        assert await database.read(schema.current) == schema.head()


async def test_a_newer_database_is_left_alone(empty_url: str) -> None:
    async with await Database.open(empty_url) as database:
        await database.run(lambda c: c.execute(text("UPDATE alembic_version SET version_num = '9999'")).rowcount)
    with pytest.raises(SchemaMismatch, match=r"revision 9999.*newer version") as caught:
        await Database.open(empty_url)
    assert "\n" not in str(caught.value)


async def test_tables_of_somebody_else_are_left_alone(empty_url: str) -> None:
    async with await Database.open(empty_url, upgrade=False) as database:
        await database.run(lambda c: c.execute(text("CREATE TABLE message (id INTEGER)")).rowcount)
    with pytest.raises(SchemaMismatch, match="not from this program"):
        schema.upgrade(empty_url)


HEAD = schema.head()
LATER = """
import sqlalchemy as sa
from alembic import op

revision = "9000"
down_revision = "HEAD"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("conversation", recreate="auto") as batch:
        batch.add_column(sa.Column("mood", sa.String(), nullable=False, server_default="fine"))
        batch.alter_column("summary", nullable=True)
    FAULT
"""


@pytest.fixture
def later_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Turn this program into one with a further migration, which makes a table anew that others refer to."""

    def become(fault: str = "") -> None:
        shutil.copytree(schema.MIGRATIONS, tmp_path / "migrations", dirs_exist_ok=True)
        text = LATER.replace("FAULT", fault).replace("HEAD", HEAD)
        (tmp_path / "migrations/versions/9000_later.py").write_text(text)
        monkeypatch.setattr(schema, "REVISIONS", (*schema.REVISIONS, "9000"))
        monkeypatch.setattr(schema, "MIGRATIONS", tmp_path / "migrations")

    return become


def fill(c: Connection) -> None:
    row = ensure_conversation(c, ConversationKey("web", "chat"), "private", "user")
    append(c, row, inbox_id=None, user_id=None, messages=[NewMessage("user", "{}")])


async def test_an_older_database_is_migrated_with_its_rows(
    empty_url: str, later_program: Callable[[str], None]
) -> None:
    async with await Database.open(empty_url) as database:
        await database.run(fill)
    later_program("")
    async with await Database.open(empty_url) as database:
        assert await database.read(schema.current) == "9000"
        assert await database.read(lambda c: c.execute(text("SELECT mood FROM conversation")).scalar()) == "fine"
        assert await database.read(lambda c: c.execute(text("SELECT count(*) FROM message")).scalar()) == 1


async def test_a_migration_that_fails_changes_nothing(empty_url: str, later_program: Callable[[str], None]) -> None:
    async with await Database.open(empty_url) as database:
        await database.run(fill)
        before = await database.read(shape)
        later_program('op.execute("SELECT no_such_column FROM conversation")')
        with pytest.raises(StoreError, match=r"nothing was changed.*no_such_column"):
            await asyncio.to_thread(schema.upgrade, empty_url)
        assert await database.read(shape) == before
        assert await database.read(schema.current) == HEAD


async def test_a_migration_that_breaks_references_changes_nothing(
    tmp_path: Path, later_program: Callable[[str], None]
) -> None:
    """On SQLite references are not checked during a migration, so they are checked after it."""
    url = f"sqlite:///{tmp_path}/bot.db"
    async with await Database.open(url) as database:
        await database.run(fill)
        later_program('op.execute("DELETE FROM conversation")')
        with pytest.raises(StoreError, match="message with a broken reference"):
            await asyncio.to_thread(schema.upgrade, url)
        assert await database.read(schema.current) == HEAD


STARTER = """
import asyncio, sys
from functools import partial
from botcore.store import facts
from botcore.store.database import Database

async def main(url, name):
    async with await Database.open(url) as database:
        await database.run(partial(facts.put, key=name, value=True))

asyncio.run(main(*sys.argv[1:]))
"""


async def test_processes_that_start_together_make_the_tables_once(empty_url: str) -> None:
    started = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", STARTER, empty_url, f"process {n}", stderr=subprocess.PIPE, cwd=ROOT
        )
        for n in range(3)
    ]
    errors = await asyncio.gather(*(process.communicate() for process in started))
    assert [process.returncode for process in started] == [0, 0, 0], errors
    async with await Database.open(empty_url, upgrade=False) as database:
        for n in range(3):
            assert await database.read(partial(facts.get, key=f"process {n}")) is True


async def test_threads_that_upgrade_together_agree_who_did_it(empty_url: str) -> None:
    results = await asyncio.gather(*(asyncio.to_thread(schema.upgrade, empty_url) for _ in range(4)))
    assert sorted(results) == [False, False, False, True]


def test_upgrading_an_unreachable_database_says_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be used"):
        schema.upgrade(f"sqlite:///{tmp_path}")
    with pytest.raises(SchemaMismatch, match="memory"):
        schema.upgrade(":memory:")


def test_upgrading_without_a_server_says_so(unused_tcp_port: int) -> None:
    with pytest.raises(StoreUnavailable, match="refused"):
        schema.upgrade(f"postgresql://bot@127.0.0.1:{unused_tcp_port}/chat")


def test_a_start_without_anything_to_migrate_does_without_alembic(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/bot.db"
    program = (
        "import asyncio, sys\n"
        "from botcore.store.database import Database\n"
        f"asyncio.run(Database.open({url!r}))\n"
        "print(sorted({'alembic', 'psycopg'} & sys.modules.keys()))\n"
    )
    for _ in ("made", "found"):
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
        assert done.stdout == "[]\n"


def test_the_file_format_is_sqlites_own(tmp_path: Path) -> None:
    schema.upgrade(f"sqlite:///{tmp_path}/bot.db")
    with sqlite3.connect(tmp_path / "bot.db") as plain:
        assert plain.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert plain.execute("PRAGMA foreign_key_check").fetchall() == []
    plain.close()
