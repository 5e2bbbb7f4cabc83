"""Speech to text, in every format; what is no transcript."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from botcore import errors
from botcore.openai import Api, SpeechRequest, TranscriptionRequest, TranslationRequest, Upload, Word

if TYPE_CHECKING:
    from tests.openai.conftest import ScriptedServer

VOICE = Upload.of(b"OggS....", name="voice message.ogg")
SRT = "1\n00:00:00,000 --> 00:00:01,500\nHello, my name is Wolfgang\n\n"
VTT = "WEBVTT\n\n00:00:00.000 --> 00:00:01.500\nHello, my name is Wolfgang\n\n"


def asked(format_: str | None = None, **more: Any) -> TranscriptionRequest:
    return TranscriptionRequest(file=VOICE, model="whisper-1", response_format=format_, **more)


async def test_speech_becomes_text(api: Api, server: ScriptedServer) -> None:
    raw = {
        "text": "Imagine the wildest idea", "brand_new": 1,
        "usage": {"type": "tokens", "input_tokens": 14, "output_tokens": 5, "total_tokens": 19},
    }  # fmt: skip
    server.will(server.answer(raw, x_request_id="r-1", x_ratelimit_limit_requests="50"))
    found = await api.audio.transcribe(asked())
    assert (found.text, found.format, found.request_id) == ("Imagine the wildest idea", "json", "r-1")
    assert found.headers.limit_requests == 50
    assert found.usage
    assert (found.usage.input_tokens, found.usage.output_tokens, found.billed_seconds) == (14, 5, None)
    assert found.raw["brand_new"] == 1
    assert server.asked[0].target == "/v1/audio/transcriptions"
    assert server.asked[0].form == [
        ("model", None, None, b"whisper-1"),
        ("file", "voice message.ogg", "audio/ogg", b"OggS...."),
    ]


async def test_all_parameters_are_sent(api: Api, server: ScriptedServer) -> None:
    server.will(server.answer({"text": "x"}))
    request = asked(
        "verbose_json",
        prompt="Namen: Zoë",
        temperature=0.0,
        language="de",
        timestamp_granularities=["word", "segment"],
        languages=["de", "en"],
        keywords=["Zoë"],
        include=["logprobs"],
        chunking_strategy={"type": "server_vad", "threshold": 0.5},
        known_speaker_names=["Ada"],
        known_speaker_references=["data:audio/wav;base64,AA=="],
        extra={"hotwords": "x"},
    )
    await api.audio.transcribe(request)
    sent = [(name, content.decode()) for name, file, _, content in server.asked[0].form if not file]
    assert sent == [
        ("model", "whisper-1"), ("prompt", "Namen: Zoë"), ("response_format", "verbose_json"), ("temperature", "0.0"),
        ("language", "de"), ("timestamp_granularities[]", "word"), ("timestamp_granularities[]", "segment"),
        ("languages[]", "de"), ("languages[]", "en"), ("keywords[]", "Zoë"), ("include[]", "logprobs"),
        ("chunking_strategy[type]", "server_vad"), ("chunking_strategy[threshold]", "0.5"),
        ("known_speaker_names[]", "Ada"), ("known_speaker_references[]", "data:audio/wav;base64,AA=="),
        ("hotwords", "x"),
    ]  # fmt: skip


async def test_segments_and_words_have_their_times(api: Api, server: ScriptedServer) -> None:
    segment = {
        "id": 0, "seek": 0, "start": 0.0, "end": 1.5, "text": " Hello, my", "tokens": [50364, 2425], "temperature": 0,
        "avg_logprob": -0.29, "compression_ratio": 1.2, "no_speech_prob": 0.01, "brand_new": True,
    }  # fmt: skip
    raw = {
        "task": "transcribe", "language": "english", "duration": 8.47, "text": "Hello, my", "segments": [segment],
        "words": [{"word": "Hello", "start": 0, "end": 0.4}, {"word": "my", "start": 0.5, "end": 0.7}],
        "usage": {"type": "duration", "seconds": 9},
    }  # fmt: skip
    server.will(server.answer(raw))
    found = await api.audio.transcribe(asked("verbose_json"))
    assert (found.format, found.language, found.duration) == ("verbose_json", "english", 8.47)
    assert (found.usage, found.billed_seconds) == (None, 9)
    (one,) = found.segments
    assert (one.id, one.start, one.end, one.text, one.tokens) == ("0", 0.0, 1.5, " Hello, my", (50364, 2425))
    assert (one.avg_logprob, one.compression_ratio, one.no_speech_prob, one.temperature) == (-0.29, 1.2, 0.01, 0)
    assert one.raw["brand_new"] is True
    assert found.words == (Word(0, 0.4, "Hello"), Word(0.5, 0.7, "my"))


async def test_speakers_are_told_apart(api: Api, server: ScriptedServer) -> None:
    segment = {"type": "transcript.text.segment", "id": "seg_1", "start": 0, "end": 1, "text": "Hi", "speaker": "A"}
    server.will(server.answer({"task": "transcribe", "duration": 1, "text": "Hi", "segments": [segment]}))
    found = await api.audio.transcribe(asked("diarized_json"))
    assert [(one.id, one.speaker) for one in found.segments] == [("seg_1", "A")]


@pytest.mark.parametrize(
    ("format_", "body", "text"),
    [("text", "Grüße\n", "Grüße"), ("srt", SRT, SRT), ("vtt", VTT, VTT), ("srt", "", ""), ("text", "", "")],
)
async def test_plain_formats_come_as_they_are(
    api: Api, server: ScriptedServer, format_: str, body: str, text: str
) -> None:
    server.will(server.answer(body.encode(), content_type="text/plain; charset=utf-8", x_request_id="r-2"))
    found = await api.audio.transcribe(asked(format_))
    assert (found.text, found.format, found.request_id) == (text, format_, "r-2")
    assert server.asked[0].headers["accept"].startswith("text/plain")


async def test_a_server_that_knows_json_alone_is_understood(api: Api, server: ScriptedServer) -> None:
    server.will(server.answer({"text": "Hello"}))
    for format_ in ("text", "srt", "vtt"):
        found = await api.audio.transcribe(asked(format_))
        assert (found.text, found.format) == ("Hello", "json")


async def test_text_that_looks_like_json_is_text(api: Api, server: ScriptedServer) -> None:
    server.will(server.answer(b'{"text": "read out"}', content_type="text/plain"))
    assert (await api.audio.transcribe(asked("text"))).text == '{"text": "read out"}'


async def test_broken_utf8_is_replaced(api: Api, server: ScriptedServer) -> None:
    server.will(server.answer(b"\xef\xbb\xbfHi \xff", content_type="text/plain"))
    assert (await api.audio.transcribe(asked("text"))).text == "Hi \ufffd"
    server.scripts[:] = [server.answer(b'{"text": "Hi \xff"}')]
    assert (await api.audio.transcribe(asked())).text == "Hi \ufffd"


@pytest.mark.parametrize(
    ("format_", "body", "media_type"),
    [
        ("json", b"Hello", "text/plain"),
        ("json", b"<html>", "text/html"),
        ("json", b'{"text": 5}', "application/json"),
        ("json", b'{"segments": []}', "application/json"),
        ("verbose_json", b'{"text": "a", "segments": 5}', "application/json"),
        ("verbose_json", b'{"text": "a", "segments": [{"text": "a"}]}', "application/json"),
        ("verbose_json", b'{"text": "a", "words": [{"word": "a", "start": "0"}]}', "application/json"),
        ("text", b"<html>Sign in</html>", "text/html"),
        ("text", b"<!doctype html>", "text/plain"),
        ("srt", b"<html>Sign in</html>", "text/html"),
        ("srt", b"Hello", "text/plain"),
        ("vtt", b"Hello", "text/plain"),
        ("srt", b'{"status": "ok"}', "application/json"),
    ],
)
async def test_what_is_no_transcript_is_a_bad_response(
    api: Api, server: ScriptedServer, format_: str, body: bytes, media_type: str
) -> None:
    server.will(server.answer(body, content_type=media_type, x_request_id="r-3"))
    with pytest.raises(errors.BadResponse) as caught:
        await api.audio.transcribe(asked(format_))
    assert caught.value.request_id == "r-3"


@pytest.mark.parametrize("format_", ["json", "srt"])
async def test_an_error_object_in_a_success_is_that_error(api: Api, server: ScriptedServer, format_: str) -> None:
    server.will(server.answer({"error": {"message": "quota", "code": "insufficient_quota"}}))
    with pytest.raises(errors.QuotaExceeded):
        await api.audio.transcribe(asked(format_))


async def test_speech_in_any_language_becomes_english(api: Api, server: ScriptedServer) -> None:
    server.will(server.answer({"text": "Where are you heading today?"}))
    request = TranslationRequest(file=VOICE, model="whisper-1", prompt="p", response_format="json", temperature=0.2)
    assert (await api.audio.translate(request)).text == "Where are you heading today?"
    assert server.asked[0].target == "/v1/audio/translations"
    assert server.asked[0].fields == {
        "model": "whisper-1", "prompt": "p", "response_format": "json", "temperature": "0.2"
    }  # fmt: skip


async def test_an_unsupported_format_is_told(api: Api, server: ScriptedServer) -> None:
    server.will(server.fault(400, "Invalid file format. Supported formats: ['flac', 'm4a', 'mp3']"))
    with pytest.raises(errors.BadRequest, match="Supported formats"):
        await api.audio.transcribe(asked())


def test_what_is_asked_with_shows_nothing_of_it() -> None:
    requests: list[Any] = [
        asked(prompt="my secret", keywords=["my secret"], known_speaker_names=["my secret"]),
        TranslationRequest(file=b"my secret", model="m", prompt="my secret"),
        SpeechRequest(model="m", voice="v", input="my secret", instructions="my secret"),
    ]
    assert not any("secret" in repr(request) for request in requests)
