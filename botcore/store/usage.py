"""What was used: tokens and money of each request to the API."""

from datetime import UTC, datetime

from sqlalchemy import Connection, bindparam, func, select

from botcore.plugin import Usage
from botcore.store.prepared import Prepared
from botcore.store.statements import insert_if_new
from botcore.store.tables import usage

_RECORD = Prepared(insert_if_new(usage, "inbox_id", "step"))


_SUMS = select(
    func.coalesce(func.sum(usage.c.input_tokens), 0),
    func.coalesce(func.sum(usage.c.output_tokens), 0),
    func.coalesce(func.sum(usage.c.cost_microusd), 0),
    func.count(usage.c.id),
)
_TOTAL = _SUMS.where(usage.c.created_at >= bindparam("since"))
_OF_CONVERSATION = _TOTAL.where(usage.c.conversation_id == bindparam("conversation"))
_OF_USER = _TOTAL.where(usage.c.user_id == bindparam("user"))


def record(
    c: Connection,
    *,
    user_id: int | None,
    conversation_id: int | None,
    inbox_id: int | None,
    step: str,
    model: str,
    input_tokens: int = 0,
    output_tokens: int = 0,
    cost_microusd: int = 0,
    at: datetime | None = None,
) -> bool:
    """Record one request. False: this step of this message was recorded before, and nothing changed."""
    values = {
        "user_id": user_id,
        "conversation_id": conversation_id,
        "inbox_id": inbox_id,
        "step": step,
        "model": model,
        "input_tokens": input_tokens,
        "output_tokens": output_tokens,
        "cost_microusd": cost_microusd,
        "created_at": at or datetime.now(UTC),
    }
    return _RECORD.scalar(c, values) is not None


def total(c: Connection, *, conversation_id: int | None = None, user_id: int | None = None, since: datetime) -> Usage:
    """The sum since a moment: of a conversation, or of a person in all conversations, or of everything."""
    if conversation_id is not None and user_id is not None:
        raise ValueError("of a conversation or of a person, not both")
    statement = _OF_CONVERSATION if conversation_id is not None else _OF_USER if user_id is not None else _TOTAL
    values = {"since": since, "conversation": conversation_id, "user": user_id}
    wanted = {name: value for name, value in values.items() if value is not None}
    return Usage(*(int(value) for value in c.execute(statement, wanted).one()))
