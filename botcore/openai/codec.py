"""JSON to and from bytes: orjson where it can, a forgiving way for what real servers and people send."""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, TypeAlias

import orjson

JSON: TypeAlias = "bool | int | float | str | Sequence[JSON] | Mapping[str, JSON] | None"
JsonObject: TypeAlias = dict[str, Any]


def encode(value: object) -> bytes:
    """Write JSON. Lone surrogates, which UTF-8 cannot carry, become U+FFFD; halves that belong together are joined.

    Raises `ValueError` (without quoting the value) for what JSON cannot express.
    """
    try:
        return orjson.dumps(value)
    except TypeError:  # also for lone surrogates and for integers beyond 64 bits
        pass
    with suppress(TypeError, ValueError, RecursionError):
        return _well_formed(json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False))
    raise ValueError("the value cannot be written as JSON")


def decode(data: bytes) -> Any:
    """Read JSON. Broken UTF-8 and lone surrogate escapes become U+FFFD. Raises `ValueError` for what is not JSON.

    What is raised neither quotes the body nor holds it (the parsers' own errors do, hence no chaining).
    """
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        pass
    with suppress(ValueError, RecursionError):
        value = json.loads(data.decode("utf-8-sig", "replace"), strict=False)
        return orjson.loads(_well_formed(json.dumps(value, ensure_ascii=False)))
    raise ValueError("not JSON")


def _well_formed(text: str) -> bytes:
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").encode()
