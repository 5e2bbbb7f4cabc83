"""What the audio endpoints are asked with. Only what is set is sent; `extra` is sent as it is, and wins."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from botcore.openai.codec import JSON
from botcore.openai.upload import FileLike


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscriptionRequest:
    """Parameters of `POST /audio/transcriptions`.

    `file` is mp3, mp4, mpeg, mpga, m4a, wav, webm, ogg or flac, and its name says which. `response_format` is json,
    text, srt, verbose_json, vtt or diarized_json; `language` ISO 639-1; `temperature` 0..1; `timestamp_granularities`
    (word, segment) go with verbose_json. The rest is for newer models.
    """

    file: FileLike = field(repr=False)
    model: str
    prompt: str | None = field(default=None, repr=False)
    response_format: str | None = None
    temperature: float | None = None
    language: str | None = None
    timestamp_granularities: Sequence[str] | None = None
    languages: Sequence[str] | None = None
    keywords: Sequence[str] | None = field(default=None, repr=False)
    include: Sequence[str] | None = None
    chunking_strategy: str | Mapping[str, JSON] | None = None
    known_speaker_names: Sequence[str] | None = field(default=None, repr=False)
    known_speaker_references: Sequence[str] | None = field(default=None, repr=False)
    extra: Mapping[str, JSON] = field(default_factory=dict[str, JSON], repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class TranslationRequest:
    """Parameters of `POST /audio/translations`: speech in any language to English text. See `TranscriptionRequest`."""

    file: FileLike = field(repr=False)
    model: str
    prompt: str | None = field(default=None, repr=False)
    response_format: str | None = None
    temperature: float | None = None
    extra: Mapping[str, JSON] = field(default_factory=dict[str, JSON], repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechRequest:
    """Parameters of `POST /audio/speech`.

    `input` has at most 4,096 characters at OpenAI. `voice` is a name, or `{"id": ...}` for one of your own.
    `response_format` is mp3, opus (for voice bubbles), aac, flac, wav or pcm; `speed` 0.25..4; `instructions` tell
    newer models how to speak.
    """

    model: str
    input: str = field(repr=False)
    voice: str | Mapping[str, JSON]
    response_format: str | None = None
    speed: float | None = None
    instructions: str | None = field(default=None, repr=False)
    extra: Mapping[str, JSON] = field(default_factory=dict[str, JSON], repr=False)
