"""A simulated Discord for each test, with the real library pointed at it.

Whatever the server answers and sends is checked against Discord's OpenAPI description where that is present.
"""

import asyncio
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from typing import Any

import aiohttp
import pytest

from botcore.testing.discord_server import Channel, DiscordServer, Limits, Person, Server, discord_server
from botcore.testing.discord_server import pointing_discord_at as pointing
from botcore.testing.openapi import Description
from tests.descriptions import SPECS, discord_api

with warnings.catch_warnings():  # the library's voice part imports audioop, which warns on Python 3.11 and 3.12
    warnings.simplefilter("ignore", DeprecationWarning)
    import discord as library
    from discord import app_commands

Caller = Callable[..., Coroutine[Any, Any, Any]]
MANY = library.Intents.all()


class Client(library.Client):
    """The real library with a command tree; tests put handlers on it."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("intents", MANY)
        options.setdefault("guild_ready_timeout", 0.02)  # the library waits that long for more guilds
        super().__init__(**options)
        self.tree = app_commands.CommandTree(self)

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """The library waits five seconds here before it starts another session."""


Starter = Callable[..., Awaitable[Client]]


@pytest.fixture
def described() -> Description:
    """The description of Discord's API."""
    api = discord_api()
    if api is None:
        pytest.skip(f"no description of Discord's API in {SPECS}: set BOTCORE_SHARED")
    return api


@pytest.fixture
async def discord() -> AsyncIterator[DiscordServer]:
    """A running server without rate limits."""
    async with discord_server(limits=Limits.none(), description=discord_api()) as server:
        yield server
        assert not server.violations, "\n".join(server.violations)


@pytest.fixture
async def start(discord: DiscordServer) -> AsyncIterator[Starter]:
    """Log the real library in, with handlers: `client = await start(on_message=greet)`."""
    running: list[tuple[Client, asyncio.Task[None]]] = []

    async def start(client: Client | None = None, *, ready: bool = True, **handlers: Any) -> Client:
        made = client or Client()
        for name, handler in handlers.items():
            setattr(made, name, handler)
        await made.login(discord.token)
        task = asyncio.create_task(made.connect())
        running.append((made, task))
        if ready:
            waiting = asyncio.create_task(made.wait_until_ready())
            await asyncio.wait({waiting, task}, return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                waiting.cancel()
                task.result()
        return made

    with pointing(discord):
        yield start
        for client, task in running:
            await client.close()
            await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
def ada(discord: DiscordServer) -> Person:
    """A person."""
    return discord.user("Ada", locale="en-GB")


@pytest.fixture
def friends(discord: DiscordServer, ada: Person) -> Server:
    """A guild of hers."""
    return discord.guild("Friends", [ada])


@pytest.fixture
def general(friends: Server) -> Channel:
    """Its channel."""
    return friends.text_channel("general")


@pytest.fixture
async def call(discord: DiscordServer) -> AsyncIterator[Caller]:
    """Call the API as the bot and get status and JSON: `status, body = await call("GET", "/users/@me")`."""
    async with aiohttp.ClientSession() as session:

        async def ask(
            method: str, path: str, body: Any = None, *, token: str | None = None, **more: Any
        ) -> tuple[int, Any]:
            headers = {"Authorization": f"Bot {discord.token if token is None else token}"}
            options: dict[str, Any] = {"json": body} if body is not None else {}
            async with session.request(method, discord.url + path, headers=headers, **options, **more) as answer:
                return answer.status, await answer.json() if answer.status != 204 else None

        yield ask
