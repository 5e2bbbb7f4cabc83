"""Faults on demand, as a client sees them on the wire."""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from botcore.testing.openai_server import (
    CutStream,
    Dribble,
    ErrorInStream,
    Fault,
    Hang,
    HugeBody,
    InvalidUtf8,
    MalformedSse,
    MissingDone,
    Noise,
    NotJson,
    OfflineApi,
    OfflineSettings,
    Redirect,
    Reset,
    SlowHeaders,
    Stall,
    Status,
    WrongContentType,
)
from botcore.testing.openai_server.faults import FAULTS, make_fault

if TYPE_CHECKING:
    from tests.openai_server.conftest import Client

SAID = "one two three four five six"


async def raw(client: Client, *, stream: bool, until: bytes | None = None) -> bytes:
    """The bytes of an answer to `say ...`, headers included: until the connection ends, or `until` is there."""
    host, _, port = client.server.url.removeprefix("http://").removesuffix("/v1").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    body = json.dumps(client.payload(f"say {SAID}", stream=stream)).encode()
    head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n"
    writer.write(head.encode() + body)
    got = b""
    try:
        async with asyncio.timeout(5):
            while part := await reader.read(65536):
                got += part
                if until is not None and until in got:
                    break
    finally:
        writer.close()
    return got


async def streamed(client: Client) -> tuple[list[str], bool]:
    """The data of a stream's events, and whether it ended as HTTP demands."""
    got = b""
    body = client.payload(f"say {SAID}", stream=True)
    async with client.http.post(client.server.url + "/chat/completions", json=body) as answer:
        try:
            async for part in answer.content.iter_any():
                got += part
        except aiohttp.ClientPayloadError:
            return [event.removeprefix("data: ") for event in got.decode().split("\n\n") if event], False
    return [event.removeprefix("data: ") for event in got.decode().split("\n\n") if event], True


def said(events: list[str]) -> str:
    chunks = [json.loads(event) for event in events if event != "[DONE]"]
    return "".join(chunk["choices"][0]["delta"].get("content") or "" for chunk in chunks if "choices" in chunk)


@pytest.mark.parametrize(
    ("fault", "kind", "code"),
    [
        (Status(500), "server_error", None),
        (Status(503), "service_unavailable", None),
        (Status(429), "requests", "rate_limit_exceeded"),
        (Status(429, code="insufficient_quota"), "insufficient_quota", "insufficient_quota"),
        (Status(400, code="context_length_exceeded"), "invalid_request_error", "context_length_exceeded"),
        (Status(401), "invalid_request_error", "invalid_api_key"),
        (Status(418, code="teapot", kind="pot", message="short"), "pot", "teapot"),
    ],
)
async def test_status(fault: Status, kind: str, code: str | None, client: Client, server: OfflineApi) -> None:
    server.faults.next(fault)
    reply = await client.chat("hello")
    assert reply.status == fault.status
    assert (reply.error["type"], reply.error["code"]) == (kind, code)
    assert reply.headers["x-request-id"]
    assert (await client.chat("hello")).status == 200


async def test_a_status_can_say_when_to_come_again_and_have_any_body(client: Client, server: OfflineApi) -> None:
    server.faults.next(Status(429, retry_after=0.5))
    server.faults.next(Status(502, body="Bad gateway"))
    assert (await client.chat("hello")).headers["retry-after"] == "0.5"
    assert (await client.chat("hello")).body == b"Bad gateway"


async def test_which_requests_are_hit(client: Client, server: OfflineApi) -> None:
    server.faults.next(Status(503), path="/chat/completions", times=2, skip=1)
    server.faults.next(Status(500), when=lambda request: request.json["messages"][-1]["content"] == "bad")
    server.faults.always(Status(404), path="/moderations")
    statuses = [(await client.chat("hello")).status for _ in range(4)]
    assert statuses == [200, 503, 503, 200]
    assert [(await client.chat(text)).status for text in ("good", "bad", "bad")] == [200, 500, 200]
    assert [(await client.send("POST", "/moderations", {"input": "x"})).status for _ in range(3)] == [404] * 3
    server.faults.clear()
    assert (await client.send("POST", "/moderations", {"input": "x"})).status == 200
    assert [request.fault for request in server.requests.to("/moderations")] == ["status"] * 3 + [None]


async def test_slow_headers_come_when_they_may(client: Client, server: OfflineApi) -> None:
    event = asyncio.Event()
    server.faults.next(SlowHeaders(until=event))
    asked = asyncio.create_task(client.chat("hello"))
    await server.requests.wait_until(lambda log: len(log) == 1 and log[0].fault == "slow_headers")
    assert not asked.done()
    event.set()
    assert (await asked).text == "Hello!"
    server.faults.next(SlowHeaders(seconds=0.05))
    started = time.monotonic()
    assert (await client.chat("hello")).text == "Hello!"
    assert time.monotonic() - started >= 0.05


@pytest.mark.parametrize("settings", [OfflineSettings(shutdown_timeout=40)])
async def test_hang_ends_with_the_client_or_the_server(client: Client, server: OfflineApi) -> None:
    server.faults.next(Hang(), times=2)
    with pytest.raises(TimeoutError):
        await client.send(
            "POST", "/chat/completions", client.payload("hello"), timeout=aiohttp.ClientTimeout(total=0.05)
        )
    await server.requests.wait_until(lambda log: log[0].state == "disconnected")
    asked = asyncio.create_task(client.chat("hello"))
    await server.requests.wait_until(lambda log: len(log) == 2 and log[1].fault == "hang")
    async with asyncio.timeout(10):  # far below its shutdown_timeout
        await server.stop()
    with pytest.raises(aiohttp.ClientError):
        await asked


async def test_reset(client: Client, server: OfflineApi) -> None:
    server.faults.next(Reset())
    with pytest.raises(ConnectionResetError):
        await raw(client, stream=False)
    assert server.requests[0].state == "cut"


async def test_redirect(client: Client, server: OfflineApi) -> None:
    server.faults.next(Redirect("https://example.org/v1"))
    reply = await client.send("POST", "/chat/completions", client.payload("x"), allow_redirects=False)
    assert (reply.status, reply.headers["location"]) == (307, "https://example.org/v1")


async def test_not_json(client: Client, server: OfflineApi) -> None:
    server.faults.next(NotJson())
    server.faults.next(NotJson("", status=502))
    reply = await client.chat("hello")
    assert (reply.status, reply.headers["content-type"]) == (200, "application/json")
    assert reply.body.startswith(b"<html>")
    assert (await client.chat("hello")).body == b""


async def test_huge_body_is_json_of_that_size(client: Client, server: OfflineApi) -> None:
    server.faults.next(HugeBody(200_000))
    reply = await client.chat("hello")
    assert len(reply.body) == 200_000
    assert set(reply.json["padding"]) == {"x"}


async def test_wrong_content_type(client: Client, server: OfflineApi) -> None:
    server.faults.next(WrongContentType("text/html"), times=2)
    reply = await client.chat("hello")
    assert (reply.headers["content-type"], reply.text) == ("text/html", "Hello!")
    assert b"content-type: text/html\r\n" in (await raw(client, stream=True)).lower()


async def test_cut_stream(client: Client, server: OfflineApi) -> None:
    server.faults.next(CutStream(after_chunks=3))
    events, whole = await streamed(client)
    assert (said(events), whole) == ("one two three", False)
    assert "[DONE]" not in events
    assert (server.requests[0].state, server.requests[0].chunks_sent) == ("cut", 3)
    server.faults.next(CutStream())
    with pytest.raises(aiohttp.ClientPayloadError):
        await client.chat("hello")


async def test_stall(client: Client, server: OfflineApi) -> None:
    server.faults.next(Stall(after_chunks=2), times=2)
    assert (await raw(client, stream=True, until=b'" two"')).count(b"data: ") == 3
    assert b'"choices"' in await raw(client, stream=False, until=b'"choices"')
    await server.requests.wait_until(lambda log: [one.state for one in log] == ["disconnected"] * 2)


async def test_malformed_sse(client: Client, server: OfflineApi) -> None:
    server.faults.next(MalformedSse(after_chunks=2), times=2)
    events, whole = await streamed(client)
    assert whole
    with pytest.raises(json.JSONDecodeError):
        json.loads(events[3])
    assert said(events[:3]) == "one two"
    with pytest.raises(json.JSONDecodeError):
        _ = (await client.chat("hello")).json


async def test_error_in_stream(client: Client, server: OfflineApi) -> None:
    server.faults.next(ErrorInStream(code="overloaded", message="Too much.", after_chunks=1), times=2)
    events, whole = await streamed(client)
    error = {"message": "Too much.", "type": "server_error", "param": None, "code": "overloaded"}
    assert (json.loads(events[-1]), said(events[:-1]), whole) == ({"error": error}, "one", True)
    assert (await client.chat("hello")).error == error


async def test_missing_done(client: Client, server: OfflineApi) -> None:
    server.faults.next(MissingDone())
    events, whole = await streamed(client)
    assert (said(events), whole, "[DONE]" in events) == (SAID, True, False)


async def test_invalid_utf8(client: Client, server: OfflineApi) -> None:
    server.faults.next(InvalidUtf8(), times=2)
    for stream in (True, False):
        with pytest.raises(UnicodeDecodeError):
            (await raw(client, stream=stream)).decode()


async def test_noise_is_lawful(client: Client, server: OfflineApi) -> None:
    server.faults.next(Noise())
    body = client.payload(f"say {SAID}", stream=True)
    async with client.http.post(server.url + "/chat/completions", json=body) as answer:
        text = (await answer.read()).decode("utf-8-sig")
    assert ": keep-alive\r\n" in text
    lines = text.replace("\r\n", "\n").split("\n")
    data = [line.removeprefix("data:").strip() for line in lines if line.startswith("data:")]
    assert said(data) == SAID
    assert data[-1] == "[DONE]"


async def test_dribble_changes_nothing_but_the_pieces(client: Client, server: OfflineApi) -> None:
    server.faults.next(Dribble(3), times=2)
    events, whole = await streamed(client)
    assert (said(events), whole) == (SAID, True)
    reply = await client.chat("say 你好 🦊")
    assert (reply.text, reply.headers["content-type"]) == ("你好 🦊", "application/json")


@pytest.mark.parametrize("name", sorted(FAULTS))
def test_every_fault_can_be_made_by_name(name: str) -> None:
    needs: dict[str, dict[str, Any]] = {"status": {"status": 500}, "redirect": {"url": "http://127.0.0.1/"}}
    needed = needs.get(name, {})
    fault: Fault = make_fault(name, needed)
    assert type(fault) is FAULTS[name]
    with pytest.raises(ValueError, match="has no colour"):
        make_fault(name, {"colour": 1})


def test_wrong_faults_are_named() -> None:
    with pytest.raises(ValueError, match="unknown fault 'storm'; there are: cut_stream, dribble"):
        make_fault("storm", {})
    with pytest.raises(ValueError, match="missing 1 required positional argument: 'status'"):
        make_fault("status", {})
