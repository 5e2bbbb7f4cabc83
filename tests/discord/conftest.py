"""The whole bot on Discord: engine, real adapter, real HTTP and WebSocket to a simulated Discord, the stand-in's model.

`house` is one with its usual surroundings; `open_house` starts others. Both fail a test that leaves an error in the
log which it did not expect, or traffic that Discord's description does not allow.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
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
from botcore_discord.connection import DiscordAdapter
from botcore_discord.settings import DiscordSettings
from tests.descriptions import discord_api
from tests.gateways import Keeping
from tests.logs import Log

PATIENCE = 20.0
"""Seconds for anything that should take a fraction of one: the machine may be busy with other things."""


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


@pytest.fixture
async def discord() -> AsyncIterator[DiscordServer]:
    """A simulated Discord without rate limits; all traffic is checked against Discord's description."""
    async with discord_server(limits=Limits.none(), description=discord_api()) as server:
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


class Heard(Keeping):
    """A gateway that keeps what it is given.

    `bodies` are the slash commands, `entries` those of menus, `past` is what was seen before.
    """

    def __init__(self) -> None:
        super().__init__()
        self.bodies: list[dict[str, Any]] = []
        self.entries: dict[str, dict[str, Any]] = {}
        self.past: list[Seen] = []
        self.refusals = 0

    async def accept(self, *incoming: Incoming) -> None:
        """Keep them; refuse the next `refusals` times."""
        if self.refusals:
            self.refusals -= 1
            raise StoreUnavailable("the database is locked")
        async with self.news:
            self.accepted.extend(incoming)
            self.news.notify_all()

    async def texts(self, count: int) -> list[str]:
        """The texts of the next messages."""
        return [text_of(getattr((await self.next()).event, "parts", ())) for _ in range(count)]

    def slash(self) -> list[dict[str, Any]]:
        """The commands' bodies."""
        return self.bodies

    def menus(self) -> dict[str, dict[str, Any]]:
        """The entries' bodies."""
        return self.entries

    def is_ephemeral(self, event: Event) -> bool:
        """A command called "secret" is."""
        return isinstance(event, Invocation) and event.command == "secret"

    async def seen(self, platform: str, bot: str) -> list[Seen]:
        """What was seen before."""
        return self.past


@pytest.fixture
def gateway() -> Any:
    """A gateway that keeps what it is given."""
    return Heard()
