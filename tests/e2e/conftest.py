"""The whole bot: engine, real Telegram adapter, real HTTP to a simulated Telegram and to the stand-in, a SQLite file.

`house` is one with its usual surroundings; `open_house` starts others. Both fail a test that leaves an error in the
log which it did not expect, or traffic that the Bot API's description does not allow.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from botcore.app import Engine
from botcore.config import load_config
from botcore.testing.openai_server import OfflineApi, OfflineSettings, offline_api
from botcore.testing.telegram_server import Group, Limits, Message, Person, TelegramServer, Topic, telegram_server
from tests.descriptions import bot_api
from tests.logs import Log

from .surroundings import PATIENCE, environment, eventually


@dataclass
class House:
    """A running bot and its surroundings."""

    telegram: TelegramServer
    api: OfflineApi
    engine: Engine
    folder: Path
    log: Log

    def user(self, name: str = "Ada", *, username: str | None = None, language: str | None = None) -> Person:
        """A new person."""
        return self.telegram.user(name, username=username, language=language)

    async def answer(self, person: Person, *, chat: Group | None = None, thread: Topic | int | None = None) -> Message:
        """The bot's next message there, in its final form."""
        message = await self.telegram.bot.answers(person, chat=chat, thread=thread, timeout=PATIENCE)
        await self.idle()
        return message

    async def idle(self) -> None:
        """Wait until every update was taken, and everything that was accepted is answered and closed."""
        await eventually(lambda: not self.telegram.world.updates.pending)
        async with asyncio.timeout(PATIENCE):
            await self.engine.runner.idle()

    def asked(self, number: int = -1) -> list[Any]:
        """The contents of the messages in one request to the model, without the system prompt."""
        request = self.api.requests.to("/chat/completions")[number]
        return [message["content"] for message in request.json["messages"] if message["role"] != "system"]


OpenHouse = Callable[..., Awaitable[House]]


@pytest.fixture
async def telegram() -> AsyncIterator[TelegramServer]:
    """A simulated Telegram without flood control; all traffic is checked against the Bot API's description."""
    async with telegram_server(limits=Limits.none(), description=bot_api()) as server:
        yield server
        assert server.violations == []


@pytest.fixture
async def api() -> AsyncIterator[OfflineApi]:
    """The stand-in for the API, which does not introduce itself."""
    async with offline_api(OfflineSettings(introduce=False)) as server:
        yield server


@pytest.fixture
async def open_house(tmp_path: Path, telegram: TelegramServer, api: OfflineApi, log: Log) -> AsyncIterator[OpenHouse]:
    """Start a bot: `await open_house(access__mode="pairing")`; `plugins=[bot]` adds plugins. Stopped at the end."""
    async with AsyncExitStack() as stack:

        async def start(**settings: Any) -> House:
            plugins = settings.pop("plugins", ())
            place = settings.pop("telegram", telegram)
            config = load_config(env=environment(tmp_path, place, api, settings), directory=tmp_path)
            engine = Engine(config)
            for plugin in plugins:
                engine.registry.add(plugin)
            await stack.enter_async_context(engine)
            return House(place, api, engine, tmp_path, log)

        yield start


@pytest.fixture
async def house(open_house: OpenHouse) -> House:
    """A bot that is open to everybody."""
    return await open_house()
