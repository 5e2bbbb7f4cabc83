"""From keyword arguments to the command line that means the same: what a person is shown before they confirm."""
# ruff: noqa: RUF001 - the dashes that people type are meant

import re
from collections.abc import Mapping
from typing import Any, Final

from botcore.commands.signature import Param, Signature

_SAFE: Final = re.compile(r"-?[\w.:/+%@,][\w.:/+%@,-]*")
_OPTION_LIKE: Final = re.compile(r"[-—–]|[^\W\d_][\w-]*=")


def render(signature: Signature, arguments: Mapping[str, Any]) -> str:
    """The text that `parse` reads as these arguments; attachments and what is at its default are left out."""
    words: list[str] = []
    last: list[str] = []
    named = False  # a word was left out, so the later ones go by name
    for param in signature.params:
        value: Any = arguments.get(param.name)
        if param.place == "attachment" or _at_default(param, value):
            named = named or param.place == "word"
        elif param.place == "flag":
            words.append(f"--{param.shown}" if value else f"--no-{param.shown}")
        elif param.place == "words":
            last = [_quote(param.kind.write(item)) for item in value]
        elif param.place == "rest":
            last = [_rest(param, value)]
        elif param.many:
            words += [f"--{param.shown}={_quote(param.kind.write(item))}" for item in value]
        elif param.place == "word" and not named:
            words.append(_quote(param.kind.write(value)))
        else:
            words.append(f"--{param.shown}={_quote(param.kind.write(value))}")
    return " ".join([*words, *last])


def _at_default(param: Param, value: Any) -> bool:
    if param.required:
        return False
    return value is None or (param.many and not value) or (value == param.default and param.default is not None)


def _rest(param: Param, value: str) -> str:
    if value and value == value.strip():
        return f"-- {value}" if _OPTION_LIKE.match(value) else value
    return f"--{param.shown}={_quote(value)}"


def _quote(text: str) -> str:
    if _SAFE.fullmatch(text):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
