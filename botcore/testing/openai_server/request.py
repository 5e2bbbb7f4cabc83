"""A chat completion request: read from JSON, checked as the public API checks it, and put into plain values."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import orjson

from botcore.testing.openai_server import errors, tokens
from botcore.testing.openai_server.fields import Fields, refuse_unknown
from botcore.testing.openai_server.settings import ModelCard
from botcore.testing.openai_server.toolspec import Tool, ToolChoice, read_choice, read_functions, read_tools
from botcore.testing.openai_server.turns import ToolCall, Turn, check_tool_answers, read_turns

__all__ = ["ChatRequest", "ToolCall", "Turn", "read_chat_request", "requested_model"]

# The request fields of the public description; those that mean nothing here are accepted and ignored.
_KNOWN = frozenset({
    "audio", "frequency_penalty", "function_call", "functions", "logit_bias", "logprobs", "max_completion_tokens",
    "max_tokens", "messages", "metadata", "modalities", "model", "moderation", "n", "parallel_tool_calls", "prediction",
    "presence_penalty", "prompt_cache_key", "prompt_cache_options", "prompt_cache_retention", "reasoning_effort",
    "response_format", "safety_identifier", "seed", "service_tier", "stop", "store", "stream", "stream_options",
    "temperature", "tool_choice", "tools", "top_logprobs", "top_p", "user", "verbosity", "web_search_options",
})  # fmt: skip

ModelFinder = Callable[[str], ModelCard | None]
Format = Literal["text", "json_object", "json_schema"]


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """One request for a chat completion. `prompt_tokens` is counted by the rule of `tokens.py`."""

    model: ModelCard
    turns: tuple[Turn, ...]
    prompt_tokens: int
    tools: tuple[Tool, ...] = ()
    choice: ToolChoice = "auto"
    functions: bool = False  # the tools came in the older form and are answered in it
    parallel: bool = True
    n: int = 1
    stop: tuple[str, ...] = ()
    max_tokens: int | None = None
    stream: bool = False
    include_usage: bool = False
    format: Format = "text"
    schema: Mapping[str, Any] | None = None

    @property
    def room(self) -> int:
        """How many tokens the answer may have: what was asked for, or else what is left of the context window."""
        return self.model.window - self.prompt_tokens if self.max_tokens is None else self.max_tokens


def requested_model(payload: Mapping[str, Any], find: ModelFinder) -> ModelCard:
    """The model that the request names.

    Raises:
        ApiRefusal: it names none, or one that is not on offer.
    """
    name = Fields(payload).required_text("model")
    card = find(name)
    if card is None:
        raise errors.model_not_found(name)
    return card


def read_chat_request(payload: dict[str, Any], find: ModelFinder) -> ChatRequest:
    """Read and check a request body.

    Raises:
        ApiRefusal: what the public API would refuse, in its words.
    """
    card = requested_model(payload, find)
    if card.kind != "chat":
        raise errors.ApiRefusal(
            404, "This is not a chat model and thus not supported in the v1/chat/completions endpoint."
        )
    refuse_unknown(payload, _KNOWN)
    fields = Fields(payload)
    turns = read_turns(fields)
    check_tool_answers(turns)
    _check_numbers(fields, card)
    tools, functions = read_tools(fields), False
    if not tools and payload.get("functions") is not None:
        tools, functions = read_functions(fields), True
    stream, include_usage = read_streaming(fields)
    format_, schema = _read_format(fields, turns)
    request = ChatRequest(
        model=card,
        turns=turns,
        prompt_tokens=_prompt_tokens(turns, payload),
        tools=tools,
        choice=read_choice(fields, tools, functions=functions),
        functions=functions,
        parallel=fields.flag("parallel_tool_calls") is not False,
        n=fields.integer("n", 1, 128) or 1,
        stop=read_stop(fields),
        max_tokens=_read_limit(fields, card),
        stream=stream,
        include_usage=include_usage,
        format=format_,
        schema=schema,
    )
    _check_window(request)
    return request


def _check_numbers(fields: Fields, card: ModelCard) -> None:
    temperature = fields.number("temperature", 0, 2)
    fields.number("top_p", 0, 1)
    fields.number("presence_penalty", -2, 2)
    fields.number("frequency_penalty", -2, 2)
    fields.integer("seed")
    fields.integer("top_logprobs", 0, 20)
    fields.flag("logprobs")
    fields.text("user")
    fields.object("logit_bias")
    if card.reasoning and temperature not in {None, 1.0}:
        message = (
            f"Unsupported value: 'temperature' does not support {fields.values['temperature']} with this model. "
            "Only the default (1) value is supported."
        )
        raise errors.invalid(message, "temperature", "unsupported_value")


def _read_limit(fields: Fields, card: ModelCard) -> int | None:
    older = fields.integer("max_tokens", 1)
    newer = fields.integer("max_completion_tokens", 1)
    if older is not None and card.reasoning:
        message = (
            "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
        )
        raise errors.invalid(message, "max_tokens", "unsupported_parameter")
    if older is not None and newer is not None:
        message = "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported."
        raise errors.invalid(message, "max_tokens", "invalid_parameter_combination")
    return newer if newer is not None else older


def read_streaming(fields: Fields) -> tuple[bool, bool]:
    """Whether the answer is streamed, and whether with its usage.

    Raises:
        ApiRefusal: stream options without a stream.
    """
    stream = fields.flag("stream") is True
    options = fields.object("stream_options")
    if options is None:
        return stream, False
    if not stream:
        message = "The 'stream_options' parameter is only allowed when 'stream' is enabled."
        raise errors.invalid(message, "stream_options")
    return True, options.flag("include_usage") is True


def read_stop(fields: Fields) -> tuple[str, ...]:
    """The stop sequences.

    Raises:
        ApiRefusal: they are no texts, or too many.
    """
    value = fields.values.get("stop")
    if value is None:
        return ()
    given = [value] if isinstance(value, str) else value
    if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
        raise errors.wrong_type("stop", "a string or an array of strings", value)
    if len(given) > 4:
        raise errors.invalid(
            f"Invalid 'stop': array too long. Expected an array with maximum length 4, but got {len(given)}.",
            "stop",
            "array_above_max_length",
        )
    return tuple(one for one in given if one)


def _read_format(fields: Fields, turns: tuple[Turn, ...]) -> tuple[Format, Mapping[str, Any] | None]:
    wanted = fields.object("response_format")
    if wanted is None:
        return "text", None
    match wanted.required_text("type"):
        case "text":
            return "text", None
        case "json_object":
            if not any("json" in turn.text.casefold() for turn in turns):
                message = (
                    "'messages' must contain the word 'json' in some form, "
                    "to use 'response_format' of type 'json_object'."
                )
                raise errors.invalid(message, "messages")
            return "json_object", None
        case "json_schema":
            described = wanted.object("json_schema")
            if described is None:
                raise errors.missing("response_format.json_schema")
            described.required_text("name")
            schema = described.object("schema")
            return "json_schema", {} if schema is None else schema.values
        case other:
            message = f"Invalid value: '{other}'. Supported values are: 'json_object', 'json_schema', and 'text'."
            raise errors.invalid(message, "response_format.type", "invalid_value")


def _prompt_tokens(turns: tuple[Turn, ...], payload: Mapping[str, Any]) -> int:
    total = tokens.PER_REQUEST
    for turn in turns:
        total += tokens.PER_MESSAGE + tokens.count(turn.text) + tokens.PER_IMAGE * turn.images
        if turn.name:
            total += tokens.count(turn.name)
        for call in turn.calls:
            total += tokens.count(call.name) + tokens.count(call.arguments)
    for key in ("tools", "functions"):
        if payload.get(key):
            total += -(-len(orjson.dumps(payload[key])) // tokens.BYTES_PER_TOKEN)
    return total


def _check_window(request: ChatRequest) -> None:
    window = request.model.window
    if request.prompt_tokens + (request.max_tokens or 0) > window:
        raise errors.context_overflow(window, request.prompt_tokens, request.max_tokens)
