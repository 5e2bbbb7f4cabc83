"""Dataclasses to JSON and back: what the inbox, the outbox and the turn steps store.

Types are matched exactly (each class carries its `kind`), bytes travel as base64, times as ISO 8601.
"""

import json
from typing import TYPE_CHECKING, Any, TypeVar, cast

from botcore.messages import clean

if TYPE_CHECKING:
    from pydantic import TypeAdapter

Value = TypeVar("Value")

_adapters: dict[type, "TypeAdapter[Any]"] = {}  # a cache: building a validator costs milliseconds


def _adapter(kind: type) -> "TypeAdapter[Any]":
    if (adapter := _adapters.get(kind)) is None:
        from pydantic import TypeAdapter  # noqa: PLC0415 - at first use, not at import

        adapter = _adapters[kind] = TypeAdapter(kind)
    return adapter


def encode(value: object) -> str:
    """The JSON text of a dataclass instance. A lone surrogate, which no JSON carries, becomes U+FFFD."""
    from pydantic_core import PydanticSerializationError  # noqa: PLC0415 - at first use, not at import

    adapter = _adapter(type(value))
    try:
        return adapter.dump_json(value).decode()
    except PydanticSerializationError:  # a name, a caption or an option that no constructor has cleaned
        return clean(json.dumps(adapter.dump_python(value, mode="json"), ensure_ascii=False))


def decode(kind: type[Value], text: str | bytes) -> Value:
    """The value of `kind` that `encode` wrote. Raises ValueError where the text is not one."""
    return cast("Value", _adapter(kind).validate_json(text))
