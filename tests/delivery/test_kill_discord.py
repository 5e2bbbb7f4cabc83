"""kill -9 with the real discord.py: with the nonce, people see neither a duplicate nor a place that was left behind."""

import random
import signal
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from botcore.testing.discord_server import (
    Attachment,
    Bot,
    Channel,
    DiscordServer,
    Interaction,
    Limits,
    ManualClock,
    Message,
    Person,
    SystemClock,
    discord_server,
    png,
)
from botcore.testing.openai_server import OfflineSettings, offline_api

from .killing import PATIENCE, Stage, check, dies_at_every_commit, dies_at_random, expected, scripted

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@dataclass
class Chat:
    """A person and the private conversation with the bot."""

    person: Person

    async def says(self, text: str) -> None:
        await self.person.dm(text)

    @property
    def messages(self) -> list[Message]:
        """The bot's, as the person sees them now: every one counts."""
        return [message for message in self.person.dms.transcript(self.person) if message.from_bot]

    @property
    def lines(self) -> list[str]:
        return ["is thinking" if message.is_loading else message.text for message in self.messages]

    async def sees(self, condition: Callable[[], bool], timeout: float) -> None:
        await self.person.dms.wait_for(lambda _: condition(), as_seen_by=self.person, timeout=timeout)

    async def uses(self, command: str) -> Interaction:
        return await self.person.slash(command)


@dataclass
class Aloud:
    """A person who mentions the bot where others write as well, in a channel or a thread of a server."""

    person: Person
    channel: Channel
    bot: Bot

    async def says(self, text: str) -> None:
        await self.person.mentions(self.bot, text, channel=self.channel)

    @property
    def lines(self) -> list[str]:
        shown = self.channel.transcript(self.person)
        return [one.text for one in shown if one.from_bot and one.replied and one.replied.author is self.person.user]

    async def sees(self, condition: Callable[[], bool], timeout: float) -> None:
        await self.channel.wait_for(lambda _: condition(), timeout=timeout)


@asynccontextmanager
async def staged(folder: Path, clock: ManualClock | None = None) -> AsyncGenerator[tuple[Stage, DiscordServer]]:
    async with (
        discord_server(limits=Limits.none(), clock=clock or SystemClock()) as discord,
        offline_api(OfflineSettings(introduce=False)) as api,
    ):
        scripted(api)
        stage = Stage({"DISCORD_BOT_TOKEN": discord.token, "DISCORD_API_URL": discord.url}, api, folder)
        try:
            yield stage, discord
        finally:
            stage.clear()


async def acquainted(stage: Stage, ada: Chat) -> None:
    """A first question and its answer: Discord tells nothing of what is written in private to a bot that is away.

    What the bot looks through after a start are the channels that it knows.
    """
    victim = stage.start()
    assert await victim.ready(), stage.log()
    await ada.says("question 1")
    await stage.answered(ada, ["question 1"])
    await stage.finish(victim)


@pytest.mark.parametrize("when", ["before", "after"])
async def test_killed_at_every_commit(tmp_path: Path, when: str) -> None:
    async with staged(tmp_path) as (stage, discord):
        ada = Chat(discord.user("Ada"))
        await acquainted(stage, ada)
        await dies_at_every_commit(stage, ada, when, ["question 1"])


@pytest.mark.parametrize("method", ["POST", "PATCH"])
@pytest.mark.parametrize("landed", [False, True])
async def test_killed_during_a_send(tmp_path: Path, method: str, landed: bool) -> None:
    async with staged(tmp_path) as (stage, discord):
        ada = Chat(discord.user("Ada"))
        route = "/channels/{channel_id}/messages" + ("/{message_id}" if method == "PATCH" else "")
        hold = discord.faults.hold(f"{method} {route}", landed=landed)
        victim = stage.start()
        assert await victim.ready(), stage.log()
        await ada.says("question 1")
        await hold.reached(PATIENCE)
        victim.told(signal.SIGKILL)
        await victim.ended()
        hold.release()
        victim = stage.start()
        await stage.answered(ada, ["question 1"])
        await stage.finish(victim)
        check(stage, ada, ["question 1"])


async def test_what_landed_is_found_in_the_history_when_the_nonce_is_forgotten(tmp_path: Path) -> None:
    clock = ManualClock(time.time() - 3600)
    async with staged(tmp_path, clock) as (stage, discord):
        ada = Chat(discord.user("Ada"))
        hold = discord.faults.hold("POST /channels/{channel_id}/messages", landed=True)
        victim = stage.start()
        assert await victim.ready(), stage.log()
        await ada.says("question 1")
        await hold.reached(PATIENCE)
        victim.told(signal.SIGKILL)
        await victim.ended()
        hold.release()
        clock.advance(1800)
        victim = stage.start()
        await stage.answered(ada, ["question 1"])
        await stage.finish(victim)
        check(stage, ada, ["question 1"])


async def test_the_very_first_message_is_lost_where_the_bot_dies_before_it_is_stored(tmp_path: Path) -> None:
    """As documented: nobody tells the bot of a private conversation that it does not know."""
    async with staged(tmp_path) as (stage, discord):
        ada = Chat(discord.user("Ada"))
        victim = stage.start("before", 1)
        await stage.begins(victim)
        await ada.says("question 1")
        assert await victim.ended() == -signal.SIGKILL
        victim = stage.start()
        assert await victim.ready(), stage.log()
        await ada.says("question 2")
        await stage.answered(ada, ["question 2"])
        await stage.finish(victim)
        assert ada.lines == expected(["question 2"])


async def test_what_is_written_while_the_bot_is_dead_is_answered_in_order(tmp_path: Path) -> None:
    async with staged(tmp_path) as (stage, discord):
        ada = Chat(discord.user("Ada"))
        await acquainted(stage, ada)
        texts = [f"question {number}" for number in range(1, 6)]
        for text in texts[1:]:
            await ada.says(text)
        victim = stage.start()
        await stage.answered(ada, texts)
        await stage.finish(victim)
        check(stage, ada, texts)


@pytest.mark.parametrize("landed", [False, True])
async def test_killed_while_saying_a_word_about_the_queue(tmp_path: Path, landed: bool) -> None:
    async with staged(tmp_path) as (stage, discord):
        stage.env["BOTCORE_DELIVERY__BUSY_NOTICE_AT"] = "1"
        ada = Chat(discord.user("Ada"))
        await acquainted(stage, ada)
        victim = stage.start()
        assert await victim.ready(), stage.log()
        thinking = stage.api.hold()
        await ada.says("question 2")
        await thinking.reached(within=PATIENCE)
        await ada.sees(lambda: len(ada.lines) == 2, PATIENCE)  # its place is there
        hold = discord.faults.hold("POST /channels/{channel_id}/messages", landed=landed)
        await ada.says("question 3")
        await hold.reached(PATIENCE)
        victim.told(signal.SIGKILL)
        await victim.ended()
        for held in (thinking, hold):
            held.release()
        victim = stage.start()
        texts = ["question 1", "question 2", "question 3"]
        await stage.answered(ada, texts)
        await stage.finish(victim)
        check(stage, ada, texts)


# ---- interactions ------------------------------------------------------------------------------------------------


async def test_an_interaction_that_was_not_stored_is_lost_and_nothing_else(tmp_path: Path) -> None:
    """As documented: Discord does not tell twice, and its token is known to nobody any more."""
    async with staged(tmp_path) as (stage, discord):
        ada = Chat(discord.user("Ada"))
        await acquainted(stage, ada)
        victim = stage.start("before", 1)
        await stage.begins(victim)
        lost = await ada.uses("retry")
        assert await victim.ended() == -signal.SIGKILL
        assert lost.is_acknowledged
        victim = stage.start()
        assert await victim.ready(), stage.log()
        again = await ada.uses("retry")
        assert (await again.answer(PATIENCE)).text == "answer to question 1"
        await stage.idle()
        await stage.finish(victim)
        assert ada.lines == ["answer to question 1", "is thinking", "answer to question 1"]


@pytest.mark.parametrize("when", ["before", "after"])
async def test_an_interaction_that_was_stored_is_answered_once_in_its_place(tmp_path: Path, when: str) -> None:
    async with staged(tmp_path) as (stage, discord):
        ada = Chat(discord.user("Ada"))
        await acquainted(stage, ada)
        first = 1 if when == "after" else 2  # before the first it is not stored
        victim = stage.start(when, first)
        answers = 1
        for number in range(first, 6):
            await stage.begins(victim)
            asked = await ada.uses("retry")
            await asked.acknowledged(PATIENCE)
            if not await stage.dies_first(victim, quiet(stage, asked)):
                await stage.finish(victim)
            victim = stage.start(when, number + 1)
            assert await victim.ready(), stage.log()
            await quiet(stage, asked)
            answers += 1
            assert ada.lines == ["answer to question 1"] * answers, f"killed {when} commit {number}"
            assert [message.text for message in asked.messages] == ["answer to question 1"]
            victim.told(signal.SIGKILL)
            await victim.ended()
            victim = stage.start(when, number + 1)
        await stage.finish(victim)


async def quiet(stage: Stage, asked: Interaction) -> None:
    """Wait until an interaction is answered and nothing is open."""
    await asked.answer(PATIENCE)
    await stage.idle()


@pytest.mark.parametrize("landed", [False, True])
async def test_killed_while_an_interaction_is_answered(tmp_path: Path, landed: bool) -> None:
    async with staged(tmp_path) as (stage, discord):
        ada = Chat(discord.user("Ada"))
        await acquainted(stage, ada)
        hold = discord.faults.hold("PATCH /webhooks/", landed=landed)
        victim = stage.start()
        assert await victim.ready(), stage.log()
        asked = await ada.uses("whoami")
        await hold.reached(PATIENCE)
        victim.told(signal.SIGKILL)
        await victim.ended()
        hold.release()
        victim = stage.start()
        await quiet(stage, asked)
        await stage.finish(victim)
        [answer] = asked.messages
        assert (answer.is_ephemeral, answer.only_for) == (True, ada.person.user)
        assert "Role" in answer.text
        assert ada.lines == ["answer to question 1", answer.text]


@pytest.mark.parametrize("commit", [1, 2, 3])
async def test_killed_with_a_command_from_the_menu_of_a_message(tmp_path: Path, commit: int) -> None:
    """What it is about is stored with it: in a channel nobody tells the next process of somebody's picture."""
    async with staged(tmp_path) as (stage, discord):
        ada, ben = discord.user("Ada"), discord.user("Ben")
        general = discord.guild("Friends", [ada, ben]).text_channel("general")
        drawn = await ben.attaches(Attachment(png(64, 64), "fox.png", "image/png"), channel=general)
        victim = stage.start("after", commit)
        await stage.begins(victim)
        await discord.bot.registers("Vary", timeout=PATIENCE)
        asked = await ada.uses("Vary", on=drawn)
        assert await victim.ended() == -signal.SIGKILL
        assert asked.is_acknowledged
        victim = stage.start()
        await quiet(stage, asked)
        await stage.finish(victim)
        [answer] = asked.messages
        assert [one["content_type"] for one in answer.attachments] == ["image/png"], stage.log()
        assert general.transcript(ada) == [drawn, answer]


async def test_an_interaction_that_is_too_old_is_answered_in_the_channel(tmp_path: Path) -> None:
    clock = ManualClock()
    async with staged(tmp_path, clock) as (stage, discord):
        ada = Chat(discord.user("Ada"))
        await acquainted(stage, ada)
        hold = stage.api.hold(after_chunks=0)
        victim = stage.start()
        assert await victim.ready(), stage.log()
        asked = await ada.uses("retry")
        await hold.reached(within=PATIENCE)
        victim.told(signal.SIGKILL)
        await victim.ended()
        hold.release()
        clock.advance(16 * 60)
        victim = stage.start()
        await ada.sees(lambda: ada.lines.count("answer to question 1") == 2, PATIENCE)
        await stage.idle()
        await stage.finish(victim)
        assert ada.lines == ["answer to question 1", "answer to question 1"]
        assert not asked.followups


# ---- at random ---------------------------------------------------------------------------------------------------


@pytest.mark.timeout(600)
async def test_killed_at_random_with_hundreds_of_messages(tmp_path: Path) -> None:
    async with staged(tmp_path) as (stage, discord):
        stage.env["BOTCORE_DELIVERY__BUSY_NOTICE_AT"] = "2"
        chats = [Chat(discord.user(f"Person {n}")) for n in range(12)]
        members = [discord.user(f"Member {n}") for n in range(4)]
        general = discord.guild("Friends", members).text_channel("general")
        thread = await members[0].opens_thread("Numbers", channel=general)
        aloud = [Aloud(one, place, discord.bot) for one, place in zip(members, [general, thread] * 2, strict=True)]
        people: list[Chat | Aloud] = [*chats, *aloud]
        texts = [f"question {n}" for n in range(1, 16)]
        victim = stage.start()
        assert await victim.ready(), stage.log()
        for person in people:
            await person.says(texts[0])
        for person in people:
            await stage.answered(person, texts[:1])
        await stage.finish(victim)
        await dies_at_random(stage, people, texts[1:], random.Random(20261127), before=texts[:1])
        answers = [message for message in general.messages.values() if message.from_bot and not message.deleted]
        assert sorted(message.text for message in answers) == sorted(2 * expected(texts))
