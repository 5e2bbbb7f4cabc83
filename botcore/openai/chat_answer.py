"""Folds the deltas of a stream into the answer that they add up to."""

from dataclasses import dataclass, field
from typing import Any

from botcore.openai import chat_parse
from botcore.openai.chat_result import Completion, Delta, ToolCallDelta, Usage
from botcore.openai.codec import JsonObject
from botcore.openai.limits import RateLimits


@dataclass(slots=True)
class _Call:
    """A tool call that grows."""

    id: str
    name: str = ""
    arguments: list[str] = field(default_factory=list[str])

    def grow(self, delta: ToolCallDelta) -> None:
        self.id = self.id or delta.id
        if delta.name and delta.name != self.name:  # some servers repeat the whole name in every piece
            self.name += delta.name
        if delta.arguments:
            self.arguments.append(delta.arguments)


@dataclass(slots=True)
class _Draft:
    """A choice that grows."""

    text: list[str] = field(default_factory=list[str])
    reasoning: list[str] = field(default_factory=list[str])
    refusal: list[str] = field(default_factory=list[str])
    calls: list[_Call] = field(default_factory=list[_Call])
    by_index: dict[int, _Call] = field(default_factory=dict[int, _Call])
    function: _Call | None = None
    finish_reason: str | None = None

    def grow_call(self, delta: ToolCallDelta) -> None:
        """Append to the call that the delta belongs to, or begin a new one.

        The index decides. Where it is missing, or the same for every call (both seen on compatible servers), a new id
        together with a name begins a new call.
        """
        known = self.by_index.get(delta.index) if delta.index is not None else (self.calls[-1] if self.calls else None)
        begins = known is None or (delta.id and delta.name and known.id and delta.id != known.id)
        if known is None or begins:
            known = _Call(delta.id)
            self.calls.append(known)
            if delta.index is not None:
                self.by_index[delta.index] = known
        known.grow(delta)

    def message(self) -> JsonObject:
        message: JsonObject = {"role": "assistant", "content": "".join(self.text) or None}
        if self.calls:
            message["tool_calls"] = [
                {
                    "id": call.id,
                    "type": "function",
                    "function": {"name": call.name, "arguments": "".join(call.arguments)},
                }
                for call in self.calls
            ]
        if self.function:
            message["function_call"] = {"name": self.function.name, "arguments": "".join(self.function.arguments)}
        if self.refusal:
            message["refusal"] = "".join(self.refusal)
        if self.reasoning:
            message["reasoning_content"] = "".join(self.reasoning)
        return message


class Answer:
    """What has come of a streamed answer so far. `completion()` may be asked for at any time, also after a break."""

    __slots__ = ("_drafts", "_first", "_head", "_usage", "limits", "request_id")

    def __init__(self, limits: RateLimits | None = None, request_id: str | None = None) -> None:
        self.limits = limits or RateLimits()
        self.request_id = request_id
        self._first = _Draft()
        self._drafts: dict[int, _Draft] = {0: self._first}
        self._head: JsonObject = {}
        self._usage: Usage | None = None

    def add(self, delta: Delta) -> None:
        """Take the next delta."""
        draft = self._drafts.get(delta.index) or self._drafts.setdefault(delta.index, _Draft())
        if delta.text:
            draft.text.append(delta.text)
        if delta.finish_reason:
            draft.finish_reason = delta.finish_reason
        if delta.tool_calls:
            for call in delta.tool_calls:
                draft.grow_call(call)
        if delta.reasoning:
            draft.reasoning.append(delta.reasoning)
        if delta.refusal:
            draft.refusal.append(delta.refusal)
        if delta.function_call:
            draft.function = draft.function or _Call("")
            draft.function.grow(delta.function_call)
        if delta.usage:
            self._usage = delta.usage
        self._head.update(delta.raw)

    @property
    def text(self) -> str:
        """The first choice's text so far."""
        return "".join(self._first.text)

    @property
    def finish_reason(self) -> str | None:
        """The first choice's finish reason, once it has come."""
        return self._first.finish_reason

    @property
    def usage(self) -> Usage | None:
        """The latest usage, once it has come."""
        return self._usage

    def completion(self) -> Completion:
        """Give the whole so far. Its `raw` has the fields beside the choices as they came last."""
        choices: list[dict[str, Any]] = [
            {"index": index, "message": draft.message(), "finish_reason": draft.finish_reason}
            for index, draft in sorted(self._drafts.items())
        ]
        raw = {**self._head, "object": "chat.completion", "choices": choices}
        return chat_parse.completion(raw, self.limits, self.request_id)
