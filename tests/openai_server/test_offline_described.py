"""Completions, edits and pictures fit every description of the API: today's, and those of 2023."""

from __future__ import annotations

import base64
import io
import json
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from botcore.testing.openapi import Description

if TYPE_CHECKING:
    from pathlib import Path

    from tests.openai_server.conftest import Client, Reply

pytestmark = pytest.mark.timeout(120)  # parsing a description takes seconds on a busy machine

FORM = "multipart/form-data"
NEW, DECEMBER, JUNE = "openai-2.3.0.yaml", "openai-2023-12-22.yaml", "openai-2023-06-19.yaml"
ALL = [NEW, DECEMBER, JUNE]
COMPLETIONS: dict[str, dict[str, Any]] = {
    "usual": {"prompt": "Say this is a test", "max_tokens": 7, "temperature": 0},
    "everything": {
        "prompt": ["Say one", "go on"],
        "suffix": "end",
        "n": 2,
        "best_of": 3,
        "echo": True,
        "logprobs": 3,
        "stop": ["zzz"],
        "top_p": 0.5,
        "presence_penalty": 1,
        "frequency_penalty": -1,
        "logit_bias": {"50256": -100},
        "user": "u",
    },
    "token numbers": {"prompt": [[1, 2], [3]]},
}
GPT: dict[str, dict[str, Any]] = {
    "usual": {"prompt": "a red circle", "model": "gpt-image-1"},
    "everything": {
        "prompt": "a red circle",
        "model": "gpt-image-1.5",
        "n": 2,
        "size": "1536x1024",
        "quality": "low",
        "background": "transparent",
        "output_format": "webp",
        "output_compression": 50,
        "moderation": "low",
        "user": "u",
    },
}


@pytest.fixture(params=ALL)
def each(request: pytest.FixtureRequest, shared_specs: Path) -> Description:
    return Description.load(shared_specs / request.param)


@pytest.fixture
def june(shared_specs: Path) -> Description:
    return Description.load(shared_specs / JUNE)


def png(mode: str = "RGBA") -> io.BytesIO:
    file = io.BytesIO()
    Image.new(mode, (64, 64)).save(file, "PNG")
    file.seek(0)
    return file


async def checked(client: Client, description: Description, path: str, body: dict[str, Any]) -> Reply:
    """Send JSON, and check the request and its answer."""
    description.check_request("POST", path, body)
    reply = await client.send("POST", path, body)
    assert reply.status == 200, reply.body
    description.check_response("POST", path, 200, reply.json)
    return reply


@pytest.mark.parametrize("name", COMPLETIONS)
async def test_completions(name: str, each: Description, client: Client) -> None:
    await checked(client, each, "/completions", {"model": "gpt-3.5-turbo-instruct", **COMPLETIONS[name]})


@pytest.mark.parametrize("fields", [{}, {"logprobs": 2, "echo": True, "n": 2}])
async def test_a_streamed_completion(fields: dict[str, Any], each: Description, client: Client) -> None:
    body = {"model": "davinci-002", "prompt": "go on", "stream": True, **fields}
    each.check_request("POST", "/completions", body)
    async with client.http.post(client.server.url + "/completions", json=body) as response:
        events = [event.removeprefix("data: ") for event in (await response.text()).split("\n\n") if event]
    chunks = [json.loads(event) for event in events[:-1]]
    assert len(chunks) > 3
    for chunk in chunks:
        for choice in chunk["choices"]:
            # the descriptions say that a chunk has a whole answer's shape, and forget that its reason is null at first
            choice["finish_reason"] = choice["finish_reason"] or "stop"
        each.check_response("POST", "/completions", 200, chunk)


@pytest.mark.parametrize(
    "fields",
    [
        {"input": "What day of the wek is it?", "instruction": "Fix the spelling mistakes"},
        {"instruction": "write something", "n": 3, "temperature": 0.5, "top_p": 1},
    ],
)
async def test_edits(fields: dict[str, Any], june: Description, client: Client) -> None:
    await checked(client, june, "/edits", {"model": "text-davinci-edit-001", **fields})


@pytest.mark.parametrize("response_format", ["url", "b64_json"])
async def test_generations_of_the_older_models(response_format: str, each: Description, client: Client) -> None:
    body = {"prompt": "a red circle", "n": 2, "size": "256x256", "response_format": response_format, "user": "u"}
    reply = await checked(client, each, "/images/generations", body)
    assert [set(one) for one in reply.json["data"]] == [{response_format}] * 2


@pytest.mark.parametrize("name", GPT)
async def test_generations_of_the_newer_models(name: str, description: Description, client: Client) -> None:
    await checked(client, description, "/images/generations", GPT[name])


async def test_generations_of_dall_e_3(description: Description, client: Client) -> None:
    body = {"prompt": "x", "model": "dall-e-3", "size": "1792x1024", "quality": "hd", "style": "natural"}
    await checked(client, description, "/images/generations", body)


async def test_streamed_pictures(description: Description, client: Client) -> None:
    body = {"prompt": "x", "model": "gpt-image-1", "stream": True, "partial_images": 1, "quality": "low"}
    description.check_request("POST", "/images/generations", body)
    async with client.http.post(client.server.url + "/images/generations", json=body) as response:
        data = [line.removeprefix("data: ") for line in (await response.text()).splitlines() if line.startswith("data")]
    partial, completed = (json.loads(one) for one in data)
    description.check_schema("ImageGenPartialImageEvent", partial)
    description.check_schema("ImageGenCompletedEvent", completed)
    form = {**body, "stream": "true"}
    reply = await client.upload("/images/edits", ("image", png(), "a.png", "image/png"), **form)
    events = [line.removeprefix(b"data: ") for line in reply.body.splitlines() if line.startswith(b"data")]
    description.check_schema("ImageEditCompletedEvent", json.loads(events[-1]))


async def test_edits_of_pictures(each: Description, client: Client) -> None:
    fields = {"prompt": "a hat", "n": 1, "size": "256x256", "response_format": "url", "user": "u"}
    each.check_request("POST", "/images/edits", {**fields, "image": "…", "mask": "…"}, media_type=FORM)
    files = (("image", png(), "a.png", "image/png"), ("mask", png(), "b.png", "image/png"))
    reply = await client.upload("/images/edits", *files, **fields)
    assert reply.status == 200, reply.body
    each.check_response("POST", "/images/edits", 200, reply.json)


async def test_edits_of_several_pictures(description: Description, client: Client) -> None:
    fields = {"prompt": "a hat", "model": "gpt-image-1", "quality": "low", "input_fidelity": "high"}
    description.check_request("POST", "/images/edits", {**fields, "image": ["…", "…"]}, media_type=FORM)
    files = [("image[]", png("RGB"), "a.png", "image/png") for _ in range(2)]
    reply = await client.upload("/images/edits", *files, **fields)
    description.check_response("POST", "/images/edits", 200, reply.json)
    url = f"data:image/png;base64,{base64.b64encode(png().getvalue()).decode()}"
    body = {"prompt": "a hat", "images": [{"image_url": url}], "mask": {"image_url": url}, "quality": "low"}
    await checked(client, description, "/images/edits", body)


async def test_variations(each: Description, client: Client) -> None:
    fields = {"n": 2, "size": "256x256", "response_format": "b64_json", "user": "u"}
    each.check_request("POST", "/images/variations", {**fields, "image": "…"}, media_type=FORM)
    reply = await client.upload("/images/variations", ("image", png(), "a.png", "image/png"), **fields)
    assert reply.status == 200, reply.body
    each.check_response("POST", "/images/variations", 200, reply.json)


async def test_refusals(description: Description, client: Client) -> None:
    for reply in (
        await client.send("POST", "/completions", {"model": "gpt-4o", "prompt": "x"}),
        await client.send("POST", "/edits", {}),
        await client.send("POST", "/images/generations", {"prompt": "flagged:hate"}),
        await client.send("POST", "/images/variations", {}),
        await client.upload("/images/edits", prompt="x"),
        await client.send("GET", "/pictures/none.png"),
    ):
        assert reply.status >= 400
        description.check_schema("ErrorResponse", reply.json)
