"""A database with conversations in it, and people who agreed to be learned from or did not."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from functools import partial

import pytest
from sqlalchemy import Connection, insert, update

from botcore.messages import ConversationKey
from botcore.openai import Api, ApiSettings
from botcore.store import consents
from botcore.store.accounts import ensure_identity
from botcore.store.conversations import ensure_conversation
from botcore.store.database import Database
from botcore.store.history import NewMessage, append
from botcore.store.tables import inbox, message, rating
from botcore.testing.openai_server import OfflineSettings, offline_api


class Past:
    """What was said. Every method is a unit of work of its own."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._count = 0

    async def person(self, name: str = "Ada Lovelace", *, consents_to_it: bool = True) -> int:
        """Somebody; their user id."""

        def unit(c: Connection) -> int:
            person = ensure_identity(c, "telegram", name, name).user_id
            consents.put(c, person, given=consents_to_it)
            return person

        return await self._database.run(unit)

    async def turn(
        self,
        person: int,
        asked: str,
        answered: str = "Certainly.",
        *,
        thumb: int = 0,
        persona: str = "assistant",
        chat: str = "1",
        between: tuple[tuple[str, dict[str, object]], ...] = (),
        at: datetime | None = None,
    ) -> int:
        """One question and its answer; the inbox id. `between`: messages between them."""
        self._count += 1
        answer: dict[str, object] = {"content": answered}
        unit = partial(
            self._turn,
            person=person,
            asked=asked,
            said=(*between, *([("assistant", answer)] if answered else [])),
            thumb=thumb,
            persona=persona,
            chat=chat,
            at=at or datetime.now(UTC),
            number=self._count,
        )
        return await self._database.run(unit)

    @staticmethod
    def _turn(
        c: Connection,
        *,
        person: int,
        asked: str,
        said: tuple[tuple[str, dict[str, object]], ...],
        thumb: int,
        persona: str,
        chat: str,
        at: datetime,
        number: int,
    ) -> int:
        conversation = ensure_conversation(c, ConversationKey("telegram", chat), "private", "user")
        row = {
            "platform": "telegram",
            "bot_id": "bot",
            "update_id": str(number),
            "conversation_id": conversation,
            "user_id": person,
            "payload": "{}",
            "received_at": at,
        }
        inbox_id = int(c.execute(insert(inbox).returning(inbox.c.id), row).scalar_one())
        meta = json.dumps({"name": "Ada", "persona": persona, "model": "small"} if said else {"failed": True})
        messages = [
            NewMessage("user", json.dumps({"content": asked}), meta=meta),
            *(NewMessage(role, json.dumps(content)) for role, content in said),
        ]
        append(c, conversation, inbox_id=inbox_id, user_id=person, messages=messages)
        c.execute(update(message).where(message.c.inbox_id == inbox_id).values(created_at=at))
        if thumb:
            c.execute(insert(rating), {"inbox_id": inbox_id, "user_id": person, "value": thumb, "created_at": at})
        return inbox_id


@pytest.fixture
def past(sqlite_database: Database) -> Past:
    return Past(sqlite_database)


@pytest.fixture
def anywhere(database: Database) -> Past:
    """The same, on SQLite and on PostgreSQL."""
    return Past(database)


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    """The stand-in, which moderates by a word list and answers as it was taught."""
    async with offline_api(OfflineSettings(introduce=False)) as server, Api(ApiSettings(base_url=server.url)) as api:
        yield api
