"""From the JSON of a completion, or of one chunk, to the typed result. Written by hand: it runs once per chunk.

Raises `Malformed` for a shape that is not that of the API; missing and additional fields are no fault, because the
servers that speak this protocol leave out and add what they like.
"""

from collections.abc import Iterator
from typing import Any

from botcore.openai import codec
from botcore.openai.chat_result import Choice, Completion, Delta, FunctionCall, ToolCall, ToolCallDelta, Usage
from botcore.openai.codec import JsonObject
from botcore.openai.limits import RateLimits


class Malformed(ValueError):
    """The JSON has not the API's shape; the message names the place and never quotes the content."""


def completion(raw: object, limits: RateLimits, request_id: str | None) -> Completion:
    """Read a `chat.completion` object."""
    entries = raw.get("choices") if isinstance(raw, dict) else None
    if not isinstance(raw, dict) or not isinstance(entries, list) or not entries:
        raise Malformed("no choices")
    return Completion(
        id=_label(raw.get("id")),
        model=_label(raw.get("model")),
        choices=tuple(_choice(entry, place) for place, entry in enumerate(entries)),
        usage=Usage.of(raw.get("usage")),
        headers=limits,
        request_id=request_id,
        raw=raw,
    )


def deltas(chunk: object) -> list[Delta]:
    """Read a `chat.completion.chunk` object: one delta for each choice, or one with the usage alone."""
    if not isinstance(chunk, dict):
        raise Malformed("a chunk that is no object")
    entries = chunk.get("choices")
    usage = Usage.of(found) if (found := chunk.get("usage")) else None
    if not entries:
        return [Delta(usage=usage, raw=chunk)]
    if not isinstance(entries, list):
        raise Malformed("choices that are no list")
    found_deltas = [_delta(entry, chunk) for entry in entries]
    found_deltas[-1].usage = usage
    return found_deltas


def whole(answer: Completion) -> list[Delta]:
    """Give a completion as the deltas that would have made it, for a server that does not stream."""
    pieces = [
        Delta(
            text=choice.text,
            tool_calls=tuple(
                ToolCallDelta(place, call.id, call.name, call.arguments) for place, call in enumerate(choice.tool_calls)
            ),
            finish_reason=choice.finish_reason,
            index=choice.index,
            function_call=_function_delta(choice.function_call),
            reasoning=choice.reasoning,
            refusal=choice.refusal or "",
            raw=dict(answer.raw),
        )
        for choice in answer.choices
    ]
    pieces[-1].usage = answer.usage
    return pieces


def _delta(entry: object, chunk: JsonObject) -> Delta:
    if not isinstance(entry, dict):
        raise Malformed("a choice that is no object")
    found = entry.get("delta") or entry.get("message") or {}
    if not isinstance(found, dict):
        raise Malformed("a delta that is no object")
    text, reason, index = found.get("content"), entry.get("finish_reason") or None, entry.get("index") or 0
    if type(index) is not int or (reason is not None and type(reason) is not str):
        raise Malformed("a choice whose index or finish_reason has another type")
    delta = Delta(
        text if type(text) is str else _content(text),
        (),
        reason,
        None,
        index,
        None,
        "",
        "",
        chunk,
    )
    if text is None or len(found) > 1:  # something beside the text: a role, tool calls, reasoning ...
        _add_rarer(delta, found)
    return delta


def _add_rarer(delta: Delta, found: JsonObject) -> None:
    if calls := found.get("tool_calls"):
        if not isinstance(calls, list):
            raise Malformed("tool_calls that are no list")
        delta.tool_calls = tuple(_tool_delta(call) for call in calls)
    if call := found.get("function_call"):
        delta.function_call = _function(call, None, "")
    delta.reasoning = _reasoning(found)
    delta.refusal = _string(found.get("refusal"), "refusal")


def _tool_delta(call: object) -> ToolCallDelta:
    if not isinstance(call, dict):
        raise Malformed("a tool call that is no object")
    index = call.get("index")
    return _function(call.get("function") or {}, index if type(index) is int else None, _label(call.get("id")))


def _function(found: object, index: int | None, call_id: str) -> ToolCallDelta:
    if not isinstance(found, dict):
        raise Malformed("a function call that is no object")
    return ToolCallDelta(index, call_id, _string(found.get("name"), "name"), _arguments(found.get("arguments")))


def _function_delta(call: FunctionCall | None) -> ToolCallDelta | None:
    return ToolCallDelta(None, "", call.name, call.arguments) if call else None


def _choice(entry: object, place: int) -> Choice:
    if not isinstance(entry, dict):
        raise Malformed("a choice that is no object")
    message = entry.get("message")
    if not isinstance(message, dict):
        raise Malformed("a choice without a message")
    function = _function(message["function_call"], None, "") if message.get("function_call") else None
    index = entry.get("index")
    return Choice(
        index=index if type(index) is int else place,
        text=_content(message.get("content")),
        tool_calls=tuple(_tool_calls(message.get("tool_calls"))),
        function_call=FunctionCall(function.name, function.arguments) if function else None,
        finish_reason=_string(entry.get("finish_reason"), "finish_reason") or None,
        refusal=_string(message.get("refusal"), "refusal") or None,
        reasoning=_reasoning(message),
    )


def _tool_calls(found: object) -> Iterator[ToolCall]:
    if not found:
        return
    if not isinstance(found, list):
        raise Malformed("tool_calls that are no list")
    for entry in found:
        call = _tool_delta(entry)
        yield ToolCall(call.id, call.name, call.arguments)


def _content(value: Any) -> str:
    """Text, or nothing, or a list of parts of which the texts count (Mistral's reasoning models answer so)."""
    if value is None or isinstance(value, str):
        return value or ""
    if not isinstance(value, list):
        raise Malformed("content that is no text")
    return "".join(part["text"] for part in value if isinstance(part, dict) and isinstance(part.get("text"), str))


def _reasoning(found: JsonObject) -> str:
    """DeepSeek and vLLM say `reasoning_content`, OpenRouter and Ollama `reasoning`."""
    value = found.get("reasoning_content") or found.get("reasoning")
    return value if isinstance(value, str) else ""


def _arguments(value: object) -> str:
    if isinstance(value, dict):  # some servers parse what should stay text
        return codec.encode(value).decode()
    return _string(value, "arguments")


def _label(value: object) -> str:
    """A field that only names something: no reason to refuse an answer."""
    return str(value) if isinstance(value, str | int) else ""


def _string(value: object, name: str) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Malformed(f"{name} is no text")
    return value
