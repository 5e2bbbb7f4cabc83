"""Whatever is sent, the stand-in answers or refuses, never with a 500. It carries a thousand streams at once."""

from __future__ import annotations

import asyncio
import json
import time
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from botcore.testing.openai_server import OfflineSettings, Pace, offline_api
from botcore.testing.openai_server.brain.arguments import fill_arguments, fill_schema
from botcore.testing.openai_server.chat import create as complete
from botcore.testing.openai_server.embeddings import create as embed
from botcore.testing.openai_server.errors import ApiRefusal
from botcore.testing.openai_server.moderations import create as moderate
from botcore.testing.openai_server.state import Call, State

ROLES = st.sampled_from(["system", "developer", "user", "assistant", "tool", "function", "robot"])
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-5, 200), st.floats(0, 2), st.text(max_size=12)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["type", "text", "name", "function", "id", "url", "x"]), inner, max_size=3),
    ),
    max_leaves=6,
)
PARTS = st.fixed_dictionaries(
    {"type": st.sampled_from(["text", "image_url", "file", "refusal", "x"])},
    optional={"text": JSON, "image_url": JSON, "refusal": JSON},
)
CALLS = st.fixed_dictionaries({"id": JSON, "type": st.sampled_from(["function", "custom"]), "function": JSON})
MESSAGES = st.fixed_dictionaries(
    {"role": ROLES},
    optional={
        "content": st.one_of(st.text(max_size=40), st.lists(PARTS, max_size=2), JSON),
        "name": JSON,
        "tool_calls": st.one_of(JSON, st.lists(CALLS, max_size=2)),
        "tool_call_id": JSON,
        "function_call": JSON,
    },
)
SCHEMA_WORDS = ["type", "properties", "required", "items", "enum", "anyOf", "$ref", "minimum"]
SCHEMAS = st.recursive(
    st.sampled_from(["object", "string", "integer", "array", "#", "null"]),
    lambda inner: st.one_of(
        st.dictionaries(st.sampled_from([*SCHEMA_WORDS, "city"]), inner, max_size=4), st.lists(inner, max_size=2)
    ),
    max_leaves=8,
)
FUNCTIONS = st.fixed_dictionaries({"name": st.just("roll"), "parameters": SCHEMAS})
REQUESTS = st.fixed_dictionaries(
    {
        "model": st.sampled_from(["gpt-4o", "gpt-5", "nothing"]),
        "messages": st.one_of(st.lists(MESSAGES, max_size=4), JSON),
    },
    optional={
        "tools": st.lists(st.fixed_dictionaries({"type": st.just("function"), "function": FUNCTIONS}), max_size=2),
        "functions": st.lists(FUNCTIONS, max_size=2),
        "tool_choice": st.one_of(st.sampled_from(["auto", "none", "required"]), JSON),
        "response_format": st.one_of(
            JSON,
            st.fixed_dictionaries(
                {
                    "type": st.just("json_schema"),
                    "json_schema": st.fixed_dictionaries({"name": st.just("x"), "schema": SCHEMAS}),
                }
            ),
        ),
        "stream": st.booleans(),
        "stop": JSON,
        "n": JSON,
        "max_tokens": JSON,
        "temperature": JSON,
        "x": JSON,
    },
)


def call(body: Any) -> Call:
    return Call("POST", "/", {}, json.dumps(body).encode(), "req_1", "", {})


async def outcome(endpoint: Any, body: Any) -> int:
    """The status of an answer or a refusal; anything else escapes."""
    try:
        await endpoint(State(OfflineSettings()), call(body))
    except ApiRefusal as refusal:
        return refusal.status
    return 200


@settings(max_examples=200)
@given(REQUESTS)
def test_no_chat_request_breaks_it(body: dict[str, Any]) -> None:
    assert asyncio.run(outcome(complete, body)) in {200, 400, 404}


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(SCHEMA_WORDS), SCHEMAS, max_size=4), st.sampled_from(["", "city 5", "to city"]))
def test_no_schema_breaks_the_arguments(schema: dict[str, Any], text: str) -> None:
    assert isinstance(fill_arguments(schema, text), dict)
    json.dumps(fill_schema(schema, text, "spare"))


@settings(max_examples=50)
@given(JSON)
def test_no_input_breaks_the_other_endpoints(value: Any) -> None:
    assert asyncio.run(outcome(moderate, {"input": value})) in {200, 400}
    assert asyncio.run(outcome(embed, {"input": value, "model": "text-embedding-3-small", "dimensions": 4})) in {
        200,
        400,
    }
    assert asyncio.run(outcome(embed, {"input": "x", "model": "text-embedding-3-small", "dimensions": value})) in {
        200,
        400,
    }


class Listener(asyncio.Protocol):
    """Asks for one stream and counts what comes."""

    def __init__(self, request: bytes, done: asyncio.Future[int]) -> None:
        self.request = request
        self.done = done
        self.events = 0
        self.end = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        self.transport = transport
        transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        self.events += data.count(b"\n\n")
        self.end = (self.end + data)[-64:]
        if self.end.endswith(b"data: [DONE]\n\n\r\n0\r\n\r\n"):
            self.done.set_result(self.events)
            self.transport.close()


@pytest.mark.slow
async def test_a_thousand_streams_at_once() -> None:
    body = json.dumps({"model": "gpt-4o", "stream": True, "messages": [{"role": "user", "content": "hi"}]}).encode()
    request = b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
    pace = Pace(chunk_interval=0.02, chunks=50)
    async with offline_api(OfflineSettings(answer="x" * 500, pace=pace, record=False)) as server:
        port = int(server.url.removesuffix("/v1").rpartition(":")[2])
        loop = asyncio.get_running_loop()
        answers: list[asyncio.Future[int]] = [loop.create_future() for _ in range(1000)]
        started = time.monotonic()
        for answer in answers:
            await loop.create_connection(partial(Listener, request, answer), "127.0.0.1", port)
        counts = await asyncio.gather(*answers)
        taken = time.monotonic() - started
    assert set(counts) == {53}  # the role, 50 pieces, the finish and [DONE]
    assert 0.98 <= taken < 15  # a second each; the client shares the loop here
