"""kill -9: a real process with the real python-telegram-bot, killed at every step; what people see afterwards."""

import random
import signal
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from botcore.testing.openai_server import OfflineSettings, offline_api
from botcore.testing.telegram_server import Limits, Person, TelegramServer, telegram_server

from .killing import PATIENCE, Stage, check, dies_at_every_commit, dies_at_random, scripted

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


@pytest.mark.parametrize("when", ["before", "after"])
async def test_killed_at_every_commit(tmp_path: Path, when: str) -> None:
    async with staged(tmp_path) as (stage, telegram):
        await dies_at_every_commit(stage, Chat(telegram.user("Ada")), when)


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
    async with staged(tmp_path) as (stage, telegram):
        people = [Chat(telegram.user(f"Person {n}")) for n in range(20)]
        await dies_at_random(stage, people, [f"question {n}" for n in range(1, 16)], random.Random(20261120))
