"""kill -9: a real process with the real python-telegram-bot, killed at every step; what people see afterwards."""

import asyncio
import os
import random
import signal
import sqlite3
import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from botcore.testing.openai_server import OfflineApi, OfflineSettings, offline_api
from botcore.testing.telegram_server import Limits, Person, TelegramServer, telegram_server

VICTIM = Path(__file__).with_name("victim.py")


@dataclass
class Stage:
    """Telegram, the API and a folder for the bot's database."""

    telegram: TelegramServer
    api: OfflineApi
    folder: Path

    async def start(self, when: str = "never", number: int = 0) -> asyncio.subprocess.Process:
        env = {
            **{name: os.environ[name] for name in ("PATH", "HOME", "VIRTUAL_ENV", "PYTHONPATH") if name in os.environ},
            "TELEGRAM_BOT_TOKEN": self.telegram.token,
            "TELEGRAM_API_URL": self.telegram.url,
            "OPENAI_BASE_URL": self.api.url,
            "DATABASE_URL": f"sqlite:///{self.folder / 'bot.db'}",
            "BOTCORE_WEB__ENABLED": "false",
            "BOTCORE_ACCESS__MODE": "open",
            "BOTCORE_ACCESS__MESSAGES_PER_MINUTE": "0",
            "BOTCORE_DELIVERY__ATTEMPTS": "1000",
            "BOTCORE_DELIVERY__OPEN_PER_CONVERSATION": "1000",
            "BOTCORE_DELIVERY__BUSY_NOTICE_AT": "1000",
            "BOTCORE_DELIVERY__JOIN_SECONDS": "0",
            "BOTCORE_TELEGRAM__PACE": "false",
            "BOTCORE_TELEGRAM__MENU": "false",
        }
        with (self.folder / "log.txt").open("ab") as log:
            return await asyncio.create_subprocess_exec(
                sys.executable,
                str(VICTIM),
                when,
                str(number),
                env=env,
                cwd=self.folder,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
            )

    async def finish(self, process: asyncio.subprocess.Process) -> None:
        """End it as an operator would."""
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
            async with asyncio.timeout(20):
                await process.wait()

    def log(self) -> str:
        return (self.folder / "log.txt").read_text()


@asynccontextmanager
async def staged(folder: Path) -> AsyncGenerator[Stage]:
    async with (
        telegram_server(limits=Limits.none()) as telegram,
        offline_api(OfflineSettings(introduce=False)) as api,
    ):
        yield Stage(telegram, api, folder)


def expected(texts: Sequence[str]) -> list[str]:
    return [f"answer to {text}" for text in texts]


def scripted(api: OfflineApi) -> None:
    """Each question has its own answer, however often it is asked."""

    for number in range(1, 60):
        text = f"question {number}"
        api.script.reply(
            f"answer to {text}", when=lambda request, text=text: request.turns[-1].text == text, times=None
        )


def bot_lines(person: Person) -> list[str]:
    """What the bot says in the private chat, as the person sees it now, without places that were left behind."""
    return [message.text for message in person.chat.transcript() if message.from_bot and message.text != "…"]


async def answered(stage: Stage, person: Person, texts: Sequence[str], timeout: float = 30) -> None:
    """Wait until all answers are visible and nothing is open: a visible answer may yet have to be recorded."""
    wanted = expected(texts)
    await person.chat.wait_for(lambda chat: set(bot_lines(person)) >= set(wanted), timeout=timeout)
    async with asyncio.timeout(timeout):
        while still_open(stage):
            await asyncio.sleep(0.02)  # the other process tells nobody when it is done


def still_open(stage: Stage) -> int:
    with closing(sqlite3.connect(stage.folder / "bot.db")) as database:
        (count,) = database.execute("select count(*) from inbox where is_open").fetchone()
    return int(count)


def check(stage: Stage, person: Person, texts: Sequence[str]) -> None:
    lines = bot_lines(person)
    assert lines == expected(texts), stage.log()[-4000:]
    with closing(sqlite3.connect(stage.folder / "bot.db")) as database:
        rows = database.execute("select role, count(*) from message group by role").fetchall()
    assert dict(rows) == {"assistant": len(texts), "user": len(texts)}
    assert still_open(stage) == 0


# One message takes 5 units of work: accept, claim, place, commit, close. Two messages, and a few more to be safe.
POINTS = [(when, number) for number in range(1, 12) for when in ("before", "after")]


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize(("when", "number"), POINTS)
async def test_killed_at_a_commit(tmp_path: Path, when: str, number: int) -> None:
    async with staged(tmp_path) as stage:
        scripted(stage.api)
        ada = stage.telegram.user("Ada")
        texts = ["question 1", "question 2"]
        process = await stage.start(when, number)
        for text in texts:
            await ada.says(text)
        ended = asyncio.ensure_future(process.wait())
        done = asyncio.ensure_future(answered(stage, ada, texts))
        await asyncio.wait([ended, done], return_when=asyncio.FIRST_COMPLETED)
        for task in (ended, done):
            task.cancel()
        await asyncio.gather(ended, done, return_exceptions=True)
        if process.returncode is not None:
            assert process.returncode == -signal.SIGKILL, stage.log()[-4000:]
            process = await stage.start()
            await answered(stage, ada, texts)
        await stage.finish(process)
        check(stage, ada, texts)


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("method", ["sendMessage", "editMessageText"])
@pytest.mark.parametrize("landed", [False, True])
async def test_killed_during_a_send(tmp_path: Path, method: str, landed: bool) -> None:
    async with staged(tmp_path) as stage:
        scripted(stage.api)
        ada = stage.telegram.user("Ada")
        hold = stage.telegram.faults.hold(method, landed=landed)
        process = await stage.start()
        await ada.says("question 1")
        await hold.reached(timeout=30)
        process.kill()
        await process.wait()
        hold.release()
        process = await stage.start()
        await answered(stage, ada, ["question 1"])
        await stage.finish(process)
        check(stage, ada, ["question 1"])
        orphans = [message for message in ada.chat.transcript() if message.from_bot and message.text == "…"]
        assert len(orphans) <= 1


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_killed_at_random_with_hundreds_of_messages(tmp_path: Path) -> None:
    chance = random.Random(20261120)
    async with staged(tmp_path) as stage:
        scripted(stage.api)
        people = [stage.telegram.user(f"Person {n}") for n in range(20)]
        texts = [f"question {n}" for n in range(1, 16)]

        async def write(person: Person) -> None:
            for text in texts:
                await person.says(text)
                await asyncio.sleep(chance.uniform(0, 0.6))  # people write at their own pace

        writing = [asyncio.ensure_future(write(person)) for person in people]
        kills = 0
        while not all(task.done() for task in writing) or kills < 10:
            process = await stage.start()
            assert process.stdout is not None
            await process.stdout.readline()
            await asyncio.sleep(chance.uniform(0.02, 0.8))  # the moment of death is what is random here
            process.kill()
            await process.wait()
            kills += 1
        process = await stage.start()
        for person in people:
            await answered(stage, person, texts, timeout=120)
        await stage.finish(process)
        for person in people:
            assert bot_lines(person) == expected(texts)
