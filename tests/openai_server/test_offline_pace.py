"""Pace, holds, records, and how the server starts and stops."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
import time
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import aiohttp
import pytest

from botcore.testing.openai_server import OfflineApi, OfflineSettings, Pace, offline_api, serve

if TYPE_CHECKING:
    from tests.openai_server.conftest import Client

TEXT = "say one two three four five"


async def test_chunks_come_at_their_interval(client: Client, server: OfflineApi) -> None:
    server.pace = Pace(first_token=0.03, chunk_interval=0.02)
    started = time.monotonic()
    stream = await client.stream(TEXT)
    assert stream.text == "one two three four five"
    assert 0.03 + 4 * 0.02 <= time.monotonic() - started < 5
    record = server.requests[0]
    assert record.chunks_sent == 5
    assert record.first_chunk_at is not None
    assert record.first_chunk_at - record.received_at >= 0.03


async def test_many_streams_keep_the_pace_together(client: Client, server: OfflineApi) -> None:
    server.pace = Pace(chunk_interval=0.01, chunks=20)
    started = time.monotonic()
    streams = await asyncio.gather(*(client.stream(TEXT) for _ in range(50)))
    assert {stream.text for stream in streams} == {"one two three four five"}
    assert time.monotonic() - started < 8  # one after another they would take 9.5 s


async def test_a_stream_is_held_at_a_chunk_until_released(client: Client, server: OfflineApi) -> None:
    hold = server.hold(after_chunks=2)
    asked = asyncio.create_task(client.stream(TEXT))
    await hold.reached()
    assert (server.requests[0].chunks_sent, server.requests[0].state) == (2, "open")
    assert not asked.done()
    hold.release()
    assert (await asked).text == "one two three four five"
    await server.requests.wait_until(lambda log: log[0].state == "answered")
    assert (await client.stream(TEXT)).text == "one two three four five"  # the hold is used up


async def test_what_was_sent_before_the_hold_has_arrived(client: Client, server: OfflineApi) -> None:
    server.pace = Pace(chunk_interval=0.001)
    server.hold(after_chunks=2)
    async with client.http.post(server.url + "/chat/completions", json=client.payload(TEXT, stream=True)) as answer:
        got = b""
        async with asyncio.timeout(5):
            while b" two" not in got:
                got += await answer.content.readany()
    assert b" three" not in got


async def test_headers_can_be_held_and_several_at_once(client: Client, server: OfflineApi) -> None:
    hold = server.hold(times=2)
    asked = [asyncio.create_task(client.chat("hello")) for _ in range(2)]
    await hold.reached(2)
    assert (await client.chat("hello")).text == "Hello!"  # the third is not caught
    hold.release()
    assert [(await one).text for one in asked] == ["Hello!", "Hello!"]


async def test_a_hold_that_is_not_reached_times_out(server: OfflineApi) -> None:
    with pytest.raises(TimeoutError):
        await server.hold().reached(within=0.01)


async def test_a_client_that_goes_away_is_noticed_mid_stream(client: Client, server: OfflineApi) -> None:
    hold = server.hold(after_chunks=1)
    asked = asyncio.create_task(client.stream(TEXT))
    await hold.reached()
    asked.cancel()
    await server.requests.wait_until(lambda log: log[0].state == "disconnected")
    assert (server.requests[0].chunks_sent, hold.waiting) == (1, 0)
    server.pace = Pace(chunk_interval=0.01, chunks=1000)
    paced = asyncio.create_task(client.stream(TEXT))
    await server.requests.wait_until(lambda log: len(log) == 2 and log[1].first_chunk_at is not None)
    paced.cancel()
    await server.requests.wait_until(lambda log: log[1].state == "disconnected")
    assert server.requests[1].chunks_sent < 1000


async def test_what_was_received_can_be_looked_at(client: Client, server: OfflineApi) -> None:
    await client.send("POST", "/moderations", {"input": "x"}, headers={"Authorization": "Bearer sk-fake"})
    await client.send("GET", "/models?limit=3")
    first, second = server.requests
    assert (first.method, first.path, first.json, first.key) == ("POST", "/moderations", {"input": "x"}, "sk-fake")
    assert (second.path, second.raw_path, second.key, second.json) == ("/models", "/v1/models?limit=3", None, None)
    assert [one.status for one in server.requests] == [200, 200]
    assert server.requests.to("/models") == [second]
    with pytest.raises(TimeoutError):
        await server.requests.wait_for(3, within=0.01)
    server.requests.clear()
    assert len(server.requests) == 0


class TestBounds:
    @pytest.fixture
    def settings(self) -> OfflineSettings:
        return OfflineSettings(record_limit=3, max_body=1000)

    async def test_only_the_latest_are_kept(self, client: Client, server: OfflineApi) -> None:
        for at in range(5):
            await client.chat(str(at))
        assert [one.json["messages"][0]["content"] for one in server.requests] == ["2", "3", "4"]

    async def test_too_large_a_body_is_refused(self, client: Client) -> None:
        assert (await client.chat("x" * 1000)).status == 413

        async def pieces() -> AsyncIterator[bytes]:
            for _ in range(50):
                yield b"x" * 100

        async with client.http.post(client.server.url + "/chat/completions", data=pieces()) as answer:
            assert answer.status == 413


class TestPrefix:
    @pytest.fixture
    def settings(self) -> OfflineSettings:
        return OfflineSettings(prefix="/openai/v1")

    async def test_the_api_lies_below_its_prefix(self, client: Client) -> None:
        assert client.server.url.endswith("/openai/v1")
        assert (await client.chat("hello")).status == 200


async def test_a_large_upload_that_waits_for_leave_is_taken(client: Client) -> None:
    body = client.payload("hello" * 1000)
    assert (await client.send("POST", "/chat/completions", body, expect100=True)).status == 200


async def test_an_old_client_gets_an_unframed_stream(client: Client) -> None:
    host, _, port = client.server.url.removeprefix("http://").removesuffix("/v1").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    body = b'{"model":"gpt-4o","stream":true,"messages":[{"role":"user","content":"say hi"}]}'
    writer.write(b"POST /v1/chat/completions HTTP/1.0\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
    head, _, rest = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()
    assert b"chunked" not in head.lower()
    assert rest.startswith(b"data: {")
    assert rest.endswith(b"data: [DONE]\n\n")


async def test_a_server_can_be_started_again_but_not_twice() -> None:
    server = OfflineApi()
    assert server.url == server.control_url == ""
    for _ in range(2):
        async with server:
            assert server.url.startswith("http://127.0.0.1:")
            with pytest.raises(RuntimeError, match="runs already"):
                await server.start()
            async with aiohttp.ClientSession() as http, http.get(server.url + "/models") as answer:
                assert answer.status == 200
        await server.stop()


async def test_a_taken_port_is_an_error(server: OfflineApi) -> None:
    port = int(server.url.removesuffix("/v1").rpartition(":")[2])
    with pytest.raises(OSError, match="address already in use"):
        await OfflineApi().start(port=port)


async def test_running_answers_are_finished_when_it_stops() -> None:
    settings = OfflineSettings(introduce=False, pace=Pace(chunk_interval=0.01, chunks=10), shutdown_timeout=5)
    async with aiohttp.ClientSession() as http:
        async with offline_api(settings) as server:
            body = {"model": "gpt-4o", "stream": True, "messages": [{"role": "user", "content": TEXT}]}
            answer = await http.post(server.url + "/chat/completions", json=body)
        assert (await answer.read()).endswith(b"data: [DONE]\n\n")


async def test_serving_ends_with_its_cancellation() -> None:
    urls: asyncio.Queue[str] = asyncio.Queue()
    task = asyncio.create_task(serve(0, ready=urls.put_nowait))
    url = await asyncio.wait_for(urls.get(), 5)
    async with aiohttp.ClientSession() as http:
        async with http.get(url + "/models") as answer:
            assert answer.status == 200
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        with pytest.raises(aiohttp.ClientConnectorError):
            await http.get(url + "/models")


async def test_another_process_can_serve_and_is_stopped_by_interrupt() -> None:
    code = (
        "import asyncio, contextlib\n"
        "from botcore.testing.openai_server import serve\n"
        "with contextlib.suppress(KeyboardInterrupt):\n"
        "    asyncio.run(serve(0, ready=lambda url: print(url, flush=True)))\n"
        "print('ended')\n"
    )
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    try:
        url = (await asyncio.wait_for(process.stdout.readline(), 30)).decode().strip()
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/v1", url)
        async with aiohttp.ClientSession() as http:
            control = url.removesuffix("/v1") + "/_offline"
            async with http.post(control + "/script", json={"reply": "from afar"}) as answer:
                assert answer.status == 200
            body = {"model": "gpt-4o", "messages": [{"role": "user", "content": "hello"}]}
            async with http.post(url + "/chat/completions", json=body) as answer:
                assert (await answer.json())["choices"][0]["message"]["content"] == "from afar"
        os.kill(process.pid, signal.SIGINT)
        assert (await asyncio.wait_for(process.stdout.read(), 10)).decode().strip() == "ended"
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
