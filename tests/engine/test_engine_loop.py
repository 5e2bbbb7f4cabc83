"""The event loop is never blocked for more than 50 ms by our code."""

import asyncio
import time

import pytest

from botcore.testing import loop_watch
from botcore.testing.loop_watch import LoopWatch

from .conftest import House


async def test_the_watch_sees_a_busy_callback_and_a_sleeping_one() -> None:
    async def computes() -> None:
        end = time.thread_time() + 0.06
        while time.thread_time() < end:
            pass

    async def naps() -> None:
        time.sleep(0.3)  # what must not happen in a bot

    with LoopWatch() as watch:
        await asyncio.create_task(computes())
        await asyncio.create_task(naps())
        await asyncio.create_task(asyncio.sleep(0))
    assert ["computes()" in blocked.what for blocked in watch.blocked] == [True, False]
    assert "naps()" in watch.blocked[1].what


async def test_the_watch_leaves_out_what_threads_wait_for_a_core(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another thread holds Python's lock and waits for a core: whoever wants the lock waits as long."""
    waited = 0.0
    monkeypatch.setattr(loop_watch, "queued", lambda: waited)

    async def is_held_up() -> None:
        nonlocal waited
        time.sleep(0.3)
        waited += 0.25

    async def naps() -> None:
        time.sleep(0.3)

    with LoopWatch() as watch:
        await asyncio.create_task(is_held_up())
        await asyncio.create_task(naps())
    assert ["naps()" in blocked.what for blocked in watch.blocked] == [True]


async def test_many_conversations_at_once_never_block_the_loop(house: House) -> None:
    house.api.script.reply("warm")
    await house.person(chat="warm").says("hello")  # the first message builds validators and statements
    await house.room.answers(1, "warm")
    people = [house.person(f"P{n}", chat=f"c{n}") for n in range(60)]
    house.api.script.reply("# A long answer\n\n" + "- *item* with `code`\n" * 400, times=None)
    with LoopWatch() as watch:
        await asyncio.gather(*(person.says("tell me everything " + "please " * 200) for person in people))
        for person in people:
            await house.room.answers(1, person.chat.id)
    assert not watch.blocked, watch.blocked


async def test_a_very_long_message_never_blocks_the_loop(house: House) -> None:
    house.api.script.reply("warm")
    ada = house.person()
    await ada.says("hello")
    await house.room.answers(1)
    with LoopWatch() as watch:
        await ada.says("я" * 100_000)
        await ada.says("```\n" * 20_000)
        await house.room.answers(3)
    assert not watch.blocked, watch.blocked
