"""What the store costs: units of work alone and together, accepting messages durably, reading a history.

    python benchmarks/bench_store.py [--database URL] [--units N]

CPU is of the whole process, the threads included; "us" are microseconds for one unit. Without a database it measures
SQLite in a temporary folder: put that on the disk that matters, for the time of an fsync is most of the time of FULL.
"""

import argparse
import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from functools import partial

from sqlalchemy import Connection, bindparam, insert, select

from botcore.messages import ConversationKey
from botcore.store import usage
from botcore.store.accounts import ensure_identity
from botcore.store.conversations import ensure_conversation
from botcore.store.database import Database
from botcore.store.history import NewMessage, append, window
from botcore.store.tables import fact, inbox, message

Work = Callable[[], Awaitable[object]]

SELECT = select(fact.c.value).where(fact.c.key == bindparam("wanted"))
INSERT_INBOX = insert(inbox).returning(inbox.c.id)
PAYLOAD = '{"id":"1","event":{"kind":"message","parts":[{"kind":"text","text":"' + "What is the answer? " * 8 + '"}]}}'
CONTENT = '{"content":"' + "Forty-two, says the guide, and means it. " * 5 + '"}'
BATCH = 4_000  # messages filled in by one unit
HISTORY = 100_000  # messages in the conversation whose end is read


class Clock:
    """Wall and CPU time of many units."""

    def __init__(self) -> None:
        print(f"{'':50}{'units/s':>10}{'CPU us':>9}{'p50 ms':>9}{'p99 ms':>9}")

    async def measure(self, title: str, work: Work, *, units: int, at_once: int) -> None:
        """Run `work` `units` times, always `at_once` together."""
        taken: list[float] = []
        left = iter(range(units))

        async def worker() -> None:
            for _ in left:
                begun = time.perf_counter()
                await work()
                taken.append(time.perf_counter() - begun)

        begun, cpu = time.perf_counter(), time.process_time()
        await asyncio.gather(*(worker() for _ in range(at_once)))
        wall, cpu = time.perf_counter() - begun, time.process_time() - cpu
        taken.sort()
        p50, p99 = taken[len(taken) // 2] * 1e3, taken[int(len(taken) * 0.99)] * 1e3
        print(f"{title:50}{units / wall:10.0f}{cpu / units * 1e6:9.0f}{p50:9.2f}{p99:9.2f}", flush=True)


def nothing(_: Connection) -> None:
    """A unit that costs nothing itself."""


def lookup(c: Connection) -> object:
    return c.execute(SELECT, {"wanted": "key"}).scalar()


def prepare(c: Connection) -> tuple[int, int]:
    user_id = ensure_identity(c, "bench", "anna", "Anna").user_id
    return user_id, ensure_conversation(c, ConversationKey("bench", "chat", "", "anna"), "private", "user")


def accept(c: Connection, conversation_id: int, user_id: int, count: int = 1) -> int:
    """What accepting does: an inbox row for each message."""
    last = 0
    for _ in range(count):
        columns = {
            "platform": "bench",
            "bot_id": "bot",
            "update_id": str(time.monotonic_ns()),
            "conversation_id": conversation_id,
            "user_id": user_id,
            "payload": PAYLOAD,
            "received_at": datetime.now(UTC),
        }
        last = int(c.execute(INSERT_INBOX, columns).scalar_one())
    return last


def answer(c: Connection, conversation_id: int, user_id: int) -> None:
    """What committing an answer does to history and usage."""
    inbox_id = accept(c, conversation_id, user_id)
    new: Sequence[NewMessage] = (NewMessage("user", CONTENT, 12), NewMessage("assistant", CONTENT, 50))
    append(c, conversation_id, inbox_id=inbox_id, user_id=user_id, messages=new)
    usage.record(
        c, user_id=user_id, conversation_id=conversation_id, inbox_id=inbox_id, step="1", model="m", input_tokens=9
    )


def fill(c: Connection, conversation_id: int, count: int) -> None:
    now = datetime.now(UTC)
    rows = [
        {"conversation_id": conversation_id, "role": role, "content": CONTENT, "created_at": now}
        for role in ("user", "assistant")
    ]
    c.execute(insert(message), rows * (count // 2))


async def run(database: Database, units: int) -> None:
    user_id, conversation_id = await database.run(prepare)
    print(f"\n{database.url}")
    clock = Clock()
    for at_once in (1, 20, 200):
        work: Work = partial(database.run, nothing)
        await clock.measure(f"empty unit, {at_once} at once", work, units=units, at_once=at_once)
    for at_once in (1, 20, 200):
        work = partial(database.read, lookup)
        await clock.measure(f"read of one row, {at_once} at once", work, units=units, at_once=at_once)
    one = partial(accept, conversation_id=conversation_id, user_id=user_id)
    for at_once in (1, 20, 200):
        work = partial(database.run, one)
        await clock.measure(f"accept one message, {at_once} at once", work, units=units, at_once=at_once)
    work = partial(database.run, partial(one, count=20))
    await clock.measure("accept 20 messages in one unit", work, units=units // 20, at_once=1)
    whole = partial(answer, conversation_id=conversation_id, user_id=user_id)
    for at_once in (1, 200):
        work = partial(database.run, whole)
        title = f"accept + history + usage (4 inserts), {at_once} at once"
        await clock.measure(title, work, units=units, at_once=at_once)
    await windows(database, clock, units)


async def windows(database: Database, clock: Clock, units: int) -> None:
    work: Work
    for count in (100, HISTORY):
        key = ConversationKey("bench", f"chat of {count}", "", "anna")
        row = await database.run(partial(ensure_conversation, key=key, kind="private", scope="user"))
        for _ in range(0, count, BATCH):
            await database.run(partial(fill, conversation_id=row, count=min(count, BATCH)))
        for turns in (1, 25):
            work = partial(database.read, partial(window, conversation_id=row, turns=turns))
            await clock.measure(f"last {2 * turns} of {count:,} messages", work, units=units // 4, at_once=1)


async def main() -> None:
    parser = argparse.ArgumentParser(description="What the store costs.")
    parser.add_argument("--database", default="", help="an empty database, sqlite:/// or postgresql://")
    parser.add_argument("--units", type=int, default=4_000, help="units of each measurement")
    chosen = parser.parse_args()
    if chosen.database:
        async with await Database.open(chosen.database) as database:
            await run(database, chosen.units)
        return
    for synchronous in ("FULL", "NORMAL"):
        with tempfile.TemporaryDirectory() as folder:
            url = f"sqlite:///{folder}/{synchronous}.db"
            async with await Database.open(url, synchronous=synchronous) as database:
                await run(database, chosen.units)


if __name__ == "__main__":
    asyncio.run(main())
