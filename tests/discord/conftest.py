"""The whole bot on Discord: engine, real adapter, real HTTP and WebSocket to a simulated Discord, the stand-in's model.

`house` is one with its usual surroundings; `open_house` starts others. Both fail a test that leaves an error in the
log which it did not expect, or traffic that Discord's description does not allow.
"""

import asyncio
import logging
import os
import re
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from botcore.adapter import Adapter, Seen
from botcore.app import Engine
from botcore.config import load_config
from botcore.errors import StoreUnavailable
from botcore.messages import Event, Incoming, Invocation, text_of
from botcore.testing.discord_server import Channel, DiscordServer, Limits, Message, Person, Server, discord_server
from botcore.testing.openai_server import OfflineApi, OfflineSettings, offline_api
from botcore.testing.openapi import Description
from botcore_discord.connection import DiscordAdapter
from botcore_discord.settings import DiscordSettings

PATIENCE = 20.0
"""Seconds for anything that should take a fraction of one: the machine may be busy with other things."""


class Log(logging.Handler):
    """What is logged. `expects` names errors that belong to the story."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []
        self._errors: list[str] = []
        self._expected: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a record; the simulators' servers complain of clients that go away."""
        if record.name == "aiohttp.server":
            return
        line = f"{record.levelname} {record.name}: {record.getMessage()}"
        if record.exc_info:
            line = f"{line}\n{logging.Formatter().formatException(record.exc_info)}"
        self.lines.append(line)
        if record.levelno >= logging.ERROR:
            self._errors.append(line)

    def expects(self, pattern: str) -> None:
        """Errors that match are part of the story."""
        self._expected.append(pattern)

    def matching(self, pattern: str) -> list[str]:
        """The lines in which the pattern is found."""
        return [line for line in self.lines if re.search(pattern, line)]

    @property
    def surprises(self) -> list[str]:
        """Errors that nobody expected."""
        return [line for line in self._errors if not any(re.search(pattern, line) for pattern in self._expected)]


@dataclass
class House:
    """A running bot and its surroundings."""

    discord: DiscordServer
    api: OfflineApi
    engine: Engine
    log: Log

    @property
    def adapter(self) -> DiscordAdapter:
        """The adapter."""
        found = self.engine.adapters[0]
        assert isinstance(found, DiscordAdapter)
        return found

    async def answer(self, where: Channel | Person, **more: Any) -> Message:
        """The bot's next message there, in its final form."""
        message = await self.discord.bot.answers(where, timeout=PATIENCE, **more)
        await self.idle()
        return message

    async def idle(self) -> None:
        """Wait until everything that was accepted is answered and closed."""
        async with asyncio.timeout(PATIENCE):
            await self.engine.runner.idle()

    def asked(self, number: int = -1) -> list[Any]:
        """The contents of the messages in one request to the model, without the system prompt."""
        request = self.api.requests.to("/chat/completions")[number]
        return [message["content"] for message in request.json["messages"] if message["role"] != "system"]

    @property
    def questions(self) -> int:
        """How often the model was asked."""
        return len(self.api.requests.to("/chat/completions"))


OpenHouse = Callable[..., Awaitable[House]]


@cache
def described() -> Description | None:
    """The description of Discord's API, where it lies next to the checkout."""
    shared = Path(os.environ.get("BOTCORE_SHARED", Path(__file__).parents[3] / "shared"))
    found = sorted((shared / "reference" / "specs").glob("discord-v10-*.json"))
    if not found and os.environ.get("BOTCORE_REQUIRE_SHARED") == "1":
        pytest.fail(f"no discord-v10-*.json below {shared} (BOTCORE_REQUIRE_SHARED=1)")
    return Description.load(found[-1]) if found else None


@pytest.fixture
def log() -> Iterator[Log]:
    """Everything that is logged, down to DEBUG."""
    heard, root = Log(), logging.getLogger()
    level = root.level
    root.addHandler(heard)
    root.setLevel(logging.DEBUG)
    yield heard
    root.setLevel(level)
    root.removeHandler(heard)
    assert heard.surprises == []


@pytest.fixture
async def discord() -> AsyncIterator[DiscordServer]:
    """A simulated Discord without rate limits; all traffic is checked against Discord's description."""
    async with discord_server(limits=Limits.none(), description=described()) as server:
        yield server
        assert not server.violations, "\n".join(server.violations)


@pytest.fixture
async def api() -> AsyncIterator[OfflineApi]:
    """The stand-in for the API, which does not introduce itself."""
    async with offline_api(OfflineSettings(introduce=False)) as server:
        yield server


@pytest.fixture
def ada(discord: DiscordServer) -> Person:
    """A person."""
    return discord.user("Ada", locale="en-GB")


@pytest.fixture
def ben(discord: DiscordServer) -> Person:
    """Another."""
    return discord.user("Ben")


@pytest.fixture
def friends(discord: DiscordServer, ada: Person, ben: Person) -> Server:
    """A server of theirs, with the bot."""
    return discord.guild("Friends", [ada, ben])


@pytest.fixture
def general(friends: Server) -> Channel:
    """Its channel."""
    return friends.text_channel("general")


def environment(folder: Path, discord: DiscordServer, api: OfflineApi, settings: dict[str, str]) -> dict[str, str]:
    """A bot's environment: open to everybody and without pauses, unless `settings` (`section__key`) say otherwise."""
    chosen = {
        "web__enabled": "false",
        "access__mode": "open",
        "access__messages_per_minute": "0",
        "delivery__join_seconds": "0",
        "store__synchronous": "NORMAL",
        **settings,
    }
    return {
        "DISCORD_BOT_TOKEN": discord.token,
        "DISCORD_API_URL": discord.url,
        "OPENAI_BASE_URL": api.url,
        "DATABASE_URL": f"sqlite:///{folder / 'bot.db'}",
        **{f"BOTCORE_{name.upper()}": value for name, value in chosen.items()},
    }


@pytest.fixture
async def open_house(tmp_path: Path, discord: DiscordServer, api: OfflineApi, log: Log) -> AsyncIterator[OpenHouse]:
    """Start a bot: `await open_house(discord__message_content="true")`; `plugins=[bot]` adds plugins."""
    async with AsyncExitStack() as stack:

        async def start(
            *, plugins: Any = (), adapter: Adapter | None = None, database: Any = None, **settings: str
        ) -> House:
            config = load_config(env=environment(tmp_path, discord, api, settings), directory=tmp_path)
            engine = Engine(config, adapters=None if adapter is None else [adapter], database=database)
            for plugin in plugins:
                engine.registry.add(plugin)
            await stack.enter_async_context(engine)
            return House(discord, api, engine, log)

        yield start


@pytest.fixture
async def house(open_house: OpenHouse, friends: Server, general: Channel) -> House:
    """A bot that is open to everybody, on the server of Ada and Ben."""
    return await open_house()


@pytest.fixture
async def make_adapter(discord: DiscordServer) -> AsyncIterator[Callable[..., DiscordAdapter]]:
    """An adapter for the simulated Discord; settings by name. All are closed at the end."""
    made: list[DiscordAdapter] = []

    def make(client: Any = None, *, token: str = "", url: str = "", **settings: Any) -> DiscordAdapter:
        chosen = DiscordSettings(**settings)
        made.append(DiscordAdapter(chosen, token or discord.token, api_url=url or discord.url, client=client))
        return made[-1]

    yield make
    for adapter in made:
        await adapter.close()


class Heard:
    """A gateway that keeps what it is given.

    `bodies` are the slash commands, `entries` those of menus, `past` is what was seen before.
    """

    def __init__(self) -> None:
        self.accepted: list[Incoming] = []
        self.bodies: list[dict[str, Any]] = []
        self.entries: dict[str, dict[str, Any]] = {}
        self.past: list[Seen] = []
        self.refusals = 0
        self._news = asyncio.Condition()
        self._read = 0

    async def accept(self, *incoming: Incoming) -> None:
        """Keep them; refuse the next `refusals` times."""
        if self.refusals:
            self.refusals -= 1
            raise StoreUnavailable("the database is locked")
        async with self._news:
            self.accepted.extend(incoming)
            self._news.notify_all()

    async def next(self) -> Incoming:
        """The next thing that was accepted."""
        async with asyncio.timeout(PATIENCE), self._news:
            await self._news.wait_for(lambda: len(self.accepted) > self._read)
            self._read += 1
            return self.accepted[self._read - 1]

    async def texts(self, count: int) -> list[str]:
        """The texts of the next messages."""
        return [text_of(getattr((await self.next()).event, "parts", ())) for _ in range(count)]

    def commands(self) -> list[Any]:
        """None."""
        return []

    def slash(self) -> list[dict[str, Any]]:
        """The commands' bodies."""
        return self.bodies

    def menus(self) -> dict[str, dict[str, Any]]:
        """The entries' bodies."""
        return self.entries

    def is_ephemeral(self, event: Event) -> bool:
        """A command called "secret" is."""
        return isinstance(event, Invocation) and event.command == "secret"

    async def suggest(self, command: str, option: str, typed: str) -> list[str]:
        """None."""
        return []

    async def seen(self, platform: str, bot: str) -> list[Seen]:
        """What was seen before."""
        return self.past


@pytest.fixture
def gateway() -> Any:
    """A gateway that keeps what it is given."""
    return Heard()


@pytest.fixture
def unused_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
