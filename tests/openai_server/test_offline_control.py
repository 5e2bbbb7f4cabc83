"""The control endpoint: what a test in another process may ask for."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from botcore.testing.openai_server import OfflineSettings

if TYPE_CHECKING:
    from botcore.testing.openai_server import OfflineApi
    from tests.openai_server.conftest import Client


async def test_faults(client: Client) -> None:
    fault = {"fault": "status", "status": 503, "path": "/chat/completions", "times": 2, "skip": 1}
    assert (await client.control("POST", "/faults", fault)).json == {"faults": 1}
    assert [(await client.chat("hi")).status for _ in range(4)] == [200, 503, 503, 200]
    await client.control("POST", "/faults", {"fault": "status", "status": 500, "times": 0})
    assert [(await client.chat("hi")).status for _ in range(2)] == [500, 500]
    assert (await client.control("DELETE", "/faults")).json == {"faults": 0}
    assert (await client.chat("hi")).status == 200


@pytest.mark.parametrize(
    ("path", "body", "message"),
    [
        ("/faults", {}, "'fault'"),
        ("/faults", {"fault": "storm"}, "unknown fault 'storm'"),
        ("/faults", {"fault": "hang", "status": 5}, "'hang' has no status"),
        ("/script", {}, "'reply'"),
        ("/script", {"reply": 5}, "text or an array of texts"),
        ("/script", {"reply": "x", "finish": "bored"}, "'finish' cannot be 'bored'"),
        ("/script", {"tool_call": {"name": "f", "arguments": 5}}, "an object or a text"),
        ("/pace", {"first_token": -1}, "below minimum"),
        ("/holds/hold-9/release", {}, "no hold 'hold-9'"),
        ("/teapots", {}, "no control request POST /_offline/teapots"),
    ],
)
async def test_mistakes_are_named(path: str, body: dict[str, Any], message: str, client: Client) -> None:
    reply = await client.control("POST", path, body)
    assert reply.status in {400, 404}
    assert message in reply.error["message"]


async def test_scripts(client: Client) -> None:
    for line in (
        {"reply": "one"},
        {"reply": ["tw", "o"], "finish": "length", "when": "two"},
        {"tool_call": {"name": "f", "arguments": {"x": 1}}},
        {"tool_calls": [{"name": "f"}, {"name": "g", "arguments": "{"}], "text": "both"},
        {"refusal": "no"},
        {"content_filter": "part"},
    ):
        assert (await client.control("POST", "/script", line)).status == 200
    assert (await client.chat("hello")).text == "one"
    assert (await client.chat("two")).text == "two"
    assert (await client.chat("hello")).calls == [("f", {"x": 1})]
    both = await client.chat("hello")
    assert both.text == "both"
    assert [call["function"]["arguments"] for call in both.message["tool_calls"]] == ["{}", "{"]
    assert (await client.chat("hello")).message["refusal"] == "no"
    assert (await client.chat("hello")).json["choices"][0]["finish_reason"] == "content_filter"
    await client.control("POST", "/script", {"reply": "again", "times": 0})
    assert [(await client.chat("hello")).text for _ in range(3)] == ["again"] * 3
    assert (await client.control("DELETE", "/script")).json == {"script": 0}


async def test_holds(client: Client) -> None:
    hold = (await client.control("POST", "/holds", {"after_chunks": 1})).json["id"]
    assert (await client.control("GET", f"/holds/{hold}?wait=0")).json["waiting"] == 0
    asked = asyncio.create_task(client.stream("say one two three"))
    assert (await client.control("GET", f"/holds/{hold}?wait=5")).json["waiting"] == 1
    assert not asked.done()
    assert (await client.control("POST", f"/holds/{hold}/release")).json["released"] is True
    assert (await asked).text == "one two three"


async def test_requests_are_shown_without_the_key(client: Client) -> None:
    await client.send("POST", "/moderations", {"input": "x"}, headers={"Authorization": "Bearer sk-fake-secret"})
    waiting = asyncio.create_task(client.control("GET", "/requests?path=/chat/completions&count=1&wait=5"))
    await client.chat("hello")
    shown = (await waiting).json["requests"]
    assert [(one["path"], one["json"]["messages"][0]["content"]) for one in shown] == [("/chat/completions", "hello")]
    everything = await client.control("GET", "/requests")
    assert len(everything.json["requests"]) == 2
    assert b"sk-fake-secret" not in everything.body
    assert everything.json["requests"][0]["headers"]["authorization"] == "***"
    assert len((await client.control("GET", "/requests?count=9&wait=0.01")).json["requests"]) == 2
    assert (await client.control("GET", "/requests?count=x")).status == 400
    assert (await client.control("GET", "/requests?count=9&wait=soon")).status == 400
    await client.control("DELETE", "/requests")
    assert (await client.control("GET", "/requests")).json == {"requests": []}


async def test_pace_and_status_and_reset(client: Client, server: OfflineApi) -> None:
    assert (await client.control("POST", "/pace", {"chunks": 7})).json["chunks"] == 7
    paced = await client.control("POST", "/pace", {"chunk_interval": 0.001})
    assert paced.json == {"first_token": 0.0, "chunk_interval": 0.001, "chunks": 7}
    assert len([one for one in (await client.stream("hello")).deltas if one.get("content")]) == 7
    await client.control("POST", "/faults", {"fault": "hang"})
    await client.control("POST", "/script", {"reply": "x"})
    status = (await client.control("GET", "")).json
    assert (status["server"], status["requests"], status["faults"], status["script"]) == ("offline stand-in", 1, 1, 1)
    assert status["used_tokens"] > 0
    after = (await client.control("POST", "/reset")).json
    assert (after["requests"], after["faults"], after["script"], after["pace"]["chunks"]) == (0, 0, 0, None)
    assert (await client.chat("hello")).text == "Hello!"


async def test_web_pages_have_no_access(client: Client) -> None:
    reply = await client.control("GET", "", headers={"Origin": "https://evil.example"})
    assert reply.status == 403


class TestSwitchedOff:
    @pytest.fixture
    def settings(self) -> OfflineSettings:
        return OfflineSettings(control=False)

    async def test_there_is_no_control_endpoint(self, client: Client) -> None:
        reply = await client.control("GET", "")
        assert reply.status == 404
        assert "Invalid URL" in reply.error["message"]
