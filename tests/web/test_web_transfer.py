"""Files over raw HTTP: who may send and fetch them, how large, and as what they come back."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit
from uuid import uuid4

import aiohttp
import pytest

from botcore.errors import Unsuitable
from botcore.messages import File, Image, Press, Reply
from tests.web.test_web_door import TOKEN, log_in
from tests.web.test_web_outlet import Onlooker

if TYPE_CHECKING:
    from pathlib import Path

    from botcore_web import WebAdapter
    from tests.web.conftest import House, Serve, Visiting

CHAT = uuid4().hex
PNG = bytes.fromhex("89504e470d0a1a0a") + b"picture"
BINARY = "application/octet-stream"


async def send(
    http: aiohttp.ClientSession,
    web: WebAdapter,
    data: Any,
    query: str = f"chat={CHAT}&name=fox.png",
    **headers: str,
) -> tuple[int, Any]:
    """Upload as the page does; what the server says."""
    fields = {"Origin": web.url, "Content-Type": BINARY} | {name.replace("_", "-"): headers[name] for name in headers}
    async with http.post(f"{web.url}/upload?{query}", data=data, headers=fields) as response:
        text = await response.text()
        return response.status, await response.json() if response.status == 200 else text.strip()


async def get(http: aiohttp.ClientSession, web: WebAdapter, path: str, **headers: str) -> tuple[int, Any, bytes]:
    async with http.get(web.url + path, headers={name.replace("_", "-"): headers[name] for name in headers}) as answer:
        return answer.status, answer.headers, await answer.read()


def uploads(house: House) -> list[Path]:
    return [path for path in (house.folder / "web").rglob("*") if path.is_file() and path.suffix != ".json"]


async def test_a_picture_comes_and_goes(serve: Serve, http: aiohttp.ClientSession) -> None:
    web = await serve()
    status, told = await send(http, web, PNG)
    assert status == 200
    assert re.fullmatch(rf"/files/{CHAT}/[0-9a-f]{{32}}", told["url"])
    assert (told["kind"], told["name"], told["bytes"]) == ("image", "fox.png", len(PNG))
    status, headers, body = await get(http, web, told["url"])
    assert (status, body, headers["Content-Type"]) == (200, PNG, "image/png")
    assert headers["Content-Disposition"] == "inline; filename*=UTF-8''fox.png"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"] == "default-src 'none'; sandbox"


@pytest.mark.parametrize("name", ["page.html", "x.svg", "letter.pdf", "evil.xhtml", "cat.png"])
async def test_what_could_run_comes_back_as_a_download(serve: Serve, http: aiohttp.ClientSession, name: str) -> None:
    web = await serve()
    data = b"%PDF-1.7" if name.endswith("pdf") else b"<html><script>1</script>"
    _, told = await send(http, web, data, f"chat={CHAT}&name={name}")
    assert told["kind"] == "file"
    _, headers, body = await get(http, web, told["url"])
    assert (headers["Content-Type"], body) == (BINARY, data)
    assert headers["Content-Disposition"].startswith("attachment")
    assert headers["X-Content-Type-Options"] == "nosniff"


async def test_a_name_is_only_a_name(serve: Serve, http: aiohttp.ClientSession, house: House) -> None:
    web = await serve()
    for name, kept in [
        ("../../etc/passwd", "passwd"),
        ("C:\\windows\\x.txt", "x.txt"),
        ("..", ""),
        ("a\r\nSet-Cookie: x=1.txt", "a Set-Cookie: x=1.txt"),
        ("\u202etxt.exe", "\u202etxt.exe"),
    ]:
        status, told = await send(http, web, b"x", f"chat={CHAT}&name={quote(name, safe='')}")
        assert (status, told["name"]) == (200, kept)
        _, headers, _ = await get(http, web, told["url"])
        assert "Set-Cookie" not in headers
    assert all(path.parent == house.folder / "web" / CHAT for path in uploads(house))
    assert all(re.fullmatch(r"[0-9a-f]{32}\.new", path.name) for path in uploads(house))


async def test_a_file_belongs_to_a_conversation_of_the_page(serve: Serve, http: aiohttp.ClientSession) -> None:
    web = await serve()
    for chat in ("", "..", "../../x", CHAT.upper(), f"{CHAT}/x", f"{CHAT}%00"):
        status, line = await send(http, web, b"x", f"chat={chat}&name=x")
        assert (status, "\n" in line) == (400, False)
    assert (await send(http, web, b""))[0] == 400


async def test_a_file_that_is_too_large_is_refused_before_and_while_it_comes(
    serve: Serve, http: aiohttp.ClientSession, house: House
) -> None:
    web = await serve(upload_mb=1)
    assert web.outlet.limits.fetch_bytes == 1_000_000
    assert (await send(http, web, bytes(1_000_000)))[0] == 200
    host = urlsplit(web.url)
    reader, writer = await asyncio.open_connection(host.hostname, host.port)
    head = (
        f"POST /upload?chat={CHAT} HTTP/1.1\r\nHost: {host.netloc}\r\nOrigin: {web.url}\r\nContent-Type: {BINARY}\r\n"
    )
    writer.write(f"{head}Content-Length: 1000001\r\n\r\n".encode())  # and not a byte of it
    assert b" 413 " in await reader.readline()
    writer.close()

    async def endless() -> Any:  # its length is not declared
        for _ in range(30):
            yield bytes(100_000)

    try:
        status, line = await send(http, web, endless())
        assert (status, line) == (413, "That file is too large: I take 1 MB at most.")
    except aiohttp.ClientError:
        pass  # the server hung up while we were still sending: what counts is what is kept
    await house.until(lambda: len(uploads(house)) == 1)


async def test_an_upload_that_breaks_off_leaves_nothing(serve: Serve, house: House) -> None:
    web = await serve()
    host = urlsplit(web.url)
    _, writer = await asyncio.open_connection(host.hostname, host.port)
    head = (
        f"POST /upload?chat={CHAT} HTTP/1.1\r\nHost: {host.netloc}\r\nOrigin: {web.url}\r\nContent-Type: {BINARY}\r\n"
    )
    writer.write(f"{head}Content-Length: 900000\r\n\r\n".encode() + bytes(600_000))
    await house.until(lambda: any(path.stat().st_size >= 262_144 for path in uploads(house)))
    writer.close()
    await house.until(lambda: uploads(house) == [])


async def test_a_full_disk_is_one_clear_line(serve: Serve, http: aiohttp.ClientSession, house: House) -> None:
    web = await serve()
    (house.folder / "web").write_text("a file where the folder should be")
    status, line = await send(http, web, PNG)
    assert (status, line) == (507, "There is no room for that file: the disk does not take it.")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "no-cors"}, 403),
        ({"Host": "evil.example"}, 421),
        ({"Content_Type": "text/plain"}, 415),
        ({"Content_Type": "multipart/form-data; boundary=x"}, 415),
    ],
)
async def test_other_pages_send_nothing(
    serve: Serve, http: aiohttp.ClientSession, house: House, headers: dict[str, str], status: int
) -> None:
    assert (await send(http, await serve(), PNG, **headers))[0] == status
    assert uploads(house) == []


async def test_a_file_is_posted_and_not_got(serve: Serve, http: aiohttp.ClientSession) -> None:
    web = await serve()
    assert (await get(http, web, f"/upload?chat={CHAT}", Content_Type=BINARY))[0] == 405
    async with http.post(f"{web.url}/upload?chat={CHAT}", data=PNG, headers={"Content-Type": BINARY}) as response:
        assert response.status == 403, "without an origin"


async def test_files_need_the_token(serve: Serve, http: aiohttp.ClientSession, house: House) -> None:
    web = await serve(token=TOKEN)
    assert (await send(http, web, PNG))[0] == 401
    assert uploads(house) == []
    cookie = await log_in(http, web)
    _, told = await send(http, web, PNG, Cookie=cookie)
    assert (await get(http, web, told["url"]))[0] == 401
    assert (await get(http, web, told["url"], Cookie=cookie))[2] == PNG
    assert (await get(http, web, told["url"], Cookie=cookie, Origin="http://evil.example"))[0] == 403


async def test_addresses_lead_nowhere_else(serve: Serve, http: aiohttp.ClientSession, house: House) -> None:
    web = await serve()
    _, told = await send(http, web, PNG)
    (house.folder / "secret").write_text("secret")
    for path in (
        f"/files/{CHAT}/{uuid4().hex}",
        f"/files/{uuid4().hex}/{told['id']}",
        f"{told['url']}.json",
        f"{told['url']}.new",
        f"/files/{CHAT}/..%2f..%2fsecret",
        f"/files/{CHAT}%2f{told['id']}%00",
        f"/files/{CHAT}",
        "/files/",
        "/files/..%2fsecret",
    ):
        status, _, body = await get(http, web, path)
        assert (status, b"secret" in body) == (404, False), path


async def test_players_may_ask_for_a_part(serve: Serve, http: aiohttp.ClientSession) -> None:
    web = await serve()
    data = b"RIFF....WAVE" + bytes(range(256)) * 4_000
    _, told = await send(http, web, data, f"chat={CHAT}&name=x.wav&duration=12.5&voice=1")
    assert (told["kind"], told["duration"], told["voice"]) == ("audio", 12.5, True)
    for asked, first, last in (("2-4", 2, 4), ("600000-", 600_000, len(data) - 1), ("0-99999999", 0, len(data) - 1)):
        status, headers, body = await get(http, web, told["url"], Range=f"bytes={asked}")
        assert (status, headers["Content-Range"]) == (206, f"bytes {first}-{last}/{len(data)}")
        assert body == data[first : last + 1]
    assert (await get(http, web, told["url"], Range=f"bytes={len(data)}-"))[0] == 416
    assert (await get(http, web, told["url"], Range="pages=1-2"))[0] == 200


@pytest.mark.parametrize("duration", ["inf", "nan", "-1", "0", "1e9", "x", ""])
async def test_an_odd_duration_is_none(serve: Serve, http: aiohttp.ClientSession, duration: str) -> None:
    web = await serve()
    _, told = await send(http, web, b"OggS", f"chat={CHAT}&voice=1&duration={duration}")
    assert told["duration"] is None


# ---- as messages ----


async def test_files_of_a_message_are_there_after_a_restart(
    http: aiohttp.ClientSession, house: House, visiting: Visiting
) -> None:
    async with visiting.serving(house) as web:
        _, told = await send(http, web, PNG)
        page = Onlooker(web, CHAT)
        await page.say({"chat": CHAT, "id": uuid4().hex, "text": "", "files": [told["id"]]})
        [image] = house.last.parts
        assert image == Image(ref=f"{CHAT}/{told['id']}", media_type="image/png", name="fox.png", size=len(PNG))
    async with visiting.serving(house) as web:
        assert b"".join([block async for block in web.outlet.fetch(image.ref, most=100)]) == PNG
        assert (await get(http, web, told["url"]))[2] == PNG
        page = Onlooker(web, CHAT)
        await page.show({"chat": CHAT})
        assert [file["url"] for file in page.told[-1]["entries"][0]["files"]] == [told["url"]]


async def test_a_file_is_sent_once_it_is_there_and_not_from_another_conversation(
    serve: Serve, http: aiohttp.ClientSession, house: House
) -> None:
    web = await serve()
    page = Onlooker(web, CHAT)
    _, told = await send(http, web, PNG)
    _, elsewhere = await send(http, web, PNG, f"chat={uuid4().hex}")
    for file_id in (uuid4().hex, elsewhere["id"]):
        await page.say({"chat": CHAT, "id": uuid4().hex, "text": "look", "files": [told["id"], file_id]})
        assert page.told[-1]["op"] == "unsent"
        assert "no longer here" in page.told[-1]["why"]
    with pytest.raises(ValueError, match="not an id"):
        await page.say({"chat": CHAT, "id": uuid4().hex, "text": "look", "files": ["../secret"]})
    await page.say({"chat": CHAT, "id": uuid4().hex, "text": "look", "files": [told["id"]] * 11})
    assert "at most 10 files" in page.told[-1]["why"]
    assert house.inbox == []


async def test_files_go_with_the_conversation(serve: Serve, http: aiohttp.ClientSession, house: House) -> None:
    web = await serve()
    page = Onlooker(web, CHAT)
    _, told = await send(http, web, PNG)
    await page.say({"chat": CHAT, "id": uuid4().hex, "text": "look", "files": [told["id"]]})
    await house.answers(web, CHAT, Image(data=PNG + b"drawn", media_type="image/png"))
    assert len(uploads(house)) == 2
    ref = f"{CHAT}/{told['id']}"
    await page.forget({"chat": CHAT})
    assert uploads(house) == []
    assert (await get(http, web, told["url"]))[0] == 404
    with pytest.raises(Unsuitable, match="no longer here"):
        _ = [block async for block in web.outlet.fetch(ref, most=100)]


async def test_a_press_carries_what_stands_above_the_button_also_after_a_restart(
    house: House, visiting: Visiting
) -> None:
    async with visiting.serving(house) as web:
        key = await house.answers(web, CHAT, "A fox", Image(data=PNG, media_type="image/png", caption="red"))
    for _ in range(2):  # before any page has shown the message, and once more
        async with visiting.serving(house) as web:
            await Onlooker(web, CHAT).press({"chat": CHAT, "id": key, "says": "/vary"})
            press = house.last
            text, picture = press.parts
            assert (press.external_id, press.says, text.text) == (key, "/vary", "A fox")
            assert (picture.kind, picture.data, picture.caption) == ("image", None, "red")
            assert b"".join([block async for block in web.outlet.fetch(picture.ref, most=100)]) == PNG


async def test_a_press_without_its_message_works_all_the_same(serve: Serve, house: House) -> None:
    page = Onlooker(await serve(), CHAT)
    await page.press({"chat": CHAT, "id": "gone/0", "says": "go on"})
    await page.press({"chat": CHAT, "id": "", "says": "/stop"})
    assert house.presses == ["go on", "/stop"]
    assert (house.inbox[0].event, house.last) == (Press("gone/0", "go on"), Press("", "/stop"))


async def test_a_reply_carries_what_it_replies_to(serve: Serve, house: House) -> None:
    web = await serve()
    page = Onlooker(web, CHAT)
    key = await house.answers(web, CHAT, "**A fox**", Image(data=PNG, media_type="image/png"))
    first, second = uuid4().hex, uuid4().hex
    await page.say({"chat": CHAT, "id": first, "text": "make it red", "reply": key})
    quote_ = house.last.reply_to
    assert (quote_.external_id, quote_.mine, quote_.parts[0].text) == (key, True, "**A fox**")
    assert b"".join([block async for block in web.outlet.fetch(quote_.parts[1].ref, most=100)]) == PNG
    shown = page.told[-1]["entry"]["quote"]
    assert (shown["id"], shown["mine"], shown["text"]) == (key, True, "**A fox**")
    assert shown["url"] == f"/files/{quote_.parts[1].ref}"
    await page.say({"chat": CHAT, "id": second, "text": "as I said", "reply": first})
    quote_ = house.last.reply_to
    assert (quote_.mine, quote_.parts[0].text, quote_.reply_to.external_id) == (False, "make it red", key)
    await page.say({"chat": CHAT, "id": uuid4().hex, "text": "and this?", "reply": "never written"})
    assert house.last.reply_to is None


async def test_a_large_answer_is_not_held_in_memory(serve: Serve, house: House) -> None:
    web = await serve()
    Onlooker(web, CHAT)
    [piece] = web.outlet.split(Reply.of(File(data=bytes(20_000_000), name="film.bin")))
    await web.outlet.send(house.address(CHAT), piece, key="1/0")
    quote_ = web._views.quote(CHAT, "1/0")
    assert quote_ is not None
    assert [part.data for part in quote_.parts if isinstance(part, File)] == [None]
    assert sum(path.stat().st_size for path in uploads(house)) == 20_000_000


async def test_a_disk_that_is_full_costs_an_answer_only_its_file(
    serve: Serve, house: House, caplog: pytest.LogCaptureFixture
) -> None:
    web = await serve()
    page = Onlooker(web, CHAT)
    (house.folder / "web").write_text("a file where the folder should be")
    await house.answers(web, CHAT, "Here you are", Image(data=PNG, media_type="image/png"))
    shown = page.told[-1]["entry"]
    assert (shown["text"], shown["files"][0]["url"], shown["files"][0]["kind"]) == ("Here you are", None, "file")
    assert "could not be written" in caplog.text
