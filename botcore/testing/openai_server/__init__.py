"""An offline stand-in for an OpenAI-style API: a real HTTP server that answers without any model.

    async with offline_api() as server:
        client = SomeClient(base_url=server.url, api_key="anything")

It is what a bot talks to without a key, and what tests talk to: it streams, calls tools, moderates, embeds, checks
requests as the public API does, answers by a script, and fails on demand. `docs/offline-api.md` describes all of it.

How it is built, for adding to it: `settings` are fixed values; `state` is what lives; `server` opens the socket and
knows the resources (`chat`, `images`, `files`, ...; a new one is a module with ROUTES); `exchange` takes one request
through records, holds, faults, access and limits; `outcome` is what an endpoint returns, `harm` what a fault makes of
it, `sending` how it leaves. `request`, `turns`, `toolspec` and `fields` read a request, `form` a multipart one;
`completion` writes the answer, `brain` thinks of it, and `drawing` draws it. Files lie in `filestore`,
`tunings` keeps each fine-tuning `job`, `hearing` and `voice` listen and speak, `decoding` and `encoding` run ffmpeg.
"""

from botcore.testing.openai_server.brain import INTRODUCTION
from botcore.testing.openai_server.faults import (
    CutStream,
    Dribble,
    ErrorInStream,
    Fault,
    Faults,
    Hang,
    HugeBody,
    InvalidUtf8,
    MalformedSse,
    MissingDone,
    Noise,
    NotJson,
    Redirect,
    Reset,
    SlowHeaders,
    Stall,
    Status,
    WrongContentType,
)
from botcore.testing.openai_server.holds import Hold
from botcore.testing.openai_server.recording import Recorded, RequestLog
from botcore.testing.openai_server.request import ChatRequest
from botcore.testing.openai_server.script import Draft, Script
from botcore.testing.openai_server.server import OfflineApi, offline_api, serve
from botcore.testing.openai_server.settings import (
    DEFAULT_MODELS,
    ModelCard,
    OfflineSettings,
    Pace,
    RateLimit,
    TuningPace,
)
from botcore.testing.openai_server.tokens import count as count_tokens
from botcore.testing.openai_server.vectors import embed

__all__ = [
    "DEFAULT_MODELS",
    "INTRODUCTION",
    "ChatRequest",
    "CutStream",
    "Draft",
    "Dribble",
    "ErrorInStream",
    "Fault",
    "Faults",
    "Hang",
    "Hold",
    "HugeBody",
    "InvalidUtf8",
    "MalformedSse",
    "MissingDone",
    "ModelCard",
    "Noise",
    "NotJson",
    "OfflineApi",
    "OfflineSettings",
    "Pace",
    "RateLimit",
    "Recorded",
    "Redirect",
    "RequestLog",
    "Reset",
    "Script",
    "SlowHeaders",
    "Stall",
    "Status",
    "TuningPace",
    "WrongContentType",
    "count_tokens",
    "embed",
    "offline_api",
    "serve",
]
