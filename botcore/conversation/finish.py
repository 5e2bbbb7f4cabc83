"""How an answer ended, in words: every finish reason has its own visible outcome."""

import re

from botcore.errors import ApiError
from botcore.messages import Button

CONTINUE = Button("Continue", says="go on")
RETRY = Button("Retry", says="/retry")
STOP = Button("Stop", says="/stop")

_CUT_BEGINS = "*(The answer was cut off"
STOPPED = "*(stopped)*"
WITHHELD = "*(stopped; what there was of the answer had not been checked)*"
EMPTY = "*(The model gave an empty answer. /retry asks again.)*"
CUT = _CUT_BEGINS + ": the connection broke. /retry asks again.)*"
_CUT_BY = _CUT_BEGINS + ". {said})*"
TOO_MANY_STEPS = "*(I stopped here: too many tool calls for one answer.)*"


def cut_by(error: ApiError) -> str:
    """The remark below an answer that the API broke off with an error."""
    return _CUT_BY.format(said=error.said)


_REMARKS = {
    "length": "*(The answer reached its longest length. Say “go on” for more.)*",
    "content_filter": "*(The service's content filter ended this answer.)*",
}
_FENCE = re.compile(r" {0,3}(?:>\s?)*(?P<fence>`{3,}(?=[^`]*$)|~{3,})(?P<rest>.*)")
_FINE = {"stop", "tool_calls", "function_call", None}


def remark(reason: str | None, text: str, *, refusal: str | None = None) -> str:
    """What to add below `text`, '' where it ended as it should."""
    if refusal:
        return refusal
    if reason in _REMARKS:
        return _REMARKS[reason]
    if reason not in _FINE:
        return f"*(The answer ended with “{reason}”.)*"
    return "" if text.strip() else EMPTY


def buttons(remark: str) -> tuple[Button, ...]:
    """What a person may want after an answer that ended with `remark`."""
    if remark == _REMARKS["length"]:
        return (CONTINUE,)
    early = remark in {STOPPED, WITHHELD, EMPTY, TOO_MANY_STEPS} or remark.startswith(_CUT_BEGINS)
    return (RETRY,) if early else ()


def with_remark(text: str, remark: str) -> str:
    """The text with the remark below it, outside any code fence that was left open."""
    if not remark:
        return text
    if fence := open_fence(text):
        text += f"\n{fence}"
    return f"{text.rstrip()}\n\n{remark}".lstrip()


def open_fence(text: str) -> str:
    """The fence that a code block without an end was begun with, '' where there is none.

    A block ends with a fence of the same character, at least as long, alone on its line (CommonMark 4.5).
    """
    open_with = ""
    for line in text.split("\n"):
        found = _FENCE.match(line)
        if found is None:
            continue
        fence = found["fence"]
        if not open_with:
            open_with = fence
        elif fence.startswith(open_with) and not found["rest"].strip():
            open_with = ""
    return open_with
