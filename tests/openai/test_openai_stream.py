"""Streamed chat completions: pieces, ends, breaks, and what happens on the wire when somebody leaves."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from botcore.errors import (
    ApiTimeout,
    ApiUnreachable,
    BadRequest,
    BadResponse,
    ContextOverflow,
    RateLimited,
    StreamBroken,
    Unavailable,
)
from botcore.openai import Api, ChatRequest, ChatStream, Timeouts, ToolCall

if TYPE_CHECKING:
    from tests.openai.conftest import Connect, ScriptedServer, Wire


async def said(api: Api, request: ChatRequest) -> str:
    async with api.chat.stream(request) as stream:
        return "".join([delta.text async for delta in stream])


async def read_into(pieces: list[str], stream: ChatStream) -> None:
    async with stream:
        async for delta in stream:
            pieces.append(delta.text)  # noqa: PERF401 - what came before an error counts


async def test_an_answer_comes_in_pieces(api: Api, server: ScriptedServer, hello: ChatRequest) -> None:
    counted = {"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}}
    server.will(
        server.events(
            server.piece("", role="assistant"),
            server.piece("Hel"),
            server.piece("lo"),
            server.piece(None, "stop"),
            counted,
            x_request_id="req-1",
            x_ratelimit_remaining_requests="9",
        )
    )
    pieces: list[str] = []
    async with api.chat.stream(hello) as stream:
        async for delta in stream:
            pieces.append(delta.text)
            assert stream.answer.text == "".join(pieces)
    assert [text for text in pieces if text] == ["Hel", "lo"]
    answer = stream.answer.completion()
    assert (answer.text, answer.finish_reason, answer.model, answer.id) == ("Hello", "stop", "m-1", "chatcmpl-1")
    assert answer.usage
    assert answer.usage.total_tokens == 5
    assert (answer.request_id, answer.headers.remaining_requests) == ("req-1", 9)
    assert answer.raw["created"] == 1
    assert server.asked[0].json["stream"] is True
    assert server.asked[0].json["stream_options"] == {"include_usage": True}


async def test_a_stream_read_to_its_end_leaves_its_connection_to_the_next(
    api: Api, server: ScriptedServer, hello: ChatRequest
) -> None:
    server.will(server.events(server.piece("hi", "stop")))
    for _ in range(3):
        async with api.chat.stream(hello) as stream:
            assert (await stream.collect()).text == "hi"
    assert server.connections == 1


async def test_tool_calls_are_put_together(api: Api, server: ScriptedServer, hello: ChatRequest) -> None:
    def call(index: int | None, call_id: str | None = None, name: str | None = None, arguments: str = "") -> Any:
        part: dict[str, Any] = {"function": {"arguments": arguments}}
        if index is not None:
            part["index"] = index
        if call_id:
            part |= {"id": call_id, "type": "function"}
        if name:
            part["function"]["name"] = name
        return server.piece(tool_calls=[part])

    server.will(
        server.events(
            call(0, "c1", "roll"),
            call(0, None, None, '{"sid'),
            call(1, "c2", "look", "{"),
            call(0, None, None, 'es": 6}'),
            call(1, None, None, "}"),
            server.piece(None, "tool_calls"),
        ),
        server.events(  # one index for all, and the name repeated, as some servers do
            call(0, "c1", "roll", "{}"),
            call(0, "c2", "look", "{"),
            call(0, "c2", "look", "}"),
            server.piece(None, "tool_calls"),
        ),
        server.events(  # no index at all
            call(None, "c1", "roll", "{}"),
            call(None, "c2", "look", "{"),
            call(None, None, None, "}"),
            server.piece(None, "stop"),
        ),
    )
    expected = [
        (ToolCall("c1", "roll", '{"sides": 6}'), ToolCall("c2", "look", "{}")),
        (ToolCall("c1", "roll", "{}"), ToolCall("c2", "look", "{}")),
        (ToolCall("c1", "roll", "{}"), ToolCall("c2", "look", "{}")),
    ]
    for calls in expected:
        async with api.chat.stream(hello) as stream:
            assert (await stream.collect()).tool_calls == calls


async def test_older_function_calls_reasoning_and_refusals_are_put_together(
    api: Api, server: ScriptedServer, hello: ChatRequest
) -> None:
    server.will(
        server.events(
            server.piece(reasoning_content="let me "),
            server.piece(reasoning_content="think"),
            server.piece(refusal="I must "),
            server.piece(refusal="not"),
            server.piece(function_call={"name": "roll", "arguments": ""}),
            server.piece(function_call={"arguments": "{}"}),
            server.piece(None, "function_call"),
        )
    )
    async with api.chat.stream(hello) as stream:
        choice = (await stream.collect()).choices[0]
    assert choice.function_call
    assert (choice.function_call.name, choice.function_call.arguments) == ("roll", "{}")
    assert (choice.reasoning, choice.refusal, choice.finish_reason) == ("let me think", "I must not", "function_call")


async def test_several_choices_are_kept_apart(api: Api, server: ScriptedServer, hello: ChatRequest) -> None:
    both = server.piece("a")
    both["choices"].append({"index": 1, "delta": {"content": "b"}, "finish_reason": "length"})
    server.will(server.events(both, server.piece("c", "stop")))
    async with api.chat.stream(hello) as stream:
        answer = await stream.collect()
    assert [(choice.text, choice.finish_reason) for choice in answer.choices] == [("ac", "stop"), ("b", "length")]


async def test_comments_keepalives_crlf_and_a_missing_last_line_are_read_over(
    api: Api, server: ScriptedServer, hello: ChatRequest
) -> None:
    async def script(wire: Wire) -> None:
        await wire.begin_events()
        for data in (
            b"\r\n\xef",
            b"\xbb\xbf: waiting\r\n\r\n",
            b'data: {"choices": [{"delta":\r',
            b'\ndata: {"content": "h',
        ):
            await wire.chunk(data)
        await wire.chunk(b'i"}, "finish_reason": "stop"}]}\r\n\r\ndata: [DONE]')
        await wire.end()

    server.will(script)
    assert await said(api, hello) == "hi"


@pytest.mark.parametrize("content_type", ["text/plain", "application/json", "application/octet-stream"])
async def test_a_wrong_content_type_does_no_harm(
    api: Api, server: ScriptedServer, hello: ChatRequest, content_type: str
) -> None:
    server.will(
        server.answer(b'data: {"choices":[{"delta":{"content":"hi"}}]}\n\ndata: [DONE]\n\n', content_type=content_type)
    )
    assert await said(api, hello) == "hi"


async def test_invalid_utf8_is_replaced(api: Api, server: ScriptedServer, hello: ChatRequest) -> None:
    server.will(server.events(b'{"choices":[{"delta":{"content":"a\xff b"},"finish_reason":"stop"}]}'))
    assert await said(api, hello) == "a\N{REPLACEMENT CHARACTER} b"


async def test_a_server_that_does_not_stream_is_understood(
    api: Api, server: ScriptedServer, hello: ChatRequest
) -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "roll", "arguments": "{}"}}
    server.will(server.answer(server.completion("All at once", tool_calls=[call])))
    async with api.chat.stream(hello) as stream:
        answer = await stream.collect()
    assert (answer.text, answer.finish_reason) == ("All at once", "stop")
    assert answer.tool_calls == (ToolCall("c1", "roll", "{}"),)
    assert answer.usage
    assert answer.usage.total_tokens == 5


async def test_a_finish_reason_without_done_is_an_end(api: Api, server: ScriptedServer, hello: ChatRequest) -> None:
    async def cut_after_the_finish(wire: Wire) -> None:
        await wire.begin_events()
        await wire.event(server.piece("hi", "length"))
        wire.cut()

    server.will(server.events(server.piece("hi", "length"), done=False), cut_after_the_finish)
    assert await said(api, hello) == "hi"
    assert await said(api, hello) == "hi"


async def test_a_cut_before_the_first_token_is_repeated(api: Api, server: ScriptedServer, hello: ChatRequest) -> None:
    async def cut_early(wire: Wire) -> None:
        await wire.begin_events()
        await wire.event(server.piece("", role="assistant"))
        wire.cut()

    server.will(cut_early, server.events(done=False), server.fault(503), server.events(server.piece("hi", "stop")))
    assert await said(api, hello) == "hi"
    assert len(server.asked) == 4


async def test_a_cut_before_the_first_token_that_lasts_is_unreachable(
    api: Api, server: ScriptedServer, hello: ChatRequest
) -> None:
    server.will(server.events(done=False))
    with pytest.raises(ApiUnreachable) as caught:
        await said(api, hello)
    assert caught.value.attempts == 4


@pytest.mark.parametrize("how", ["cut", "ended", "garbage"])
async def test_a_cut_after_the_first_token_is_not_repeated(
    api: Api, server: ScriptedServer, hello: ChatRequest, how: str
) -> None:
    async def script(wire: Wire) -> None:
        await wire.begin_events(x_request_id="req-3")
        await wire.event(server.piece("Half an ans"))
        if how == "garbage":
            await wire.event(b'{"choices": [{"delta')
        if how == "cut":
            wire.cut()
        else:
            await wire.end()

    server.will(script)
    pieces: list[str] = []
    stream = api.chat.stream(hello)
    with pytest.raises(StreamBroken) as caught:
        await read_into(pieces, stream)
    assert pieces == ["Half an ans"], "what came is handed out before the error"
    assert stream.answer.completion().text == "Half an ans"
    assert caught.value.request_id == "req-3"
    assert len(server.asked) == 1


async def test_an_error_object_before_the_first_token_is_repeated_if_that_helps(
    api: Api, server: ScriptedServer, hello: ChatRequest
) -> None:
    busy = {"error": {"message": "overloaded", "type": "server_error", "code": 503}}
    server.will(server.events(busy, done=False), server.events(server.piece("hi", "stop")))
    assert await said(api, hello) == "hi"

    too_long = {"error": {"message": "too long", "code": "context_length_exceeded"}}
    server.scripts[:] = [server.events(too_long)]
    with pytest.raises(ContextOverflow):
        await said(api, hello)
    assert len(server.asked) == 3


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        ({"error": {"message": "slow down", "code": "rate_limit_exceeded"}}, RateLimited),
        (
            {"error": {"message": "boom", "code": 502}, "choices": [{"delta": {}, "finish_reason": "error"}]},
            Unavailable,
        ),
        ({"error": "something"}, BadResponse),
        (b'{"message": "named by the event alone", "type": "server_error"}', Unavailable),
    ],
)
async def test_an_error_object_after_the_first_token_is_that_error(
    api: Api, server: ScriptedServer, hello: ChatRequest, event: object, kind: type[Exception]
) -> None:
    async def script(wire: Wire) -> None:
        await wire.begin_events()
        await wire.event(server.piece("Half"))
        if isinstance(event, bytes):
            await wire.chunk(b"event: error\n")
        await wire.event(event)
        await wire.end()

    server.will(script)
    pieces: list[str] = []
    with pytest.raises(kind):
        await read_into(pieces, api.chat.stream(hello))
    assert pieces == ["Half"]
    assert len(server.asked) == 1


async def test_html_instead_of_a_stream_is_a_bad_response(api: Api, server: ScriptedServer, hello: ChatRequest) -> None:
    server.will(server.answer(b"\n<!doctype html><p>log in", content_type="text/html"))
    with pytest.raises(BadResponse, match="text/html"):
        await said(api, hello)


async def test_a_refused_stream_option_is_left_out_from_then_on(
    api: Api, server: ScriptedServer, hello: ChatRequest
) -> None:
    server.will(server.fault(400, "Unknown parameter: 'stream_options'."), server.events(server.piece("hi", "stop")))
    assert await said(api, hello) == "hi"
    assert await said(api, hello) == "hi"
    assert ["stream_options" in asked.json for asked in server.asked] == [True, False, False]


async def test_another_refusal_is_no_refusal_of_the_option(
    api: Api, server: ScriptedServer, hello: ChatRequest
) -> None:
    server.will(server.fault(400, "Unsupported value: 'temperature'."))
    with pytest.raises(BadRequest, match="temperature"):
        await said(api, hello)
    assert len(server.asked) == 1


@pytest.mark.parametrize("when", ["between tokens", "before the first token", "before the headers"])
async def test_cancelling_closes_the_connection_at_once(
    api: Api, server: ScriptedServer, hello: ChatRequest, when: str
) -> None:
    waiting, gone = asyncio.Event(), asyncio.Event()

    async def script(wire: Wire) -> None:
        if when != "before the headers":
            await wire.begin_events()
        if when == "between tokens":
            await wire.event(server.piece("One"))
        waiting.set()
        await wire.client_is_gone()
        gone.set()

    server.will(script)
    task = asyncio.create_task(said(api, hello))
    async with asyncio.timeout(5):
        await waiting.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await gone.wait()


async def test_leaving_the_block_closes_the_connection_at_once(
    api: Api, server: ScriptedServer, hello: ChatRequest
) -> None:
    gone = asyncio.Event()

    async def script(wire: Wire) -> None:
        await wire.begin_events()
        await wire.event(server.piece("One"))
        await wire.client_is_gone()
        gone.set()

    server.will(script)
    async with asyncio.timeout(5):
        async with api.chat.stream(hello) as stream:
            async for delta in stream:
                assert delta.text == "One"
                break
        await gone.wait()


async def test_silence_after_the_first_token_breaks_the_stream(
    connect: Connect, server: ScriptedServer, hello: ChatRequest
) -> None:
    async def script(wire: Wire) -> None:
        await wire.begin_events()
        await wire.event(server.piece("One"))
        await wire.client_is_gone()

    server.will(script)
    with pytest.raises(StreamBroken, match="broke off"):
        await said(connect(timeouts=Timeouts(read=0.1)), hello)


async def test_silence_before_the_first_token_is_a_timeout(
    connect: Connect, server: ScriptedServer, hello: ChatRequest
) -> None:
    async def script(wire: Wire) -> None:
        await wire.begin_events()
        while not wire.writer.is_closing():  # keep-alives are no answer
            await wire.chunk(b": waiting\n\n")
            await asyncio.sleep(0.02)

    server.will(script)
    with pytest.raises(ApiTimeout, match="deadline"):
        await said(connect(deadline=0.2), hello)


async def test_a_stream_without_end_is_ended(connect: Connect, server: ScriptedServer, hello: ChatRequest) -> None:
    async def script(wire: Wire) -> None:
        await wire.begin_events()
        while not wire.writer.is_closing():
            await wire.event(server.piece("la"))
            await asyncio.sleep(0.01)

    server.will(script)
    with pytest.raises(StreamBroken, match="lasted longer"):
        await said(connect(stream_deadline=0.1), hello)


async def test_a_stream_that_was_not_entered_says_so(api: Api, hello: ChatRequest) -> None:
    with pytest.raises(RuntimeError, match="async with"):
        await anext(api.chat.stream(hello))
