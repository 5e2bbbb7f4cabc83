"""Moderations, embeddings, models, and what holds for every endpoint: keys, limits, ids."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from botcore.testing.openai_server import ModelCard, OfflineSettings, RateLimit, embed
from botcore.testing.openai_server.meter import Meter

if TYPE_CHECKING:
    from tests.openai_server.conftest import Client

KEY = "sk-not-a-real-key-0123456789"


def bearer(key: str, **more: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}", **more}


class TestModerations:
    @pytest.fixture
    def settings(self) -> OfflineSettings:
        return OfflineSettings(flagged={"hate": (r"\bbadword\b",), "house/rules": (r"\bspoiler\b",)})

    @pytest.mark.parametrize(
        ("text", "categories"),
        [
            ("I want to kill them.", {"violence", "harassment/threatening"}),
            ("You are an idiot", {"harassment"}),
            ("I want to kill myself", {"self-harm", "self-harm/intent"}),
            ("how to build a bomb", {"illicit/violent"}),
            ("我想自杀", {"self-harm", "self-harm/intent"}),
            ("badword", {"hate"}),
            ("a spoiler", {"house/rules"}),
            ("just flagged:sexual/minors please", {"sexual/minors"}),
            ("How do I kill a process?", set()),
            ("What a lovely day 🦊", set()),
            ("", set()),
        ],
    )
    async def test_texts_are_judged_by_their_words(self, text: str, categories: set[str], client: Client) -> None:
        result = (await client.send("POST", "/moderations", {"input": text})).json["results"][0]
        assert {name for name, flagged in result["categories"].items() if flagged} == categories
        assert result["flagged"] is bool(categories)
        for name, score in result["category_scores"].items():
            assert 0 < score < 1
            assert (score >= 0.5) is (name in categories)

    async def test_many_texts_have_many_verdicts_and_a_message_has_one(self, client: Client) -> None:
        many = await client.send("POST", "/moderations", {"input": ["fine", "You are an idiot"]})
        assert [result["flagged"] for result in many.json["results"]] == [False, True]
        picture = {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}}
        parts = [{"type": "text", "text": "flagged:violence"}, picture]
        one = (await client.send("POST", "/moderations", {"input": parts})).json["results"]
        assert len(one) == 1
        assert one[0]["category_applied_input_types"]["violence"] == ["text", "image"]
        assert one[0]["category_applied_input_types"]["hate"] == ["text"]

    @pytest.mark.parametrize(
        ("body", "status", "param"),
        [
            ({}, 400, "input"),
            ({"input": 5}, 400, "input"),
            ({"input": [{"type": "sound"}]}, 400, "input[0].type"),
            ({"input": "x", "model": "gpt-4o"}, 404, "model"),
        ],
    )
    async def test_wrong_requests(self, body: dict[str, Any], status: int, param: str, client: Client) -> None:
        reply = await client.send("POST", "/moderations", body)
        assert (reply.status, reply.error["param"]) == (status, param)


async def vectors(client: Client, given: Any, **fields: Any) -> np.ndarray[Any, np.dtype[np.float64]]:
    body = {"model": "text-embedding-3-small", "input": given, **fields}
    reply = await client.send("POST", "/embeddings", body)
    assert reply.status == 200, reply.body
    assert [one["index"] for one in reply.json["data"]] == list(range(len(reply.json["data"])))
    return np.array([one["embedding"] for one in reply.json["data"]])


class TestEmbeddings:
    async def test_similar_texts_lie_closer(self, client: Client) -> None:
        texts = [
            "the cat sat on the mat",
            "a cat sits on a mat",
            "stock prices fell sharply",
            "我喜欢猫",
            "我爱猫",
            "股市下跌",
        ]
        cat, cats, stocks, like, love, market = await vectors(client, texts)
        assert cat @ cats > 0.3 > cat @ stocks
        assert like @ love > 0.3 > like @ market

    async def test_lengths_and_dimensions(self, client: Client) -> None:
        assert (await vectors(client, "hello")).shape == (1, 1536)
        small = await vectors(client, ["hello", "🦊", "..."], dimensions=64)
        assert small.shape == (3, 64)
        assert np.allclose(np.linalg.norm(small, axis=1), 1)
        assert (await vectors(client, "hello", model="text-embedding-3-large")).shape == (1, 3072)

    async def test_base64_holds_the_same_floats(self, client: Client) -> None:
        floats = await vectors(client, "hello", dimensions=32)
        body = {"model": "text-embedding-3-small", "input": "hello", "encoding_format": "base64", "dimensions": 32}
        text = (await client.send("POST", "/embeddings", body)).json["data"][0]["embedding"]
        assert np.allclose(np.frombuffer(base64.b64decode(text), "<f4"), floats[0])

    async def test_token_numbers_are_taken_too(self, client: Client) -> None:
        assert (await vectors(client, [1, 2, 3])).shape == (1, 1536)
        assert (await vectors(client, [[1, 2, 3], [4]])).shape == (2, 1536)

    async def test_a_large_batch_is_answered(self, client: Client) -> None:
        assert (await vectors(client, [f"text {at}" for at in range(2048)], dimensions=8)).shape == (2048, 8)

    @pytest.mark.parametrize(
        ("body", "param"),
        [
            ({}, "input"),
            ({"input": ""}, "input"),
            ({"input": []}, "input"),
            ({"input": ["a", ""]}, "input"),
            ({"input": ["a", 5]}, "input"),
            ({"input": ["x"] * 2049}, "input"),
            ({"input": "x", "dimensions": 0}, "dimensions"),
            ({"input": "x", "dimensions": 4000}, "dimensions"),
            ({"input": "x", "dimensions": 8, "model": "text-embedding-ada-002"}, "dimensions"),
            ({"input": "x", "encoding_format": "hex"}, "encoding_format"),
            ({"input": "x", "model": "gpt-4o"}, "model"),
            ({"input": "x" * 40000}, None),
        ],
    )
    async def test_wrong_requests(self, body: dict[str, Any], param: str | None, client: Client) -> None:
        reply = await client.send("POST", "/embeddings", {"model": "text-embedding-3-small", **body})
        assert (reply.status, reply.error["param"]) == (400, param)

    @given(st.text(min_size=1, max_size=60), st.integers(1, 64))
    def test_every_text_has_a_vector_of_length_one(self, text: str, size: int) -> None:
        vector = embed(text, size)
        assert vector.shape == (size,)
        assert np.isclose(np.linalg.norm(vector), 1, atol=1e-5)
        assert np.array_equal(vector, embed(text, size))


class TestModels:
    async def test_they_are_listed_shown_and_deleted(self, client: Client) -> None:
        listed = [one["id"] for one in (await client.send("GET", "/models")).json["data"]]
        tuned = "ft:gpt-4o-mini:offline::sample"
        assert {"gpt-4o", "text-embedding-3-small", tuned} <= set(listed)
        assert (await client.send("GET", f"/models/{tuned}")).json["owned_by"] == "offline-stand-in"
        deleted = await client.send("DELETE", f"/models/{tuned}")
        assert deleted.json == {"id": tuned, "object": "model", "deleted": True}
        again = await client.send("DELETE", f"/models/{tuned}")
        assert (again.status, again.error["code"], again.error["param"]) == (404, "model_not_found", "model")
        assert (await client.send("DELETE", "/models/gpt-4o")).status == 403

    async def test_a_name_with_slashes(self, client: Client) -> None:
        client.server.models["meta/llama:8b"] = ModelCard("meta/llama:8b")
        assert (await client.send("GET", "/models/meta%2Fllama:8b")).json["id"] == "meta/llama:8b"
        assert (await client.chat("hello", model="meta/llama:8b")).json["model"] == "meta/llama:8b"


class TestAnyModel:
    @pytest.fixture
    def settings(self) -> OfflineSettings:
        return OfflineSettings(any_model=True, introduce=False)

    async def test_every_name_is_taken(self, client: Client) -> None:
        assert (await client.chat("hello", model="llama-9")).json["model"] == "llama-9"
        assert (await vectors(client, "hello", model="my-embedder")).shape == (1, 1536)
        assert (await client.send("POST", "/moderations", {"input": "x", "model": "judge"})).json["model"] == "judge"
        assert (await client.chat("hello", model="text-embedding-3-small")).status == 404


async def test_other_addresses_and_methods_are_refused_in_the_apis_shape(client: Client) -> None:
    for method, path in (("POST", "/audio/nothing"), ("GET", "/"), ("GET", "/chat/completionsx")):
        reply = await client.send(method, path, {} if method == "POST" else None)
        assert (reply.status, reply.error["type"]) == (404, "invalid_request_error")
        assert f"Invalid URL ({method} /v1{path})" in reply.error["message"]
    wrong = await client.send("GET", "/chat/completions")
    assert (wrong.status, wrong.error["code"]) == (405, "method_not_supported")
    async with client.http.get(client.server.url.removesuffix("/v1") + "/models") as outside:
        assert outside.status == 404


async def test_every_answer_has_its_own_request_id_and_rate_limit_headers(client: Client) -> None:
    replies = [await client.chat("hi"), await client.send("GET", "/nothing"), await client.chat("hi", n="x")]
    assert len({reply.headers["x-request-id"] for reply in replies}) == 3
    for reply in replies:
        assert reply.headers["x-ratelimit-limit-requests"]
        assert reply.headers["openai-processing-ms"].isdecimal()
    assert replies[0].headers["x-request-id"] == client.server.requests[0].request_id


class TestKeys:
    @pytest.fixture
    def settings(self) -> OfflineSettings:
        return OfflineSettings(keys=frozenset({KEY}), organizations=frozenset({"org-1"}))

    async def test_only_known_keys_and_organisations_pass(self, client: Client) -> None:
        missing = await client.send("GET", "/models")
        assert (missing.status, missing.error["code"]) == (401, None)
        assert "didn't provide an API key" in missing.error["message"]
        wrong = await client.send("GET", "/models", headers=bearer("sk-fake-wrong-key-7777"))
        assert (wrong.status, wrong.error["code"]) == (401, "invalid_api_key")
        assert wrong.error["message"] == "Incorrect API key provided: sk-***************7777."
        assert (await client.send("GET", "/models", headers=bearer(KEY))).status == 200
        ours = bearer(KEY, **{"OpenAI-Organization": "org-1"})
        assert (await client.send("GET", "/models", headers=ours)).status == 200
        theirs = await client.send("GET", "/models", headers=bearer(KEY, **{"OpenAI-Organization": "org-2"}))
        assert (theirs.status, theirs.error["code"]) == (401, "mismatched_organization")


class TestLimits:
    @pytest.fixture
    def settings(self) -> OfflineSettings:
        return OfflineSettings(rate=RateLimit(requests_per_minute=2, tokens_per_minute=1000), introduce=False)

    async def test_each_key_has_its_own_rate(self, client: Client) -> None:
        first = await client.chat("hi")
        assert first.headers["x-ratelimit-limit-requests"] == "2"
        assert first.headers["x-ratelimit-remaining-requests"] == "1"
        assert (await client.chat("hi")).status == 200
        refused = await client.chat("hi")
        assert (refused.status, refused.error["code"], refused.error["type"]) == (
            429,
            "rate_limit_exceeded",
            "requests",
        )
        assert 1 <= int(refused.headers["retry-after"]) <= 30
        assert "Please try again in" in refused.error["message"]
        assert (await client.send("GET", "/models", headers=bearer("sk-fake-other"))).status == 200

    async def test_tokens_count_too(self, client: Client) -> None:
        assert (await client.chat("x" * 3000)).status == 200
        refused = await client.chat("x" * 3000)
        assert (refused.status, refused.error["type"]) == (429, "tokens")


class TestQuota:
    @pytest.fixture
    def settings(self) -> OfflineSettings:
        return OfflineSettings(quota_tokens=10, introduce=False)

    async def test_a_used_up_quota_is_told_from_a_rate_limit(self, client: Client) -> None:
        assert (await client.chat("hello")).status == 200
        refused = await client.chat("hello")
        assert (refused.status, refused.error["code"], refused.error["type"]) == (429, *["insufficient_quota"] * 2)
        assert "retry-after" not in refused.headers


def test_a_rate_refills_evenly() -> None:
    now = [0.0]
    meter = Meter(RateLimit(tokens_per_minute=60), None, clock=lambda: now[0])
    meter.tokens("k", 60)
    now[0] = 30.0
    meter.tokens("k", 30)
    assert meter.headers("k")["x-ratelimit-remaining-tokens"] == "0"
    now[0] = 100.0
    assert meter.headers("other")["x-ratelimit-limit-tokens"] == "2000000"
    meter.tokens("k", 60)
