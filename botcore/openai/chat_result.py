"""What a chat completion gives: a whole completion, or one piece of a streamed one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from botcore.openai.chat_request import AssistantMessage, FunctionCallDict
from botcore.openai.codec import JsonObject
from botcore.openai.limits import RateLimits


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens that the API counted. `cached_tokens` are among the input, `reasoning_tokens` among the output."""

    input_tokens: int = 0
    output_tokens: int = 0
    total_tokens: int = 0
    cached_tokens: int = 0
    reasoning_tokens: int = 0

    @classmethod
    def of(cls, raw: object) -> Self | None:
        """Read a `usage` object; None where there is none. Unknown and missing counts are passed over.

        Images and sound say input and output where texts say prompt and completion.
        """
        if not isinstance(raw, dict):
            return None
        into = _count(raw.get("prompt_tokens")) or _count(raw.get("input_tokens"))
        out = _count(raw.get("completion_tokens")) or _count(raw.get("output_tokens"))
        return cls(
            input_tokens=into,
            output_tokens=out,
            total_tokens=_count(raw.get("total_tokens")) or into + out,
            cached_tokens=_detail(raw, "prompt_tokens_details", "cached_tokens"),
            reasoning_tokens=_detail(raw, "completion_tokens_details", "reasoning_tokens"),
        )


@dataclass(frozen=True, slots=True)
class FunctionCall:
    """A function the model wants called. `arguments` is its JSON text, unchecked: models write broken JSON too."""

    name: str
    arguments: str = field(repr=False)

    def to_dict(self) -> FunctionCallDict:
        """Give it as a message carries it."""
        return {"name": self.name, "arguments": self.arguments}


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A tool the model wants called; `id` goes back with the result."""

    id: str
    name: str
    arguments: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer. `finish_reason` is stop, length, tool_calls, function_call, content_filter, or the server's own.

    `reasoning` is what some servers show of the model's thinking (`reasoning_content`, `reasoning`).
    """

    index: int = 0
    text: str = field(default="", repr=False)
    tool_calls: tuple[ToolCall, ...] = ()
    function_call: FunctionCall | None = None
    finish_reason: str | None = None
    refusal: str | None = field(default=None, repr=False)
    reasoning: str = field(default="", repr=False)

    def message(self) -> AssistantMessage:
        """Give the message to put into the history before the tools' results."""
        message: AssistantMessage = {"role": "assistant", "content": self.text or None}
        if self.tool_calls:
            message["tool_calls"] = [
                {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
                for call in self.tool_calls
            ]
        elif self.function_call:
            message["function_call"] = self.function_call.to_dict()
        elif not self.text:
            message["content"] = ""
        if self.refusal:
            message["refusal"] = self.refusal
        return message


@dataclass(frozen=True, slots=True)
class Completion:
    """A whole answer. `raw` is the JSON as it came (or as a stream adds up to it), unknown fields included."""

    id: str
    model: str
    choices: tuple[Choice, ...]
    usage: Usage | None = None
    headers: RateLimits = field(default_factory=RateLimits)
    request_id: str | None = None
    raw: Mapping[str, Any] = field(default_factory=dict[str, Any], repr=False)

    @property
    def text(self) -> str:
        """The first choice's text."""
        return self.choices[0].text if self.choices else ""

    @property
    def tool_calls(self) -> tuple[ToolCall, ...]:
        """The first choice's tool calls."""
        return self.choices[0].tool_calls if self.choices else ()

    @property
    def finish_reason(self) -> str | None:
        """The first choice's finish reason."""
        return self.choices[0].finish_reason if self.choices else None


@dataclass(frozen=True, slots=True)
class ToolCallDelta:
    """A piece of a tool call: `index` says of which (None where the server does not), `arguments` is appended."""

    index: int | None
    id: str = ""
    name: str = ""
    arguments: str = field(default="", repr=False)


@dataclass(slots=True)
class Delta:
    """A piece of a streamed answer, for one choice (`index`); the last one may carry nothing but `usage`.

    Not frozen, alone among these: one is made per chunk, and frozen it takes nine times as long to make (1.2 us).
    """

    text: str = field(default="", repr=False)
    tool_calls: tuple[ToolCallDelta, ...] = ()
    finish_reason: str | None = None
    usage: Usage | None = None
    index: int = 0
    function_call: ToolCallDelta | None = None
    reasoning: str = field(default="", repr=False)
    refusal: str = field(default="", repr=False)
    raw: JsonObject = field(default_factory=dict[str, Any], repr=False)

    @property
    def says(self) -> bool:
        """Whether it holds anything of the answer itself, so that the stream can no longer be begun anew."""
        return bool(
            self.text or self.tool_calls or self.function_call or self.finish_reason or self.reasoning or self.refusal
        )


def _count(value: object) -> int:
    return value if isinstance(value, int) else 0


def _detail(raw: Mapping[str, Any], group: str, name: str) -> int:
    details = raw.get(group)
    return _count(details.get(name)) if isinstance(details, dict) else 0
