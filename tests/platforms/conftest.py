"""The three platforms, each with a person there, and the bot as an operator starts it."""

from __future__ import annotations

import signal
import wave
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from botcore.cli import main
from botcore.testing.openai_server import OfflineApi, OfflineSettings, offline_api
from botcore.testing.openai_server.hearing import can_hear
from tests.e2e.process import Running, running, surrounded
from tests.e2e.surroundings import API_KEY
from tests.forked import Forked, fork
from tests.sounds import BRIEFLY, ffmpeg, spoken

from .on_browser import on_browser
from .on_discord import on_discord
from .on_telegram import on_telegram
from .talking import Conversation, Recording, Talker, until

PLATFORMS: Mapping[str, Callable[[Recording | None], AbstractAsyncContextManager[Talker]]] = {
    "telegram": on_telegram,
    "discord": on_discord,
    "browser": on_browser,
}


@dataclass(frozen=True)
class Bot:
    """A bot that runs. What it writes is in a file, from `begins` on."""

    process: Forked
    log: Path
    begins: int

    async def says(self, words: str) -> None:
        """Wait until it has written something. Raises TimeoutError, and AssertionError where it has ended."""

        async def said() -> bool:
            written = self.log.read_text()[self.begins :] if self.log.exists() else ""
            assert self.process.alive, f"it ended:\n{written}"
            return words in written

        await until(said)

    async def killed(self) -> None:
        """End it without a word."""
        if self.process.alive:
            self.process.told(signal.SIGKILL)
            await self.process.ended()


@dataclass
class House:
    """The bot's surroundings: a folder with its database, the API, the platforms that it is connected to.

    `more` are further settings, as environment variables.
    """

    folder: Path
    api: OfflineApi
    talkers: list[Talker] = field(default_factory=list[Talker])
    more: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def env(self) -> dict[str, str]:
        """What the bot is told: the surroundings, no pauses, and that everybody may talk to it."""
        env = {
            "OPENAI_BASE_URL": self.api.url,
            "OPENAI_API_KEY": API_KEY,
            "DATABASE_URL": f"sqlite:///{self.folder / 'bot.db'}",
            "BOTCORE_WEB__ENABLED": "false",
            "BOTCORE_ACCESS__MODE": "open",
            "BOTCORE_ACCESS__MESSAGES_PER_MINUTE": "0",
            "BOTCORE_DELIVERY__JOIN_SECONDS": "0",
        }
        for talker in self.talkers:
            env |= talker.env
        return env | self.more

    @asynccontextmanager
    async def command(self) -> AsyncGenerator[Running]:
        """`botcore run` as an operator starts it, ready for everybody; killed at the end if it still runs."""
        async with running(self.folder, self.env) as command:
            await command.says("ready")
            await self._met()
            yield command

    @asynccontextmanager
    async def bot(self) -> AsyncGenerator[Bot]:
        """The same, there at once: in a process that is forked from one that has imported it."""
        log = self.folder / "log.txt"
        forked = fork(_run, (), env=surrounded(self.env), folder=self.folder, out=log, err=log)
        bot = Bot(forked, log, len(log.read_text()) if log.exists() else 0)
        try:
            await bot.says("ready")
            await self._met()
            yield bot
        finally:
            await bot.killed()
            print(log.read_text())  # pytest shows it where a test fails

    async def _met(self) -> None:
        for talker in self.talkers:
            await talker.meets()

    def joined(self, talker: Talker) -> Conversation:
        """Another person who talks to the bot."""
        self.talkers.append(talker)
        return Conversation(talker, self.folder)


def _run(_: Callable[[], None], __: Sequence[str]) -> None:
    main(["run"])


@pytest.fixture(scope="session")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    """Something that was said."""
    if not can_hear():
        pytest.skip("pocketsphinx is not installed")
    folder = tmp_path_factory.mktemp("speech")
    wav, ogg = spoken(BRIEFLY, folder / "said.wav"), folder / "said.ogg"
    ffmpeg("-i", wav, "-c:a", "libopus", ogg)
    with wave.open(str(wav)) as file:
        seconds = file.getnframes() / file.getframerate()
    return Recording(wav, ogg, BRIEFLY, seconds)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """An API that does not introduce itself, and a folder."""
    async with offline_api(OfflineSettings(introduce=False)) as api:
        yield House(tmp_path, api)


@pytest.fixture
async def ada(house: House, request: pytest.FixtureRequest) -> AsyncIterator[Conversation]:
    """A person at the platform that the test is parametrised with, who can speak if the test has a recording."""
    said: Any = request.getfixturevalue("recording") if "recording" in request.fixturenames else None
    async with AsyncExitStack() as stack:
        talker = await stack.enter_async_context(PLATFORMS[request.param](said))
        yield house.joined(talker)
        talker.check()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Whoever asks for Ada meets her on every platform."""
    if "ada" in metafunc.fixturenames:
        marked = [pytest.param(name, marks=pytest.mark.browser) if name == "browser" else name for name in PLATFORMS]
        metafunc.parametrize("ada", marked, indirect=True, ids=list(PLATFORMS))
