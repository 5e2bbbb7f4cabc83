"""Driving the server from another process: the control endpoint, the child process, the page."""

import asyncio
import base64
from collections.abc import AsyncIterator

import aiohttp
import pytest
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, InputMediaPhoto

from botcore.testing.telegram_server import TelegramServer, png
from tests.browsers import chromium
from tests.simulators import Control, check_refusals, driven, running


@pytest.fixture
async def control(telegram: TelegramServer) -> AsyncIterator[Control]:
    """GET a name, or POST it where there is a body."""
    async with driven(telegram.url) as control:
        yield control


async def test_a_conversation_over_the_control_endpoint(telegram: TelegramServer, bot: Bot, control: Control) -> None:
    ada = await control("users", {"name": "Ada", "language": "en"})
    said = await control("says", {"user": "Ada", "text": "hello"})
    await control("edits", {"user": ada["id"], "message": said["id"], "text": "hello!"})
    keys = InlineKeyboardMarkup([[InlineKeyboardButton("Yes", callback_data="y")]])
    sent = await bot.send_message(ada["id"], "Sure?", reply_markup=keys, reply_to_message_id=said["id"])
    answer = await control("answer", user="Ada", timeout=5)
    assert (answer["text"], answer["reply_to"], answer["bot"]) == ("Sure?", said["id"], True)
    await control("presses", {"user": "Ada", "message": sent.message_id, "button": "Yes"})
    query = (await bot.get_updates())[-1].callback_query
    assert query is not None
    assert query.data == "y"
    seen = await control("transcript", chat=ada["id"])
    assert [message["text"] for message in seen["messages"]] == ["hello!", "Sure?"]
    assert seen["messages"][0]["history"] == ["hello", "hello!"]
    calls = await control("calls", method="sendMessage")
    assert [call["params"]["text"] for call in calls] == ["Sure?"]
    assert len(await control("calls")) >= 3
    await control("blocks", {"user": "Ada"})
    assert telegram.people[ada["id"]].chat.blocked
    await control("unblocks", {"user": "Ada"})


async def test_groups_over_the_control_endpoint(telegram: TelegramServer, bot: Bot, control: Control) -> None:
    for name in ("Ada", "Bob"):
        await control("users", {"name": name})
    group = await control("groups", {"title": "Friends", "members": ["Ada", "Bob"]})
    await control("says", {"user": "Bob", "text": "/hi", "chat": "Friends"})
    await bot.send_message(group["id"], "hello all")
    assert (await control("answer", user="Bob", chat=group["id"]))["text"] == "hello all"
    shown = await control("chats")
    assert [chat["title"] for chat in shown["chats"]] == ["Ada", "Bob", "Friends"]
    assert shown["bot"] == "helper_bot"


async def test_faults_holds_and_injection_over_the_control_endpoint(
    telegram: TelegramServer, bot: Bot, control: Control
) -> None:
    ada = telegram.user("Ada")
    await ada.says("hi")
    await control("faults", {"kind": "refuse", "method": "getMe", "status": 400, "description": "Bad Request: no"})
    with pytest.raises(Exception, match="No"):
        await bot.get_me()
    await control("faults", {"kind": "lose", "method": "getMe", "landed": False})
    await control("faults/clear", {})
    await bot.get_me()
    held = await control("holds", {"method": "sendMessage"})
    sending = asyncio.create_task(bot.send_message(ada.id, "held"))
    assert await control("holds", **held, timeout=5) == [{"hold": 0, "reached": True}]
    await control("holds/release", held)
    await sending
    number = (await control("inject", {"message": {"text": "no chat, no date"}}))["update_id"]
    assert telegram.world.updates.pending[-1].id == number


async def test_what_the_control_endpoint_refuses(telegram: TelegramServer, control: Control) -> None:
    telegram.user("Ada")
    await control("nothing", status=404)
    await control("says", {"user": "Nobody", "text": "hi"}, status=400)
    await control("says", {"user": "Ada", "text": "  "}, status=400)
    await control("faults", {"kind": "earthquake", "method": "getMe"}, status=400)
    assert "no answer to Ada" in (await control("answer", user="Ada", timeout=0.01, status=408))["error"]
    await check_refusals(telegram.url)


async def test_the_server_runs_as_a_child_process() -> None:
    options = ("--token", "42:some-token", "--user", "Ada", "--no-limits")
    async with running("botcore.testing.telegram_server", *options) as told:
        assert told["token"] == "42:some-token"
        async with Bot(told["token"], base_url=f"{told['url']}/bot") as bot:
            assert bot.id == 42
            async with aiohttp.ClientSession() as session:
                await session.post(f"{told['page']}says", json={"user": "Ada", "text": "over there"})
            assert [update.message.text for update in await bot.get_updates() if update.message] == ["over there"]


@pytest.mark.browser
async def test_a_person_can_chat_in_the_page(telegram: TelegramServer, bot: Bot) -> None:
    async with chromium() as browser:
        page = await browser.new_page()
        ada = telegram.user("Ada")
        await page.goto(f"{telegram.url}/_simulator/")
        await page.get_by_label("Message", exact=True).fill("is anybody there?")
        await page.get_by_label("Message", exact=True).press("Enter")
        await ada.chat.wait_for(bool)
        keys = InlineKeyboardMarkup([[InlineKeyboardButton("Press me", callback_data="pressed")]])
        await bot.send_message(ada.id, "Yes, *me* & <b>", parse_mode="Markdown", reply_markup=keys)
        await page.get_by_role("button", name="Press me").click()
        await telegram.world.news.wait_for(lambda: bool(telegram.world.presses) or None, 5)
        assert "Yes, me & <b>" in await page.locator(".message.bot").inner_text()
        assert await page.locator(".message.bot b").inner_text() == "me"


async def test_files_over_the_control_endpoint(telegram: TelegramServer, bot: Bot, control: Control) -> None:
    await control("users", {"name": "Ada"})
    content = base64.b64encode(b"OggS sound").decode()
    given = {"user": "Ada", "kind": "voice", "content": content, "media_type": "audio/ogg", "duration": 3}
    sent = await control("sends", given)
    assert (sent["media"], sent["file"]["duration"], sent["file"]["size"]) == ("voice", 3, 10)
    async with aiohttp.ClientSession() as session:
        async with session.get(f"{telegram.url}/_simulator/file", params={"id": sent["file"]["id"]}) as answer:
            assert (answer.content_type, await answer.read()) == ("audio/ogg", b"OggS sound")
        page = await control("sends", {**given, "kind": "document", "media_type": "text/html", "name": "page.html"})
        async with session.get(f"{telegram.url}/_simulator/file", params={"id": page["file"]["id"]}) as answer:
            assert answer.headers["Content-Disposition"] == "attachment"  # a file of a chat is no page of the simulator
            assert answer.content_type == "application/octet-stream"
        page = await control("sends", {**given, "media_type": "text/html"})
        async with session.get(f"{telegram.url}/_simulator/file", params={"id": page["file"]["id"]}) as answer:
            assert answer.headers["Content-Disposition"] == "attachment"  # nor is what is called a voice message
            assert answer.content_type == "application/octet-stream"
    await control("file", id="none", status=404)
    await control("sends", {**given, "kind": "reply_markup"}, status=400)
    await control("sends", {**given, "content": "no base64!"}, status=400)


async def test_albums_are_told_over_the_control_endpoint(bot: Bot, control: Control) -> None:
    ada = await control("users", {"name": "Ada"})
    await control("says", {"user": "Ada", "text": "hi"})
    await bot.send_media_group(ada["id"], [InputMediaPhoto(png()), InputMediaPhoto(png())])
    first, *album = (await control("transcript", chat=ada["id"]))["messages"]
    assert first["album"] is None
    assert len({message["album"] for message in album}) == 1
    assert [message["media"] for message in album] == ["photo", "photo"]
