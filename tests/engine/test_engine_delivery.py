"""Delivery as a property: whatever the platform does and whenever the engine dies, each message has one answer."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from botcore.errors import SendFailed, SendLater, SendUnknown, StoreUnavailable
from botcore.messages import Message, Text
from botcore.plugin import Bot, Context
from botcore.store.database import Database
from botcore.testing.openai_server import OfflineApi, OfflineSettings, offline_api

from .conftest import House, Room, StartHouse, house_with


@dataclass
class Fault:
    """What the platform does at one of its calls: before or after the effect."""

    kind: str
    room: Room
    died: asyncio.Event

    def __call__(self, what: str) -> None:
        if self.kind == "unknown":
            raise SendUnknown(what)
        if self.kind == "later" and what in ("send", "edit"):  # flood control shows nothing
            raise SendLater(what, retry_after=0.0)
        if self.kind == "die":
            self.room.dead = True
            self.died.set()


KINDS = st.sampled_from(["fine", "fine", "unknown", "later", "die"])


async def talk(room: Room, api: OfflineApi, folder: Path, texts: Sequence[str], faults: Sequence[str]) -> None:
    """Say everything, and start the engine anew whenever it died, until each text has its answer."""
    said = False
    died = asyncio.Event()
    room.faults = [Fault(kind, room, died) for kind in faults]
    for _ in range(len(faults) + 2):
        died.clear()
        # drain_seconds 0: what runs when it dies is cut at once
        async with house_with(
            folder,
            room=room,
            api=api,
            delivery__drain_seconds="0",
            delivery__attempts="50",
            access__messages_per_minute="0",
        ) as house:
            if not said:
                person = house.person()
                assert room.gateway is not None
                await room.gateway.accept(
                    *(person.incoming(Message(f"m{n}", (Text(text),)), update=f"u{n}") for n, text in enumerate(texts))
                )
                said = True
            idle = asyncio.ensure_future(house.engine.runner.idle())
            dead = asyncio.ensure_future(died.wait())
            await asyncio.wait([idle, dead], return_when=asyncio.FIRST_COMPLETED)
            for task in (idle, dead):
                task.cancel()
            if not died.is_set():
                return
    pytest.fail("it did not come to an end")


def check(room: Room, texts: Sequence[str], *, twice: bool = False, never: bool = False) -> None:
    """Each text's answer is visible once, in the order of the texts."""
    answers = [message.text for message in room.shown if message.text.startswith("answer to ")]
    wanted = [f"answer to {text}" for text in texts]
    if not twice:
        assert len(set(answers)) == len(answers), room.visible()
    if not never:
        assert [*dict.fromkeys(answers)] == wanted, room.visible()
    others = [m for m in room.shown if not m.text.startswith("answer to ")]
    assert all(message.text == "…" for message in others)  # at worst an orphan of a place


def scripted(api: OfflineApi, texts: Sequence[str]) -> None:
    for text in texts:
        api.script.reply(
            f"answer to {text}", when=lambda request, text=text: request.turns[-1].text == text, times=None
        )


TEXTS = ["one", "two", "three"]


@pytest.mark.slow
@settings(max_examples=15)
@given(faults=st.lists(KINDS, max_size=14))
def test_one_answer_each_by_places_and_edits(faults: list[str]) -> None:
    asyncio.run(_run(faults, edits=True, idempotent=False))


@pytest.mark.slow
@settings(max_examples=8)
@given(faults=st.lists(KINDS, max_size=14))
def test_one_answer_each_by_keyed_sends(faults: list[str]) -> None:
    asyncio.run(_run(faults, edits=False, idempotent=True))


@pytest.mark.slow
@settings(max_examples=8)
@given(faults=st.lists(KINDS, max_size=14))
def test_at_least_one_answer_each_by_plain_sends(faults: list[str]) -> None:
    asyncio.run(_run(faults, edits=False, idempotent=False, twice=True))


@pytest.mark.slow
@settings(max_examples=8)
@given(faults=st.lists(KINDS, max_size=14))
def test_at_most_one_answer_each_by_plain_sends_where_that_is_wanted(faults: list[str]) -> None:
    asyncio.run(_run(faults, edits=False, idempotent=False, never=True))


async def _run(
    faults: Sequence[str], *, edits: bool, idempotent: bool, twice: bool = False, never: bool = False
) -> None:
    room = Room(edits=edits, idempotent=idempotent)
    with TemporaryDirectory() as folder:
        (Path(folder) / "botcore.toml").write_text('[delivery]\nplain_sends = "at-most-once"\n' if never else "")
        async with offline_api(OfflineSettings(introduce=False)) as api:
            scripted(api, TEXTS)
            await talk(room, api, Path(folder), TEXTS, faults)
    check(room, TEXTS, twice=twice, never=never)


async def test_a_refusal_for_good_closes_the_message_and_the_next_goes_on(house: House) -> None:
    ada = house.person()

    def blocked(_: str) -> None:
        raise SendFailed("the bot was blocked")

    faults: list[Callable[[str], None]] = [blocked, blocked]
    house.room.faults = faults
    house.api.script.reply("first", when="1")
    house.api.script.reply("second", when="2")
    await ada.says("1")
    await house.engine.runner.idle()
    assert house.room.visible() == []
    await ada.says("2")
    assert await house.room.answers(1) == ["second"]


async def test_a_deleted_place_is_taken_again(house: House) -> None:
    hold = house.api.hold()
    await house.person().says("hello")
    await hold.reached()
    await house.room.until(lambda: house.room.visible() == ["…"])
    house.room.shown.clear()
    house.api.script.reply("here I am")
    hold.release()
    assert await house.room.answers(1) == ["here I am"]


async def test_a_message_that_kills_the_bot_again_and_again_gets_a_notice(tmp_path: Path) -> None:
    room = Room()
    async with offline_api(OfflineSettings(introduce=False)) as api:
        api.script.reply("never seen", times=None)
        answer = ""
        for attempt in range(3):
            async with house_with(
                tmp_path, room=room, api=api, delivery__attempts="2", delivery__drain_seconds="0"
            ) as house:
                hold = api.hold()
                if attempt == 0:
                    await house.person().says("hello")
                if attempt < 2:
                    await hold.reached()
                else:
                    hold.release()
                    (answer,) = await room.answers(1)
        api.script.clear()
    assert "tried several times" in answer
    assert len(room.shown) == 1


async def test_a_graceful_stop_lets_running_answers_finish(tmp_path: Path) -> None:
    room = Room()
    async with offline_api(OfflineSettings(introduce=False)) as api:
        api.script.reply("done")
        hold = api.hold()
        async with house_with(tmp_path, room=room, api=api) as house:
            await house.person().says("hello")
            await hold.reached()
            asyncio.get_running_loop().call_soon(hold.release)
        assert room.visible() == ["done"]


async def test_finished_steps_are_not_repeated_after_a_restart(tmp_path: Path) -> None:
    room = Room()
    rolled: list[str] = []
    bot = Bot("dice")

    @bot.command("roll", tool=True)
    async def roll(ctx: Context) -> str:
        """Roll a die."""
        rolled.append(ctx.key)
        return "6"

    async with offline_api(OfflineSettings(introduce=False)) as api:
        api.script.tool_call("roll", {})
        async with house_with(tmp_path, room=room, api=api, plugins=[bot], delivery__drain_seconds="0") as house:
            await house.person().says("roll")
            await api.requests.wait_for(1, "/chat/completions")
            hold = api.hold()
            await hold.reached()
        hold.release()
        api.script.reply("It is a 6.")
        async with house_with(tmp_path, room=room, api=api, plugins=[bot]):
            assert await room.answers(1) == ["It is a 6."]
    assert rolled == ["1/tool/0/0"]


class Shaky(Database):
    """A database that is away for the next so many writes, or that breaks off in their commits (`lost`)."""

    broken = 0
    lost = 0

    async def run(self, unit: Callable[[Connection], Any]) -> Any:
        if self.broken > 0:
            self.broken -= 1
            raise StoreUnavailable("gone")
        result = await super().run(unit)
        if self.lost > 0:
            self.lost -= 1
            raise StoreUnavailable("broke off in the very commit")
        return result


async def test_a_lost_database_is_waited_for_without_asking_the_model_again(start: StartHouse, tmp_path: Path) -> None:
    async with await Shaky.open(f"sqlite:///{tmp_path}/bot.db") as database:
        house = await start(database=database)
        house.api.script.reply("back again")
        hold = house.api.hold()
        await house.person().says("hello")
        await hold.reached()
        database.broken = 3
        hold.release()
        assert await house.room.answers(1) == ["back again"]
        assert len(house.api.requests.to("/chat/completions")) == 1


async def test_what_cannot_be_stored_is_not_accepted(start: StartHouse, tmp_path: Path) -> None:
    async with await Shaky.open(f"sqlite:///{tmp_path}/bot.db") as database:
        house = await start(database=database)
        database.broken = 1
        with pytest.raises(StoreUnavailable):
            await house.person().says("hello", update="u1")
        house.api.script.reply("now I have it")
        await house.person().says("hello", update="u1")
        assert await house.room.answers(1) == ["now I have it"]


async def test_what_was_stored_although_the_database_broke_off_is_answered_once(
    start: StartHouse, tmp_path: Path
) -> None:
    async with await Shaky.open(f"sqlite:///{tmp_path}/bot.db") as database:
        house = await start(database=database)
        house.api.script.reply("here it is")
        database.lost = 1
        with pytest.raises(StoreUnavailable):
            await house.person().says("hello", update="u1")
        for _ in range(2):
            await house.person().says("hello", update="u1")
        assert await house.room.answers(1) == ["here it is"]
        await house.engine.runner.idle()
        assert len(house.api.requests.to("/chat/completions")) == 1
