"""Nothing that can be read again is lost: restarts, broken connections, a database that is away."""

import asyncio
from typing import Any

from botcore.adapter import Seen
from botcore.testing.discord_server import Channel, DiscordServer, Limits, Permission, Person, Server, discord_server
from botcore.testing.discord_server.world import Content
from botcore_discord.connection import DiscordAdapter
from botcore_discord.settings import DiscordSettings
from tests.descriptions import discord_api

from .conftest import PATIENCE, House, OpenHouse


async def closed(house: House) -> None:
    """Stop the bot."""
    await house.engine.__aexit__(None, None, None)


async def test_what_was_written_while_the_bot_was_away_is_answered(
    house: House, open_house: OpenHouse, ada: Person, ben: Person, friends: Server, general: Channel
) -> None:
    thread = await ada.opens_thread("Numbers", channel=general)
    never_seen = friends.text_channel("random")
    await ada.mentions(house.discord.bot, "what is 1 + 1?", channel=general)
    await house.answer(general)
    await ada.mentions(house.discord.bot, "what is 1 + 1?", channel=thread)
    await house.answer(thread)
    await ada.dm("what is 1 + 1?")
    await house.answer(ada)
    await closed(house)

    bot = house.discord.bot
    await ada.mentions(bot, "what is 2 + 2?", channel=general)
    await ben.says("good morning", channel=general)
    await ada.mentions(bot, "what is 3 + 3?", channel=thread)
    await ada.dm("what is 4 + 4?")
    await ada.mentions(bot, "what is 5 + 5?", channel=never_seen)
    house = await open_house()
    assert "4" in (await house.answer(general)).text
    assert "6" in (await house.answer(thread)).text
    assert "8" in (await house.answer(ada)).text
    assert "10" in (await house.answer(never_seen)).text
    assert house.questions == 7
    await closed(house)
    house = await open_house()  # and once more: nothing is answered twice
    await ada.dm("what is 6 + 6?")
    assert "12" in (await house.answer(ada)).text
    assert house.questions == 8


async def test_what_was_missed_comes_before_what_is_written_now(
    make_adapter: Any, gateway: Any, discord: DiscordServer, ada: Person, general: Channel
) -> None:
    first = await ada.mentions(discord.bot, "one", channel=general)
    await ada.mentions(discord.bot, "two", channel=general)
    gateway.past = [Seen(str(general.id), None, str(first.id))]
    held = discord.faults.hold("GET /channels/{channel_id}/messages")
    adapter = make_adapter()
    await adapter.start(gateway)
    await held.reached(PATIENCE)
    await ada.mentions(discord.bot, "three", channel=general)
    await ada.dm("elsewhere")  # nobody waits for another channel
    assert await gateway.texts(1) == ["elsewhere"]
    held.release()
    assert await gateway.texts(2) == ["two", "three"]
    await adapter.close()


async def test_a_channel_whose_history_is_hidden_is_passed_over(
    make_adapter: Any, gateway: Any, discord: DiscordServer, ada: Person, friends: Server, general: Channel
) -> None:
    first = await ada.mentions(discord.bot, "one", channel=general)
    await ada.mentions(discord.bot, "two", channel=general)
    friends.forbids(friends.everyone, Permission.READ_MESSAGE_HISTORY, channel=general)
    gateway.past = [Seen(str(general.id), None, str(first.id))]
    adapter = make_adapter()
    await adapter.start(gateway)
    await ada.mentions(discord.bot, "three", channel=general)
    assert await gateway.texts(1) == ["three"]
    await adapter.close()


async def test_a_thread_of_a_kind_of_channel_that_the_library_does_not_know(
    make_adapter: Any, gateway: Any, discord: DiscordServer, ada: Person, friends: Server, general: Channel
) -> None:
    first = await ada.mentions(discord.bot, "one", channel=general)
    novelty = friends.text_channel("novelty")
    thread = await ada.opens_thread("Odd", channel=novelty)
    await ada.says("hello", channel=thread)
    novelty.kind = 99
    gateway.past = [Seen(str(general.id), None, str(first.id))]
    adapter = make_adapter()
    await adapter.start(gateway)
    await ada.mentions(discord.bot, "two", channel=general)
    assert await gateway.texts(1) == ["two"]
    await adapter.close()


async def test_what_the_bot_has_replied_to_is_not_asked_again(
    make_adapter: Any, gateway: Any, discord: DiscordServer, ada: Person, general: Channel
) -> None:
    first = await ada.mentions(discord.bot, "one", channel=general)
    second = await ada.mentions(discord.bot, "two", channel=general)
    await ada.mentions(discord.bot, "three", channel=general)
    discord.world.post(general, discord.bot.user, Content("answered by another process", reply_to=second))
    gateway.past = [Seen(str(general.id), None, str(first.id))]
    adapter = make_adapter()
    await adapter.start(gateway)
    assert await gateway.texts(1) == ["three"]
    await adapter.close()


async def test_only_the_newest_of_very_many_missed_messages_are_read(
    make_adapter: Any, gateway: Any, discord: DiscordServer, ada: Person
) -> None:
    first = await ada.dm("zero")
    for number in range(12):
        await ada.dm(f"message {number}")
    gateway.past = [Seen(str(ada.dms.id), None, str(first.id))]
    adapter = make_adapter(catch_up_messages=3)
    await adapter.start(gateway)
    assert await gateway.texts(3) == ["message 9", "message 10", "message 11"]
    await adapter.close()


async def test_a_connection_that_breaks_is_resumed_and_loses_nothing(
    make_adapter: Any, gateway: Any, discord: DiscordServer, ada: Person
) -> None:
    adapter = make_adapter()
    await adapter.start(gateway)
    discord.gateway.drops()
    await ada.dm("one")
    assert await gateway.texts(1) == ["one"]
    discord.gateway.asks_to_reconnect()
    await ada.dm("two")
    assert await gateway.texts(1) == ["two"]
    discord.gateway.closes(4000)
    await ada.dm("three")
    assert await gateway.texts(1) == ["three"]
    assert discord.gateway.identified == 1
    assert discord.gateway.resumed == 3
    await adapter.close()


async def test_a_session_that_discord_forgot_is_begun_anew_and_caught_up(
    make_adapter: Any, gateway: Any, discord: DiscordServer, ada: Person
) -> None:
    adapter = make_adapter()
    await adapter.start(gateway)
    said = await ada.dm("one")
    assert await gateway.texts(1) == ["one"]
    gateway.past = [Seen(str(ada.dms.id), None, str(said.id))]
    discord.gateway.invalidates()
    await ada.dm("two")  # nobody is told of it
    assert await gateway.texts(1) == ["two"]
    assert discord.gateway.identified == 2
    await adapter.close()


async def test_a_gateway_that_falls_silent_is_left(make_adapter: Any, gateway: Any) -> None:
    async with discord_server(limits=Limits.none(), heartbeat_interval=0.2, description=discord_api()) as discord:
        adapter = DiscordAdapter(DiscordSettings(silence_seconds=1), discord.token, api_url=discord.url)
        await adapter.start(gateway)
        ada = discord.user("Ada")
        discord.gateway.goes_silent()
        await ada.dm("one")
        assert await gateway.texts(1) == ["one"]
        await adapter.close()


async def test_messages_wait_in_order_for_a_database_that_is_away(
    make_adapter: Any, gateway: Any, discord: DiscordServer, ada: Person, log: Any
) -> None:
    log.expects("the database does not take what comes from Discord")
    adapter = make_adapter()
    await adapter.start(gateway)
    gateway.refusals = 3
    for text in ("one", "two", "three"):
        await ada.dm(text)
    assert await gateway.texts(3) == ["one", "two", "three"]
    assert log.matching("is stored again")
    await adapter.close()


async def test_after_the_end_discord_keeps_no_session(
    make_adapter: Any, gateway: Any, discord: DiscordServer, ada: Person
) -> None:
    """A session that could be resumed would swallow what is written meanwhile."""
    adapter = make_adapter()
    await adapter.start(gateway)
    await adapter.stop_receiving()
    await discord.gateway.disconnected(PATIENCE)
    assert discord.gateway.sessions == {}
    await ada.dm("too late")
    await adapter.close()
    assert gateway.accepted == []


async def test_an_event_that_is_not_as_described_is_passed_over(
    make_adapter: Any, gateway: Any, discord: DiscordServer, ada: Person, log: Any
) -> None:
    log.expects("cannot be read")
    adapter = make_adapter()
    await adapter.start(gateway)
    discord.inject("MESSAGE_CREATE", {"id": "1"})
    discord.inject("INTERACTION_CREATE", {"id": "1", "type": 2})
    discord.inject("MESSAGE_UPDATE", b"[]")
    discord.inject("SOMETHING_NEW", {"a": 1})
    await ada.dm("hello")
    assert await gateway.texts(1) == ["hello"]
    assert discord.gateway.identified == 1
    await adapter.close()


async def test_a_kicked_bot_and_a_deleted_channel_stop_nothing(
    house: House, ada: Person, friends: Server, general: Channel
) -> None:
    doomed = friends.text_channel("doomed")
    held = house.discord.faults.hold("POST /channels/{channel_id}/messages", where=doomed.id)
    await ada.mentions(house.discord.bot, "what is 2 + 2?", channel=doomed)
    await held.reached(PATIENCE)
    await friends.deletes(doomed)
    held.release()
    await friends.kicks(house.discord.bot)
    await ada.dm("what is 3 + 3?")
    assert "6" in (await house.answer(ada)).text
    async with asyncio.timeout(PATIENCE):
        while not house.log.matching("no longer on server"):
            await asyncio.sleep(0.005)
