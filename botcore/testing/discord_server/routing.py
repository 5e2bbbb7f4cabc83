"""From a method and a path to the route that means."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import unquote

from botcore.testing.discord_server.forms import as_snowflake
from botcore.testing.discord_server.refusals import not_found, one_error, wrong_method


@dataclass(slots=True)
class _Node:
    fixed: dict[str, "_Node"] = field(default_factory=dict[str, "_Node"])
    open: "_Node | None" = None
    routes: dict[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Match:
    """A route with what stands in its braces: ids, and everything else as text."""

    route: str
    ids: dict[str, int]
    names: dict[str, str]

    @property
    def major(self) -> str:
        """What rate limits tell apart: the channel, the guild, or the interaction's token."""
        ids = self.ids
        return str(ids.get("channel_id") or self.names.get("token") or ids.get("guild_id") or "")


class Router:
    """Finds routes by walking the segments of a path; a fixed segment goes before an open one."""

    def __init__(self, routes: Iterable[str]) -> None:
        self._root = _Node()
        for route in routes:
            method, _, path = route.partition(" ")
            node = self._root
            for part in path.split("/")[1:]:
                if part.startswith("{"):
                    node.open = node = node.open or _Node()
                else:
                    node = node.fixed.setdefault(part, _Node())
            node.routes[method] = route

    def match(self, method: str, path: str) -> Match:
        """The route, with its ids read.

        Raises:
            Refused: 404 where there is no such path, 405 where it has other methods, 400 for what is no id.
        """
        parts = path.split("/")[1:]
        found = _walk(self._root, parts, 0)
        if found is None:
            raise not_found()
        route = found[0].routes.get(method)
        if route is None:
            raise wrong_method()
        ids: dict[str, int] = {}
        names: dict[str, str] = {}
        wanted = [part[1:-1] for part in route.split("/") if part.startswith("{")]
        for name, value in zip(wanted, reversed(found[1]), strict=True):
            if not name.endswith("_id"):
                names[name] = unquote(value)
                continue
            number = as_snowflake(value)
            if number is None:
                raise one_error((name,), "NUMBER_TYPE_COERCE", f'Value "{value}" is not snowflake.')
            ids[name] = number
        return Match(route, ids, names)


def _walk(node: _Node, parts: list[str], at: int) -> tuple[_Node, list[str]] | None:
    """The node at the end of a path and the values of the open segments, the last one first."""
    if at == len(parts):
        return (node, []) if node.routes else None
    fixed = node.fixed.get(parts[at])
    if fixed is not None and (found := _walk(fixed, parts, at + 1)) is not None:
        return found
    if node.open is None:
        return None
    found = _walk(node.open, parts, at + 1)
    if found is not None:
        found[1].append(parts[at])
    return found
