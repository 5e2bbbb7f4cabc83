"""A unit that need not be on the disk at once is committed all the same, and costs no flush unless another one does."""

import asyncio
from pathlib import Path

from sqlalchemy import Connection, insert, select, text

from botcore.store.database import Database
from botcore.store.tables import fact
from botcore.store.worker import Unflushed

NORMAL, FULL = 1, 2  # https://www.sqlite.org/pragma.html#pragma_synchronous


def flushing(c: Connection) -> int:
    return int(c.execute(text("PRAGMA synchronous")).scalar_one())


async def test_it_is_there_for_whoever_reads_next(database: Database) -> None:
    await database.run(Unflushed(lambda c: c.execute(insert(fact).values(key="a", value="1"))))
    assert await database.read(lambda c: c.execute(select(fact.c.value)).scalars().all()) == ["1"]


async def test_only_a_group_of_such_units_is_not_flushed(sqlite_database: Database) -> None:
    assert await sqlite_database.run(flushing) == FULL
    assert await sqlite_database.run(Unflushed(flushing)) == NORMAL
    assert await sqlite_database.run(flushing) == FULL
    together = (sqlite_database.run(unit) for unit in (Unflushed(flushing), flushing, Unflushed(flushing)))
    assert (await asyncio.gather(*together))[1] == FULL


async def test_the_operators_choice_stays(tmp_path: Path) -> None:
    async with await Database.open(f"sqlite:///{tmp_path / 'bot.db'}", synchronous="NORMAL") as database:
        assert await database.run(Unflushed(flushing)) == NORMAL
        assert await database.run(flushing) == NORMAL
