"""The official client uses the stand-in: files, fine-tuning, transcriptions, translations and speech."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
from typing import TYPE_CHECKING

import openai
import pytest
from openai import AsyncOpenAI

from botcore.audio import HEAD, find_ffmpeg, sniff
from botcore.testing.openai_server import OfflineSettings, TuningPace
from botcore.testing.openai_server.hearing import can_hear

pytestmark = pytest.mark.slow

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from botcore.testing.openai_server import OfflineApi

KEY = "sk-not-a-real-key-0123456789"
SAID = "Call me before noon tomorrow."
HEARD = {"before", "noon", "tomorrow"}  # what must be understood of it
LESSON = b"".join(
    json.dumps(
        {
            "messages": [
                {"role": "user", "content": f"Who has key {n}?"},
                {"role": "assistant", "content": f"Guard {n}."},
            ]
        }
    ).encode()
    + b"\n"
    for n in range(12)
)


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def settings(clock: Clock) -> OfflineSettings:
    pace = TuningPace(validating=10, queued=10, running=60)
    return OfflineSettings(introduce=False, keys=frozenset({KEY}), clock=clock, tuning=pace)


@pytest.fixture
async def official(server: OfflineApi) -> AsyncIterator[AsyncOpenAI]:
    async with AsyncOpenAI(base_url=server.url, api_key=KEY, max_retries=0) as client:
        yield client


@pytest.fixture(scope="session")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recording of the sentence."""
    flite = shutil.which("flite")
    if flite is None or not can_hear():
        pytest.skip("flite or pocketsphinx is not installed")
    path = tmp_path_factory.mktemp("official") / "said.wav"
    subprocess.run([flite, "-voice", "rms", "-t", SAID, "-o", str(path)], check=True, timeout=60)
    return path


class TestFiles:
    async def test_up_listed_down_and_gone(self, official: AsyncOpenAI) -> None:
        sent = await official.files.create(file=("lesson.jsonl", LESSON), purpose="fine-tune")
        assert (sent.filename, sent.bytes, sent.purpose) == ("lesson.jsonl", len(LESSON), "fine-tune")
        assert await official.files.retrieve(sent.id) == sent
        assert (await official.files.wait_for_processing(sent.id)).status == "processed"
        assert (await official.files.content(sent.id)).content == LESSON
        async with official.files.with_streaming_response.content(sent.id) as response:
            assert b"".join([block async for block in response.iter_bytes()]) == LESSON
        assert (await official.files.delete(sent.id)).deleted
        with pytest.raises(openai.NotFoundError, match="No such File object"):
            await official.files.retrieve(sent.id)

    async def test_pages_and_expiry(self, official: AsyncOpenAI, clock: Clock) -> None:
        expires: openai.types.file_create_params.ExpiresAfter = {"anchor": "created_at", "seconds": 3600}
        ids = [
            (await official.files.create(file=("a.txt", b"a"), purpose="user_data", expires_after=expires)).id
            for _ in range(5)
        ]
        assert [one.id async for one in official.files.list(limit=2, order="asc", purpose="user_data")] == ids
        clock.now += 3600
        assert [one async for one in official.files.list()] == []

    async def test_what_is_refused(self, official: AsyncOpenAI) -> None:
        with pytest.raises(openai.BadRequestError, match="Line 1 is not a dictionary"):
            await official.files.create(file=("lesson.jsonl", b"no json"), purpose="fine-tune")


class TestFineTuning:
    async def test_a_job_and_its_model(self, official: AsyncOpenAI, clock: Clock) -> None:
        lesson = await official.files.create(file=io.BytesIO(LESSON), purpose="user_data")
        with pytest.raises(openai.BadRequestError, match="purpose"):
            await official.fine_tuning.jobs.create(training_file=lesson.id, model="gpt-4o-mini")
        lesson = await official.files.create(file=("lesson.jsonl", LESSON), purpose="fine-tune")
        job = await official.fine_tuning.jobs.create(
            training_file=lesson.id,
            model="gpt-4o-mini",
            suffix="guards",
            seed=7,
            method={"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 2, "batch_size": "auto"}}},
            metadata={"for": "tests"},
        )
        assert (job.status, job.seed, job.hyperparameters.n_epochs) == ("validating_files", 7, 2)
        clock.now += 100
        done = await official.fine_tuning.jobs.retrieve(job.id)
        assert (done.status, done.error) == ("succeeded", None)
        assert done.fine_tuned_model is not None
        events = [event async for event in official.fine_tuning.jobs.list_events(job.id, limit=5)]
        assert events[-1].message == f"Created fine-tuning job: {job.id}"
        assert any(event.type == "metrics" for event in events)
        checkpoints = [one async for one in official.fine_tuning.jobs.checkpoints.list(job.id, limit=1)]
        assert [one.step_number for one in checkpoints] == [24, 12]
        answer = await official.chat.completions.create(
            model=done.fine_tuned_model, messages=[{"role": "user", "content": "Who has key 7?"}]
        )
        assert answer.choices[0].message.content == "Guard 7."
        assert (await official.files.content(done.result_files[0])).text.startswith("step,")
        assert (await official.models.delete(done.fine_tuned_model)).deleted

    async def test_pages_and_cancelling(self, official: AsyncOpenAI, clock: Clock) -> None:
        lesson = await official.files.create(file=("lesson.jsonl", LESSON), purpose="fine-tune")
        jobs = [await official.fine_tuning.jobs.create(training_file=lesson.id, model="gpt-4o-mini") for _ in range(3)]
        listed = [job.id async for job in official.fine_tuning.jobs.list(limit=2)]
        assert listed == [job.id for job in reversed(jobs)]
        assert (await official.fine_tuning.jobs.cancel(jobs[0].id)).status == "cancelled"
        clock.now += 100
        assert (await official.fine_tuning.jobs.retrieve(jobs[0].id)).status == "cancelled"
        with pytest.raises(openai.BadRequestError):
            await official.fine_tuning.jobs.cancel(jobs[1].id)
        with pytest.raises(openai.NotFoundError):
            await official.fine_tuning.jobs.retrieve("ftjob-x")


class TestListening:
    async def test_in_every_form(self, official: AsyncOpenAI, spoken: Path) -> None:
        brief = await official.audio.transcriptions.create(file=spoken, model="whisper-1", language="en")
        assert set(brief.text.split()) >= HEARD
        told = await official.audio.transcriptions.create(
            file=spoken,
            model="whisper-1",
            response_format="verbose_json",
            timestamp_granularities=["word", "segment"],
        )
        assert told.words is not None
        assert told.segments is not None
        assert told.words[-1].end <= float(told.duration)
        assert told.segments[0].start == told.words[0].start
        assert told.usage is not None
        vtt = await official.audio.transcriptions.create(file=spoken, model="whisper-1", response_format="vtt")
        assert vtt.startswith("WEBVTT")

    async def test_streamed(self, official: AsyncOpenAI, spoken: Path) -> None:
        stream = await official.audio.transcriptions.create(file=spoken, model="gpt-4o-transcribe", stream=True)
        deltas: list[str] = []
        whole = ""
        async for event in stream:
            match event.type:
                case "transcript.text.delta":
                    deltas.append(event.delta)
                case "transcript.text.done":
                    whole = event.text
                case _:
                    pytest.fail(event.type)
        assert "".join(deltas) == whole
        assert set(whole.split()) >= HEARD

    @pytest.mark.filterwarnings("ignore:deprecated:DeprecationWarning")  # since lately, and still there
    async def test_translated(self, official: AsyncOpenAI, spoken: Path) -> None:
        translate = official.audio.translations.create  # pyright: ignore[reportDeprecated] - and still there
        brief = await translate(file=spoken, model="whisper-1")
        assert set(brief.text.split()) >= HEARD
        told = await translate(file=spoken, model="whisper-1", response_format="verbose_json")
        assert (told.language, bool(told.segments)) == ("english", True)

    async def test_what_is_refused(self, official: AsyncOpenAI) -> None:
        with pytest.raises(openai.BadRequestError, match="Invalid file format"):
            await official.audio.transcriptions.create(file=("a.txt", b"a"), model="whisper-1")
        with pytest.raises(openai.APIStatusError) as refused:
            await official.audio.transcriptions.create(file=("a.wav", bytes(26 * 1024 * 1024)), model="whisper-1")
        assert refused.value.status_code == 413


class TestSpeaking:
    async def test_whole_and_streamed(self, official: AsyncOpenAI) -> None:
        whole = await official.audio.speech.create(
            model="tts-1", voice="alloy", input=SAID, response_format="wav", speed=1.5
        )
        assert sniff(whole.content[:HEAD]) == "wav"
        if find_ffmpeg() is None:
            pytest.skip("there is no ffmpeg")
        async with official.audio.speech.with_streaming_response.create(
            model="gpt-4o-mini-tts", voice="onyx", input=SAID, instructions="Whisper.", response_format="opus"
        ) as response:
            blocks = [block async for block in response.iter_bytes()]
        assert sniff(b"".join(blocks)[:HEAD]) == "ogg"

    async def test_what_is_refused(self, official: AsyncOpenAI) -> None:
        with pytest.raises(openai.BadRequestError, match="'input'"):
            await official.audio.speech.create(model="tts-1", voice="alloy", input="x" * 5000)
