"""Text completions and edits: what is sent, what comes back, whole and streamed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from botcore import errors
from botcore.openai import Api, CompletionRequest, EditRequest, Logprobs, TextDelta

if TYPE_CHECKING:
    from tests.openai.conftest import ScriptedServer, Wire

LOGPROBS = {
    "tokens": ["Once", " upon"],
    "token_logprobs": [None, -0.5],
    "top_logprobs": [None, {" upon": -0.5, " a": -1}],
    "text_offset": [0, 4],
}
HELLO = CompletionRequest(model="m-1", prompt="Once")


def answer(*texts: str, finish: str | None = "stop", **more: Any) -> dict[str, Any]:
    choices = [
        {"text": text, "index": index, "logprobs": None, "finish_reason": finish} for index, text in enumerate(texts)
    ]
    return {
        "id": "cmpl-1", "object": "text_completion", "created": 1589478378, "model": "m-1", "choices": choices,
        "usage": {"prompt_tokens": 5, "completion_tokens": 7, "total_tokens": 12}, **more,
    }  # fmt: skip


def piece(text: str, finish: str | None = None, index: int = 0, **more: Any) -> dict[str, Any]:
    choice = {"text": text, "index": index, "finish_reason": finish, **more}
    return {"id": "cmpl-1", "object": "text_completion", "created": 5, "model": "m-1", "choices": [choice]}


async def test_a_text_goes_on(api: Api, server: ScriptedServer) -> None:
    server.will(
        server.answer(answer(" upon a time", finish="length"), x_request_id="r-1", x_ratelimit_limit_tokens="9")
    )
    found = await api.completions.create(HELLO)
    assert (found.text, found.finish_reason) == (" upon a time", "length")
    assert (found.id, found.model, found.created, found.request_id) == ("cmpl-1", "m-1", 1589478378, "r-1")
    assert found.usage
    assert (found.usage.input_tokens, found.usage.output_tokens, found.headers.limit_tokens) == (5, 7, 9)
    assert server.asked[0].target == "/v1/completions"
    assert server.asked[0].json == {"model": "m-1", "prompt": "Once"}


async def test_all_parameters_are_sent_and_extra_wins(api: Api, server: ScriptedServer) -> None:
    server.will(server.answer(answer("x")))
    request = CompletionRequest(
        model="m-1",
        prompt=["a", "b"],
        suffix="the end",
        max_tokens=0,
        temperature=0.0,
        top_p=0.5,
        n=2,
        logprobs=0,
        echo=True,
        stop=["\n"],
        presence_penalty=-2,
        frequency_penalty=2,
        best_of=3,
        logit_bias={"50256": -100},
        seed=0,
        user="u",
        extra={"top_k": 5, "seed": 1},
    )
    await api.completions.create(request)
    sent = server.asked[0].json
    assert set(sent) == {
        "model", "prompt", "suffix", "max_tokens", "temperature", "top_p", "n", "logprobs", "echo", "stop",
        "presence_penalty", "frequency_penalty", "best_of", "logit_bias", "seed", "user", "top_k",
    }  # fmt: skip
    assert (sent["max_tokens"], sent["logprobs"], sent["temperature"], sent["seed"]) == (0, 0, 0.0, 1)


async def test_log_probabilities_are_read_in_either_form(api: Api, server: ScriptedServer) -> None:
    raw = answer("Once upon", "x")
    raw["choices"][0]["logprobs"] = LOGPROBS
    raw["choices"][1]["logprobs"] = {
        "content": [{"token": "x", "logprob": -1, "top_logprobs": [{"token": "x", "logprob": -1.0}]}]
    }
    server.will(server.answer(raw))
    first, second = (await api.completions.create(HELLO)).choices
    assert first.logprobs == Logprobs(("Once", " upon"), (None, -0.5), (None, {" upon": -0.5, " a": -1.0}), (0, 4))
    assert second.logprobs == Logprobs(("x",), (-1.0,), ({"x": -1.0},))


async def test_several_choices_unknown_fields_and_reasons_are_kept(api: Api, server: ScriptedServer) -> None:
    server.will(server.answer(answer("a", "b", finish="brand_new_reason", brand_new={"x": 1})))
    found = await api.completions.create(HELLO)
    assert [(choice.index, choice.text, choice.finish_reason) for choice in found.choices] == [
        (0, "a", "brand_new_reason"),
        (1, "b", "brand_new_reason"),
    ]
    assert found.raw["brand_new"] == {"x": 1}


async def test_a_sparse_answer_is_enough(api: Api, server: ScriptedServer) -> None:
    server.will(server.answer({"choices": [{"text": "a"}, {"text": "b"}]}))
    found = await api.completions.create(HELLO)
    assert [(choice.index, choice.text) for choice in found.choices] == [(0, "a"), (1, "b")]
    assert (found.finish_reason, found.usage, found.created) == (None, None, None)


@pytest.mark.parametrize(
    "body", [{}, {"choices": []}, {"choices": {}}, {"choices": [1]}, {"choices": [{}]}, {"choices": [{"text": 5}]}, []]
)
async def test_what_is_no_completion_is_a_bad_response(api: Api, server: ScriptedServer, body: object) -> None:
    server.will(server.answer(body, x_request_id="r-2"))
    with pytest.raises(errors.BadResponse) as caught:
        await api.completions.create(HELLO)
    assert caught.value.request_id == "r-2"
    with pytest.raises(errors.BadResponse):
        await api.edits.create(EditRequest(model="m", instruction="x"))


async def test_a_text_is_streamed(api: Api, server: ScriptedServer) -> None:
    usage = {"choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}}
    server.will(server.events(piece(" upon"), piece(" a"), piece("", "length"), usage, x_request_id="r-3"))
    async with api.completions.stream(HELLO) as stream:
        texts = [delta.text async for delta in stream]
        assert stream.text == " upon a"
        found = stream.answer
    assert texts == [" upon", " a", "", ""]
    assert (found.text, found.finish_reason, found.id, found.request_id) == (" upon a", "length", "cmpl-1", "r-3")
    assert found.usage
    assert found.usage.total_tokens == 3
    assert server.asked[0].json == {
        "model": "m-1", "prompt": "Once", "stream": True, "stream_options": {"include_usage": True}
    }  # fmt: skip


async def test_log_probabilities_are_streamed(api: Api, server: ScriptedServer) -> None:
    one = {"tokens": ["a"], "token_logprobs": [-1], "top_logprobs": [{"a": -1}], "text_offset": [0]}
    two = {"tokens": ["b"], "token_logprobs": [-2], "top_logprobs": [None], "text_offset": [1]}
    server.will(server.events(piece("a", logprobs=one), piece("b", logprobs=two), piece("", "stop")))
    async with api.completions.stream(HELLO) as stream:
        first = await anext(stream)
        assert first == TextDelta("a", logprobs=Logprobs.of(one), raw=first.raw)
        found = await stream.collect()
    assert found.choices[0].logprobs == Logprobs(("a", "b"), (-1.0, -2.0), ({"a": -1.0}, None), (0, 1))


async def test_several_choices_are_streamed_side_by_side(api: Api, server: ScriptedServer) -> None:
    both = piece("a")
    both["choices"].append({"text": "b", "index": 1, "finish_reason": None})
    server.will(server.events(both, piece("B", index=1), piece("A"), piece("", "stop"), piece("", "length", index=1)))
    async with api.completions.stream(HELLO) as stream:
        found = await stream.collect()
    assert [(choice.text, choice.finish_reason) for choice in found.choices] == [("aA", "stop"), ("bB", "length")]


async def test_a_server_that_does_not_stream_is_read_as_if_it_did(api: Api, server: ScriptedServer) -> None:
    raw = answer(" upon a time")
    raw["choices"][0]["logprobs"] = LOGPROBS
    server.will(server.answer(raw))
    async with api.completions.stream(HELLO) as stream:
        found = await stream.collect()
    assert (found.text, found.finish_reason) == (" upon a time", "stop")
    assert found.choices[0].logprobs == Logprobs.of(LOGPROBS)
    assert found.usage


async def test_a_cut_text_keeps_what_came(api: Api, server: ScriptedServer) -> None:
    async def script(wire: Wire) -> None:
        await wire.begin_events(x_request_id="r-4")
        await wire.event(piece(" upon"))
        wire.cut()

    server.will(script)
    async with api.completions.stream(HELLO) as stream:
        with pytest.raises(errors.StreamBroken) as caught:
            await stream.collect()
    assert (stream.text, caught.value.request_id) == (" upon", "r-4")


@pytest.mark.parametrize("event", [[], {"choices": 5}, {"choices": [{"text": 5}]}, b"{", {"error": {"message": "no"}}])
async def test_what_is_no_chunk_breaks_the_stream(api: Api, server: ScriptedServer, event: object) -> None:
    server.will(server.events(piece("a"), event))
    async with api.completions.stream(HELLO) as stream:
        with pytest.raises(errors.BadResponse):
            await stream.collect()


async def test_a_text_is_edited(api: Api, server: ScriptedServer) -> None:
    raw = {
        "object": "edit", "created": 1589478378, "choices": [{"text": "What day of the week is it?", "index": 0}],
        "usage": {"prompt_tokens": 25, "completion_tokens": 32, "total_tokens": 57},
    }  # fmt: skip
    server.will(server.answer(raw, x_request_id="r-5"))
    request = EditRequest(
        model="text-davinci-edit-001",
        input="What day of the wek is it?",
        instruction="Fix the spelling mistakes",
        n=1,
        temperature=0,
        top_p=1,
        extra={"x": 1},
    )
    found = await api.edits.create(request)
    assert (found.text, found.created, found.request_id) == ("What day of the week is it?", 1589478378, "r-5")
    assert server.asked[0].target == "/v1/edits"
    assert server.asked[0].json == {
        "model": "text-davinci-edit-001", "input": "What day of the wek is it?",
        "instruction": "Fix the spelling mistakes", "n": 1, "temperature": 0, "top_p": 1, "x": 1,
    }  # fmt: skip


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)


@given(json_values | st.fixed_dictionaries(dict.fromkeys(LOGPROBS, json_values)))
def test_log_probabilities_of_any_shape_are_no_crash(raw: Any) -> None:
    found = Logprobs.of(raw)
    assert (found is None) == (not isinstance(raw, dict))
