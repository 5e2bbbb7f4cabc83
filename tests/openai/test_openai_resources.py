"""Moderations, embeddings, models; and what is remembered of a server that lacks some of them."""

from __future__ import annotations

import asyncio
import base64
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import botcore.openai
from botcore import errors
from botcore.openai import Api, ImagePart, TextPart
from botcore.openai.call import Endpoint
from botcore.openai.capabilities import Capabilities

if TYPE_CHECKING:
    from tests.openai.conftest import Connect, ScriptedServer


def verdict(*, flagged: bool = False, **more: Any) -> dict[str, Any]:
    return {"flagged": flagged, "categories": {"violence": flagged}, "category_scores": {"violence": 0.25}, **more}


async def test_one_text_is_moderated(api: Api, server: ScriptedServer) -> None:
    found = verdict(flagged=True, category_applied_input_types={"violence": ["text"]})
    found["categories"]["brand-new/category"] = True
    found["category_scores"]["brand-new/category"] = 1
    server.will(server.answer({"id": "modr-1", "model": "omni", "results": [found]}, x_request_id="req-2"))
    moderation = await api.moderations.check("words")
    assert server.asked[0].json == {"input": "words"}
    assert moderation.flagged
    (result,) = moderation.results
    assert result.reasons == ("violence", "brand-new/category")
    assert result.scores == {"violence": 0.25, "brand-new/category": 1.0}
    assert result.input_types == {"violence": ("text",)}
    assert (moderation.id, moderation.model, moderation.request_id) == ("modr-1", "omni", "req-2")


async def test_many_texts_get_a_verdict_each(api: Api, server: ScriptedServer) -> None:
    server.will(server.answer({"results": [verdict(), {"categories": {"hate": True}}]}))
    moderation = await api.moderations.check(["fine", "not fine"], model="omni-moderation-latest")
    assert [result.flagged for result in moderation.results] == [False, True]
    assert moderation.results[1].scores == {}
    assert server.asked[0].json == {"input": ["fine", "not fine"], "model": "omni-moderation-latest"}


async def test_parts_get_one_verdict_together(api: Api, server: ScriptedServer) -> None:
    server.will(server.answer({"results": [verdict()]}))
    parts: list[TextPart | ImagePart] = [
        {"type": "text", "text": "look"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}},
    ]
    moderation = await api.moderations.check(parts)
    assert not moderation.flagged


@pytest.mark.parametrize("results", [[], None, [1], [verdict(), verdict()], {"flagged": True}])
async def test_a_moderation_without_its_verdict_is_no_pass(api: Api, server: ScriptedServer, results: object) -> None:
    server.will(server.answer({"results": results}))
    with pytest.raises(errors.BadResponse):
        await api.moderations.check("words")


def packed(*values: float) -> str:
    return base64.b64encode(np.array(values, dtype="<f4").tobytes()).decode()


async def test_texts_become_vectors_in_their_order(api: Api, server: ScriptedServer) -> None:
    data = [{"index": 1, "embedding": packed(3, 4)}, {"index": 0, "embedding": [1, 0.5]}]
    server.will(server.answer({"model": "emb", "data": data, "usage": {"prompt_tokens": 4, "total_tokens": 4}}))
    found = await api.embeddings.create(["a", "b"], model="emb-1", dimensions=2, user="u")
    assert found.vectors.dtype == np.float32
    assert found.vectors.tolist() == [[1.0, 0.5], [3.0, 4.0]]
    assert (found.dimensions, found.model) == (2, "emb")
    assert found.usage
    assert found.usage.input_tokens == 4
    assert server.asked[0].json == {
        "model": "emb-1", "input": ["a", "b"], "dimensions": 2, "user": "u", "encoding_format": "base64"
    }  # fmt: skip


@pytest.mark.parametrize("content", ["one text", [1, 2, 3]])
async def test_one_text_or_token_list_is_one_vector(api: Api, server: ScriptedServer, content: Any) -> None:
    server.will(server.answer({"data": [{"embedding": [0.5]}]}))
    found = await api.embeddings.create(content, model="emb", encoding="float")
    assert found.vectors.shape == (1, 1)
    assert server.asked[0].json["encoding_format"] == "float"


@pytest.mark.parametrize(
    "data",
    [
        [],
        [{"embedding": [1.0]}],
        [{"embedding": [1.0]}, {"embedding": [1.0, 2.0]}],
        [{"index": 0, "embedding": [1.0]}, {"index": 0, "embedding": [1.0]}],
        [{"index": 5, "embedding": [1.0]}, {"index": 0, "embedding": [1.0]}],
        [{"embedding": "AAA"}, {"embedding": [1.0]}],
        [{"embedding": packed(1.0)[:-4]}, {"embedding": [1.0]}],
        [{"embedding": packed(float("nan"))}, {"embedding": [1.0]}],
        [{"embedding": ["x"]}, {"embedding": [1.0]}],
        [{"embedding": []}, {"embedding": []}],
        [{"embedding": None}, 5],
    ],
)
async def test_vectors_that_make_no_matrix_are_a_bad_response(api: Api, server: ScriptedServer, data: object) -> None:
    server.will(server.answer({"data": data}))
    with pytest.raises(errors.BadResponse):
        await api.embeddings.create(["a", "b"], model="emb")


async def test_a_server_without_base64_is_asked_without_it(api: Api, server: ScriptedServer) -> None:
    server.will(
        server.fault(400, "Unrecognized request argument supplied: encoding_format"),
        server.answer({"data": [{"embedding": [0.5]}]}),
    )
    for _ in range(2):
        assert (await api.embeddings.create("a", model="emb")).vectors.tolist() == [[0.5]]
    assert ["encoding_format" in asked.json for asked in server.asked] == [True, False, False]


async def test_models_are_listed_found_and_deleted(api: Api, server: ScriptedServer) -> None:
    listed = {"object": "list", "data": [{"id": "a/b", "created": 5, "owned_by": "me", "extra": 1}, {"id": "c"}]}
    server.will(server.answer(listed), server.answer({"id": "a/b"}), server.answer({"id": "ft:x", "deleted": True}))
    first, second = await api.models.list()
    assert (first.id, first.created, first.owned_by, first.raw["extra"]) == ("a/b", 5, "me", 1)
    assert (second.id, second.created) == ("c", 0)
    assert (await api.models.get("a/b ü?#%2F")).id == "a/b"
    assert await api.models.delete("ft:x") is True
    assert [(asked.method, asked.target) for asked in server.asked] == [
        ("GET", "/v1/models"),
        ("GET", "/v1/models/a%2Fb%20%C3%BC%3F%23%252F"),
        ("DELETE", "/v1/models/ft:x"),
    ]


@pytest.mark.parametrize("model", ["", ".", "..", " "])
async def test_an_id_that_would_name_something_else_is_not_sent(api: Api, server: ScriptedServer, model: str) -> None:
    with pytest.raises(errors.BadRequest):
        await api.models.delete(model)
    assert server.asked == []


async def test_a_missing_model_does_not_mean_a_missing_endpoint(api: Api, server: ScriptedServer) -> None:
    server.will(server.fault(404, "The model 'x' does not exist", "model_not_found"))
    for _ in range(2):
        with pytest.raises(errors.NotFound):
            await api.models.get("x")
    assert len(server.asked) == 2
    assert not api.capabilities.missing()


@pytest.mark.parametrize("data", [None, [], [{"no": "id"}], "text"])
async def test_an_empty_or_strange_list_of_models(api: Api, server: ScriptedServer, data: object) -> None:
    server.will(server.answer({"data": data}))
    if not data:
        assert await api.models.list() == ()
    else:
        with pytest.raises(errors.BadResponse):
            await api.models.list()


async def test_a_missing_endpoint_is_asked_for_once(api: Api, server: ScriptedServer) -> None:
    server.will(server.answer(b"404 page not found", 404, content_type="text/plain"))
    for _ in range(3):
        with pytest.raises(errors.EndpointMissing, match="/moderations"):
            await api.moderations.check("words")
    assert len(server.asked) == 1
    assert api.capabilities.missing() == {"moderations"}


async def test_a_missing_endpoint_is_asked_for_again_after_a_while(connect: Connect, server: ScriptedServer) -> None:
    api = connect(missing_for=0.0)
    server.will(server.fault(501), server.answer({"results": [verdict()]}))
    with pytest.raises(errors.EndpointMissing):
        await api.moderations.check("words")
    assert not (await api.moderations.check("words")).flagged


def test_what_is_missing_is_forgotten_in_time() -> None:
    now = 100.0
    capabilities = Capabilities(forget_after=600.0, clock=lambda: now)
    speech = Endpoint("speech", "POST", "/audio/speech")
    capabilities.note_missing(speech)
    assert capabilities.refused(speech, "speed", errors.BadRequest("unknown field speed"))
    assert not capabilities.refused(speech, "voice", errors.BadRequest("unknown field speed"))
    now = 699.0
    with pytest.raises(errors.EndpointMissing, match="again in 1 s"):
        capabilities.require(speech)
    assert capabilities.lacks(speech, "speed")
    now = 701.0
    capabilities.require(speech)
    assert not capabilities.lacks(speech, "speed")
    assert capabilities.missing() == frozenset()


async def test_the_doctor_sees_what_a_server_offers(api: Api, server: ScriptedServer) -> None:
    by_target = {
        "/v1/models": server.answer({"data": []}),
        "/v1/chat/completions": server.fault(400, "you must provide a model parameter"),
        "/v1/moderations": server.fault(404, "Invalid URL (POST /v1/moderations)"),
        "/v1/embeddings": server.fault(403, "not for your key"),
        "/v1/images/edits": server.fault(400, "image is a required property"),
        "/v1/audio/speech": server.fault(405, "Method Not Allowed"),
        "/v1/files": server.answer({"data": []}),
        "/v1/fine_tuning/jobs": server.fault(500, "out of order"),
    }

    async def script(wire: Any) -> None:
        await by_target.get(wire.asked.target, server.fault(404, "Not Found"))(wire)

    server.will(script)
    for asked in (15, 30):  # the second time asks again, whatever is remembered
        findings = await api.probe()
        assert {name: finding.state for name, finding in findings.items()} == {
            "models.list": "ok",
            "chat.completions": "ok",
            "completions": "missing",
            "edits": "missing",
            "embeddings": "refused",
            "moderations": "missing",
            "images.generations": "missing",
            "images.edits": "ok",
            "images.variations": "missing",
            "audio.transcriptions": "missing",
            "audio.translations": "missing",
            "audio.speech": "missing",
            "files.list": "ok",
            "fine_tuning.list": "unreachable",
            "fine_tunes.list": "missing",
        }
        assert "not for your key" in findings["embeddings"].reason
        assert len(server.asked) == asked
    forms = {asked.target for asked in server.asked if asked.headers.get("content-type", "").startswith("multipart")}
    assert forms == {
        "/v1/images/edits", "/v1/images/variations", "/v1/audio/transcriptions", "/v1/audio/translations"
    }  # fmt: skip


async def test_the_doctor_sees_a_server_that_is_down(connect: Connect) -> None:
    findings = await connect(base_url="http://127.0.0.1:1").probe()
    assert {finding.state for finding in findings.values()} == {"unreachable"}


async def test_a_hundred_questions_at_once_are_answered_at_once(connect: Connect, server: ScriptedServer) -> None:
    """No pool limit stands in the way: all hundred are open together before the first is answered."""
    together = asyncio.Barrier(100)

    async def script(wire: Any) -> None:
        await together.wait()
        await server.answer({"results": [verdict()]})(wire)

    server.will(script)
    api = connect()
    async with asyncio.timeout(10):
        await asyncio.gather(*(api.moderations.check("words") for _ in range(100)))
    assert server.connections == 100


async def test_further_options_are_passed_on(api: Api, server: ScriptedServer) -> None:
    server.will(server.answer({"results": [verdict()]}), server.answer({"data": [{"embedding": [0.5]}]}))
    await api.moderations.check("words", model="omni", extra={"region": "eu"})
    await api.embeddings.create("words", model="emb", extra={"input_type": "query"})
    assert server.asked[0].json == {"input": "words", "model": "omni", "region": "eu"}
    assert server.asked[1].json["input_type"] == "query"


async def test_a_model_tells_its_request_id(api: Api, server: ScriptedServer) -> None:
    server.will(
        server.answer({"id": "m", "owned_by": "me"}, x_request_id="r-1", x_ratelimit_limit_requests="5"),
        server.answer({"data": [{"id": "m"}]}, x_request_id="r-2"),
    )
    model = await api.models.get("m")
    assert (model.request_id, model.headers.limit_requests) == ("r-1", 5)
    assert [one.request_id for one in await api.models.list()] == ["r-2"]


def test_importing_loads_only_what_every_bot_needs() -> None:
    later = ["numpy", "pydantic", "PIL", *(f"botcore.openai.{name}" for name in ("images", "audio", "files", "tuning"))]
    code = f"import sys, botcore.openai; print(sorted(set({later}) & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30)
    assert done.stdout.strip() == "[]"


def test_every_public_name_is_there() -> None:
    for name in botcore.openai.__all__:
        assert getattr(botcore.openai, name) is not None
    with pytest.raises(AttributeError, match="nonsense"):
        _ = botcore.openai.nonsense
