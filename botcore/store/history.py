"""The history of a conversation: what was said, turn by turn, as the model is to see it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from sqlalchemy import Connection, Integer, and_, bindparam, delete, insert, select, update

from botcore.store import conversations
from botcore.store.prepared import Prepared
from botcore.store.tables import message


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A message to store. `content` and `meta` are JSON text, `content` without the role."""

    role: str
    content: str
    tokens: int = 0
    external_id: str | None = None
    meta: str = "{}"


class StoredMessage(NamedTuple):
    """A message of the history. `content` and `meta` are JSON text. All messages of a turn have its `inbox_id`."""

    id: int
    inbox_id: int | None
    role: str
    content: str
    tokens: int
    external_id: str | None
    meta: str


@dataclass(frozen=True, slots=True)
class Question:
    """What a turn began with: the messages of the person, in order."""

    inbox_id: int | None
    messages: Sequence[StoredMessage]


_COLUMNS = (
    message.c.id,
    message.c.inbox_id,
    message.c.role,
    message.c.content,
    message.c.tokens,
    message.c.external_id,
    message.c.meta,
)
_WINDOW = (
    select(*_COLUMNS)
    .where(
        message.c.conversation_id == bindparam("conversation"),
        message.c.id > bindparam("after"),
        message.c.id < bindparam("before"),
    )
    .order_by(message.c.id.desc())
    .limit(bindparam("most", type_=Integer))
)
_READ_WINDOW = Prepared(_WINDOW)
_INSERT_ID = Prepared(insert(message).returning(message.c.id))
_OF_TURN = and_(message.c.conversation_id == bindparam("conversation"), message.c.inbox_id == bindparam("turn"))
_REMOVE_TURN = delete(message).where(_OF_TURN)
_TURN_IDS = select(message.c.id).where(_OF_TURN).order_by(message.c.id)
_FORGET_AFTER = delete(message).where(
    message.c.conversation_id == bindparam("conversation"), message.c.id > bindparam("after")
)
_IS_LAST = (
    select(message.c.id)
    .where(message.c.conversation_id == bindparam("conversation"), message.c.id > bindparam("after"))
    .limit(1)
)
_DELETE = delete(message).where(message.c.id == bindparam("row"))
_OVERWRITE = (
    update(message)
    .where(message.c.id == bindparam("row"))
    .values({name: bindparam(f"new_{name}") for name in ("role", "content", "tokens", "external_id", "meta")})
)

_END = 2**63 - 1  # beyond every id


def append(
    c: Connection, conversation_id: int, *, inbox_id: int | None, user_id: int | None, messages: Sequence[NewMessage]
) -> list[int]:
    """Add messages at the end, in order; their ids."""
    now = datetime.now(UTC)
    return [
        int(
            _INSERT_ID.scalar(
                c,
                {
                    "conversation_id": conversation_id,
                    "user_id": user_id,
                    "inbox_id": inbox_id,
                    "role": new.role,
                    "external_id": new.external_id,
                    "content": new.content,
                    "tokens": new.tokens,
                    "meta": new.meta,
                    "created_at": now,
                },
            )
        )
        for new in messages
    ]


def window(
    c: Connection, conversation_id: int, *, turns: int = 50, history_from: int | None = None
) -> list[StoredMessage]:
    """The last `turns` turns that are not forgotten, whole, the newest last.

    `history_from` saves a query where the caller has the conversation's row.
    """
    if history_from is None:
        history_from = conversations.get(c, conversation_id).history_from
    found: list[StoredMessage] = []
    if turns < 1:
        return found
    begun = 0  # turns of which the first message was seen, because an older one follows
    before, most = _END, 2 * turns + 1  # a question and an answer each, and one that shows where the oldest begins
    while True:
        rows = _rows(c, conversation_id, history_from, before, most)
        for row in rows:
            if found and _begins_turn(found[-1], row):
                begun += 1
                if begun == turns:
                    return found[::-1]
            found.append(row)
        if len(rows) < most:
            return found[::-1]
        before = rows[-1].id


def _begins_turn(row: StoredMessage, older: StoredMessage) -> bool:
    """Whether a turn begins with `row`. Messages that did not come through the inbox (imported) go by their roles."""
    return row.inbox_id != older.inbox_id or (row.inbox_id is None and row.role == "user")


def _rows(c: Connection, conversation_id: int, after: int, before: int, most: int) -> list[StoredMessage]:
    found = _READ_WINDOW.all(c, {"conversation": conversation_id, "after": after, "before": before, "most": most})
    return [StoredMessage._make(row) for row in found]


def last_question(c: Connection, conversation_id: int) -> Question | None:
    """What the last turn began with; None where nothing is remembered."""
    asked = [row for row in window(c, conversation_id, turns=1) if row.role == "user"]
    return Question(asked[0].inbox_id, asked) if asked else None


def remove_turn(c: Connection, conversation_id: int, inbox_id: int) -> int:
    """Take a turn out, question and answer; how many messages."""
    return c.execute(_REMOVE_TURN, {"conversation": conversation_id, "turn": inbox_id}).rowcount


def forget_after(c: Connection, conversation_id: int, message_id: int) -> int:
    """Take out everything after a message; how many messages."""
    return c.execute(_FORGET_AFTER, {"conversation": conversation_id, "after": message_id}).rowcount


def replace(
    c: Connection, conversation_id: int, inbox_id: int, messages: Sequence[NewMessage], *, user_id: int | None = None
) -> None:
    """Put other messages into the place of a turn, or at the end where it is gone.

    A turn with others behind it has no room for more messages than it had: then the tool calls are left out.
    """
    turn = {"conversation": conversation_id, "turn": inbox_id}
    places: list[int] = list(c.execute(_TURN_IDS, turn).scalars())
    room = len(places)
    if len(messages) > room and room and c.execute(_IS_LAST, {**turn, "after": places[-1]}).first():
        kept = [new for new in messages if new.role != "tool" and '"tool_calls"' not in new.content]
        messages = kept if len(kept) <= room else [*kept[: room - 1], kept[-1]] if room > 1 else kept[:1]
    for place, new in zip(places, messages, strict=False):
        values = {"role": new.role, "content": new.content, "tokens": new.tokens}
        c.execute(
            _OVERWRITE,
            {f"new_{name}": value for name, value in values.items()}
            | {"row": place, "new_external_id": new.external_id, "new_meta": new.meta},
        )
    for place in places[len(messages) :]:
        c.execute(_DELETE, {"row": place})
    append(c, conversation_id, inbox_id=inbox_id, user_id=user_id, messages=messages[room:])
