"""POST /audio/transcriptions and POST /audio/translations: what was said in a sound file."""

import re
import tempfile
from dataclasses import dataclass
from math import ceil, exp, log
from pathlib import Path, PurePosixPath
from typing import Any

from botcore.audio.faults import NoDecoder, TooLong, Undecodable
from botcore.audio.processes import ProcessFailed
from botcore.audio.subtitles import Cue, srt, vtt
from botcore.testing.openai_server import errors, tokens
from botcore.testing.openai_server.decoding import decode
from botcore.testing.openai_server.errors import ApiRefusal
from botcore.testing.openai_server.fields import Fields, refuse_unknown
from botcore.testing.openai_server.form import Form, FormLimits, Upload
from botcore.testing.openai_server.hearing import Deaf, Heard, Segment, Word, hear
from botcore.testing.openai_server.outcome import Answer, Events, Outcome, event, json_answer
from botcore.testing.openai_server.settings import ModelCard
from botcore.testing.openai_server.state import Call, Route, State

_FOR_TRANSLATIONS = frozenset({"file", "model", "prompt", "response_format", "temperature"})
_FOR_TRANSCRIPTIONS = _FOR_TRANSLATIONS | {
    "language", "timestamp_granularities", "stream", "include", "chunking_strategy", "known_speaker_names",
    "known_speaker_references", "languages", "keywords",
}  # fmt: skip
_FORMATS = ("json", "text", "srt", "verbose_json", "vtt")
_FORMATS_OF_NEWER = ("json", "text")
_GRANULARITIES = ("word", "segment")
_EXTENSIONS = ("flac", "m4a", "mp3", "mp4", "mpeg", "mpga", "oga", "ogg", "wav", "webm")
_ENGLISH = frozenset({"en", "english"})
_SHORTEST = 0.1  # seconds; the public API refuses shorter ones
_TOKENS_PER_SECOND = 10  # what a newer model's usage counts for sound
_PLAIN = "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True)
class _Wanted:
    """One request, read and checked."""

    model: ModelCard
    upload: Upload
    format: str
    language: str | None
    prompt: str
    temperature: float
    granularities: frozenset[str]
    stream: bool
    logprobs: bool
    translate: bool

    @property
    def newer(self) -> bool:
        """Whether it is one of the models that answer without times, and may stream."""
        return _is_newer(self.model)


async def transcribe(state: State, call: Call) -> Outcome:
    """What was said, in the language in which it was said.

    Raises:
        ApiRefusal: the request or the file is wrong, or there is no recogniser.
    """
    return await _answer(state, _read(state, call.required_form(), translate=False))


async def translate(state: State, call: Call) -> Outcome:
    """What was said, in English.

    Raises:
        ApiRefusal: the request or the file is wrong, or there is no recogniser.
    """
    return await _answer(state, _read(state, call.required_form(), translate=True))


def _read(state: State, form: Form, *, translate: bool) -> _Wanted:
    refuse_unknown(dict.fromkeys(form.names()), _FOR_TRANSLATIONS if translate else _FOR_TRANSCRIPTIONS)
    fields = Fields(form.values(numbers=frozenset({"temperature"}), flags=frozenset({"stream"})))
    name = fields.required_text("model")
    card = state.find_model(name, "transcription")
    if card is None:
        raise errors.model_not_found(name, "model")
    if card.kind != "transcription" or (translate and _is_newer(card)):
        raise errors.invalid(f"The model `{name}` is not supported by this endpoint.", "model", "unsupported_model")
    wanted = _Wanted(
        model=card,
        upload=_checked_upload(form),
        format=_format(fields, card),
        language=_language(fields),
        prompt=fields.text("prompt") or "",
        temperature=fields.number("temperature", 0, 1) or 0.0,
        granularities=_granularities(form, fields),
        stream=fields.flag("stream") is True and _is_newer(card),
        logprobs="logprobs" in form.texts("include"),
        translate=translate,
    )
    if wanted.logprobs and not (wanted.newer and wanted.format == "json"):
        raise errors.invalid("'logprobs' need a newer model and the response_format 'json'.", "include")
    return wanted


def _is_newer(card: ModelCard) -> bool:
    return card.id.startswith("gpt-")


def _format(fields: Fields, card: ModelCard) -> str:
    wanted = fields.text("response_format") or "json"
    if wanted not in _FORMATS:
        known = ", ".join(f"'{name}'" for name in _FORMATS)
        raise errors.invalid(
            f"Invalid value: '{wanted}'. Supported values are: {known}.", "response_format", "invalid_value"
        )
    if _is_newer(card) and wanted not in _FORMATS_OF_NEWER:
        message = f"response_format '{wanted}' is not compatible with model '{card.id}'. Use 'json' or 'text' instead."
        raise errors.invalid(message, "response_format", "unsupported_value")
    return wanted


def _language(fields: Fields) -> str | None:
    given = fields.text("language")
    if not given:
        return None
    if given not in _ENGLISH and not re.fullmatch(r"[a-z]{2,3}", given):
        message = f"Invalid language '{given}'. Language parameter must be specified in ISO-639-1 format."
        raise errors.invalid(message, "language", "invalid_language_format")
    return given


def _granularities(form: Form, fields: Fields) -> frozenset[str]:
    given = form.texts("timestamp_granularities")
    for value in given:
        if value not in _GRANULARITIES:
            message = f"Invalid value: '{value}'. Supported values are: 'word' and 'segment'."
            raise errors.invalid(message, "timestamp_granularities", "invalid_value")
    if given and fields.text("response_format") != "verbose_json":
        message = "'timestamp_granularities' need the response_format 'verbose_json'."
        raise errors.invalid(message, "timestamp_granularities")
    return frozenset(given or ("segment",))


def _checked_upload(form: Form) -> Upload:
    upload = form.upload("file")
    known = ", ".join(f"'{name}'" for name in _EXTENSIONS)
    extension = PurePosixPath(upload.name).suffix.removeprefix(".").lower()
    if extension not in _EXTENSIONS:
        problem = "Invalid" if extension else "Unrecognized"
        raise errors.invalid(f"{problem} file format. Supported formats: [{known}]", "file")
    if not upload.size:
        raise errors.invalid("The audio file is empty.", "file", "empty_file")
    return upload


async def _listen(state: State, wanted: _Wanted) -> Heard:
    english = wanted.translate or wanted.language is None or wanted.language in _ENGLISH
    with tempfile.TemporaryDirectory(prefix="botcore-sound-") as folder:
        source = Path(folder, "sound")
        await wanted.upload.keep(source)
        try:
            async with state.workers:
                sound = await decode(source, Path(folder, "samples"), longest=state.settings.longest_audio)
                if sound.seconds < _SHORTEST:
                    message = f"Audio file is too short. Minimum audio length is {_SHORTEST} seconds."
                    raise errors.invalid(message, "file", "audio_too_short")
                return await hear(sound, prompt=wanted.prompt) if english else _foreign(wanted, sound.seconds)
        except Undecodable:
            message = "The audio file could not be decoded or its format is not supported."
            raise errors.invalid(message, "file") from None
        except TooLong:
            message = f"The audio is longer than {state.settings.longest_audio:g} seconds, which is the maximum here."
            raise errors.invalid(message, "file", "audio_too_long") from None
        except NoDecoder:
            raise _not_here("This kind of audio needs ffmpeg, which the offline stand-in did not find.") from None
        except Deaf:
            message = "The offline stand-in cannot recognise speech: install its extra 'offline' (pocketsphinx)."
            raise _not_here(message) from None
        except ProcessFailed:
            message = "The server had an error while processing your request."
            raise ApiRefusal(500, message, kind="server_error") from None


def _foreign(wanted: _Wanted, seconds: float) -> Heard:
    """In place of another language's words: there is a model for English only."""
    text = f"[{seconds:.1f} seconds of speech in '{wanted.language}': the offline stand-in understands English only]"
    return Heard((Segment((Word(text, 0.0, seconds, 1.0),)),), seconds)


def _not_here(message: str) -> ApiRefusal:
    return ApiRefusal(501, message, kind="server_error", code="not_implemented")


async def _answer(state: State, wanted: _Wanted) -> Outcome:
    heard = await _listen(state, wanted)
    text = heard.text
    state.meter.spent(tokens.count(text))
    if wanted.stream:
        return _streamed(wanted, heard)
    cues = [Cue(segment.start, segment.end, segment.text) for segment in heard.segments]
    match wanted.format:
        case "text":
            return Answer(f"{text}\n".encode(), content_type=_PLAIN)
        case "srt":
            return Answer(srt(cues).encode(), content_type=_PLAIN)
        case "vtt":
            return Answer(vtt(cues).encode(), content_type=_PLAIN)
        case "verbose_json":
            return json_answer(_verbose(wanted, heard))
        case _:
            return json_answer(_brief(wanted, heard))


def _brief(wanted: _Wanted, heard: Heard) -> dict[str, Any]:
    if wanted.translate:
        return {"text": heard.text}
    told: dict[str, Any] = {"text": heard.text, "usage": _usage(wanted, heard)}
    if wanted.logprobs:
        told["logprobs"] = [_logprob(word) for word in heard.words]
    return told


def _logprob(word: Word) -> dict[str, Any]:
    chance = round(log(max(word.probability, 1e-9)), 6)
    return {"token": word.text, "logprob": chance, "bytes": list(word.text.encode())}


def _usage(wanted: _Wanted, heard: Heard) -> dict[str, Any]:
    if not wanted.newer:
        return {"type": "duration", "seconds": ceil(heard.seconds)}
    sound, prompt = ceil(heard.seconds * _TOKENS_PER_SECOND), tokens.count(wanted.prompt)
    written = tokens.count(heard.text)
    return {
        "type": "tokens",
        "input_tokens": sound + prompt,
        "input_token_details": {"text_tokens": prompt, "audio_tokens": sound},
        "output_tokens": written,
        "total_tokens": sound + prompt + written,
    }


def _verbose(wanted: _Wanted, heard: Heard) -> dict[str, Any]:
    spoken = "english" if wanted.translate or wanted.language in {None, *_ENGLISH} else wanted.language
    told: dict[str, Any] = {
        "task": "translate" if wanted.translate else "transcribe",
        "language": spoken,
        "duration": round(heard.seconds, 2),
        "text": heard.text,
    }
    if "word" in wanted.granularities:
        told["words"] = [{"word": word.text, "start": word.start, "end": word.end} for word in heard.words]
    if "segment" in wanted.granularities:
        told["segments"] = [
            _shown_segment(number, segment, wanted.temperature) for number, segment in enumerate(heard.segments)
        ]
    return told if wanted.translate else {**told, "usage": _usage(wanted, heard)}


def _shown_segment(number: int, segment: Segment, temperature: float) -> dict[str, Any]:
    """A segment with the fields of the public API. There are no tokens behind its words here."""
    return {
        "id": number,
        "seek": int(segment.start * 100),
        "start": segment.start,
        "end": segment.end,
        "text": f" {segment.text}",
        "tokens": [],
        "temperature": temperature,
        "avg_logprob": round(segment.log_probability, 6),
        "compression_ratio": round(segment.compression, 6),
        "no_speech_prob": round(1 - exp(segment.log_probability), 6),
    }


def _streamed(wanted: _Wanted, heard: Heard) -> Events:
    """The words one by one, then the whole."""
    words = [word.text for word in heard.words]
    pieces = [word if at == 0 else f" {word}" for at, word in enumerate(words)]
    chunks = tuple(event({"type": "transcript.text.delta", "delta": piece}) for piece in pieces)
    done = {"type": "transcript.text.done", "text": heard.text, "usage": _usage(wanted, heard)}
    return Events(b"", chunks, event(done))


_LIMITS = FormLimits()  # its 25 MiB are what the public API takes

ROUTES = (
    Route("POST", "/audio/transcriptions", transcribe, _LIMITS),
    Route("POST", "/audio/translations", translate, _LIMITS),
)
