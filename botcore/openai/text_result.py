"""What completions and edits give: texts without roles."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from botcore.openai import reading
from botcore.openai.chat_parse import Malformed
from botcore.openai.chat_result import Usage
from botcore.openai.limits import RateLimits
from botcore.openai.logprobs import Logprobs


@dataclass(frozen=True, slots=True)
class TextChoice:
    """One answer. `finish_reason` is stop, length (cut at max_tokens), content_filter, or the server's own word."""

    index: int = 0
    text: str = field(default="", repr=False)
    finish_reason: str | None = None
    logprobs: Logprobs | None = None


@dataclass(frozen=True, slots=True)
class TextAnswer:
    """An answer of `/completions` or `/edits`. `raw` is the JSON as it came; for a stream, its last chunk's head."""

    choices: tuple[TextChoice, ...]
    id: str = ""
    model: str = ""
    created: int | None = None
    usage: Usage | None = None
    headers: RateLimits = field(default_factory=RateLimits)
    request_id: str | None = None
    raw: Mapping[str, Any] = field(default_factory=dict[str, Any], repr=False)

    @property
    def text(self) -> str:
        """The first choice's text."""
        return self.choices[0].text if self.choices else ""

    @property
    def finish_reason(self) -> str | None:
        """The first choice's finish reason."""
        return self.choices[0].finish_reason if self.choices else None


def text_answer(raw: object, limits: RateLimits, request_id: str | None) -> TextAnswer:
    """Read a `text_completion` or an `edit`. Raises `Malformed` for another shape."""
    entries = reading.objects(raw.get("choices")) if isinstance(raw, dict) else None
    if not isinstance(raw, dict) or not entries:
        raise Malformed("no choices")
    return TextAnswer(
        choices=tuple(_choice(entry, place) for place, entry in enumerate(entries)),
        id=reading.text(raw, "id"),
        model=reading.text(raw, "model"),
        created=reading.count(raw, "created"),
        usage=Usage.of(raw.get("usage")),
        headers=limits,
        request_id=request_id,
        raw=raw,
    )


def _choice(entry: Mapping[str, Any], place: int) -> TextChoice:
    text = entry.get("text")
    if not isinstance(text, str):
        raise Malformed("a choice without text")
    index = reading.count(entry, "index")
    return TextChoice(
        index=place if index is None else index,
        text=text,
        finish_reason=reading.text(entry, "finish_reason") or None,
        logprobs=Logprobs.of(entry.get("logprobs")),
    )
