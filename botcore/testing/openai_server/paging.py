"""Cursor pages of a list: `limit`, and `after` with the id of the last item that the client has."""

from collections.abc import Mapping, Sequence
from typing import Protocol, TypeVar

from botcore.testing.openai_server import errors
from botcore.testing.openai_server.fields import Fields


class Identified(Protocol):
    """Anything with an id."""

    @property
    def id(self) -> str:
        """What `after` names it by."""
        ...


Item = TypeVar("Item", bound=Identified)


def page(items: Sequence[Item], query: Mapping[str, str], *, default: int, most: int) -> tuple[list[Item], bool]:
    """The wanted items, and whether there are more behind them.

    Raises:
        ApiRefusal: `limit` is no number from 1 to `most`, or `after` names nothing in the list.
    """
    limit = _limit(query, default, most)
    start = 0
    after = query.get("after")
    if after:
        places = [at for at, item in enumerate(items) if item.id == after]
        if not places:
            raise errors.invalid(f"Invalid value for 'after': there is no '{after}' in this list.", "after")
        start = places[0] + 1
    return list(items[start : start + limit]), start + limit < len(items)


def _limit(query: Mapping[str, str], default: int, most: int) -> int:
    given = query.get("limit")
    if not given:
        return default
    value = int(given) if given.lstrip("-").isdecimal() and len(given) < 10 else given
    return Fields({"limit": value}).integer("limit", 1, most) or default
