"""The drain: works off the open messages of one conversation and lane, in order."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Generic, Literal, Protocol, TypeAlias, TypeVar

from sqlalchemy import Connection

from botcore.adapter import Outlet
from botcore.delivery import claims, inbox
from botcore.delivery.answer import Answer
from botcore.delivery.capacity import Capacity
from botcore.delivery.claims import NotYet
from botcore.delivery.courier import Courier
from botcore.delivery.work import Database, Work, claim
from botcore.errors import BotcoreError, Fenced, Refusal, StoreUnavailable, summary
from botcore.messages import Button, Reply, Text
from botcore.store.worker import Unflushed

log = logging.getLogger(__name__)
Loaded = TypeVar("Loaded")

GAVE_UP = "I tried several times and could not answer this message. Please send it again; the operator can see why."
TOO_MANY = "Too many of your messages are waiting for an answer, so I did not take this one. Please send it later."

SHORTEST_PAUSE, LONGEST_PAUSE = 0.1, 5.0  # seconds between two tries while the database is away


Claimed: TypeAlias = tuple[Work, Loaded | None] | NotYet
"""A claimed message with what its turn needs, or the time until it may be claimed."""


class Turn(Protocol[Loaded]):
    """The conversation, as delivery sees it."""

    def load(self, c: Connection, work: Work) -> Loaded:
        """Read what the turn needs, in the same transaction and thread hop as the claim."""
        ...

    async def take(self, work: Work, loaded: Loaded, answer: Answer) -> None:
        """Work the answer out and settle it: exactly one of commit, ask and ignore."""
        ...


@dataclass(frozen=True, slots=True)
class DrainSettings:
    """`attempts`: claims after which a notice replaces the answer. `join_seconds`: how long an album may trickle in.

    `growing`: the buttons of an answer while it grows.
    """

    worker: str
    placeholder: str = "…"
    plain_sends: Literal["at-least-once", "at-most-once"] = "at-least-once"
    attempts: int = 4
    join_seconds: float = 0.6
    growing: tuple[tuple[Button, ...], ...] = ()


class Drain(Generic[Loaded]):
    """Claims, takes the turn, delivers. The outermost boundary around everything that answers a message."""

    def __init__(
        self,
        database: Database,
        turn: Turn[Loaded],
        outlet: Callable[[str], Outlet],
        capacity: Capacity,
        settings: DrainSettings,
    ) -> None:
        self._database = database
        self._turn = turn
        self._outlet = outlet
        self._capacity = capacity
        self._settings = settings
        self._finishing = False

    def finish(self) -> None:
        """Take up no further message: the running ones come to their end, the rest stays open in the inbox."""
        self._finishing = True

    async def __call__(self, conversation_id: int, lane: int, claimed: Claimed[Loaded] | None = None) -> None:
        """Work until nothing is open, first on what is `claimed`. Waits while the database is away."""
        pause, faults = SHORTEST_PAUSE, 0
        while not self._finishing:
            held, claimed = claimed, None
            try:
                if not await self._next(conversation_id, lane, faults, held):
                    return
                pause, faults = SHORTEST_PAUSE, 0
                continue
            except Fenced as error:
                log.warning("dropped stale work: %s", error)
                continue
            except StoreUnavailable as error:
                log.error("the database is away, conversation %d waits: %s", conversation_id, error)  # noqa: TRY400 - one line
            except (Exception, asyncio.CancelledError):  # the outermost boundary: a fault becomes an honest notice
                if is_cut():
                    raise
                faults += 1
                log.exception("conversation %d: a message could not be worked on", conversation_id)
            if faults != 1:  # after the first fault there is a notice at once
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)

    async def _next(self, conversation_id: int, lane: int, faults: int, claimed: Claimed[Loaded] | None) -> bool:
        """Work on the oldest message; whether there may be more. `faults`: how often that has failed in a row.

        After a fault nothing is tried but the notice (or the delivery, where an answer is committed), and where that
        fails as well, in the end the message is closed: it must not block those behind it.
        """
        if faults > self._settings.attempts:
            return await self._give_up(conversation_id, lane)
        if claimed is None:
            # A claim that a power cut loses is taken again, and everybody who held it is gone.
            unit = partial(self.claim, conversation_id=conversation_id, lane=lane, take=not faults)
            claimed = await self._database.run(Unflushed(unit))
        if claimed is None:
            return False
        if isinstance(claimed, NotYet):
            await asyncio.sleep(claimed.seconds)
            return True
        work, loaded = claimed
        outlet = self._outlet(work.address.platform)
        settings = self._settings
        if not work.committed:
            answer = Answer(work, outlet, self._database, placeholder=settings.placeholder, growing=settings.growing)
            try:
                await self._settle(work, loaded, answer)
            finally:
                await answer.abandon()
            if answer.closed:
                return self._done(work)
        courier = Courier(outlet, self._database, placeholder=settings.placeholder, plain_sends=settings.plain_sends)
        await courier.deliver(work)
        return self._done(work)

    def _done(self, work: Work) -> bool:
        """Count it off; whether more was open when it was claimed. What came later wakes the conversation again."""
        self._capacity.add(work.resumed - len(work.rows))
        return work.more or work.resumed > 0

    async def _give_up(self, conversation_id: int, lane: int) -> bool:
        unit = partial(claims.give_up, conversation_id=conversation_id, lane=lane, why="it could not be worked on")
        closed = await self._database.run(unit)
        self._capacity.add(-closed)
        return closed > 0

    def claim(self, c: Connection, *, conversation_id: int, lane: int, take: bool = True) -> Claimed[Loaded] | None:
        """Claim the oldest open message, and read what its turn needs if it is to be taken. None: nothing is open."""
        settings = self._settings
        work = claim(c, conversation_id, lane, worker=settings.worker, join_seconds=settings.join_seconds)
        if work is None or isinstance(work, NotYet):
            return work
        answerable = take and lane != inbox.REFUSED and work.head.readable and not work.committed
        return work, self._turn.load(c, work) if answerable else None

    async def _settle(self, work: Work, loaded: Loaded | None, answer: Answer) -> None:
        notice = await self._take(work, loaded, answer)
        if not answer.settled:
            await answer.commit(Reply((Text(notice, plain=True),), ephemeral=True), kind="notice")

    async def _take(self, work: Work, loaded: Loaded | None, answer: Answer) -> str:
        """Take the turn; the notice for the person where it comes to no end. `loaded`: None after a fault."""
        if work.head.lane == inbox.REFUSED:
            return TOO_MANY
        if work.head.attempt - work.asked > self._settings.attempts:
            log.error("gave up on message %d after %d attempts", work.head.id, work.head.attempt - 1)
            return GAVE_UP
        if loaded is None:
            return BotcoreError.said
        try:
            await self._turn.take(work, loaded, answer)
        except (Fenced, StoreUnavailable):
            raise
        except BotcoreError as error:
            severity = logging.INFO if isinstance(error, Refusal) else logging.WARNING
            log.log(severity, "message %d gets a notice: %s", work.head.id, summary(error))
            return error.said
        return BotcoreError.said


def is_cut() -> bool:
    """Whether this very task is cancelled, as at a shutdown, and not only something that it waited for."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
