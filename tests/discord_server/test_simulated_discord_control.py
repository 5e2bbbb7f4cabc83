"""Driving the server from another process: the control endpoint, the child process, the page."""

import asyncio
import base64
import functools
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import discord as library
import pytest
from discord import app_commands

from botcore.testing.discord_server import Channel, DiscordServer, Person
from tests.browsers import chromium
from tests.simulators import Control, check_refusals, driven, running

Starter = Callable[..., Awaitable[Any]]


class Buttons(library.ui.View):
    @library.ui.button(label="Yes")
    async def yes(self, used: library.Interaction[Any], _: Any) -> None:
        await used.response.edit_message(content="pressed", view=None)


@pytest.fixture
async def control(discord: DiscordServer) -> AsyncIterator[Control]:
    """GET a name, or POST it where there is a body."""
    async with driven(discord.root) as control:
        yield control


async def start_bot(start: Starter) -> Any:
    async def on_message(message: library.Message) -> None:
        if not message.author.bot:
            await message.reply(f"Hello {message.content}", view=Buttons(timeout=None))

    client = await start(on_message=on_message)
    tree: app_commands.CommandTree[Any] = client.tree

    @tree.command(description="Draw")
    async def image(used: library.Interaction[Any], prompt: str, count: int = 1) -> None:
        await used.response.send_message(f"{prompt} x{count}", ephemeral=count > 1)

    @image.autocomplete("prompt")
    async def prompts(_: library.Interaction[Any], typed: str) -> list[app_commands.Choice[str]]:
        return [app_commands.Choice(name=f"{typed} fox", value=f"{typed} fox")]

    @tree.context_menu(name="Echo")
    async def echo(used: library.Interaction[Any], message: library.Message) -> None:
        await used.response.send_message(message.content)

    @tree.context_menu(name="Greet")
    async def greet(used: library.Interaction[Any], member: library.Member) -> None:
        await used.response.send_message(f"Hello {member.display_name}")

    await client.tree.sync()
    return client


async def test_a_conversation_over_the_control_endpoint(
    discord: DiscordServer, start: Starter, control: Control
) -> None:
    await start_bot(start)
    assert await control("online", timeout=5) == {"online": True}
    ada = await control("users", {"name": "Ada", "locale": "de"})
    club = await control("guilds", {"name": "Club", "members": ["Ada"], "channels": ["general"]})
    general = club["channels"][0]["id"]
    said = await control("says", {"user": "Ada", "channel": general, "text": "helo"})
    answer = await control("answer", channel=general, timeout=5)
    assert (answer["text"], answer["reply_to"], answer["bot"]) == ("Hello helo", said["id"], True)
    await control("edits", {"user": ada["id"], "channel": "general", "message": said["id"], "text": "hello"})
    await control("reacts", {"user": "Ada", "channel": general, "message": answer["id"], "emoji": "👍"})
    pressed = await control("presses", {"user": "Ada", "channel": general, "message": answer["id"], "button": "Yes"})
    assert pressed["name"] == "Yes"
    place = discord.world.channels[int(general)]
    await place.wait_for(lambda seen: seen[-1].text == "pressed")
    seen = await control("transcript", channel=general, user="Ada")
    assert [message["text"] for message in seen["messages"]] == ["hello", "pressed"]
    assert seen["messages"][0]["history"] == ["helo", "hello"]
    assert seen["messages"][1]["reactions"] == {"👍": 1}
    await control("deletes", {"user": "Ada", "channel": general, "message": said["id"]})
    calls = await control("calls", route="POST /channels")
    assert [call["body"]["content"] for call in calls] == ["Hello helo"]
    await control("says", {"user": "Ada", "text": "in private"})
    assert (await control("answer", channel=ada["dms"], timeout=5))["text"] == "Hello in private"


async def test_commands_files_and_threads_over_the_control_endpoint(
    discord: DiscordServer, start: Starter, control: Control, ada: Person, general: Channel
) -> None:
    await start_bot(start)
    where = {"user": "Ada", "channel": "general"}
    await control("slash", {**where, "command": "image", "options": {"prompt": "fox"}})
    assert (await control("answer", channel="general", timeout=5))["text"] == "fox x1"
    await control("slash", {**where, "command": "image", "options": {"prompt": "fox", "count": 2}})
    hidden = await control("answer", **where, timeout=5)
    assert (hidden["text"], hidden["ephemeral"], hidden["command"]) == ("fox x2", True, "image")
    assert len((await control("transcript", channel="general"))["messages"]) == 1
    suggested = await control("autocompletes", {**where, "command": "image", "option": "prompt", "typed": "red"})
    assert suggested[0]["value"] == "red fox"
    sound = base64.b64encode(b"OggS").decode()
    voice = await control("speaks", {**where, "content": sound, "duration": 2})
    assert voice["attachments"][0]["voice"] is True
    file = {"name": "a.txt", "content": base64.b64encode(b"text").decode()}
    sent = await control("says", {**where, "text": "look", "files": [file], "reply_to": voice["id"]})
    assert sent["attachments"][0]["size"] == 4
    await control("uses", {**where, "command": "Echo", "message": sent["id"]})
    await general.wait_for(lambda seen: seen[-1].text == "look")
    assert await control("menus", **where) == {"message": ["Echo"], "person": ["Greet"]}
    await control("uses", {**where, "command": "Greet", "whom": "Ada"})
    await general.wait_for(lambda seen: seen[-1].text == "Hello Ada")
    thread = await control("threads", {**where, "message": sent["id"], "name": "Talk"})
    assert (thread["id"], thread["kind"]) == (sent["id"], "thread")
    forum = await control("channels", {"guild": "Friends", "name": "help", "kind": "forum"})
    assert forum["kind"] == "forum"
    offered = await control("offers", **where)
    assert offered == [{"name": "image", "options": [{"name": "prompt", "type": 3}, {"name": "count", "type": 4}]}]
    assert [one["name"] for one in await control("commands")] == ["image", "Echo", "Greet"]
    places = await control("places")
    assert [one["name"] for one in places["guilds"][0]["channels"]] == ["general", "Talk", "help"]


async def test_faults_holds_and_the_gateway_over_the_control_endpoint(
    discord: DiscordServer, start: Starter, control: Control, general: Channel
) -> None:
    def resumed_since(number: int) -> bool:
        return discord.gateway.resumed > number

    client = await start_bot(start)
    channel = client.get_channel(general.id)
    await control("faults", {"kind": "refuse", "route": "/messages", "status": 403, "code": 50013, "message": "no"})
    with pytest.raises(library.Forbidden):
        await channel.send("x")
    await control("faults", {"kind": "lose", "route": "/messages", "landed": False, "channel": "general"})
    await control("faults/clear", {})
    await channel.send("y")
    held = await control("holds", {"route": "/messages"})
    sending = asyncio.create_task(channel.send("held"))
    assert await control("holds", **held, timeout=5) == [{"hold": 0, "reached": True}]
    await control("holds/release", held)
    await sending
    for action in ("reconnect", "close", "drop"):
        before = discord.gateway.resumed
        await control("gateway", {"action": action})
        await discord.gateway.news.wait_for(functools.partial(resumed_since, before), 10)
    heard = asyncio.ensure_future(client.wait_for("typing", timeout=5))
    await asyncio.sleep(0)
    data = {"channel_id": str(general.id), "user_id": str(discord.bot.id), "timestamp": 1}
    await control("inject", {"event": "TYPING_START", "data": {**data, "guild_id": str(general.guild.id)}})  # type: ignore[union-attr]
    await heard
    await control("gateway", {"action": "silence"})
    await control("gateway", {"action": "explode"}, status=400)


async def test_what_the_control_endpoint_refuses(discord: DiscordServer, control: Control, ada: Person) -> None:
    await control("nothing", status=404)
    await control("says", {"user": "Nobody", "text": "hi"}, status=400)
    await control("says", {"user": "Ada", "text": "  "}, status=400)
    await control("says", {"user": "Ada", "channel": "nowhere", "text": "x"}, status=400)
    await control("slash", {"user": "Ada", "command": "nothing"}, status=400)
    await control("faults", {"kind": "earthquake", "route": "*"}, status=400)
    assert "no answer in Ada" in (await control("answer", user="Ada", timeout=0.01, status=408))["error"]
    await check_refusals(discord.root)


async def test_the_server_runs_as_a_child_process() -> None:
    options = ("--token", "some.simulated.token", "--user", "Ada", "--no-limits")
    async with running("botcore.testing.discord_server", *options) as told:
        assert told["token"] == "some.simulated.token"
        async with aiohttp.ClientSession() as session:
            said = {"user": "Ada", "channel": "general", "text": "over there"}
            async with session.post(f"{told['page']}says", json=said) as answer:
                message = await answer.json()
            where = f"{told['url']}/channels/{message['channel']}/messages"
            async with session.get(where, headers={"Authorization": f"Bot {told['token']}"}) as answer:
                assert [one["content"] for one in await answer.json()] == ["over there"]


DOT = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC")


@pytest.mark.browser
async def test_a_person_can_chat_in_the_page(
    discord: DiscordServer, start: Starter, ada: Person, general: Channel
) -> None:
    await start_bot(start)
    async with chromium() as browser:
        page = await browser.new_page()
        await page.goto(f"{discord.root}/_simulator/")
        box = page.get_by_label("Message", exact=True)
        await page.get_by_role("button", name="# general").click()
        await box.fill("**me** & <b>")
        await box.press("Enter")
        await page.get_by_role("button", name="Yes").click()
        await general.wait_for(lambda seen: seen[-1].text == "pressed")
        await box.fill("/image a red fox count:2")
        await box.press("Enter")
        await general.wait_for(lambda seen: seen[-1].text == "a red fox x2", as_seen_by=ada)
        await page.get_by_text("Only you can see this").wait_for()
        assert "Ada used /image" in await page.locator(".ephemeral").inner_text()
        assert await page.locator(".message.person b").nth(1).inner_text() == "me"
        assert "& <b>" in await page.locator(".message.person").inner_text()
        await page.get_by_label("Send a file").set_input_files(
            {"name": "dot.png", "mimeType": "image/png", "buffer": DOT}
        )
        picture = page.get_by_alt_text("dot.png")
        await picture.wait_for()
        assert await picture.evaluate("one => one.decode().then(() => one.naturalWidth)") == 1
        await ada.says(f"hello {discord.bot.user.mention} in <#{general.id}>", channel=general)
        said = page.get_by_text("hello @Helper in #general", exact=True)
        await said.click(button="right")
        await page.get_by_role("button", name="Echo").click()
        await page.get_by_text("Ada used Echo").wait_for()
        await page.locator(".message.person header b").last.click(button="right")
        await page.get_by_role("button", name="Greet").click()
        await page.get_by_text("Hello Ada", exact=True).wait_for()
        await page.get_by_label("Apps on this message from Ada").last.press("Enter")
        await page.get_by_role("button", name="Echo").press("Escape")
        await page.get_by_role("button", name="Echo").wait_for(state="hidden")
