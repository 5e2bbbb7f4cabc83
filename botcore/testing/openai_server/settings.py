"""What the offline stand-in is set to: its models, keys, limits and pace. Values only; nothing runs here."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Literal

ModelKind = Literal["chat", "embedding", "moderation", "transcription", "speech", "completion", "edit", "image"]

# Named like the public ones so that a bot's default settings work unchanged; `owned_by` says what they really are.
_CHAT = ("gpt-4o", "gpt-4o-mini", "gpt-4.1", "gpt-4.1-mini", "gpt-4.1-nano", "gpt-4", "gpt-4-turbo", "gpt-3.5-turbo")
_REASONING = ("gpt-5", "gpt-5-mini", "gpt-5-nano", "o3", "o3-mini", "o4-mini")
_COMPLETION = ("gpt-3.5-turbo-instruct", "davinci-002", "babbage-002", "text-davinci-003")
_BASE = ("ada", "babbage", "curie", "davinci")  # what the older form of fine-tuning starts from
_EDIT = ("text-davinci-edit-001", "code-davinci-edit-001")
_IMAGE = ("dall-e-2", "dall-e-3", "gpt-image-1", "gpt-image-1-mini", "gpt-image-1.5", "gpt-image-2")


@dataclass(frozen=True, slots=True)
class ModelCard:
    """One model on offer.

    `window` is its context window in tokens (see `tokens.py` for what a token is here). A `reasoning` model refuses
    `max_tokens` and any temperature but 1, as the public ones do. `dimensions` is an embedding's natural length, and
    `resizable` whether a request may ask for a shorter one. Only a `deletable` model can be deleted.
    """

    id: str
    kind: ModelKind = "chat"
    window: int = 8192
    reasoning: bool = False
    dimensions: int = 1536
    resizable: bool = True
    deletable: bool = False
    owned_by: str = "offline-stand-in"
    created: int = 1_700_000_000


DEFAULT_MODELS: tuple[ModelCard, ...] = (
    ModelCard("offline"),
    *(ModelCard(name) for name in _CHAT),
    *(ModelCard(name, reasoning=True) for name in _REASONING),
    ModelCard("ft:gpt-4o-mini:offline::sample", deletable=True),
    ModelCard("text-embedding-3-small", kind="embedding"),
    ModelCard("text-embedding-3-large", kind="embedding", dimensions=3072),
    ModelCard("text-embedding-ada-002", kind="embedding", resizable=False),
    ModelCard("omni-moderation-latest", kind="moderation"),
    ModelCard("text-moderation-latest", kind="moderation"),
    *(ModelCard(name, kind="completion", window=4096) for name in (*_COMPLETION, *_BASE)),
    *(ModelCard(name, kind="edit", window=4096) for name in _EDIT),
    *(ModelCard(name, kind="image") for name in _IMAGE),
    ModelCard("whisper-1", kind="transcription"),
    ModelCard("gpt-4o-transcribe", kind="transcription"),
    ModelCard("gpt-4o-mini-transcribe", kind="transcription"),
    ModelCard("tts-1", kind="speech"),
    ModelCard("tts-1-hd", kind="speech"),
    ModelCard("gpt-4o-mini-tts", kind="speech"),
)


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast answers come.

    `first_token` is the wait before the first chunk (or before a plain answer), `chunk_interval` the time between two
    chunks, both in seconds. With `chunks` set, every streamed answer has exactly that many text chunks, and a shorter
    text is padded with full stops. At an interval of 0 the chunks leave together.
    """

    first_token: float = 0.0
    chunk_interval: float = 0.0
    chunks: int | None = None


@dataclass(frozen=True, slots=True)
class TuningPace:
    """How many seconds a fine-tuning job spends in each of its states."""

    validating: float = 1.0
    queued: float = 1.0
    running: float = 6.0


@dataclass(frozen=True, slots=True)
class RateLimit:
    """A real limit for each key: above it comes a 429 with `retry-after`. None: that side is not limited."""

    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None


@dataclass(frozen=True, slots=True)
class OfflineSettings:
    """Everything that is fixed when the server starts.

    - `models`: what is on offer; another name is a 404 `model_not_found`.
    - `any_model`: take every other name too, as a model like the usual one of its kind.
    - `keys`: the accepted API keys; None accepts any, and none at all.
    - `organizations`: the accepted `OpenAI-Organization` values; None accepts any.
    - `answer`: a fixed answer instead of the built-in brain's (for benchmarks).
    - `introduce`: whether the first answer of a conversation says that this is a stand-in. Tests of exact texts
      switch it off; a person's bot never should.
    - `rate` and `quota_tokens` (tokens for the life of the server): limits that are really enforced.
    - `flagged`: more patterns (regular expressions) for the moderation, by category.
    - `missing`: endpoints that answer 404 as on a service without them, such as `("edits", "images/variations")`;
      a name covers the paths below it too.
    - `data_dir`: a folder for uploaded files, fine-tuning jobs and their models, which then survive a restart; None
      keeps them in a temporary folder until the server stops.
    - `tuning`: how long a fine-tuning job takes, and `clock` (Unix seconds) by which it goes on and files expire.
    - `picture_life`: seconds for which the URL of a drawn picture works.
    - `longest_audio`: seconds of sound that are transcribed at most.
    - `record` and `record_limit`: whether received requests are kept, and how many of the latest.
    - `prefix`: the path below which the API lies.
    - `control`: whether `/_offline/...` is served.
    - `max_body`: the largest accepted request body in bytes.
    - `shutdown_timeout`: seconds that running answers get when the server stops.
    """

    models: tuple[ModelCard, ...] = DEFAULT_MODELS
    any_model: bool = False
    keys: frozenset[str] | None = None
    organizations: frozenset[str] | None = None
    pace: Pace = Pace()
    answer: str | None = None
    introduce: bool = True
    rate: RateLimit = RateLimit()
    quota_tokens: int | None = None
    flagged: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    missing: tuple[str, ...] = ()
    data_dir: Path | None = None
    tuning: TuningPace = TuningPace()
    clock: Callable[[], float] = time.time
    picture_life: float = 3600.0
    longest_audio: float = 600.0
    record: bool = True
    record_limit: int = 1000
    prefix: str = "/v1"
    control: bool = True
    max_body: int = 64 * 1024 * 1024
    shutdown_timeout: float = 0.5
