"""Checks traffic against the machine-readable description of the Bot API.

The description is JSON in the layout of https://github.com/PaulSonOfLars/telegram-bot-api-spec: `methods` and `types`,
each with `fields` (name, types, required), `returns` and `subtypes`.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

_ARRAY = "Array of "
_FIXED = re.compile(r"(?:always|must be) [\"“*]?([a-z_]+)[\"”*]?\s*$")
_SCALARS: Mapping[str, tuple[type, ...]] = {
    "String": (str,),
    "Integer": (int,),
    "Float": (int, float),
    "Boolean": (bool,),
    "True": (bool,),
}
_FILE = "InputFile"


@dataclass(frozen=True, slots=True)
class Field:
    """A field of an object or a parameter of a method; `fixed` is the one value it can have, if so described."""

    name: str
    types: tuple[str, ...]
    required: bool
    fixed: str | None


@dataclass(frozen=True, slots=True)
class _Shape:
    fields: Mapping[str, Field]
    subtypes: tuple[str, ...]
    returns: tuple[str, ...]


class BotApi:
    """The description of all methods and objects. A check returns what is wrong as sentences; none means conform."""

    def __init__(self, description: Mapping[str, Any]) -> None:
        self.version = str(description.get("version", ""))
        self._types = {name: _shape(entry) for name, entry in description["types"].items()}
        self._methods = {name.lower(): _shape(entry) for name, entry in description["methods"].items()}

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a description.

        Raises:
            OSError: where there is none.
            ValueError: where it is not JSON.
        """
        return cls(json.loads(path.read_text(encoding="utf-8")))

    def check_call(self, method: str, params: Mapping[str, Any]) -> list[str]:
        """Required, unknown and mistyped parameters. Strings that hold JSON or numbers count as what they hold."""
        shape = self._methods.get(method.lower())
        if shape is None:
            return [f"{method}: no such method"]
        attached = {name for name, value in params.items() if isinstance(value, bytes) and name not in shape.fields}
        problems = [f"{method}: unknown parameter {n}" for n in params if n not in shape.fields and n not in attached]
        for field in shape.fields.values():
            if field.name in params:
                value = _decoded(params[field.name], field.types)
                problems += self._check(value, field.types, f"{method}.{field.name}")
            elif field.required:
                problems.append(f"{method}: required parameter {field.name} is missing")
        return problems

    def check_result(self, method: str, result: Any) -> list[str]:
        """Whether the `result` of an answer is what the method returns, with all objects inside it."""
        shape = self._methods.get(method.lower())
        if shape is None:
            return [f"{method}: no such method"]
        return self._check(result, shape.returns, f"{method}()")

    def check_object(self, type_name: str, value: Any) -> list[str]:
        """Whether a value is an object of that type, such as "Update" or "Message"."""
        return self._check(value, (type_name,), type_name)

    def _check(self, value: Any, types: Sequence[str], where: str) -> list[str]:
        """The problems with the alternative that fits best."""
        best: list[str] | None = None
        for name in types:
            problems = self._check_one(value, name, where)
            if not problems:
                return []
            if best is None or len(problems) < len(best):
                best = problems
        return best or []

    def _check_one(self, value: Any, name: str, where: str) -> list[str]:
        if name.startswith(_ARRAY):
            if not isinstance(value, list):
                return [f"{where}: expected {name}, found {_shown(value)}"]
            inner = name.removeprefix(_ARRAY)
            return [p for index, item in enumerate(value) for p in self._check_one(item, inner, f"{where}[{index}]")]
        if name in _SCALARS:
            fits = isinstance(value, _SCALARS[name]) and (name in {"Boolean", "True"} or not isinstance(value, bool))
            return [] if fits else [f"{where}: expected {name}, found {_shown(value)}"]
        if name == _FILE:
            return [] if isinstance(value, bytes | str) else [f"{where}: expected a file, found {_shown(value)}"]
        shape = self._types.get(name)
        if shape is None:
            return [f"{where}: the description has no type {name}"]
        if shape.subtypes:
            return self._check(value, shape.subtypes, where)
        return self._check_fields(value, name, shape, where)

    def _check_fields(self, value: Any, name: str, shape: _Shape, where: str) -> list[str]:
        if not isinstance(value, dict):
            return [f"{where}: expected {name}, found {_shown(value)}"]
        problems = [f"{where}: {name} has no field {key}" for key in value if key not in shape.fields]
        for field in shape.fields.values():
            if field.name in value:
                inner = value[field.name]
                problems += self._check(inner, field.types, f"{where}.{field.name}")
                if field.fixed is not None and inner != field.fixed:
                    problems.append(f"{where}.{field.name}: {name} has {field.fixed!r} here, found {_shown(inner)}")
            elif field.required:
                problems.append(f"{where}: required field {field.name} of {name} is missing")
        return problems


def _shape(entry: Mapping[str, Any]) -> _Shape:
    fields = [
        Field(field["name"], tuple(field["types"]), bool(field["required"]), _fixed(field))
        for field in entry.get("fields", ())
    ]
    return _Shape(
        {field.name: field for field in fields}, tuple(entry.get("subtypes", ())), tuple(entry.get("returns", ()))
    )


def _fixed(field: Mapping[str, Any]) -> str | None:
    found = _FIXED.search(field.get("description", "")) if field["types"] == ["String"] else None
    return found[1] if found and field["required"] else None


def _decoded(value: Any, types: Sequence[str]) -> Any:
    """What a parameter means: forms and queries carry numbers, booleans and objects as strings."""
    if not isinstance(value, str):
        return value
    if set(types) <= {"String", _FILE}:
        return value
    if "String" in types and not value.lstrip("-").isdigit():
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
