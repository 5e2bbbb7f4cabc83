"""Faults on demand: what networks and servers do to a bot, exactly when a test wants it.

Every fault names a route ("POST /channels/{channel_id}/messages"), a part of one ("/messages"), or "*", and how many of
its next calls it spoils; `landed` says whether the call takes effect before the answer is spoiled. What happens to the
gateway is asked of `discord.gateway`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from botcore.testing.telegram_server.faults import Delay, Garble, Hold, Reset, Silence


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


Fault: TypeAlias = Refuse | Garble | Silence | Reset | Delay | Hold


@dataclass(slots=True)
class _Plan:
    route: str
    fault: Fault
    times: int
    channel: int | None


class Faults:
    """The faults that are planned; the server uses them up, oldest first."""

    def __init__(self) -> None:
        self._plans: list[_Plan] = []
        self._holds: list[Hold] = []

    @property
    def planned(self) -> bool:
        """Whether any fault is still to come."""
        return bool(self._plans)

    def plan(self, route: str, fault: Fault, *, times: int = 1, channel: int | None = None) -> None:
        """Spoil the next `times` calls of a route, only those in one channel (by id) where it is given.

        Raises:
            ValueError: where `times` is not positive.
        """
        if times < 1:
            raise ValueError("a fault happens at least once")
        self._plans.append(_Plan(route, fault, times, channel))

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
        channel: int | None = None,
    ) -> None:
        """Answer with an error of the API, without effect. `more` is what else its body holds."""
        words = message if message is not None else f"{status}: simulated"
        self.plan(route, Refuse(status, code, words, retry_after, more), times=times, channel=channel)

    def garble(self, route: str, *, landed: bool = False, times: int = 1, channel: int | None = None) -> None:
        """Answer 502 with an HTML page."""
        self.plan(route, Garble(landed=landed), times=times, channel=channel)

    def lose(self, route: str, *, landed: bool = True, times: int = 1, channel: int | None = None) -> None:
        """Never answer; by default after the effect: the message is in the channel, but the bot cannot know."""
        self.plan(route, Silence(landed), times=times, channel=channel)

    def reset(self, route: str, *, landed: bool = False, times: int = 1, channel: int | None = None) -> None:
        """Break the connection before or after the effect."""
        self.plan(route, Reset(landed), times=times, channel=channel)

    def delay(
        self, route: str, seconds: float, *, landed: bool = False, times: int = 1, channel: int | None = None
    ) -> None:
        """Answer late."""
        self.plan(route, Delay(seconds, landed), times=times, channel=channel)

    def hold(self, route: str, *, landed: bool = False, times: int = 1, channel: int | None = None) -> Hold:
        """Keep the next call waiting until the returned hold is released.

        A call whose caller dies while it is held goes no further: without `landed` it never takes effect.
        """
        hold = Hold(landed)
        self._holds.append(hold)
        self.plan(route, hold, times=times, channel=channel)
        return hold

    def clear(self) -> None:
        """Forget what is planned and let go what is held."""
        for hold in self._holds:
            hold.release()
        self._holds.clear()
        self._plans.clear()

    def take(self, route: str, channel: int | None) -> Fault | None:
        """The fault for this call, if one is planned; uses it up."""
        for plan in self._plans:
            if (plan.route == "*" or plan.route in route) and plan.channel in {None, channel}:
                plan.times -= 1
                if plan.times == 0:
                    self._plans.remove(plan)
                return plan.fault
        return None
