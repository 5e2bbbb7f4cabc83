"""A string that must not be seen: keys and tokens travel in this wrapper."""

from typing import NoReturn, final


@final
class Secret:
    """Holds a secret; `repr`, `str` and formatting show asterisks, pickling is refused.

    White space around the value is dropped: a key read from a file often ends in a newline, which no header may hold.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value.strip()

    def reveal(self) -> str:
        """Give the value, for the one place that sends it."""
        return self._value

    def __repr__(self) -> str:
        return "Secret('**********')"

    def __str__(self) -> str:
        return "**********"

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash((Secret, self._value))

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret is not pickled: it would be readable")
