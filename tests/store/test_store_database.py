"""Units of work: what a caller may rely on, on SQLite and on PostgreSQL."""

import asyncio
import contextlib
import functools
import gc
import logging
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Connection, func, insert, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError, InvalidRequestError

from botcore.errors import StoreUnavailable
from botcore.store import facts, group_commit, sqlite
from botcore.store.database import Database
from botcore.store.sqlite import disconnect
from botcore.store.tables import fact, user_account

PATIENCE = 10.0  # seconds until a test gives up on a thread


class Gate:
    """A unit that holds its thread until it is let through: what is queued meanwhile is taken together."""

    def __init__(self) -> None:
        self.entered = threading.Event()
        self.open = threading.Event()

    def __call__(self, c: Connection) -> None:
        self.entered.set()
        assert self.open.wait(PATIENCE)


async def reached(event: threading.Event) -> None:
    assert await asyncio.to_thread(event.wait, PATIENCE)


def keep(key: str, value: object = None) -> Callable[[Connection], str]:
    def unit(c: Connection) -> str:
        c.execute(insert(fact), {"key": key, "value": f'"{value}"'})
        return key

    return unit


def keys(c: Connection) -> set[str]:
    return set(c.execute(select(fact.c.key)).scalars())


async def test_a_unit_returns_its_value_and_is_stored(database: Database) -> None:
    assert await database.run(keep("a")) == "a"
    assert await database.read(keys) == {"a"}


async def test_what_was_read_is_not_held(database: Database) -> None:
    """A conversation with its pictures has hundreds of megabytes, and the next look may be hours away."""

    class Pictures:
        pass

    def held() -> bool:
        gc.collect()
        return known() is not None

    known = weakref.ref(await database.read(lambda _c: Pictures()))
    async with asyncio.timeout(PATIENCE):
        while held():
            await asyncio.sleep(0.01)


async def test_a_unit_that_raises_leaves_nothing_and_tells_its_caller(database: Database) -> None:
    def half(c: Connection) -> None:
        c.execute(insert(fact), {"key": "half", "value": "1"})
        raise LookupError("in the middle")

    with pytest.raises(LookupError, match="in the middle"):
        await database.run(half)
    assert await database.read(keys) == set()


async def test_a_wrong_statement_is_the_callers_own_error_and_shows_no_values(database: Database) -> None:
    await database.run(keep("a"))
    with pytest.raises(IntegrityError) as caught:
        await database.run(keep("a", "somebody's words"))
    assert "somebody's words" not in str(caught.value)
    await database.run(keep("b"))
    assert await database.read(keys) == {"a", "b"}


async def test_several_statements_are_one_transaction(database: Database) -> None:
    def three(c: Connection) -> None:
        for key in ("x", "y", "x"):
            c.execute(insert(fact), {"key": key, "value": "1"})

    with pytest.raises(IntegrityError):
        await database.run(three)
    assert await database.read(keys) == set()


async def test_a_unit_cannot_begin_a_transaction_of_its_own(database: Database) -> None:
    with pytest.raises(InvalidRequestError, match="already"):
        await database.run(lambda c: c.begin())
    assert await database.run(keep("a")) == "a"


@pytest.mark.parametrize("others", [0, 3])
async def test_a_unit_cannot_commit_on_its_own(database: Database, others: int) -> None:
    def hasty(c: Connection) -> None:
        c.execute(insert(fact), {"key": "hasty", "value": "1"})
        c.commit()

    outcomes = await asyncio.gather(
        database.run(hasty), *(database.run(keep(str(n))) for n in range(others)), return_exceptions=True
    )
    assert isinstance(outcomes[0], RuntimeError)
    assert await database.read(keys) == {str(n) for n in range(others)}


async def test_a_unit_may_use_savepoints(database: Database) -> None:
    def careful(c: Connection) -> None:
        c.execute(insert(fact), {"key": "kept", "value": "1"})
        with contextlib.suppress(IntegrityError), c.begin_nested():
            c.execute(insert(fact), {"key": "dropped", "value": "1"})
            c.execute(insert(fact), {"key": "kept", "value": "1"})

    await asyncio.gather(database.run(careful), database.run(keep("other")))
    assert await database.read(keys) == {"kept", "other"}


async def test_a_savepoint_left_open_harms_nobody(database: Database) -> None:
    def careless(c: Connection) -> None:
        c.begin_nested()
        c.execute(insert(fact), {"key": "careless", "value": "1"})

    await asyncio.gather(database.run(careless), database.run(keep("b")), database.run(keep("c")))
    assert await database.read(keys) >= {"b", "c"}
    assert await database.run(keep("d")) == "d"


async def test_a_read_cannot_write(database: Database) -> None:
    with pytest.raises(DBAPIError, match="read"):
        await database.read(keep("a"))
    assert await database.read(keys) == set()


async def test_a_read_sees_everything_whose_run_has_returned(database: Database) -> None:
    async def write_and_look(n: int) -> bool:
        await database.run(keep(str(n)))
        return str(n) in await database.read(keys)

    assert all(await asyncio.gather(*(write_and_look(n) for n in range(50))))


async def test_a_read_never_waits_for_a_writer(database: Database) -> None:
    gate = Gate()
    writing = asyncio.create_task(database.run(gate))
    await reached(gate.entered)
    assert await asyncio.wait_for(database.read(keys), PATIENCE) == set()
    gate.open.set()
    await writing


async def test_the_loop_runs_while_a_unit_does(database: Database) -> None:
    gate = Gate()
    writing = asyncio.create_task(database.run(gate))
    await reached(gate.entered)
    for _ in range(100):
        await asyncio.sleep(0)
    assert not writing.done()
    gate.open.set()
    await writing


async def test_what_waits_together_is_committed_once(sqlite_database: Database) -> None:
    statements: list[str] = []
    gate = Gate()

    def watched(c: Connection) -> None:
        sqlite.raw_connection(c).set_trace_callback(statements.append)
        gate(c)

    writing = asyncio.create_task(sqlite_database.run(watched))
    await reached(gate.entered)
    group = [asyncio.create_task(sqlite_database.run(keep(str(n)))) for n in range(40)]
    await asyncio.sleep(0)
    gate.open.set()
    await asyncio.gather(writing, *group)
    assert statements.count("COMMIT") == 2
    assert len(await sqlite_database.read(keys)) == 40


async def test_units_of_one_sqlite_group_run_in_order(sqlite_database: Database) -> None:
    order: list[str] = []

    def note(c: Connection, n: int) -> None:
        order.append(str(n))

    await asyncio.gather(*(sqlite_database.run(functools.partial(note, n=n)) for n in range(30)))
    assert order == [str(n) for n in range(30)]


async def test_a_cancelled_caller_takes_its_unit_along_if_it_had_not_begun(sqlite_database: Database) -> None:
    gate = Gate()
    writing = asyncio.create_task(sqlite_database.run(gate))
    await reached(gate.entered)
    queued = asyncio.create_task(sqlite_database.run(keep("unwanted")))
    wanted = asyncio.create_task(sqlite_database.run(keep("wanted")))
    await asyncio.sleep(0)
    queued.cancel()
    await asyncio.sleep(0)
    gate.open.set()
    await asyncio.gather(writing, wanted)
    assert queued.cancelled()
    assert await sqlite_database.read(keys) == {"wanted"}


async def test_a_unit_that_had_begun_is_completed_without_its_caller(database: Database) -> None:
    gate = Gate()

    def begun(c: Connection) -> None:
        c.execute(insert(fact), {"key": "begun", "value": "1"})
        gate(c)

    writing = asyncio.create_task(database.run(begun))
    await reached(gate.entered)
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    gate.open.set()
    await database.close()
    async with await Database.open(address_of(database)) as again:
        assert await again.read(keys) == {"begun"}


async def test_closing_completes_what_is_queued_and_then_refuses(database: Database) -> None:
    writing = [asyncio.create_task(database.run(keep(str(n)))) for n in range(20)]
    await asyncio.sleep(0)
    await database.close()
    await database.close()
    assert await asyncio.gather(*writing) == [str(n) for n in range(20)]
    with pytest.raises(StoreUnavailable, match="closed"):
        await database.run(keep("late"))


async def test_a_closed_sqlite_database_leaves_one_file(tmp_path: Path) -> None:
    async with await Database.open(f"sqlite:///{tmp_path}/bot.db") as database:
        await database.run(keep("a"))
        await database.read(keys)
    assert [file.name for file in tmp_path.iterdir()] == ["bot.db"]


async def test_the_connection_that_writes_is_closed_alone_after_those_that_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two that close together each take the other for one that stays, and leave the log behind."""
    closed: list[tuple[str, set[str]]] = []
    others = set(threading.enumerate())

    def close(connection: Connection) -> None:
        ours = {thread.name for thread in threading.enumerate() if thread not in others}
        closed.append((threading.current_thread().name, {name for name in ours if name.startswith("store-")}))
        disconnect(connection)

    database = await Database.open(f"sqlite:///{tmp_path}/bot.db")
    await asyncio.gather(*(database.read(keys) for _ in range(8)))
    monkeypatch.setattr(group_commit, "disconnect", close)
    await database.close()
    assert closed[-1] == ("store-write-0", {"store-write-0"})
    assert [file.name for file in tmp_path.iterdir()] == ["bot.db"]


async def test_a_slow_unit_is_named_in_the_log(database: Database, caplog: pytest.LogCaptureFixture) -> None:
    def dawdle(c: Connection, seconds: float) -> None:
        time.sleep(seconds)

    with caplog.at_level(logging.WARNING, "botcore.store"):
        await database.run(functools.partial(dawdle, seconds=0.06))
        await database.run(functools.partial(dawdle, seconds=0))
    (line,) = caplog.messages
    assert "dawdle took" in line


async def test_a_unit_that_raises_stop_iteration_does_not_hang_its_caller(database: Database) -> None:
    with pytest.raises(RuntimeError, match="StopIteration"):
        await database.run(lambda _: next(iter(())))


async def test_a_database_in_memory_works_alike() -> None:
    async with await Database.open(":memory:") as database:
        await database.run(keep("a"))
        with pytest.raises(IntegrityError):
            await database.run(keep("a"))
        with pytest.raises(DBAPIError, match="read"):
            await database.read(keep("b"))
        assert await database.read(keys) == {"a"}
        assert await database.run(keep("c")) == "c"


async def test_two_databases_of_one_address_see_each_other(database: Database) -> None:
    async with await Database.open(address_of(database)) as other:
        await asyncio.gather(
            *(database.run(keep(f"a{n}")) for n in range(20)), *(other.run(keep(f"b{n}")) for n in range(20))
        )
        assert len(await database.read(keys)) == 40


async def test_many_units_at_once_keep_a_counter_right(database: Database) -> None:
    await database.run(functools.partial(facts.put, key="counter", value=0))
    lock = select(fact.c.value).where(fact.c.key == "counter").with_for_update()

    def count(c: Connection) -> None:
        facts.put(c, "counter", int(c.execute(lock).scalar_one()) + 1)

    await asyncio.gather(*(database.run(count) for _ in range(60)))
    assert await database.read(functools.partial(facts.get, key="counter")) == 60


async def test_sqlite_is_as_durable_as_promised(sqlite_database: Database) -> None:
    def pragmas(c: Connection) -> list[object]:
        names = ("journal_mode", "synchronous", "foreign_keys")
        return [c.execute(text(f"PRAGMA {name}")).scalar() for name in names]

    assert await sqlite_database.run(pragmas) == ["wal", 2, 1]  # 2 is FULL


CHILD = """
import asyncio, sys
from sqlalchemy import insert
from botcore.store.database import Database
from botcore.store.tables import fact

async def write(database, worker):
    for n in range(100_000):
        key = f"{worker}-{n}"
        await database.run(lambda c: c.execute(insert(fact), {"key": key, "value": "1"}) and None)
        print(key, flush=True)

async def main():
    database = await Database.open(sys.argv[1])
    await asyncio.gather(*(write(database, worker) for worker in range(4)))

asyncio.run(main())
"""


async def test_what_was_confirmed_survives_kill_9(database_url: str) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", CHILD, database_url, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]
    )
    assert process.stdout is not None
    confirmed: set[str] = set()
    async for line in process.stdout:
        confirmed.add(line.decode().strip())
        if len(confirmed) == 60:
            process.kill()
    await process.wait()
    async with await Database.open(database_url) as database:
        stored = await database.read(keys)
    assert len(confirmed) >= 60
    assert confirmed <= stored
    assert len(stored - confirmed) <= 4 * 2  # what was under way


async def test_keys_are_never_given_twice(database: Database) -> None:
    def add(c: Connection) -> int:
        return int(c.execute(insert(user_account).returning(user_account.c.id)).scalar_one())

    first = await database.run(add)
    await database.run(lambda c: c.execute(user_account.delete()).rowcount)
    assert await database.read(lambda c: c.execute(select(func.count(user_account.c.id))).scalar()) == 0
    assert await database.run(add) > first


def address_of(database: Database) -> str:
    """The address with its password; the tests' databases have none that matters."""
    return database._url.sqlalchemy.render_as_string(hide_password=False)
