"""The core of the conversations on PostgreSQL: what the engine asks of the store holds there as well."""

import asyncio
from pathlib import Path

import pytest

from botcore.messages import Chat, Message, Text
from botcore.testing.openai_server import OfflineSettings, offline_api

from .conftest import House, Room, StartHouse, house_with
from .test_engine_asking import waiter

pytestmark = pytest.mark.postgres


@pytest.fixture
async def house(start: StartHouse, clean_postgres: str) -> House:
    return await start(url=clean_postgres, plugins=[waiter()])


async def test_it_remembers_stops_asks_again_and_forgets(house: House) -> None:
    ada = house.person()
    await ada.says("My name is Ada.")
    await house.room.answers(1)
    await ada.says("What is my name?")
    assert "Ada" in (await house.room.answers(2))[1]
    house.api.script.reply(["one ", "two ", "three"])
    hold = house.api.hold(after_chunks=2)
    await ada.says("count")
    await hold.reached()
    await house.room.until(lambda: house.room.visible()[-1] == "one two ")
    await ada.says("/stop")
    assert (await house.room.answers(4))[2] == "one two\n\n*(stopped)*"
    house.api.script.reply("four", when="count")
    await ada.says("/retry")
    assert (await house.room.answers(5))[4] == "four"
    await ada.says("/reset")
    await house.room.answers(6)
    await ada.says("What is my name?")
    assert "Ada" not in (await house.room.answers(7))[6]


async def test_an_edited_question_is_answered_in_place(house: House) -> None:
    ada = house.person()
    house.api.script.reply("Paris", when="France")
    house.api.script.reply("Madrid", when="Spain")
    number = await ada.says("capital of France?")
    await house.room.answers(1)
    await ada.edits(number, "capital of Spain?")
    await house.room.until(lambda: house.room.visible() == ["Madrid"])


async def test_a_handler_asks_and_waits(house: House) -> None:
    ada = house.person()
    await ada.says("/order")
    await house.room.answers(1)
    await ada.says("large")
    assert (await house.room.answers(2))[1] == "a large pizza for Ada"
    assert house.room.gateway is not None
    entries = await house.room.gateway.transcript(Chat("room", "1", "private"))
    assert [entry.piece.text for entry in entries] == ["/order", "Which size?", "large", "a large pizza for Ada"]


async def test_twenty_people_are_answered_in_order_and_once(house: House) -> None:
    for number in range(4):
        house.api.script.reply(f"answer {number}", when=f"question {number}", times=None)
    people = [house.person(f"P{n}", chat=f"c{n}") for n in range(20)]

    async def talk(n: int) -> None:
        for number in range(4):
            await people[n].says(f"question {number}", update=f"{n}/{number}")
            await people[n].says(f"question {number}", update=f"{n}/{number}")  # delivered again

    await asyncio.gather(*(talk(n) for n in range(20)))
    for n in range(20):
        assert await house.room.answers(4, f"c{n}") == [f"answer {number}" for number in range(4)]
    await house.engine.runner.idle()
    assert len(house.room.shown) == 80


async def test_a_deleted_chat_begins_anew(house: House) -> None:
    ada = house.person()
    await ada.says("hello")
    await house.room.answers(1)
    assert house.room.gateway is not None
    await house.room.gateway.forget_chat(Chat("room", "1", "private"))
    await ada.says("hello again")
    await house.room.answers(2)
    assert [chat.title for chat in await house.room.gateway.chats("room", ada.sender)] == ["hello again"]


async def test_a_restart_goes_on_where_it_was(tmp_path: Path, clean_postgres: str) -> None:
    room = Room()
    async with offline_api(OfflineSettings(introduce=False)) as api:
        async with house_with(tmp_path, room=room, api=api, url=clean_postgres, delivery__drain_seconds="0") as house:
            ada = house.person()
            hold = api.hold()
            await ada.says("hello")
            await hold.reached()
            await ada.happens(Message("two", (Text("and more"),)))
        hold.release()
        api.script.reply("ok", times=None)
        async with house_with(tmp_path, room=room, api=api, url=clean_postgres):
            assert await room.answers(2) == ["ok", "ok"]
    assert len(room.shown) == 2
