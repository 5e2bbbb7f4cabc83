"""Files: up, listed, down again, gone; and what they survive."""

from __future__ import annotations

import asyncio
import io
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import psutil
import pytest

from botcore.testing.openai_server import CutStream, OfflineSettings, offline_api

if TYPE_CHECKING:
    from botcore.testing.openapi import Description
    from tests.openai_server.conftest import Client, Reply

LINES = b'{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "ho"}]}\n' * 10
FILE = "/files"


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


def form(content: Any, name: str = "data.jsonl", purpose: str | None = "fine-tune", **more: str) -> aiohttp.FormData:
    made: aiohttp.FormData = aiohttp.FormData(quote_fields=False, default_to_multipart=True)
    if purpose is not None:
        made.add_field("purpose", purpose)
    for key, value in more.items():
        made.add_field(key, value)
    if content is not None:
        body = io.BytesIO(content) if isinstance(content, bytes) else content
        made.add_field("file", body, filename=name, content_type="application/jsonl")
    return made


async def upload(client: Client, content: Any = LINES, **options: Any) -> Reply:
    return await client.send("POST", FILE, data=form(content, **options))


class TestOneFile:
    async def test_it_comes_back_as_it_went_up(self, client: Client, description: Description) -> None:
        sent = await upload(client)
        assert sent.status == 200, sent.body
        description.check_response("POST", FILE, 200, sent.json)
        assert (sent.json["bytes"], sent.json["filename"], sent.json["purpose"]) == (
            len(LINES),
            "data.jsonl",
            "fine-tune",
        )
        where = f"{FILE}/{sent.json['id']}"
        shown = await client.send("GET", where)
        assert shown.json == sent.json
        content = await client.send("GET", f"{where}/content")
        assert content.body == LINES
        assert content.headers["content-length"] == str(len(LINES))
        assert 'filename="data.jsonl"' in content.headers["content-disposition"]
        gone = await client.send("DELETE", where)
        description.check_response("DELETE", where, 200, gone.json)
        for method, path in (("GET", where), ("GET", f"{where}/content"), ("DELETE", where)):
            missing = await client.send(method, path)
            assert (missing.status, missing.error["param"]) == (404, "id")
            assert missing.error["message"] == f"No such File object: {sent.json['id']}"

    async def test_other_purposes_take_any_bytes(self, client: Client) -> None:
        noise = os.urandom(3 * 1024 * 1024)
        sent = await upload(client, noise, name='a "b" 中.bin', purpose="user_data")
        assert sent.status == 200
        content = await client.send("GET", f"{FILE}/{sent.json['id']}/content")
        assert content.body == noise
        assert content.headers["content-disposition"] == 'attachment; filename="a _b_ ?.bin"'

    async def test_a_file_may_expire(self) -> None:
        clock = Clock()
        async with offline_api(OfflineSettings(clock=clock)) as server, aiohttp.ClientSession() as http:
            data = form(LINES, **{"expires_after[anchor]": "created_at", "expires_after[seconds]": "3600"})
            async with http.post(server.url + FILE, data=data) as response:
                sent = await response.json()
            assert sent["expires_at"] == clock.now + 3600
            clock.now += 3599
            async with http.get(f"{server.url}{FILE}/{sent['id']}") as response:
                assert response.status == 200
            clock.now += 1
            async with http.get(f"{server.url}{FILE}/{sent['id']}") as response:
                assert response.status == 404

    async def test_a_download_can_be_cut(self, client: Client) -> None:
        sent = await upload(client, b"x" * 2_000_000, name="x.bin", purpose="user_data")
        client.server.faults.next(CutStream(after_chunks=2))
        got = 0
        async with client.http.get(f"{client.server.url}{FILE}/{sent.json['id']}/content") as response:
            with pytest.raises(aiohttp.ClientPayloadError):  # noqa: PT012 - the loop is what fails
                while block := await response.content.readany():
                    got += len(block)
        assert 0 < got <= 2 * 256 * 1024
        assert client.server.requests[-1].state == "cut"


class TestRefusals:
    @pytest.mark.parametrize(
        ("content", "options", "param"),
        [
            (LINES, {"purpose": None}, "purpose"),
            (LINES, {"purpose": "fun"}, "purpose"),
            (None, {}, "file"),
            (b"", {}, "file"),
            (LINES, {"name": "data.txt"}, "file"),
            (b"not json\n", {}, "file"),
            (b'{"a": 1}\n[1]\n', {}, "file"),
            (b"\n \n", {}, "file"),
            (LINES, {"colour": "red"}, "colour"),
            (LINES, {"expires_after[anchor]": "created_at"}, "expires_after.seconds"),
            (LINES, {"expires_after[anchor]": "created_at", "expires_after[seconds]": "5"}, "expires_after.seconds"),
            (LINES, {"expires_after[anchor]": "now", "expires_after[seconds]": "5000"}, "expires_after.anchor"),
        ],
    )
    async def test_wrong_uploads(
        self, content: Any, options: dict[str, Any], param: str, client: Client, description: Description
    ) -> None:
        refused = await upload(client, content, **options)
        assert (refused.status, refused.error["param"]) == (400, param), refused.body
        description.check_schema("ErrorResponse", refused.json)
        assert (await client.send("GET", FILE)).json["data"] == []

    async def test_the_wrong_line_is_named(self, client: Client) -> None:
        refused = await upload(client, LINES + b"[1]\n")
        assert refused.error["message"].endswith("Line 11 is not a dictionary.")

    async def test_a_body_that_is_no_form(self, client: Client) -> None:
        refused = await client.send("POST", FILE, {"purpose": "fine-tune"})
        assert refused.status == 400
        assert "multipart/form-data" in refused.error["message"]


class TestLists:
    async def test_pages_follow_each_other(self, client: Client, description: Description) -> None:
        ids = [(await upload(client)).json["id"] for _ in range(5)]
        other = (await upload(client, b"x", name="x.txt", purpose="assistants")).json["id"]
        whole = (await client.send("GET", FILE)).json
        description.check_response("GET", FILE, 200, whole)
        assert [one["id"] for one in whole["data"]] == [other, *reversed(ids)]
        seen: list[str] = []
        after = ""
        while True:
            page = (await client.send("GET", f"{FILE}?purpose=fine-tune&order=asc&limit=2&after={after}")).json
            description.check_response("GET", FILE, 200, page)
            seen += [one["id"] for one in page["data"]]
            assert (page["first_id"], page["last_id"]) == (page["data"][0]["id"], page["data"][-1]["id"])
            if not page["has_more"]:
                break
            after = page["last_id"]
        assert seen == ids

    async def test_an_empty_list(self, client: Client, description: Description) -> None:
        empty = (await client.send("GET", FILE)).json
        description.check_response("GET", FILE, 200, empty)
        assert (empty["data"], empty["has_more"]) == ([], False)

    @pytest.mark.parametrize(
        ("query", "param"),
        [
            ("limit=0", "limit"),
            ("limit=10001", "limit"),
            ("limit=x", "limit"),
            ("after=file-x", "after"),
            ("order=up", "order"),
        ],
    )
    async def test_wrong_queries(self, query: str, param: str, client: Client) -> None:
        refused = await client.send("GET", f"{FILE}?{query}")
        assert (refused.status, refused.error["param"]) == (400, param)


class TestKeeping:
    async def test_a_data_folder_survives_a_restart(self, tmp_path: Path) -> None:
        settings = OfflineSettings(data_dir=tmp_path / "kept")
        async with aiohttp.ClientSession() as http:
            async with offline_api(settings) as server:
                async with http.post(server.url + FILE, data=form(LINES)) as response:
                    first = await response.json()
                async with http.post(server.url + FILE, data=form(LINES * 2)) as response:
                    second = await response.json()
                async with http.delete(f"{server.url}{FILE}/{first['id']}") as response:
                    assert response.status == 200
            async with offline_api(settings) as server:
                async with http.get(server.url + FILE) as response:
                    assert (await response.json())["data"] == [second]
                async with http.get(f"{server.url}{FILE}/{second['id']}/content") as response:
                    assert await response.read() == LINES * 2

    async def test_without_one_nothing_is_left(self) -> None:
        async with aiohttp.ClientSession() as http:
            async with offline_api() as server:
                async with http.post(server.url + FILE, data=form(LINES)) as response:
                    file_id = (await response.json())["id"]
                path = server._state.files.path(file_id)
                assert path.is_file()
            assert not path.exists()
            assert not path.parent.parent.exists()

    async def test_a_client_that_goes_away_leaves_nothing(self, client: Client) -> None:
        async def endless() -> AsyncIterator[bytes]:
            yield b"x" * 100_000
            started.set()
            await asyncio.Event().wait()

        started = asyncio.Event()
        sending = asyncio.create_task(upload(client, endless(), purpose="user_data"))
        await started.wait()
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
        await client.server.requests.wait_until(lambda log: log[0].state == "disconnected")
        assert (await client.send("GET", FILE)).json["data"] == []


async def lines_of(size: int) -> AsyncIterator[bytes]:
    block = LINES * 250
    for _ in range(size // len(block)):
        yield block


@pytest.mark.slow
async def test_200_mb_go_up_and_down_in_bounded_memory(client: Client) -> None:
    process = psutil.Process()
    peaks: list[int] = []

    async def watch() -> None:
        while True:
            peaks.append(process.memory_info().rss)
            await asyncio.sleep(0.02)

    await upload(client)  # whatever is loaded once, is loaded now
    before = process.memory_info().rss
    watching = asyncio.create_task(watch())
    sent = await upload(client, lines_of(200_000_000))
    assert sent.status == 200, sent.body
    got = 0
    async with client.http.get(f"{client.server.url}{FILE}/{sent.json['id']}/content") as response:
        async for block in response.content.iter_any():
            got += len(block)
    watching.cancel()
    assert got == sent.json["bytes"] > 199_000_000
    grown = max(peaks) - before  # of client and server together
    print(f"\n200 MB up and down: {grown / 1e6:.0f} MB more memory")
    assert grown < 40_000_000
