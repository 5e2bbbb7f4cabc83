"""The client of OpenAI-style APIs: `Api(ApiSettings(...))`, its requests, and its results.

Names that not every bot needs are imported when they are first used: they would cost every start 30 ms and more.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

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
from botcore.openai.outgoing import Progress
from botcore.openai.probe import Availability, Finding
from botcore.openai.secret import Secret
from botcore.openai.settings import PUBLIC_API, ApiSettings, Backoff, Timeouts
from botcore.openai.upload import FileLike, Upload

if TYPE_CHECKING:
    from botcore.openai.audio_request import SpeechRequest, TranscriptionRequest, TranslationRequest
    from botcore.openai.byte_stream import ByteStream
    from botcore.openai.completion_stream import CompletionStream, TextDelta
    from botcore.openai.completions import CompletionRequest
    from botcore.openai.edits import EditRequest
    from botcore.openai.files import StoredFile
    from botcore.openai.fine_tunes import FineTune, FineTuneRequest
    from botcore.openai.fine_tuning import FineTuningJob, FineTuningRequest, TuningEvent
    from botcore.openai.image_request import ImageEditRequest, ImageRequest, VariationRequest
    from botcore.openai.logprobs import Logprobs
    from botcore.openai.pages import Page, Pages
    from botcore.openai.picture import Picture, Pictures
    from botcore.openai.served import Served, ServedBy
    from botcore.openai.text_result import TextAnswer, TextChoice
    from botcore.openai.transcript import Segment, Transcript, Word
    from botcore.openai.tuning import TuneRequest, TuningJob, TuningStep

_LATER: Final = {
    "audio_request": ("SpeechRequest", "TranscriptionRequest", "TranslationRequest"),
    "byte_stream": ("ByteStream",),
    "completion_stream": ("CompletionStream", "TextDelta"),
    "completions": ("CompletionRequest",),
    "edits": ("EditRequest",),
    "files": ("StoredFile",),
    "fine_tunes": ("FineTune", "FineTuneRequest"),
    "fine_tuning": ("FineTuningJob", "FineTuningRequest", "TuningEvent"),
    "image_request": ("ImageEditRequest", "ImageRequest", "VariationRequest"),
    "logprobs": ("Logprobs",),
    "pages": ("Page", "Pages"),
    "picture": ("Picture", "Pictures"),
    "served": ("Served", "ServedBy"),
    "text_result": ("TextAnswer", "TextChoice"),
    "transcript": ("Segment", "Transcript", "Word"),
    "tuning": ("TuneRequest", "TuningJob", "TuningStep"),
}
_MODULES: Final = {name: module for module, names in _LATER.items() for name in names}

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
    "ByteStream",
    "Capabilities",
    "ChatRequest",
    "ChatStream",
    "Choice",
    "Completion",
    "CompletionRequest",
    "CompletionStream",
    "Delta",
    "EditRequest",
    "Embeddings",
    "Endpoint",
    "FileLike",
    "FilePart",
    "Finding",
    "FineTune",
    "FineTuneRequest",
    "FineTuningJob",
    "FineTuningRequest",
    "FunctionCall",
    "FunctionCallDict",
    "FunctionDict",
    "FunctionMessage",
    "ImageEditRequest",
    "ImagePart",
    "ImageRequest",
    "Logprobs",
    "Message",
    "Model",
    "Moderation",
    "Page",
    "Pages",
    "Picture",
    "Pictures",
    "Progress",
    "RateLimits",
    "Secret",
    "Segment",
    "Served",
    "ServedBy",
    "SpeechRequest",
    "StoredFile",
    "SystemMessage",
    "TextAnswer",
    "TextChoice",
    "TextDelta",
    "TextPart",
    "Timeouts",
    "ToolCall",
    "ToolCallDelta",
    "ToolCallDict",
    "ToolDict",
    "ToolMessage",
    "Transcript",
    "TranscriptionRequest",
    "TranslationRequest",
    "TuneRequest",
    "TuningEvent",
    "TuningJob",
    "TuningStep",
    "Upload",
    "Usage",
    "UserMessage",
    "UserPart",
    "VariationRequest",
    "Verdict",
    "Word",
]


def __getattr__(name: str) -> Any:
    """Import a name on its first use (PEP 562)."""
    module = _MODULES.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{module}"), name)
    globals()[name] = value
    return value
