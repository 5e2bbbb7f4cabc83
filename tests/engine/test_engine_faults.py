"""Whatever breaks, breaks alone: one message, one plugin, one platform; and the person is told."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import select, update

from botcore.conversation.tokens import TokenCounter
from botcore.delivery.capacity import Capacity
from botcore.errors import SendFailed
from botcore.messages import Audio, Chat, File, Message, Text
from botcore.plugin import Bot, Context, Prompt
from botcore.store import facts
from botcore.store.database import Database
from botcore.store.tables import inbox as inbox_table
from botcore.testing.openai_server import OfflineSettings, Status, offline_api
from botcore.upkeep import RATIOS, Upkeep, token_counter

from .conftest import House, Room, StartHouse, house_with


def always(error: Exception, times: int = 100) -> list[Callable[[str], None]]:
    def fault(_: str) -> None:
        raise error

    return [fault] * times


async def test_an_adapter_with_a_fault_of_its_own_loses_one_message_and_no_conversation(start: StartHouse) -> None:
    house = await start(delivery__attempts="1")
    ada = house.person()
    house.api.script.reply("second", when="2")
    house.room.faults = always(ZeroDivisionError("a bug in an adapter"))
    await ada.says("1")
    await house.engine.runner.idle()
    assert house.room.visible() == []
    house.room.faults = []
    await ada.says("2")
    assert await house.room.answers(1) == ["second"]


async def test_an_adapter_that_recovers_delivers_what_was_committed(house: House) -> None:
    house.api.script.reply("here")
    house.room.faults = [*always(ZeroDivisionError("a bug in an adapter"), 2)]
    await house.person().says("hello")
    assert await house.room.answers(1) == ["here"]
    await house.engine.runner.idle()
    assert len(house.room.visible()) == 1


async def test_what_another_version_stored_gets_a_notice_and_the_next_message_an_answer(tmp_path: Path) -> None:
    async with offline_api(OfflineSettings(introduce=False)) as api:
        room = Room()
        api.script.reply("fine", when="readable")
        async with house_with(tmp_path, room=room, api=api, delivery__drain_seconds="0") as house:
            hold = api.hold()
            ada = house.person()
            await ada.says("from the future")
            await hold.reached()
            await ada.says("readable")
        async with await Database.open(f"sqlite:///{tmp_path}/bot.db") as database:
            first = select(inbox_table.c.id).order_by(inbox_table.c.id).limit(1).scalar_subquery()
            spoil = update(inbox_table).where(inbox_table.c.id == first).values(payload='{"version": 99}')
            await database.run(lambda c: c.execute(spoil))
        hold.release()
        async with house_with(tmp_path, room=room, api=api):
            notice, answer = await room.answers(2)
    assert "went wrong" in notice
    assert answer == "fine"


async def test_a_handler_that_is_cancelled_from_inside_gets_a_notice(start: StartHouse) -> None:
    bot = Bot("odd")

    @bot.command("cancelled")
    async def cancelled(ctx: Context) -> str:
        """Wait for a task that was cancelled."""
        task = asyncio.ensure_future(asyncio.sleep(60))
        task.cancel()
        await task
        return "never"

    house = await start(plugins=[bot])
    await house.person().says("/cancelled")
    assert "went wrong" in (await house.room.answers(1))[0]


async def test_a_place_that_cannot_be_deleted_costs_nothing(house: House) -> None:
    ada = house.person()

    def refused(what: str) -> None:
        if what == "delete":
            raise SendFailed("older than two days")

    house.api.script.reply("a" * 900, when="long")
    house.api.script.reply("brief", when="short")
    number = await ada.says("long")
    await house.room.answers(3)
    await house.engine.runner.idle()
    house.room.faults = [refused] * 20
    await ada.edits(number, "short")
    await house.room.until(lambda: house.room.visible()[0] == "brief")
    house.api.script.reply("on", when="go")
    await ada.says("go")
    await house.room.until(lambda: house.room.visible()[-1] == "on")


async def test_a_paste_of_25_pieces_is_one_question(house: House) -> None:
    ada = house.person()
    hold = house.api.hold()
    await ada.says("first")
    await hold.reached()
    pieces = [ada.incoming(Message(f"p{n}", (Text(f"{n:02} " + "x" * 4093),), joins="paste")) for n in range(25)]
    assert house.room.gateway is not None
    for piece in pieces:
        await house.room.gateway.accept(piece)
    house.api.script.reply("ok", times=None)
    hold.release()
    answers = await house.room.answers(2)
    assert answers[0] == "ok"
    assert "too long" in answers[1]
    await house.engine.runner.idle()
    assert len(house.room.visible()) == 2


async def test_a_chat_that_is_deleted_while_its_answer_is_written_is_gone(house: House) -> None:
    ada = house.person()
    hold = house.api.hold()
    await ada.says("hello")
    await hold.reached()
    await ada.says("and more")
    assert house.room.gateway is not None
    await house.room.gateway.forget_chat(Chat("room", "1", "private"))
    hold.release()
    await house.engine.runner.idle()
    house.api.script.reply("a new beginning", when="again")
    await ada.says("again")
    await house.room.until(lambda: "a new beginning" in house.room.visible())
    chats = await house.room.gateway.chats("room", ada.sender)
    assert [chat.title for chat in chats] == ["again"]


async def test_a_chat_is_listed_from_its_first_message_on(house: House) -> None:
    ada = house.person()
    hold = house.api.hold()
    await ada.says("What is the\ncapital of France?")
    await hold.reached()
    assert house.room.gateway is not None
    assert [chat.title for chat in await house.room.gateway.chats("room", ada.sender)] == [
        "What is the capital of France?"
    ]
    hold.release()
    await house.room.answers(1)


async def test_stopping_is_never_too_much(start: StartHouse) -> None:
    house = await start(access__messages_per_minute="1")
    ada = house.person()
    hold = house.api.hold(after_chunks=1)
    house.api.script.reply(["one ", "two"])
    await ada.says("count")
    await hold.reached()
    await ada.says("/stop")
    assert "Stopped." in (await house.room.answers(2))[1]
    assert "stopped" in house.room.visible()[0]
    hold.release()


async def test_stopping_shows_nothing_that_was_not_checked(start: StartHouse) -> None:
    house = await start(moderation__output="block")
    ada = house.person()
    hold = house.api.hold(after_chunks=2)
    house.api.script.reply(["I want ", "to kill ", "everybody"])
    await ada.says("hello")
    await hold.reached()
    await ada.says("/stop")
    answers = await house.room.answers(2)
    hold.release()
    assert "stopped" in answers[0]
    assert not any("I want" in text for text in answers)
    house.api.script.reply("fine")
    await ada.says("and now?")
    await house.room.answers(3)
    assert not any(
        "I want" in str(message) for message in house.api.requests.to("/chat/completions")[-1].json["messages"]
    )


async def test_a_warning_that_cannot_be_looked_for_costs_no_answer(start: StartHouse) -> None:
    house = await start(moderation__input="warn", moderation__output="warn", api__attempts="1")
    house.api.faults.always(Status(500), path="/moderations")
    house.api.script.reply("here it is")
    await house.person().says("hello")
    assert await house.room.answers(1) == ["here it is"]


async def test_a_shutdown_takes_up_no_further_message(tmp_path: Path) -> None:
    room = Room()
    async with offline_api(OfflineSettings(introduce=False)) as api:
        api.script.reply("one", when="1")
        api.script.reply("two", when="2")
        hold = api.hold()
        async with house_with(tmp_path, room=room, api=api) as house:
            ada = house.person()
            await ada.says("1")
            await hold.reached()
            await ada.says("2")
            asyncio.get_running_loop().call_later(0.05, hold.release)
        assert room.visible() == ["one"]
        async with house_with(tmp_path, room=room, api=api):
            assert await room.answers(2) == ["one", "two"]


async def test_what_was_open_at_the_start_counts_against_the_limit(tmp_path: Path) -> None:
    room = Room()
    async with offline_api(OfflineSettings(introduce=False)) as api:
        async with house_with(
            tmp_path, room=room, api=api, delivery__drain_seconds="0", delivery__open_total="2"
        ) as house:
            hold = api.hold(times=2)
            for chat in ("1", "2"):
                await house.person(chat=chat).says("hello")
            await hold.reached(2)
        hold = api.hold(times=2)
        async with house_with(tmp_path, room=room, api=api, delivery__open_total="2") as house:
            third = asyncio.ensure_future(house.person(chat="3").says("hello"))
            await asyncio.wait([third], timeout=0.1)
            assert not third.done()
            api.script.reply("ok", times=None)
            hold.release()
            await third
            assert await room.answers(1, "3") == ["ok"]


async def test_what_the_counter_learned_survives_a_restart(tmp_path: Path) -> None:
    async with offline_api(OfflineSettings(introduce=False)) as api:
        async with house_with(tmp_path, api=api) as house:
            await house.person().says("你好吗" * 200)
            await house.room.answers(1)
        async with await Database.open(f"sqlite:///{tmp_path}/bot.db") as database:
            kept = await database.read(partial(facts.get, key=RATIOS))
            counter = await token_counter(database)
            assert kept
            assert dict(counter.ratios) == kept
            assert counter.to_keep() is None


async def test_the_count_of_open_messages_is_corrected_by_the_database(sqlite_database: Database) -> None:
    capacity = Capacity(10)
    capacity.add(7)
    upkeep = Upkeep(sqlite_database, capacity, TokenCounter(), platforms=["room"], kept=[], keep_days=1)
    await upkeep.recount()
    assert capacity.open == 0


def listener() -> Bot:
    bot = Bot("listener")

    @bot.on(Audio, unaddressed=True)
    async def heard(ctx: Context, audio: Audio) -> str | Prompt | None:
        if audio.duration == 1:
            return None
        if audio.duration == 2:
            raise RuntimeError("a fault")
        if audio.duration == 3:
            return Prompt((Text("what was said"),))
        return "a long recording"

    return bot


async def test_what_is_overheard_is_answered_only_where_there_is_something_to_say(start: StartHouse) -> None:
    house = await start(plugins=[listener()])
    ada, eve = house.person("Ada", group=True), house.person("Eve", group=True, trusted=False)
    for person, duration in ((eve, 9), (ada, 1), (ada, 2)):
        await person.happens(Message(f"{person.sender.id}{duration}", (Audio(ref="a", duration=duration),), False))
    await house.engine.runner.idle()
    assert house.room.visible() == []
    assert house.room.sends == 0
    house.api.script.reply("the model's view", when="what was said")
    await ada.happens(Message("3", (Audio(ref="a", duration=3),), addressed=False))
    await ada.happens(Message("4", (Audio(ref="a", duration=4),), addressed=False))
    assert await house.room.answers(2) == ["the model's view", "a long recording"]


def careless() -> Bot:
    bot = Bot("careless")

    @bot.on(Audio)
    async def heard(ctx: Context, audio: Audio) -> Any:
        return 42

    @bot.middleware
    async def number(ctx: Context, call_next: Callable[[], Awaitable[Any]]) -> Any:
        return 7 if getattr(ctx.incoming.event, "text", "") == "seven" else await call_next()

    @bot.context
    async def broken(ctx: Context) -> str | None:
        raise RuntimeError("a fault")

    @bot.context
    async def odd(ctx: Context) -> Any:
        return 3

    @bot.context
    async def fine(ctx: Context) -> str | None:
        return "the weather is fine"

    @bot.command("read", tool=True)
    async def read(ctx: Context) -> str:
        """Read a very long text."""
        return "lore ipsum " * 50_000

    return bot


async def test_a_handler_that_returns_nonsense_is_named(start: StartHouse) -> None:
    house = await start(plugins=[careless()])
    ada = house.person()
    await ada.sends(Audio(ref="a"))
    assert "on(Audio) failed" in (await house.room.answers(1))[0]
    await ada.says("seven")
    assert "middleware number failed" in (await house.room.answers(2))[1]


async def test_a_handler_that_fails_to_say_whether_a_part_is_for_it_is_passed_over(start: StartHouse) -> None:
    """It is asked before a message is accepted: what it raised would make the platform send the same one for ever."""
    bot = Bot("careless")

    @bot.on(File, unaddressed=True, when=lambda file: file.name.endswith(".dice"))
    async def seen(ctx: Context, file: File) -> str:
        return f"I like {file.name}"

    house = await start(plugins=[bot])
    ada = house.person(group=True)
    await ada.happens(Message("1", (File(ref="a"),), addressed=False))
    await ada.happens(Message("2", (File(ref="b"),)))
    assert "I can't do anything with this file" in (await house.room.answers(1))[0]
    await ada.happens(Message("3", (File(ref="c", name="two.dice"),), addressed=False))
    assert (await house.room.answers(2))[1] == "I like two.dice"


async def test_a_contribution_that_fails_is_left_out_of_the_prompt(start: StartHouse) -> None:
    house = await start(plugins=[careless()])
    house.api.script.reply("hello")
    await house.person().says("hi")
    assert await house.room.answers(1) == ["hello"]
    system = house.api.requests[-1].json["messages"][0]["content"]
    assert system.count("<context from=") == 1
    assert "the weather is fine" in system


async def test_a_tool_that_finds_too_much_is_cut_to_what_the_model_can_take(start: StartHouse) -> None:
    house = await start(plugins=[careless()], chat__context_tokens="4000")
    for _ in range(3):
        house.api.script.tool_call("read", {})
    house.api.script.reply("a long text")
    await house.person().says("read it three times")
    assert await house.room.answers(1) == ["a long text"]
    results = [m["content"] for m in house.api.requests[-1].json["messages"] if m["role"] == "tool"]
    assert len(results) == 3
    assert all("more characters]" in result for result in results)
    assert len(str(house.api.requests[-1].json)) < 4000 * 4


async def test_a_job_that_fails_runs_again(start: StartHouse) -> None:
    bot, runs = Bot("cron"), asyncio.Semaphore(0)

    @bot.every(timedelta(milliseconds=5))
    async def tick() -> None:
        runs.release()
        raise RuntimeError("a fault")

    await start(plugins=[bot])
    async with asyncio.timeout(5):
        for _ in range(3):
            await runs.acquire()
