"""The outbox: places, their states, and what becomes of them when somebody else takes them over."""

from functools import partial

import pytest
from sqlalchemy import update

from botcore.delivery import inbox, outbox
from botcore.delivery.inbox import URGENT
from botcore.delivery.outbox import Place
from botcore.delivery.purge import purge_all
from botcore.delivery.steps import answer, steps
from botcore.messages import Button, Image, Piece
from botcore.store.database import Database
from botcore.store.tables import inbox as inbox_table
from botcore.store.tables import outbox as outbox_table

from .stage import accept, accept_in, claimed, incoming, places, ready, row


async def test_a_place_comes_back_as_it_was_put(database: Database) -> None:
    conversation, (one,) = await accept(database, "hello")
    work = await claimed(database, conversation)
    piece = Piece("hi", [{"type": "bold"}], (Image(data=b"\x00\xff", name="a.png"),), ((Button("Go", says="/go"),),))
    written = [Place(0, "reserved", "7", Piece("…")), Place(1, "ready", None, piece, "notice")]
    await database.run(partial(outbox.put, fence=work.fence, written=written))
    assert await database.read(partial(outbox.places, inbox_id=one)) == written
    changed = [Place(0, "ready", "7", Piece("done")), Place(1, "surplus", "8", None, "notice")]
    await database.run(partial(outbox.put, fence=work.fence, written=changed))
    assert await database.read(partial(outbox.places, inbox_id=one)) == changed


@pytest.mark.parametrize(
    ("stored", "committed"),
    [
        ([], False),
        ([Place(0, "reserved", "7")], False),
        ([ready()], True),
        ([Place(0, "sending", None)], True),
        ([Place(0, "surplus", "7")], True),
        ([Place(-1, "surplus", "6", None, "queue")], False),
        ([Place(-1, "gone", "6", None, "queue"), Place(0, "reserved", "7")], False),
        ([Place(0, "sent", "7", None, "question")], False),
        ([Place(0, "sent", "7", None, "question"), ready(1, kind="question")], True),
        ([Place(0, "sent", "7", None, "question"), ready(1)], True),
        ([Place(0, "sent", "7"), Place(1, "reserved", "8")], True),
    ],
)
async def test_what_counts_as_a_committed_answer(
    sqlite_database: Database, stored: list[Place], committed: bool
) -> None:
    conversation, _ = await accept(sqlite_database, "hello")
    work = await claimed(sqlite_database, conversation)
    await sqlite_database.run(partial(outbox.put, fence=work.fence, written=stored))
    assert (await claimed(sqlite_database, conversation)).committed is committed


async def test_a_commit_that_is_repeated_is_known_by_its_attempt(database: Database) -> None:
    conversation, _ = await accept(database, "hello")
    work = await claimed(database, conversation)
    await database.run(partial(outbox.put, fence=work.fence, written=[Place(0, "reserved", "7")]))
    assert not await database.run(partial(outbox.committed, fence=work.fence))
    await database.run(partial(outbox.put, fence=work.fence, written=[ready(external_id="7")]))
    assert await database.run(partial(outbox.committed, fence=work.fence))
    work = await claimed(database, conversation)
    assert not await database.run(partial(outbox.committed, fence=work.fence))


async def test_an_unreadable_answer_is_told_from_an_empty_place(database: Database) -> None:
    conversation, (one,) = await accept(database, "hello")
    work = await claimed(database, conversation)
    await database.run(partial(outbox.put, fence=work.fence, written=[ready(external_id="7")]))
    await database.run(lambda c: c.execute(update(outbox_table).values(body='{"text": 3}')))
    assert await database.read(partial(outbox.places, inbox_id=one)) == [Place(0, "ready", "7")]


async def test_a_handed_over_answer_is_gone_and_its_questions_stay(database: Database) -> None:
    conversation, (one,) = await accept(database, "hello")
    work = await claimed(database, conversation)
    written = [Place(0, "sent", "7", Piece("Which?"), "question"), Place(1, "sent", "8", Piece("That.")), ready(2)]
    await database.run(partial(outbox.put, fence=work.fence, written=written))
    await database.run(partial(outbox.hand_over, inbox_id=one))
    assert await places(database, one) == [(0, "sent", "7"), (1, "gone", "8"), (2, "gone", None)]


async def answered(database: Database, update_id: str, kind: str) -> tuple[int, int]:
    conversation, (one,) = await accept(database, incoming(update=update_id))
    work = await claimed(database, conversation)
    await database.run(partial(outbox.put, fence=work.fence, written=[Place(0, "sent", update_id, Piece("x"), kind)]))
    await database.run(partial(inbox.close, fence=work.fence))
    return conversation, one


async def test_the_notice_before_is_found_by_an_edit_of_its_message(database: Database) -> None:
    conversation, one = await answered(database, "u-notice", "notice")
    number = (await row(database, one)).external_id
    await accept(database, incoming("/stop"), lane=URGENT)  # overtakes, and changes nothing
    _, edit = await database.run(partial(accept_in, one=incoming("edit")))
    assert edit is not None
    before = partial(outbox.notice_before, conversation_id=conversation, inbox_id=edit)
    found = await database.read(partial(before, external_id=number))
    assert found is not None
    assert (found.inbox_id, [place.external_id for place in found.places]) == (one, ["u-notice"])
    assert await database.read(partial(before, external_id="another")) is None


async def test_an_answer_is_no_notice(database: Database) -> None:
    conversation, one = await answered(database, "u-answer", "answer")
    number = (await row(database, one)).external_id
    unit = partial(outbox.notice_before, conversation_id=conversation, inbox_id=one + 1, external_id=number)
    assert await database.read(unit) is None
    assert await database.read(partial(outbox.of_original, conversation_id=conversation, inbox_id=one)) is not None
    assert await database.read(partial(outbox.of_original, conversation_id=conversation + 1, inbox_id=one)) is None


async def test_a_purge_empties_what_is_old_and_keeps_the_rest(database: Database) -> None:
    conversation, (old,) = await accept(database, incoming("old", ago=9 * 86400))
    work = await claimed(database, conversation)
    await database.run(partial(outbox.put, fence=work.fence, written=[ready()]))
    await database.run(partial(answer, inbox_id=old, step="model/0", result=1))
    await database.run(partial(inbox.close, fence=work.fence))
    kept, (waits,) = await accept(database, incoming("waits", ago=9 * 86400))
    web, _ = await accept(database, incoming("shown", platform="web", ago=9 * 86400))
    await database.run(partial(inbox.close, fence=(await claimed(database, web)).fence))
    long_ago = (await row(database, old)).received_at
    await database.run(
        lambda c: c.execute(update(inbox_table).where(inbox_table.c.closed_at.is_not(None)).values(closed_at=long_ago))
    )
    assert await purge_all(database, keep_days=10, platforms=["room"]) == 0
    assert await purge_all(database, keep_days=7, platforms=["room"]) == 1
    assert await purge_all(database, keep_days=7, platforms=["room"]) == 0
    assert (await row(database, old)).payload == "{}"
    assert await places(database, old) == []
    assert await database.read(partial(steps, inbox_id=old)) == {}
    assert (await claimed(database, kept)).head.id == waits
    _, again = await database.run(partial(accept_in, one=incoming("old", update=(await row(database, old)).update_id)))
    assert again is None  # a redelivery is still known


async def test_a_purge_looks_at_more_than_one_page(sqlite_database: Database) -> None:
    many = [incoming(str(n), ago=9 * 86400) for n in range(1100)]
    await sqlite_database.run(lambda c: [accept_in(c, one) for one in many])
    long_ago = many[0].received_at
    await sqlite_database.run(
        lambda c: c.execute(update(inbox_table).values(closed_at=long_ago, is_open=False, state="done"))
    )
    await accept(sqlite_database, "young")
    assert await purge_all(sqlite_database, keep_days=7, platforms=["room"]) == 1100
