"""The outlet and the adapter's life, without a browser."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from uuid import uuid4

import aiohttp
import pytest

from botcore.adapter import Adapter, Outlet
from botcore.errors import SendFailed
from botcore.messages import File, Piece, Reply
from botcore_web import WebAdapter, WebSettings
from botcore_web.outlet import UPLOAD_MOST
from botcore_web.session import Session

if TYPE_CHECKING:
    from botcore.messages import Json
    from tests.web.conftest import House, Serve

CHAT = uuid4().hex


async def test_a_send_is_known_by_its_key(serve: Serve, house: House) -> None:
    web = await serve()
    [piece] = web.outlet.split(Reply.of("Hello"))
    place = house.address(CHAT)
    assert web.outlet.limits.idempotent
    assert await web.outlet.send(place, piece, key="7/0") == "7/0"
    assert await web.outlet.send(place, piece, key="7/0") == "7/0"
    await web.outlet.edit(place, "7/0", piece)
    await web.outlet.edit(place, "never sent", piece)
    await web.outlet.typing(place)
    await web.outlet.delete(place, "gone already")


async def test_a_file_beyond_the_limit_fails_for_good(serve: Serve, house: House) -> None:
    web = await serve()
    piece = Piece(attachments=(File(data=bytes(UPLOAD_MOST + 1), name="film.bin"),))
    with pytest.raises(SendFailed, match=r"film\.bin"):
        await web.outlet.send(house.address(CHAT), piece, key="1/0")


async def test_frames_do_not_wait_for_nobody(serve: Serve, house: House) -> None:
    web = await serve()
    async with asyncio.timeout(20):  # they would take 50 seconds
        for number in range(1000):
            await web.outlet.frame_slot(house.address(CHAT))
            await web.outlet.frame(house.address(CHAT), "1/0", "x" * number)


class Onlooker(Session):
    """A page without a browser: it remembers what it is told."""

    def __init__(self, web: WebAdapter, chat: str) -> None:
        assert web._room is not None
        self.told: list[Json] = []
        super().__init__(web._room, self.told.append, history=50)
        self.chat = chat
        web._hub.join(self)


async def test_frames_come_at_most_twenty_a_second_and_each_chat_has_its_own_pace(serve: Serve, house: House) -> None:
    web = await serve()
    Onlooker(web, CHAT)
    other = uuid4().hex
    Onlooker(web, other)
    loop = asyncio.get_running_loop()

    async def ten(chat: str) -> float:
        for _ in range(10):
            await web.outlet.frame_slot(house.address(chat))
        return loop.time()

    began = loop.time()
    ends = await asyncio.gather(ten(CHAT), ten(other))
    assert all(0.44 <= end - began < 2 for end in ends)


async def test_only_what_is_new_of_an_answer_travels(serve: Serve, house: House) -> None:
    web = await serve()
    page = Onlooker(web, CHAT)
    key = await house.reserves(web, CHAT)
    for text in ("One", "One two", "Something else"):
        await web.outlet.frame(house.address(CHAT), key, text)
    [place, *frames] = page.told
    assert place["entry"]["settled"] is False
    assert [(frame.get("text"), frame.get("add")) for frame in frames] == [
        ("One", None),
        (None, " two"),
        ("Something else", None),
    ]


async def test_a_page_that_opens_midway_sees_the_answer_so_far(serve: Serve, house: House) -> None:
    web = await serve()
    key = await house.reserves(web, CHAT)
    await web.outlet.frame(house.address(CHAT), key, "Half of")
    page = Onlooker(web, "")
    await page.show({"chat": CHAT})
    [history] = page.told
    assert [(entry["text"], entry["settled"]) for entry in history["entries"]] == [("Half of", False)]
    await web.outlet.frame(house.address(CHAT), key, "Half of it")
    assert page.told[-1]["add"] == " it"
    await house.settles(web, CHAT, key, "Half of it is *done*.")
    assert page.told[-1]["entry"]["html"] == "<p>Half of it is <em>done</em>.</p>\n"


async def test_what_a_page_sends_is_checked(serve: Serve) -> None:
    page = Onlooker(await serve(), CHAT)
    for event in ({"chat": "../x", "id": uuid4().hex, "text": "x"}, {"chat": CHAT, "id": 5, "text": "x"}):
        with pytest.raises(ValueError, match="not an id"):
            await page.say(event)


async def test_a_message_may_be_very_long_and_not_longer(serve: Serve, house: House) -> None:
    page = Onlooker(await serve(), CHAT)
    await page.say({"chat": CHAT, "id": uuid4().hex, "text": "x" * 100_000})
    assert len(house.texts[0]) == 100_000
    await page.say({"chat": CHAT, "id": uuid4().hex, "text": "x" * 100_001})
    assert page.told[-1]["op"] == "unsent"
    assert page.told[-1]["text"] == "x" * 100_001
    assert len(house.inbox) == 1


async def test_who_writes_is_the_owner(serve: Serve, house: House) -> None:
    page = Onlooker(await serve(), CHAT)
    message_id = uuid4().hex
    for _ in range(2):
        await page.say({"chat": CHAT, "id": message_id, "text": "\ud800odd\x00"})
    [incoming] = house.inbox
    assert (incoming.id, incoming.sender.id, incoming.sender.trusted) == (message_id, "owner", True)
    assert (incoming.chat.kind, incoming.chat.id, incoming.address.chat) == ("private", CHAT, CHAT)
    assert house.texts == ["\ufffdodd\ufffd"]


async def test_the_adapter_fits_the_protocol(serve: Serve) -> None:
    adapter: Adapter = await serve()
    outlet: Outlet = adapter.outlet
    assert (adapter.platform, outlet.limits.edits) == ("web", True)


async def test_it_stops_quickly_with_open_web_sockets_and_starts_again(house: House, serve: Serve) -> None:
    loop = asyncio.get_running_loop()
    for _ in range(3):
        web = await serve()
        port = urlsplit(web.url).port
        socket_url = f"{web.url}/_nicegui_ws/socket.io/?EIO=4&transport=websocket"
        async with (
            aiohttp.ClientSession(headers={"Origin": web.url}) as http,
            http.ws_connect(socket_url) as opened,
        ):
            await opened.receive()
            began = loop.time()
            await web.stop_receiving()
            await web.close()
            assert loop.time() - began < 2
        with socket.create_server(("127.0.0.1", port or 0)):
            pass  # the port is free again


async def test_closing_what_never_started_is_fine() -> None:
    web = WebAdapter(WebSettings(), title="x", offline=False)
    await web.stop_receiving()
    await web.close()
