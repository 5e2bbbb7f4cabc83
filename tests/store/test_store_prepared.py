"""Prepared statements do what the same statement executed by SQLAlchemy does, on both databases."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import Connection, bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError

from botcore.store.database import Database
from botcore.store.prepared import Prepared
from botcore.store.statements import insert_if_new
from botcore.store.tables import conversation, user_account

NEW_USER = Prepared(insert(user_account).returning(user_account.c.id))
USERS = select(user_account).where(user_account.c.id >= bindparam("least")).order_by(user_account.c.id).limit(5)
RENAME = Prepared(
    update(user_account).where(user_account.c.id == bindparam("row")).values(settings=bindparam("chosen"))
)
NEW_CHAT = Prepared(insert_if_new(conversation, "platform", "chat_id", "thread_id", "user_ref"))
SAME_CHAT = Prepared(insert(conversation))
CHAT = {"platform": "telegram", "chat_id": "7", "thread_id": "", "user_ref": "", "kind": "private", "scope": "user"}


async def test_rows_come_as_sqlalchemy_gives_them(database: Database) -> None:
    moment = datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=timezone(timedelta(hours=2)))

    def unit(c: Connection) -> None:
        ids = [
            NEW_USER.scalar(c, {"locale": locale, "settings": "{}", "created_at": moment}) for locale in ("de", None)
        ]
        usual = c.execute(USERS, {"least": ids[0]}).all()
        prepared = Prepared(USERS).all(c, {"least": ids[0]})
        assert [tuple(row) for row in prepared] == [tuple(row) for row in usual]
        assert [(row.id, row.locale) for row in prepared] == [(ids[0], "de"), (ids[1], None)]
        assert prepared[0].created_at == moment
        assert prepared[0].created_at.tzinfo is UTC

    await database.run(unit)


async def test_counts_what_was_changed(database: Database) -> None:
    def unit(c: Connection) -> tuple[int, int]:
        row = NEW_USER.scalar(c, {"locale": "de", "settings": "{}", "created_at": datetime.now(UTC)})
        changed = RENAME.run(c, {"row": row, "chosen": '{"model":"m"}'})
        assert Prepared(USERS).first(c, {"least": row}).settings == '{"model":"m"}'
        return changed, RENAME.run(c, {"row": row + 1, "chosen": "{}"})

    assert await database.run(unit) == (1, 0)


async def test_fills_in_the_columns_defaults_and_finds_nothing_new_twice(database: Database) -> None:
    before = datetime.now(UTC)

    def unit(c: Connection) -> None:
        row = NEW_CHAT.scalar(c, CHAT)
        assert NEW_CHAT.scalar(c, CHAT) is None
        stored = Prepared(select(conversation).where(conversation.c.id == bindparam("row"))).first(c, {"row": row})
        assert (stored.settings, stored.history_from, stored.summary) == ("{}", 0, "")
        assert before <= stored.created_at <= datetime.now(UTC)

    await database.run(unit)


async def test_a_clash_is_the_error_that_sqlalchemy_raises(database: Database) -> None:
    await database.run(lambda c: NEW_CHAT.scalar(c, CHAT))
    with pytest.raises(IntegrityError):
        await database.run(lambda c: SAME_CHAT.run(c, CHAT))
    assert await database.read(lambda c: len(c.execute(select(conversation.c.id)).all())) == 1


async def test_a_naive_time_is_refused(database: Database) -> None:
    values = {"locale": None, "settings": "{}", "created_at": datetime(2026, 1, 1)}  # noqa: DTZ001 - the point of it
    with pytest.raises(Exception, match="naive"):
        await database.run(lambda c: NEW_USER.scalar(c, values))
