"""Reads single fields of answers, leniently: compatible servers leave out and add what they like."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, ClassVar, Protocol

from botcore.openai.codec import JSON, JsonObject


def text(raw: Mapping[str, Any], name: str) -> str:
    """Give a text, or a number as text; "" for anything else, or nothing."""
    value = raw.get(name)
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""


def count(raw: Mapping[str, Any], name: str) -> int | None:
    """Give a whole number, also from a fraction such as a time stamp of 1.5."""
    value = number(raw, name)
    return None if value is None else int(value)


def number(raw: Mapping[str, Any], name: str) -> float | None:
    """Give a finite number."""
    value = raw.get(name)
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300
    return value if is_number else None


def table(raw: Mapping[str, Any], name: str) -> JsonObject:
    """Give an object; an empty one where there is none."""
    value = raw.get(name)
    return value if isinstance(value, dict) else {}


def objects(value: object) -> list[JsonObject] | None:
    """Give a list of objects, or None if it is anything else. A missing list is an empty one."""
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        return None
    return value


class Request(Protocol):
    """A frozen dataclass whose fields are the API's parameters."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def extra(self) -> Mapping[str, JSON]:
        """Further parameters."""
        ...


def body_of(request: Request, *leave_out: str) -> JsonObject:
    """Give what is set of a request, by the names that the API has for it; `extra` wins over the fields."""
    names = (member.name for member in fields(request))
    kept = (name for name in names if name != "extra" and name not in leave_out)
    return {name: value for name in kept if (value := getattr(request, name)) is not None} | dict(request.extra)
