"""Every request that the client can send, held against the public descriptions of the API: path, method, query, fields,
types, required ones, and enumerated values, of JSON and of forms."""

from __future__ import annotations

import importlib
import json
import pkgutil
import re
from collections.abc import Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import pytest

import botcore.openai
from botcore.errors import ApiError
from botcore.openai import (
    Api,
    ChatRequest,
    CompletionRequest,
    EditRequest,
    FineTuneRequest,
    FineTuningRequest,
    ImageEditRequest,
    ImagePart,
    ImageRequest,
    SpeechRequest,
    TextPart,
    TranscriptionRequest,
    TranslationRequest,
    TuneRequest,
    Upload,
    VariationRequest,
)
from botcore.openai.call import Endpoint
from botcore.openai.elsewhere import LINK
from botcore.testing.openapi import Description, Mismatch

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

    from tests.openai.conftest import Asked, ScriptedServer

    Ask = Callable[[Api], Awaitable[Any]]

# Two quirks of the descriptions are stepped around: older ones want a name to be either any text or one of a few, but
# not both (so that models are called "m" here), and one has a minimum in a form that no validator of its version reads.
PNG = b"\x89PNG\r\n\x1a\n...."
VOICE = Upload.of(b"OggS", name="voice.ogg")
CHAT = ChatRequest(
    model="m",
    messages=[
        {"role": "developer", "content": "Be brief.", "name": "op"},
        {
            "role": "user",
            "content": [{"type": "text", "text": "a"}, {"type": "image_url", "image_url": {"url": "data:"}}],
        },
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
        },
        {"role": "tool", "tool_call_id": "c", "content": "b"},
    ],
    tools=[{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}],
    tool_choice="auto",
    parallel_tool_calls=False,
    temperature=0.0,
    top_p=1.0,
    n=1,
    stop=["\n"],
    max_tokens=5,
    max_completion_tokens=5,
    presence_penalty=0.0,
    frequency_penalty=0.0,
    logit_bias={"50256": -100},
    user="u",
    seed=1,
    response_format={"type": "json_object"},
    functions=[{"name": "f"}],
    function_call="none",
)
COMPLETION = CompletionRequest(
    model="m", prompt=["a", "b"], suffix="c", max_tokens=0, temperature=0.0, top_p=0.5, n=1, logprobs=5, echo=True,
    stop="\n", presence_penalty=-2, frequency_penalty=2, best_of=1, logit_bias={"50256": -100}, seed=1, user="u",
)  # fmt: skip
EDIT = EditRequest(model="m", instruction="a", input="b", n=1, temperature=0, top_p=1)
IMAGE = ImageRequest(
    prompt="a", model="gpt-image-1", n=1, size="1536x1024", quality="high", style="vivid", background="transparent",
    moderation="low", output_format="webp", output_compression=50, response_format="b64_json", user="u",
)  # fmt: skip
IMAGE_EDIT = ImageEditRequest(
    image=(PNG, PNG), prompt="a", mask=PNG, model="gpt-image-1", n=2, size="auto", quality="low", background="opaque",
    input_fidelity="high", output_format="png", output_compression=0, response_format="url", user="u",
)  # fmt: skip
VARIATION = VariationRequest(image=PNG, model="dall-e-2", n=1, size="512x512", response_format="url", user="u")
TRANSCRIPTION = TranscriptionRequest(
    file=VOICE, model="m", prompt="a", response_format="verbose_json", temperature=0.5, language="en",
    timestamp_granularities=["word", "segment"], languages=["en"], keywords=["b"], include=["logprobs"],
    chunking_strategy={"type": "server_vad", "threshold": 0.5}, known_speaker_names=["c"],
    known_speaker_references=["data:"],
)  # fmt: skip
TRANSLATION = TranslationRequest(file=VOICE, model="m", prompt="a", response_format="srt", temperature=0)
SPEECH = SpeechRequest(
    model="gpt-4o-mini-tts", input="a", voice="alloy", response_format="opus", speed=0.25, instructions="b"
)
TUNING = FineTuningRequest(
    model="gpt-4o-mini", training_file="file-1", validation_file="file-2", suffix="a", seed=1, metadata={"b": "c"},
    hyperparameters={"n_epochs": 3, "batch_size": "auto", "learning_rate_multiplier": "auto"},
    method={"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": "auto"}}},
    integrations=[{"type": "wandb", "wandb": {"project": "d"}}],
)  # fmt: skip
TUNE = FineTuneRequest(
    training_file="file-1", validation_file="file-2", model="m", n_epochs=4, batch_size=1,
    learning_rate_multiplier=0.1, prompt_loss_weight=0.01, compute_classification_metrics=True,
    classification_n_classes=2, classification_positive_class="1", classification_betas=[1.0, 0.5], suffix="a",
)  # fmt: skip
PARTS: list[TextPart | ImagePart] = [
    {"type": "text", "text": "a"},
    {"type": "image_url", "image_url": {"url": "https://a.invalid/b"}},
]
NEITHER = TuneRequest(
    model="m", training_file="f", n_epochs=3, batch_size=2, learning_rate_multiplier="auto", suffix="a"
)


async def streamed(stream: Any) -> None:
    async with stream:
        pass


async def first(pages: Any) -> None:
    await pages.first()


async def chunks() -> AsyncIterator[bytes]:
    yield b"{}"


CURRENT: list[Ask] = [
    lambda api: api.chat.complete(CHAT),
    lambda api: streamed(api.chat.stream(CHAT)),
    lambda api: api.completions.create(COMPLETION),
    lambda api: api.completions.create(CompletionRequest(model="m", prompt=[[1, 2], [3]], stop=["a", "b"])),
    lambda api: streamed(api.completions.stream(CompletionRequest(model="m", prompt=[1, 2]))),
    lambda api: api.images.generate(IMAGE),
    lambda api: api.images.generate(ImageRequest(prompt="a")),
    lambda api: api.images.edit(IMAGE_EDIT),
    lambda api: api.images.edit(ImageEditRequest(image=PNG, prompt="a")),
    lambda api: api.images.vary(VARIATION),
    lambda api: api.embeddings.create(["a", "b"], model="m", dimensions=2, user="u"),
    lambda api: api.embeddings.create([1, 2], model="m", encoding="float"),
    lambda api: api.moderations.check("a", model="m"),
    lambda api: api.moderations.check(PARTS),
    lambda api: api.audio.transcribe(TRANSCRIPTION),
    lambda api: api.audio.transcribe(TranscriptionRequest(file=VOICE, model="m", chunking_strategy="auto")),
    lambda api: api.audio.translate(TRANSLATION),
    lambda api: streamed(api.audio.speak(SPEECH)),
    lambda api: streamed(api.audio.speak(SpeechRequest(model="m", input="a", voice={"id": "voice_1"}))),
    lambda api: api.models.list(),
    lambda api: api.models.get("org/model"),
    lambda api: api.models.delete("ft:m"),
    lambda api: api.files.upload(b"{}", name="a.jsonl", expires_after=3600),
    lambda api: api.files.upload(chunks(), purpose="user_data"),
    lambda api: first(api.files.list(purpose="fine-tune", limit=5, order="asc", after="file-1")),
    lambda api: api.files.get("file-1"),
    lambda api: streamed(api.files.content("file-1")),
    lambda api: api.files.delete("file-1"),
    lambda api: api.fine_tuning.create(TUNING),
    lambda api: first(api.fine_tuning.list(limit=5, after="ftjob-1")),
    lambda api: api.fine_tuning.get("ftjob-1"),
    lambda api: api.fine_tuning.cancel("ftjob-1"),
    lambda api: first(api.fine_tuning.events("ftjob-1", limit=5, after="ftevent-1")),
    lambda api: api.tuning.create(NEITHER),
]
OLDER: list[Ask] = [
    lambda api: api.edits.create(EDIT),
    lambda api: api.edits.create(EditRequest(model="m", instruction="a")),
    lambda api: api.completions.create(CompletionRequest(model="m", prompt="a", max_tokens=7, stop="\n")),
    lambda api: api.images.generate(ImageRequest(prompt="a", n=2, size="1024x1024", response_format="url")),
    lambda api: api.images.edit(ImageEditRequest(image=PNG, mask=PNG, prompt="a", n=2, size="256x256", user="u")),
    lambda api: api.images.vary(VariationRequest(image=PNG, n=2, size="512x512", response_format="b64_json")),
    lambda api: api.audio.transcribe(TranscriptionRequest(file=VOICE, model="m", language="en")),
    lambda api: api.audio.translate(TRANSLATION),
    lambda api: api.files.upload(b"{}", name="a.jsonl"),
    lambda api: first(api.files.list()),
    lambda api: streamed(api.files.content("file-1")),
    lambda api: api.fine_tunes.create(TUNE),
    lambda api: api.fine_tunes.list(),
    lambda api: api.fine_tunes.get("ft-1"),
    lambda api: api.fine_tunes.cancel("ft-1"),
    lambda api: api.fine_tunes.events("ft-1"),
    lambda api: api.tuning.create(NEITHER, prefer="fine_tunes"),
]
BETWEEN: list[Ask] = [
    lambda api: api.fine_tuning.create(FineTuningRequest(model="m", training_file="f", suffix="a")),
    lambda api: first(api.fine_tuning.list(limit=5)),
    lambda api: first(api.fine_tuning.events("ftjob-1", limit=5)),
    lambda api: streamed(api.audio.speak(SpeechRequest(model="tts-1", input="a", voice="alloy", speed=4.0))),
]
VERSIONS = {"openai-2.3.0": CURRENT, "openai-2023-06-19": OLDER, "openai-2023-12-22": BETWEEN}


class Conformance:
    """A description, with forms and query parameters."""

    def __init__(self, path: Path) -> None:
        self.description = Description.load(path)

    def check(self, asked: Asked) -> set[str]:
        """Check a request as it came over the wire; give the names of its fields."""
        parts = urlsplit(asked.target)
        path = parts.path.removeprefix("/v1")
        operation = self.description._operation(asked.method, path)
        self._check_query(path, operation, parse_qsl(parts.query))
        kind = asked.headers.get("content-type", "").partition(";")[0]
        if not asked.body:
            assert not operation.get("requestBody", {}).get("required"), f"{asked.method} {path} wants a body"
            return set()
        holder = self.description._followed(operation["requestBody"])
        schema = holder["content"][kind]["schema"]
        known = self._properties(schema)
        body = asked.json if kind == "application/json" else self._of_form(asked, known)
        assert set(body) <= set(known), f"{asked.method} {path} has no {sorted(set(body) - set(known))}"
        self.description._check(f"{asked.method} {path}", schema, body)
        return set(body)

    def _check_query(self, path: str, operation: Mapping[str, Any], query: list[tuple[str, str]]) -> None:
        described = {one["name"]: one["schema"] for one in operation.get("parameters", ()) if one["in"] == "query"}
        for name, value in query:
            assert name in described, f"{path} has no query parameter {name}"
            self.description._check(f"{path}?{name}", described[name], self._typed(value, described[name]))

    def _of_form(self, asked: Asked, known: Mapping[str, Any]) -> dict[str, Any]:
        """Read a form as the JSON that it stands for: `a[]` is a list, `a[b]` an object, a file a text."""
        body: dict[str, Any] = {}
        for field, file, _, content in asked.form:
            name, *keys = re.findall(r"[^\[\]]+|(?<=\[)(?=\])", field)
            schema = known.get(name, {})
            text = "" if file is not None else content.decode()
            if keys == [""]:
                body.setdefault(name, []).append(self._typed(text, self._inner(schema, "items")))
            elif keys:
                inner = self._properties(schema).get(keys[0], {})
                body.setdefault(name, {})[keys[0]] = self._typed(text, inner)
            else:
                assert name not in body, f"{name} twice"
                body[name] = text if file is not None else self._typed(text, schema)
        return body

    def _branches(self, schema: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        """The schema with all that it refers to or chooses among."""
        schema = self.description._followed(schema)
        inner = [one for key in ("anyOf", "oneOf", "allOf") for one in schema.get(key, ())]
        return [schema, *(branch for one in inner for branch in self._branches(one))]

    def _properties(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        return {name: one for branch in self._branches(schema) for name, one in branch.get("properties", {}).items()}

    def _inner(self, schema: Mapping[str, Any], key: str) -> Mapping[str, Any]:
        return next((branch[key] for branch in self._branches(schema) if key in branch), {})

    def _typed(self, text: str, schema: Mapping[str, Any]) -> Any:
        """The value that a text of a form or query stands for, by what the description expects."""
        kinds = {branch.get("type") for branch in self._branches(schema)}
        if kinds & {"integer", "number", "boolean"} and "string" not in kinds:
            return json.loads(text)
        return text


async def sent_by(api: Api, server: ScriptedServer, ask: Ask) -> list[Asked]:
    """What the client sends for this, whatever comes of it."""
    server.asked.clear()
    server.scripts[:] = [server.fault(400)]
    with pytest.raises(ApiError):
        await ask(api)
    assert len(server.asked) == 1
    return server.asked


@pytest.mark.parametrize("version", VERSIONS)
async def test_every_request_fits_the_description(
    api: Api, server: ScriptedServer, shared_specs: Path, version: str
) -> None:
    conformance = Conformance(shared_specs / f"{version}.yaml")
    for ask in VERSIONS[version]:
        for asked in await sent_by(api, server, ask):
            conformance.check(asked)


async def test_nothing_that_the_client_can_ask_for_is_left_out(api: Api, server: ScriptedServer) -> None:
    """Each endpoint, and each parameter of each request, is among what is checked above."""
    reached: set[str] = set()
    for asks in VERSIONS.values():
        for ask in asks:
            (asked,) = await sent_by(api, server, ask)
            reached.add(f"{asked.method} {urlsplit(asked.target).path.removeprefix('/v1')}")
    modules = (one.name for one in pkgutil.iter_modules(botcore.openai.__path__))
    found = [vars(importlib.import_module(f"botcore.openai.{name}")).values() for name in modules]
    endpoints = {value for values in found for value in values if isinstance(value, Endpoint)} - {LINK}
    assert len(endpoints) == 29
    for endpoint in endpoints:
        pattern = re.compile(re.escape(str(endpoint)).replace(r"\{id\}", "[^/]+"))
        assert any(pattern.fullmatch(one) for one in reached), endpoint
    for request in (
        CHAT, COMPLETION, EDIT, IMAGE, IMAGE_EDIT, VARIATION, TRANSCRIPTION, TRANSLATION, SPEECH, TUNING, TUNE
    ):  # fmt: skip
        unset = {one.name for one in fields(request) if getattr(request, one.name) is None}
        assert not unset, f"{type(request).__name__}: {unset}"


async def test_what_does_not_fit_is_seen(api: Api, server: ScriptedServer, shared_specs: Path) -> None:
    """The check itself, on requests that are wrong in each of the ways."""
    conformance = Conformance(shared_specs / "openai-2.3.0.yaml")
    wrong: list[tuple[Ask, type[BaseException], str]] = [
        (lambda api: api.images.generate(ImageRequest(prompt="a", n=11)), Mismatch, "11"),
        (lambda api: api.images.vary(VariationRequest(image=PNG, size="1x1")), Mismatch, "1x1"),
        (lambda api: api.images.vary(VariationRequest(image=PNG, extra={"n": "0"})), Mismatch, "0"),
        (lambda api: api.images.vary(VariationRequest(image=PNG, extra={"m": "0"})), AssertionError, "has no"),
        (lambda api: api.audio.translate(TranslationRequest(file=b"", model="m", response_format="x")), Mismatch, "x"),
        (lambda api: api.files.upload(b"", expires_after=1), Mismatch, "3600"),
        (lambda api: api.completions.create(CompletionRequest(model="m", prompt="", logprobs=6)), Mismatch, "6"),
        (lambda api: first(api.files.list(order="up")), Mismatch, "up"),  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    ]
    for ask, kind, told in wrong:
        (asked,) = await sent_by(api, server, ask)
        with pytest.raises(kind, match=told):
            conformance.check(asked)
