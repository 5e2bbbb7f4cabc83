"""Faults by route ("POST /channels/{channel_id}/messages") or a part of one ("/messages"). `where` is a channel's id.

What happens to the gateway is asked of `discord.gateway`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botcore.testing.server import faults


@dataclass(frozen=True, slots=True)
class Refuse:
    """An error answer of the API instead of the effect. `retry_after` in seconds, for 429.

    `more` is what else its body holds: the errors of single fields, whether a 429 is about all requests.
    """

    status: int = 500
    code: int = 0
    message: str = "500: Internal Server Error"
    retry_after: float | None = None
    more: Mapping[str, Any] | None = None


class Faults(faults.Faults[Refuse]):
    """The faults that are planned."""

    def fits(self, calls: str, call: str) -> bool:
        """Whether the route contains it."""
        return calls in call

    def refuse(
        self,
        route: str,
        *,
        status: int = 500,
        code: int = 0,
        message: str | None = None,
        retry_after: float | None = None,
        more: Mapping[str, Any] | None = None,
        times: int = 1,
        where: int | None = None,
    ) -> None:
        """Answer with an error of the API, without effect. `more` is what else its body holds."""
        words = message if message is not None else f"{status}: simulated"
        self.plan(route, Refuse(status, code, words, retry_after, more), times=times, where=where)
