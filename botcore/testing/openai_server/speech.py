"""POST /audio/speech: a text as sound."""

import asyncio
import base64
import struct
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from types import MappingProxyType

from botcore.audio.encoding import ENCODED, encode
from botcore.audio.ffmpeg import find_ffmpeg
from botcore.audio.processes import ProcessFailed
from botcore.testing.openai_server import errors, tokens
from botcore.testing.openai_server.errors import ApiRefusal
from botcore.testing.openai_server.fields import Fields, parse, refuse_unknown
from botcore.testing.openai_server.outcome import Body, Events, Outcome, event
from botcore.testing.openai_server.request import requested_model
from botcore.testing.openai_server.state import Call, Route, State
from botcore.testing.openai_server.voice import RATE, VOICES, speak

_KNOWN = frozenset({"model", "input", "voice", "instructions", "response_format", "speed", "stream_format"})
_LONGEST = 4096  # characters
_TYPES: Mapping[str, str] = MappingProxyType(
    {
        "mp3": "audio/mpeg",
        "opus": "audio/ogg",
        "aac": "audio/aac",
        "flac": "audio/flac",
        "wav": "audio/wav",
        "pcm": "audio/pcm",
    }
)
_EVENT = 8 * 1024  # bytes of sound in one event


@dataclass(frozen=True, slots=True)
class _Wanted:
    text: str
    voice: str
    format: str
    speed: float
    events: bool


async def create(_state: State, call: Call) -> Outcome:
    """A text, spoken; it is sent while it is made.

    Raises:
        ApiRefusal: the request is wrong, or this format needs an ffmpeg that is not there.
    """
    wanted = _read(_state, call)
    ffmpeg = await asyncio.to_thread(find_ffmpeg)
    if wanted.format in ENCODED and ffmpeg is None:
        message = f"The format '{wanted.format}' needs ffmpeg, which the offline stand-in did not find. Use 'wav'."
        raise ApiRefusal(501, message, kind="server_error", code="not_implemented")
    sound = _raw(wanted)
    if wanted.format == "wav":
        sound = _wav(sound)
    elif ffmpeg is not None and wanted.format in ENCODED:
        sound = encode(ffmpeg, sound, RATE, wanted.format)
    if wanted.events:
        return await _told(wanted, sound)
    return Body(await _begun(sound), _TYPES[wanted.format])


def _read(state: State, call: Call) -> _Wanted:
    payload = parse(call.body)
    card = requested_model(payload, lambda name: state.find_model(name, "speech"))
    if card.kind != "speech":
        raise errors.invalid(f"The model `{card.id}` is not supported by this endpoint.", "model", "unsupported_model")
    refuse_unknown(payload, _KNOWN)
    fields = Fields(payload)
    text = fields.required_text("input")
    if not text.strip():
        message = "Invalid 'input': empty string. Expected a string with minimum length 1, but got an empty string."
        raise errors.invalid(message, "input", "empty_string")
    for key, value in (("input", text), ("instructions", fields.text("instructions") or "")):
        if len(value) > _LONGEST:
            message = f"Invalid '{key}': string too long. Expected a string with maximum length {_LONGEST}."
            raise errors.invalid(message, key, "string_above_max_length")
    speed = fields.number("speed", 0.25, 4.0)
    return _Wanted(
        text=text,
        voice=_voice(fields),
        format=_chosen(fields, "response_format", tuple(_TYPES), "mp3"),
        speed=1.0 if speed is None else speed,
        events=_streams_events(fields, card.id),
    )


def _chosen(fields: Fields, key: str, known: tuple[str, ...], usual: str) -> str:
    value = fields.text(key) or usual
    if value not in known:
        listed = ", ".join(f"'{name}'" for name in known)
        raise errors.invalid(f"Invalid value: '{value}'. Supported values are: {listed}.", key, "invalid_value")
    return value


def _voice(fields: Fields) -> str:
    if isinstance(fields.values.get("voice"), dict):  # a voice of one's own, by its id
        own = fields.object("voice")
        return own.required_text("id") if own is not None else ""
    fields.required_text("voice")
    return _chosen(fields, "voice", tuple(VOICES), "")


def _streams_events(fields: Fields, model: str) -> bool:
    if _chosen(fields, "stream_format", ("sse", "audio"), "audio") == "audio":
        return False
    if model.startswith("tts-1"):
        message = f"stream_format 'sse' is not supported with model '{model}'."
        raise errors.invalid(message, "stream_format", "unsupported_value")
    return True


async def _raw(wanted: _Wanted) -> AsyncGenerator[bytes]:
    async with aclosing(speak(wanted.text, wanted.voice, wanted.speed)) as spoken:
        async for samples in spoken:
            yield samples.astype("<i2").tobytes()


async def _wav(sound: AsyncGenerator[bytes]) -> AsyncGenerator[bytes]:
    """With the right lengths in its header, for which it has to be whole: a minute is 3 MB."""
    blocks = [block async for block in sound]
    size = sum(map(len, blocks))
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, RATE, RATE * 2, 2, 16)  # plain samples, one channel, 16 bits
    yield struct.pack("<4sI4s", b"RIFF", size + 36, b"WAVE") + form + struct.pack("<4sI", b"data", size)
    for block in blocks:
        yield block


async def _begun(sound: AsyncGenerator[bytes]) -> AsyncGenerator[bytes]:
    """The same, known to work: what fails at its beginning is an error in the API's shape, later it breaks off.

    Raises:
        ApiRefusal: it fails at its beginning.
    """
    try:
        first = await anext(sound)
    except ProcessFailed:
        raise ApiRefusal(500, "The server had an error while speaking.", kind="server_error") from None

    async def rest() -> AsyncGenerator[bytes]:
        async with aclosing(sound):
            yield first
            try:
                async for block in sound:
                    yield block
            except ProcessFailed:
                raise ConnectionResetError("speaking failed") from None

    return rest()


async def _told(wanted: _Wanted, sound: AsyncGenerator[bytes]) -> Events:
    """As server-sent events with pieces of the sound in base64."""
    whole = b"".join([block async for block in await _begun(sound)])
    pieces = [whole[at : at + _EVENT] for at in range(0, len(whole), _EVENT)]
    chunks = [event({"type": "speech.audio.delta", "audio": base64.b64encode(piece).decode()}) for piece in pieces]
    asked, made = tokens.count(wanted.text), len(pieces)
    usage = {"input_tokens": asked, "output_tokens": made, "total_tokens": asked + made}
    return Events(b"", tuple(chunks), event({"type": "speech.audio.done", "usage": usage}))


ROUTES = (Route("POST", "/audio/speech", create),)
