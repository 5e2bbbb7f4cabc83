"""Conversations: made once, set, reset, listed, deleted."""

import asyncio
from functools import partial

import pytest
from sqlalchemy import Connection, func, insert, select

from botcore.messages import SPOKEN, ConversationKey
from botcore.store import conversations, history, usage
from botcore.store.database import Database
from botcore.store.tables import conversation, inbox, message, metadata, outbox, turn_step
from botcore.store.tables import usage as usage_table
from tests.store.scenes import accepted, chat_of, person, place, said, texts, turn

KEY = ConversationKey("telegram", "chat", "topic", "anna")


async def test_a_conversation_is_made_once(database: Database) -> None:
    ensure = partial(conversations.ensure_conversation, key=KEY, kind="group", scope="user")
    made = await asyncio.gather(*(database.run(ensure) for _ in range(12)))
    assert len(set(made)) == 1
    row = await database.read(partial(conversations.get, conversation_id=made[0]))
    assert (row.key, row.kind, row.scope, dict(row.settings), row.history_from) == (KEY, "group", "user", {}, 0)


@pytest.mark.parametrize("other", [{"thread": ""}, {"user": ""}, {"user": "bert"}, {"chat": "c2"}, {"platform": "web"}])
async def test_each_part_of_the_key_makes_another_conversation(database: Database, other: dict[str, str]) -> None:
    parts = {"platform": KEY.platform, "chat": KEY.chat, "thread": KEY.thread, "user": KEY.user}
    ensure = partial(conversations.ensure_conversation, kind="group", scope="user")
    one = await database.run(partial(ensure, key=KEY))
    assert await database.read(partial(conversations.find_conversation, key=ConversationKey(**parts | other))) is None
    assert await database.run(partial(ensure, key=ConversationKey(**parts | other))) != one


async def test_what_was_chosen_is_kept(database: Database) -> None:
    row = await database.run(place)
    chosen = {"model": "gpt-test", "persona": "Füchsin \ud83e", "deep": {"list": [1, None, True]}}
    await database.run(partial(conversations.set_settings, conversation_id=row, settings=chosen))
    kept = (await database.read(partial(conversations.get, conversation_id=row))).settings
    assert kept == chosen | {"persona": "Füchsin \ufffd"}  # no database can store half a character


async def test_a_missing_conversation_is_a_lookup_error(database: Database) -> None:
    with pytest.raises(LookupError, match="conversation 404"):
        await database.read(partial(conversations.get, conversation_id=404))


async def test_a_reset_forgets_and_says_how_much(database: Database) -> None:
    row = await database.run(place)
    await database.run(partial(chat_of, conversation_id=row, turns=3))
    reset = partial(conversations.reset, conversation_id=row)
    assert await database.run(reset) == 6
    assert await database.run(reset) == 0
    assert await database.read(partial(history.window, conversation_id=row)) == []
    await database.run(partial(chat_of, conversation_id=row, turns=1))
    assert texts(await database.read(partial(history.window, conversation_id=row))) == ["question 0", "answer 0"]


async def test_a_reset_of_nothing_is_fine(database: Database) -> None:
    row = await database.run(place)
    assert await database.run(partial(conversations.reset, conversation_id=row)) == 0


async def test_deleting_a_chat_takes_everything_but_what_was_used(database: Database) -> None:
    def fill(c: Connection) -> int:
        anna = person(c)
        for thread in ("", "topic"):
            row = place(c, thread=thread)
            (number,) = chat_of(c, row, 1, anna)
            c.execute(insert(outbox), {"inbox_id": number, "body": "{}"})
            c.execute(insert(turn_step), {"inbox_id": number, "step": "1"})
            usage.record(c, user_id=anna, conversation_id=row, inbox_id=number, step="1", model="m", input_tokens=5)
        chat_of(c, place(c, chat="other"), 1, anna)
        return anna

    anna = await database.run(fill)
    assert await database.run(partial(conversations.delete_chat, platform="telegram", chat_id="chat")) == 2

    def left(c: Connection) -> dict[str, int]:
        return {
            name: int(c.execute(select(func.count()).select_from(metadata.tables[name])).scalar_one())
            for name in ("conversation", "message", "inbox", "outbox", "turn_step", "usage", "user_account")
        }

    assert await database.read(left) == {
        "conversation": 1,
        "message": 2,
        "inbox": 1,
        "outbox": 0,
        "turn_step": 0,
        "usage": 2,
        "user_account": 1,
    }
    columns = (usage_table.c.user_id, usage_table.c.conversation_id, usage_table.c.inbox_id)
    used = await database.read(lambda c: {tuple(row) for row in c.execute(select(*columns))})
    assert used == {(anna, None, None)}  # the budget of the person is not refilled


async def test_the_chats_of_a_person_come_latest_first_with_their_first_question(database: Database) -> None:
    def fill(c: Connection) -> None:
        anna, bert = person(c, platform="web"), person(c, "bert", platform="web")
        chat_of(c, place(c, chat="old", platform="web"), 2, anna)
        parts = [{"type": "image_url"}, {"type": "text", "text": "What is  in\nthis picture? " + "x" * 80}]
        turn(c, place(c, chat="new", platform="web"), said("user", parts), user_id=anna)  # type: ignore[arg-type] # parts
        turn(c, place(c, chat="spoken", platform="web"), said("user", f"{SPOKEN}call me"), user_id=anna)
        chat_of(c, place(c, chat="shared", user="", platform="web"), 1, anna)
        accepted(c, place(c, chat="waiting", platform="web"), anna)
        chat_of(c, place(c, chat="bert's", user="bert", platform="web"), 1, bert)
        chat_of(c, place(c, chat="not anna's", user="", platform="web"), 1, bert)
        chat_of(c, place(c, chat="elsewhere"), 1, anna)

    await database.run(fill)
    found = await database.read(partial(conversations.chats_of, platform="web", external_id="anna"))
    assert [(chat.chat_id, chat.title) for chat in found] == [
        ("waiting", ""),
        ("shared", "question 0"),
        ("spoken", "call me"),
        ("new", "What is in this picture? " + "x" * (conversations.TITLE - 26) + "…"),
        ("old", "question 0"),
    ]
    assert all(chat.last.tzinfo is not None for chat in found)
    assert await database.read(partial(conversations.chats_of, platform="web", external_id="nobody")) == []


async def test_topics_of_one_chat_are_one_line_in_the_list(database: Database) -> None:
    def fill(c: Connection) -> None:
        place(c)
        chat_of(c, place(c, thread="topic"), 1)

    await database.run(fill)
    found = await database.read(partial(conversations.chats_of, platform="telegram", external_id="anna"))
    assert [(chat.chat_id, chat.title) for chat in found] == [("chat", "question 0")]


async def test_a_new_conversation_never_inherits_the_id_of_a_deleted_one(database: Database) -> None:
    row = await database.run(place)
    await database.run(partial(conversations.delete_chat, platform="telegram", chat_id="chat"))
    assert await database.run(place) > row
    assert await database.read(lambda c: c.execute(select(func.count(message.c.id))).scalar()) == 0
    assert await database.read(lambda c: c.execute(select(func.count(inbox.c.id))).scalar()) == 0
    assert await database.read(lambda c: c.execute(select(func.count(conversation.c.id))).scalar()) == 1
