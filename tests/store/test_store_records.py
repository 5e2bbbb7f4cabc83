"""What was used, small facts, and all that is kept of one person."""

import json
from datetime import UTC, datetime, timedelta, timezone
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, func, insert, select

from botcore.plugin import Usage
from botcore.store import facts, history, personal, usage
from botcore.store.database import Database
from botcore.store.statements import dump, load
from botcore.store.tables import memory, metadata
from botcore.store.tables import usage as usage_table
from tests.store.scenes import accepted, chat_of, person, place, said, texts, turn

NOON = datetime(2031, 5, 1, 12, tzinfo=UTC)


async def test_a_step_is_recorded_once(database: Database) -> None:
    def twice(c: Connection) -> list[bool]:
        row = place(c)
        step = partial(usage.record, c, user_id=None, conversation_id=row, inbox_id=accepted(c, row), model="m")
        return [step(step="1"), step(step="1", input_tokens=99), step(step="2")]

    assert await database.run(twice) == [True, False, True]
    assert (await database.read(partial(usage.total, since=NOON - timedelta(days=9_999)))).requests == 2


async def test_sums_are_of_a_conversation_or_of_a_person_since_a_moment(database: Database) -> None:
    def fill(c: Connection) -> tuple[int, int, int]:
        anna, bert, row, other = person(c), person(c, "bert"), place(c), place(c, chat="other")
        for n, (who, where, at) in enumerate(
            [(anna, row, NOON), (anna, other, NOON), (bert, row, NOON), (anna, row, NOON - timedelta(seconds=1))]
        ):
            usage.record(
                c,
                user_id=who,
                conversation_id=where,
                inbox_id=None,
                step="1",
                model="m",
                input_tokens=10**n,
                output_tokens=2 * 10**n,
                cost_microusd=3 * 10**12 * 10**n,
                at=at,
            )
        return anna, bert, row

    anna, bert, row = await database.run(fill)
    total = partial(usage.total, since=NOON)
    assert await database.read(partial(total, conversation_id=row)) == Usage(101, 202, 303 * 10**12, 2)
    assert await database.read(partial(total, user_id=anna)) == Usage(11, 22, 33 * 10**12, 2)
    assert await database.read(partial(total, user_id=bert)) == Usage(100, 200, 300 * 10**12, 1)
    assert await database.read(total) == Usage(111, 222, 333 * 10**12, 3)
    assert await database.read(partial(total, user_id=10**6)) == Usage()
    elsewhere = NOON.astimezone(timezone(timedelta(hours=9)))
    assert await database.read(partial(usage.total, user_id=bert, since=elsewhere)) == Usage(100, 200, 300 * 10**12, 1)
    with pytest.raises(ValueError, match="not both"):
        await database.read(partial(total, user_id=anna, conversation_id=row))


async def test_a_naive_time_is_refused(database: Database) -> None:
    with pytest.raises(Exception, match="naive"):
        await database.read(partial(usage.total, since=NOON.replace(tzinfo=None)))


async def test_times_come_back_aware_and_in_utc(database: Database) -> None:
    moment = datetime(2031, 5, 1, 3, 4, 5, 678901, tzinfo=timezone(timedelta(hours=-7)))
    record = partial(usage.record, user_id=None, conversation_id=None, inbox_id=None, step="", model="")
    await database.run(partial(record, at=moment))
    found = await database.read(lambda c: c.execute(select(usage_table.c.created_at)).scalar_one())
    assert found == moment
    assert found.utcoffset() == timedelta(0)


async def test_a_fact_is_put_changed_and_dropped(database: Database) -> None:
    get = partial(facts.get, key="offset")
    values: list[Any] = [{"a": [1, 2]}, "text", 0, None, False, [], {}]
    assert await database.read(get) is None
    for value in values:
        await database.run(partial(facts.put, key="offset", value=value))
        assert await database.read(get) == value
    await database.run(partial(facts.drop, key="offset"))
    await database.run(partial(facts.drop, key="offset"))
    assert await database.read(get) is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(st.text(), children, max_size=4),
    max_leaves=12,
)


@given(value=JSON)
def test_json_survives_storing(value: Any) -> None:
    assert load(dump(value)) == value


@given(st.text(alphabet=st.characters(codec=None, min_codepoint=0xD000, max_codepoint=0xE000)))
def test_half_characters_are_replaced(broken: str) -> None:
    stored = dump({"said": broken})
    assert stored.encode()
    assert load(stored)["said"] == "".join("\ufffd" if "\ud800" <= one <= "\udfff" else one for one in broken)


@pytest.mark.postgres
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=JSON)
async def test_json_survives_postgresql(clean_postgres: str, value: Any) -> None:
    async with await Database.open(clean_postgres, upgrade=False, threads=1) as database:
        await database.run(partial(facts.put, key="k", value=value))
        assert await database.read(partial(facts.get, key="k")) == value


def two_people(c: Connection) -> tuple[int, int, int]:
    """Anna alone, Bert alone, and both in a group that shares its history."""
    anna, bert = person(c), person(c, "bert")
    chat_of(c, place(c), 2, anna)
    chat_of(c, place(c, chat="bert's", user="bert"), 1, bert)
    group = place(c, chat="group", user="")
    turn(c, group, said("user", "anna asks"), said("assistant", "to anna"), user_id=anna)
    turn(c, group, said("user", "bert asks"), said("assistant", "to bert"), user_id=bert)
    usage.record(c, user_id=anna, conversation_id=group, inbox_id=None, step="", model="m", input_tokens=5)
    vector = {"model": "m", "dim": 1, "scale": 1.0, "embedding": b"\x01"}
    c.execute(insert(memory), {"user_id": anna, "scope": "", "text": "likes foxes", **vector})
    return anna, bert, group


async def test_an_export_has_all_of_a_person_and_nothing_of_others(database: Database) -> None:
    anna, _, _ = await database.run(two_people)
    found = await database.read(partial(personal.export, user_id=anna))
    assert json.loads(json.dumps(found)) == found
    assert {name: len(rows) for name, rows in found.items()} == {
        "person": 1,
        "accounts": 1,
        "conversations": 1,
        "messages": 6,
        "memories": 1,
        "ratings": 0,
        "usage": 1,
    }
    assert [row["content"]["content"] for row in found["messages"]][-2:] == ["anna asks", "to anna"]
    assert found["memories"][0]["text"] == "likes foxes"


async def test_erasing_leaves_nothing_of_a_person_and_all_of_others(database: Database) -> None:
    anna, bert, group = await database.run(two_people)
    kept = await database.read(partial(personal.export, user_id=bert))
    assert await database.run(partial(personal.erase, user_id=anna)) > 0
    assert await database.read(partial(personal.export, user_id=bert)) == kept
    found = await database.read(partial(personal.export, user_id=anna))
    assert not any(found.values())
    assert texts(await database.read(partial(history.window, conversation_id=group))) == ["bert asks", "to bert"]

    def counts(c: Connection) -> dict[str, int]:
        names = ("user_account", "identity", "conversation", "inbox", "memory", "usage")
        return {n: int(c.execute(select(func.count()).select_from(metadata.tables[n])).scalar_one()) for n in names}

    left = {"user_account": 1, "identity": 1, "conversation": 2, "inbox": 2, "memory": 0, "usage": 1}
    assert await database.read(counts) == left
    assert (await database.read(partial(usage.total, since=NOON - timedelta(days=9_999)))).input_tokens == 5
