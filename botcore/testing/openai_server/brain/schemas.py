"""Reading JSON Schemas as they come in requests: references, unions and nullability resolved, nonsense passed over."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Schema = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Kind:
    """A schema with its references, unions and nullability resolved."""

    type: str
    schema: Schema
    nullable: bool


def find_kind(schema: Schema, root: Schema) -> Kind:
    """What kind of value `schema` wants; `root` is where its references lead."""
    nullable = False
    for _ in range(16):  # references may go round in circles
        reference = schema.get("$ref")
        if isinstance(reference, str):
            schema = _resolved(root, reference)
            continue
        unions = _schemas(schema, "anyOf") or _schemas(schema, "oneOf")
        if unions:
            nullable = nullable or any(one.get("type") == "null" for one in unions)
            schema = {**next((one for one in unions if one.get("type") != "null"), {}), **_without_union(schema)}
            continue
        break
    given = schema.get("type", "object" if "properties" in schema else "string")
    types = [given] if isinstance(given, str) else listed(schema, "type")
    kind = next((one for one in types if one != "null"), "null")
    return Kind(kind, schema, nullable or "null" in types)


def properties_of(schema: Schema) -> Mapping[str, Schema]:
    """An object's properties."""
    given = schema.get("properties")
    return {name: inner for name, inner in given.items() if isinstance(inner, dict)} if isinstance(given, dict) else {}


def items_of(schema: Schema) -> Schema:
    """The schema of an array's items."""
    given = schema.get("items")
    return given if isinstance(given, dict) else {}


def listed(schema: Schema, key: str) -> list[Any]:
    """The list under `key`; empty where there is none."""
    given = schema.get(key)
    return given if isinstance(given, list) else []


def _schemas(schema: Schema, key: str) -> list[Schema]:
    return [one for one in listed(schema, key) if isinstance(one, dict)]


def _resolved(root: Schema, reference: str) -> Schema:
    found: Any = root
    for part in reference.removeprefix("#").strip("/").split("/"):
        found = found.get(part, {}) if isinstance(found, dict) else {}
    return found if isinstance(found, dict) else {}


def _without_union(schema: Schema) -> dict[str, Any]:
    return {key: value for key, value in schema.items() if key not in {"anyOf", "oneOf"}}
