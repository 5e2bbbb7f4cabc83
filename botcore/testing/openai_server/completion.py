"""From what the model wants to say to the API's answer: stop sequences, token limits, usage, JSON and stream chunks."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

import orjson

from botcore.testing.openai_server import tokens
from botcore.testing.openai_server.outcome import DONE, Answer, Events, event, json_answer
from botcore.testing.openai_server.request import ChatRequest, ToolCall
from botcore.testing.openai_server.script import Draft

# A stream's natural pieces: up to six characters of a word with the space before them, about what a token is.
_PIECE = re.compile(r"\s*\S{1,6}|\s+")
FINGERPRINT = "fp_offline"


@dataclass(frozen=True, slots=True)
class Choice:
    """One finished choice."""

    text: str
    calls: tuple[ToolCall, ...]
    refusal: str | None
    finish: str
    pieces: tuple[str, ...] | None

    @property
    def tokens(self) -> int:
        """What it costs."""
        spent = tokens.count(self.text) + tokens.count(self.refusal or "")
        return spent + sum(tokens.count(call.name) + tokens.count(call.arguments) for call in self.calls)


def settle(draft: Draft, request: ChatRequest) -> Choice:
    """Apply stop sequences, then the token limit."""
    text, pieces = draft.text, draft.pieces
    ends = [at for stop in request.stop if (at := text.find(stop)) >= 0]
    if ends:
        text, pieces = text[: min(ends)], None
    limit = request.room
    calls = draft.calls
    finish = draft.finish or _usual_finish(request, calls)
    shorter = tokens.cut(text, limit)
    kept = _within(calls, limit - tokens.count(shorter))
    if shorter != text or kept != calls:
        finish = "length"
        pieces = pieces if shorter == text else None
    return Choice(shorter, kept, draft.refusal, finish, pieces)


def _usual_finish(request: ChatRequest, calls: tuple[ToolCall, ...]) -> str:
    if not calls:
        return "stop"
    return "function_call" if request.functions else "tool_calls"


def _within(calls: tuple[ToolCall, ...], limit: int) -> tuple[ToolCall, ...]:
    """The calls that fit; the first that does not has its arguments cut, as a real model's would be."""
    kept: list[ToolCall] = []
    for call in calls:
        left = limit - tokens.count(call.name)
        if left <= 0:
            break
        arguments = tokens.cut(call.arguments, left)
        kept.append(ToolCall(call.name, arguments, call.id))
        limit = left - tokens.count(arguments)
        if arguments != call.arguments:
            break
    return tuple(kept)


def usage(request: ChatRequest, choices: list[Choice]) -> dict[str, Any]:
    """The usage object: the same for a plain and a streamed answer."""
    spent = sum(choice.tokens for choice in choices)
    return {
        "prompt_tokens": request.prompt_tokens,
        "completion_tokens": spent,
        "total_tokens": request.prompt_tokens + spent,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": 0,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }


def plain(request: ChatRequest, choices: list[Choice], answer_id: str, created: int) -> Answer:
    """The whole answer as one JSON object."""
    return json_answer(
        {
            "id": answer_id,
            "object": "chat.completion",
            "created": created,
            "model": request.model.id,
            "choices": [
                {
                    "index": index,
                    "message": _message(choice, functions=request.functions),
                    "logprobs": None,
                    "finish_reason": choice.finish,
                }
                for index, choice in enumerate(choices)
            ],
            "usage": usage(request, choices),
            "service_tier": "default",
            "system_fingerprint": FINGERPRINT,
        }
    )


def _message(choice: Choice, *, functions: bool) -> dict[str, Any]:
    said = choice.text if choice.text or not (choice.calls or choice.refusal) else None
    message: dict[str, Any] = {"role": "assistant", "content": said, "refusal": choice.refusal, "annotations": []}
    if choice.calls and functions:
        call = choice.calls[0]
        message["function_call"] = {"name": call.name, "arguments": call.arguments}
    elif choice.calls:
        message["tool_calls"] = [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
            for call in choice.calls
        ]
    return message


def streamed(
    request: ChatRequest, choices: list[Choice], answer_id: str, created: int, count: int | None = None
) -> Events:
    """The answer as a stream; with `count`, in exactly that many text chunks."""
    head = {
        "id": answer_id,
        "object": "chat.completion.chunk",
        "created": created,
        "model": request.model.id,
        "service_tier": "default",
        "system_fingerprint": FINGERPRINT,
    }
    start = b"data: " + orjson.dumps(head)[:-1] + b',"choices":[{"index":'
    end = b',"usage":null}\n\n' if request.include_usage else b"}\n\n"

    def chunk(index: int, delta: bytes, finish: bytes = b"null") -> bytes:
        # put together from parts: encoding the whole object anew for every chunk costs several times as much
        return b'%b%d,"delta":%b,"logprobs":null,"finish_reason":%b}]%b' % (start, index, delta, finish, end)

    deltas = [list(_deltas(choice, count, functions=request.functions)) for choice in choices]
    lead = [chunk(index, _role(choice)) for index, choice in enumerate(choices)]
    if len(choices) == 1:
        chunks = [chunk(0, delta) for delta in deltas[0]]
    else:
        rounds = zip_longest(*deltas)
        chunks = [chunk(at, delta) for one in rounds for at, delta in enumerate(one) if delta is not None]
    tail = [chunk(index, b"{}", b'"%b"' % choice.finish.encode()) for index, choice in enumerate(choices)]
    if request.include_usage:
        tail.append(event({**head, "choices": [], "usage": usage(request, choices)}))
    tail.append(DONE)
    return Events(b"".join(lead), tuple(chunks), b"".join(tail))


def _role(choice: Choice) -> bytes:
    content = b"null" if (choice.calls or choice.refusal) and not choice.text else b'""'
    return b'{"role":"assistant","content":%b,"refusal":null}' % content


def _deltas(choice: Choice, count: int | None, *, functions: bool) -> Iterator[bytes]:
    dumps = orjson.dumps
    for piece in choice.pieces or split(choice.text, count):
        yield b'{"content":%b}' % dumps(piece)
    for piece in split(choice.refusal or "", None):
        yield b'{"refusal":%b}' % dumps(piece)
    for index, call in enumerate(choice.calls):
        if functions:
            yield dumps({"function_call": {"name": call.name, "arguments": ""}})
        else:
            opening = {"name": call.name, "arguments": ""}
            yield dumps({"tool_calls": [{"index": index, "id": call.id, "type": "function", "function": opening}]})
        for piece in split(call.arguments, None):
            if functions:
                yield dumps({"function_call": {"arguments": piece}})
            else:
                yield dumps({"tool_calls": [{"index": index, "function": {"arguments": piece}}]})


def split(text: str, count: int | None) -> list[str]:
    """Cut a text into a stream's pieces, `count` if it has as many characters; joined again they are the text."""
    size = len(text)
    if count is None or not size:
        return _PIECE.findall(text)
    count = min(count, size)
    return [text[at * size // count : (at + 1) * size // count] for at in range(count)]
