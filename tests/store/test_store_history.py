"""The history, turn by turn."""

from functools import partial
from typing import Any

import pytest
from sqlalchemy import Connection, event, insert, text

from botcore.store import conversations, history
from botcore.store.database import Database
from botcore.store.history import NewMessage
from botcore.store.sqlite import raw_connection
from botcore.store.tables import message
from tests.store.scenes import chat_of, place, said, texts, turn


async def test_messages_come_back_as_they_were_written(database: Database) -> None:
    row = await database.run(place)
    new = NewMessage("user", '{"content":"Füchse 🦊 \\u0000"}', 7, "42", '{"name":"Anna"}')
    ids = await database.run(
        partial(history.append, conversation_id=row, inbox_id=None, user_id=None, messages=[new, said("assistant", "")])
    )
    found = await database.read(partial(history.window, conversation_id=row))
    assert [one.id for one in found] == ids == sorted(ids)
    assert (found[0].role, found[0].content, found[0].tokens, found[0].external_id, found[0].meta) == (
        new.role,
        new.content,
        new.tokens,
        new.external_id,
        new.meta,
    )


@pytest.mark.parametrize("turns", [0, 1, 2, 7, 20, 50])
async def test_the_window_has_the_last_turns(database: Database, turns: int) -> None:
    row = await database.run(place)
    other = await database.run(partial(place, chat="other"))
    for conversation in (row, other):
        await database.run(partial(chat_of, conversation_id=conversation, turns=20))
    found = await database.read(partial(history.window, conversation_id=row, turns=turns))
    assert texts(found) == [f"{what} {n}" for n in range(20)[20 - min(turns, 20) :] for what in ("question", "answer")]


async def test_a_turn_with_many_tool_calls_is_whole_or_not_there(database: Database) -> None:
    def fill(c: Connection) -> int:
        row = place(c)
        chat_of(c, row, 1)
        calls = [said(role, f"{role} {n}") for n in range(40) for role in ("assistant", "tool")]
        turn(c, row, said("user", "long"), *calls, said("assistant", "done"))
        chat_of(c, row, 1)
        return row

    row = await database.run(fill)
    for turns, expected in ((1, 2), (2, 84), (3, 86), (4, 86)):
        found = await database.read(partial(history.window, conversation_id=row, turns=turns))
        assert len(found) == expected
        assert found[0].role == "user"


async def test_imported_messages_form_turns_by_their_roles(database: Database) -> None:
    def fill(c: Connection) -> int:
        row = place(c)
        talk = [said(role, f"{role} {n}") for n in range(5) for role in ("user", "assistant")]
        history.append(c, row, inbox_id=None, user_id=None, messages=talk)
        return row

    row = await database.run(fill)
    found = await database.read(partial(history.window, conversation_id=row, turns=2))
    assert texts(found) == ["user 3", "assistant 3", "user 4", "assistant 4"]


async def test_what_is_forgotten_is_not_in_the_window(database: Database) -> None:
    row = await database.run(place)
    await database.run(partial(chat_of, conversation_id=row, turns=4))
    middle = (await database.read(partial(history.window, conversation_id=row)))[3].id
    found = await database.read(partial(history.window, conversation_id=row, history_from=middle))
    assert texts(found) == ["question 2", "answer 2", "question 3", "answer 3"]


async def test_the_last_question(database: Database) -> None:
    row = await database.run(place)
    ask = partial(history.last_question, conversation_id=row)
    assert await database.read(ask) is None
    await database.run(partial(chat_of, conversation_id=row, turns=3))
    joined = await database.run(
        lambda c: turn(c, row, said("user", "first part"), said("user", "second part"), said("assistant", "answer"))
    )
    found = await database.read(ask)
    assert found is not None
    assert (found.inbox_id, texts(found.messages)) == (joined, ["first part", "second part"])
    await database.run(partial(conversations.reset, conversation_id=row))
    assert await database.read(ask) is None


async def test_a_turn_is_taken_out_whole(database: Database) -> None:
    row = await database.run(place)
    numbers = await database.run(partial(chat_of, conversation_id=row, turns=3))
    remove = partial(history.remove_turn, conversation_id=row, inbox_id=numbers[1])
    assert await database.run(remove) == 2
    assert await database.run(remove) == 0
    found = await database.read(partial(history.window, conversation_id=row))
    assert texts(found) == ["question 0", "answer 0", "question 2", "answer 2"]


async def test_a_turn_of_another_conversation_is_safe(database: Database) -> None:
    row, other = await database.run(place), await database.run(partial(place, chat="other"))
    (number,) = await database.run(partial(chat_of, conversation_id=other, turns=1))
    assert await database.run(partial(history.remove_turn, conversation_id=row, inbox_id=number)) == 0


async def test_forgetting_after_a_message(database: Database) -> None:
    row = await database.run(place)
    await database.run(partial(chat_of, conversation_id=row, turns=3))
    found = await database.read(partial(history.window, conversation_id=row))
    forget = partial(history.forget_after, conversation_id=row, message_id=found[1].id)
    assert await database.run(forget) == 4
    assert await database.read(partial(history.window, conversation_id=row)) == found[:2]


def tool_turn(name: str) -> list[NewMessage]:
    calls = said("assistant", "", tool_calls=[{"id": "1"}])
    return [said("user", f"{name} question"), calls, said("tool", "result"), said("assistant", f"{name} answer")]


PLAIN = [said("user", "new question"), said("assistant", "new answer")]


@pytest.mark.parametrize(
    ("place_of", "before", "after", "expected"),
    [
        ("middle", PLAIN, PLAIN, ["new question", "new answer"]),
        ("middle", tool_turn("old"), PLAIN, ["new question", "new answer"]),
        ("middle", PLAIN, tool_turn("new"), ["new question", "new answer"]),
        ("middle", PLAIN[:1], PLAIN, ["new question"]),
        ("end", PLAIN, tool_turn("new"), ["new question", "", "result", "new answer"]),
        ("end", [], PLAIN, ["new question", "new answer"]),
    ],
)
async def test_a_turn_is_replaced_in_its_place(
    database: Database, place_of: str, before: list[NewMessage], after: list[NewMessage], expected: list[str]
) -> None:
    def fill(c: Connection) -> tuple[int, int]:
        row = place(c)
        chat_of(c, row, 1)
        number = turn(c, row, *before)
        if place_of == "middle":
            chat_of(c, row, 1)
        history.replace(c, row, number, after)
        return row, number

    row, number = await database.run(fill)
    found = await database.read(partial(history.window, conversation_id=row))
    end = ["question 0", "answer 0"] if place_of == "middle" else []
    assert texts(found) == ["question 0", "answer 0", *expected, *end]
    assert {one.inbox_id for one in found[2 : 2 + len(expected)]} == {number}


async def test_the_window_reads_an_index_and_sorts_nothing(sqlite_database: Database) -> None:
    def explain(c: Connection) -> str:
        statements: list[str] = []
        row = place(c)
        raw = raw_connection(c)
        raw.set_trace_callback(statements.append)
        history.window(c, row, history_from=0)
        raw.set_trace_callback(None)
        return "\n".join(str(tuple(one)) for one in raw.execute(f"EXPLAIN QUERY PLAN {statements[0]}"))

    found = await sqlite_database.run(explain)
    assert "SEARCH message USING INDEX ix_message_conversation_id_id (conversation_id=? AND " in found
    assert "TEMP B-TREE" not in found
    assert "SCAN" not in found


@pytest.mark.postgres
async def test_the_window_reads_an_index_on_postgresql(clean_postgres: str) -> None:
    def explain(c: Connection) -> str:
        row, other = place(c), place(c, chat="other")
        columns = {"role": "user", "content": "{}"}
        c.execute(insert(message), [{**columns, "conversation_id": one} for one in (row, other) for _ in range(2_000)])
        c.execute(text("ANALYZE message"))
        executed: list[tuple[str, Any]] = []

        def note(_c: Any, _cursor: Any, sql: str, values: Any, _context: Any, _many: bool) -> None:
            executed.append((sql, values))

        event.listen(c, "before_cursor_execute", note)
        history.window(c, row, history_from=0)
        event.remove(c, "before_cursor_execute", note)
        sql, values = executed[0]
        return "\n".join(str(tuple(one)) for one in c.exec_driver_sql(f"EXPLAIN {sql}", values))

    async with await Database.open(clean_postgres) as database:
        found = await database.run(explain)
    assert "Index Scan Backward using" in found
    assert "Sort" not in found
