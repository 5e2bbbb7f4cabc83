"""A handler asks: its message is set aside, opened again with the answer, or abandoned."""

from datetime import UTC, datetime, timedelta
from functools import partial

from sqlalchemy import update

from botcore.delivery import inbox, outbox, steps, waiting
from botcore.messages import Image, Message
from botcore.store.database import Database
from botcore.store.tables import inbox as inbox_table

from .stage import accept, claimed, incoming, look, ready, row, states


async def asked(database: Database, text: str = "/order", *, sender: str = "ada") -> tuple[int, int]:
    """A message whose handler has asked something: its conversation and id."""
    conversation, (one,) = await accept(database, incoming(text, sender=sender))
    work = await claimed(database, conversation)
    assert work.head.id == one
    await database.run(partial(waiting.suspend, fence=work.fence))
    return conversation, one


async def test_it_is_found_by_the_one_who_was_asked_and_opened_again(database: Database) -> None:
    conversation, one = await asked(database)
    assert await look(database, conversation) is None
    for sender, found in (("ada", one), ("bob", None)):
        known = await database.run(partial(waiting.find, conversation_id=conversation, sender=sender))
        assert (known and known[0]) == found
    again = incoming("/order")
    assert await database.run(partial(waiting.resume, inbox_id=one, incoming=again)) == 1
    assert await database.run(partial(waiting.resume, inbox_id=one, incoming=again)) == 0
    work = await claimed(database, conversation)
    assert (work.head.id, work.head.attempt, work.incoming.id) == (one, 2, again.id)


async def test_each_of_several_people_is_found_by_their_own_question(database: Database) -> None:
    conversation, adas = await asked(database, sender="ada")
    _, bobs = await asked(database, sender="bob")
    for sender, wanted in (("ada", adas), ("bob", bobs)):
        known = await database.run(partial(waiting.find, conversation_id=conversation, sender=sender))
        assert known is not None
        assert known[0] == wanted


async def test_who_is_asked_anew_does_not_answer_the_earlier_question_any_more(database: Database) -> None:
    conversation, first = await asked(database)
    _, second = await asked(database)
    assert (await row(database, first)).state == "abandoned"
    known = await database.run(partial(waiting.find, conversation_id=conversation, sender="ada"))
    assert known is not None
    assert known[0] == second


async def test_what_was_asked_yesterday_is_not_answered_by_whatever_is_said_today(database: Database) -> None:
    conversation, one = await asked(database)
    old = datetime.now(UTC) - waiting.LIFETIME - timedelta(minutes=1)
    await database.run(lambda c: c.execute(update(inbox_table).where(inbox_table.c.id == one).values(closed_at=old)))
    assert await database.run(partial(waiting.find, conversation_id=conversation, sender="ada")) is None


async def test_abandoning_spares_what_waits_for_others(database: Database) -> None:
    conversation, _ = await asked(database, sender="ada")
    _, bobs = await asked(database, sender="bob")
    person = (await row(database, bobs)).user_id
    assert await database.run(partial(waiting.abandon, conversation_id=conversation, user_id=person)) == 1
    assert await states(database) == ["waiting", "abandoned"]
    assert await database.run(partial(waiting.abandon, conversation_id=conversation)) == 1
    assert await states(database) == ["abandoned", "abandoned"]


async def test_an_album_waits_as_a_whole_and_comes_back_as_a_whole(database: Database) -> None:
    album = [incoming(Message(f"p{n}", (Image(ref=f"p{n}"),), joins="album")) for n in range(3)]
    conversation, ids = await accept(database, *album)
    work = await claimed(database, conversation)
    await database.run(partial(waiting.suspend, fence=work.fence, others=work.others))
    assert await look(database, conversation) is None
    later = incoming(Message("p9", (Image(ref="p9"),), joins="album"))
    await accept(database, later)  # somebody forwards a picture of it once more
    assert await database.run(partial(waiting.resume, inbox_id=ids[0], incoming=work.incoming)) == 3
    again = await claimed(database, conversation)
    assert [one.id for one in again.rows] == ids
    assert again.more


async def test_an_unreadable_message_does_not_wait(database: Database) -> None:
    conversation, _ = await asked(database)
    await database.run(lambda c: c.execute(update(inbox_table).values(payload="{")))
    assert await database.run(partial(waiting.find, conversation_id=conversation, sender="ada")) is None


async def test_the_answer_is_the_result_of_the_step_that_asked(database: Database) -> None:
    conversation, one = await asked(database)
    work_steps = {"asked/ask/1": True, "ask/1": "large", "asked/ask/2": True}
    for name, result in work_steps.items():
        await database.run(partial(steps.answer, inbox_id=one, step=name, result=result))
    assert await database.read(partial(steps.pending_question, inbox_id=one)) == "ask/2"
    await database.run(partial(steps.answer, inbox_id=one, step="ask/2", result="cola"))
    await database.run(partial(steps.answer, inbox_id=one, step="ask/2", result="the first one stays"))
    assert await database.read(partial(steps.pending_question, inbox_id=one)) is None
    await database.run(partial(waiting.resume, inbox_id=one, incoming=incoming("/order")))
    work = await claimed(database, conversation)
    assert work.steps["ask/2"] == "cola"
    assert work.asked == 2


async def test_an_urgent_command_that_asked_goes_on_in_the_orderly_lane(database: Database) -> None:
    conversation, (one,) = await accept(database, "/urgent", lane=inbox.URGENT)
    work = await claimed(database, conversation, inbox.URGENT)
    await database.run(partial(waiting.suspend, fence=work.fence))
    await database.run(partial(waiting.resume, inbox_id=one, incoming=work.incoming))
    assert (await claimed(database, conversation)).head.id == one


async def test_a_delivered_question_leaves_the_message_free_for_its_next_turn(database: Database) -> None:
    """Whatever became of the places that the question took: the answer comes below it."""
    conversation, _ = await accept(database, "/order")
    work = await claimed(database, conversation)
    question = [
        ready(0, "Which size?", kind="question").now("unknown"),
        ready(1, "", kind="question").now("gone", "8"),
    ]
    await database.run(partial(outbox.put, fence=work.fence, written=question))
    again = await claimed(database, conversation)
    assert not again.committed
    await database.run(partial(outbox.put, fence=again.fence, written=[ready(2, "And?", kind="question")]))
    assert (await claimed(database, conversation)).committed
