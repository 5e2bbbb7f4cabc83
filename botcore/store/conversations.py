"""Conversations: whose history it is, what was chosen in it, how far back it is remembered."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

from sqlalchemy import Connection, Executable, bindparam, delete, func, or_, select, update

from botcore.messages import SPOKEN, ConversationKey, Json
from botcore.store.prepared import Prepared
from botcore.store.statements import dump, insert_if_new, load
from botcore.store.tables import conversation, identity, inbox, message

TITLE = 60
"""Characters of a chat's title."""


@dataclass(frozen=True, slots=True)
class ConversationRow:
    """One conversation as stored. Messages up to the id `history_from` are forgotten."""

    id: int
    key: ConversationKey
    kind: str
    scope: str
    settings: Mapping[str, Json]
    history_from: int
    summary: str
    summary_upto: int


@dataclass(frozen=True, slots=True)
class ChatRow:
    """One chat in a list. `title`: the beginning of its first question, '' where that has no text."""

    chat_id: str
    title: str
    last: datetime


_FIND = Prepared(
    select(conversation.c.id).where(
        conversation.c.platform == bindparam("at"),
        conversation.c.chat_id == bindparam("chat"),
        conversation.c.thread_id == bindparam("thread"),
        conversation.c.user_ref == bindparam("user"),
    )
)
_NEW = Prepared(insert_if_new(conversation, "platform", "chat_id", "thread_id", "user_ref"))
_GET = Prepared(select(conversation).where(conversation.c.id == bindparam("row")))
_SET = update(conversation).where(conversation.c.id == bindparam("row")).values(settings=bindparam("chosen"))
_LAST_ID = select(func.max(message.c.id)).where(message.c.conversation_id == bindparam("row"))
_COUNT = (
    select(func.count())
    .select_from(message)
    .where(message.c.conversation_id == bindparam("row"), message.c.id > bindparam("start"))
)
_FORGET = (
    update(conversation)
    .where(conversation.c.id == bindparam("row"))
    .values(history_from=bindparam("upto"), summary="", summary_upto=0)
)
_DELETE_CHAT = delete(conversation).where(
    conversation.c.platform == bindparam("at"), conversation.c.chat_id == bindparam("chat")
)


def find_conversation(c: Connection, key: ConversationKey) -> int | None:
    """The id of a conversation."""
    found: int | None = _FIND.scalar(c, _of_key(key))
    return found


def ensure_conversation(c: Connection, key: ConversationKey, kind: str, scope: str) -> int:
    """The id of a conversation, which is made when it is new. `kind`: private, group; `scope`: user, chat."""
    if (found := find_conversation(c, key)) is not None:
        return found
    new = _NEW.scalar(
        c,
        {
            "platform": key.platform,
            "chat_id": key.chat,
            "thread_id": key.thread,
            "user_ref": key.user,
            "kind": kind,
            "scope": scope,
            "settings": "{}",
            "history_from": 0,
            "summary": "",
            "summary_upto": 0,
            "created_at": datetime.now(UTC),
        },
    )
    # None: another process was quicker, and its row is committed.
    return cast("int", new if new is not None else find_conversation(c, key))


def get(c: Connection, conversation_id: int) -> ConversationRow:
    """A conversation. Raises LookupError where it was deleted."""
    row = _GET.first(c, {"row": conversation_id})
    if row is None:
        raise LookupError(f"conversation {conversation_id} does not exist")
    return ConversationRow(
        id=row.id,
        key=ConversationKey(row.platform, row.chat_id, row.thread_id, row.user_ref),
        kind=row.kind,
        scope=row.scope,
        settings=load(row.settings),
        history_from=row.history_from,
        summary=row.summary,
        summary_upto=row.summary_upto,
    )


def set_settings(c: Connection, conversation_id: int, settings: Mapping[str, Json]) -> None:
    """Replace what was chosen in a conversation."""
    c.execute(_SET, {"row": conversation_id, "chosen": dump(dict(settings))})


def reset(c: Connection, conversation_id: int) -> int:
    """Forget the history and its summary; return how many messages were forgotten. They stay until the chat goes."""
    start = get(c, conversation_id).history_from
    forgotten = c.execute(_COUNT, {"row": conversation_id, "start": start}).scalar_one()
    last = c.execute(_LAST_ID, {"row": conversation_id}).scalar()
    c.execute(_FORGET, {"row": conversation_id, "upto": max(start, last or 0)})
    return forgotten


def delete_chat(c: Connection, platform: str, chat_id: str) -> int:
    """Delete a chat: its conversations and all that refers to them; how many conversations.

    What was used stays, without the chat and the message but with the user: deleting does not refill a budget.
    """
    return c.execute(_DELETE_CHAT, {"at": platform, "chat": chat_id}).rowcount


def chats_of(c: Connection, platform: str, external_id: str) -> list[ChatRow]:
    """The chats of a platform in which this person wrote, the latest first."""
    chats: dict[str, ChatRow] = {}
    for row in c.execute(_CHATS_OF, {"at": platform, "external": external_id}):
        title = _title(row.first) if row.first is not None else _title_of_accepted(row.accepted)
        found = ChatRow(row.chat_id, title, max(t for t in (row.made, row.said, row.came) if t is not None))
        known = chats.get(row.chat_id)
        if known is not None:  # a topic of the same chat
            found = ChatRow(row.chat_id, known.title or found.title, max(known.last, found.last))
        chats[row.chat_id] = found
    return sorted(chats.values(), key=lambda chat: chat.last, reverse=True)


def _title(content: str | None) -> str:
    """The beginning of a stored message's text."""
    said = load(content).get("content") if content else ""
    if isinstance(said, list):
        said = next((part["text"] for part in cast("list[dict[str, Any]]", said) if part.get("type") == "text"), "")
    return _shortened(str(said or "").replace(SPOKEN, "", 1))


def _title_of_accepted(payload: str | None) -> str:
    """The beginning of a message that is accepted and not yet answered."""
    event = load(payload).get("event", {}) if payload else {}
    texts = (part.get("text") or part.get("caption") or "" for part in event.get("parts", ()))
    return _shortened(next((text for text in texts if text), ""))


def _shortened(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= TITLE else text[: TITLE - 1].rstrip() + "…"


def _of_key(key: ConversationKey) -> dict[str, str]:
    return {"at": key.platform, "chat": key.chat, "thread": key.thread, "user": key.user}


def _chats_of() -> Executable:
    """Each detail is one look into an index, for one conversation at a time."""
    here = conversation.c.id
    first = select(message.c.content).where(message.c.conversation_id == here, message.c.role == "user")
    said = select(message.c.created_at).where(message.c.conversation_id == here).order_by(message.c.id.desc())
    accepted = select(inbox.c.payload).where(inbox.c.conversation_id == here).order_by(inbox.c.id)
    came = select(inbox.c.received_at).where(inbox.c.conversation_id == here).order_by(inbox.c.id.desc())
    person = select(identity.c.user_id).where(
        identity.c.platform == bindparam("at"), identity.c.external_id == bindparam("external")
    )
    wrote = select(message.c.conversation_id).where(message.c.user_id == person.scalar_subquery())
    asked = select(inbox.c.id).where(inbox.c.conversation_id == here, inbox.c.user_id == person.scalar_subquery())
    return (
        select(
            conversation.c.chat_id,
            conversation.c.created_at.label("made"),
            first.order_by(message.c.id).limit(1).scalar_subquery().label("first"),
            accepted.limit(1).scalar_subquery().label("accepted"),
            said.limit(1).scalar_subquery().label("said"),
            came.limit(1).scalar_subquery().label("came"),
        )
        .where(
            conversation.c.platform == bindparam("at"),
            or_(
                conversation.c.user_ref == bindparam("external"),
                (conversation.c.user_ref == "") & or_(conversation.c.id.in_(wrote), asked.exists()),
            ),
        )
        .order_by(conversation.c.id)
    )


_CHATS_OF = _chats_of()
