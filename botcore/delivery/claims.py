"""Claims: the oldest open message of a conversation, taken to be worked on. Units of work over a connection."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import takewhile
from typing import Any

from sqlalchemy import Connection, Integer, bindparam, select, true, update

from botcore.delivery.inbox import Fence, Row, close, decoded
from botcore.messages import Address, Chat, Incoming, Message, Sender
from botcore.store.prepared import Prepared
from botcore.store.tables import conversation, inbox

LOOKED_AT = 16  # open messages that are read to claim the oldest: the rest of an album (10 at most) comes along
MOST_JOINED = 100  # messages that are one: a paste of 100,000 characters comes in 25
JOIN_PATIENCE = 5  # times `join_seconds` that the first of several waits for the last


@dataclass(frozen=True, slots=True)
class NotYet:
    """The oldest message may be the start of several that belong together: look again in `seconds`."""

    seconds: float


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
    .limit(bindparam("most", type_=Integer))
    .with_for_update()
)

_CLAIM = Prepared(
    update(inbox)
    .where(inbox.c.id == bindparam("row"), inbox.c.is_open == true())
    .values(attempt=inbox.c.attempt + 1, state="claimed", owner=bindparam("worker"))
    .returning(inbox.c.attempt)
)

_ORIGIN = (
    select(
        inbox.c.update_id,
        inbox.c.platform,
        inbox.c.bot_id,
        conversation.c.chat_id,
        conversation.c.thread_id,
        conversation.c.kind,
    )
    .join(conversation, conversation.c.id == inbox.c.conversation_id)
    .where(inbox.c.id == bindparam("row"))
)


def claim(
    c: Connection, conversation_id: int, lane: int, *, worker: str, join_seconds: float
) -> tuple[Sequence[Row], bool] | NotYet | None:
    """Claim the oldest open message and those that belong to it; whether more is open. None: nothing is open."""
    this = {"conversation": conversation_id, "lane": lane}
    found = _OLDEST.all(c, {**this, "most": LOOKED_AT})
    if not found:
        return None
    members = _members(found)
    if len(members) == LOOKED_AT:
        found = _OLDEST.all(c, {**this, "most": MOST_JOINED})
        members = _members(found)
    if (seconds := _still_to_come(members, join_seconds)) > 0:
        return NotYet(seconds)
    rows: list[Row] = []
    for row in members:
        attempt: int = _CLAIM.scalar(c, {"row": row.id, "worker": worker})
        incoming = decoded(row.id, row.payload)
        known = incoming or _without_content(c, row)
        rows.append(Row(row.id, conversation_id, row.user_id, lane, attempt, known, row.joins, incoming is not None))
    return rows, len(found) > len(rows) or len(found) == MOST_JOINED


def _members(found: Sequence[Any]) -> Sequence[Any]:
    """The oldest message and those that belong to it.

    What came after a first claim is none of them: their answer may be committed already.
    """
    head = found[0]
    if head.joins is None:
        return found[:1]
    return list(takewhile(lambda row: row.joins == head.joins and (not head.attempt or row.attempt), found))


def _still_to_come(members: Sequence[Any], join_seconds: float) -> float:
    """Seconds to wait for more that belongs to these: until none has come for a while. 0: no longer."""
    head, last = members[0], members[-1]
    if head.joins is None or head.attempt or len(members) >= MOST_JOINED:
        return 0.0
    now = datetime.now(UTC)
    since, waited = (now - last.received_at).total_seconds(), (now - head.received_at).total_seconds()
    return join_seconds - since if since >= 0 and waited < JOIN_PATIENCE * join_seconds else 0.0


def _without_content(c: Connection, row: Any) -> Incoming:
    """What is known of a message beside its payload: enough to answer it with a notice."""
    origin = c.execute(_ORIGIN, {"row": row.id}).one()
    thread = origin.thread_id or None
    return Incoming(
        id=origin.update_id,
        address=Address(origin.platform, origin.bot_id, origin.chat_id, thread),
        chat=Chat(origin.platform, origin.chat_id, origin.kind, thread),
        sender=Sender("", "somebody"),
        event=Message("", ()),
        received_at=row.received_at,
    )


def give_up(c: Connection, conversation_id: int, lane: int, why: str) -> int:
    """Close the oldest open message, which cannot be worked on; how many were closed."""
    oldest = _OLDEST.first(c, {"conversation": conversation_id, "lane": lane, "most": 1})
    if oldest is None:
        return 0
    attempt: int = _CLAIM.scalar(c, {"row": oldest.id, "worker": ""})
    close(c, Fence(oldest.id, attempt), state="failed", why=why)
    return 1
