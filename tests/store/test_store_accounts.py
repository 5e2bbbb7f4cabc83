"""People and their accounts."""

import asyncio
from functools import partial

from sqlalchemy import func, select

from botcore.store import accounts
from botcore.store.database import Database
from botcore.store.tables import identity, user_account


async def test_a_stranger_becomes_a_person_with_an_account(database: Database) -> None:
    made = await database.run(partial(accounts.ensure_identity, platform="telegram", external_id="7", display_name="A"))
    assert (made.access, made.role) == ("", "user")
    assert await database.read(partial(accounts.find_identity, platform="telegram", external_id="7")) == made


async def test_the_same_account_is_the_same_person_under_a_new_name(database: Database) -> None:
    ensure = partial(accounts.ensure_identity, platform="telegram", external_id="7", locale="de")
    first = await database.run(partial(ensure, display_name="Anna"))
    assert await database.run(partial(ensure, display_name="Änne 🦊")) == first
    rows = await database.read(
        lambda c: c.execute(
            select(identity.c.display_name, user_account.c.locale).join(
                user_account, user_account.c.id == identity.c.user_id
            )
        ).all()
    )
    assert [tuple(row) for row in rows] == [("Änne 🦊", "de")]


async def test_the_same_id_elsewhere_is_somebody_else(database: Database) -> None:
    here = await database.run(partial(accounts.ensure_identity, platform="telegram", external_id="7", display_name="A"))
    there = await database.run(partial(accounts.ensure_identity, platform="discord", external_id="7", display_name="A"))
    assert here.user_id != there.user_id
    assert await database.read(partial(accounts.find_identity, platform="web", external_id="7")) is None


async def test_a_stranger_who_writes_many_messages_at_once_is_one_person(database: Database) -> None:
    """On PostgreSQL they are accepted by several connections: the loser of the race must leave no orphan."""
    ensure = partial(accounts.ensure_identity, platform="telegram", external_id="7", display_name="A")
    found = await asyncio.gather(*(database.run(ensure) for _ in range(12)))
    assert len(set(found)) == 1
    assert await database.read(lambda c: c.execute(select(func.count()).select_from(user_account)).scalar()) == 1
