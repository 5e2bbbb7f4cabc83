"""Keeps keys and people's words out of what a server's error message quotes."""

import re
from collections.abc import Iterator

from botcore.openai.call import Body
from botcore.openai.secret import Secret

MAX_MESSAGE = 500
"""Characters of a server's message that are kept: enough for every documented one."""
_RUN = 16
"""Characters in a row which a message shares with the request before they count as a quotation of it."""
_CHECKED_CLOSELY = 64_000
"""Characters of a request up to which every place of the message is looked up in it: 500 look-ups of about 20 us."""
_CHECKED_AT_ALL = 2_000_000
"""Above _CHECKED_CLOSELY every 16th place is looked up, which misses no quotation of 31 characters or more."""
_WITHHELD = "(message withheld: the request is too long to see whether it is quoted)"
_KEY_LIKE = re.compile(r"\b(?:sk|pk|rk|sess|org|key)-[\w*.-]{6,}", re.ASCII)
_OURS = frozenset(
    {
        "model", "role", "type", "tool_choice", "response_format", "encoding_format", "purpose", "size", "quality",
        "style", "background", "moderation", "output_format", "input_fidelity", "voice", "language", "training_file",
        "validation_file", "timestamp_granularities[]", "include[]", "anchor",
    }
)  # fmt: skip
"""Fields that the operator sets, not a person: messages that name them are only useful with them."""


def scrub(message: str, key: Secret | None, payload: Body | None) -> str:
    """Make a server's message fit for a log: one line, at most 500 characters, no key, nothing from the request.

    Servers do quote: OpenAI's 401 most of the key, vLLM's validation errors the whole input.
    """
    text = " ".join("".join(c if c.isprintable() else " " for c in message[: 4 * MAX_MESSAGE]).split())
    if key:
        text = text.replace(key.reveal(), "[key]")
    text = _KEY_LIKE.sub("[key]", text)[:MAX_MESSAGE]
    return _without_quotations(text, payload) if payload and text else text


def _without_quotations(text: str, payload: Body) -> str:
    if payload.immense:
        return _WITHHELD
    leaves = [" ".join(leaf.split()) for leaf in _leaves(payload.decoded())]
    for leaf in sorted(leaves, key=len, reverse=True):
        if 4 <= len(leaf) <= _RUN:
            text = text.replace(leaf, "[...]")
    asked = "\n".join(leaf for leaf in leaves if len(leaf) > _RUN)
    if len(asked) > _CHECKED_AT_ALL:
        return _WITHHELD
    stride = 1 if len(asked) <= _CHECKED_CLOSELY else _RUN
    starts = len(text) - _RUN + 1
    quoted: set[int] = set()
    for start in range(0, starts, stride):
        if start not in quoted and text[start : start + _RUN] in asked:
            quoted.update(_spread(text, asked, start, starts))
    return _blank(text, {place + offset for place in quoted for offset in range(_RUN)})


def _spread(text: str, asked: str, start: int, starts: int) -> range:
    """Where windows quote, around a window that does."""
    first = last = start
    while first > 0 and text[first - 1 : first - 1 + _RUN] in asked:
        first -= 1
    while last + 1 < starts and text[last + 1 : last + 1 + _RUN] in asked:
        last += 1
    return range(first, last + 1)


def _blank(text: str, places: set[int]) -> str:
    kept = ["\0" if place in places else character for place, character in enumerate(text)]
    return re.sub("\0+", "[...]", "".join(kept))


def _leaves(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, inner in value.items():
            if name not in _OURS:
                yield from _leaves(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(inner)
