"""From Discord's events to the gateway: in order within a channel, and held until the database takes them.

Discord hears no confirmation of an event, so what is not stored yet waits here, and what a crash loses is read again
from the channel (`catchup`).
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, TypeAlias

from botcore.adapter import Gateway
from botcore.complaints import Complaints
from botcore.errands import Errands
from botcore.errors import StoreError
from botcore.messages import Incoming
from botcore_discord.client import FAILURES, FAULTS

log = logging.getLogger(__name__)

MOST: Final = 5_000
"""Events that wait at most, about 5 MB; what comes then is passed over."""
_FIRST_PAUSE_S: Final = 0.25
_LONGEST_PAUSE_S: Final = 10.0

Make: TypeAlias = Callable[[], Awaitable[Sequence[Incoming]]]
"""Makes what is to be accepted out of an event, when its turn comes."""


class Intake:
    """One queue for each channel; `hold` keeps all of them from being worked on until `release`.

    `held`: that is so now.
    """

    def __init__(self, gateway: Gateway, errands: Errands, complaints: Complaints) -> None:
        self._gateway = gateway
        self._errands = errands
        self._complaints = complaints
        self._queues: dict[int, deque[Make]] = {}
        self._busy: set[int] = set()
        self._waiting = 0
        self.held = False
        self._idle = asyncio.Event()
        self._idle.set()

    def put(self, channel: int, make: Make, *, first: bool = False) -> None:
        """Queue an event of a channel; `first`: before those that wait."""
        if self._waiting >= MOST:
            self._complaints.say("full", "%d events of Discord wait for the database; later ones are lost", MOST)
            return
        self._waiting += 1
        self._idle.clear()
        queue = self._queues.setdefault(channel, deque())
        if first:
            queue.appendleft(make)
        else:
            queue.append(make)
        self._work_on(channel)

    def hold(self) -> None:
        """Let everything wait: the connection is new, and what was missed comes first."""
        self.held = True

    def release(self) -> None:
        """Go on."""
        self.held = False
        for channel in list(self._queues):
            self._work_on(channel)

    async def empty(self, timeout: float) -> None:  # noqa: ASYNC109 - the caller stops then anyway
        """Wait until everything is stored, at most `timeout` seconds."""
        if self.held:
            return
        try:
            async with asyncio.timeout(timeout):
                await self._idle.wait()
        except TimeoutError:
            log.warning(
                "%d events of Discord are not stored; those that can be read are made up for later", self._waiting
            )

    def _work_on(self, channel: int) -> None:
        if not self.held and channel not in self._busy:
            self._busy.add(channel)
            _ = self._errands.run(self._work(channel), f"channel {channel}")

    async def _work(self, channel: int) -> None:
        queue = self._queues[channel]
        try:
            while queue and not self.held:
                make = queue.popleft()
                self._waiting -= 1
                await self._store(await self._made(make))
        finally:
            self._busy.discard(channel)
            if not queue:
                del self._queues[channel]
            if not self._busy and not self._queues:
                self._idle.set()

    async def _made(self, make: Make) -> Sequence[Incoming]:
        try:
            return await make()
        except (*FAULTS, *FAILURES) as error:
            log.error("an event of Discord cannot be read (%s); it is passed over", type(error).__name__)  # noqa: TRY400 - a traceback may quote what people wrote
            return ()

    async def _store(self, found: Sequence[Incoming]) -> None:
        """Hand over until it is taken: a later event of this channel must not come before."""
        pause = _FIRST_PAUSE_S
        while found:
            try:
                await self._gateway.accept(*found)
            except StoreError as error:
                self._complaints.say("store", "the database does not take what comes from Discord: %s", error)
                await asyncio.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE_S)
            else:
                self._complaints.settle("what comes from Discord is stored again", "store")
                return
