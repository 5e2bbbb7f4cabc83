"""What people think of answers: a thumb of the person who was answered, the last one counts."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final, Literal, TypeAlias

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from botcore.store.tables import conversation, identity, inbox, outbox, rating

Value: TypeAlias = Literal[1, -1]

THUMBS: Final[dict[str, Value]] = {"\N{THUMBS UP SIGN}": 1, "\N{THUMBS DOWN SIGN}": -1}
"""The emojis that rate. A heart or a laugh may mean anything, and trains nothing."""

# Message ids are unique in one chat only. Of an answer that moved (an edited question) the latest place is meant.
_ANSWERED = (
    select(inbox.c.id, inbox.c.user_id)
    .join(outbox, outbox.c.inbox_id == inbox.c.id)
    .join(conversation, conversation.c.id == inbox.c.conversation_id)
    .join(identity, identity.c.user_id == inbox.c.user_id)
    .where(
        outbox.c.external_id == bindparam("external"),
        inbox.c.platform == bindparam("at"),
        inbox.c.bot_id == bindparam("bot"),
        conversation.c.chat_id == bindparam("chat"),
        identity.c.platform == bindparam("at"),
        identity.c.external_id == bindparam("person"),
    )
    .order_by(outbox.c.id.desc())
    .limit(1)
)
_OF = (rating.c.inbox_id == bindparam("message"), rating.c.user_id == bindparam("user"))
_CHANGE = update(rating).where(*_OF).values(value=bindparam("new"), created_at=bindparam("now"))
_ADD = insert(rating)
_DROP = delete(rating).where(*_OF)
_GIVEN = select(rating.c.inbox_id, rating.c.value).where(rating.c.inbox_id.in_(bindparam("ids", expanding=True)))


def value_of(emojis: Sequence[str]) -> Value | None:
    """The rating that emojis mean, whatever their skin tone; the last thumb counts.

    >>> value_of(["❤", "👍🏽"])
    1
    """
    plain = (emoji[:1] for emoji in emojis)
    return next((THUMBS[one] for one in reversed(list(plain)) if one in THUMBS), None)


def react(
    c: Connection, *, platform: str, bot: str, chat: str, external_id: str, person: str, emojis: Sequence[str]
) -> bool:
    """Keep what a person's emojis on a message of the bot say of it. False: it is no answer to this person.

    `person` and `external_id` are the platform's ids. Only who asked may rate: else one member of a group could decide
    what the bot is taught. Without a thumb an earlier rating is taken back.
    """
    where = {"external": external_id, "at": platform, "bot": bot, "chat": chat, "person": person}
    answered = c.execute(_ANSWERED, where).first()
    if answered is None:
        return False
    value, key = value_of(emojis), {"message": answered.id, "user": answered.user_id}
    if value is None:
        c.execute(_DROP, key)
        return True
    now = datetime.now(UTC)
    if not c.execute(_CHANGE, {**key, "new": value, "now": now}).rowcount:
        c.execute(_ADD, {"inbox_id": answered.id, "user_id": answered.user_id, "value": value, "created_at": now})
    return True


def given(c: Connection, inbox_ids: Sequence[int]) -> dict[int, int]:
    """The ratings of the answers to these messages."""
    return {row.inbox_id: row.value for row in c.execute(_GIVEN, {"ids": list(inbox_ids)})}
