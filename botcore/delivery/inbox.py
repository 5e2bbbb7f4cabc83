"""The inbox: accepted messages, and who works on them. Units of work over a connection; nothing here commits."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from sqlalchemy import Connection, bindparam, func, select, true, update

from botcore import codec
from botcore.errors import Fenced
from botcore.messages import Edit, Incoming, Message
from botcore.store.prepared import Prepared
from botcore.store.statements import insert_if_new
from botcore.store.tables import inbox

log = logging.getLogger(__name__)

ORDERLY, URGENT, REFUSED = 0, 1, 2
"""The lanes. In ORDERLY messages are answered one after the other; URGENT ones (/stop) overtake; REFUSED ones were over
the limit of open messages and get a notice only."""

WAITING, ASIDE = "waiting", "aside"
"""States of a message whose handler asked the person something, and of those that were joined to it."""

PURGED = "{}"  # payload of a message whose content was deleted for its age


@dataclass(frozen=True, slots=True)
class Row:
    """An inbox row as claimed. `attempt` is the fencing token.

    Not `readable`: what is stored is not of this version's making; `incoming` then has an address and nothing else.
    """

    id: int
    conversation_id: int
    user_id: int | None
    lane: int
    attempt: int
    incoming: Incoming
    joins: str | None
    readable: bool = True


@dataclass(frozen=True, slots=True)
class Tail:
    """The end of a conversation's queue: how many messages are open, and the last one's lane and `joins`."""

    open: int = 0
    lane: int = ORDERLY
    joins: str | None = None


@dataclass(frozen=True, slots=True)
class Fence:
    """Proof of a claim: what is written under it is refused once somebody else claimed the message."""

    inbox_id: int
    attempt: int


_ACCEPT = Prepared(insert_if_new(inbox, "platform", "bot_id", "update_id"))

_COUNT_OPEN = Prepared(
    select(func.count())
    .select_from(inbox)
    .where(inbox.c.conversation_id == bindparam("conversation"), inbox.c.lane == ORDERLY, inbox.c.is_open == true())
)

_LAST_OPEN = Prepared(
    select(inbox.c.lane, inbox.c.joins)
    .where(inbox.c.conversation_id == bindparam("conversation"), inbox.c.lane != URGENT, inbox.c.is_open == true())
    .order_by(inbox.c.id.desc())
    .limit(1)
)

_COUNT_ALL_OPEN = (
    select(func.count())
    .select_from(inbox)
    .where(inbox.c.is_open == true(), inbox.c.platform.in_(bindparam("platforms", expanding=True)))
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


def external_id_of(incoming: Incoming) -> str:
    """The platform's id of the message that happened, '' where it has none."""
    return incoming.event.external_id if isinstance(incoming.event, Message | Edit) else ""


def joins_of(incoming: Incoming) -> str | None:
    """What a message has in common with those that belong to it."""
    return incoming.event.joins if isinstance(incoming.event, Message) else None


def accept(c: Connection, incoming: Incoming, *, conversation_id: int, user_id: int | None, lane: int) -> int | None:
    """Insert a message; its id, or None where it was accepted before."""
    values = {
        "platform": incoming.address.platform,
        "bot_id": incoming.address.bot,
        "update_id": incoming.id,
        "conversation_id": conversation_id,
        "user_id": user_id,
        "lane": lane,
        "payload": codec.encode(incoming),
        "external_id": external_id_of(incoming),
        "joins": joins_of(incoming),
        "received_at": incoming.received_at,
        "state": "open",
        "is_open": True,
    }
    new = _ACCEPT.scalar(c, values)
    return None if new is None else int(new)


def tail(c: Connection, conversation_id: int) -> Tail:
    """How many messages of a conversation wait or are worked on, and the last one of them."""
    here = {"conversation": conversation_id}
    last = _LAST_OPEN.first(c, here)
    return Tail() if last is None else Tail(int(_COUNT_OPEN.scalar(c, here)), last.lane, last.joins)


def open_total(c: Connection, platforms: Sequence[str]) -> int:
    """How many messages of all conversations on these platforms wait or are worked on."""
    return int(c.execute(_COUNT_ALL_OPEN, {"platforms": list(platforms)}).scalar_one())


def open_conversations(c: Connection, platforms: Sequence[str]) -> list[tuple[int, int]]:
    """Conversation and lane of all open work on these platforms, the longest waiting first."""
    return [(int(row[0]), int(row[1])) for row in c.execute(_OPEN_CONVERSATIONS, {"platforms": list(platforms)})]


def decoded(inbox_id: int, payload: str) -> Incoming | None:
    """What was accepted. None where it cannot be read: another version wrote it, or it was purged."""
    try:
        return codec.decode(Incoming, payload)
    except ValueError as error:
        if payload != PURGED:
            log.error("message %d is stored in a form that cannot be read: %s", inbox_id, error)  # noqa: TRY400 - one line
        return None


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


def set_aside(c: Connection, fence: Fence, others: Sequence[int]) -> None:
    """Close a claimed message for the time in which its handler waits for the person. Raises Fenced."""
    now = datetime.now(UTC)
    _close_held(c, fence, state=WAITING, why=None, at=now)
    for other in others:
        _CLOSE.run(c, {"row": other, "still_open": False, "now": ASIDE, "why": None, "at": now})


def _close_held(c: Connection, fence: Fence, *, state: str, why: str | None, at: datetime | None) -> None:
    values = {"row": fence.inbox_id, "held": fence.attempt, "still_open": False, "now": state, "why": why, "at": at}
    if not _CLOSE_HELD.run(c, values):
        raise _taken_over(fence)


def _taken_over(fence: Fence) -> Fenced:
    return Fenced(f"message {fence.inbox_id} was taken over after attempt {fence.attempt}")


def revise(c: Connection, conversation_id: int, edit: Edit) -> bool:
    """Put an edit's text into the message (or edit) that still waits to be claimed. False: too late, none does."""
    row = _UNCLAIMED_ORIGINAL.first(c, {"conversation": conversation_id, "external": edit.external_id})
    if row is None:
        return False
    original = decoded(row.id, row.payload)
    if original is None or not isinstance(original.event, Message | Edit):
        return False
    changed = replace(original, event=replace(original.event, parts=edit.parts))
    c.execute(update(inbox).where(inbox.c.id == row.id).values(payload=codec.encode(changed)))
    return True
