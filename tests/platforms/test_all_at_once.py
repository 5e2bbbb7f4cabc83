"""One process that is connected to all three platforms: faults of everything around it, and many people at once."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, closing

import pytest

from botcore.testing.openai_server import Status

from .conftest import PLATFORMS, House
from .on_browser import OnBrowser
from .on_discord import OnDiscord
from .on_telegram import OnTelegram
from .talking import Conversation

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.timeout(240)]

STORY = ("Once upon a time ", "there was a fox ", "who kept on talking ", "whatever broke.")
WHOLE = "".join(STORY)
CROWD = 20
"""People on each platform."""


@pytest.fixture
async def everybody(house: House) -> AsyncIterator[list[Conversation]]:
    """A person on each platform."""
    async with AsyncExitStack() as stack:
        there = [await stack.enter_async_context(platform(None)) for platform in PLATFORMS.values()]
        yield [house.joined(talker) for talker in there]
        for talker in there:
            talker.check()


async def test_whatever_breaks_each_question_gets_one_answer(house: House, everybody: list[Conversation]) -> None:
    api = house.api
    house.more["BOTCORE_API__ATTEMPTS"] = "1"
    api.script.reply(STORY, when="story", times=None)
    async with house.bot() as bot:
        # every connection breaks while the answers are streamed
        hold = api.hold(after_chunks=2, times=3)
        for one in everybody:
            await one.talker.says("Tell me a story")
        await hold.reached(3, within=30)
        for one in everybody:
            await one.growing()
            await one.talker.loses_touch()
        hold.release()
        for one in everybody:
            assert (await one.answer()).text == WHOLE

        # the API is down
        api.faults.always(Status(503))
        for one in everybody:
            await one.talker.says("Are you there?")
        refused = [await one.answer() for one in everybody]
        api.faults.clear()
        api.script.reply("I am.", when="Are you there?", times=3)
        for one, told in zip(everybody, refused, strict=True):
            await one.talker.presses("Retry", told.holding("Retry"))
            assert (await one.answer()).text == "I am."

        # the database cannot be written to when the answers are done
        hold = api.hold(after_chunks=2, times=3)
        for one in everybody:
            await one.talker.says("Another story")
        await hold.reached(3, within=30)
        for one in everybody:
            await one.growing()
        asked = len(api.requests.to("/chat/completions"))
        with closing(sqlite3.connect(house.folder / "bot.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            hold.release()
            await bot.says("the database is away")
            other.execute("ROLLBACK")
        for one, told in zip(everybody, refused, strict=True):
            await one.reads(WHOLE, told.text, "I am.", WHOLE)
        assert len(api.requests.to("/chat/completions")) == asked  # what it cost is not spent twice


async def test_a_crowd_on_each_platform_is_answered_in_order(house: House, everybody: list[Conversation]) -> None:
    telegram, discord, browser = (one.talker for one in everybody)
    assert isinstance(telegram, OnTelegram)
    assert isinstance(discord, OnDiscord)
    assert isinstance(browser, OnBrowser)
    for number in range(1, CROWD):
        page = await browser.page.context.new_page()
        more = (
            OnTelegram(telegram.telegram, name=f"Person {number}"),
            OnDiscord(discord.discord, name=f"Person {number}"),
            OnBrowser(page, port=browser.port),
        )
        everybody += [house.joined(talker) for talker in more]
    async with house.bot():

        async def chats(one: Conversation, number: int) -> None:
            words = [f"{word} {number}" for word in ("one", "two", "three")]
            for word in words:
                await one.talker.says(f"say {word}")
            await one.reads(*words)

        await asyncio.gather(*(chats(one, number) for number, one in enumerate(everybody)))
