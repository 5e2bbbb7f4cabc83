"""Bytes on their way down: files and sound, streamed, capped, and cut."""

from __future__ import annotations

import asyncio
import gzip
import os
from typing import TYPE_CHECKING

import pytest

from botcore import errors
from botcore.openai import Api, ByteStream, Picture, SpeechRequest, Timeouts

if TYPE_CHECKING:
    from pathlib import Path

    from tests.openai.conftest import Connect, Script, ScriptedServer, Wire

SPEECH = SpeechRequest(model="tts-1", input="Good morning", voice="alloy", response_format="opus")


async def fetched(stream: ByteStream) -> bytes:
    async with stream as chunks:
        return await chunks.read()


def sound(data: bytes, **headers: str) -> Script:
    async def script(wire: Wire) -> None:
        await wire.head(content_type="audio/ogg", transfer_encoding="chunked", **headers)
        for start in range(0, len(data), 1000):
            await wire.chunk(data[start : start + 1000])
        await wire.end()

    return script


async def test_a_file_comes_in_chunks(api: Api, server: ScriptedServer) -> None:
    data = os.urandom(300_000)
    server.will(server.answer(data, content_type="application/octet-stream", x_request_id="req-1"))
    told: list[tuple[int, int | None]] = []
    async with api.files.content("file-1", progress=lambda *state: told.append(state)) as chunks:
        assert (chunks.size, chunks.request_id, chunks.media_type) == (300_000, "req-1", "application/octet-stream")
        pieces = [chunk async for chunk in chunks]
    assert b"".join(pieces) == data
    assert len(pieces) > 1
    assert told[-1] == (300_000, 300_000)
    asked = server.asked[0]
    assert (asked.method, asked.target) == ("GET", "/v1/files/file-1/content")
    assert asked.headers["accept-encoding"] == "identity"


async def test_an_empty_file_is_a_file(api: Api, server: ScriptedServer) -> None:
    server.will(server.answer(b"", content_type="application/octet-stream"))
    assert await fetched(api.files.content("file-1")) == b""


async def test_a_file_is_saved_whole_or_not_at_all(api: Api, server: ScriptedServer, tmp_path: Path) -> None:
    data = os.urandom(2_500_000)
    server.will(server.answer(data, content_type="application/octet-stream"))
    async with api.files.content("file-1") as chunks:
        assert await chunks.save(tmp_path / "a.jsonl") == len(data)
    assert (tmp_path / "a.jsonl").read_bytes() == data
    cut = b"HTTP/1.1 200 OK\r\nContent-Type: x/y\r\nContent-Length: 5000000\r\n\r\n" + data
    server.scripts[:] = [server.raw(cut)]
    async with api.files.content("file-1") as chunks:
        with pytest.raises(errors.StreamBroken):
            await chunks.save(tmp_path / "b.jsonl")
    assert [path.name for path in tmp_path.iterdir()] == ["a.jsonl"]


async def test_a_cut_download_is_broken_with_its_request_id(api: Api, server: ScriptedServer) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: x/y\r\nContent-Length: 500\r\nx-request-id: req-2\r\n\r\n"
    server.will(server.raw(head + b"half"))
    with pytest.raises(errors.StreamBroken, match="broke off") as caught:
        await fetched(api.files.content("file-1"))
    assert (caught.value.status, caught.value.request_id) == (200, "req-2")
    assert "download" in caught.value.said
    assert len(server.asked) == 1


async def test_a_download_that_breaks_before_its_first_byte_is_repeated(api: Api, server: ScriptedServer) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: audio/ogg\r\nContent-Length: 500\r\n\r\n"
    server.will(server.fault(503), server.raw(head), sound(b"OggS"))
    assert await fetched(api.audio.speak(SPEECH)) == b"OggS"
    assert len(server.asked) == 3


async def test_a_huge_file_is_not_taken(connect: Connect, server: ScriptedServer) -> None:
    async def flood(wire: Wire) -> None:
        await wire.head(content_type="audio/ogg", transfer_encoding="chunked", x_request_id="req-3")
        while not wire.writer.is_closing():
            await wire.chunk(b" " * 65536)

    server.will(flood)
    api = connect(max_body_bytes=500_000)
    with pytest.raises(errors.BadResponse, match="1000000 bytes") as caught:
        await fetched(api.files.content("file-1", most=1_000_000))
    assert caught.value.request_id == "req-3"
    with pytest.raises(errors.BadResponse, match="max_body_bytes"):
        await fetched(api.audio.speak(SPEECH))


async def test_sound_is_asked_for_and_comes_as_it_is_made(api: Api, server: ScriptedServer) -> None:
    heard = asyncio.Event()

    async def script(wire: Wire) -> None:
        await wire.head(content_type="audio/ogg", transfer_encoding="chunked", x_request_id="req-4")
        await wire.chunk(b"OggS")
        await heard.wait()  # the first chunk is out before the second is made
        await wire.chunk(b"more")
        await wire.end()

    server.will(script)
    async with api.audio.speak(SPEECH) as chunks:
        assert await anext(chunks) == b"OggS"
        heard.set()
        assert await chunks.read() == b"more"
        assert (chunks.media_type, chunks.size, chunks.request_id) == ("audio/ogg", None, "req-4")
    assert server.asked[0].json == {
        "model": "tts-1", "input": "Good morning", "voice": "alloy", "response_format": "opus"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("body", "media_type", "told"),
    [
        (b"<html>Sign in</html>", "text/html; charset=utf-8", "no sound"),
        (b'{"text": "no audio here"}', "application/json", "no sound"),
        (b"not json", "application/json", "no sound"),
        (b"\xff\xfe", "application/json", "no sound"),
        (b"", "audio/ogg", "empty"),
    ],
)
async def test_what_is_no_sound_is_a_bad_response(
    api: Api, server: ScriptedServer, body: bytes, media_type: str, told: str
) -> None:
    server.will(server.answer(body, content_type=media_type, x_request_id="req-5"))
    with pytest.raises(errors.BadResponse, match=told) as caught:
        await fetched(api.audio.speak(SPEECH))
    assert caught.value.request_id == "req-5"


async def test_a_web_page_is_no_file(api: Api, server: ScriptedServer) -> None:
    server.will(server.answer(b"<html>", content_type="text/html"))
    with pytest.raises(errors.BadResponse, match="web page"):
        await fetched(api.files.content("file-1"))


async def test_an_error_object_in_a_success_is_that_error(api: Api, server: ScriptedServer) -> None:
    server.will(server.answer({"error": {"message": "quota", "code": "insufficient_quota"}}))
    with pytest.raises(errors.QuotaExceeded):
        await fetched(api.audio.speak(SPEECH))


async def test_a_missing_file_is_not_found_and_a_missing_endpoint_is_remembered(
    api: Api, server: ScriptedServer
) -> None:
    server.will(server.fault(404, "No such File object: file-9"), server.fault(404, "Invalid URL (POST /v1/audio)"))
    with pytest.raises(errors.NotFound):
        await fetched(api.files.content("file-9"))
    for _ in range(2):
        with pytest.raises(errors.EndpointMissing):
            await fetched(api.audio.speak(SPEECH))
    assert len(server.asked) == 2


async def test_a_redirect_to_another_host_is_not_followed(api: Api, server: ScriptedServer) -> None:
    server.will(server.answer(b"", 302, location=f"http://localhost:{server.port}/blob"))
    with pytest.raises(errors.BadResponse, match="the key stays with"):
        await fetched(api.files.content("file-1"))
    assert len(server.asked) == 1


async def test_a_redirect_within_the_server_is_followed(api: Api, server: ScriptedServer) -> None:
    server.will(server.answer(b"", 302, location="/blob/1"), server.answer(b"data", content_type="x/y"))
    assert await fetched(api.files.content("file-1")) == b"data"


async def test_silence_and_length_are_bounded(connect: Connect, server: ScriptedServer) -> None:
    async def stall(wire: Wire) -> None:
        await wire.head(content_type="audio/ogg", transfer_encoding="chunked")
        await wire.chunk(b"OggS")
        await wire.client_is_gone()

    async def trickle(wire: Wire) -> None:
        await wire.head(content_type="audio/ogg", transfer_encoding="chunked")
        while not wire.writer.is_closing():
            await wire.chunk(b".")
            await asyncio.sleep(0.01)

    server.will(stall)
    with pytest.raises(errors.ApiTimeout):
        await fetched(connect(timeouts=Timeouts(read=0.1)).audio.speak(SPEECH))
    server.scripts[:] = [trickle]
    with pytest.raises(errors.ApiTimeout, match=r"longer than 0.1 s"):
        await fetched(connect(stream_deadline=0.1).audio.speak(SPEECH))
    with pytest.raises(errors.ApiTimeout, match=r"longer than 0.1 s"):
        await fetched(connect(transfer_deadline=0.1).files.content("file-1"))


async def test_leaving_early_closes_the_connection(api: Api, server: ScriptedServer) -> None:
    gone = asyncio.Event()

    async def script(wire: Wire) -> None:
        await wire.head(content_type="audio/ogg", transfer_encoding="chunked")
        await wire.chunk(b"OggS")
        await wire.client_is_gone()
        gone.set()

    server.will(script)
    async with api.audio.speak(SPEECH) as chunks:
        await anext(chunks)
    async with asyncio.timeout(20):
        await gone.wait()
    with pytest.raises(RuntimeError, match="async with"):
        await anext(api.audio.speak(SPEECH))


async def test_a_packed_file_is_unpacked(api: Api, server: ScriptedServer) -> None:
    server.will(server.answer(gzip.compress(b"data" * 100), content_encoding="gzip", content_type="x/y"))
    async with api.files.content("file-1") as chunks:
        assert chunks.size is None
        assert await chunks.read() == b"data" * 100


# Pictures by link


async def test_a_linked_picture_is_fetched_from_elsewhere_without_the_key(api: Api, server: ScriptedServer) -> None:
    server.will(server.answer(b"\x89PNG", content_type="image/png"))
    elsewhere = f"http://localhost:{server.port}/pictures/1.png?sig=a%2Bb%26c"
    assert await api.images.fetch(Picture(url=elsewhere)) == b"\x89PNG"
    assert server.asked[0].target == "/pictures/1.png?sig=a%2Bb%26c"
    assert "authorization" not in server.asked[0].headers
    assert await api.images.fetch(Picture(url=f"{server.url}/pictures/2.png")) == b"\x89PNG"
    assert server.asked[1].headers["authorization"] == f"Bearer {server.key}", "the API's own host knows it already"


async def test_a_picture_that_came_is_not_fetched(api: Api, server: ScriptedServer) -> None:
    assert await api.images.fetch(Picture(data=b"\x89PNG", url="http://127.0.0.1:1/")) == b"\x89PNG"
    assert await api.images.fetch(Picture(url="data:image/png;base64,iVBORw==")) == b"\x89PNG"
    assert server.asked == []


async def test_a_link_that_leads_nowhere(api: Api, server: ScriptedServer) -> None:
    for status in (403, 404, 410):
        server.scripts[:] = [server.answer(b"<Error>expired</Error>", status, content_type="application/xml")]
        with pytest.raises(errors.NotFound if status != 410 else errors.BadRequest):
            await api.images.fetch(Picture(url=f"{server.url}/pictures/1.png"))
    server.scripts[:] = [server.answer(b"<html>", content_type="text/html")]
    with pytest.raises(errors.BadResponse, match="web page"):
        await api.images.fetch(Picture(url=f"{server.url}/pictures/1.png"))
    server.scripts[:] = [server.answer(b"x" * 1001, content_type="image/png")]
    with pytest.raises(errors.BadResponse, match="1000 bytes"):
        await api.images.fetch(Picture(url=f"{server.url}/pictures/1.png"), most=1000)
    for url in ("", "file:///etc/passwd", "http://me:secret@h/", "data:image/png;base64,%%"):
        with pytest.raises(errors.BadResponse, match="no http"):
            await api.images.fetch(Picture(url=url))
