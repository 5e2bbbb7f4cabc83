"""The parameters of one call, read as leniently or strictly as the real server reads them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from botcore.testing.telegram_server.refusals import bad_request

_NUMBER = re.compile(r"[+-]?\d+")
_TRUE = frozenset({"true", "yes", "1"})


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that came with a multipart call."""

    name: str
    content: bytes
    media_type: str


class Params:
    """Values by name; strings when they came by query or form, JSON values when they came as JSON."""

    __slots__ = ("uploads", "values")

    def __init__(self, values: Mapping[str, Any], uploads: Mapping[str, Upload] | None = None) -> None:
        self.values = values
        self.uploads = uploads or {}

    def text(self, name: str) -> str:
        """A string; empty when absent, numbers and booleans as they are written."""
        value = self.values.get(name)
        if value is None:
            return ""
        if isinstance(value, str):
            return value
        if isinstance(value, bool):
            return "true" if value else "false"
        return str(value) if isinstance(value, int | float) else orjson.dumps(value).decode()

    def integer(self, name: str, default: int = 0) -> int:
        """A whole number; trailing rubbish is ignored, and anything that starts with no number is 0, as really done."""
        value = self.values.get(name)
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        text = self.text(name)
        if not text:
            return default
        found = _NUMBER.match(text)
        return int(found[0]) if found else 0

    def number(self, name: str, default: int, lowest: int, highest: int) -> int:
        """A whole number, moved into its range."""
        return min(max(self.integer(name, default), lowest), highest)

    def flag(self, name: str) -> bool:
        """A boolean; false when absent."""
        return self.text(name).strip().lower() in _TRUE

    def json(self, name: str, what: str) -> Any:
        """A JSON value (often sent as a string); None when absent or empty.

        Raises:
            Refused: 400 where it cannot be read; `what` names it in the description.
        """
        value = self.values.get(name)
        if not isinstance(value, str | bytes):
            return value
        if not value:
            return None
        try:
            return orjson.loads(value)
        except orjson.JSONDecodeError:
            raise bad_request(f"can't parse {what} JSON object") from None

    def has(self, name: str) -> bool:
        """Whether the parameter was given, even empty."""
        return name in self.values
