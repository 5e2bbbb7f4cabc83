"""Handlers that ask and wait: for the right person's words, across restarts, and until nobody wants it any more."""

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from botcore.errors import SendUnknown
from botcore.messages import File, Image, Message, Reply, Text
from botcore.plugin import Bot, Context
from botcore.testing.openai_server import OfflineSettings, offline_api

from .conftest import House, Room, StartHouse, house_with


def waiter() -> Bot:
    bot = Bot("waiter")

    @bot.command("order")
    async def order(ctx: Context) -> str:
        """Order a pizza."""
        return f"a {await ctx.ask('Which size?')} pizza for {ctx.sender.name}"

    @bot.command("form")
    async def form(ctx: Context) -> str:
        """Ask seven things."""
        return ", ".join([await ctx.ask(f"Number {number}?") for number in range(1, 8)])

    @bot.command("both")
    async def both(ctx: Context) -> str:
        """Ask inside a task group."""
        answers = list[str]()

        async def one() -> None:
            answers.append(await ctx.ask("In a group?"))

        async with asyncio.TaskGroup() as group:
            group.create_task(one())
        return f"heard {answers[0]}"

    @bot.command("album")
    async def album(ctx: Context) -> str:
        """Ask about an album."""
        await ctx.ask("Sure?")
        return f"the album of {ctx.incoming.event.external_id}"

    @bot.command("long")
    async def long(ctx: Context) -> Reply:
        """Show much, and ask little."""
        await ctx.progress("working " * 100)
        answer = await ctx.ask("Short?")
        return Reply.of(f"yes: {answer}")

    return bot


@pytest.fixture
async def house(start: StartHouse) -> House:
    return await start(plugins=[waiter()], delivery__attempts="2")


async def test_a_long_dialogue_is_no_message_that_fails_again_and_again(house: House) -> None:
    ada = house.person()
    await ada.says("/form")
    for number in range(1, 8):
        assert (await house.room.answers(number))[-1] == f"Number {number}?"
        await ada.says(str(number))
    assert (await house.room.answers(8))[-1] == "1, 2, 3, 4, 5, 6, 7"


async def test_words_are_waited_for_and_a_picture_is_none(house: House) -> None:
    ada = house.person()
    await ada.says("/order")
    await house.room.answers(1)
    await ada.sends(File(ref="a"))
    assert "can't do anything with this file" in (await house.room.answers(2))[1]
    await ada.says("large")
    assert (await house.room.answers(3))[2] == "a large pizza for Ada"


async def test_in_a_shared_chat_each_answers_their_own_question(start: StartHouse) -> None:
    house = await start(plugins=[waiter()], history__scope="chat")
    ada, bob, eve = (house.person(name, group=True) for name in ("Ada", "Bob", "Eve"))
    house.api.script.reply("hello Eve", when="what is this?")
    await ada.says("/order")
    await house.room.answers(1)
    await bob.says("/order")
    await house.room.answers(2)
    await eve.says("what is this?")
    assert (await house.room.answers(3))[2] == "hello Eve"
    await ada.says("large")
    assert (await house.room.answers(4))[3] == "a large pizza for Ada"
    await bob.says("small")
    assert (await house.room.answers(5))[4] == "a small pizza for Bob"


async def test_who_orders_anew_answers_the_new_question_only(house: House) -> None:
    ada = house.person()
    house.api.script.reply("just words", when="medium")
    for number in (1, 2):
        await ada.says("/order")
        await house.room.answers(number)
    await ada.says("large")
    assert (await house.room.answers(3))[2] == "a large pizza for Ada"
    await ada.says("medium")
    assert (await house.room.answers(4))[3] == "just words"


@pytest.mark.parametrize(("command", "says"), [("/stop", "Stopped."), ("/reset", "nothing to forget")])
async def test_what_waits_can_be_called_off(house: House, command: str, says: str) -> None:
    ada = house.person()
    house.api.script.reply("just words", when="large")
    await ada.says("/order")
    await house.room.answers(1)
    await ada.says(command)
    assert says in (await house.room.answers(2))[1]
    await ada.says("large")
    assert (await house.room.answers(3))[2] == "just words"


async def test_an_ask_inside_a_task_group_waits_as_well(house: House) -> None:
    ada = house.person()
    await ada.says("/both")
    assert await house.room.answers(1) == ["In a group?"]
    await ada.says("yes")
    assert (await house.room.answers(2))[1] == "heard yes"


async def test_an_album_that_was_asked_about_comes_back_whole_and_once(house: House) -> None:
    ada = house.person()
    pictures = [
        ada.incoming(Message(f"p{n}", (Image(ref=f"p{n}", caption="/album" if n == 0 else ""),), joins="album"))
        for n in range(3)
    ]
    assert house.room.gateway is not None
    await house.room.gateway.accept(*pictures)
    assert await house.room.answers(1) == ["Sure?"]
    await ada.says("yes")
    assert await house.room.answers(2) == ["Sure?", "the album of p0"]
    await house.engine.runner.idle()
    assert len(house.room.visible()) == 2


async def test_a_question_in_fewer_messages_than_were_shown_is_answered_all_the_same(house: House) -> None:
    ada = house.person()
    await ada.says("/long")
    await house.room.until(lambda: house.room.visible() == ["Short?"])
    await house.engine.runner.idle()
    await ada.says("yes")
    await house.room.until(lambda: house.room.visible() == ["Short?", "yes: yes"])


async def test_a_question_that_may_have_landed_is_answered_all_the_same() -> None:
    room = Room(edits=False)

    def unsure(_: str) -> None:
        raise SendUnknown("?")

    with TemporaryDirectory() as folder:
        (Path(folder) / "botcore.toml").write_text('[delivery]\nplain_sends = "at-most-once"\n')
        async with house_with(Path(folder), room=room, plugins=[waiter()]) as house:
            ada = house.person()
            room.faults = [lambda _: None, unsure]
            await ada.says("/order")
            await house.engine.runner.idle()
            assert room.visible() == ["Which size?"]
            await ada.says("large")
            await house.room.until(lambda: room.visible() == ["Which size?", "a large pizza for Ada"])


async def test_the_answer_may_come_after_a_restart(tmp_path: Path) -> None:
    room = Room()
    async with offline_api(OfflineSettings(introduce=False)) as api:
        async with house_with(tmp_path, room=room, api=api, plugins=[waiter()]) as house:
            await house.person().says("/order")
            await room.answers(1)
        async with house_with(tmp_path, room=room, api=api, plugins=[waiter()]) as house:
            await house.person().happens(Message("later", (Text("large"),)), update="later")
            assert await room.answers(2) == ["Which size?", "a large pizza for Ada"]
