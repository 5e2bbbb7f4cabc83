"""Faults on demand: refused, lost, broken, late and held calls."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import discord as library
import pytest

from botcore.testing.discord_server import Channel, DiscordServer, Garble, Person

Starter = Callable[..., Awaitable[Any]]
SEND = "POST /channels/{channel_id}/messages"


@pytest.fixture
async def channel(start: Starter, general: Channel) -> Any:
    client = await start()
    return client.get_channel(general.id)


async def test_a_call_is_refused(discord: DiscordServer, channel: Any, general: Channel) -> None:
    discord.faults.refuse(SEND, status=403, code=50013, message="Missing Permissions", times=2)
    for _ in range(2):
        with pytest.raises(library.Forbidden, match="Missing Permissions"):
            await channel.send("one")
    assert not discord.faults.planned
    await channel.send("two")
    assert general.lines() == ["Helper: two"]
    assert [call.status for call in discord.calls.of(SEND)] == [403, 403, 200]
    discord.faults.refuse(SEND, status=429, retry_after=0.01)
    await channel.send("after a moment")  # the library waits by itself
    discord.faults.refuse(SEND, status=503)
    with pytest.raises(library.DiscordServerError):
        await channel.send("three")
    wrong = {"errors": {"content": {"_errors": [{"code": "BASE_TYPE_MAX_LENGTH", "message": "Must be shorter."}]}}}
    discord.faults.refuse(SEND, status=400, code=50035, message="Invalid Form Body", more=wrong)
    with pytest.raises(library.HTTPException, match="In content: Must be shorter"):
        await channel.send("four")
    assert len(general.lines()) == 2


async def test_an_answer_is_lost_although_the_message_landed(
    discord: DiscordServer, channel: Any, general: Channel
) -> None:
    discord.faults.lose(SEND)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(channel.send("did it arrive?", nonce="7"), 0.1)
    assert general.lines() == ["Helper: did it arrive?"]
    await channel.send("did it arrive?", nonce="7")  # the nonce tells
    assert general.lines() == ["Helper: did it arrive?"]
    discord.faults.lose(SEND, landed=False)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(channel.send("and this?"), 0.1)
    assert len(general.lines()) == 1


@pytest.mark.parametrize("landed", [False, True])
async def test_the_connection_breaks(discord: DiscordServer, channel: Any, general: Channel, landed: bool) -> None:
    discord.faults.reset(SEND, landed=landed)
    with pytest.raises((aiohttp.ClientError, ConnectionError)):
        await channel.send("snap")
    assert (general.lines() == ["Helper: snap"]) == landed
    await channel.send("again")


async def test_a_proxy_answers_with_a_page(discord: DiscordServer, channel: Any, general: Channel) -> None:
    discord.faults.plan(SEND, Garble(status=520, landed=True))
    with pytest.raises(library.DiscordServerError):
        await channel.send("lost in a page")
    assert general.lines() == ["Helper: lost in a page"]
    discord.faults.garble("/users/@me")
    async with aiohttp.ClientSession() as session:
        headers = {"Authorization": f"Bot {discord.token}"}
        async with session.get(f"{discord.url}/users/@me", headers=headers) as answer:
            assert (answer.status, answer.content_type) == (502, "text/html")


async def test_an_answer_is_late(discord: DiscordServer, channel: Any, general: Channel) -> None:
    discord.faults.delay(SEND, 30)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(channel.send("slow"), 0.1)
    assert general.lines() == []
    discord.faults.delay(SEND, 0.01, landed=True)
    await channel.send("a little slow")
    assert general.lines() == ["Helper: a little slow"]


async def test_a_call_is_held_until_released(discord: DiscordServer, channel: Any, general: Channel) -> None:
    hold = discord.faults.hold(SEND)
    sending = asyncio.create_task(channel.send("held"))
    await hold.reached()
    assert hold.is_reached
    assert general.lines() == []
    assert not sending.done()
    hold.release()
    assert (await sending).content == "held"

    after = discord.faults.hold(SEND, landed=True)
    sending = asyncio.create_task(channel.send("landed"))
    await after.reached()
    assert general.lines()[-1] == "Helper: landed"
    assert not sending.done()
    after.release()
    await sending
    with pytest.raises(TimeoutError):
        await discord.faults.hold("/users/@me").reached(0.01)


async def test_faults_can_be_for_one_channel_or_for_everything(
    discord: DiscordServer, channel: Any, ada: Person, general: Channel
) -> None:
    discord.faults.refuse("/messages", status=418, where=ada.dms.id)
    await channel.send("fine")
    client = channel._state._get_client()
    with pytest.raises(library.HTTPException):
        await (await client.fetch_user(ada.id)).send("not fine")
    discord.faults.refuse("*", status=503)
    with pytest.raises(library.DiscordServerError):
        await client.fetch_user(ada.id)
    discord.faults.refuse("*")
    discord.faults.clear()
    await client.fetch_user(ada.id)
    with pytest.raises(ValueError, match="at least once"):
        discord.faults.refuse("*", times=0)


async def test_calls_are_recorded_and_can_be_forgotten(
    discord: DiscordServer, channel: Any, ada: Person, general: Channel
) -> None:
    await channel.send("hello", silent=True)
    (call,) = discord.calls.of(SEND)
    assert call.ok
    assert (call.method, call.path) == ("POST", f"/channels/{general.id}/messages")
    assert (call.body["content"], call.body["flags"]) == ("hello", 4096)
    await channel.send(file=library.File(__file__, "test.py"))
    assert discord.calls.of(SEND)[1].files[0].startswith("test.py (")
    assert (await discord.called(SEND, times=2))[0] is call
    with pytest.raises(TimeoutError):
        await discord.called("DELETE", timeout=0.01)
    discord.calls.clear()
    assert len(discord.calls) == 0
