"""Old work is emptied: the content of finished messages, their answers and steps. The history is not touched."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial

from sqlalchemy import Connection, Integer, bindparam, select, update

from botcore.delivery.inbox import ASIDE, PURGED, WAITING
from botcore.delivery.work import Database
from botcore.store.tables import inbox, outbox, turn_step

LOOKED_AT = 500  # rows: one short unit of work at a time

_NEXT = (
    select(
        inbox.c.id, inbox.c.platform, inbox.c.closed_at, inbox.c.received_at, (inbox.c.payload == PURGED).label("done")
    )
    .where(inbox.c.id > bindparam("after"))
    .order_by(inbox.c.id)
    .limit(bindparam("most", type_=Integer))
)


def old_work(c: Connection, *, after: int, before: datetime, platforms: Sequence[str]) -> tuple[list[int], int | None]:
    """Messages of these platforms that were closed before a moment, among the next ones after the id `after`.

    Also the id to go on from; None: whatever follows is younger.
    """
    rows = c.execute(_NEXT, {"after": after, "most": LOOKED_AT}).all()
    old = [
        row.id
        for row in rows
        if not row.done and row.platform in platforms and row.closed_at is not None and row.closed_at < before
    ]
    return old, rows[-1].id if len(rows) == LOOKED_AT and rows[-1].received_at < before else None


def purge(c: Connection, ids: Sequence[int]) -> None:
    """Empty these messages and delete their answers and steps.

    The rows stay: histories refer to them, and they still tell a redelivered message. Those that waited for the
    person's answer are abandoned.
    """
    these = inbox.c.id.in_(list(ids))
    c.execute(update(inbox).where(these, inbox.c.state.in_([WAITING, ASIDE])).values(state="abandoned"))
    c.execute(turn_step.delete().where(turn_step.c.inbox_id.in_(list(ids))))
    c.execute(outbox.delete().where(outbox.c.inbox_id.in_(list(ids))))
    c.execute(update(inbox).where(these).values(payload=PURGED))


async def purge_all(database: Database, *, keep_days: int, platforms: Sequence[str]) -> int:
    """Purge what was finished more than `keep_days` days ago on these platforms; how many messages.

    Looking is reading, which never holds up those who write.
    """
    before, after, purged = datetime.now(UTC) - timedelta(days=keep_days), 0, 0
    while True:
        ids, further = await database.read(partial(old_work, after=after, before=before, platforms=platforms))
        if ids:
            await database.run(partial(purge, ids=ids))
            purged += len(ids)
        if further is None:
            return purged
        after = further
