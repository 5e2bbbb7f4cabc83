"""What can be wrong with a token, an intent, a network: one clear line each, and the rest goes on."""

import asyncio
import logging
from dataclasses import replace
from typing import Any

import pytest
from yarl import URL

from botcore.complaints import Complaints
from botcore.errors import ConfigError
from botcore.testing.discord_server import (
    PRIVILEGED,
    Channel,
    DiscordServer,
    Garble,
    Intent,
    Limits,
    Person,
    Rate,
    discord_server,
    pointing_discord_at,
)
from botcore_discord.client import BotClient
from botcore_discord.connection import DiscordAdapter
from botcore_discord.library import Route
from botcore_discord.settings import DiscordSettings
from tests.descriptions import discord_api
from tests.logs import Log

from .conftest import PATIENCE

WRONG = "NzAwMDAwMDAwMDAwMDAwMDAx.wrong0.bot-token-that-nobody-knows"


async def eventually(condition: Any) -> None:
    """Wait for something that nobody tells of."""
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await asyncio.sleep(0.005)


async def test_a_token_that_discord_does_not_know_names_the_remedy(make_adapter: Any, gateway: Any) -> None:
    with pytest.raises(ConfigError, match=r"DISCORD_BOT_TOKEN: .* does not accept it .*Developer Portal") as raised:
        await make_adapter(token=WRONG).start(gateway)
    assert WRONG not in str(raised.value)


@pytest.mark.parametrize("token", ["", "abc", "7f3a9c", "client secret with spaces"])
def test_what_is_no_token_is_refused_at_once(token: str) -> None:
    with pytest.raises(ConfigError, match="DISCORD_BOT_TOKEN is no bot token"):
        DiscordAdapter(DiscordSettings(), token)


async def test_a_token_with_the_word_bot_before_it_is_taken(
    make_adapter: Any, gateway: Any, discord: DiscordServer, ada: Person
) -> None:
    adapter = make_adapter(token=f" Bot {discord.token}\n")
    await adapter.start(gateway)
    await ada.dm("hello")
    assert await gateway.texts(1) == ["hello"]


@pytest.mark.parametrize("url", ["discord.example", "ftp://127.0.0.1/api/v10"])
def test_an_address_that_is_none_is_refused(discord: DiscordServer, url: str) -> None:
    with pytest.raises(ConfigError, match="DISCORD_API_URL is no URL"):
        DiscordAdapter(DiscordSettings(), discord.token, api_url=url)


async def test_two_adapters_cannot_talk_to_different_servers(
    make_adapter: Any, gateway: Any, discord: DiscordServer
) -> None:
    first = make_adapter()
    await first.start(gateway)
    with pytest.raises(ConfigError, match="another server"):
        await make_adapter(url=discord.url.replace("127.0.0.1", "localhost")).start(gateway)
    assert discord.url == Route.BASE
    await first.close()
    assert "discord.com" in Route.BASE


async def test_an_intent_that_is_not_allowed_is_done_without(gateway: Any, log: Log) -> None:
    async with discord_server(limits=Limits.none(), privileged_intents=Intent(0), description=discord_api()) as discord:
        adapter = DiscordAdapter(DiscordSettings(message_content=True), discord.token, api_url=discord.url)
        await adapter.start(gateway)
        ada = discord.user("Ada")
        general = discord.guild("Friends", [ada]).text_channel("general")
        await ada.says("hello everybody", channel=general)
        await ada.mentions(discord.bot, "hello", channel=general)
        assert await gateway.texts(1) == ["hello"]
        (line,) = log.matching("Message Content intent")
        assert "Developer Portal" in line
        await adapter.close()


async def test_an_intent_that_discord_takes_away_is_done_without(
    make_adapter: Any, gateway: Any, discord: DiscordServer, ada: Person, log: Log
) -> None:
    """The portal's switch is turned off while the bot runs: the next session is closed with 4014."""
    adapter = make_adapter(message_content=True)
    await adapter.start(gateway)
    discord.world.privileged = PRIVILEGED & ~Intent.MESSAGE_CONTENT
    discord.gateway.invalidates()
    await eventually(lambda: log.matching("Message Content intent"))
    await eventually(lambda: discord.gateway.identified == 2)
    await ada.dm("hello")
    assert await gateway.texts(1) == ["hello"]


async def test_a_discord_that_does_not_answer_is_tried_again(
    make_adapter: Any, gateway: Any, discord: DiscordServer, ada: Person, log: Log
) -> None:
    discord.faults.reset("GET /users/@me", times=6)  # the library itself repeats a reset five times
    adapter = make_adapter()
    await adapter.start(gateway)
    assert log.matching("does not answer yet, trying on")
    await adapter._ears.ready.wait()
    await ada.dm("hello")
    assert await gateway.texts(1) == ["hello"]


@pytest.mark.parametrize("route", ["GET /users/@me", "GET /gateway/bot"])
async def test_a_page_in_discords_place_is_no_answer(
    make_adapter: Any, gateway: Any, discord: DiscordServer, ada: Person, log: Log, route: str
) -> None:
    """As a hotel's network shows one to everybody, with status 200."""
    discord.faults.plan(route, Garble(status=200), times=2)
    adapter = make_adapter()
    await adapter.start(gateway)
    assert log.matching("does not answer yet, trying on")
    await adapter._ears.ready.wait()
    await ada.dm("hello")
    assert await gateway.texts(1) == ["hello"]


async def test_a_gateway_that_is_away_is_one_line_and_tried_again(
    discord: DiscordServer, log: Log, unused_port: int
) -> None:
    log.expects("no connection to Discord's gateway")
    client = BotClient(DiscordSettings(), Complaints(logging.getLogger("botcore_discord")))
    with pointing_discord_at(discord):
        await client.login(discord.token)
        client.gateway = URL(f"ws://127.0.0.1:{unused_port}/gateway")
        connecting = asyncio.create_task(client.connect())
        await eventually(lambda: log.matching("no connection to Discord's gateway"))
        client.gateway = URL(discord.gateway_url)
        await discord.bot.comes_online(PATIENCE)
        await eventually(lambda: log.matching("is connected again"))
        connecting.cancel()
        await asyncio.gather(connecting, return_exceptions=True)
        await client.close()


@pytest.mark.parametrize("steps", range(0, 45, 3))
async def test_it_can_be_stopped_at_any_moment_of_connecting(
    discord: DiscordServer, log: Log, unused_port: int, steps: int
) -> None:
    log.expects("no connection to Discord's gateway")
    client = BotClient(DiscordSettings(), Complaints(logging.getLogger("botcore_discord")))
    with pointing_discord_at(discord):
        await client.login(discord.token)
        client.gateway = URL(
            f"ws://127.0.0.1:{unused_port}/gateway"
        )  # nobody is there: refused at once, again and again
        connecting = asyncio.create_task(client.connect())
        for _ in range(steps):
            await asyncio.sleep(0)
        connecting.cancel()
        done, _ = await asyncio.wait([connecting], timeout=PATIENCE)
        assert done
        assert connecting.cancelled()
        await client.close()


async def test_a_bot_that_was_started_too_often_waits_instead_of_losing_its_token(gateway: Any, log: Log) -> None:
    limits = replace(Limits.none(), identifies=Rate(1, 86_400))
    async with discord_server(limits=limits, description=discord_api()) as discord:
        for _ in range(2):
            adapter = DiscordAdapter(DiscordSettings(), discord.token, api_url=discord.url)
            await adapter.start(gateway)
            await adapter.close()
        assert discord.gateway.identified == 1
        assert log.matching("Discord begins no session for 8[0-9]{4} s")


async def test_a_token_that_is_withdrawn_is_one_line(
    make_adapter: Any, gateway: Any, discord: DiscordServer, log: Log
) -> None:
    log.expects("DISCORD_BOT_TOKEN")
    adapter = make_adapter()
    await adapter.start(gateway)
    discord.gateway.closes(4004)
    await eventually(lambda: log.matching("does not accept DISCORD_BOT_TOKEN any more"))
    await eventually(lambda: discord.gateway.identified == 2)  # it was a slip: the token works


async def test_the_doctor_says_who_the_bot_is_and_what_it_may(
    make_adapter: Any, discord: DiscordServer, ada: Person, general: Channel
) -> None:
    found = {one.name: one for one in await make_adapter().check()}
    assert found["discord"].state == "ok"
    assert "on 1 server" in found["discord"].text
    assert "message_content = true" in found["discord: content"].remedy
    assert not discord.gateway.is_connected
    assert {call.method for call in discord.calls} == {"GET"}


async def test_the_doctor_knows_a_wrong_token_and_a_missing_intent(make_adapter: Any, discord: DiscordServer) -> None:
    (wrong,) = await make_adapter(token=WRONG).check()
    assert (wrong.state, "does not accept the token" in wrong.text) == ("fail", True)
    discord.world.privileged = Intent(0)
    found = {one.name: one for one in await make_adapter(message_content=True).check()}
    assert "Privileged Gateway Intents" in found["discord: content"].remedy
    assert "oauth2/authorize" in found["discord: servers"].remedy


async def test_the_doctor_knows_a_server_that_is_away(log: Log, unused_port: int) -> None:
    url = f"http://127.0.0.1:{unused_port}/api/v10"
    adapter = DiscordAdapter(DiscordSettings(), WRONG, api_url=url)
    (dead,) = await adapter.check()
    assert (dead.state, "does not answer" in dead.text) == ("fail", True)
    await adapter.close()
