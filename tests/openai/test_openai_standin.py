"""The client and the offline stand-in: every row of the API over real sockets, its fallbacks, and its faults."""

from __future__ import annotations

import importlib.util
import io
import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from botcore import errors
from botcore.openai import (
    Api,
    ApiSettings,
    Backoff,
    CompletionRequest,
    EditRequest,
    ImageEditRequest,
    ImageRequest,
    Secret,
    SpeechRequest,
    TranscriptionRequest,
    TranslationRequest,
    TuneRequest,
    Upload,
    VariationRequest,
)
from botcore.testing.openai_server import (
    CutStream,
    Hang,
    HugeBody,
    NotJson,
    OfflineApi,
    OfflineSettings,
    Redirect,
    Reset,
    Status,
    TuningPace,
    WrongContentType,
    offline_api,
)

pytestmark = pytest.mark.slow

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable

    from botcore.testing.openai_server.faults import Fault

TEXT = "gpt-3.5-turbo-instruct"
EDIT = EditRequest(model="text-davinci-edit-001", instruction="Write it in upper case", input="good morning")
SPOKEN = SpeechRequest(model="tts-1", input="hello world", voice="alloy", response_format="wav")
EXAMPLE = {"messages": [{"role": "user", "content": "Who are you?"}, {"role": "assistant", "content": "A lighthouse."}]}
TRAINING = (json.dumps(EXAMPLE) + "\n").encode() * 12


def png(mode: str = "RGBA", colour: tuple[int, ...] = (200, 30, 30, 0)) -> bytes:
    file = io.BytesIO()
    Image.new(mode, (256, 256), colour).save(file, "PNG")
    return file.getvalue()


@asynccontextmanager
async def talking(**settings: Any) -> AsyncGenerator[tuple[Api, OfflineApi]]:
    """A stand-in, and a client of it that tries once."""
    offline = OfflineSettings(introduce=False, tuning=TuningPace(0.02, 0.02, 0.05), **settings)
    async with offline_api(offline) as server:
        client = ApiSettings(
            base_url=server.url,
            api_key=Secret("sk-fake-key"),
            max_attempts=1,
            backoff=Backoff(base=0.001, cap=0.002),
            deadline=20.0,
            max_body_bytes=2_000_000,
        )
        async with Api(client) as api:
            yield api, server


async def heard(api: Api, request: SpeechRequest = SPOKEN) -> bytes:
    async with api.audio.speak(request) as sound:
        return await sound.read()


async def downloaded(api: Api, file: str) -> bytes:
    async with api.files.content(file, most=2_000_000) as chunks:
        return await chunks.read()


async def test_everything_is_there() -> None:
    async with talking() as (api, _):
        findings = await api.probe()
        assert {name: finding.state for name, finding in findings.items()} == dict.fromkeys(findings, "ok")


async def test_a_text_goes_on_whole_and_streamed() -> None:
    async with talking() as (api, _):
        request = CompletionRequest(model=TEXT, prompt="Once upon a time", max_tokens=5, logprobs=1, echo=True)
        whole = await api.completions.create(request)
        assert whole.text.startswith("Once upon a time")
        assert (whole.finish_reason, whole.request_id is not None) == ("length", True)
        assert whole.choices[0].logprobs
        async with api.completions.stream(request) as stream:
            streamed = await stream.collect()
        assert streamed.text == whole.text
        assert streamed.choices[0].logprobs == whole.choices[0].logprobs
        assert streamed.usage == whole.usage


async def test_pictures_are_drawn_edited_varied_and_fetched() -> None:
    async with talking() as (api, _):
        request = ImageRequest(prompt="海鸥", model="dall-e-2", n=2, size="256x256", response_format="b64_json")
        drawn = await api.images.generate(request)
        assert [Image.open(io.BytesIO(one.data or b"")).size for one in drawn] == [(256, 256)] * 2
        edit = ImageEditRequest(
            image=drawn.pictures[0].data or b"", mask=png(), prompt="a star", model="dall-e-2", size="256x256"
        )
        linked = (await api.images.edit(edit)).pictures[0]
        assert linked.url
        assert (await api.images.fetch(linked)).startswith(b"\x89PNG")
        varied = await api.images.vary(VariationRequest(image=png("RGB", (1, 2, 3)), n=2, size="256x256"))
        assert len(varied) == 2
        newer = await api.images.generate(ImageRequest(prompt="a tree", model="gpt-image-1", output_format="webp"))
        assert (newer.output_format, newer.usage is not None) == ("webp", True)


@pytest.mark.skipif(not importlib.util.find_spec("pocketsphinx"), reason="the stand-in listens with pocketsphinx")
async def test_speech_is_heard_in_every_format() -> None:
    async with talking() as (api, _):
        voice = Upload.of(await heard(api), name="voice.wav")
        found = {
            format_: await api.audio.transcribe(
                TranscriptionRequest(file=voice, model="whisper-1", response_format=format_)
            )
            for format_ in ("json", "text", "srt", "vtt", "verbose_json")
        }
        assert found["json"].text == found["text"].text
        assert "-->" in found["srt"].text
        assert found["vtt"].text.startswith("WEBVTT")
        assert found["verbose_json"].duration
        assert all(segment.end >= segment.start for segment in found["verbose_json"].segments)
        english = await api.audio.translate(TranslationRequest(file=voice, model="whisper-1"))
        assert english.text == found["json"].text


async def test_a_file_goes_up_and_comes_down() -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield TRAINING

    async with talking() as (api, _):
        told: list[int] = []
        stored = await api.files.upload(TRAINING, name='trai"ning ü.jsonl', progress=lambda sent, _: told.append(sent))
        assert (stored.filename, stored.size) == ('trai"ning ü.jsonl', len(TRAINING))
        assert told[-1] > len(TRAINING)
        again = await api.files.upload(chunks(), name="b.jsonl")
        assert {one.id async for one in api.files.list(limit=1)} == {stored.id, again.id}
        assert await downloaded(api, stored.id) == TRAINING
        assert (await api.files.get(stored.id)).purpose == "fine-tune"
        assert await api.files.delete(stored.id)
        with pytest.raises(errors.NotFound):
            await downloaded(api, stored.id)


@pytest.mark.parametrize(
    ("missing", "model", "served_by"),
    [((), "gpt-4o-mini", "fine_tuning"), (("fine_tuning",), "curie", "fine_tunes")],
)
async def test_a_job_is_followed_to_a_model_that_answers(missing: tuple[str, ...], model: str, served_by: str) -> None:
    async with talking(missing=missing) as (api, _):
        data = TRAINING if served_by == "fine_tuning" else b'{"prompt": "Who?", "completion": " A lighthouse."}\n' * 12
        file = await api.files.upload(data, name="a.jsonl")
        job = await api.tuning.create(TuneRequest(model=model, training_file=file.id, n_epochs=1))
        assert job.served_by == served_by
        steps = [step async for step in api.tuning.follow(job.id, every=0.02)]
        assert (steps[-1].job.status, steps[-1].job.ended) == ("succeeded", True)
        assert sum(len(step.events) for step in steps) > 2
        assert (await api.models.get(steps[-1].job.fine_tuned_model or "")).id
        assert [one.id async for one in api.tuning.list()] == [job.id]


async def test_what_is_missing_is_done_another_way_and_said() -> None:
    async with talking(missing=("edits", "completions", "images/variations")) as (api, server):
        edited = await api.fallbacks.edit(EDIT, chat_model="gpt-4o-mini")
        assert (edited.result.text, edited.served_by) == ("GOOD MORNING", "chat")
        text = CompletionRequest(model=TEXT, prompt="Once upon a time", max_tokens=20)
        completed = await api.fallbacks.complete(text, chat_model="gpt-4o-mini")
        assert (bool(completed.result.text), completed.served_by) == (True, "chat")
        async with api.fallbacks.stream(text, chat_model="gpt-4o-mini") as served:
            assert (await served.result.collect()).text == completed.result.text
        varied = await api.fallbacks.vary(VariationRequest(image=png(), size="256x256"), chat_model="gpt-4o")
        assert (varied.served_by, len(varied.result)) == ("chat and images", 1)
        asked = [request.path for request in server.requests]
        assert asked.count("/edits") == asked.count("/completions") == asked.count("/images/variations") == 1


async def test_where_the_endpoints_are_there_they_serve() -> None:
    async with talking() as (api, _):
        edited = await api.fallbacks.edit(EDIT)
        assert (edited.result.text, edited.served_by, edited.note) == ("GOOD MORNING", "endpoint", "")
        assert (await api.fallbacks.vary(VariationRequest(image=png(), size="256x256"), chat_model="m")).note == ""


ASKS: dict[str, Callable[[Api], Awaitable[Any]]] = {
    "/completions": lambda api: api.completions.create(CompletionRequest(model=TEXT, prompt="a")),
    "/edits": lambda api: api.edits.create(EDIT),
    "/images/generations": lambda api: api.images.generate(ImageRequest(prompt="a", size="256x256")),
    "/images/variations": lambda api: api.images.vary(VariationRequest(image=png(), size="256x256")),
    "/files": lambda api: api.files.upload(TRAINING, name="a.jsonl"),
    "/fine_tuning/jobs": lambda api: api.fine_tuning.list().first(),
    "/fine-tunes": lambda api: api.fine_tunes.list(),
    "/audio/speech": heard,
}
FAULTS: dict[str, tuple[Fault, type[errors.ApiError]]] = {
    "408": (Status(408), errors.Unavailable),
    "409": (Status(409), errors.Unavailable),
    "429": (Status(429, retry_after=0.001), errors.RateLimited),
    "no quota": (Status(429, code="insufficient_quota"), errors.QuotaExceeded),
    "401": (Status(401), errors.AuthFailed),
    "404": (Status(404), errors.EndpointMissing),
    "500": (Status(500), errors.Unavailable),
    "503 in HTML": (Status(503, body="<html>busy</html>"), errors.Unavailable),
    "a reset": (Reset(), errors.ApiUnreachable),
    "HTML instead of JSON": (NotJson(), errors.BadResponse),
    "another host": (Redirect("http://localhost:9/v1"), errors.BadResponse),
    "a huge body": (HugeBody(8_000_000), errors.BadResponse),
}


@pytest.mark.parametrize("path", ASKS)
@pytest.mark.parametrize("fault", FAULTS)
async def test_a_fault_is_one_typed_error(path: str, fault: str) -> None:
    what, kind = FAULTS[fault]
    async with talking() as (api, server):
        server.faults.always(what, path=path)
        with pytest.raises(kind) as caught:
            await ASKS[path](api)
        assert type(caught.value) is kind
        assert caught.value.request_id or fault == "a reset"
        assert caught.value.attempts == 1


@pytest.mark.parametrize("path", ["/completions", "/edits", "/images/generations", "/files", "/fine-tunes"])
async def test_an_answer_that_is_cut_is_unreachable(path: str) -> None:
    async with talking() as (api, server):
        server.faults.always(CutStream(), path=path)
        with pytest.raises(errors.ApiUnreachable) as caught:
            await ASKS[path](api)
        assert caught.value.request_id


async def test_a_download_that_is_cut_is_broken() -> None:
    async with talking() as (api, server):
        file = await api.files.upload(b'{"a": 1}\n' * 100_000, name="a.jsonl", purpose="user_data")
        server.faults.always(CutStream(), path=f"/files/{file.id}/content")
        with pytest.raises(errors.StreamBroken) as caught:
            await downloaded(api, file.id)
        assert caught.value.request_id


async def test_a_server_that_hangs_is_a_timeout() -> None:
    async with talking() as (_, server):
        server.faults.always(Hang())
        async with Api(ApiSettings(base_url=server.url, deadline=0.1)) as api:
            for path in ("/completions", "/files", "/audio/speech"):
                with pytest.raises(errors.ApiTimeout):
                    await ASKS[path](api)


async def test_sound_under_another_label_is_refused_and_json_is_not() -> None:
    async with talking() as (api, server):
        server.faults.always(WrongContentType())
        with pytest.raises(errors.BadResponse):
            await heard(api)
        assert (await api.edits.create(EDIT)).text == "GOOD MORNING"
