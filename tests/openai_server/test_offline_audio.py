"""Speech: what flite says is understood again, with times, in every format; what is no sound is refused safely."""

from __future__ import annotations

import io
import json
import re
import struct
import wave
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from botcore.audio import HEAD, sniff
from botcore.audio.subtitles import Cue, srt, vtt
from botcore.testing.openai_server import OfflineSettings
from botcore.testing.openai_server.decoding import resample
from botcore.testing.openai_server.hearing import Word, segmented
from tests.sounds import BRIEFLY, ENCODINGS, SAID, WRONG_AT_MOST, ffmpeg, needs_ear, silence, wrong_words

pytestmark = pytest.mark.slow

if TYPE_CHECKING:
    from botcore.testing.openapi import Description
    from tests.openai_server.conftest import Client, Reply

TRANSCRIBE = "/audio/transcriptions"
TRANSLATE = "/audio/translations"


def form(content: bytes, name: str = "said.wav", **fields: Any) -> aiohttp.FormData:
    made = aiohttp.FormData(default_to_multipart=True)
    for key, value in {"model": "whisper-1", **fields}.items():
        for one in value if isinstance(value, list) else [value]:
            made.add_field(f"{key}[]" if isinstance(value, list) else key, str(one))
    made.add_field("file", io.BytesIO(content), filename=name)
    return made


async def ask(client: Client, content: bytes, path: str = TRANSCRIBE, **options: Any) -> Reply:
    return await client.send("POST", path, data=form(content, **options))


@needs_ear
class TestUnderstanding:
    @pytest.mark.parametrize(
        "extension",
        [name if name in {"ogg", "wav"} else pytest.param(name, marks=pytest.mark.slow) for name in ENCODINGS],
    )
    async def test_every_format(self, extension: str, client: Client, sounds: Path, description: Description) -> None:
        name = f"said.{extension}"
        heard = await ask(client, (sounds / name).read_bytes(), name=name)
        assert heard.status == 200, heard.body
        description.check_response("POST", TRANSCRIBE, 200, heard.json)
        assert wrong_words(heard.json["text"], SAID) <= WRONG_AT_MOST, heard.json["text"]

    async def test_a_plain_wav_needs_no_ffmpeg(
        self, client: Client, sounds: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        content = (sounds / "plain.wav").read_bytes()
        monkeypatch.setenv("PATH", "/nonexistent")
        monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", "/nonexistent/ffmpeg")
        assert wrong_words((await ask(client, content)).json["text"], SAID) <= WRONG_AT_MOST
        refused = await ask(client, (sounds / "said.mp3").read_bytes(), name="said.mp3")
        assert (refused.status, refused.error["code"]) == (501, "not_implemented")
        assert "ffmpeg" in refused.error["message"]

    async def test_times_are_in_order_and_inside(self, client: Client, sounds: Path, description: Description) -> None:
        content = (sounds / "plain.wav").read_bytes()
        options: dict[str, Any] = {
            "response_format": "verbose_json",
            "timestamp_granularities": ["word", "segment"],
            "temperature": "0.5",
        }
        told = (await ask(client, content, **options)).json
        # the description's "one of" fits twice: a verbose answer is a brief one, too
        description.check_schema("CreateTranscriptionResponseVerboseJson", told)
        with wave.open(io.BytesIO(content)) as file:
            assert told["duration"] == pytest.approx(file.getnframes() / file.getframerate(), abs=0.01)
        for kind in ("words", "segments"):
            times = [at for one in told[kind] for at in (one["start"], one["end"])]
            assert times == sorted(times)
            assert 0 <= times[0] <= times[-1] <= told["duration"]
        assert [one["word"] for one in told["words"]] == told["text"].split()
        assert "".join(one["text"] for one in told["segments"]).strip() == told["text"]
        assert (told["language"], told["segments"][0]["temperature"]) == ("english", 0.5)
        assert sum(one["end"] - one["start"] for one in told["words"]) > told["duration"] / 2

    async def test_only_the_granularity_that_was_asked_for(self, client: Client, sounds: Path) -> None:
        content = (sounds / "brief.wav").read_bytes()
        usual = (await ask(client, content, response_format="verbose_json")).json
        words = (await ask(client, content, response_format="verbose_json", timestamp_granularities=["word"])).json
        assert ("words" in usual, "segments" in usual) == (False, True)
        assert ("words" in words, "segments" in words) == (True, False)

    async def test_text_and_subtitles(self, client: Client, sounds: Path) -> None:
        content = (sounds / "brief.wav").read_bytes()
        found: dict[str, str] = {}
        for wanted in ("text", "srt", "vtt"):
            reply = await ask(client, content, response_format=wanted)
            assert reply.headers["content-type"].startswith("text/plain")
            found[wanted] = reply.body.decode()
        assert wrong_words(found["text"], BRIEFLY) <= WRONG_AT_MOST
        assert re.match(r"1\n00:00:0\d,\d{3} --> 00:00:0\d,\d{3}\n", found["srt"])
        assert re.match(r"WEBVTT\n\n00:00:0\d\.\d{3} --> 00:00:0\d\.\d{3}\n", found["vtt"])
        for wanted in ("srt", "vtt"):
            spoken = " ".join(line for line in found[wanted].splitlines() if line[:1].islower())
            assert spoken == found["text"].strip()

    @pytest.mark.slow
    async def test_a_long_recording_is_cut_at_quiet_places(self, client: Client, sounds: Path) -> None:
        with wave.open(str(sounds / "plain.wav")) as file:
            once, rate = file.readframes(file.getnframes()), file.getframerate()
        made = io.BytesIO()
        with wave.open(made, "wb") as file:
            file.setparams((1, 2, rate, 0, "NONE", ""))
            for _ in range(5):
                file.writeframes(once + bytes(rate))
        told = (await ask(client, made.getvalue(), response_format="verbose_json")).json
        assert told["duration"] > 25
        assert wrong_words(told["text"], " ".join([SAID] * 5)) <= WRONG_AT_MOST
        assert len(told["segments"]) >= 5
        assert all(one["end"] - one["start"] <= 7.5 for one in told["segments"])

    async def test_the_prompt_spells(self, client: Client, sounds: Path) -> None:
        content = (sounds / "brief.wav").read_bytes()
        spelled = (await ask(client, content, prompt="Before the others, ask Noon. Call NOON TOMORROW.")).json["text"]
        assert spelled.endswith("before NOON TOMORROW")

    async def test_newer_models_stream_the_words(self, client: Client, sounds: Path, description: Description) -> None:
        content = (sounds / "brief.wav").read_bytes()
        options = {"model": "gpt-4o-transcribe", "stream": "true"}
        async with client.http.post(client.server.url + TRANSCRIBE, data=form(content, **options)) as response:
            assert response.headers["content-type"].startswith("text/event-stream")
            events = [json.loads(line[6:]) for line in (await response.text()).splitlines() if line]
        for one in events:
            description.check_response("POST", TRANSCRIBE, 200, one, media_type="text/event-stream")
        *deltas, done = events
        assert "".join(one["delta"] for one in deltas) == done["text"]
        assert wrong_words(done["text"], BRIEFLY) <= WRONG_AT_MOST
        whole = (await ask(client, content, model="gpt-4o-transcribe", include=["logprobs"])).json
        description.check_response("POST", TRANSCRIBE, 200, whole)
        assert whole["usage"]["total_tokens"] == whole["usage"]["input_tokens"] + whole["usage"]["output_tokens"]
        assert [one["token"] for one in whole["logprobs"]] == whole["text"].split()

    async def test_translations(self, client: Client, sounds: Path, description: Description) -> None:
        content = (sounds / "brief.wav").read_bytes()
        brief = (await ask(client, content, TRANSLATE)).json
        description.check_response("POST", TRANSLATE, 200, brief)
        told = (await ask(client, content, TRANSLATE, response_format="verbose_json")).json
        description.check_schema("CreateTranslationResponseVerboseJson", told)
        assert wrong_words(told["text"], BRIEFLY) <= WRONG_AT_MOST
        assert (told["language"], told["task"]) == ("english", "translate")

    async def test_silence_says_nothing(self, client: Client) -> None:
        assert (await ask(client, silence(2))).json["text"] == ""
        assert (await ask(client, silence(2), response_format="vtt")).body == b"WEBVTT\n"
        assert (await ask(client, silence(2), response_format="srt")).body == b""

    async def test_another_language_is_not_pretended(self, client: Client, sounds: Path) -> None:
        content = (sounds / "brief.wav").read_bytes()
        told = (await ask(client, content, language="zh", response_format="verbose_json")).json
        assert re.fullmatch(r"\[\d\.\d seconds of speech in 'zh': .*understands English only\]", told["text"])
        assert told["segments"][0]["end"] == pytest.approx(told["duration"], abs=0.01)
        english = (await ask(client, content, language="en")).json["text"]
        assert wrong_words(english, BRIEFLY) <= WRONG_AT_MOST


class TestRefusals:
    @pytest.mark.parametrize(
        ("fields", "param"),
        [
            ({"name": "said.txt"}, "file"),
            ({"name": "said.opus"}, "file"),
            ({"name": "said"}, "file"),
            ({"response_format": "docx"}, "response_format"),
            ({"response_format": "srt", "model": "gpt-4o-transcribe"}, "response_format"),
            ({"language": "english please"}, "language"),
            ({"temperature": "1.5"}, "temperature"),
            ({"temperature": "warm"}, "temperature"),
            ({"timestamp_granularities": ["word"]}, "timestamp_granularities"),
            ({"timestamp_granularities": ["page"], "response_format": "verbose_json"}, "timestamp_granularities"),
            ({"include": ["logprobs"]}, "include"),
            ({"model": "gpt-4o"}, "model"),
            ({"colour": "red"}, "colour"),
        ],
    )
    async def test_wrong_requests(
        self, fields: dict[str, Any], param: str, client: Client, description: Description
    ) -> None:
        refused = await ask(client, silence(1), **fields)
        assert (refused.status, refused.error["param"]) == (400, param), refused.body
        description.check_schema("ErrorResponse", refused.json)

    async def test_unknown_models_and_missing_files(self, client: Client) -> None:
        unknown = await ask(client, silence(1), model="whisper-9")
        assert (unknown.status, unknown.error["code"]) == (404, "model_not_found")
        data = aiohttp.FormData(default_to_multipart=True)
        data.add_field("model", "whisper-1")
        assert (await client.send("POST", TRANSCRIBE, data=data)).error["param"] == "file"
        assert (await ask(client, silence(1), TRANSLATE, language="de")).error["param"] == "language"
        assert (await ask(client, silence(1), TRANSLATE, model="gpt-4o-transcribe")).error["param"] == "model"

    @pytest.mark.parametrize(
        ("content", "code"),
        [
            (b"", "empty_file"),
            (silence(0.05), "audio_too_short"),
            (b"these are words and no sound", None),
            (b"#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/secret\n", None),
            (b"ID3" + bytes(300), None),
            (b"OggS" + bytes(300), None),
            (b"\x1a\x45\xdf\xa3" + bytes(300), None),
            (b"RIFF\0\0\0\0WAVE" + bytes(300), None),
            (b"\0\0\0\x20ftypM4A " + bytes(300), None),
        ],
    )
    async def test_what_is_no_sound(self, content: bytes, code: str | None, client: Client) -> None:
        refused = await ask(client, content)
        assert (refused.status, refused.error["code"], refused.error["param"]) == (400, code, "file")
        assert "/" not in refused.error["message"]  # no paths

    async def test_a_file_beyond_25_mb(self, client: Client) -> None:
        refused = await ask(client, bytes(25 * 1024 * 1024 + 1))
        assert refused.status == 413
        assert "26214400" in refused.error["message"]

    async def test_without_a_recogniser_it_says_so(self, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(__import__("sys").modules, "pocketsphinx", None)  # as where it is not installed
        refused = await ask(client, silence(1))
        assert (refused.status, refused.error["code"]) == (501, "not_implemented")
        assert "pocketsphinx" in refused.error["message"]


class TestLimits:
    @pytest.fixture
    def settings(self) -> OfflineSettings:
        return OfflineSettings(longest_audio=30)

    @pytest.mark.slow
    async def test_a_small_file_of_an_hour_is_not_unpacked(self, client: Client, tmp_path: Path) -> None:
        long = tmp_path / "long.ogg"
        source = ("-f", "lavfi", "-i", "anullsrc=r=16000:cl=mono", "-t", "3600")
        ffmpeg(*source, "-c:a", "libopus", "-b:a", "6k", str(long))
        refused = await ask(client, long.read_bytes(), name="long.ogg")
        assert (refused.status, refused.error["code"]) == (400, "audio_too_long")

    async def test_a_wav_that_is_too_long(self, client: Client) -> None:
        assert (await ask(client, silence(40, 8000))).error["code"] == "audio_too_long"

    @needs_ear
    async def test_a_wav_whose_header_lies(self, client: Client) -> None:
        streamed = bytearray(silence(1))
        streamed[4:8] = streamed[40:44] = b"\xff\xff\xff\xff"
        assert (await ask(client, bytes(streamed))).json["text"] == ""


class TestSpeaking:
    @pytest.mark.parametrize(
        ("wanted", "kind", "container"),
        [
            ("mp3", "audio/mpeg", "mp3"),
            ("opus", "audio/ogg", "ogg"),
            ("aac", "audio/aac", "aac"),
            ("flac", "audio/flac", "flac"),
            ("wav", "audio/wav", "wav"),
            ("pcm", "audio/pcm", None),
        ],
    )
    async def test_every_format(self, wanted: str, kind: str, container: str | None, client: Client) -> None:
        body = {"model": "tts-1", "voice": "alloy", "input": "Hello there.", "response_format": wanted}
        spoken = await client.send("POST", "/audio/speech", body)
        assert (spoken.status, spoken.headers["content-type"]) == (200, kind)
        assert len(spoken.body) > 2000
        if container is not None:
            assert sniff(spoken.body[:HEAD]) == container
        if wanted == "wav":
            with wave.open(io.BytesIO(spoken.body)) as file:
                assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 24_000)
                assert len(file.readframes(file.getnframes())) == file.getnframes() * 2 == len(spoken.body) - 44

    @needs_ear
    @pytest.mark.parametrize("wanted", ["opus", "wav"])
    async def test_it_is_understood_again(self, wanted: str, client: Client, sounds: Path) -> None:
        assert sounds.is_dir()  # flite is here
        body = {"model": "gpt-4o-mini-tts", "voice": "echo", "input": BRIEFLY, "response_format": wanted}
        spoken = await client.send("POST", "/audio/speech", body)
        name = f"spoken.{'ogg' if wanted == 'opus' else wanted}"
        heard = (await ask(client, spoken.body, name=name)).json["text"]
        assert wrong_words(heard, BRIEFLY) <= WRONG_AT_MOST, heard

    async def test_without_flite_it_hums_a_tone_for_each_syllable(
        self, client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PATH", "/nonexistent")
        lengths: list[int] = []
        for text in ("one", "one banana", "one banana one banana", "你好世界"):
            body = {"model": "tts-1", "voice": "alloy", "input": text, "response_format": "pcm"}
            spoken = await client.send("POST", "/audio/speech", body)
            assert np.abs(np.frombuffer(spoken.body, "<i2")).max() > 4000
            lengths.append(len(spoken.body))
        assert lengths[:3] == sorted(set(lengths[:3]))

    async def test_twice_as_fast_is_half_as_long(self, client: Client) -> None:
        usual = {"model": "tts-1", "voice": "alloy", "input": "Hello there, my friend.", "response_format": "pcm"}
        slow = await client.send("POST", "/audio/speech", {**usual, "speed": 0.5})
        fast = await client.send("POST", "/audio/speech", {**usual, "speed": 2})
        assert len(slow.body) / len(fast.body) == pytest.approx(4, rel=0.25)

    async def test_the_beginning_is_sent_before_the_end_is_made(self, client: Client) -> None:
        body = {"model": "tts-1", "voice": "nova", "input": "This is a sentence. " * 40, "response_format": "pcm"}
        async with client.http.post(client.server.url + "/audio/speech", json=body) as response:
            first = await response.content.readany()
            assert client.server.requests[-1].state == "open"
            rest = await response.content.read()
        assert len(first) + len(rest) > 40 * 24_000

    async def test_as_events(self, client: Client, description: Description) -> None:
        body = {"model": "gpt-4o-mini-tts", "voice": {"id": "voice_1"}, "input": "Hello.", "stream_format": "sse"}
        description.check_request("POST", "/audio/speech", body)
        async with client.http.post(client.server.url + "/audio/speech", json=body) as response:
            events = [json.loads(line[6:]) for line in (await response.text()).splitlines() if line]
        for one in events:
            description.check_response("POST", "/audio/speech", 200, one, media_type="text/event-stream")
        assert [one["type"] for one in events[-2:]] == ["speech.audio.delta", "speech.audio.done"]

    async def test_a_client_that_hangs_up_stops_it(self, client: Client) -> None:
        body = {"model": "tts-1", "voice": "nova", "input": "This is a sentence. " * 200}
        async with client.http.post(client.server.url + "/audio/speech", json=body) as response:
            await response.content.readany()
        await client.server.requests.wait_until(lambda log: log[-1].state == "disconnected")

    @pytest.mark.parametrize(
        ("fields", "param"),
        [
            ({"input": None}, "input"),
            ({"input": "  "}, "input"),
            ({"input": "x" * 4097}, "input"),
            ({"instructions": "x" * 4097}, "instructions"),
            ({"voice": None}, "voice"),
            ({"voice": "hal"}, "voice"),
            ({"voice": {}}, "voice.id"),
            ({"response_format": "midi"}, "response_format"),
            ({"speed": 0.2}, "speed"),
            ({"speed": "fast"}, "speed"),
            ({"stream_format": "sse"}, "stream_format"),
            ({"model": "gpt-4o"}, "model"),
            ({"colour": "red"}, "colour"),
        ],
    )
    async def test_wrong_requests(self, fields: dict[str, Any], param: str, client: Client) -> None:
        body = {"model": "tts-1", "voice": "alloy", "input": "Hello.", **fields}
        refused = await client.send("POST", "/audio/speech", body)
        assert (refused.status, refused.error["param"]) == (400, param), refused.body


@given(st.binary(max_size=64))
def test_any_bytes_can_be_sniffed(head: bytes) -> None:
    assert sniff(head) in {None, "wav", "ogg", "matroska", "mov", "mp3", "flac", "aac", "amr", "mpeg"}


@given(
    st.lists(st.integers(-32768, 32767), max_size=400),
    st.sampled_from([8000, 16000, 22050, 24000, 44100, 48000]),
    st.sampled_from([8000, 16000, 24000]),
)
def test_resampling_keeps_the_length(values: list[int], rate: int, wanted: int) -> None:
    made = resample(np.array(values, dtype=np.int16), rate, wanted)
    assert len(made) == len(values) * wanted // rate
    assert made.dtype == np.int16


@pytest.mark.parametrize("rate", [8000, 24000, 44100, 48000])
def test_resampling_keeps_a_tone_and_drops_what_does_not_fit(rate: int) -> None:
    def tone(pitch: float, at: int) -> np.ndarray[Any, np.dtype[np.float64]]:
        return 10_000 * np.sin(2 * np.pi * pitch * np.arange(at) / at)

    kept = resample(tone(440, rate).astype(np.int16), rate, 16_000)
    assert np.abs(kept - tone(440, 16_000))[100:-100].max() < 20
    if rate > 30_000:
        assert np.abs(resample(tone(11_000, rate).astype(np.int16), rate, 16_000))[100:-100].max() < 20


@given(st.lists(st.tuples(st.floats(0, 3), st.floats(0.01, 3)), max_size=40))
def test_segments_hold_every_word_in_order(gaps: list[tuple[float, float]]) -> None:
    words: list[Word] = []
    at = 0.0
    for gap, length in gaps:
        words.append(Word("w", at + gap, at + gap + length, 0.9))
        at += gap + length
    segments = segmented(words)
    assert [word for segment in segments for word in segment.words] == words
    for before, after in pairwise(segments):
        assert before.end <= after.start
    for segment in segments:
        assert len(segment.words) == 1 or segment.end - segment.start <= 7.0 + 1e-9
        assert all(b.start - a.end < 0.35 for a, b in pairwise(segment.words))


def test_subtitles_of_hours() -> None:
    cues = [Cue(0.0, 1.5, "one"), Cue(3661.0005, 3662.9996, "two")]
    assert srt(cues) == ("1\n00:00:00,000 --> 00:00:01,500\none\n\n2\n01:01:01,000 --> 01:01:03,000\ntwo\n")
    assert vtt(cues) == ("WEBVTT\n\n00:00:00.000 --> 00:00:01.500\none\n\n01:01:01.000 --> 01:01:03.000\ntwo\n")


def test_the_header_of_a_sound_is_told_from_its_bytes() -> None:
    assert sniff(struct.pack("<4sI4s", b"RIFF", 0, b"WAVE")) == "wav"
    assert sniff(b"\xff\xf1\x60\x40") == "aac"
    assert sniff(b"\xff\xfb\x90\x00") == "mp3"
    assert sniff(b"#EXTM3U") is None
