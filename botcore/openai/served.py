"""Which path did a job, told with its result."""

from dataclasses import dataclass
from typing import Generic, Literal, TypeAlias, TypeVar

Result = TypeVar("Result")
ServedBy: TypeAlias = Literal["endpoint", "chat", "chat and images"]
"""The endpoint that was meant, chat completions in its place, or a description by chat that was drawn anew."""


@dataclass(frozen=True, slots=True)
class Served(Generic[Result]):
    """A result, and the path that served it.

    `note` tells a person why it was not the endpoint ("" if it was); it holds nothing of the content. `ignored` names
    the parameters that were set and have no meaning on that path.
    """

    result: Result
    served_by: ServedBy = "endpoint"
    note: str = ""
    ignored: tuple[str, ...] = ()
