"""What speech recognition gives: text, and where it was said."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

from botcore.openai import codec, reading
from botcore.openai.chat_result import Usage
from botcore.openai.codec import JsonObject
from botcore.openai.exchange import Reply
from botcore.openai.limits import RateLimits

PLAIN: Final = frozenset({"text", "srt", "vtt"})
"""Formats that are no JSON."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of speech, from `start` to `end` in seconds. `speaker` is set by models that tell speakers apart."""

    start: float
    end: float
    text: str = field(repr=False)
    id: str = ""
    speaker: str | None = None
    tokens: tuple[int, ...] = field(default=(), repr=False)
    temperature: float | None = None
    avg_logprob: float | None = None
    compression_ratio: float | None = None
    no_speech_prob: float | None = None
    raw: Mapping[str, Any] = field(default_factory=dict[str, Any], repr=False)


@dataclass(frozen=True, slots=True)
class Word:
    """A word, from `start` to `end` in seconds."""

    start: float
    end: float
    word: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Transcript:
    """Speech as text.

    `text` is the transcript; for the formats srt and vtt it is the whole subtitle file. `format` is what came, which is
    json where a server knows no other. Segments and words come with verbose_json, `duration` (seconds) and `language`
    too; `billed_seconds` where the server charges by time, `usage` where by tokens.
    """

    text: str = field(repr=False)
    format: str = "json"
    language: str | None = None
    duration: float | None = None
    segments: tuple[Segment, ...] = ()
    words: tuple[Word, ...] = ()
    usage: Usage | None = None
    billed_seconds: float | None = None
    headers: RateLimits = field(default_factory=RateLimits)
    request_id: str | None = None
    raw: Mapping[str, Any] = field(default_factory=dict[str, Any], repr=False)


def of_json(reply: Reply, raw: Mapping[str, Any], asked: str) -> Transcript:
    """Read a JSON answer. Raises `BadResponse` if it has not the API's shape."""
    segments, words = reading.objects(raw.get("segments")), reading.objects(raw.get("words"))
    if segments is None or words is None or not isinstance(raw.get("text"), str):
        raise reply.bad("a transcript whose text, segments or words have another type")
    usage = reading.table(raw, "usage")
    return Transcript(
        text=raw["text"],
        format="json" if asked in PLAIN else asked,
        language=reading.text(raw, "language") or None,
        duration=reading.number(raw, "duration"),
        segments=tuple(_segment(reply, entry) for entry in segments),
        words=tuple(Word(*_span(reply, entry), reading.text(entry, "word")) for entry in words),
        usage=Usage.of(usage) if usage and usage.get("type") != "duration" else None,
        billed_seconds=reading.number(usage, "seconds"),
        headers=reply.limits,
        request_id=reply.request_id,
        raw=raw,
    )


def of_text(reply: Reply, asked: str) -> Transcript | JsonObject:
    """Read an answer that should be text: the transcript, or the JSON that a server without that format sent instead.

    Raises `BadResponse` for a web page and for subtitles without a time.
    """
    text = reply.content.decode("utf-8-sig", "replace")
    start = text.lstrip()[:1]
    if start == "{" and "json" in reply.headers.get("content-type", ""):
        with suppress(ValueError):
            value = codec.decode(reply.content)
            if isinstance(value, dict):
                return value
    if "html" in reply.headers.get("content-type", "") or (start == "<" and asked == "text"):
        raise reply.bad("a web page instead of a transcript")
    if asked in {"srt", "vtt"} and text.strip() and "-->" not in text and not text.startswith("WEBVTT"):
        raise reply.bad(f"an answer that is no {asked}")
    return Transcript(
        text=text.rstrip("\n") if asked == "text" else text,
        format=asked,
        headers=reply.limits,
        request_id=reply.request_id,
    )


def _segment(reply: Reply, raw: Mapping[str, Any]) -> Segment:
    start, end = _span(reply, raw)
    tokens = raw.get("tokens")
    return Segment(
        start=start,
        end=end,
        text=reading.text(raw, "text"),
        id=reading.text(raw, "id"),
        speaker=reading.text(raw, "speaker") or None,
        tokens=tuple(token for token in tokens if isinstance(token, int)) if isinstance(tokens, list) else (),
        temperature=reading.number(raw, "temperature"),
        avg_logprob=reading.number(raw, "avg_logprob"),
        compression_ratio=reading.number(raw, "compression_ratio"),
        no_speech_prob=reading.number(raw, "no_speech_prob"),
        raw=raw,
    )


def _span(reply: Reply, raw: Mapping[str, Any]) -> tuple[float, float]:
    start, end = reading.number(raw, "start"), reading.number(raw, "end")
    if start is None or end is None:
        raise reply.bad("a segment or word without its times")
    return start, end
