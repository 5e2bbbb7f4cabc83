"""Whole chat completions: what is sent, what comes back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from botcore.errors import BadResponse, QuotaExceeded
from botcore.openai import Api, ChatRequest, RateLimits, ToolCall

if TYPE_CHECKING:
    from tests.openai.conftest import Connect, ScriptedServer


async def test_a_question_is_answered(api: Api, server: ScriptedServer, hello: ChatRequest) -> None:
    server.will(server.answer(server.completion("Hello!"), x_request_id="req-7"))
    answer = await api.chat.complete(hello)
    assert (answer.text, answer.finish_reason, answer.id, answer.model) == ("Hello!", "stop", "chatcmpl-1", "m-1")
    assert answer.usage
    assert (answer.usage.input_tokens, answer.usage.output_tokens, answer.usage.total_tokens) == (3, 2, 5)
    assert answer.request_id == "req-7"
    asked = server.asked[0]
    assert (asked.method, asked.target) == ("POST", "/v1/chat/completions")
    assert asked.json == {"model": "m-1", "messages": [dict(message) for message in hello.messages]}


async def test_only_what_is_set_is_sent_and_extra_wins(api: Api, server: ScriptedServer) -> None:
    server.will(server.answer(server.completion()))
    request = ChatRequest(
        model="m-1",
        messages=[
            {"role": "developer", "content": "Be brief."},
            {
                "role": "user",
                "name": "ada",
                "content": [
                    {"type": "text", "text": "What is this?"},
                    {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA==", "detail": "low"}},
                    {"type": "input_audio", "input_audio": {"data": "AA==", "format": "wav"}},
                ],
            },
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "look", "arguments": "{}"}}],
            },
            {"role": "tool", "tool_call_id": "c1", "content": "a cat"},
        ],
        tools=[{"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}],
        tool_choice="auto",
        parallel_tool_calls=False,
        temperature=0.0,
        top_p=0.5,
        n=2,
        stop=["\n"],
        max_tokens=10,
        max_completion_tokens=11,
        presence_penalty=0.1,
        frequency_penalty=-0.1,
        logit_bias={"50256": -100},
        user="u-1",
        seed=0,
        response_format={"type": "json_object"},
        functions=[{"name": "look"}],
        function_call="none",
        extra={"reasoning_effort": "low", "seed": 7},
    )
    await api.chat.complete(request)
    sent = server.asked[0].json
    assert sent["temperature"] == 0.0, "zero is a setting, not an absence"
    assert sent["seed"] == 7
    assert sent["reasoning_effort"] == "low"
    assert sent["messages"][1]["content"][1]["image_url"]["detail"] == "low"
    assert set(sent) == {
        "model", "messages", "tools", "tool_choice", "parallel_tool_calls", "temperature", "top_p", "n", "stop",
        "max_tokens", "max_completion_tokens", "presence_penalty", "frequency_penalty", "logit_bias", "user", "seed",
        "response_format", "functions", "function_call", "reasoning_effort",
    }  # fmt: skip


async def test_tool_calls_come_back_and_go_into_the_history(
    api: Api, server: ScriptedServer, hello: ChatRequest
) -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "roll", "arguments": '{"sides": 6}'}}
    parsed = {"id": "c2", "type": "function", "function": {"name": "roll", "arguments": {"sides": 8}}}
    server.will(server.answer(server.completion("", "tool_calls", content=None, tool_calls=[call, parsed])))
    answer = await api.chat.complete(hello)
    assert answer.tool_calls == (ToolCall("c1", "roll", '{"sides": 6}'), ToolCall("c2", "roll", '{"sides":8}'))
    message = answer.choices[0].message()
    assert message["role"] == "assistant"
    assert message.get("tool_calls", [])[0] == call
    assert message.get("content") is None


async def test_the_older_function_call_comes_back(api: Api, server: ScriptedServer, hello: ChatRequest) -> None:
    server.will(
        server.answer(server.completion("", "function_call", function_call={"name": "roll", "arguments": "{}"}))
    )
    answer = await api.chat.complete(hello)
    function = answer.choices[0].function_call
    assert function
    assert (function.name, answer.finish_reason) == ("roll", "function_call")
    assert answer.choices[0].message().get("function_call") == {"name": "roll", "arguments": "{}"}


async def test_unknown_fields_and_several_choices_are_kept(
    api: Api, server: ScriptedServer, hello: ChatRequest
) -> None:
    raw = server.completion("one")
    raw["choices"].append(
        {"index": 1, "message": {"content": [{"type": "text", "text": "two"}]}, "finish_reason": "length"}
    )
    raw["choices"][0]["message"]["reasoning_content"] = "hm"
    raw["brand_new"] = {"a": 1}
    server.will(server.answer(raw))
    answer = await api.chat.complete(hello)
    assert [(choice.text, choice.finish_reason) for choice in answer.choices] == [("one", "stop"), ("two", "length")]
    assert answer.choices[0].reasoning == "hm"
    assert answer.raw["brand_new"] == {"a": 1}


async def test_a_sparse_answer_is_enough(api: Api, server: ScriptedServer, hello: ChatRequest) -> None:
    server.will(server.answer({"choices": [{"message": {"content": "hi"}}]}))
    answer = await api.chat.complete(hello)
    assert (answer.text, answer.finish_reason, answer.usage, answer.id) == ("hi", None, None, "")


async def test_rate_limit_headers_are_kept(api: Api, server: ScriptedServer, hello: ChatRequest) -> None:
    server.will(
        server.answer(
            server.completion(),
            x_ratelimit_limit_requests="60",
            x_ratelimit_remaining_tokens="149984",
            x_ratelimit_reset_requests="1s",
            x_ratelimit_reset_tokens="6m0.5s",
        )
    )
    answer = await api.chat.complete(hello)
    assert answer.headers == RateLimits(
        limit_requests=60, remaining_tokens=149984, reset_requests=1.0, reset_tokens=360.5
    )


@pytest.mark.parametrize(
    "body",
    [
        b"<html><body>Sign in to the hotel's network</body></html>",
        b"",
        b"null",
        b"[]",
        b'{"choices": []}',
        b'{"choices": [{"message": {"content": 5}}]}',
        b'{"choices": [{"delta": {}}]}',
        b'{"choices": [{"message": {"content": "", "tool_calls": {"a": 1}}}]}',
        b'{"choices": [{"message": {"content": "cut in the mid',
        b"[" * 100_000,
    ],
)
async def test_what_is_no_completion_is_a_bad_response(
    api: Api, server: ScriptedServer, hello: ChatRequest, body: bytes
) -> None:
    server.will(server.answer(body, content_type="text/html", x_request_id="req-8"))
    with pytest.raises(BadResponse) as caught:
        await api.chat.complete(hello)
    assert caught.value.request_id == "req-8"
    assert len(server.asked) == 1, "asking again would bring the same"


async def test_an_error_object_in_a_success_is_that_error(api: Api, server: ScriptedServer, hello: ChatRequest) -> None:
    server.will(server.answer({"error": {"message": "pay first", "code": "insufficient_quota"}}))
    with pytest.raises(QuotaExceeded):
        await api.chat.complete(hello)


async def test_broken_utf8_and_lone_surrogates_do_no_harm(api: Api, server: ScriptedServer) -> None:
    server.will(server.answer(b'{"choices": [{"message": {"content": "a\xff \\ud83d b\\ud83d\\ude00"}}]}'))
    request = ChatRequest(model="m-1", messages=[{"role": "user", "content": "half \ud83d of it, whole \ud83d\ude00"}])
    answer = await api.chat.complete(request)
    assert answer.text == "a\N{REPLACEMENT CHARACTER} \N{REPLACEMENT CHARACTER} b😀"
    assert server.asked[0].json["messages"][0]["content"] == "half \N{REPLACEMENT CHARACTER} of it, whole 😀"


async def test_connections_are_used_again(connect: Connect, server: ScriptedServer, hello: ChatRequest) -> None:
    api = connect()
    server.will(server.answer(server.completion()))
    for _ in range(3):
        await api.chat.complete(hello)
    assert (len(server.asked), server.connections) == (3, 1)
