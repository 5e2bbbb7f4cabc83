"""The group commit as a property: whatever fails in a group, exactly the successful units are kept."""

import asyncio
import tempfile
from collections.abc import Sequence
from enum import Enum
from functools import partial

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, insert, select, text

from botcore.errors import StoreUnavailable
from botcore.store.database import Database
from botcore.store.sqlite import raw_connection
from botcore.store.tables import fact


class Fate(Enum):
    KEEP = "writes and returns"
    RAISE = "writes and raises"
    CLASH = "violates a constraint"
    SAVEPOINT = "takes back half of its work"
    COMMIT = "tries to commit"
    ROLLBACK = "tries to roll back"
    FULL = "fills the disk, so that SQLite rolls the whole group back"
    CANCEL = "is not waited for"


KEPT = {Fate.KEEP, Fate.SAVEPOINT}


def unit(c: Connection, fate: Fate, key: str) -> str:
    c.execute(insert(fact), {"key": key, "value": "1"})
    match fate:
        case Fate.RAISE:
            raise LookupError(key)
        case Fate.CLASH:
            c.execute(insert(fact), {"key": key, "value": "2"})
        case Fate.SAVEPOINT:
            half = c.begin_nested()
            c.execute(insert(fact), {"key": f"{key}-half", "value": "1"})
            half.rollback()
        case Fate.COMMIT:
            c.commit()
        case Fate.ROLLBACK:
            c.rollback()
        case Fate.FULL:
            fill(c)
        case Fate.KEEP | Fate.CANCEL:
            pass
    return key


def fill(c: Connection) -> None:
    """Meet SQLITE_FULL: the database may have no more pages than it has."""
    pages = c.execute(text("PRAGMA page_count")).scalar_one()
    limit = c.execute(text("PRAGMA max_page_count")).scalar_one()
    c.execute(text(f"PRAGMA max_page_count={pages}"))
    try:
        c.execute(insert(fact), {"key": "full", "value": "x" * 100_000})
    finally:
        raw_connection(c).execute(f"PRAGMA max_page_count={limit}")


async def perform(url: str, waves: Sequence[Sequence[Fate]]) -> tuple[dict[str, object], set[str]]:
    """Queue each wave at once, one after the other; the outcomes and what is stored in the end."""
    outcomes: dict[str, object] = {}

    async def one(database: Database, key: str, fate: Fate) -> None:
        task = asyncio.create_task(database.run(partial(unit, fate=fate, key=key)))
        if fate is Fate.CANCEL:
            await asyncio.sleep(0)
            task.cancel()
        (outcomes[key],) = await asyncio.gather(task, return_exceptions=True)

    async with await Database.open(url, synchronous="NORMAL") as database:
        for number, wave in enumerate(waves):
            await asyncio.gather(*(one(database, f"{number}-{n}-{fate.name}", fate) for n, fate in enumerate(wave)))
        stored = await database.read(lambda c: set(c.execute(select(fact.c.key)).scalars()))
        await database.run(lambda c: c.execute(fact.delete()).rowcount)
    return outcomes, stored


def check(outcomes: dict[str, object], stored: set[str]) -> None:
    certain = {key for key in stored if not key.endswith(Fate.CANCEL.name)}
    assert certain == {key for key in outcomes if Fate[key.split("-")[2]] in KEPT}
    for key, outcome in outcomes.items():
        fate = Fate[key.split("-")[2]]
        if fate in KEPT:
            assert outcome == key
        elif fate is Fate.FULL:
            assert isinstance(outcome, StoreUnavailable)
        else:
            assert isinstance(outcome, BaseException)


FATES = st.lists(st.lists(st.sampled_from(Fate), min_size=1, max_size=12), min_size=1, max_size=4)


@settings(max_examples=25)
@given(waves=FATES)
def test_exactly_the_successful_units_are_kept_in_a_file(waves: list[list[Fate]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        check(*asyncio.run(perform(f"sqlite:///{folder}/bot.db", waves)))


@settings(max_examples=40)
@given(waves=FATES)
def test_exactly_the_successful_units_are_kept_in_memory(waves: list[list[Fate]]) -> None:
    check(*asyncio.run(perform(":memory:", waves)))


WITHOUT_SQLITES = st.lists(
    st.lists(st.sampled_from([fate for fate in Fate if fate is not Fate.FULL]), min_size=1, max_size=12), max_size=3
)


@pytest.mark.postgres
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(waves=WITHOUT_SQLITES)
def test_exactly_the_successful_units_are_kept_on_postgresql(clean_postgres: str, waves: list[list[Fate]]) -> None:
    check(*asyncio.run(perform(clean_postgres, waves)))
