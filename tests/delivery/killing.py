"""What the tests of `kill -9` have in common on all platforms: the stage, the bot that dies, what people see."""

import asyncio
import os
import random
import signal
import sqlite3
from collections.abc import Callable, Coroutine, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from botcore.testing.openai_server import OfflineApi
from tests.forked import Forked, fork

from .victim import main

PATIENCE = 30.0
"""Seconds for anything that should take a fraction of one: the machine may be busy with other things."""


class Writer(Protocol):
    """Somebody who writes to the bot in private, on any platform."""

    async def says(self, text: str) -> object:
        """Write a message."""
        ...

    @property
    def lines(self) -> list[str]:
        """What the bot says there, as the person sees it now; without places that may be left behind."""
        ...

    async def sees(self, condition: Callable[[], bool], timeout: float) -> None:
        """Wait for something to be seen in the chat. Raises TimeoutError with what is seen instead."""
        ...


@dataclass
class Stage:
    """A platform (as `env` tells the bot), the API, and a folder for the bot's database."""

    env: dict[str, str]
    api: OfflineApi
    folder: Path
    victims: list[Forked] = field(default_factory=list[Forked])

    def start(self, when: str = "never", number: int = 0) -> Forked:
        """Start a bot; from `counts` on it dies before or after its n-th commit."""
        env = {
            **{name: os.environ[name] for name in ("PATH", "HOME", "VIRTUAL_ENV", "PYTHONPATH") if name in os.environ},
            "OPENAI_BASE_URL": self.api.url,
            "DATABASE_URL": f"sqlite:///{self.folder / 'bot.db'}",
            "BOTCORE_WEB__ENABLED": "false",
            "BOTCORE_ACCESS__MODE": "open",
            "BOTCORE_ACCESS__MESSAGES_PER_MINUTE": "0",
            "BOTCORE_DELIVERY__ATTEMPTS": "1000",
            "BOTCORE_DELIVERY__OPEN_PER_CONVERSATION": "1000",
            "BOTCORE_DELIVERY__BUSY_NOTICE_AT": "1000",
            "BOTCORE_DELIVERY__JOIN_SECONDS": "0",
            **self.env,
        }
        log = self.folder / "log.txt"
        victim = fork(main, (when, str(number)), env=env, folder=self.folder, out=log, err=log)
        self.victims.append(victim)
        return victim

    async def begins(self, victim: Forked) -> None:
        """Wait until a bot runs, and let it count its commits from now on."""
        assert await victim.ready(), self.log()
        victim.told(signal.SIGUSR1)
        assert await victim.ready(), self.log()

    async def finish(self, victim: Forked) -> None:
        """End it as an operator would, unless it is gone."""
        victim.told(signal.SIGTERM)
        async with asyncio.timeout(PATIENCE):
            await victim.ended()

    def clear(self) -> None:
        """Leave nothing behind that still runs."""
        for victim in self.victims:
            victim.told(signal.SIGKILL)

    def log(self) -> str:
        """The end of what the bots wrote."""
        return (self.folder / "log.txt").read_text()[-4000:]

    def still_open(self) -> int:
        """How many accepted messages are not done with."""
        with closing(sqlite3.connect(self.folder / "bot.db")) as database:
            (count,) = database.execute("select count(*) from inbox where is_open").fetchone()
        return int(count)

    def remembered(self) -> dict[str, int]:
        """How many messages of each role the history holds."""
        with closing(sqlite3.connect(self.folder / "bot.db")) as database:
            return dict(database.execute("select role, count(*) from message group by role").fetchall())

    async def idle(self, timeout: float = PATIENCE) -> None:
        """Wait until nothing is open: a visible answer may yet have to be recorded."""
        async with asyncio.timeout(timeout):
            while self.still_open():
                await asyncio.sleep(0.02)  # the other process tells nobody when it is done

    async def answered(self, person: Writer, texts: Sequence[str], timeout: float = PATIENCE) -> None:
        """Wait until all answers are visible and nothing is open."""
        wanted = expected(texts)
        await person.sees(lambda: set(person.lines) >= set(wanted), timeout)
        await self.idle(timeout)

    async def dies_first(self, victim: Forked, answered: Coroutine[Any, Any, None]) -> bool:
        """Wait for the end of the bot, or of its work; whether it died."""
        tasks: list[asyncio.Task[Any]] = [asyncio.create_task(victim.ended()), asyncio.create_task(answered)]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if victim.alive:
            return False
        assert victim.process.exitcode == -signal.SIGKILL, self.log()
        return True


def expected(texts: Sequence[str]) -> list[str]:
    """The answers to some questions."""
    return [f"answer to {text}" for text in texts]


def scripted(api: OfflineApi) -> None:
    """Each question has its own answer, however often it is asked."""
    for number in range(1, 60):
        text = f"question {number}"
        # in groups the asker's name stands before it
        api.script.reply(
            f"answer to {text}", when=lambda request, text=text: request.turns[-1].text.endswith(text), times=None
        )


def check(stage: Stage, person: Writer, texts: Sequence[str]) -> None:
    """Everything was answered once, in order, is in the history once, and nothing is open."""
    assert person.lines == expected(texts), stage.log()
    assert stage.remembered() == {"assistant": len(texts), "user": len(texts)}
    assert stage.still_open() == 0


COMMITS = range(1, 12)
"""One message takes 5 units of work: accept, claim, place, commit, close. Two messages, and one more to be safe."""


async def dies_at_every_commit(stage: Stage, person: Writer, when: str, before: Sequence[str] = ()) -> None:
    """One bot after the other dies before (or after) its n-th commit while it has two questions to answer.

    `before` was asked and answered earlier.
    """
    texts = list(before)
    victim = stage.start(when, COMMITS[0])
    for number in COMMITS:
        await stage.begins(victim)
        texts += [f"question {len(texts) + 1}", f"question {len(texts) + 2}"]
        for text in texts[-2:]:
            await person.says(text)
        if not await stage.dies_first(victim, stage.answered(person, texts)):
            await stage.finish(victim)
        victim = stage.start(when, number + 1)
        await stage.answered(person, texts)
        assert person.lines == expected(texts), f"killed {when} commit {number}:\n{stage.log()}"
    await stage.finish(victim)
    check(stage, person, texts)


async def dies_at_random(
    stage: Stage, people: Sequence[Writer], texts: Sequence[str], chance: random.Random, *, before: Sequence[str] = ()
) -> None:
    """People write at their own pace; the bot is killed and started again all the time, ten times at least.

    `before` was asked and answered earlier.
    """
    everything = [*before, *texts]

    async def write(person: Writer) -> None:
        for text in texts:
            await person.says(text)
            await asyncio.sleep(chance.uniform(0, 0.6))

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
        await stage.answered(person, everything, timeout=120)
    await stage.finish(victim)
    for person in people:
        assert person.lines == expected(everything)
