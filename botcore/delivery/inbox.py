"""The inbox: accepted messages, and who works on them. Units of work over a connection; nothing here commits."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from sqlalchemy import Connection, bindparam, func, select, true, update

from botcore import codec
from botcore.errors import Fenced
from botcore.messages import Edit, Incoming, Message
from botcore.store.prepared import Prepared
from botcore.store.statements import insert_if_new
from botcore.store.tables import inbox, outbox, turn_step

ORDERLY, URGENT, REFUSED = 0, 1, 2
"""The lanes. In ORDERLY messages are answered one after the other; URGENT ones (/stop) overtake; REFUSED ones were over
the limit of open messages and get a notice only."""


@dataclass(frozen=True, slots=True)
class Row:
    """An inbox row as claimed. `attempt` is the fencing token."""

    id: int
    conversation_id: int
    user_id: int | None
    lane: int
    attempt: int
    incoming: Incoming
    joins: str | None


@dataclass(frozen=True, slots=True)
class Fence:
    """Proof of a claim: what is written under it is refused once somebody else claimed the message."""

    inbox_id: int
    attempt: int


@dataclass(frozen=True, slots=True)
class NotYet:
    """The oldest message may be the start of several that belong together: look again in `seconds`."""

    seconds: float


_ACCEPT = Prepared(insert_if_new(inbox, "platform", "bot_id", "update_id"))

_COUNT_OPEN = Prepared(
    select(func.count())
    .select_from(inbox)
    .where(inbox.c.conversation_id == bindparam("conversation"), inbox.c.lane == ORDERLY, inbox.c.is_open == true())
)

_COUNT_ALL_OPEN = select(func.count()).select_from(inbox).where(inbox.c.is_open == true())

_ROW = (
    inbox.c.id,
    inbox.c.conversation_id,
    inbox.c.user_id,
    inbox.c.lane,
    inbox.c.attempt,
    inbox.c.payload,
    inbox.c.joins,
    inbox.c.received_at,
)

_OLDEST = Prepared(
    select(*_ROW)
    .where(
        inbox.c.conversation_id == bindparam("conversation"),
        inbox.c.lane == bindparam("lane"),
        inbox.c.is_open == true(),
    )
    .order_by(inbox.c.id)
    .limit(16)  # the rest of an album (10 pictures at most) or of a paste comes along in the same read
    .with_for_update()
)

_CLAIM = Prepared(
    update(inbox)
    .where(inbox.c.id == bindparam("row"), inbox.c.is_open == true())
    .values(attempt=inbox.c.attempt + 1, state="claimed", owner=bindparam("worker"))
    .returning(inbox.c.attempt)
)

_HELD = Prepared(
    select(inbox.c.id)
    .where(inbox.c.id == bindparam("row"), inbox.c.attempt == bindparam("held"), inbox.c.is_open == true())
    .with_for_update()
)

_CLOSE = Prepared(
    update(inbox)
    .where(inbox.c.id == bindparam("row"))
    .values(is_open=bindparam("still_open"), state=bindparam("now"), error=bindparam("why"), closed_at=bindparam("at"))
)
_CLOSE_HELD = Prepared(
    update(inbox)
    .where(inbox.c.id == bindparam("row"), inbox.c.attempt == bindparam("held"), inbox.c.is_open == true())
    .values(is_open=bindparam("still_open"), state=bindparam("now"), error=bindparam("why"), closed_at=bindparam("at"))
)

_OPEN_CONVERSATIONS = (
    select(inbox.c.conversation_id, inbox.c.lane)
    .where(inbox.c.is_open == true(), inbox.c.platform.in_(bindparam("platforms", expanding=True)))
    .group_by(inbox.c.conversation_id, inbox.c.lane)
    .order_by(func.min(inbox.c.id))
)

_UNCLAIMED_ORIGINAL = Prepared(
    select(inbox.c.id, inbox.c.payload)
    .where(
        inbox.c.conversation_id == bindparam("conversation"),
        inbox.c.external_id == bindparam("external"),
        inbox.c.is_open == true(),
        inbox.c.attempt == 0,
    )
    .with_for_update()
)

_WAITING = Prepared(
    select(inbox.c.id, inbox.c.payload)
    .where(inbox.c.conversation_id == bindparam("conversation"), inbox.c.state == "waiting")
    .order_by(inbox.c.id.desc())
    .limit(1)
    .with_for_update()
)


def external_id_of(incoming: Incoming) -> str:
    """The platform's id of the message that happened, '' where it has none."""
    return incoming.event.external_id if isinstance(incoming.event, Message | Edit) else ""


def accept(c: Connection, incoming: Incoming, *, conversation_id: int, user_id: int | None, lane: int) -> int | None:
    """Insert a message; its id, or None where it was accepted before."""
    joins = incoming.event.joins if isinstance(incoming.event, Message) else None
    values = {
        "platform": incoming.address.platform,
        "bot_id": incoming.address.bot,
        "update_id": incoming.id,
        "conversation_id": conversation_id,
        "user_id": user_id,
        "lane": lane,
        "payload": codec.encode(incoming),
        "external_id": external_id_of(incoming),
        "joins": joins,
        "received_at": incoming.received_at,
        "state": "open",
        "is_open": True,
    }
    new = _ACCEPT.scalar(c, values)
    return None if new is None else int(new)


def open_count(c: Connection, conversation_id: int) -> int:
    """How many messages of a conversation wait or are worked on."""
    return int(_COUNT_OPEN.scalar(c, {"conversation": conversation_id}))


def open_total(c: Connection) -> int:
    """How many messages of all conversations wait or are worked on."""
    return int(c.execute(_COUNT_ALL_OPEN).scalar_one())


def open_conversations(c: Connection, platforms: Sequence[str]) -> list[tuple[int, int]]:
    """Conversation and lane of all open work on these platforms, the longest waiting first."""
    return [(int(row[0]), int(row[1])) for row in c.execute(_OPEN_CONVERSATIONS, {"platforms": list(platforms)})]


def claim(
    c: Connection, conversation_id: int, lane: int, *, worker: str, join_seconds: float
) -> tuple[Sequence[Row], bool] | NotYet | None:
    """Claim the oldest open message and those that belong to it; whether more is open. None: nothing is open."""
    found = _OLDEST.all(c, {"conversation": conversation_id, "lane": lane})
    if not found:
        return None
    head, members = found[0], [found[0]]
    if head.joins is not None:
        age = (datetime.now(UTC) - head.received_at).total_seconds()
        if head.attempt == 0 and 0 <= age < join_seconds:
            return NotYet(join_seconds - age)
        for row in found[1:]:
            if row.joins != head.joins:
                break
            members.append(row)
    rows: list[Row] = []
    for row in members:
        attempt: int = _CLAIM.scalar(c, {"row": row.id, "worker": worker})
        incoming = codec.decode(Incoming, row.payload)
        rows.append(Row(row.id, row.conversation_id, row.user_id, row.lane, attempt, incoming, row.joins))
    return rows, len(found) > len(rows)


def hold(c: Connection, fence: Fence) -> None:
    """Make sure that the claim still holds, and keep it until the transaction ends. Raises Fenced."""
    if _HELD.first(c, {"row": fence.inbox_id, "held": fence.attempt}) is None:
        raise _taken_over(fence)


def close(
    c: Connection, fence: Fence, others: Sequence[int] = (), *, state: str = "done", why: str | None = None
) -> None:
    """Close a claimed message, and with it those that were joined to it. Raises Fenced."""
    now = datetime.now(UTC)
    _close_held(c, fence, state=state, why=why, at=now)
    for other in others:
        _CLOSE.run(c, {"row": other, "still_open": False, "now": "joined", "why": None, "at": now})


def suspend(c: Connection, fence: Fence) -> None:
    """Let a claimed message wait for the person's answer. Raises Fenced."""
    _close_held(c, fence, state="waiting", why=None, at=None)


def _close_held(c: Connection, fence: Fence, *, state: str, why: str | None, at: datetime | None) -> None:
    values = {"row": fence.inbox_id, "held": fence.attempt, "still_open": False, "now": state, "why": why, "at": at}
    if not _CLOSE_HELD.run(c, values):
        raise _taken_over(fence)


def _taken_over(fence: Fence) -> Fenced:
    return Fenced(f"message {fence.inbox_id} was taken over after attempt {fence.attempt}")


def waiting(c: Connection, conversation_id: int) -> tuple[int, Incoming] | None:
    """The message whose handler waits for the person's answer, if there is one."""
    row = _WAITING.first(c, {"conversation": conversation_id})
    return None if row is None else (int(row.id), codec.decode(Incoming, row.payload))


def resume(c: Connection, inbox_id: int, incoming: Incoming) -> None:
    """Open a waiting message again; `incoming` carries the address to answer at from now on."""
    c.execute(
        update(inbox)
        .where(inbox.c.id == inbox_id, inbox.c.state == "waiting")
        .values(state="open", is_open=True, payload=codec.encode(incoming))
    )


def abandon_waiting(c: Connection, conversation_id: int) -> int:
    """Close whatever waits for an answer in a conversation; how many."""
    result = c.execute(
        update(inbox)
        .where(inbox.c.conversation_id == conversation_id, inbox.c.state == "waiting")
        .values(state="abandoned", closed_at=datetime.now(UTC))
    )
    return result.rowcount


def revise(c: Connection, conversation_id: int, edit: Edit) -> bool:
    """Put an edit's text into the message it changes, where that one still waits to be claimed. False: too late."""
    row = _UNCLAIMED_ORIGINAL.first(c, {"conversation": conversation_id, "external": edit.external_id})
    if row is None:
        return False
    original = codec.decode(Incoming, row.payload)
    if not isinstance(original.event, Message):
        return False
    changed = replace(original, event=replace(original.event, parts=edit.parts))
    c.execute(update(inbox).where(inbox.c.id == row.id).values(payload=codec.encode(changed)))
    return True


def purge(c: Connection, *, before: datetime, keep_platforms: Sequence[str]) -> int:
    """Empty closed messages that are older than `before` and delete their answers and steps; how many.

    The rows stay: histories refer to them, and they still deduplicate.
    """
    old = (
        select(inbox.c.id)
        .where(inbox.c.closed_at < before, inbox.c.payload != "{}", inbox.c.platform.not_in(list(keep_platforms)))
        .limit(500)  # one short transaction at a time; the caller repeats
    )
    ids = [row[0] for row in c.execute(old)]
    if ids:
        c.execute(turn_step.delete().where(turn_step.c.inbox_id.in_(ids)))
        c.execute(outbox.delete().where(outbox.c.inbox_id.in_(ids)))
        c.execute(update(inbox).where(inbox.c.id.in_(ids)).values(payload="{}"))
    return len(ids)
