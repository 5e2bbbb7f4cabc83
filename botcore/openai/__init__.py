"""The client of OpenAI-style APIs: `Api(ApiSettings(...))`, its requests, and its results."""

from botcore.openai.call import Endpoint
from botcore.openai.capabilities import Capabilities
from botcore.openai.chat_answer import Answer
from botcore.openai.chat_request import (
    AssistantMessage,
    AudioPart,
    ChatRequest,
    FilePart,
    FunctionCallDict,
    FunctionDict,
    FunctionMessage,
    ImagePart,
    Message,
    SystemMessage,
    TextPart,
    ToolCallDict,
    ToolDict,
    ToolMessage,
    UserMessage,
    UserPart,
)
from botcore.openai.chat_result import Choice, Completion, Delta, FunctionCall, ToolCall, ToolCallDelta, Usage
from botcore.openai.chat_stream import ChatStream
from botcore.openai.client import Api
from botcore.openai.codec import JSON
from botcore.openai.embeddings import Embeddings
from botcore.openai.limits import RateLimits
from botcore.openai.models import Model
from botcore.openai.moderations import Moderation, Verdict
from botcore.openai.probe import Availability, Finding
from botcore.openai.secret import Secret
from botcore.openai.settings import PUBLIC_API, ApiSettings, Backoff, Timeouts

__all__ = [
    "JSON",
    "PUBLIC_API",
    "Answer",
    "Api",
    "ApiSettings",
    "AssistantMessage",
    "AudioPart",
    "Availability",
    "Backoff",
    "Capabilities",
    "ChatRequest",
    "ChatStream",
    "Choice",
    "Completion",
    "Delta",
    "Embeddings",
    "Endpoint",
    "FilePart",
    "Finding",
    "FunctionCall",
    "FunctionCallDict",
    "FunctionDict",
    "FunctionMessage",
    "ImagePart",
    "Message",
    "Model",
    "Moderation",
    "RateLimits",
    "Secret",
    "SystemMessage",
    "TextPart",
    "Timeouts",
    "ToolCall",
    "ToolCallDelta",
    "ToolCallDict",
    "ToolDict",
    "ToolMessage",
    "Usage",
    "UserMessage",
    "UserPart",
    "Verdict",
]
