"""Addresses, headers, retries, time limits and everything a broken server can do."""

from __future__ import annotations

import asyncio
import gzip
import json
import socket
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from botcore import errors
from botcore.openai import Api, ApiSettings, Backoff, ChatRequest, Secret, Timeouts
from botcore.openai.connection import environment_proxy
from botcore.openai.retry import pause
from botcore.openai.settings import api_root

if TYPE_CHECKING:
    from tests.openai.conftest import Connect, ScriptedServer, Wire


@pytest.mark.parametrize(
    ("written", "root"),
    [
        ("https://api.openai.com", "https://api.openai.com/v1"),
        ("https://api.openai.com/", "https://api.openai.com/v1"),
        ("https://api.openai.com/v1", "https://api.openai.com/v1"),
        (" http://localhost:11434/v1/ ", "http://localhost:11434/v1"),
        ("http://[::1]:8000", "http://[::1]:8000/v1"),
        ("https://openrouter.ai/api/v1//", "https://openrouter.ai/api/v1"),
        ("https://gateway.example/llm", "https://gateway.example/llm"),
    ],
)
def test_a_base_url_is_taken_as_operators_write_it(written: str, root: str) -> None:
    assert api_root(written) == (root, "")


@pytest.mark.parametrize(
    "written",
    [
        "",
        "api.openai.com",
        "localhost:11434",
        "ftp://x/v1",
        "https://",
        "https://me:secret@x/v1",
        "http://x:99999/",
        "http://[",
    ],
)
def test_a_wrong_base_url_is_a_clear_line_without_secrets(written: str) -> None:
    with pytest.raises(errors.ConfigError, match="base URL") as caught:
        ApiSettings(base_url=written)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("key", ["sk-\u00fcml\u00e4ut", "sk-with\nline"])
def test_a_key_that_no_header_can_carry_is_refused_unquoted(key: str) -> None:
    with pytest.raises(errors.ConfigError, match="API key") as caught:
        ApiSettings(api_key=Secret(key))
    assert key not in str(caught.value)


async def test_who_asks_is_said_in_headers(connect: Connect, server: ScriptedServer, hello: ChatRequest) -> None:
    server.will(server.answer(server.completion()))
    await connect(organization="org-1", project="proj-1", api_key=Secret(server.key + "\n")).chat.complete(hello)
    await connect(api_key=None).chat.complete(hello)
    with_all, without = (asked.headers for asked in server.asked)
    assert with_all["authorization"] == f"Bearer {server.key}"
    assert (with_all["openai-organization"], with_all["openai-project"]) == ("org-1", "proj-1")
    assert with_all["content-type"] == "application/json"
    assert not {"authorization", "openai-organization", "openai-project"} & set(without)


async def test_a_query_of_the_base_url_stays(connect: Connect, server: ScriptedServer, hello: ChatRequest) -> None:
    server.will(server.answer(server.completion()))
    await connect(base_url=f"{server.url}/deployments/d?api-version=2").chat.complete(hello)
    assert server.asked[0].target == "/deployments/d/chat/completions?api-version=2"


async def test_what_passes_is_repeated(api: Api, server: ScriptedServer, hello: ChatRequest) -> None:
    server.will(
        server.fault(503), server.fault(429, code="rate_limit_exceeded", retry_after_ms="1"), server.raw(b""),
        server.answer(server.completion("at last")),
    )  # fmt: skip
    assert (await api.chat.complete(hello)).text == "at last"
    assert len({asked.body for asked in server.asked}) == 1, "the same request each time"


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (429, "insufficient_quota", errors.QuotaExceeded),
        (400, None, errors.BadRequest),
        (401, None, errors.AuthFailed),
        (400, "context_length_exceeded", errors.ContextOverflow),
    ],
)
async def test_what_does_not_pass_is_not_repeated(
    api: Api, server: ScriptedServer, hello: ChatRequest, status: int, code: str | None, kind: type[errors.ApiError]
) -> None:
    server.will(server.fault(status, "no", code))
    with pytest.raises(kind) as caught:
        await api.chat.complete(hello)
    assert (len(server.asked), caught.value.attempts) == (1, 1)


async def test_the_last_error_says_how_often_it_was_tried(
    connect: Connect, server: ScriptedServer, hello: ChatRequest
) -> None:
    server.will(server.fault(500, x_request_id="req-5"))
    with pytest.raises(errors.Unavailable, match="after 3 attempts") as caught:
        await connect(max_attempts=3).chat.complete(hello)
    assert (len(server.asked), caught.value.attempts, caught.value.request_id) == (3, 3, "req-5")


async def test_a_wait_beyond_the_deadline_is_not_waited_for(
    api: Api, server: ScriptedServer, hello: ChatRequest
) -> None:
    server.will(server.fault(429, retry_after="3600"))
    async with asyncio.timeout(20):
        with pytest.raises(errors.RateLimited) as caught:
            await api.chat.complete(hello)
    assert (caught.value.retry_after, len(server.asked)) == (3600.0, 1)


@given(st.integers(1, 50), st.none() | st.floats(0, 100))
def test_pauses_have_full_jitter_and_heed_the_server(failed: int, asked: float | None) -> None:
    wait = pause(Backoff(base=0.5, cap=8.0), failed, asked)
    least = asked or 0.0
    assert least <= wait <= least + min(8.0, 0.5 * 2 ** (failed - 1))


async def test_one_deadline_holds_for_all_attempts(
    connect: Connect, server: ScriptedServer, hello: ChatRequest
) -> None:
    async def hang(wire: Wire) -> None:
        await wire.client_is_gone()

    server.will(server.fault(503, "warming up"), hang)
    with pytest.raises(errors.ApiTimeout, match=r"deadline of 1 s; before that: .*warming up") as caught:
        await connect(deadline=1).chat.complete(hello)
    assert caught.value.attempts == 2


async def test_slow_headers_time_out_and_are_not_repeated(
    connect: Connect, server: ScriptedServer, hello: ChatRequest
) -> None:
    gone = asyncio.Event()

    async def dawdle(wire: Wire) -> None:
        await wire.send(b"HTTP/1.1 200 OK\r\nContent-")
        await wire.client_is_gone()
        gone.set()

    server.will(dawdle)
    with pytest.raises(errors.ApiTimeout):
        await connect(timeouts=Timeouts(read=0.1)).chat.complete(hello)
    assert len(server.asked) == 1
    async with asyncio.timeout(20):
        await gone.wait()


async def test_an_upload_that_nobody_takes_times_out(connect: Connect) -> None:
    stuck = asyncio.Event()

    async def takes_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await stuck.wait()
        writer.close()

    listener = await asyncio.start_server(takes_nothing, "127.0.0.1", 0, limit=1024)
    port = listener.sockets[0].getsockname()[1]
    api = connect(base_url=f"http://127.0.0.1:{port}", timeouts=Timeouts(write=0.2), max_attempts=1)
    big = ChatRequest(model="m", messages=[{"role": "user", "content": "x" * 30_000_000}])
    try:
        with pytest.raises(errors.ApiTimeout):
            await api.chat.complete(big)
    finally:
        stuck.set()
        listener.close()


async def test_a_large_upload_arrives_whole(api: Api, server: ScriptedServer) -> None:
    server.will(server.answer(server.completion()))
    text = "".join(chr(0x4E00 + place % 1000) for place in range(200_000))
    await api.chat.complete(ChatRequest(model="m", messages=[{"role": "user", "content": text}]))
    assert server.asked[0].json["messages"][0]["content"] == text


async def test_nobody_listening_is_unreachable(connect: Connect, hello: ChatRequest) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(errors.ApiUnreachable, match=r"127\.0\.0\.1") as caught:
        await connect(base_url=f"http://127.0.0.1:{port}", max_attempts=2).chat.complete(hello)
    assert caught.value.attempts == 2


async def test_a_name_that_does_not_exist_is_unreachable(connect: Connect, hello: ChatRequest) -> None:
    with pytest.raises(errors.ApiUnreachable):
        await connect(base_url="http://api.invalid", max_attempts=1).chat.complete(hello)


async def test_a_body_that_breaks_off_is_repeated(api: Api, server: ScriptedServer, hello: ChatRequest) -> None:
    cut = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n" + b'{"choices": ['
    server.will(server.raw(cut), server.answer(server.completion("whole")))
    assert (await api.chat.complete(hello)).text == "whole"


@pytest.mark.parametrize("noise", [b"\x16\x03\x01 not HTTP at all\r\n\r\n", b"HTTP/1.1 999999 ?\r\n\r\n", b"\r\n" * 10])
async def test_what_is_no_http_is_an_api_error(
    connect: Connect, server: ScriptedServer, hello: ChatRequest, noise: bytes
) -> None:
    server.will(server.raw(noise))
    with pytest.raises((errors.BadResponse, errors.ApiUnreachable)):
        await connect(max_attempts=1).chat.complete(hello)


async def test_tls_that_is_none_is_unreachable(connect: Connect, hello: ChatRequest) -> None:
    async def speaks_plainly(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 This is plain HTTP\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(speaks_plainly, "127.0.0.1", 0) as listener:
        port = listener.sockets[0].getsockname()[1]
        with pytest.raises(errors.ApiUnreachable, match="SSL"):
            await connect(base_url=f"https://127.0.0.1:{port}", max_attempts=1).chat.complete(hello)


@pytest.mark.parametrize("declared", [True, False])
async def test_a_huge_body_is_not_taken(
    connect: Connect, server: ScriptedServer, hello: ChatRequest, declared: bool
) -> None:
    async def flood(wire: Wire) -> None:
        length = {"content_length": str(10**12)} if declared else {"transfer_encoding": "chunked"}
        await wire.head(content_type="application/json", **length)
        while not wire.writer.is_closing():
            await (wire.send if declared else wire.chunk)(b" " * 65536)

    server.will(flood)
    with pytest.raises(errors.BadResponse, match="max_body_bytes"):
        await connect(max_body_bytes=1_000_000).chat.complete(hello)
    async with connect(max_body_bytes=1_000_000) as api:
        with pytest.raises(errors.BadResponse, match="max_body_bytes"):
            await anext(await api.chat.stream(hello).__aenter__())


async def test_a_packed_body_is_unpacked_and_its_size_is_that_unpacked(
    connect: Connect, server: ScriptedServer, hello: ChatRequest
) -> None:
    packed = gzip.compress(json.dumps(server.completion("packed")).encode())
    bomb = gzip.compress(b" " * 50_000_000)
    server.will(server.answer(packed, content_encoding="gzip"), server.answer(bomb, content_encoding="gzip"))
    api = connect(max_body_bytes=1_000_000)
    assert (await api.chat.complete(hello)).text == "packed"
    with pytest.raises(errors.BadResponse, match="max_body_bytes"):
        await api.chat.complete(hello)
    server.scripts[:] = [server.answer(b"not gzip", content_encoding="gzip")]
    with pytest.raises(errors.BadResponse):
        await api.chat.complete(hello)


async def test_a_redirect_to_another_host_is_not_followed_with_the_key(
    api: Api, server: ScriptedServer, hello: ChatRequest
) -> None:
    server.will(server.answer(b"", 307, location=f"http://localhost:{server.port}/v1/chat/completions"))
    with pytest.raises(errors.BadResponse, match="the key stays with"):
        await api.chat.complete(hello)
    assert len(server.asked) == 1


async def test_a_redirect_within_the_server_is_followed_where_the_request_survives(
    api: Api, server: ScriptedServer, hello: ChatRequest
) -> None:
    server.will(server.answer(b"", 307, location="/elsewhere"), server.answer(server.completion("there")))
    assert (await api.chat.complete(hello)).text == "there"
    assert [asked.target for asked in server.asked] == ["/v1/chat/completions", "/elsewhere"]
    assert server.asked[1].json == server.asked[0].json

    server.scripts[:] = [server.answer(b"", 302, location="/elsewhere")]
    with pytest.raises(errors.BadResponse, match="lose the request"):
        await api.chat.complete(hello)
    server.scripts[:] = [server.answer(b"", 307, location="/round/and/round")]
    with pytest.raises(errors.BadResponse, match="more than 3 times"):
        await api.chat.complete(hello)


async def test_a_proxy_of_the_environment_is_used_but_not_for_loopback(
    connect: Connect, server: ScriptedServer, hello: ChatRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("HTTP_PROXY", server.url)
    monkeypatch.setenv("NO_PROXY", "direct.invalid")
    server.will(server.answer(server.completion("through the proxy")))
    assert (await connect(base_url="http://api.invalid").chat.complete(hello)).text == "through the proxy"
    assert server.asked[0].target == "http://api.invalid/v1/chat/completions"
    assert environment_proxy("http://127.0.0.1:1/v1") is None
    assert environment_proxy("http://localhost/v1") is None
    assert environment_proxy("http://direct.invalid/v1") is None
    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:1")
    with pytest.raises(errors.ConfigError, match="proxy"):
        connect(base_url="https://api.invalid")


async def test_a_request_that_json_cannot_express_is_our_own_fault(api: Api, server: ScriptedServer) -> None:
    request = ChatRequest(model="m", messages=[], extra={"seed": 1j})  # type: ignore[dict-item]  # pyright: ignore[reportArgumentType]
    with pytest.raises(errors.BadRequest, match="our own request"):
        await api.chat.complete(request)
    big = ChatRequest(model="m", messages=[], seed=2**80)
    server.will(server.answer(server.completion()))
    await api.chat.complete(big)
    assert server.asked[0].json["seed"] == 2**80
