"""The client is handed out before the start, and an application's own is taken."""

import asyncio
from typing import Any

from discord.ext import commands

from botcore.testing.discord_server import Channel, DiscordServer, Person
from botcore.testing.discord_server import pointing_discord_at as pointing
from botcore_discord.connection import DiscordAdapter
from botcore_discord.library import discord as library
from botcore_discord.settings import DiscordSettings
from tests.logs import Log

from .conftest import PATIENCE


async def test_an_application_puts_handlers_on_the_client_that_is_handed_out(
    make_adapter: Any, gateway: Any, discord: DiscordServer, ada: Person
) -> None:
    adapter = make_adapter()
    heard: list[str] = []
    ready = asyncio.Event()

    async def on_ready() -> None:
        ready.set()

    adapter.client.event(on_ready)

    await adapter.start(gateway)

    async def on_message(message: library.Message) -> None:
        heard.append(message.content)

    adapter.client.event(on_message)

    await asyncio.wait_for(ready.wait(), PATIENCE)
    waiting = asyncio.create_task(adapter.client.wait_for("message", timeout=PATIENCE))
    await asyncio.sleep(0)
    await ada.dm("hello")
    assert await gateway.texts(1) == ["hello"]
    assert (await waiting).content == "hello"
    assert heard == ["hello"]


class Theirs(library.Client):
    """An application's client with a handler and a slash command of its own."""

    def __init__(self) -> None:
        super().__init__(intents=library.Intents.default(), guild_ready_timeout=0.02)
        self.heard: list[str] = []
        self.tree = library.app_commands.CommandTree(self)

        @self.tree.command(name="roll", description="Roll a die")
        async def roll(interaction: Any) -> None:
            await interaction.response.send_message("4")

    async def on_message(self, message: library.Message) -> None:
        """Keep what was written."""
        self.heard.append(message.content)


async def test_a_client_of_an_application_is_started_and_keeps_its_own_handlers_and_commands(
    make_adapter: Any, gateway: Any, discord: DiscordServer, ada: Person, general: Channel, log: Log
) -> None:
    gateway.bodies = [{"type": 1, "name": "help", "description": "Help", "options": []}]
    client = Theirs()
    with pointing(discord):
        adapter = make_adapter(client)
        assert adapter.client is client
        await adapter.start(gateway)
        await discord.bot.registers("help")
        assert {one["name"] for one in discord.bot.commands()} == {"help", "roll"}
        await ada.dm("hello")
        assert await gateway.texts(1) == ["hello"]
        assert client.heard == ["hello"]
        assert (await (await ada.slash("roll")).answer()).text == "4"
        used = await ada.slash("help")
        await used.acknowledged()
        assert (await gateway.next()).id == str(used.id)
        await adapter.close()
    assert client.is_closed()
    assert discord.gateway.sessions == {}


async def test_a_bot_of_the_librarys_extension_keeps_its_text_commands_and_listeners(
    make_adapter: Any, gateway: Any, discord: DiscordServer, ada: Person
) -> None:
    bot = commands.Bot("!", intents=library.Intents.all(), guild_ready_timeout=0.02)
    heard: list[str] = []

    async def ping(ctx: commands.Context[Any]) -> None:
        await ctx.send("pong")

    async def listener(message: library.Message) -> None:
        heard.append(message.content)

    bot.command(name="ping")(ping)
    bot.add_listener(listener, "on_message")
    with pointing(discord):
        adapter = make_adapter(bot)
        await adapter.start(gateway)
        await ada.dm("!ping")
        assert (await discord.bot.answers(ada)).text == "pong"
        assert await gateway.texts(1) == ["!ping"]
        assert "!ping" in heard
        await adapter.close()


async def test_a_client_that_runs_already_is_neither_logged_in_nor_closed(
    make_adapter: Any, gateway: Any, discord: DiscordServer, ada: Person, log: Log
) -> None:
    client = Theirs()
    with pointing(discord):
        await client.login(discord.token)
        running = asyncio.create_task(client.connect())
        await client.wait_until_ready()
        logins = len(discord.calls.of("GET /users/@me"))
        adapter = make_adapter(client)
        await adapter.start(gateway)
        await ada.dm("hello")
        assert await gateway.texts(1) == ["hello"]
        await adapter.close()
        assert len(discord.calls.of("GET /users/@me")) == logins
        assert not client.is_closed()
        await ada.dm("are you there?")
        async with asyncio.timeout(PATIENCE):
            while client.heard != ["hello", "are you there?"]:
                await asyncio.sleep(0.005)
        assert len(gateway.accepted) == 1
        await client.close()
        await asyncio.gather(running, return_exceptions=True)


async def test_a_simulator_in_this_process_needs_no_gateway(gateway: Any, log: Any) -> None:
    """Events are put into the client's state, or dispatched, without any connection."""
    client = library.Client(intents=library.Intents.default(), max_messages=None)
    await client._async_setup_hook()
    bot: Any = {"id": "7", "username": "helper", "discriminator": "0", "avatar": None, "bot": True, "global_name": None}
    client._connection.user = library.ClientUser(state=client._connection, data=bot)
    adapter = DiscordAdapter(
        DiscordSettings(commands=False), "NzAwMDAwMDAwMDAw.simulated.in-this-process", client=client
    )
    await adapter.start(gateway)
    ada = {"id": "8", "username": "ada", "discriminator": "0", "avatar": None, "global_name": "Ada"}
    message: Any = {
        "id": "100",
        "channel_id": "9",
        "author": ada,
        "content": "hello",
        "timestamp": "2026-01-01T00:00:00+00:00",
        "edited_timestamp": None,
        "tts": False,
        "mention_everyone": False,
        "mentions": [],
        "mention_roles": [],
        "attachments": [],
        "embeds": [],
        "pinned": False,
        "type": 0,
    }
    client._connection.parse_message_create(message)
    assert await gateway.texts(1) == ["hello"]
    log.expects("cannot be read")
    client.dispatch("message", "what is no message")  # neither raises nor keeps what comes from being heard
    again: Any = {**message, "id": "101", "content": "again"}
    channel = library.DMChannel._from_message(client._connection, 9)
    client.dispatch("message", library.Message(state=client._connection, channel=channel, data=again))
    assert await gateway.texts(1) == ["again"]
    await adapter.close()
    assert not client.is_closed()
    await client.close()
