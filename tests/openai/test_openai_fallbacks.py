"""The same job where an endpoint is missing, and the caller knows which path served it."""

from __future__ import annotations

import asyncio
import base64
from typing import TYPE_CHECKING, Any

import pytest

from botcore import errors
from botcore.openai import Api, CompletionRequest, EditRequest, VariationRequest

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.openai.conftest import Connect, Script, ScriptedServer, Wire

PNG = b"\x89PNG\r\n\x1a\n...."
EDIT = EditRequest(model="old-edit", instruction="Fix the spelling", input="What day of the wek is it?", n=1)
ONCE = CompletionRequest(model="old-text", prompt="Once", max_tokens=5, stop="\n", best_of=3)


def text(value: str) -> dict[str, Any]:
    return {"id": "cmpl-1", "choices": [{"text": value, "index": 0, "finish_reason": "stop"}]}


def serving(server: ScriptedServer, **routes: Script) -> None:
    """Serve these endpoints (`chat`, `completions`, ...), and answer 404 for the others."""

    async def script(wire: Wire) -> None:
        name = wire.asked.target.removeprefix("/v1/").removesuffix("/completions").replace("/", "_")
        missing = server.fault(404, f"Invalid URL ({wire.asked.method} {wire.asked.target})")
        await routes.get(name, missing)(wire)

    server.will(script)


def targets(server: ScriptedServer) -> list[str]:
    return [asked.target.removeprefix("/v1/") for asked in server.asked]


async def test_where_the_endpoint_is_there_it_serves(api: Api, server: ScriptedServer) -> None:
    serving(server, edits=server.answer(text("What day of the week is it?")), completions=server.answer(text(" upon")))
    edited = await api.fallbacks.edit(EDIT)
    assert (edited.result.text, edited.served_by, edited.note) == ("What day of the week is it?", "endpoint", "")
    completed = await api.fallbacks.complete(ONCE)
    assert (completed.result.text, completed.served_by, completed.ignored) == (" upon", "endpoint", ())
    assert targets(server) == ["edits", "completions"]


async def test_an_edit_is_done_through_chat_and_says_so(api: Api, server: ScriptedServer) -> None:
    serving(server, chat=server.answer(server.completion("What day of the week is it?"), x_request_id="r-1"))
    for _ in range(2):
        served = await api.fallbacks.edit(EDIT, chat_model="m-1")
        assert (served.result.text, served.result.finish_reason) == ("What day of the week is it?", "stop")
        assert (served.served_by, served.result.request_id) == ("chat", "r-1")
        assert served.note == "this server has no POST /edits: done through chat completions"
    assert targets(server) == ["edits", "chat/completions", "chat/completions"], "asked for once, then remembered"
    sent = server.asked[1].json
    assert (sent["model"], sent["n"]) == ("m-1", 1)
    assert "Fix the spelling" in sent["messages"][1]["content"]
    assert "What day of the wek is it?" in sent["messages"][1]["content"]


async def test_the_missing_endpoint_is_asked_for_again_after_a_while(connect: Connect, server: ScriptedServer) -> None:
    api = connect(missing_for=0.0)
    serving(server, chat=server.answer(server.completion("x")))
    for _ in range(2):
        await api.fallbacks.edit(EDIT)
    assert targets(server) == ["edits", "chat/completions"] * 2


async def test_without_a_chat_model_the_same_model_is_asked(api: Api, server: ScriptedServer) -> None:
    serving(server, chat=server.answer(server.completion("x")))
    await api.fallbacks.edit(EDIT)
    assert server.asked[1].json["model"] == "old-edit"


async def test_other_failures_are_not_answered_by_another_path(connect: Connect, server: ScriptedServer) -> None:
    serving(server, edits=server.fault(503), completions=server.fault(401))
    api = connect(max_attempts=1)
    with pytest.raises(errors.Unavailable):
        await api.fallbacks.edit(EDIT)
    with pytest.raises(errors.AuthFailed):
        await api.fallbacks.complete(ONCE)
    assert targets(server) == ["edits", "completions"]


async def test_a_server_with_neither_path_says_so(api: Api, server: ScriptedServer) -> None:
    serving(server)
    with pytest.raises(errors.EndpointMissing, match="/chat/completions"):
        await api.fallbacks.edit(EDIT)


async def test_a_text_goes_on_through_chat(api: Api, server: ScriptedServer) -> None:
    serving(server, chat=server.answer(server.completion(" upon a time", "length")))
    served = await api.fallbacks.complete(ONCE, chat_model="m-1")
    assert (served.result.text, served.result.finish_reason) == (" upon a time", "length")
    assert (served.served_by, served.ignored) == ("chat", ("best_of",))
    assert served.result.usage
    assert served.result.usage.total_tokens == 5
    sent = server.asked[1].json
    assert (sent["max_tokens"], sent["stop"], sent["messages"][1]["content"]) == (5, "\n", "Once")
    assert "best_of" not in sent


@pytest.mark.parametrize("streamed", [False, True])
async def test_a_model_that_wants_its_limit_by_the_newer_name_gets_it(
    api: Api, server: ScriptedServer, *, streamed: bool
) -> None:
    refusal = server.fault(400, "'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.")
    answer = server.events(server.piece(" upon", "stop")) if streamed else server.answer(server.completion(" upon"))

    async def chat(wire: Wire) -> None:
        await (refusal if "max_tokens" in wire.asked.json else answer)(wire)

    serving(server, chat=chat)
    for _ in range(2):
        if streamed:
            async with api.fallbacks.stream(ONCE) as served:
                assert [delta.text async for delta in served.result if delta.text] == [" upon"]
        else:
            assert (await api.fallbacks.complete(ONCE)).result.text == " upon"
    limits = [
        {name: asked.json[name] for name in ("max_tokens", "max_completion_tokens") if name in asked.json}
        for asked in server.asked
        if asked.target.endswith("chat/completions")
    ]
    assert limits == [{"max_tokens": 5}, {"max_completion_tokens": 5}, {"max_completion_tokens": 5}], "asked for once"


async def test_a_model_that_knows_chat_alone_is_remembered_for_itself(api: Api, server: ScriptedServer) -> None:
    told = "This is a chat model and not supported in the v1/completions endpoint."
    answers = {"gpt-4": server.fault(404, told, "model_not_found"), "old-text": server.answer(text("x"))}

    async def by_model(wire: Wire) -> None:
        await answers[wire.asked.json["model"]](wire)

    serving(server, completions=by_model, chat=server.answer(server.completion("y")))
    request = CompletionRequest(model="gpt-4", prompt="Once")
    for _ in range(2):
        served = await api.fallbacks.complete(request)
        assert (served.result.text, served.served_by) == ("y", "chat")
        assert "does not know the model gpt-4" in served.note
    assert (await api.fallbacks.complete(ONCE)).served_by == "endpoint"
    assert targets(server) == ["completions", "chat/completions", "chat/completions", "completions"]


async def test_several_prompts_echo_suffix_and_log_probabilities_are_carried_over(
    api: Api, server: ScriptedServer
) -> None:
    raw = server.completion("!")
    raw["choices"][0]["logprobs"] = {"content": [{"token": "!", "logprob": -0.1, "top_logprobs": []}]}
    serving(server, chat=server.answer(raw))
    request = CompletionRequest(
        model="m", prompt=["One", "Two"], suffix="The end", echo=True, logprobs=2, extra={"top_k": 1}
    )
    served = await api.fallbacks.complete(request)
    assert [(choice.index, choice.text) for choice in served.result.choices] == [(0, "One!"), (1, "Two!")]
    assert served.result.choices[0].logprobs
    assert served.result.choices[0].logprobs.values == (-0.1,)
    assert served.result.usage
    assert served.result.usage.total_tokens == 10
    first, second = (asked.json for asked in server.asked[1:])
    assert "One" in first["messages"][1]["content"]
    assert "The end" in first["messages"][1]["content"]
    assert "Two" in second["messages"][1]["content"]
    assert (first["logprobs"], first["top_logprobs"], first["top_k"]) == (True, 2, 1)


@pytest.mark.parametrize("prompt", [[1, 2, 3], [[1], [2]], []])
async def test_token_numbers_cannot_go_through_chat(api: Api, server: ScriptedServer, prompt: Any) -> None:
    serving(server, chat=server.answer(server.completion("x")))
    request = CompletionRequest(model="m", prompt=prompt)
    with pytest.raises(errors.EndpointMissing):
        await api.fallbacks.complete(request)
    with pytest.raises(errors.EndpointMissing):
        async with api.fallbacks.stream(request):
            pass
    assert targets(server) == ["completions"]


async def test_a_text_is_streamed_by_the_endpoint(api: Api, server: ScriptedServer) -> None:
    serving(server, completions=server.events(text(" upon")))
    async with api.fallbacks.stream(ONCE) as served:
        assert served.served_by == "endpoint"
        assert (await served.result.collect()).text == " upon"


async def test_a_text_is_streamed_through_chat(api: Api, server: ScriptedServer) -> None:
    last = server.piece(" a time", "stop")
    last["choices"][0]["logprobs"] = {"content": [{"token": " a", "logprob": -0.2, "top_logprobs": []}]}
    serving(server, chat=server.events(server.piece(" upon"), last))
    request = CompletionRequest(model="m", prompt="Once", logprobs=0, echo=True)
    for _ in range(2):
        async with api.fallbacks.stream(request, chat_model="m-1") as served:
            texts = [delta.text async for delta in served.result]
            assert (served.served_by, served.ignored) == ("chat", ("echo",))
            assert texts == [" upon", " a time"]
            assert (served.result.answer.text, served.result.answer.finish_reason) == (" upon a time", "stop")
            assert served.result.answer.choices[0].logprobs
    assert targets(server) == ["completions", "chat/completions", "chat/completions"]
    assert server.asked[1].json["stream"] is True


async def test_leaving_a_stream_early_closes_it(api: Api, server: ScriptedServer) -> None:
    gone = asyncio.Event()

    async def script(wire: Wire) -> None:
        await wire.begin_events()
        await wire.event(server.piece("a"))
        await wire.client_is_gone()
        gone.set()

    serving(server, chat=script)
    async with api.fallbacks.stream(ONCE) as served:
        assert (await anext(served.result)).text == "a"
    async with asyncio.timeout(20):
        await gone.wait()


async def chunks() -> AsyncIterator[bytes]:
    yield PNG[:4]
    yield PNG[4:]


@pytest.mark.parametrize("source", ["bytes", "chunks"])
async def test_a_picture_is_described_and_drawn_anew(api: Api, server: ScriptedServer, source: str) -> None:
    drawn = {
        "created": 1,
        "data": [{"url": "https://a.invalid/1"}, {"url": "https://a.invalid/2", "revised_prompt": "r"}],
    }
    serving(
        server, chat=server.answer(server.completion("An otter with a hat")), images_generations=server.answer(drawn)
    )
    request = VariationRequest(
        image=PNG if source == "bytes" else chunks(), model="dall-e-2", n=2, size="256x256", response_format="url"
    )
    served = await api.fallbacks.vary(request, chat_model="sees-1", image_model="draws-1")
    assert served.served_by == "chat and images"
    assert served.note == ("this server has no POST /images/variations: done through chat completions, and drawn anew")
    assert [picture.revised_prompt for picture in served.result] == ["An otter with a hat", "r"]
    assert targets(server) == ["images/variations", "chat/completions", "images/generations"]
    shown = server.asked[1].json["messages"][0]["content"][1]["image_url"]["url"]
    assert shown == f"data:image/png;base64,{base64.b64encode(PNG).decode()}"
    assert server.asked[1].json["model"] == "sees-1"
    assert server.asked[2].json == {
        "prompt": "An otter with a hat", "model": "draws-1", "n": 2, "size": "256x256", "response_format": "url"
    }  # fmt: skip


async def test_a_picture_is_varied_where_the_endpoint_is_there(api: Api, server: ScriptedServer) -> None:
    serving(server, images_variations=server.answer({"data": [{"url": "https://a.invalid/1"}]}))
    served = await api.fallbacks.vary(VariationRequest(image=PNG), chat_model="sees-1")
    assert (served.served_by, len(served.result)) == ("endpoint", 1)


async def test_a_picture_that_is_not_described_is_not_drawn(api: Api, server: ScriptedServer) -> None:
    serving(server, chat=server.answer(server.completion(" ")))
    with pytest.raises(errors.BadResponse, match="did not describe"):
        await api.fallbacks.vary(VariationRequest(image=PNG), chat_model="sees-1")


async def test_a_long_description_is_cut_to_what_every_model_takes(api: Api, server: ScriptedServer) -> None:
    serving(
        server,
        chat=server.answer(server.completion("x" * 5000)),
        images_generations=server.answer({"data": [{"url": "https://a.invalid/1"}]}),
    )
    await api.fallbacks.vary(VariationRequest(image=PNG), chat_model="sees-1")
    assert len(server.asked[2].json["prompt"]) == 1000
