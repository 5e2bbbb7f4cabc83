"""When the brain calls a tool, and with what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from botcore.testing.openai_server.brain.arguments import fill_arguments

if TYPE_CHECKING:
    from tests.openai_server.conftest import Client


def tool(name: str, description: str, required: str = "", **properties: Any) -> dict[str, Any]:
    parameters = {"type": "object", "properties": properties, "required": required.split()}
    return {"type": "function", "function": {"name": name, "description": description, "parameters": parameters}}


TEXT, WHOLE = {"type": "string"}, {"type": "integer"}
TOOLS = [
    tool("roll", "Roll dice.", "sides", dice=WHOLE, sides={"type": "integer", "minimum": 2}),
    tool("weather", "Tell the weather at a place.", "city", city=TEXT, unit={"enum": ["celsius", "fahrenheit"]}),
    tool("image", "Draw what you describe.", "prompt", prompt=TEXT, count=WHOLE),
    tool("web_search", "Look something up on the internet.", "query", query=TEXT, safe={"type": "boolean"}),
    tool("book_flight", "Reserve a seat on a plane.", "origin destination", origin=TEXT, destination=TEXT, date=TEXT),
    tool("now", "The current date and hour."),
]  # fmt: skip

CALLED = [
    ("use the tool roll", [("roll", {"sides": 2})]),
    ("roll 3 dice with 20 sides", [("roll", {"dice": 3, "sides": 20})]),
    ("Please roll two dice", [("roll", {"dice": 2, "sides": 2})]),
    ("call roll with sides=6, dice=4", [("roll", {"dice": 4, "sides": 6})]),
    ('use roll {"sides": 12}', [("roll", {"sides": 12})]),
    ("roll(sides: 8)", [("roll", {"sides": 8})]),
    ("call weather with city=Paris", [("weather", {"city": "Paris"})]),
    ('call weather --city "New York" --unit celsius', [("weather", {"city": "New York", "unit": "celsius"})]),
    ("What's the weather in New York today, in fahrenheit?", [("weather", {"city": "New York", "unit": "fahrenheit"})]),
    ("with city=Rome use the weather tool", [("weather", {"city": "Rome"})]),
    ("can you draw me a red fox", [("image", {"prompt": "a red fox"})]),
    ("draw a fox, count 2", [("image", {"prompt": "a fox", "count": 2})]),
    ("search the web for cat pictures", [("web_search", {"query": "the web for cat pictures"})]),
    ("use web search with query=cats safe=no", [("web_search", {"query": "cats", "safe": False})]),
    ("call book_flight from Rome to Paris on 2026-12-01",
     [("book_flight", {"origin": "Rome", "destination": "Paris", "date": "2026-12-01"})]),
    ("what is the current date?", [("now", {})]),
    ("call roll sides=6 and call weather in Oslo", [("roll", {"sides": 6}), ("weather", {"city": "Oslo"})]),
    ("用工具weather city=巴黎", [("weather", {"city": "巴黎"})]),
    ("请使用image画一只🦊", [("image", {"prompt": "画一只🦊"})]),
    ("toolのweatherを使って city=東京", [("weather", {"city": "東京"})]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "calls"), CALLED)
async def test_a_tool_that_is_asked_for_is_called(text: str, calls: list[tuple[str, Any]], client: Client) -> None:
    reply = await client.chat(text, tools=TOOLS)
    assert reply.calls == calls
    assert reply.json["choices"][0]["finish_reason"] == "tool_calls"
    assert reply.message["content"] is None


@pytest.mark.parametrize(
    "text",
    [
        "hello",
        "my name is Ada",
        "I had a good roll yesterday",
        "don't use any tools, what is the weather?",
        "what is 2 + 2?",
        "tell me a joke",
        "reuse rolls",
    ],
)
async def test_nothing_is_called_without_being_asked_for(text: str, client: Client) -> None:
    assert (await client.chat(text, tools=TOOLS)).calls == []


def answered(reply: Any, *results: str) -> list[dict[str, Any]]:
    ids = [call["id"] for call in reply.message["tool_calls"]]
    told = [{"role": "tool", "tool_call_id": one, "content": text} for one, text in zip(ids, results, strict=True)]
    return [{key: reply.message[key] for key in ("role", "content", "tool_calls")}, *told]


async def test_the_results_are_told(client: Client) -> None:
    asked = "call roll sides=6 and call weather in Oslo"
    first = await client.chat(asked, tools=TOOLS)
    second = await client.chat(asked, *answered(first, "5", "snow ❄"), tools=TOOLS)
    assert second.text == "- The tool `roll` answered: 5\n- The tool `weather` answered: snow ❄"


async def test_one_tool_then_another(client: Client) -> None:
    asked = "call roll sides=6 then call weather in Oslo"
    first = await client.chat(asked, tools=TOOLS)
    assert first.calls == [("roll", {"sides": 6})]
    second = await client.chat(asked, *answered(first, "5"), tools=TOOLS)
    assert second.calls == [("weather", {"city": "Oslo"})]
    third = await client.chat(asked, *answered(first, "5"), *answered(second, "snow"), tools=TOOLS)
    assert third.text == "The tool `weather` answered: snow"


async def test_without_parallel_calls_they_come_one_by_one(client: Client) -> None:
    asked = "call roll sides=6 and call weather in Oslo"
    first = await client.chat(asked, tools=TOOLS, parallel_tool_calls=False)
    assert [name for name, _ in first.calls] == ["roll"]
    second = await client.chat(asked, *answered(first, "5"), tools=TOOLS, parallel_tool_calls=False)
    assert [name for name, _ in second.calls] == ["weather"]


async def test_it_can_be_made_to_call_without_end(client: Client) -> None:
    messages: list[Any] = ["use the tool now again and again"]
    for _ in range(5):
        reply = await client.chat(*messages, tools=TOOLS)
        assert reply.calls == [("now", {})]
        messages += answered(reply, "noon")


async def test_the_choice_of_the_request_rules(client: Client) -> None:
    assert (await client.chat("call weather in Oslo", tools=TOOLS, tool_choice="none")).calls == []
    assert len((await client.chat("hello", tools=TOOLS, tool_choice="required")).calls) == 1
    named = {"type": "function", "function": {"name": "weather"}}
    assert (await client.chat("I am in Oslo", tools=TOOLS, tool_choice=named)).calls == [("weather", {"city": "Oslo"})]


async def test_each_call_has_an_id_of_its_own(client: Client) -> None:
    replies = [await client.chat("use the tool now", tools=TOOLS, n=2) for _ in range(2)]
    ids = [
        call["id"] for reply in replies for choice in reply.json["choices"] for call in choice["message"]["tool_calls"]
    ]
    assert len(set(ids)) == 4


async def test_a_call_is_streamed_in_pieces(client: Client) -> None:
    stream = await client.stream("call weather in Saint Petersburg", tools=TOOLS)
    pieces = [delta["tool_calls"][0] for delta in stream.deltas if "tool_calls" in delta]
    assert (pieces[0]["function"]["name"], pieces[0]["type"], pieces[0]["index"]) == ("weather", "function", 0)
    assert pieces[0]["id"].startswith("call_")
    assert "".join(piece["function"]["arguments"] for piece in pieces) == '{"city":"Saint Petersburg"}'
    assert len(pieces) > 3
    assert stream.finish == "tool_calls"


async def test_the_older_function_form(client: Client) -> None:
    functions = [one["function"] for one in TOOLS]
    reply = await client.chat("call weather in Oslo", functions=functions)
    assert reply.message["function_call"] == {"name": "weather", "arguments": '{"city":"Oslo"}'}
    assert reply.json["choices"][0]["finish_reason"] == "function_call"
    called = {"role": "assistant", "content": None, "function_call": reply.message["function_call"]}
    result = {"role": "function", "name": "weather", "content": "snow"}
    told = await client.chat("call weather in Oslo", called, result, functions=functions)
    assert told.text == "The tool `weather` answered: snow"
    stream = await client.stream("call weather in Oslo", functions=functions)
    pieces = [delta["function_call"] for delta in stream.deltas if "function_call" in delta]
    assert pieces[0]["name"] == "weather"
    assert "".join(piece["arguments"] for piece in pieces) == '{"city":"Oslo"}'


FILLED: list[tuple[dict[str, Any], str, dict[str, Any]]] = [
    ({"when": {"type": "string", "format": "date"}}, "remind me on 2026-01-02 please", {"when": "2026-01-02"}),
    ({"url": TEXT}, "look at https://example.org/a?b=c.", {"url": "https://example.org/a?b=c."}),
    ({"tags": {"type": "array", "items": TEXT}}, "red, green and blue", {"tags": ["red", "green", "blue"]}),
    ({"sizes": {"type": "array", "items": {"enum": ["s", "m", "l"]}}}, "l and s", {"sizes": ["l", "s"]}),
    ({"numbers": {"type": "array", "items": WHOLE}}, "sum 1, 2 and 30", {"numbers": [1, 2, 30]}),
    ({"loud": {"type": "boolean"}}, "not loud", {"loud": False}),
    ({"loud": {"type": "boolean"}}, "loud", {"loud": True}),
    ({"half": {"type": "number"}}, "take 0.5", {"half": 0.5}),
    ({"name": TEXT}, "make a cat called Tom", {"name": "Tom"}),
    ({"text": TEXT}, 'print "so be it" now', {"text": "so be it"}),
    ({"count": WHOLE}, "count=many", {"count": "many"}),  # for the bot to refuse
    ({"note": {"type": ["string", "null"]}}, "", {"note": None}),
    ({"point": {"type": "object", "properties": {"x": WHOLE, "y": WHOLE}, "required": ["x", "y"]}}, "x=3 y=4",
     {"point": {"x": 3, "y": 4}}),
    ({"text": TEXT}, "", {"text": "text"}),
]  # fmt: skip


@pytest.mark.parametrize(("properties", "text", "arguments"), FILLED)
def test_arguments_are_read_from_the_text(properties: dict[str, Any], text: str, arguments: dict[str, Any]) -> None:
    schema = {"type": "object", "properties": properties, "required": list(properties)}
    assert fill_arguments(schema, text) == arguments


SIMPLE = st.one_of(
    st.just({"type": "string"}),
    st.just({"type": ["string", "null"]}),
    st.just({"anyOf": [{"type": "null"}, {"type": "integer"}]}),
    st.integers(-5, 5).map(lambda least: {"type": "integer", "minimum": least}),
    st.just({"type": "number"}),
    st.just({"type": "boolean"}),
    st.just({"enum": ["red", "green"]}),
    st.just({"const": "fixed"}),
    st.just({"$ref": "#/$defs/colour"}),
)
SCHEMAS = st.recursive(
    SIMPLE,
    lambda inner: st.one_of(
        inner.map(lambda items: {"type": "array", "items": items}),
        st.dictionaries(st.sampled_from(["city", "count", "x", "to"]), inner, max_size=3).map(
            lambda properties: {"type": "object", "properties": properties, "required": sorted(properties)}
        ),
    ),
    max_leaves=5,
)


@given(
    st.dictionaries(st.sampled_from(["city", "count", "colour", "when", "text", "on"]), SCHEMAS, max_size=4),
    st.text(alphabet="abc red green in to 🦊巴 on,.", max_size=40),
)
def test_what_is_not_contradicted_by_the_text_fits_the_schema(properties: dict[str, Any], text: str) -> None:
    schema = {
        "type": "object",
        "properties": properties,
        "required": sorted(properties),
        "$defs": {"colour": {"type": "string", "enum": ["red", "green"]}},
    }
    Draft202012Validator(schema).validate(fill_arguments(schema, text))


def test_a_schema_that_needs_itself_for_ever_ends() -> None:
    schema = {"type": "object", "properties": {"child": {"$ref": "#"}}, "required": ["child"]}
    assert fill_arguments(schema, "x")["child"]
