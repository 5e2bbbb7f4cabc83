"""Chat completions: shapes, limits, and what is refused in which words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from botcore.testing.openai_server import ModelCard, OfflineSettings, Pace, count_tokens
from botcore.testing.openai_server.completion import split
from botcore.testing.openai_server.tokens import cut

if TYPE_CHECKING:
    from botcore.testing.openai_server import OfflineApi
    from tests.openai_server.conftest import Client

NESTED = {"role": "user", "content": [{"type": "text", "text": "hel"}, {"type": "text", "text": "lo"}]}


async def test_a_streamed_answer_is_the_plain_one_in_pieces(client: Client) -> None:
    question = "write 20 words, 你好 🦊"
    plain = await client.chat(question)
    stream = await client.stream(question, stream_options={"include_usage": True})
    assert stream.text == plain.text
    assert len(stream.deltas) > 20
    assert stream.finish == plain.json["choices"][0]["finish_reason"] == "stop"
    assert stream.deltas[0] == {"role": "assistant", "content": "", "refusal": None}
    assert stream.chunks[-1]["usage"] == plain.json["usage"]
    assert stream.chunks[-1]["choices"] == []
    assert stream.data[-1] == "[DONE]"
    assert len({(chunk["id"], chunk["created"], chunk["model"]) for chunk in stream.chunks}) == 1


async def test_without_being_asked_a_stream_has_no_usage(client: Client) -> None:
    stream = await client.stream("hello")
    assert all("usage" not in chunk for chunk in stream.chunks)


async def test_usage_follows_the_stated_rule(client: Client) -> None:
    usage = (await client.chat("12345", {"role": "assistant", "content": "1234"}, "say é")).json["usage"]
    assert usage["prompt_tokens"] == 3 + (4 + 2) + (4 + 1) + (4 + 2)
    assert usage["completion_tokens"] == count_tokens("é") == 1
    assert usage["total_tokens"] == usage["prompt_tokens"] + 1


async def test_several_choices_say_which_they_are(client: Client) -> None:
    reply = await client.chat("hello", n=3)
    texts = [choice["message"]["content"] for choice in reply.json["choices"]]
    assert texts == ["Hello!", "Hello!\n\n(choice 2)", "Hello!\n\n(choice 3)"]
    assert [choice["index"] for choice in reply.json["choices"]] == [0, 1, 2]
    stream = await client.stream("hello", n=3)
    told = ["", "", ""]
    for chunk in stream.chunks:
        told[chunk["choices"][0]["index"]] += chunk["choices"][0]["delta"].get("content") or ""
    assert told == texts


async def test_it_stops_where_it_is_told_to(client: Client) -> None:
    assert (await client.chat("say one two three", stop=" three")).text == "one two"
    assert (await client.chat("say one two three", stop=["three", "two"])).text == "one "
    assert (await client.stream("say one two three", stop=["two"])).text == "one "


@pytest.mark.parametrize("field", ["max_tokens", "max_completion_tokens"])
async def test_a_token_limit_cuts_the_answer(field: str, client: Client) -> None:
    reply = await client.chat("say 巴黎巴黎巴黎巴黎巴黎", **{field: 4})
    assert reply.text == "巴黎巴黎巴"  # 16 bytes are five of these characters
    assert reply.json["choices"][0]["finish_reason"] == "length"
    assert reply.json["usage"]["completion_tokens"] == 4
    stream = await client.stream("say 巴黎巴黎巴黎巴黎巴黎", **{field: 4})
    assert (stream.text, stream.finish) == ("巴黎巴黎巴", "length")


async def test_a_token_limit_cuts_a_tool_call_too(client: Client, weather: dict[str, Any]) -> None:
    reply = await client.chat("call weather in Constantinople", tools=[weather], max_tokens=4)
    assert reply.json["choices"][0]["finish_reason"] == "length"
    function = reply.message["tool_calls"][0]["function"]
    assert function == {"name": "weather", "arguments": '{"city":'}


async def test_an_answer_ends_where_the_context_window_ends(client: Client) -> None:
    client.server.models["tiny"] = ModelCard("tiny", window=30)
    reply = await client.chat("write 100 words", model="tiny")
    assert reply.json["usage"]["total_tokens"] == 30
    assert reply.json["choices"][0]["finish_reason"] == "length"


async def test_too_long_a_conversation_overflows(client: Client) -> None:
    client.server.models["tiny"] = ModelCard("tiny", window=30)
    for fields in ({}, {"stream": True}):
        reply = await client.chat("x" * 200, model="tiny", **fields)
        assert (reply.status, reply.error["code"], reply.error["param"]) == (400, "context_length_exceeded", "messages")
        assert reply.error["message"].startswith(
            "This model's maximum context length is 30 tokens. However, your messages resulted in 57 tokens."
        )
    asked = await client.chat("hello", model="tiny", max_tokens=28)
    assert "you requested 37 tokens (9 in the messages, 28 in the completion)" in asked.error["message"]
    assert (await client.chat("hello", model="tiny", max_tokens=21)).status == 200


CALL = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
CALLS = {"role": "assistant", "content": None, "tool_calls": [CALL]}
REFUSED: list[tuple[str, dict[str, Any], str | None, str | None]] = [
    # what is wrong, the fields, param, code
    ("Missing required parameter: 'model'.", {"model": None}, "model", "missing_required_parameter"),
    ("Missing required parameter: 'messages'.", {"messages": None}, "messages", "missing_required_parameter"),
    ("empty array", {"messages": []}, "messages", "empty_array"),
    ("expected an object, but got a string", {"messages": ["hi"]}, "messages[0]", "invalid_type"),
    ("'messages[0].role'", {"messages": [{"content": "x"}]}, "messages[0].role", "missing_required_parameter"),
    ("Invalid value: 'robot'", {"messages": [{"role": "robot", "content": "x"}]}, "messages[0].role", "invalid_value"),
    ("got null", {"messages": [{"role": "user", "content": None}]}, "messages[0].content", "invalid_type"),
    ("does not match pattern", {"messages": [{"role": "user", "name": "Ada L", "content": "x"}]}, "messages[0].name",
     "invalid_value"),
    ("of this type", {"messages": [{"role": "system", "content": [{"type": "image_url"}]}]},
     "messages[0].content[0].type", "invalid_value"),
    ("preceeding message with 'tool_calls'",
     {"messages": [{"role": "tool", "tool_call_id": "call_1", "content": "x"}]}, "messages.[0].role", None),
    ("did not have response messages: call_1", {"messages": [CALLS, {"role": "user", "content": "x"}]},
     "messages.[1].role", None),
    ("did not have response messages: call_1", {"messages": [CALLS]}, "messages.[1].role", None),
    ("Unknown parameter: 'colour'.", {"colour": 1}, "colour", "unknown_parameter"),
    ("below minimum", {"temperature": -1}, "temperature", "decimal_below_minimum_value"),
    ("above maximum", {"n": 129}, "n", "integer_above_maximum_value"),
    ("expected an integer, but got a string", {"max_tokens": "5"}, "max_tokens", "invalid_type"),
    ("expected a boolean", {"stream": 1}, "stream", "invalid_type"),
    ("only allowed when 'stream' is enabled", {"stream_options": {"include_usage": True}}, "stream_options", None),
    ("maximum length 4", {"stop": list("abcde")}, "stop", "array_above_max_length"),
    ("'tool_choice' is only allowed when 'tools'", {"tool_choice": "auto"}, "tool_choice", None),
    ("not found in 'tools'", {"tools": [{"type": "function", "function": {"name": "f"}}],
     "tool_choice": {"type": "function", "function": {"name": "g"}}}, "tool_choice", None),
    ("does not match pattern", {"tools": [{"type": "function", "function": {"name": "a b"}}]},
     "tools[0].function.name", "invalid_value"),
    ("got 'type: \"string\"'", {"tools": [{"type": "function", "function": {"name": "f", "parameters":
     {"type": "string"}}}]}, "tools[0].function.parameters", "invalid_function_parameters"),
    ("must contain the word 'json'", {"response_format": {"type": "json_object"}}, "messages", None),
    ("at the same time", {"max_tokens": 5, "max_completion_tokens": 5}, "max_tokens", "invalid_parameter_combination"),
    ("Use 'max_completion_tokens' instead", {"model": "gpt-5", "max_tokens": 5}, "max_tokens", "unsupported_parameter"),
    ("does not support 0.2", {"model": "o3", "temperature": 0.2}, "temperature", "unsupported_value"),
]  # fmt: skip


@pytest.mark.parametrize(("message", "fields", "param", "code"), REFUSED, ids=[one[0][:40] for one in REFUSED])
async def test_what_the_api_refuses_is_refused(
    message: str, fields: dict[str, Any], param: str | None, code: str | None, client: Client
) -> None:
    body = {key: value for key, value in {**client.payload("hi"), **fields}.items() if value is not None}
    reply = await client.send("POST", "/chat/completions", body)
    assert reply.status == 400
    assert message in reply.error["message"]
    assert (reply.error["type"], reply.error["param"], reply.error["code"]) == ("invalid_request_error", param, code)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"', b"\xff", b'{"model": "gpt-4o", "messages": "\\ud800"}'])
async def test_what_is_no_json_is_refused(body: bytes, client: Client) -> None:
    reply = await client.send("POST", "/chat/completions", body)
    assert reply.status == 400
    assert "could not parse the JSON body" in reply.error["message"]


async def test_models_that_cannot_chat(client: Client) -> None:
    reply = await client.chat("hi", model="gpt-99")
    assert (reply.status, reply.error["code"]) == (404, "model_not_found")
    assert "The model `gpt-99` does not exist" in reply.error["message"]
    assert (await client.chat("hi", model="text-embedding-3-small")).status == 404


async def test_odd_but_lawful_text_is_answered(client: Client) -> None:
    for text in ("\x00", "a\r\nb", "\u2028", "🏳\ufe0f\u200d🌈", "\u202eabc", "\ufeff", "<|endoftext|>"):
        assert (await client.chat(f"say x{text}x")).text == f"x{text}x"
        assert (await client.stream(f"say x{text}x")).text == f"x{text}x"
    assert (await client.chat(NESTED)).text == "You said: “hel lo”."


class TestScript:
    async def test_scripted_answers_come_first_and_in_order(self, client: Client, server: OfflineApi) -> None:
        server.script.reply("one")
        server.script.reply("two", finish="length")
        assert (await client.chat("hello")).text == "one"
        second = await client.chat("hello")
        assert (second.text, second.json["choices"][0]["finish_reason"]) == ("two", "length")
        assert (await client.chat("hello")).text == "Hello!"

    async def test_a_condition_waits_for_its_message(self, client: Client, server: OfflineApi) -> None:
        server.script.reply("about cats", when="CAT", times=2)
        server.script.reply("long", when=lambda request: len(request.turns) > 2, times=None)
        assert (await client.chat("hello")).text == "Hello!"
        assert [(await client.chat("my cat")).text for _ in range(3)][:2] == ["about cats", "about cats"]
        assert [(await client.chat("a", "b", "c")).text for _ in range(3)] == ["long"] * 3
        server.script.clear()
        assert (await client.chat("a", "b", "hello")).text == "Hello!"

    async def test_the_chunks_of_a_stream_can_be_set(self, client: Client, server: OfflineApi) -> None:
        server.script.reply(["**bo", "ld**", "\n```", "\ncode"])
        stream = await client.stream("hello")
        assert [delta["content"] for delta in stream.deltas if delta.get("content")] == [
            "**bo", "ld**", "\n```", "\ncode",
        ]  # fmt: skip

    async def test_scripted_calls_need_no_offer_and_may_be_broken(self, client: Client, server: OfflineApi) -> None:
        server.script.tool_call("roll", {"dice": 2}, text="Rolling.")
        server.script.tool_call("roll", '{"dice": ')
        reply = await client.chat("hello")
        assert (reply.text, reply.calls) == ("Rolling.", [("roll", {"dice": 2})])
        broken = await client.chat("hello")
        assert broken.message["tool_calls"][0]["function"]["arguments"] == '{"dice": '

    async def test_refusals_and_filters(self, client: Client, server: OfflineApi) -> None:
        for _ in range(2):
            server.script.refusal("I cannot help with that.")
        server.script.content_filter("So far")
        reply = await client.chat("hello")
        assert (reply.message["refusal"], reply.message["content"]) == ("I cannot help with that.", None)
        stream = await client.stream("hello")
        assert "".join(delta.get("refusal") or "" for delta in stream.deltas) == "I cannot help with that."
        filtered = await client.chat("hello")
        assert (filtered.text, filtered.json["choices"][0]["finish_reason"]) == ("So far", "content_filter")


class TestFixed:
    @pytest.fixture
    def settings(self) -> OfflineSettings:
        return OfflineSettings(answer="A fixed answer.", pace=Pace(chunks=50), record=False)

    async def test_a_fixed_answer_in_a_fixed_number_of_chunks(self, client: Client, server: OfflineApi) -> None:
        stream = await client.stream("anything", stream_options={"include_usage": True})
        assert len([delta for delta in stream.deltas if delta.get("content")]) == 50
        assert stream.text == "A fixed answer.".ljust(50, ".")
        plain = await client.chat("anything")
        assert plain.text == stream.text
        assert plain.json["usage"] == stream.chunks[-1]["usage"]
        assert len(server.requests) == 0  # nothing is kept


@given(st.text(), st.integers(0, 50))
def test_a_cut_text_is_the_longest_beginning_that_fits(text: str, limit: int) -> None:
    text = text.encode("utf-8", "replace").decode()
    kept = cut(text, limit)
    assert text.startswith(kept)
    assert count_tokens(kept) <= limit
    assert kept == text or count_tokens(text[: len(kept) + 1]) > limit


@given(st.text(max_size=200), st.one_of(st.none(), st.integers(1, 60)))
def test_pieces_joined_are_the_text(text: str, count: int | None) -> None:
    pieces = split(text, count)
    assert "".join(pieces) == text
    assert all(pieces)
    assert count is None or len(pieces) == min(count, len(text))
