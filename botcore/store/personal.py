"""All that is kept of one person: to hand out, and to delete."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Executable, bindparam, delete, or_, select

from botcore.messages import Json
from botcore.store.statements import load
from botcore.store.tables import BigKey, conversation, identity, inbox, memory, message, rating, usage, user_account

_PERSON = bindparam("person", type_=BigKey)
_ACCOUNTS = select(identity.c.platform, identity.c.external_id).where(identity.c.user_id == _PERSON)

# A conversation of this person alone; in a shared one only their own messages, and the answers to them, are theirs.
_OWN = select(conversation.c.id).where(
    select(identity.c.id)
    .where(
        identity.c.user_id == _PERSON,
        identity.c.platform == conversation.c.platform,
        identity.c.external_id == conversation.c.user_ref,
    )
    .exists()
)
_THEIRS = or_(
    message.c.user_id == _PERSON,
    message.c.conversation_id.in_(_OWN),
    message.c.inbox_id.in_(select(inbox.c.id).where(inbox.c.user_id == _PERSON)),
)

_EXPORTS: dict[str, Executable] = {
    "person": select(user_account.c.locale, user_account.c.settings, user_account.c.created_at).where(
        user_account.c.id == _PERSON
    ),
    "accounts": select(
        identity.c.platform, identity.c.external_id, identity.c.display_name, identity.c.access, identity.c.role
    ).where(identity.c.user_id == _PERSON),
    "conversations": select(
        conversation.c.id,
        conversation.c.platform,
        conversation.c.chat_id,
        conversation.c.thread_id,
        conversation.c.settings,
        conversation.c.summary,
        conversation.c.created_at,
    ).where(conversation.c.id.in_(_OWN)),
    "messages": select(
        message.c.conversation_id, message.c.role, message.c.content, message.c.meta, message.c.created_at
    )
    .where(_THEIRS)
    .order_by(message.c.id),
    "memories": select(memory.c.scope, memory.c.text, memory.c.created_at).where(memory.c.user_id == _PERSON),
    "ratings": select(rating.c.value, rating.c.created_at).where(rating.c.user_id == _PERSON).order_by(rating.c.id),
    "usage": select(
        usage.c.model, usage.c.input_tokens, usage.c.output_tokens, usage.c.cost_microusd, usage.c.created_at
    ).where(usage.c.user_id == _PERSON),
}
_ERASURES = (
    delete(message).where(_THEIRS),
    delete(conversation).where(conversation.c.id.in_(_OWN)),
    delete(inbox).where(inbox.c.user_id == _PERSON),
    delete(user_account).where(user_account.c.id == _PERSON),
)
_JSON = {"settings", "content", "meta"}  # columns


def export(c: Connection, user_id: int) -> dict[str, Json]:
    """Everything that is kept of a person, as JSON: a list of rows under each heading."""
    return {
        heading: [_as_json(row) for row in c.execute(statement, {"person": user_id}).mappings()]
        for heading, statement in _EXPORTS.items()
    }


def erase(c: Connection, user_id: int) -> int:
    """Delete everything that is kept of a person; how many rows were theirs.

    What was used stays as a sum without a name. In shared conversations their messages and the answers to them go.
    """
    return sum(c.execute(statement, {"person": user_id}).rowcount for statement in _ERASURES)


def _as_json(row: Mapping[Any, Any]) -> dict[str, Json]:
    found: dict[str, Json] = {}
    for name, value in row.items():
        found[name] = load(value) if name in _JSON else value.isoformat() if isinstance(value, datetime) else value
    return found
