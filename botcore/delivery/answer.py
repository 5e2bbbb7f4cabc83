"""The answer to one message while its turn is taken: a reserved place, a growing text, and at the end one commit."""

import asyncio
import itertools
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial

from sqlalchemy import Connection

from botcore.adapter import Outlet
from botcore.delivery import inbox, outbox, steps
from botcore.delivery.outbox import GONE, QUEUE, READY, RESERVED, SURPLUS, Place, Standing
from botcore.delivery.sending import patiently, steadily, whereabouts
from botcore.delivery.work import Database, Work
from botcore.errors import DeliveryError, Fenced, MessageGone, SendFailed
from botcore.messages import Button, Json, Piece, Reply, Text

log = logging.getLogger(__name__)

Record = Callable[[Connection], None]
"""Further writes of the same transaction: history, usage."""

TYPING_AFTER = 0.7  # seconds without any text before typing is shown: a fast answer needs no second call
TYPING_MOST = 300.0  # seconds; a chat that "types" longer than five minutes looks broken

RESERVATION_PATIENCE = 1.0  # seconds for a place that is being taken when its turn is cut


class Answer:
    """What a turn shows and commits.

    `place` the answer first (`reserve`, `adopt` or neither), `show` its text as it grows, then call exactly one of
    `commit`, `ask` and `ignore`. Each raises Fenced once another attempt owns the message.
    """

    def __init__(
        self,
        work: Work,
        outlet: Outlet,
        database: Database,
        *,
        placeholder: str,
        growing: Sequence[Sequence[Button]] = (),
    ) -> None:
        self._work = work
        self._outlet = outlet
        self._database = database
        self._placeholder = placeholder
        self._growing = growing
        # Questions that were asked and answered stand above.
        self._first = 1 + max((p.part for p in work.places if p.kind != QUEUE and p.state != RESERVED), default=-1)
        self._places = [place for place in work.places if place.part >= self._first]
        if (aside := work.address.place) and all(place.part != self._first for place in self._places):
            self._places.insert(0, Place(self._first, RESERVED, aside))
        self._queue = [place for place in work.places if place.kind == QUEUE and place.state == SURPLUS]
        self._adopted_from: int | None = None
        self._reservation: asyncio.Task[None] | None = None
        self._painter: asyncio.Task[None] | None = None
        self._pulse: asyncio.Task[None] | None = None
        self._pulse_begins: asyncio.TimerHandle | None = None
        self._chunks: list[str] = []
        self._hint = ""
        self._changed = asyncio.Event()
        self.settled = False
        """Whether `commit`, `ask` or `ignore` was called."""
        self.closed = False
        """Whether the message is closed already, with nothing to deliver."""

    # ---- before the text is known ----

    def reserve(self) -> None:
        """Take the answer's place on the platform, in the background, where the platform can replace messages."""
        if self._outlet.limits.edits and not self._places and self._reservation is None:
            self._reservation = asyncio.create_task(self._take_place(), name=f"reserve {self._work.head.id}")
        if self._pulse_begins is None:  # a timer costs less than a task, and most answers come before it
            self._pulse_begins = asyncio.get_running_loop().call_later(TYPING_AFTER, self._begin_typing)

    def adopt(self, earlier: Standing) -> None:
        """Answer in the places of an earlier answer: an edited question is answered where it was.

        Where the platform cannot replace messages, the answer is a new message, and the earlier one stays.
        """
        standing = [
            place
            for place in earlier.places
            if place.external_id and place.state not in (GONE, SURPLUS) and place.kind != "question"
        ]
        if standing and not self._places and self._outlet.limits.edits:
            self._adopted_from = earlier.inbox_id
            self._places = [
                Place(self._first + index, RESERVED, place.external_id) for index, place in enumerate(standing)
            ]

    def cede(self) -> None:
        """Leave the place that the platform set aside to another message's answer, which goes there."""
        self._places = [place for place in self._places if place.external_id != self._work.address.place]

    async def _take_place(self) -> None:
        await self._reserve(0)
        for index, place in enumerate(self._queue):  # the courier deletes it where this is cut off or refused
            with suppress(SendFailed, MessageGone):
                if (it := await whereabouts(self._outlet, self._work.address, self._work.head.id, place)) is not None:
                    await patiently(self._outlet.delete, self._work.address, it)
                self._queue[index] = place.now(GONE, it)

    async def _reserve(self, index: int) -> None:
        part, piece = self._first + index, Piece(self._placeholder)
        key = f"{self._work.head.id}/{part}"
        external_id = await patiently(self._outlet.send, self._work.address, piece, key=key)
        place = Place(part, RESERVED, external_id, piece)
        try:
            await steadily(self._database, partial(outbox.put, fence=self._work.fence, written=[place]))
        except Fenced:
            with suppress(DeliveryError):
                await self._outlet.delete(self._work.address, external_id)
            raise
        self._places.append(place)

    def _begin_typing(self) -> None:
        self._pulse = asyncio.create_task(self._typing(), name=f"typing {self._work.head.id}")

    def _stop_typing(self) -> None:
        if self._pulse_begins is not None:
            self._pulse_begins.cancel()
        if self._pulse is not None:
            self._pulse.cancel()

    async def _typing(self) -> None:
        pulse = self._outlet.limits.typing_seconds
        for _ in range(int(TYPING_MOST / pulse)):
            try:
                await self._outlet.typing(self._work.address)
            except DeliveryError as error:
                log.debug("typing was not shown: %s", error)
                return
            await asyncio.sleep(pulse)

    # ---- while it grows ----

    def show(self, text: str) -> None:
        """Show this as the answer so far. Returns at once; the platform's pace decides which states become visible."""
        self._chunks = [text]
        self._grown()

    def grow(self, text: str) -> None:
        """Append to the answer so far; as cheap as a list's append."""
        self._chunks.append(text)
        self._hint = ""
        self._grown()

    def hint(self, text: str) -> None:
        """Show this below the answer so far, until there is more of it."""
        self._hint = f"\n\n{text}"
        self._grown()

    def _grown(self) -> None:
        self._changed.set()
        if self._painter is None and self._outlet.limits.edits:
            self._painter = asyncio.create_task(self._paint(), name=f"paint {self._work.head.id}")

    async def _paint(self) -> None:
        await self._reserved()
        painted = ""
        while self._places:
            await self._changed.wait()
            self._changed.clear()
            await self._outlet.frame_slot(self._work.address)
            self._stop_typing()
            text = "".join(self._chunks)
            self._chunks = [text]
            text = f"{text.rstrip()}{self._hint}".lstrip() if self._hint else text
            if text != painted and text.strip():
                painted = text
                await self._frames(text)

    async def _frames(self, text: str) -> None:
        """Show `text` in as many places as it needs; earlier ones stay as they are once they are full."""
        pieces = [text]
        if len(text) > self._outlet.limits.text // 2:  # only then may it be more than one message in any unit
            pieces = [piece.text for piece in self._outlet.split(Reply.of(Text(text, plain=True)))]
        try:
            while len(self._places) < len(pieces):
                # a task of its own: whoever cuts the painting short still learns which place was taken
                index = len(self._places)
                self._reservation = asyncio.create_task(self._reserve(index), name=f"reserve {self._work.head.id}")
                await self._reserved()
            last = len(pieces) - 1
            for place, piece in list(zip(self._places, pieces, strict=False))[max(0, last - 1) :]:
                if place.external_id is not None:
                    growing = self._growing if place is self._places[last] else ()
                    await self._outlet.frame(self._work.address, place.external_id, piece, growing)
        except Fenced:
            raise
        except DeliveryError as error:
            log.debug("a frame was not shown: %s", error)

    async def _reserved(self) -> None:
        if self._reservation is not None:
            await asyncio.shield(self._reservation)

    async def _still(self) -> None:
        """Stop showing: what comes next is final and must not be overtaken by a frame."""
        await self._end(self._painter, self._pulse)
        self._painter = self._pulse = None
        # Shielded: a place that is being taken is recorded though the turn is cut. Whatever kept the place from being
        # taken costs no answer: the courier meets it as well.
        (fault,) = await asyncio.gather(self._reserved(), return_exceptions=True)
        if isinstance(fault, Fenced):
            raise fault
        self._log(fault)
        self._reservation = None

    async def _end(self, *tasks: asyncio.Task[None] | None) -> None:
        """Cancel what runs in the background and log what it stumbled over; the answer does not depend on it."""
        self._stop_typing()
        running = [task for task in tasks if task is not None]
        if not running:
            return
        for task in running:
            task.cancel()
        for fault in await asyncio.gather(*running, return_exceptions=True):
            self._log(fault)

    def _log(self, fault: BaseException | None) -> None:
        if isinstance(fault, Exception) and not isinstance(fault, DeliveryError):
            log.error("message %d: showing it while it grew failed", self._work.head.id, exc_info=fault)

    # ---- the end ----

    async def commit(self, reply: Reply, *, kind: str = "answer", record: Record | None = None) -> None:
        """Make the answer durable, together with what `record` writes. It is sent afterwards, whatever happens."""
        await self._still()
        pieces = list(self._outlet.split(reply))
        written = self._written(pieces, kind)
        tries = itertools.count()

        def unit(c: Connection) -> None:
            if next(tries) and outbox.committed(c, self._work.fence):
                return  # the first try broke off after all was stored
            outbox.put(c, self._work.fence, written)
            if self._adopted_from is not None:
                outbox.hand_over(c, self._adopted_from)
            if record is not None:
                record(c)

        await steadily(self._database, unit)
        self._settle(written)

    def _written(self, pieces: Sequence[Piece], kind: str) -> list[Place]:
        places = {place.part: place for place in self._places}
        written: list[Place] = []
        for index, piece in enumerate(pieces):
            place = places.pop(self._first + index, None)
            written.append(Place(self._first + index, READY, place.external_id if place else None, piece, kind))
        written.extend(Place(place.part, SURPLUS, place.external_id, None, kind) for place in places.values())
        return [*(place for place in self._queue if place.state == GONE), *written]

    async def ask(self, step: str, question: Reply, *, record: Record | None = None) -> None:
        """Commit a question; the message then waits for the person's next one, whose text becomes `step`'s result."""

        def unit(c: Connection) -> None:
            steps.record(c, self._work.fence, f"{steps.ASKED}{step}", True)
            if record is not None:
                record(c)

        await self.commit(question, kind="question", record=unit)

    async def ignore(self, why: str, *, record: Record | None = None) -> None:
        """Close the message without an answer: nobody expects one."""
        await self._still()
        # No word about the queue any more: what is committed is that these go, and no turn is taken again.
        queue = (replace(place, kind="answer") for place in self._queue)
        surplus = [*queue, *(Place(place.part, SURPLUS, place.external_id) for place in self._places)]

        def unit(c: Connection) -> None:
            outbox.put(c, self._work.fence, surplus)
            if record is not None:
                record(c)
            if not surplus:
                inbox.close(c, self._work.fence, self._work.others, state="ignored", why=why)

        await self._database.run(unit)
        self._settle(surplus)
        self.closed = not surplus

    def _settle(self, written: Sequence[Place]) -> None:
        again = {place.part for place in written}
        earlier = [place for place in self._work.places if place.part < self._first and place.part not in again]
        self._work.places = [*earlier, *written]
        self.settled = True

    async def abandon(self) -> None:
        """Stop everything in the background, whatever state it is in: the turn is over or taken away."""
        if self._reservation is not None:  # a place that was sent but not recorded would stay behind as an orphan
            await asyncio.wait([self._reservation], timeout=RESERVATION_PATIENCE)
        await self._end(self._painter, self._pulse, self._reservation)

    async def step(self, name: str, result: Json, *, record: Record | None = None) -> None:
        """Record a finished step, together with what `record` writes."""

        def unit(c: Connection) -> None:
            steps.record(c, self._work.fence, name, result)
            if record is not None:
                record(c)

        await steadily(self._database, unit)
        self._work.steps[name] = result
