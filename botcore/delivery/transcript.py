"""A chat as it is visible, read from the inbox and the outbox: for platforms that show the chat themselves."""

import re
from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection, and_, bindparam, or_, select

from botcore import codec
from botcore.adapter import Entry, Seen
from botcore.delivery.inbox import decoded
from botcore.delivery.outbox import FAILED, GONE, RESERVED, SURPLUS
from botcore.messages import Attachment, Audio, Edit, File, Image, Incoming, Message, Part, Piece, Press, Video, text_of
from botcore.store import ratings
from botcore.store.tables import conversation, inbox, outbox

_BYTES = re.compile(r'"data": ?"[A-Za-z0-9+/=_-]+"')
"""The bytes of a file in the JSON of a piece. In what somebody wrote, a quotation mark has a backslash before it."""

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
    select(
        outbox.c.inbox_id,
        outbox.c.part,
        outbox.c.kind,
        outbox.c.state,
        outbox.c.external_id,
        outbox.c.body,
        outbox.c.created_at,
    )
    .where(outbox.c.inbox_id.in_(bindparam("ids", expanding=True)))
    .order_by(outbox.c.inbox_id, outbox.c.part)
)
_BODY = (
    select(outbox.c.body)
    .join(inbox, inbox.c.id == outbox.c.inbox_id)
    .join(conversation, conversation.c.id == inbox.c.conversation_id)
    .where(
        conversation.c.platform == bindparam("platform"),
        conversation.c.chat_id == bindparam("chat"),
        conversation.c.thread_id == bindparam("thread"),
        or_(
            outbox.c.external_id == bindparam("external"),
            and_(outbox.c.inbox_id == bindparam("message"), outbox.c.part == bindparam("part")),
        ),
    )
    .order_by(outbox.c.id.desc())
    .limit(1)
)
_earlier = inbox.alias()
_LAST = (  # one look into an index for each conversation
    select(_earlier.c.id)
    .where(
        _earlier.c.conversation_id == conversation.c.id,
        _earlier.c.bot_id == bindparam("bot"),
        _earlier.c.external_id != "",
    )
    .order_by(_earlier.c.id.desc())
    .limit(1)
    .correlate(conversation)
    .scalar_subquery()
)
_SEEN = (
    select(conversation.c.chat_id, conversation.c.thread_id, inbox.c.external_id)
    .select_from(conversation)
    .join(inbox, inbox.c.id == _LAST)
    .where(conversation.c.platform == bindparam("platform"))
    .order_by(inbox.c.id)
)


def transcript(c: Connection, *, platform: str, chat: str, thread: str = "", most: int = 200) -> list[Entry]:
    """The last visible messages of a chat, oldest first; `most` counts the people's.

    Answers stand below what they answer, as they did when they came: what follows a question of the bot's stands below
    the message that answered it. An edited message has its new text. The files of answers come without their bytes: a
    long chat full of pictures would be held whole; `files_at` gives those of one message.
    """
    rows = c.execute(_ROWS, {"platform": platform, "chat": chat, "thread": thread, "most": most}).all()[::-1]
    answers, later = _answers(c, [row.id for row in rows])
    entries: list[Entry] = []
    for row in rows:
        while later and later[0].at < row.received_at:
            entries.append(later.pop(0))
        incoming = decoded(row.id, row.payload)
        if incoming is not None and isinstance(incoming.event, Edit):
            _correct(entries, incoming.event)
        elif incoming is not None:
            entries.extend(_said(row.id, incoming))
        entries.extend(answers.get(row.id, ()))
    return [*entries, *later]


def _answers(c: Connection, ids: Sequence[int]) -> tuple[dict[int, list[Entry]], list[Entry]]:
    """What the bot says to each message at once; and what it said after its question was answered, by time."""
    answers: dict[int, list[Entry]] = {}
    later: list[Entry] = []
    asked: set[int] = set()
    rated = ratings.given(c, ids)
    for answer in c.execute(_ANSWERS, {"ids": ids}):
        if answer.state in (GONE, SURPLUS, FAILED) or not answer.body:
            continue
        entry = Entry(
            external_id=answer.external_id or _unsent(answer.inbox_id, answer.part),
            mine=True,
            piece=_light(answer.body),
            at=answer.created_at,
            settled=answer.state != RESERVED,
            rating=rated.get(answer.inbox_id, 0),
        )
        (later if answer.inbox_id in asked else answers.setdefault(answer.inbox_id, [])).append(entry)
        if answer.kind == "question":
            asked.add(answer.inbox_id)
    return answers, sorted(later, key=lambda entry: entry.at)


def files_at(
    c: Connection, *, platform: str, chat: str, external_id: str, thread: str = ""
) -> tuple[Image | Audio | Video | File, ...]:
    """The files of one message of the bot's, as `transcript` names it, with their bytes; none where it is gone."""
    message, _, part = external_id.partition("/")
    unsent = message.isascii() and message.isdecimal() and part.isascii() and part.isdecimal() and len(external_id) < 19
    where = {"message": int(message), "part": int(part)} if unsent else {"message": -1, "part": -1}
    named = {"platform": platform, "chat": chat, "thread": thread, "external": external_id}
    body: str | None = c.execute(_BODY, {**named, **where}).scalar()
    return codec.decode(Piece, body).attachments if body else ()


def _unsent(inbox_id: int, part: int) -> str:
    """What a message is called that has no id of the platform's yet."""
    return f"{inbox_id}/{part}"


def _light(body: str) -> Piece:
    """A stored message without the bytes of its files, which are not even decoded."""
    return codec.decode(Piece, _BYTES.sub('"data":null', body))


def _correct(entries: list[Entry], edit: Edit) -> None:
    for index, entry in enumerate(entries):
        if not entry.mine and entry.external_id == edit.external_id:
            entries[index] = replace(entry, piece=_piece(edit.parts))


def _said(inbox_id: int, incoming: Incoming) -> Sequence[Entry]:
    """What the person wrote or pressed."""
    event = incoming.event
    if isinstance(event, Press):
        return [Entry(f"press/{inbox_id}", mine=False, piece=Piece(event.says), at=incoming.received_at)]
    if not isinstance(event, Message):
        return ()
    piece, at = _piece(event.parts), incoming.received_at
    return [Entry(event.external_id, mine=False, piece=piece, at=at, reply_to=event.reply_to)]


def _piece(parts: Sequence[Part]) -> Piece:
    return Piece(text_of(parts), attachments=tuple(part for part in parts if isinstance(part, Attachment)))


def seen(c: Connection, *, platform: str, bot: str) -> list[Seen]:
    """The last message accepted from each chat and thread; people with histories of their own count together."""
    latest = {
        (row.chat_id, row.thread_id): row.external_id for row in c.execute(_SEEN, {"platform": platform, "bot": bot})
    }
    return [Seen(chat, thread or None, external_id) for (chat, thread), external_id in latest.items()]
