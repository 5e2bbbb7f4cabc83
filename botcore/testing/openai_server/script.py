"""Scripted answers: what the model says next, written by a test, instead of the built-in brain's answer."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import orjson

from botcore.testing.openai_server.request import ChatRequest, ToolCall

Finish = Literal["stop", "length", "content_filter"]
When = str | Callable[[ChatRequest], bool]


@dataclass(frozen=True, slots=True)
class Draft:
    """What a model wants to say, before stop sequences and token limits are applied.

    `pieces`, if given, are the text's chunks when it is streamed. `finish` overrules the finish reason.
    """

    text: str = ""
    calls: tuple[ToolCall, ...] = ()
    refusal: str | None = None
    finish: Finish | None = None
    pieces: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class _Line:
    draft: Draft
    when: When | None
    times: int | None  # None: for ever


class Script:
    """Answers waiting to be given, first come, first served.

    `when` limits an answer to requests whose last message contains that text (case does not matter), or for which a
    function of the request says yes. `times` is how often it is given; None means for ever.
    """

    def __init__(self) -> None:
        self._lines: list[_Line] = []

    def __len__(self) -> int:
        return len(self._lines)

    def reply(
        self,
        text: str | Sequence[str],
        *,
        when: When | None = None,
        times: int | None = 1,
        finish: Finish | None = None,
    ) -> None:
        """Answer `text`; a list of strings fixes the chunks of a stream."""
        pieces = None if isinstance(text, str) else tuple(text)
        whole = text if isinstance(text, str) else "".join(text)
        self._add(Draft(text=whole, pieces=pieces, finish=finish), when, times)

    def tool_call(
        self,
        name: str,
        arguments: Mapping[str, Any] | str | None = None,
        *,
        text: str = "",
        when: When | None = None,
        times: int | None = 1,
    ) -> None:
        """Call one tool. `arguments` as a string is sent as it is, so that it may be broken JSON."""
        self.tool_calls([(name, arguments)], text=text, when=when, times=times)

    def tool_calls(
        self,
        calls: Sequence[tuple[str, Mapping[str, Any] | str | None]],
        *,
        text: str = "",
        when: When | None = None,
        times: int | None = 1,
    ) -> None:
        """Call several tools at once."""
        made = tuple(ToolCall(name, _as_json(arguments)) for name, arguments in calls)
        self._add(Draft(text=text, calls=made), when, times)

    def refusal(self, text: str, *, when: When | None = None, times: int | None = 1) -> None:
        """Refuse, in the message's `refusal` field."""
        self._add(Draft(refusal=text), when, times)

    def content_filter(self, partial: str = "", *, when: When | None = None, times: int | None = 1) -> None:
        """Finish with `content_filter`, after `partial`."""
        self._add(Draft(text=partial, finish="content_filter"), when, times)

    def clear(self) -> None:
        """Forget everything that was not said."""
        self._lines.clear()

    def take(self, request: ChatRequest) -> Draft | None:
        """The next answer for this request, if one is scripted."""
        for index, line in enumerate(self._lines):
            if _applies(line.when, request):
                if line.times is not None:
                    rest = [replace(line, times=line.times - 1)] if line.times > 1 else []
                    self._lines[index : index + 1] = rest
                return line.draft
        return None

    def _add(self, draft: Draft, when: When | None, times: int | None) -> None:
        self._lines.append(_Line(draft, when, times))


def _applies(when: When | None, request: ChatRequest) -> bool:
    if when is None:
        return True
    if isinstance(when, str):
        return when.casefold() in request.turns[-1].text.casefold()
    return when(request)


def _as_json(arguments: Mapping[str, Any] | str | None) -> str:
    return arguments if isinstance(arguments, str) else orjson.dumps(dict(arguments or {})).decode()
