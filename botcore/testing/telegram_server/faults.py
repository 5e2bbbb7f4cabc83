"""Faults on demand: what networks and servers do to a bot, exactly when a test wants it.

Every fault names a method (or "*") and how many of its next calls it spoils; `landed` says whether the call takes
effect before the answer is spoiled.
"""

import asyncio
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Refuse:
    """An error answer of the API instead of the effect."""

    status: int = 500
    description: str = "Internal Server Error"
    retry_after: int | None = None


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


Fault = Refuse | Garble | Silence | Reset | Delay | Hold


@dataclass(slots=True)
class _Plan:
    method: str
    fault: Fault
    times: int
    chat: str | None


class Faults:
    """The faults that are planned; each method plans one and the server uses them up, oldest first."""

    def __init__(self) -> None:
        self._plans: list[_Plan] = []
        self._holds: list[Hold] = []

    @property
    def planned(self) -> bool:
        """Whether any fault is still to come."""
        return bool(self._plans)

    def plan(self, method: str, fault: Fault, *, times: int = 1, chat: int | None = None) -> None:
        """Spoil the next `times` calls of `method` ("*" for any), only those to chat id `chat` where it is given.

        Raises:
            ValueError: where `times` is not positive.
        """
        if times < 1:
            raise ValueError("a fault happens at least once")
        self._plans.append(_Plan(method.lower(), fault, times, None if chat is None else str(chat)))

    def refuse(
        self,
        method: str,
        *,
        status: int = 500,
        description: str = "Internal Server Error",
        retry_after: int | None = None,
        times: int = 1,
        chat: int | None = None,
    ) -> None:
        """Answer with an error of the API, without effect."""
        self.plan(method, Refuse(status, description, retry_after), times=times, chat=chat)

    def garble(self, method: str, *, landed: bool = False, times: int = 1, chat: int | None = None) -> None:
        """Answer 502 with an HTML page."""
        self.plan(method, Garble(landed=landed), times=times, chat=chat)

    def lose(self, method: str, *, landed: bool = True, times: int = 1, chat: int | None = None) -> None:
        """Never answer; by default after the effect: the message is in the chat, but the bot cannot know."""
        self.plan(method, Silence(landed), times=times, chat=chat)

    def reset(self, method: str, *, landed: bool = False, times: int = 1, chat: int | None = None) -> None:
        """Break the connection before or after the effect."""
        self.plan(method, Reset(landed), times=times, chat=chat)

    def delay(
        self, method: str, seconds: float, *, landed: bool = False, times: int = 1, chat: int | None = None
    ) -> None:
        """Answer late."""
        self.plan(method, Delay(seconds, landed), times=times, chat=chat)

    def hold(self, method: str, *, landed: bool = False, times: int = 1, chat: int | None = None) -> Hold:
        """Keep the next call waiting until the returned hold is released.

        A call whose caller dies while it is held goes no further: without `landed` it never takes effect.
        """
        hold = Hold(landed)
        self._holds.append(hold)
        self.plan(method, hold, times=times, chat=chat)
        return hold

    def clear(self) -> None:
        """Forget what is planned and let go what is held."""
        for hold in self._holds:
            hold.release()
        self._holds.clear()
        self._plans.clear()

    def take(self, method: str, chat: str) -> Fault | None:
        """The fault for this call, if one is planned; uses it up."""
        for plan in self._plans:
            if plan.method in {"*", method} and plan.chat in {None, chat}:
                plan.times -= 1
                if plan.times == 0:
                    self._plans.remove(plan)
                return plan.fault
        return None
