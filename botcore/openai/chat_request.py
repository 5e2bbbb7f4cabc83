"""What a chat completion is asked with. Messages are plain JSON-shaped dictionaries, as they are stored and sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Literal, TypeAlias, TypedDict

from botcore.openai.codec import JSON


class TextPart(TypedDict):
    """Text within a message of several parts."""

    type: Literal["text"]
    text: str


class _ImageUrlRequired(TypedDict):
    url: str


class ImageUrl(_ImageUrlRequired, total=False):
    """An https URL or a `data:` URL; `detail` is low, high or auto."""

    detail: Literal["auto", "low", "high"]


class ImagePart(TypedDict):
    """A picture within a message."""

    type: Literal["image_url"]
    image_url: ImageUrl


class InputAudio(TypedDict):
    """Base64 data and its format."""

    data: str
    format: Literal["wav", "mp3"]


class AudioPart(TypedDict):
    """Sound within a message."""

    type: Literal["input_audio"]
    input_audio: InputAudio


class RefusalPart(TypedDict):
    """A refusal that the model wrote, within an assistant message."""

    type: Literal["refusal"]
    refusal: str


class FileRef(TypedDict, total=False):
    """A document: uploaded before (`file_id`), or base64 data with a name."""

    file_id: str
    file_data: str
    filename: str


class FilePart(TypedDict):
    """A document within a message."""

    type: Literal["file"]
    file: FileRef


UserPart: TypeAlias = TextPart | ImagePart | AudioPart | FilePart


class FunctionCallDict(TypedDict):
    """A function's name, and its arguments as a JSON text as the model wrote it (which may be no JSON)."""

    name: str
    arguments: str


class ToolCallDict(TypedDict):
    """A call that the model wants made."""

    id: str
    type: Literal["function"]
    function: FunctionCallDict


class _Named(TypedDict, total=False):
    name: str


class SystemMessage(_Named):
    """Standing instructions; newer models call the role developer."""

    role: Literal["system", "developer"]
    content: str | Sequence[TextPart]


class UserMessage(_Named):
    """What a person said."""

    role: Literal["user"]
    content: str | Sequence[UserPart]


class _AssistantOptional(_Named, total=False):
    content: str | Sequence[TextPart | RefusalPart] | None
    refusal: str | None
    tool_calls: Sequence[ToolCallDict]
    function_call: FunctionCallDict


class AssistantMessage(_AssistantOptional):
    """What the model said; `content` may be missing only where it called tools."""

    role: Literal["assistant"]


class ToolMessage(TypedDict):
    """The result of a tool call."""

    role: Literal["tool"]
    content: str | Sequence[TextPart]
    tool_call_id: str


class FunctionMessage(TypedDict):
    """The result of a function call, in the older form."""

    role: Literal["function"]
    name: str
    content: str | None


Message: TypeAlias = SystemMessage | UserMessage | AssistantMessage | ToolMessage | FunctionMessage


class _FunctionRequired(TypedDict):
    name: str


class FunctionDict(_FunctionRequired, total=False):
    """A function the model may call; `parameters` is a JSON Schema."""

    description: str
    parameters: Mapping[str, Any]
    strict: bool


class ToolDict(TypedDict):
    """A tool the model may call."""

    type: Literal["function"]
    function: FunctionDict


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatRequest:
    """Parameters of `POST /chat/completions`. Only what is set is sent: newer models refuse what older ones need.

    `max_completion_tokens` is for newer models, `max_tokens` for older ones and most compatible servers; `functions`
    and `function_call` are the older form of `tools` and `tool_choice`. `extra` is sent as it is, for anything else
    (`reasoning_effort`, `logprobs`, a server's own options), and wins over the fields.
    """

    model: str
    messages: Sequence[Message] = field(repr=False)
    tools: Sequence[ToolDict] | None = field(default=None, repr=False)
    tool_choice: str | Mapping[str, JSON] | None = None
    parallel_tool_calls: bool | None = None
    temperature: float | None = None
    top_p: float | None = None
    n: int | None = None
    stop: str | Sequence[str] | None = None
    max_tokens: int | None = None
    max_completion_tokens: int | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    logit_bias: Mapping[str, float] | None = None
    user: str | None = None
    seed: int | None = None
    response_format: Mapping[str, JSON] | None = None
    functions: Sequence[FunctionDict] | None = field(default=None, repr=False)
    function_call: str | Mapping[str, JSON] | None = None
    extra: Mapping[str, JSON] = field(default_factory=dict[str, JSON], repr=False)

    def body(self) -> dict[str, Any]:
        """Give the JSON body of a request that is not streamed."""
        values = {name: value for name in _SENT if (value := getattr(self, name)) is not None}
        values.update(self.extra)
        return values


_SENT = tuple(member.name for member in fields(ChatRequest) if member.name != "extra")
