"""One claimed message, and what its turn left behind before a restart."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from sqlalchemy import Connection

from botcore.delivery import claims, outbox, steps
from botcore.delivery.claims import NotYet
from botcore.delivery.inbox import Fence, Row
from botcore.delivery.outbox import QUEUE, READY, RESERVED, SENDING, SURPLUS, Place
from botcore.messages import Address, Incoming, Json

T = TypeVar("T")


class Database(Protocol):
    """What delivery needs of `botcore.store.database.Database`."""

    async def run(self, unit: Callable[[Connection], T]) -> T:
        """Run a unit of work; durable when it returns."""
        ...

    async def read(self, unit: Callable[[Connection], T]) -> T:
        """Run a reading unit."""
        ...


@dataclass(slots=True)
class Work:
    """A claimed message. `incoming` has more than one where messages belong together (an album, a cut paste)."""

    rows: Sequence[Row]
    places: list[Place] = field(default_factory=list[Place])
    steps: dict[str, Json] = field(default_factory=dict[str, Json])
    more: bool = False
    """Whether further messages of this conversation and lane were open when this one was claimed."""
    resumed: int = 0
    """How many waiting messages this one opened again."""

    @property
    def head(self) -> Row:
        """The first of the joined messages: its row carries the turn."""
        return self.rows[0]

    @property
    def fence(self) -> Fence:
        """The claim that every write is conditional on."""
        return Fence(self.head.id, self.head.attempt)

    @property
    def others(self) -> tuple[int, ...]:
        """The rows that were joined to the first."""
        return tuple(row.id for row in self.rows[1:])

    @property
    def incoming(self) -> Incoming:
        """The first of the joined messages."""
        return self.head.incoming

    @property
    def address(self) -> Address:
        """Where the answer goes."""
        return self.incoming.address

    @property
    def committed(self) -> bool:
        """Whether an answer (or the next question) is committed: then no turn is taken, only delivered."""
        return any(
            place.state in (READY, SENDING, SURPLUS) or (place.kind != "question" and place.state != RESERVED)
            for place in self.places
            if place.kind != QUEUE
        )

    @property
    def asked(self) -> int:
        """How many questions were asked in this turn: each of their answers claims the message once more."""
        return sum(name.startswith(steps.ASKED) for name in self.steps)


def claim(c: Connection, conversation_id: int, lane: int, *, worker: str, join_seconds: float) -> Work | NotYet | None:
    """Claim the oldest open message of a conversation and lane, with what an earlier attempt left."""
    claimed = claims.claim(c, conversation_id, lane, worker=worker, join_seconds=join_seconds)
    if claimed is None or isinstance(claimed, NotYet):
        return claimed
    rows, more = claimed
    work = Work(rows, outbox.places(c, rows[0].id), more=more)
    if work.head.attempt > 1:
        work.steps = steps.steps(c, work.head.id)
    return work
