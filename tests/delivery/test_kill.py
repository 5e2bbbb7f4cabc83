"""kill -9: a real process with the real python-telegram-bot, killed at every step; what people see afterwards."""

import asyncio
import random
import signal
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from botcore.testing.openai_server import OfflineSettings, offline_api
from botcore.testing.telegram_server import Limits, Person, TelegramServer, telegram_server

from .killing import PATIENCE, Stage, check, expected, scripted

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@dataclass
class Chat:
    """A person and the private chat with the bot."""

    person: Person

    async def says(self, text: str) -> None:
        await self.person.says(text)

    @property
    def lines(self) -> list[str]:
        """Without places that were left behind: Telegram has no keyed sends."""
        shown = self.person.chat.transcript()
        return [message.text for message in shown if message.from_bot and message.text != "…"]

    @property
    def orphans(self) -> int:
        return sum(message.from_bot and message.text == "…" for message in self.person.chat.transcript())

    async def sees(self, condition: Callable[[], bool], timeout: float) -> None:
        await self.person.chat.wait_for(lambda _: condition(), timeout=timeout)


@asynccontextmanager
async def staged(folder: Path) -> AsyncGenerator[tuple[Stage, TelegramServer]]:
    async with (
        telegram_server(limits=Limits.none()) as telegram,
        offline_api(OfflineSettings(introduce=False)) as api,
    ):
        scripted(api)
        env = {
            "TELEGRAM_BOT_TOKEN": telegram.token,
            "TELEGRAM_API_URL": telegram.url,
            "BOTCORE_TELEGRAM__PACE": "false",
            "BOTCORE_TELEGRAM__MENU": "false",
        }
        stage = Stage(env, api, folder)
        try:
            yield stage, telegram
        finally:
            stage.clear()


# One message takes 5 units of work: accept, claim, place, commit, close. Two messages, and one more to be safe.
POINTS = [(when, number) for number in range(1, 12) for when in ("before", "after")]


@pytest.mark.parametrize(("when", "number"), POINTS)
async def test_killed_at_a_commit(tmp_path: Path, when: str, number: int) -> None:
    async with staged(tmp_path) as (stage, telegram):
        ada = Chat(telegram.user("Ada"))
        texts = ["question 1", "question 2"]
        victim = await stage.counts(when, number)
        for text in texts:
            await ada.says(text)
        if await stage.dies_first(victim, stage.answered(ada, texts)):
            victim = stage.start()
            await stage.answered(ada, texts)
        await stage.finish(victim)
        check(stage, ada, texts)


@pytest.mark.parametrize("method", ["sendMessage", "editMessageText"])
@pytest.mark.parametrize("landed", [False, True])
async def test_killed_during_a_send(tmp_path: Path, method: str, landed: bool) -> None:
    async with staged(tmp_path) as (stage, telegram):
        ada = Chat(telegram.user("Ada"))
        hold = telegram.faults.hold(method, landed=landed)
        victim = stage.start()
        await ada.says("question 1")
        await hold.reached(timeout=PATIENCE)
        victim.told(signal.SIGKILL)
        await victim.ended()
        hold.release()
        victim = stage.start()
        await stage.answered(ada, ["question 1"])
        await stage.finish(victim)
        check(stage, ada, ["question 1"])
        assert ada.orphans <= 1


@pytest.mark.timeout(600)
async def test_killed_at_random_with_hundreds_of_messages(tmp_path: Path) -> None:
    chance = random.Random(20261120)
    async with staged(tmp_path) as (stage, telegram):
        people = [Chat(telegram.user(f"Person {n}")) for n in range(20)]
        texts = [f"question {n}" for n in range(1, 16)]

        async def write(person: Chat) -> None:
            for text in texts:
                await person.says(text)
                await asyncio.sleep(chance.uniform(0, 0.6))  # people write at their own pace

        writing = [asyncio.ensure_future(write(person)) for person in people]
        kills = 0
        while not all(task.done() for task in writing) or kills < 10:
            victim = stage.start()
            await victim.ready()
            await asyncio.sleep(chance.uniform(0.02, 0.8))  # the moment of death is what is random here
            victim.told(signal.SIGKILL)
            await victim.ended()
            kills += 1
        victim = stage.start()
        for person in people:
            await stage.answered(person, texts, timeout=120)
        await stage.finish(victim)
        for person in people:
            assert person.lines == expected(texts)
