"""What is wrong with a setting, in one line for the operator: where it stands, which key, what to do."""

import difflib
import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any
from urllib.parse import unquote

from pydantic import BaseModel, SecretStr
from pydantic_core import ErrorDetails

from botcore.config.tree import KeyPath, Tree, annotation_at

_SECRET = re.compile(r"(^|_)(token|secret|password|passwd|api_?key|key|credentials?)$", re.IGNORECASE)
_IN_ADDRESS = re.compile(
    r"://[^\s:/@?]*:(?P<user>[^\s?]+)@|(?<=[?&])(?:password|passwd|token|secret|api_?key|key)=(?P<query>[^\s&#]+)",
    re.IGNORECASE,
)
_MOST = 60  # characters of a wrong value that are shown; enough to recognise it


def is_secret(name: str) -> bool:
    """Whether a setting or variable of this name holds a secret."""
    return bool(_SECRET.search(name))


def passwords(*texts: str) -> frozenset[str]:
    """The passwords in those texts that are addresses with one, as they stand and decoded."""
    found = {match["user"] or match["query"] for text in texts for match in _IN_ADDRESS.finditer(text)}
    return frozenset(found | {unquote(password) for password in found})


def without_passwords(text: str) -> str:
    """A text with the passwords in its addresses replaced by asterisks."""
    for password in passwords(text):
        text = text.replace(password, "***")
    return text


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that was probably meant, or None."""
    close = difflib.get_close_matches(name.lower(), list(known), n=1, cutoff=0.6)
    return close[0] if close else None


def unknown(name: str, known: Collection[str], *, prefix: str = "") -> str:
    """The end of a line about an unknown name: the one that was probably meant, or all there are."""
    if (close := nearest(name, known)) is not None:
        return f"did you mean {prefix}{close}?"
    return f"known here: {', '.join(sorted(known))}" if known else "nothing can be set here"


def lines(
    errors: Iterable[ErrorDetails],
    tree: Tree,
    at: KeyPath,
    model: type[BaseModel],
    others: Mapping[str, Collection[str]],
) -> list[str]:
    """One line for each thing pydantic found wrong in the section at a path.

    `others` has the keys of every section, for a key that was put into the wrong one.
    """
    return [_line(error, tree, at, model, others) for error in errors]


def _line(
    error: ErrorDetails, tree: Tree, at: KeyPath, model: type[BaseModel], others: Mapping[str, Collection[str]]
) -> str:
    inner: KeyPath = tuple(str(part) for part in error["loc"] if not isinstance(part, int))
    path = (*at, *inner)
    key = dotted(path) + "".join(f"[{part}]" for part in error["loc"] if isinstance(part, int))
    where = tree.origin(path) or "defaults"
    if error["type"] == "extra_forbidden":
        return f"{where}: {key}: unknown setting; {_meant(path, inner, model, others)}"
    if error["type"] == "missing":
        return f"{where}: {key}: is missing; add it{_hint(path)}"
    return f"{where}: {key}{_shown(path, error)}: {_problem(error)}{_default(inner, model)}"


def dotted(path: KeyPath) -> str:
    """A path as people write it: keys with a point between, quoted where TOML wants quotes."""
    return ".".join(key if re.fullmatch(r"[\w-]+", key) else f'"{key}"' for key in path)


def _hint(path: KeyPath) -> str:
    return f' under [{dotted(path[:-1])}]: {path[-1]} = "..."'


def _meant(path: KeyPath, inner: KeyPath, model: type[BaseModel], others: Mapping[str, Collection[str]]) -> str:
    holder = annotation_at(model, inner[:-1]) if len(inner) > 1 else model
    siblings: Collection[str] = (
        holder.model_fields if isinstance(holder, type) and issubclass(holder, BaseModel) else ()
    )
    name, prefix = path[-1], dotted(path[:-1]) + "."
    if nearest(name, siblings) is None:
        if is_secret(name):
            return "secrets do not belong in this file: put them into the environment or .env, see config/example.env"
        for section, keys in others.items():
            if name in keys:
                return f"did you mean {section}.{name}?"
    return unknown(name, siblings, prefix=prefix)


def _shown(path: KeyPath, error: ErrorDetails) -> str:
    value = error["input"]
    if isinstance(value, dict | SecretStr) or any(is_secret(key) for key in path) or path[-1].endswith("url"):
        return ""
    text = repr(value)
    return f" = {text if len(text) <= _MOST else text[:_MOST] + '...'}"


def _problem(error: ErrorDetails) -> str:
    kind, context = error["type"], error.get("ctx", {})
    if kind == "value_error":
        return str(context["error"])
    if kind == "literal_error":
        return f"expected {context['expected']}"
    bounds = {"greater_than_equal": "at least", "greater_than": "more than", "less_than_equal": "at most"}
    if kind in bounds:
        (limit,) = context.values()
        return f"must be {bounds[kind]} {limit}"
    if kind == "string_too_short":
        return "must not be empty"
    expected = {
        "int": "a whole number",
        "float": "a number",
        "finite": "a number",
        "bool": "true or false",
        "string": "text in quotes",
        "tuple": "a list in brackets",
        "list": "a list in brackets",
        "set": "a list in brackets",
        "dict": "a table",
        "mapping": "a table",
        "model": "a table",
    }.get(kind.partition("_")[0])
    return f"expected {expected}" if expected else error["msg"][:1].lower() + error["msg"][1:]


def _default(inner: KeyPath, model: type[BaseModel]) -> str:
    holder: Any = annotation_at(model, inner[:-1]) if len(inner) > 1 else model
    if not inner or not (isinstance(holder, type) and issubclass(holder, BaseModel)):
        return ""
    known = holder.model_fields.get(inner[-1])
    if known is None or known.is_required() or isinstance(known.default, SecretStr):
        return ""
    if known.default is None:
        return " (or leave it out)"
    value = known.get_default(call_default_factory=True)
    if isinstance(value, BaseModel | Mapping | tuple | list):
        return ""
    shown = str(value).lower() if isinstance(value, bool) else repr(value)
    return f" (default: {shown})"
