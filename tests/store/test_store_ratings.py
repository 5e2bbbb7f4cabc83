"""Thumbs on answers, and who agreed to be learned from."""

from collections.abc import Sequence
from functools import partial

import pytest
from sqlalchemy import Connection, insert

from botcore.store import consents, personal, ratings
from botcore.store.database import Database
from botcore.store.tables import outbox
from tests.store.scenes import accepted, person, place

THUMB_UP, THUMB_DOWN = "👍", "👎"


def answered(c: Connection, name: str = "anna", chat: str = "chat", external: str = "77") -> int:
    """A message of somebody, and the answer to it as Telegram shows it."""
    inbox_id = accepted(c, place(c, chat=chat, user=name), person(c, name))
    row = {"inbox_id": inbox_id, "part": 0, "state": "sent", "external_id": external}
    c.execute(insert(outbox), row)
    return inbox_id


def reacts(
    c: Connection,
    emojis: Sequence[str],
    *,
    name: str = "anna",
    chat: str = "chat",
    external: str = "77",
    bot: str = "bot",
) -> bool:
    """Somebody puts emojis on a message."""
    return ratings.react(c, platform="telegram", bot=bot, chat=chat, external_id=external, person=name, emojis=emojis)


async def rating(database: Database, inbox_id: int) -> int:
    """The rating of the answer to a message; 0: none."""
    return (await database.read(partial(ratings.given, inbox_ids=[inbox_id]))).get(inbox_id, 0)


@pytest.mark.parametrize(
    ("emojis", "value"),
    [
        (["👍"], 1),
        (["👎"], -1),
        (["👍🏽"], 1),
        (["❤", "👎"], -1),
        (["👍", "👎"], -1),
        (["❤"], None),
        ([""], None),
        ([], None),
    ],
)
def test_thumbs_rate_and_nothing_else_does(emojis: Sequence[str], value: int | None) -> None:
    assert ratings.value_of(emojis) == value


async def test_the_last_thumb_counts_until_it_is_taken_away(database: Database) -> None:
    question = await database.run(answered)
    for emojis, value in (((THUMB_UP,), 1), ((THUMB_UP,), 1), ((THUMB_DOWN,), -1), (("❤",), 0), ((), 0)):
        assert await database.run(partial(reacts, emojis=emojis))
        assert await rating(database, question) == value


async def test_only_who_asked_rates(database: Database) -> None:
    question = await database.run(answered)
    await database.run(partial(person, name="bert"))
    for somebody in ("bert", "a stranger"):
        assert not await database.run(partial(reacts, emojis=[THUMB_UP], name=somebody))
    assert await rating(database, question) == 0


async def test_a_message_is_known_by_its_chat_and_bot_too(database: Database) -> None:
    here = await database.run(answered)
    there = await database.run(partial(answered, chat="elsewhere"))
    assert await database.run(partial(reacts, emojis=[THUMB_DOWN], chat="elsewhere"))
    assert not await database.run(partial(reacts, emojis=[THUMB_DOWN], bot="another"))
    assert not await database.run(partial(reacts, emojis=[THUMB_DOWN], external="78"))
    assert (await rating(database, here), await rating(database, there)) == (0, -1)


async def test_of_an_answer_that_moved_the_latest_is_rated(database: Database) -> None:
    """An edited question is answered in the place of the first answer."""
    first = await database.run(answered)
    second = await database.run(answered)
    assert await database.run(partial(reacts, emojis=[THUMB_UP]))
    assert (await rating(database, first), await rating(database, second)) == (0, 1)


async def test_ratings_are_handed_out_and_erased_with_the_person(database: Database) -> None:
    question = await database.run(answered)
    await database.run(partial(reacts, emojis=[THUMB_UP]))
    anna = await database.run(person)
    handed = await database.read(partial(personal.export, user_id=anna))
    assert [one["value"] for one in handed["ratings"]] == [1]
    await database.run(partial(personal.erase, user_id=anna))
    assert await rating(database, question) == 0


async def test_nobody_consents_unasked(database: Database) -> None:
    anna, bert = await database.run(person), await database.run(partial(person, name="bert"))
    since = partial(consents.since, user_id=anna)
    assert await database.read(since) is None
    await database.run(partial(consents.put, user_id=anna, given=True))
    first = await database.read(since)
    assert first is not None
    await database.run(partial(consents.put, user_id=anna, given=True))
    assert await database.read(since) == first  # saying it twice changes nothing
    assert await database.read(partial(consents.since, user_id=bert)) is None
    await database.run(partial(consents.put, user_id=anna, given=False))
    assert await database.read(since) is None
    await database.run(partial(consents.put, user_id=10**9, given=True))  # nobody: nothing to note
