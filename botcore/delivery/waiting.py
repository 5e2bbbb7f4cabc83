"""Messages whose handler asked the person something: set aside until the answer comes, then opened again.

Units of work over a connection; nothing here commits.
"""

from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, bindparam, select, update

from botcore import codec
from botcore.delivery import inbox as inboxes
from botcore.delivery.inbox import ASIDE, ORDERLY, WAITING, Fence
from botcore.messages import Incoming
from botcore.store.prepared import Prepared
from botcore.store.tables import inbox

LIFETIME = timedelta(hours=24)
"""A question that was asked longer ago is not answered by whatever the person says next."""

_WAITING = Prepared(
    select(inbox.c.id, inbox.c.payload)
    .where(
        inbox.c.conversation_id == bindparam("conversation"),
        inbox.c.state == WAITING,
        inbox.c.closed_at > bindparam("since"),
    )
    .order_by(inbox.c.id.desc())
    .with_for_update()
)
_ABANDON = (
    update(inbox)
    .where(
        inbox.c.conversation_id == bindparam("conversation"),
        inbox.c.state.in_([WAITING, ASIDE]),
    )
    .values(state="abandoned", closed_at=bindparam("at"))
)
_ABANDON_OWN = _ABANDON.where(inbox.c.user_id == bindparam("person"))


def suspend(c: Connection, fence: Fence, others: tuple[int, ...] = ()) -> None:
    """Let a claimed message wait for the person's answer. What they were asked before is abandoned. Raises Fenced."""
    row = c.execute(select(inbox.c.conversation_id, inbox.c.user_id).where(inbox.c.id == fence.inbox_id)).first()
    if row is not None and row.user_id is not None:
        abandon(c, row.conversation_id, row.user_id)
    inboxes.set_aside(c, fence, others)


def find(c: Connection, conversation_id: int, sender: str) -> tuple[int, Incoming] | None:
    """The message whose handler waits for an answer of this sender (the platform's id), if there is one."""
    since = datetime.now(UTC) - LIFETIME
    for row in _WAITING.all(c, {"conversation": conversation_id, "since": since}):
        incoming = inboxes.decoded(row.id, row.payload)
        if incoming is not None and incoming.sender.id == sender:
            return int(row.id), incoming
    return None


def resume(c: Connection, inbox_id: int, incoming: Incoming) -> int:
    """Open a waiting message again, with what was joined to it; how many, 0 where it does not wait any more.

    `incoming` carries the address to answer at from now on.
    """
    again = {"state": "open", "is_open": True, "closed_at": None, "lane": ORDERLY}
    opened = c.execute(
        update(inbox)
        .where(inbox.c.id == inbox_id, inbox.c.state == WAITING)
        .values(**again, payload=codec.encode(incoming))
        .returning(inbox.c.conversation_id, inbox.c.joins)
    ).first()
    if opened is None:
        return 0
    if opened.joins is None:
        return 1
    aside = (
        inbox.c.conversation_id == opened.conversation_id,
        inbox.c.joins == opened.joins,
        inbox.c.state == ASIDE,
        inbox.c.id > inbox_id,
    )
    return 1 + c.execute(update(inbox).where(*aside).values(**again)).rowcount


def abandon(c: Connection, conversation_id: int, user_id: int | None = None) -> int:
    """Close whatever waits for an answer in a conversation, or only what waits for this person's; how many."""
    values = {"conversation": conversation_id, "at": datetime.now(UTC)}
    if user_id is None:
        return c.execute(_ABANDON, values).rowcount
    return c.execute(_ABANDON_OWN, {**values, "person": user_id}).rowcount
