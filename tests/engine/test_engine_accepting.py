"""A message for an idle conversation is claimed as it is accepted; whatever fails about that, no message is lost."""

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

import pytest
from sqlalchemy import Connection

from botcore.conversation.turn import ConversationTurn
from botcore.delivery.work import Work
from botcore.errors import StoreUnavailable
from botcore.messages import Message, Text
from botcore.store.database import Database
from botcore.store.worker import name_of

from .conftest import House, Person

T = TypeVar("T")


async def settled(house: House, person: Person, text: str) -> str:
    """Say something, and wait until all is done; the answer."""
    before = len(house.room.visible())
    await person.says(text)
    answer = (await house.room.answers(before + 1))[-1]
    await house.engine.runner.idle()
    return answer


async def test_only_the_first_message_of_a_conversation_takes_a_transaction_to_be_claimed(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.api.script.reply("yes", times=None)
    units, run = list[str](), Database.run

    async def running(database: Database, unit: Callable[[Connection], T]) -> T:
        units.append(name_of(unit).rpartition(".")[2])
        return await run(database, unit)

    monkeypatch.setattr(Database, "run", running)
    ada = house.person()
    assert await settled(house, ada, "one") == "yes"
    assert units.count("claim") == 1
    assert await settled(house, ada, "two") == "yes"
    assert await settled(house, ada, "three") == "yes"
    assert units.count("_insert") == 3
    assert units.count("claim") == 1


async def test_what_comes_together_for_an_idle_conversation_is_answered_in_order(house: House) -> None:
    for word in ("one", "two", "three"):
        house.api.script.reply(f"answer to {word}", when=word, times=None)
    ada = house.person()
    await settled(house, ada, "one")
    assert house.room.gateway is not None
    await house.room.gateway.accept(*(ada.incoming(Message(word, (Text(word),))) for word in ("two", "three", "one")))
    answers = await house.room.answers(4)
    assert answers == ["answer to one", "answer to two", "answer to three", "answer to one"]
    await house.engine.runner.idle()
    assert len(house.room.visible()) == 4


async def test_what_comes_while_one_is_accepted_is_answered_after_it(house: House) -> None:
    house.api.script.reply("hello", when="hello")
    ada = house.person()
    await settled(house, ada, "hello")
    words = [f"word {number}" for number in range(6)]
    for word in words:
        house.api.script.reply(f"answer to {word}", when=word)
    assert house.room.gateway is not None
    accept = house.room.gateway.accept
    await asyncio.gather(*(accept(ada.incoming(Message(word, (Text(word),)))) for word in words))
    assert (await house.room.answers(7))[1:] == [f"answer to {word}" for word in words]


async def test_a_fault_in_reading_what_a_turn_needs_is_a_notice_and_no_lost_message(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.api.script.reply("yes", times=None)
    ada, load = house.person(), ConversationTurn.load
    await settled(house, ada, "one")

    def broken(turn: ConversationTurn, c: Connection, work: Work) -> Any:
        raise ZeroDivisionError("a bug in reading")

    monkeypatch.setattr(ConversationTurn, "load", broken)
    assert "went wrong" in await settled(house, ada, "two")
    monkeypatch.setattr(ConversationTurn, "load", load)
    assert await settled(house, ada, "three") == "yes"


async def test_a_message_that_comes_again_is_not_answered_again(house: House) -> None:
    house.api.script.reply("yes", times=None)
    ada = house.person()
    await settled(house, ada, "one")
    twice = ada.incoming(Message("m2", (Text("two"),)), update="the same")
    assert house.room.gateway is not None
    await house.room.gateway.accept(twice)
    await house.room.answers(2)
    await house.engine.runner.idle()
    await house.room.gateway.accept(twice)
    await house.engine.runner.idle()
    assert await settled(house, ada, "three") == "yes"
    assert house.room.visible() == ["yes"] * 3


async def test_a_database_that_is_away_holds_no_conversation_up_afterwards(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.api.script.reply("yes", times=None)
    ada, run = house.person(), Database.run
    await settled(house, ada, "one")

    async def away(database: Database, unit: Callable[[Connection], T]) -> T:
        raise StoreUnavailable("the database is away")

    monkeypatch.setattr(Database, "run", away)
    with pytest.raises(StoreUnavailable):
        await ada.says("two")
    monkeypatch.setattr(Database, "run", run)
    assert await settled(house, ada, "two") == "yes"


async def test_one_who_stops_waiting_while_it_is_stored_leaves_it_to_be_answered(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.api.script.reply("yes", times=None)
    ada, run = house.person(), Database.run
    await settled(house, ada, "one")
    assert house.room.gateway is not None
    accepting = asyncio.ensure_future(house.room.gateway.accept(ada.incoming(Message("m2", (Text("two"),)))))

    async def running(database: Database, unit: Callable[[Connection], T]) -> T:
        stored = asyncio.ensure_future(run(database, unit))
        stored.add_done_callback(lambda _: accepting.cancel())
        return await stored

    monkeypatch.setattr(Database, "run", running)
    with pytest.raises(asyncio.CancelledError):
        await accepting
    monkeypatch.setattr(Database, "run", run)
    assert await house.room.answers(2) == ["yes", "yes"]
