"""Files: limits, links, reuse by id, and the four ways in which a call can carry its parameters."""

import io
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import pytest
from telegram import Bot, InputMediaAudio, InputMediaDocument, InputMediaPhoto
from telegram.error import BadRequest

from botcore.testing.server.pictures import picture_size
from botcore.testing.telegram_server import Limits, ManualClock, Person, TelegramServer, png, telegram_server

Caller = Callable[..., Awaitable[Any]]


@pytest.fixture
async def ada(telegram: TelegramServer) -> Person:
    person = telegram.user("Ada")
    await person.says("hi")
    return person


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def test_files_over_20_mb_are_announced_but_cannot_be_fetched(
    telegram: TelegramServer, bot: Bot, ada: Person
) -> None:
    await ada.sends_document(b"just the beginning", "film.mkv", size=20 * 1024 * 1024 + 1)
    message = (await bot.get_updates())[-1].message
    assert message is not None
    assert message.document is not None
    assert message.document.file_size == 20 * 1024 * 1024 + 1
    with pytest.raises(BadRequest, match="File is too big"):
        await message.document.get_file()


async def test_links_are_given_out_by_get_file_and_last_an_hour(bot: Bot, session: aiohttp.ClientSession) -> None:
    clock = ManualClock()
    async with telegram_server(limits=Limits.none(), clock=clock) as telegram:
        person = telegram.user("Ada")
        sent = await person.sends_document(b"data", "a.txt")
        stored = telegram.world.files.find(sent.file_id or "")
        assert stored is not None
        link = f"{telegram.url}/file/bot{telegram.token}/{stored.path}"

        async def status() -> int:
            async with session.get(link) as answer:
                return answer.status

        assert await status() == 404
        async with session.get(
            f"{telegram.url}/bot{telegram.token}/getFile", params={"file_id": stored.file_id}
        ) as got:
            assert (await got.json())["result"]["file_path"] == stored.path
        assert await status() == 200
        clock.advance(3601)
        assert await status() == 404
        async with session.get(f"{telegram.url}/file/bot1:wrong/{stored.path}") as got:
            assert got.status == 401


async def test_files_that_cannot_be_sent(bot: Bot, ada: Person, call: Caller) -> None:
    with pytest.raises(BadRequest, match=r"(?i)IMAGE_PROCESS_FAILED"):
        await bot.send_photo(ada.id, b"not a picture")
    with pytest.raises(BadRequest, match=r"(?i)PHOTO_INVALID_DIMENSIONS"):
        await bot.send_photo(ada.id, png(3000, 100))
    with pytest.raises(BadRequest, match="too big for a photo"):
        await bot.send_photo(ada.id, png() + bytes(10 * 1024 * 1024))
    with pytest.raises(BadRequest, match="File must be non-empty"):
        await bot.send_document(ada.id, b"")
    with pytest.raises(BadRequest, match=r"(?i)Wrong file identifier/HTTP URL specified"):
        await bot.send_document(ada.id, "no-such-id")
    with pytest.raises(BadRequest, match=r"(?i)failed to get HTTP URL content"):
        await bot.send_photo(ada.id, "https://example.com/cat.png")
    with pytest.raises(BadRequest, match="Message caption is too long"):
        await bot.send_document(ada.id, b"data", caption="x" * 1025)
    missing = await call("sendVoice", chat_id=ada.id)
    assert missing["description"] == "Bad Request: there is no voice in the request"
    assert (await call("getFile", file_id=""))["description"] == "Bad Request: file_id not specified"
    assert (await call("getFile", file_id="x"))["error_code"] == 400
    assert ada.chat.lines() == ["Ada: hi"]


async def test_uploads_over_50_mb_are_refused(
    telegram: TelegramServer, ada: Person, session: aiohttp.ClientSession
) -> None:
    form = aiohttp.FormData({"chat_id": str(ada.id)})
    form.add_field("document", io.BytesIO(bytes(52 * 1024 * 1024)), filename="huge.bin")
    async with session.post(f"{telegram.base_url}{telegram.token}/sendDocument", data=form) as answer:
        assert (answer.status, (await answer.json())["description"]) == (413, "Request Entity Too Large")


async def test_a_file_on_the_server_is_sent_again_by_its_id(bot: Bot, ada: Person) -> None:
    sent = await bot.send_audio(ada.id, b"ID3 tune", title="Tune", performer="Ada", duration=7, filename="tune.mp3")
    assert sent.audio is not None
    again = await bot.send_audio(ada.id, sent.audio.file_id)
    assert again.audio is not None
    assert again.audio.file_unique_id == sent.audio.file_unique_id
    with pytest.raises(BadRequest, match="Can't use file of type audio as document"):
        await bot.send_document(ada.id, sent.audio.file_id)


async def test_albums_of_two_kinds(bot: Bot, ada: Person, call: Caller) -> None:
    with pytest.raises(BadRequest, match="specified type in the album"):
        await bot.send_media_group(ada.id, [InputMediaAudio(b"tune"), InputMediaDocument(b"text")])
    with pytest.raises(BadRequest, match="Too many messages"):
        await bot.send_media_group(ada.id, [InputMediaPhoto(png())] * 11)
    assert (await call("sendMediaGroup", chat_id=ada.id, media="[]"))["error_code"] == 400
    sent = await bot.send_media_group(ada.id, [InputMediaDocument(b"1", filename="1.txt"), InputMediaDocument(b"2")])
    assert sent[0].document is not None
    assert sent[0].document.file_name == "1.txt"


async def test_all_four_ways_of_calling_are_understood(
    telegram: TelegramServer, ada: Person, session: aiohttp.ClientSession
) -> None:
    url = f"{telegram.base_url}{telegram.token}/sendMessage"
    multipart = aiohttp.FormData({"chat_id": str(ada.id), "text": "by multipart"}, default_to_multipart=True)
    ways: list[dict[str, Any]] = [
        {"params": {"chat_id": ada.id, "text": "by query"}},
        {"data": {"chat_id": str(ada.id), "text": "by form & more"}},
        {"json": {"chat_id": ada.id, "text": "by JSON", "reply_parameters": {"message_id": 1}}},
        {"data": multipart},
        {"params": {"chat_id": ada.id}, "data": {"text": "half and half"}},
    ]
    for way in ways:
        async with session.post(url, **way) as answer:
            assert (await answer.json())["ok"]
    async with session.get(url, params={"chat_id": ada.id, "text": "by GET"}) as answer:
        assert (await answer.json())["ok"]
    said = [line.removeprefix("Helper: ") for line in ada.chat.lines()[1:]]
    assert said == ["by query", "by form & more", "by JSON", "by multipart", "half and half", "by GET"]


@pytest.mark.parametrize(
    ("body", "content_type", "description"),
    [
        (b"{", "application/json", "Bad Request: can't parse JSON object"),
        (b"[]", "application/json", "Bad Request: JSON object expected"),
        (b"text=%ff", "application/x-www-form-urlencoded", "Bad Request: strings must be encoded in UTF-8"),
        (b"text=\xff", "application/x-www-form-urlencoded", "Bad Request: strings must be encoded in UTF-8"),
        (b"junk", "multipart/form-data", None),
        (b"junk", "multipart/form-data; boundary=b", None),
        (b"text=hi", "text/plain", "Bad Request: message text is empty"),
    ],
)
async def test_bodies_that_cannot_be_read(
    telegram: TelegramServer, session: aiohttp.ClientSession, body: bytes, content_type: str, description: str | None
) -> None:
    url = f"{telegram.base_url}{telegram.token}/sendMessage"
    async with session.post(url, data=body, headers={"Content-Type": content_type}) as answer:
        told = json.loads(await answer.read())
        assert answer.status == 400
        assert description is None or told["description"] == description


def test_sizes_of_pictures_are_read() -> None:
    assert picture_size(png(13, 7)) == (13, 7)
    assert picture_size(b"GIF89a" + b"\x05\x00\x03\x00") == (5, 3)
    start_of_frame = b"\xff\xc0\x00\x11\x08" + (7).to_bytes(2, "big") + (13).to_bytes(2, "big") + b"\x03"
    assert picture_size(b"\xff\xd8" + b"\xff\xe0\x00\x04ab" + start_of_frame) == (13, 7)
    assert picture_size(b"\xff\xd8\xff") is None
    assert picture_size(b"anything") is None


async def test_a_video_note_is_square_and_has_neither_name_nor_type(telegram: TelegramServer, ada: Person) -> None:
    sent = await ada.sends_video_note(b"round film", duration=5)
    assert ada.chat.lines()[1:] == ["Ada: [video_note]"]
    note = sent.data["video_note"]
    assert (note["length"], note["duration"], note["file_size"]) == (384, 5, 10)
    assert "mime_type" not in note
