"""Small scenes that the store's tests begin with."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import Connection, insert

from botcore.messages import ConversationKey
from botcore.store.accounts import ensure_identity
from botcore.store.conversations import ensure_conversation
from botcore.store.history import NewMessage, StoredMessage, append
from botcore.store.tables import inbox


def person(c: Connection, name: str = "anna", platform: str = "telegram") -> int:
    """The user id of a person."""
    return ensure_identity(c, platform, name, name.title()).user_id


def place(c: Connection, chat: str = "chat", user: str = "anna", thread: str = "", platform: str = "telegram") -> int:
    """The id of a conversation."""
    return ensure_conversation(c, ConversationKey(platform, chat, thread, user), "private", "user")


def accepted(c: Connection, conversation_id: int, user_id: int | None = None) -> int:
    """The id of an inbox row, as delivery leaves it behind."""
    columns = {
        "platform": "telegram",
        "bot_id": "bot",
        "update_id": f"{datetime.now(UTC).timestamp()}-{conversation_id}-{id(object())}",
        "conversation_id": conversation_id,
        "user_id": user_id,
        "payload": "{}",
        "received_at": datetime.now(UTC),
    }
    return int(c.execute(insert(inbox).returning(inbox.c.id), columns).scalar_one())


def said(role: str, text: str, **more: object) -> NewMessage:
    """A message as the conversation stores it."""
    return NewMessage(role, json.dumps({"content": text, **more}, ensure_ascii=False), tokens=len(text))


def turn(c: Connection, conversation_id: int, *messages: NewMessage, user_id: int | None = None) -> int:
    """A turn with these messages; its inbox id."""
    inbox_id = accepted(c, conversation_id, user_id)
    append(c, conversation_id, inbox_id=inbox_id, user_id=user_id, messages=messages)
    return inbox_id


def chat_of(c: Connection, conversation_id: int, turns: int, user_id: int | None = None) -> list[int]:
    """Question and answer, `turns` times; the inbox ids."""
    return [
        turn(c, conversation_id, said("user", f"question {n}"), said("assistant", f"answer {n}"), user_id=user_id)
        for n in range(turns)
    ]


def texts(rows: Sequence[StoredMessage]) -> list[str]:
    """What was said."""
    return [json.loads(row.content)["content"] for row in rows]
