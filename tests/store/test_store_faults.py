"""When the database fails: callers are told, nothing hangs, and it works again once the fault is gone."""

import asyncio
import logging
import resource
import sqlite3
import threading
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Connection, insert, select, text

from botcore.errors import ConfigError, StoreUnavailable
from botcore.store import facts
from botcore.store.database import Database
from botcore.store.tables import fact
from botcore.store.urls import parse


def keep(key: str, size: int = 1) -> Callable[[Connection], str]:
    def unit(c: Connection) -> str:
        c.execute(insert(fact), {"key": key, "value": "x" * size})
        return key

    return unit


def keys(c: Connection) -> set[str]:
    return set(c.execute(select(fact.c.key)).scalars())


# ---- SQLite ----


async def test_a_database_locked_by_another_process_is_unavailable_until_it_is_not(tmp_path: Path) -> None:
    async with await Database.open(f"sqlite:///{tmp_path}/bot.db", busy_timeout=0.05) as database:
        other = sqlite3.connect(tmp_path / "bot.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        outcomes = await asyncio.gather(*(database.run(keep(str(n))) for n in range(3)), return_exceptions=True)
        assert [type(outcome) for outcome in outcomes] == [StoreUnavailable] * 3
        assert "locked" in str(outcomes[0])
        assert await database.read(keys) == set()
        other.execute("COMMIT")
        other.close()
        assert await database.run(keep("later")) == "later"


async def test_the_operator_is_told_once_that_nothing_can_be_written_and_when_it_is_over(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="botcore.store")
    async with await Database.open(f"sqlite:///{tmp_path}/bot.db", busy_timeout=0.05) as database:
        other = sqlite3.connect(tmp_path / "bot.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        for number in range(3):
            with pytest.raises(StoreUnavailable):
                await database.run(keep(str(number)))
            await database.read(keys)  # which works, and says nothing of writing
        told = [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]
        assert len(told) == 1
        assert told[0].startswith(f"cannot write: the database sqlite:///{tmp_path}/bot.db does not answer now: ")
        assert "locked" in told[0]
        other.execute("COMMIT")
        other.close()
        await database.run(keep("later"))
    assert caplog.messages[-1] == "can write again"


async def test_a_busy_timeout_outlasts_a_short_lock(tmp_path: Path) -> None:
    async with await Database.open(f"sqlite:///{tmp_path}/bot.db", busy_timeout=10) as database:
        other = sqlite3.connect(tmp_path / "bot.db", isolation_level=None, check_same_thread=False)
        other.execute("BEGIN IMMEDIATE")
        waiting = asyncio.create_task(database.run(keep("patient")))
        asyncio.get_running_loop().call_later(0.05, other.execute, "COMMIT")
        assert await waiting == "patient"
        other.close()


async def test_a_full_disk_fails_whom_it_must_and_nobody_else(tmp_path: Path) -> None:
    """The limit on the size of a file stands in for the disk's end: SQLite gets a real error from a real write."""
    async with await Database.open(f"sqlite:///{tmp_path}/bot.db") as database:
        await database.run(keep("before"))
        size = sum(file.stat().st_size for file in tmp_path.iterdir())
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + 200_000, before[1]))
        try:
            outcomes = await asyncio.gather(
                database.run(keep("small")),
                database.run(keep("huge", 2_000_000)),
                database.run(keep("small too")),
                return_exceptions=True,
            )
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
        assert [outcomes[0], outcomes[2]] == ["small", "small too"]
        assert isinstance(outcomes[1], StoreUnavailable)
        assert await database.run(keep("huge", 2_000_000)) == "huge"
        assert await database.read(keys) == {"before", "small", "small too", "huge"}


async def test_a_database_that_vanished_is_not_replaced_by_an_empty_one(tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "gone").mkdir()
    async with await Database.open(f"sqlite:///{tmp_path}/here/bot.db") as database:
        await database.run(keep("before"))
        for file in list((tmp_path / "here").iterdir()):
            file.rename(tmp_path / "gone" / file.name)
        with pytest.raises(StoreUnavailable, match="unable to open"):
            await database.run(keep("lost"))
        with pytest.raises(StoreUnavailable, match="unable to open"):
            await database.read(keys)
        assert list((tmp_path / "here").iterdir()) == []
        for file in list((tmp_path / "gone").iterdir()):
            file.rename(tmp_path / "here" / file.name)
        assert await database.run(keep("after")) == "after"
        assert await database.read(keys) == {"before", "after"}


async def test_a_restored_backup_is_picked_up(tmp_path: Path) -> None:
    async with await Database.open(f"sqlite:///{tmp_path}/backup.db") as database:
        await database.run(keep("from the backup"))
    async with await Database.open(f"sqlite:///{tmp_path}/bot.db") as database:
        await database.run(keep("newer"))
        for file in tmp_path.glob("bot.db*"):
            file.unlink()
        (tmp_path / "backup.db").rename(tmp_path / "bot.db")
        assert await database.read(keys) == {"from the backup"}
        await database.run(keep("and on"))
        assert await database.read(keys) == {"from the backup", "and on"}


async def test_a_damaged_file_is_a_line_for_the_operator(tmp_path: Path) -> None:
    async with await Database.open(f"sqlite:///{tmp_path}/bot.db") as database:
        await database.run(keep("a"))
    content = (tmp_path / "bot.db").read_bytes()
    (tmp_path / "bot.db").write_bytes(content[:4096] + b"\xa5" * (len(content) - 4096))
    with pytest.raises(ConfigError, match="malformed"):
        await Database.open(f"sqlite:///{tmp_path}/bot.db")


# ---- PostgreSQL ----


class Proxy:
    """A TCP connection to the server that can be cut."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._server: asyncio.Server | None = None
        self._writers: list[asyncio.StreamWriter] = []
        self.port = 0

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        assert self._server is not None
        self._server.close()
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server_reader, server_writer = await asyncio.open_connection(*self._target)
        self._writers += [writer, server_writer]
        await asyncio.gather(self._pump(reader, server_writer), self._pump(server_reader, writer))

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(65_536):
                writer.write(data)
                await writer.drain()
        writer.close()


@asynccontextmanager
async def through_proxy(url: str) -> AsyncGenerator[tuple[Database, Proxy]]:
    address = parse(url).sqlalchemy
    proxy = Proxy(address.host or "127.0.0.1", address.port or 5432)
    await proxy.start()
    address = address.set(host="127.0.0.1", port=proxy.port)
    try:
        async with await Database.open(address.render_as_string(hide_password=False), threads=2) as database:
            yield database, proxy
    finally:
        await proxy.cut()


@pytest.mark.postgres
async def test_a_server_that_is_away_is_unavailable_until_it_is_back(clean_postgres: str) -> None:
    async with through_proxy(clean_postgres) as (database, proxy):
        await database.run(keep("before"))
        await proxy.cut()
        outcomes = await asyncio.gather(
            *(database.run(keep(str(n))) for n in range(4)), database.read(keys), return_exceptions=True
        )
        assert [type(outcome) for outcome in outcomes] == [StoreUnavailable] * 5
        await proxy.start()
        assert await database.run(keep("after")) == "after"
        assert await database.read(keys) == {"before", "after"}


@pytest.mark.postgres
async def test_connections_cut_by_the_server_are_replaced_unnoticed(clean_postgres: str) -> None:
    cut = text(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
        "WHERE datname = current_database() AND application_name = 'botcore' AND pid <> pg_backend_pid()"
    )
    async with (
        await Database.open(clean_postgres, threads=2) as victim,
        await Database.open(clean_postgres + "?application_name=operator") as operator,
    ):
        await asyncio.gather(*(victim.run(keep(str(n))) for n in range(4)))
        assert await operator.run(lambda c: int(c.execute(cut).scalar_one())) >= 2
        await asyncio.gather(*(victim.run(keep(str(n))) for n in range(4, 8)))
        assert await victim.read(keys) == {str(n) for n in range(8)}


@pytest.mark.postgres
async def test_the_victim_of_a_deadlock_is_run_again(clean_postgres: str) -> None:
    tries: list[str] = []
    meeting = threading.Barrier(2, timeout=10)

    def lock_both(c: Connection, first: str, second: str) -> None:
        tries.append(first)
        for key in (first, second):
            c.execute(select(fact.c.key).where(fact.c.key == key).with_for_update())
            if key == first and len(tries) <= 2:
                meeting.wait()
        facts.put(c, first, len(tries))

    async with await Database.open(clean_postgres) as database:
        for key in ("a", "b"):
            await database.run(partial(facts.put, key=key, value=0))
        await asyncio.gather(
            database.run(partial(lock_both, first="a", second="b")),
            database.run(partial(lock_both, first="b", second="a")),
        )
        assert len(tries) >= 3  # on a busy machine the one that is run again may meet the other once more
        assert {await database.read(partial(facts.get, key=key)) for key in ("a", "b")} >= {len(tries)}


@pytest.mark.postgres
async def test_a_standby_takes_no_writes(clean_postgres: str) -> None:
    """A server that has become a standby says 25006, as a read-only session does."""
    url = clean_postgres + "?options=-cdefault_transaction_read_only%3Don"
    async with await Database.open(url, upgrade=False) as database:
        assert await database.read(keys) == set()
        with pytest.raises(StoreUnavailable, match="read-only"):
            await database.run(keep("a"))
