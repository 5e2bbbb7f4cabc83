"""Faults on demand: what networks and servers do to a bot, exactly when a test wants it.

Every fault names the calls that it is for, and how many of the next of them it spoils; `landed` says whether the call
takes effect before the answer is spoiled.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeAlias, TypeVar

from aiohttp import web


@dataclass(frozen=True, slots=True)
class Garble:
    """An answer that is not from the API at all: a gateway's error page, by default."""

    status: int = 502
    body: str = "<html><head><title>502 Bad Gateway</title></head><body>Bad Gateway</body></html>"
    media_type: str = "text/html"
    landed: bool = False


@dataclass(frozen=True, slots=True)
class Silence:
    """No answer ever; the caller runs into its time limit."""

    landed: bool = True


@dataclass(frozen=True, slots=True)
class Reset:
    """The connection breaks."""

    landed: bool = False


@dataclass(frozen=True, slots=True)
class Delay:
    """The answer comes `seconds` late."""

    seconds: float
    landed: bool = False


@dataclass(eq=False, slots=True)
class Hold:
    """Keeps a call waiting, before or after its effect, until `release()`; the place to kill a process at."""

    landed: bool = False
    _reached: asyncio.Event = field(default_factory=asyncio.Event)
    _released: asyncio.Event = field(default_factory=asyncio.Event)

    async def reached(self, timeout: float = 5) -> None:
        """Wait until a call is being held.

        Raises:
            TimeoutError: after `timeout` seconds.
        """
        async with asyncio.timeout(timeout):
            await self._reached.wait()

    @property
    def is_reached(self) -> bool:
        """Whether a call came to this hold already."""
        return self._reached.is_set()

    def release(self) -> None:
        """Let the held call (and further ones under this hold) go on."""
        self._released.set()

    async def keep(self) -> None:
        """Called by the server: the call is here."""
        self._reached.set()
        await self._released.wait()


#: What happens on the way, whatever the API; how an API refuses is its own.
Trouble: TypeAlias = Garble | Silence | Reset | Delay | Hold

#: Their names over the control endpoint; a hold has routes of its own there.
TROUBLES: Mapping[str, type[Garble | Silence | Reset | Delay]] = {
    "garble": Garble,
    "lose": Silence,
    "reset": Reset,
    "delay": Delay,
}

RefusalT = TypeVar("RefusalT")


@dataclass(slots=True)
class _Plan(Generic[RefusalT]):
    calls: str
    fault: RefusalT | Trouble
    times: int
    where: str | None


class Faults(ABC, Generic[RefusalT]):
    """The faults that are planned; each method plans one and the server uses them up, oldest first.

    `where` is the id of a chat or channel: only calls to it are spoiled.
    """

    def __init__(self) -> None:
        self._plans: list[_Plan[RefusalT]] = []
        self._holds: list[Hold] = []

    @abstractmethod
    def fits(self, calls: str, call: str) -> bool:
        """Whether a fault that was planned for `calls` is meant for this call."""

    @property
    def planned(self) -> bool:
        """Whether any fault is still to come."""
        return bool(self._plans)

    def plan(self, calls: str, fault: RefusalT | Trouble, *, times: int = 1, where: int | None = None) -> None:
        """Spoil the next `times` of these calls ("*" for any).

        Raises:
            ValueError: where `times` is not positive.
        """
        if times < 1:
            raise ValueError("a fault happens at least once")
        self._plans.append(_Plan(calls, fault, times, None if where is None else str(where)))

    def garble(self, calls: str, *, landed: bool = False, times: int = 1, where: int | None = None) -> None:
        """Answer 502 with an HTML page."""
        self.plan(calls, Garble(landed=landed), times=times, where=where)

    def lose(self, calls: str, *, landed: bool = True, times: int = 1, where: int | None = None) -> None:
        """Never answer; by default after the effect: the message is there, but the bot cannot know."""
        self.plan(calls, Silence(landed), times=times, where=where)

    def reset(self, calls: str, *, landed: bool = False, times: int = 1, where: int | None = None) -> None:
        """Break the connection before or after the effect."""
        self.plan(calls, Reset(landed), times=times, where=where)

    def delay(
        self, calls: str, seconds: float, *, landed: bool = False, times: int = 1, where: int | None = None
    ) -> None:
        """Answer late."""
        self.plan(calls, Delay(seconds, landed), times=times, where=where)

    def hold(self, calls: str, *, landed: bool = False, times: int = 1, where: int | None = None) -> Hold:
        """Keep the next call waiting until the returned hold is released.

        A call whose caller dies while it is held goes no further: without `landed` it never takes effect.
        """
        hold = Hold(landed)
        self._holds.append(hold)
        self.plan(calls, hold, times=times, where=where)
        return hold

    def clear(self) -> None:
        """Forget what is planned and let go what is held."""
        for hold in self._holds:
            hold.release()
        self._holds.clear()
        self._plans.clear()

    def take(self, call: str, where: str) -> RefusalT | Trouble | None:
        """The fault for this call, if one is planned; uses it up."""
        for plan in self._plans:
            if (plan.calls == "*" or self.fits(plan.calls, call)) and plan.where in {None, where}:
                plan.times -= 1
                if plan.times == 0:
                    self._plans.remove(plan)
                return plan.fault
        return None


async def spoil(
    request: web.BaseRequest, fault: Trouble, perform: Callable[[], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Answer a call the way a fault wants it; `perform` lets it take effect and makes the answer."""
    answer = await perform() if fault.landed else None
    match fault:
        case Garble():
            return web.Response(status=fault.status, text=fault.body, content_type=fault.media_type)
        case Silence():
            await asyncio.Event().wait()  # ends when the caller gives up: the handler is cancelled
        case Reset():
            if request.transport is not None:
                request.transport.abort()
            return web.Response()
        case Delay():
            await asyncio.sleep(fault.seconds)
        case Hold():
            await fault.keep()
    return answer or await perform()
