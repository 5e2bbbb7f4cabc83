"""A chat as it is visible, read from the inbox and the outbox: for platforms that show the chat themselves."""

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, select

from botcore import codec
from botcore.adapter import Entry
from botcore.delivery.outbox import FAILED, GONE, RESERVED, SURPLUS
from botcore.messages import Attachment, Incoming, Message, Piece, Press, text_of
from botcore.store import ratings
from botcore.store.tables import conversation, inbox, outbox

_ROWS = (
    select(inbox.c.id, inbox.c.payload, inbox.c.received_at)
    .join(conversation, conversation.c.id == inbox.c.conversation_id)
    .where(
        conversation.c.platform == bindparam("platform"),
        conversation.c.chat_id == bindparam("chat"),
        conversation.c.thread_id == bindparam("thread"),
    )
    .order_by(inbox.c.id.desc())
    .limit(bindparam("most"))
)
_ANSWERS = (
    select(outbox.c.inbox_id, outbox.c.part, outbox.c.state, outbox.c.external_id, outbox.c.body, outbox.c.created_at)
    .where(outbox.c.inbox_id.in_(bindparam("ids", expanding=True)))
    .order_by(outbox.c.inbox_id, outbox.c.part)
)
_LAST_SEEN = (
    select(inbox.c.external_id)
    .join(conversation, conversation.c.id == inbox.c.conversation_id)
    .where(
        inbox.c.platform == bindparam("platform"),
        inbox.c.bot_id == bindparam("bot"),
        conversation.c.chat_id == bindparam("chat"),
        inbox.c.external_id != "",
    )
    .order_by(inbox.c.id.desc())
    .limit(1)
)


def transcript(c: Connection, *, platform: str, chat: str, thread: str = "", most: int = 200) -> list[Entry]:
    """The last visible messages of a chat, oldest first; `most` counts the people's."""
    rows = c.execute(_ROWS, {"platform": platform, "chat": chat, "thread": thread, "most": most}).all()[::-1]
    answers: dict[int, list[Entry]] = {}
    ids = [row.id for row in rows]
    rated = ratings.given(c, ids)
    for answer in c.execute(_ANSWERS, {"ids": ids}):
        if answer.state in (GONE, SURPLUS, FAILED) or not answer.body:
            continue
        entry = Entry(
            external_id=answer.external_id or f"{answer.inbox_id}/{answer.part}",
            mine=True,
            piece=codec.decode(Piece, answer.body),
            at=answer.created_at,
            settled=answer.state != RESERVED,
            rating=rated.get(answer.inbox_id, 0),
        )
        answers.setdefault(answer.inbox_id, []).append(entry)
    entries: list[Entry] = []
    for row in rows:
        entries.extend(_said(row.id, row.payload))
        entries.extend(answers.get(row.id, ()))
    return entries


def _said(inbox_id: int, payload: str) -> Sequence[Entry]:
    """What the person wrote or pressed; nothing of an edit, whose text stands where the original was."""
    if payload == "{}":
        return ()
    incoming = codec.decode(Incoming, payload)
    event = incoming.event
    if isinstance(event, Press):
        return [Entry(f"press/{inbox_id}", mine=False, piece=Piece(event.says), at=incoming.received_at)]
    if not isinstance(event, Message):
        return ()
    attachments = tuple(part for part in event.parts if isinstance(part, Attachment))
    piece = Piece(text_of(event.parts), attachments=attachments)
    return [Entry(event.external_id, mine=False, piece=piece, at=incoming.received_at)]


def last_seen(c: Connection, *, platform: str, bot: str, chat: str) -> str | None:
    """The id of the last message accepted from a chat."""
    row = c.execute(_LAST_SEEN, {"platform": platform, "bot": bot, "chat": chat}).first()
    return None if row is None else str(row[0])
