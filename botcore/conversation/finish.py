"""How an answer ended, in words: every finish reason has its own visible outcome."""

STOPPED = "*(stopped)*"
EMPTY = "*(The model gave an empty answer. /retry asks again.)*"
CUT = "*(The answer was cut off: the connection broke. /retry asks again.)*"
TOO_MANY_STEPS = "*(I stopped here: too many tool calls for one answer.)*"

_REMARKS = {
    "length": "*(The answer reached its longest length. Say “go on” for more.)*",
    "content_filter": "*(The service's content filter ended this answer.)*",
}
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


def with_remark(text: str, remark: str) -> str:
    """The text with the remark below it, outside any code fence that was left open."""
    if not remark:
        return text
    if sum(line.lstrip().startswith("```") for line in text.splitlines()) % 2:
        text += "\n```"
    return f"{text.rstrip()}\n\n{remark}".lstrip()
