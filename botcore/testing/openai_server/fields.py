"""Reading fields out of a request's JSON object, with the API's own complaints about what is missing or wrong."""

from collections.abc import Mapping
from typing import Any

import orjson

from botcore.testing.openai_server import errors
from botcore.testing.openai_server.errors import ApiRefusal


def parse(body: bytes) -> dict[str, Any]:
    """The request body as a JSON object.

    Raises:
        ApiRefusal: it is not JSON, or not an object.
    """
    try:
        payload = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise errors.not_json() from None
    if not isinstance(payload, dict):
        raise errors.not_json()
    return payload


class Fields:
    """A JSON object and where it lies in the request (`path`), for messages such as `messages[2].role`."""

    __slots__ = ("path", "values")

    def __init__(self, values: Mapping[str, Any], path: str = "") -> None:
        self.values = values
        self.path = path

    def name(self, key: str) -> str:
        """The full name of a field, as the API writes it."""
        return f"{self.path}.{key}" if self.path else key

    def text(self, key: str) -> str | None:
        """An optional string."""
        value: str | None = self._typed(key, str, "a string")
        return value

    def required_text(self, key: str) -> str:
        """A string that must be there."""
        found = self.text(key)
        if found is None:
            raise errors.missing(self.name(key))
        return found

    def flag(self, key: str) -> bool | None:
        """An optional boolean."""
        value: bool | None = self._typed(key, bool, "a boolean")
        return value

    def array(self, key: str) -> list[Any] | None:
        """An optional array."""
        value: list[Any] | None = self._typed(key, list, "an array")
        return value

    def object(self, key: str) -> "Fields | None":
        """An optional object."""
        found: dict[str, Any] | None = self._typed(key, dict, "an object")
        return None if found is None else Fields(found, self.name(key))

    def integer(self, key: str, low: int | None = None, high: int | None = None) -> int | None:
        """An optional whole number between `low` and `high`."""
        value = self.values.get(key)
        if value is None:
            return None
        if type(value) is not int:
            raise errors.wrong_type(self.name(key), "an integer", value)
        self._within(key, value, low, high, "integer")
        return value

    def number(self, key: str, low: float, high: float) -> float | None:
        """An optional number between `low` and `high`."""
        value = self.values.get(key)
        if value is None:
            return None
        if type(value) not in {int, float}:
            raise errors.wrong_type(self.name(key), "a decimal", value)
        self._within(key, value, low, high, "decimal")
        return float(value)

    def _typed(self, key: str, kind: type, expected: str) -> Any:
        value = self.values.get(key)
        if value is not None and not isinstance(value, kind):
            raise errors.wrong_type(self.name(key), expected, value)
        return value

    def _within(self, key: str, value: float, low: float | None, high: float | None, kind: str) -> None:
        if low is not None and value < low:
            raise self._out_of_range(key, kind, "below minimum", f"a value >= {low}", value)
        if high is not None and value > high:
            raise self._out_of_range(key, kind, "above maximum", f"a value <= {high}", value)

    def _out_of_range(self, key: str, kind: str, side: str, wanted: str, value: float) -> ApiRefusal:
        name = self.name(key)
        code = f"{kind}_{side.replace(' ', '_')}_value"
        return errors.invalid(
            f"Invalid '{name}': {kind} {side} value. Expected {wanted}, but got {value} instead.", name, code
        )


def as_fields(value: Any, path: str) -> Fields:
    """`value` as an object at `path`."""
    if not isinstance(value, dict):
        raise errors.wrong_type(path, "an object", value)
    return Fields(value, path)


def refuse_unknown(values: Mapping[str, Any], known: frozenset[str]) -> None:
    """Refuse parameters that the endpoint does not have.

    Raises:
        ApiRefusal: names the first one.
    """
    if values.keys() <= known:
        return
    name = next(key for key in values if key not in known)
    raise errors.invalid(f"Unknown parameter: '{name}'.", name, "unknown_parameter")
