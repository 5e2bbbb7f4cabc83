"""The stand-in's requests and answers fit the public description of the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from botcore.testing.openapi import Description, Mismatch

if TYPE_CHECKING:
    from tests.openai_server.conftest import Client

pytestmark = pytest.mark.timeout(120)  # parsing the description takes seconds on a busy machine

WEATHER = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "Tell the weather at a place.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
CHATS: dict[str, tuple[list[Any], dict[str, Any]]] = {
    "plain": (["hello"], {}),
    "many choices": (["hello"], {"n": 3, "stop": ["zzz"], "temperature": 0.5, "user": "u"}),
    "cut": (["write 100 words"], {"max_completion_tokens": 5}),
    "tool call": (["call weather in Paris"], {"tools": [WEATHER], "tool_choice": "auto"}),
    "function call": (["call weather in Paris"], {"functions": [WEATHER["function"]]}),
    "picture": (
        [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://example.org/a.png"}}]}],
        {},
    ),
    "json": (["json please"], {"response_format": {"type": "json_object"}}),
    "after a tool": (
        [
            "call weather in Paris",
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [
                    {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": "{}"}}
                ],
            },
            {"role": "tool", "tool_call_id": "call_1", "content": "sunny"},
        ],
        {"tools": [WEATHER]},
    ),
}


@pytest.mark.parametrize("name", CHATS)
async def test_chat_completions_fit(name: str, client: Client, description: Description) -> None:
    messages, fields = CHATS[name]
    payload = client.payload(*messages, **fields)
    description.check_request("POST", "/chat/completions", payload)
    reply = await client.chat(*messages, **fields)
    assert reply.status == 200
    description.check_response("POST", "/chat/completions", 200, reply.json)
    streamed = await client.stream(*messages, **fields, stream_options={"include_usage": True})
    assert len(streamed.chunks) >= 3
    for chunk in streamed.chunks[:-1]:
        without_usage = {key: value for key, value in chunk.items() if key != "usage"}  # null until the last
        assert chunk["usage"] is None
        description.check_response("POST", "/chat/completions", 200, without_usage, media_type="text/event-stream")
    description.check_response("POST", "/chat/completions", 200, streamed.chunks[-1], media_type="text/event-stream")


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/moderations", {"input": "I want to kill them."}),
        ("POST", "/moderations", {"input": ["a", "b"], "model": "text-moderation-latest"}),
        ("POST", "/embeddings", {"input": "hello", "model": "text-embedding-3-small", "dimensions": 8}),
        ("GET", "/models", None),
        ("GET", "/models/gpt-4o", None),
        ("DELETE", "/models/ft:gpt-4o-mini:offline::sample", None),
    ],
)
async def test_other_endpoints_fit(method: str, path: str, body: Any, client: Client, description: Description) -> None:
    if body is not None:
        description.check_request(method, path, body)
    reply = await client.send(method, path, body)
    description.check_response(method, path, 200, reply.json)


async def test_errors_fit(client: Client, description: Description) -> None:
    for reply in (
        await client.chat("hi", model="nothing"),
        await client.send("POST", "/chat/completions", b"{"),
        await client.send("GET", "/nothing"),
    ):
        assert reply.status >= 400
        description.check_schema("ErrorResponse", reply.json)


def test_what_does_not_fit_is_named(description: Description) -> None:
    with pytest.raises(Mismatch, match="messages"):
        description.check_request("POST", "/chat/completions", {"model": "gpt-4o"})
    with pytest.raises(Mismatch, match="owned_by"):
        description.check_response("GET", "/models/x", 200, {"id": "x", "object": "model", "created": 1})
    with pytest.raises(LookupError, match="no GET /teapots"):
        description.check_response("GET", "/teapots", 200, {})
