"""Checking request bodies field by field, collecting everything that is wrong, as the real API does."""

from collections.abc import Callable, Collection, Sequence
from typing import Any, TypeAlias

from botcore.testing.discord_server.refusals import Json, add_error, invalid_form

Path: TypeAlias = tuple[str | int, ...]
_MAX_SNOWFLAKE = 1 << 64
_MAX_URL = 2048


class Form:
    """Reads a body and notes each complaint under the path of its field."""

    __slots__ = ("body", "errors")

    def __init__(self, body: Any) -> None:
        self.errors: Json = {}
        self.body: Json = body if isinstance(body, dict) else {}
        if not isinstance(body, dict):
            self.wrong((), "MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType")
            self.check()

    def wrong(self, path: Path, code: str, message: str) -> None:
        """Note a complaint."""
        add_error(self.errors, path, code, message)

    def check(self) -> None:
        """Refuse the body where anything is wrong with it.

        Raises:
            Refused: 400 with code 50035.
        """
        if self.errors:
            raise invalid_form(self.errors)

    def required(self, path: Path) -> None:
        """Complain that a field is missing."""
        self.wrong(path, "BASE_TYPE_REQUIRED", "This field is required")

    def text(self, holder: Json, path: Path, longest: int, *, shortest: int = 0, needed: bool = False) -> str | None:
        """A string field, the last part of `path`; lengths count code points. None where absent or wrong."""
        value = holder.get(str(path[-1]))
        if value is None:
            if needed:
                self.required(path)
            return None
        if not isinstance(value, str):
            self.wrong(path, "STRING_TYPE_CONVERT", f'Could not interpret "{value}" as string.')
            return None
        if shortest <= len(value) <= longest:
            return value
        if shortest:
            words = f"Must be between {shortest} and {longest} in length."
            self.wrong(path, "BASE_TYPE_BAD_LENGTH", words)
        else:
            self.wrong(path, "BASE_TYPE_MAX_LENGTH", f"Must be {longest} or fewer in length.")
        return None

    def integer(
        self, holder: Json, path: Path, *, lowest: int = 0, highest: int = 1 << 53, needed: bool = False
    ) -> int | None:
        """A whole number; strings that hold one are taken, as really done."""
        value = holder.get(str(path[-1]))
        if value is None:
            if needed:
                self.required(path)
            return None
        if isinstance(value, bool) or not isinstance(value, int | str):
            number = None
        else:
            number = value if isinstance(value, int) else int(value) if value.lstrip("-").isdecimal() else None
        if number is None:
            self.wrong(path, "NUMBER_TYPE_COERCE", f'Value "{value}" is not int.')
            return None
        if number < lowest:
            self.wrong(path, "NUMBER_TYPE_MIN", f"int value should be greater than or equal to {lowest}.")
        elif number > highest:
            self.wrong(path, "NUMBER_TYPE_MAX", f"int value should be less than or equal to {highest}.")
        else:
            return number
        return None

    def choice(self, holder: Json, path: Path, allowed: Collection[int], *, needed: bool = False) -> int | None:
        """A number out of a few."""
        value = self.integer(holder, path, lowest=-(1 << 53), needed=needed)
        if value is None or value in allowed:
            return value
        shown = ", ".join(str(one) for one in sorted(allowed))
        self.wrong(path, "BASE_TYPE_CHOICES", f"Value must be one of {{{shown}}}.")
        return None

    def flag(self, holder: Json, path: Path) -> bool:
        """A boolean; False where absent."""
        value = holder.get(str(path[-1]))
        if isinstance(value, bool) or value is None:
            return bool(value)
        self.wrong(path, "BOOLEAN_TYPE_CONVERT", "Must be either true or false.")
        return False

    def snowflake(self, value: Any, path: Path) -> int | None:
        """An id, as a string or a number."""
        number = as_snowflake(value)
        if number is None:
            self.wrong(path, "NUMBER_TYPE_COERCE", f'Value "{value}" is not snowflake.')
        return number

    def objects(self, holder: Json, path: Path, longest: int, *, shortest: int = 0) -> list[Json]:
        """A list of objects; other things in it are complained about and left out."""
        value = holder.get(str(path[-1]))
        if value is None:
            value = []
        if not isinstance(value, list):
            self.wrong(path, "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType")
            return []
        if len(value) > longest and not shortest:
            self.wrong(path, "BASE_TYPE_MAX_LENGTH", f"Must be {longest} or fewer in length.")
        elif not shortest <= len(value) <= longest:
            self.wrong(path, "BASE_TYPE_BAD_LENGTH", f"Must be between {shortest} and {longest} in length.")
        found: list[Json] = []
        for index, one in enumerate(value):
            if isinstance(one, dict):
                found.append(one)
            else:
                self.wrong((*path, index), "MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType")
        return found

    def object(self, holder: Json, path: Path) -> Json | None:
        """An object field; None where absent or something else."""
        value: Any = holder.get(str(path[-1]))
        if value is None or isinstance(value, dict):
            return value
        self.wrong(path, "MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType")
        return None

    def values(self, holder: Json, path: Path) -> list[Any]:
        """A list of numbers and texts; empty where absent, other things in it are complained about and left out."""
        value: Any = holder.get(str(path[-1]))
        if value is None:
            return []
        if not isinstance(value, list):
            self.wrong(path, "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType")
            return []
        found = [one for one in value if one is None or isinstance(one, str | int | float)]
        if len(found) < len(value):
            self.wrong(path, "BASE_TYPE_CHOICES", "Value must be a text or a number.")
        return found

    def url(self, holder: Json, path: Path, longest: int = _MAX_URL, *, attachments: bool = False) -> str | None:
        """A web address, or with `attachments` an `attachment://` one."""
        value = self.text(holder, path, longest)
        if not value:
            return None
        schemes = ("http", "https", "attachment") if attachments else ("http", "https", "discord")
        scheme, found, rest = value.partition("://")
        if not found or not rest or " " in value:
            self.wrong(path, "URL_TYPE_INVALID_URL", "Not a well formed URL.")
        elif scheme not in schemes:
            words = f'Scheme "{scheme}" is not supported. Scheme must be one of {schemes}.'
            self.wrong(path, "URL_TYPE_INVALID_SCHEME", words)
        else:
            return value
        return None


def as_snowflake(value: Any) -> int | None:
    """The id that a string or number spells, or None."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value if 0 <= value < _MAX_SNOWFLAKE else None
    if isinstance(value, str) and value.isascii() and value.isdecimal() and int(value) < _MAX_SNOWFLAKE:
        return int(value)
    return None


def each(items: Sequence[Json], check: Callable[[Json, Path], Json], path: Path) -> list[Json]:
    """Check every object of a list; returns them as answers carry them."""
    return [check(one, (*path, index)) for index, one in enumerate(items)]
