"""The way out on the simulated Discord: the real library logged in over real sockets, and an outlet on it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from botcore.errors import MessageGone
from botcore.messages import Address, Piece, Reply
from botcore.testing.discord_server import (
    Channel,
    DiscordServer,
    Interaction,
    Limits,
    ManualClock,
    Message,
    Person,
    Server,
    discord_server,
    pointing_discord_at,
)
from botcore_discord.library import discord as library
from botcore_discord.outlet import DiscordOutlet, PacingSettings
from tests.descriptions import discord_api

UNPACED = PacingSettings(interval=0, frame_interval=0, per_second=0)


class Client(library.Client):
    """The library with as little waiting as it lets itself be talked into."""

    def __init__(self) -> None:
        super().__init__(
            intents=library.Intents.default(),
            guild_ready_timeout=0.02,
            max_ratelimit_timeout=30.0,
            allowed_mentions=library.AllowedMentions.none(),
        )

    async def on_interaction(self, interaction: Any) -> None:
        """Tests put their own in its place."""

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """The library waits five seconds here before it starts another session."""


@dataclass
class Way:
    """An outlet, and what it goes out to."""

    discord: DiscordServer
    client: Client
    outlet: DiscordOutlet
    clock: ManualClock

    def to(self, channel: Channel, *, reply_to: Message | None = None) -> Address:
        """Where an answer in a channel goes."""
        around, thread = channel, None
        if channel.thread is not None and channel.parent is not None:
            around, thread = channel.parent, str(channel.id)
        answered = None if reply_to is None else str(reply_to.id)
        return Address("discord", str(self.discord.bot.id), str(around.id), thread, answered)

    def of(self, used: Interaction, *, place: str | None = "public") -> Address:
        """Where the answer to an interaction goes; the deferral is for all, or begins with a tilde."""
        channel = used.channel
        ends = datetime.fromtimestamp(used.created_at + 900, UTC)
        if place is not None:
            assert used.original is not None
            place = f"{'~' if used.original.is_ephemeral else ''}{used.original.id}"
        return Address(
            "discord",
            str(self.discord.bot.id),
            str(channel.id),
            token=used.token,
            expires_at=ends,
            place=place,
        )

    async def says(self, address: Address, *parts: Any, key: str = "1", **more: Any) -> list[Message]:
        """Show a reply as the engine does: a place for each message, then its final form."""
        return [self.message(one) for one in await self.delivers(address, Reply.of(*parts, **more), key=key)]

    async def delivers(self, address: Address, reply: Reply, *, key: str = "1") -> list[str]:
        """The same; returns the ids of the places."""
        return [
            await self.delivers_piece(address, piece, key=f"{key}/{number}")
            for number, piece in enumerate(self.outlet.split(reply))
        ]

    async def delivers_piece(self, address: Address, piece: Piece, *, key: str = "1/0") -> str:
        """The same with one message; where its place is gone, another one is taken."""
        place = await self.outlet.send(address, Piece("…"), key=key)
        try:
            await self.outlet.edit(address, place, piece)
        except MessageGone:
            place = await self.outlet.send(address, Piece("…"), key=f"{key}/1")
            await self.outlet.edit(address, place, piece)
        return place

    def message(self, external_id: str) -> Message:
        """The message with an id, wherever it is."""
        number = int(external_id.lstrip("~^"))
        channels = self.discord.world.channels.values()
        return next(one for channel in channels for one in channel.messages.values() if one.id == number)

    def bodies(self, route: str) -> list[Any]:
        """The bodies of the calls to a route."""
        return [call.body for call in self.discord.calls.of(route)]


Opening = Callable[..., Awaitable[Way]]


@pytest.fixture
async def opening() -> AsyncIterator[Opening]:
    """Open a way out: `way = await opening(limits=Limits.real())`; all traffic is checked against the description."""
    async with AsyncExitStack() as stack:

        async def opening(pacing: PacingSettings = UNPACED, **options: Any) -> Way:
            clock = ManualClock()
            options = {"limits": Limits.none(), "clock": clock, "description": discord_api(), **options}
            server = await stack.enter_async_context(discord_server(**options))
            stack.callback(lambda: _check(server))
            stack.enter_context(pointing_discord_at(server))
            client = Client()
            await client.login(server.token)
            connected = asyncio.create_task(client.connect())
            stack.push_async_callback(asyncio.wait, {connected})
            stack.push_async_callback(client.close)
            outlet = DiscordOutlet(client, pacing, clock=options["clock"].now)
            stack.push_async_callback(outlet.close)
            await server.bot.comes_online()
            return Way(server, client, outlet, options["clock"])

        yield opening


def _check(server: DiscordServer) -> None:
    assert not server.violations, "\n".join(server.violations)


@pytest.fixture
async def way(opening: Opening) -> Way:
    """A way out without rate limits and without pacing."""
    return await opening()


@pytest.fixture
def ada(way: Way) -> Person:
    """A person."""
    return way.discord.user("Ada")


@pytest.fixture
def friends(way: Way, ada: Person) -> Server:
    """A server with Ada and the bot."""
    return way.discord.guild("Friends", [ada, way.discord.user("Bob")])


@pytest.fixture
def general(friends: Server) -> Channel:
    """A channel of it."""
    return friends.text_channel("general")
