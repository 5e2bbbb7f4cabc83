"""What a route gives back."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from botcore.testing.discord_server.requests import Request
from botcore.testing.discord_server.world import World


@dataclass(frozen=True, slots=True)
class Answer:
    """A status and a JSON body; 204 has none."""

    status: int
    body: Any = None


NOTHING = Answer(204)

Route: TypeAlias = Callable[[World, Request], Answer]


def ok(body: Any) -> Answer:
    """200 with a body."""
    return Answer(200, body)
