"""Settings as they were given, merged from file and environment, each with where it came from.

A thin layer of our own: pydantic-settings merges as well, but does not tell which file or variable a wrong value came
from, takes no comma-separated lists, and passes over misspelt variables in silence.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import UnionType
from typing import Annotated, Any, TypeAlias, Union, get_args, get_origin

from pydantic import BaseModel

from botcore.messages import Json

KeyPath: TypeAlias = tuple[str, ...]
"""The way to a setting: ("chat", "model")."""


@dataclass(slots=True)
class Tree:
    """Nested tables, what each path came from, and which values are still text of an environment variable."""

    values: dict[str, Json] = field(default_factory=dict[str, Any])
    origins: dict[KeyPath, str] = field(default_factory=dict[KeyPath, str])
    texts: set[KeyPath] = field(default_factory=set[KeyPath])

    def add(self, table: Mapping[str, Json], origin: str, at: KeyPath = ()) -> None:
        """Merge a table; what it says replaces what was there, table by table."""
        for key, value in table.items():
            path = (*at, key)
            self.origins[path] = origin
            if isinstance(value, dict):
                self._table(path)
                self.add(value, origin, path)
            else:
                self._table(at)[key] = value

    def put(self, path: KeyPath, text: str, origin: str) -> None:
        """Set one value from a variable's text; it gets its type when its section is read."""
        self._table(path[:-1])[path[-1]] = text
        self.texts.add(path)
        for length in range(1, len(path)):
            self.origins.setdefault(path[:length], origin)
        self.origins[path] = origin

    def _table(self, path: KeyPath) -> dict[str, Json]:
        table = self.values
        for key in path:
            inner = table.get(key)
            if not isinstance(inner, dict):
                inner = table[key] = {}
            table = inner
        return table

    def get(self, path: KeyPath) -> Json:
        """The value at a path, or None."""
        value: Json = self.values
        for key in path:
            if not isinstance(value, dict) or key not in value:
                return None
            value = value[key]
        return value

    def origin(self, path: KeyPath) -> str:
        """Where a value, or the nearest table around it, came from; '' for a default."""
        for length in range(len(path), 0, -1):
            if (origin := self.origins.get(path[:length])) is not None:
                return origin
        return ""

    def table(self, path: KeyPath, model: type[BaseModel] | None = None) -> dict[str, Json]:
        """A copy of a table with the texts of variables turned into lists and tables where those are meant.

        Raises ValueError (from `typed`, with the path as its second argument) where a text is not what it should be.
        """
        found = self.get(path)
        table: dict[str, Json] = _copy(found) if isinstance(found, dict) else {}
        for text_path in sorted(self.texts):
            inner = text_path[len(path) :]
            if text_path[: len(path)] != path or not inner:
                continue
            text = self.get(text_path)
            if not isinstance(text, str):
                continue
            place = table
            for key in inner[:-1]:
                place = place[key]
            wanted = annotation_at(model, inner) if model is not None else None
            try:
                place[inner[-1]] = typed(text, wanted)
            except ValueError as wrong:
                raise ValueError(str(wrong), text_path) from wrong
        return table


def _copy(table: Mapping[str, Json]) -> dict[str, Json]:
    return {key: _copy(value) if isinstance(value, dict) else value for key, value in table.items()}


def typed(text: str, annotation: Any) -> Json:
    """A variable's text as the kind of value the annotation wants: a list, a table, or text as it is.

    Without an annotation, text that looks like JSON is taken as JSON. Raises ValueError for malformed JSON.
    """
    kind = _kind(annotation)
    looks_json = text.lstrip()[:1] in {"[", "{"}
    if kind == "scalar" or (kind == "unknown" and not looks_json):
        return text
    if looks_json:
        try:
            return json.loads(text)
        except ValueError as wrong:
            if kind == "unknown":
                return text
            raise ValueError(f"not valid JSON ({wrong})") from wrong
    if kind == "table":
        raise ValueError('expected a JSON table such as {"key": "value"}')
    return [item.strip() for item in text.split(",") if item.strip()]


def _kind(annotation: Any) -> str:
    if annotation is None:
        return "unknown"
    origin = get_origin(annotation)
    if origin is Annotated:
        return _kind(get_args(annotation)[0])
    if origin in {Union, UnionType}:
        kinds = {_kind(part) for part in get_args(annotation) if part is not type(None)}
        return kinds.pop() if len(kinds) == 1 else "scalar"
    base = origin or annotation
    if not isinstance(base, type) or issubclass(base, str | bytes):
        return "scalar"
    if issubclass(base, BaseModel | Mapping):
        return "table"
    return "list" if issubclass(base, list | tuple | set | frozenset) else "scalar"


def annotation_at(model: type[BaseModel], path: KeyPath) -> Any:
    """The type of a setting below a model, or None where there is none."""
    annotation: Any = model
    for key in path:
        annotation = _inner(annotation, key)
        if annotation is None:
            return None
    return annotation


def _inner(annotation: Any, key: str) -> Any:
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _inner(parts[0], key)
    if origin in {Union, UnionType}:
        return next((found for part in parts if (found := _inner(part, key)) is not None), None)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        known = annotation.model_fields.get(key)
        return known.annotation if known is not None else None
    if isinstance(origin, type) and issubclass(origin, Mapping) and len(parts) == 2:
        return parts[1]
    return None


def leaves(table: Mapping[str, Json], at: KeyPath = ()) -> Iterator[tuple[KeyPath, Json]]:
    """Every value of nested tables with its path."""
    for key, value in table.items():
        if isinstance(value, dict) and value:
            yield from leaves(value, (*at, key))
        else:
            yield (*at, key), value
