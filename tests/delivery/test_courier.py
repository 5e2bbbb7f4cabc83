"""The courier: what is committed becomes visible, once, on each kind of platform, whatever the platform does."""

from functools import partial
from typing import Literal

import pytest

from botcore.delivery import outbox, sending
from botcore.delivery.courier import MOST_PLACES, Courier
from botcore.delivery.outbox import Place
from botcore.delivery.work import Work
from botcore.errors import BotcoreError, Fenced, MessageGone, SendFailed, SendLater, SendUnknown
from botcore.messages import Piece
from botcore.store.database import Database

from .stage import Wall, accept, claimed, places, ready, row, states

Plain = Literal["at-least-once", "at-most-once"]
LATER = SendLater("slow down", retry_after=0.0)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "SHORTEST_PAUSE", 0.001)


async def committed(database: Database, *written: Place) -> Work:
    """A claimed message with this answer committed."""
    conversation, _ = await accept(database, "hello")
    work = await claimed(database, conversation)
    await database.run(partial(outbox.put, fence=work.fence, written=written))
    work.places = list(written)
    return work


async def again(database: Database, work: Work) -> Work:
    """The same message, claimed by the next process."""
    return await claimed(database, work.head.conversation_id)


def courier(wall: Wall, database: Database, plain: Plain = "at-least-once") -> Courier:
    return Courier(wall, database, placeholder="…", plain_sends=plain)


async def test_an_answer_goes_into_the_place_that_was_reserved(database: Database) -> None:
    wall = Wall()
    wall.shown["7"] = "…"
    work = await committed(database, ready(text="hi", external_id="7"))
    await courier(wall, database).deliver(work)
    assert (wall.texts, wall.calls) == (["hi"], ["edit", "edited"])
    assert await places(database, work.head.id) == [(0, "sent", "7")]
    assert (await row(database, work.head.id)).state == "done"


async def test_further_parts_take_places_first_and_what_is_left_over_goes(sqlite_database: Database) -> None:
    wall = Wall()
    wall.shown |= {"7": "…", "9": "left over"}
    work = await committed(
        sqlite_database, ready(0, "one", external_id="7"), ready(1, "two"), Place(2, "surplus", "9", None)
    )
    await courier(wall, sqlite_database).deliver(work)
    assert wall.texts == ["one", "two"]
    assert wall.sent == ["…"]
    assert [state for _, state, _ in await places(sqlite_database, work.head.id)] == ["sent", "sent", "gone"]


async def test_what_is_left_over_and_was_not_recorded_is_found_by_its_key(sqlite_database: Database) -> None:
    wall = Wall(idempotent=True)
    left = Place(outbox.QUEUE_PART, "surplus", None, Piece("waiting"))
    work = await committed(sqlite_database, left)
    await wall.send(work.address, Piece("waiting"), key=f"{work.head.id}/queue")
    await courier(wall, sqlite_database).deliver(work)
    assert (wall.texts, len(wall.sent)) == ([], 1)
    assert await states(sqlite_database) == ["done"]


@pytest.mark.parametrize("fault", [SendUnknown("?"), LATER])
@pytest.mark.parametrize("call", ["send", "edit", "edited"])
async def test_an_edited_answer_is_visible_once_whatever_was_not_confirmed(
    sqlite_database: Database, call: str, fault: Exception
) -> None:
    wall = Wall()
    wall.fails(call, fault, fault)
    await courier(wall, sqlite_database).deliver(await committed(sqlite_database, ready(text="hi")))
    assert wall.texts == ["hi"]
    assert await states(sqlite_database) == ["done"]


async def test_a_keyed_send_is_visible_once_whatever_was_not_confirmed(sqlite_database: Database) -> None:
    wall = Wall(edits=False, idempotent=True)
    wall.fails("sent", SendUnknown("?"))
    await courier(wall, sqlite_database).deliver(await committed(sqlite_database, ready(text="hi"), ready(1, "you")))
    assert wall.texts == ["hi", "you"]


async def test_a_plain_send_is_repeated_where_at_least_once_is_wanted(sqlite_database: Database) -> None:
    wall = Wall(edits=False)
    wall.fails("sent", SendUnknown("?"))
    await courier(wall, sqlite_database).deliver(await committed(sqlite_database, ready(text="hi")))
    assert wall.texts == ["hi", "hi"]


async def test_a_plain_send_is_not_repeated_where_at_most_once_is_wanted(sqlite_database: Database) -> None:
    wall = Wall(edits=False)
    wall.fails("sent", SendUnknown("?"))
    work = await committed(sqlite_database, ready(text="hi"))
    await courier(wall, sqlite_database, "at-most-once").deliver(work)
    assert wall.texts == ["hi"]
    assert await places(sqlite_database, work.head.id) == [(0, "unknown", None)]
    assert await states(sqlite_database) == ["done"]


async def test_flood_control_is_no_reason_to_drop_an_answer(sqlite_database: Database) -> None:
    wall = Wall(edits=False)
    wall.fails("send", LATER, LATER)
    await courier(wall, sqlite_database, "at-most-once").deliver(await committed(sqlite_database, ready(text="hi")))
    assert wall.texts == ["hi"]


async def test_a_plain_send_that_was_cut_by_death_is_not_begun_again(sqlite_database: Database) -> None:
    wall = Wall(edits=False)
    work = await committed(sqlite_database, ready(text="hi"), ready(1, "you"))
    await sqlite_database.run(partial(outbox.mark, fence=work.fence, place=ready().now("sending")))
    work = await again(sqlite_database, work)
    await courier(wall, sqlite_database, "at-most-once").deliver(work)
    assert wall.texts == ["you"]
    assert [state for _, state, _ in await places(sqlite_database, work.head.id)] == ["unknown", "sent"]


@pytest.mark.parametrize("error", [SendFailed("blocked"), MessageGone("what it replies to")])
@pytest.mark.parametrize("edits", [True, False])
async def test_a_refusal_for_good_closes_the_message_as_failed(
    sqlite_database: Database, edits: bool, error: Exception
) -> None:
    wall = Wall(edits=edits)
    wall.fails("send", error)
    work = await committed(sqlite_database, ready(text="hi"), ready(1, "you"))
    await courier(wall, sqlite_database).deliver(work)
    assert wall.texts == ["you"]  # the other part is delivered all the same
    closed = await row(sqlite_database, work.head.id)
    assert closed.state == "failed"
    assert str(error) in closed.error


async def test_a_place_that_cannot_be_deleted_does_no_harm_to_the_answer(sqlite_database: Database) -> None:
    wall = Wall()
    wall.shown["9"] = "left over"
    wall.fails("delete", SendFailed("older than two days"))
    question = ready(0, "Which?", kind="question")
    work = await committed(sqlite_database, question, Place(1, "surplus", "9", None, "question"))
    await courier(wall, sqlite_database).deliver(work)
    assert (await row(sqlite_database, work.head.id)).state == "waiting"


async def test_a_place_that_was_deleted_is_taken_again_under_another_key(sqlite_database: Database) -> None:
    wall = Wall(idempotent=True)
    work = await committed(sqlite_database, ready(text="hi", external_id="7"))
    wall.keys[f"{work.head.id}/0"] = "7"  # the platform remembers the first send
    await courier(wall, sqlite_database).deliver(work)
    assert wall.texts == ["hi"]
    assert await places(sqlite_database, work.head.id) == [(0, "sent", "1")]


async def test_a_group_that_deletes_whatever_a_bot_writes_is_not_written_to_for_ever(
    sqlite_database: Database,
) -> None:
    wall = Wall()
    wall.before = lambda call: wall.shown.clear() if call == "edit" else None
    work = await committed(sqlite_database, ready(text="hi"))
    await courier(wall, sqlite_database).deliver(work)
    assert len(wall.sent) == MOST_PLACES
    assert (await row(sqlite_database, work.head.id)).state == "failed"


async def test_a_question_is_delivered_and_its_message_waits(database: Database) -> None:
    wall = Wall()
    work = await committed(database, ready(0, "Which?", kind="question"), ready(1, "(of these)", kind="question"))
    await courier(wall, database).deliver(work)
    assert wall.texts == ["Which?", "(of these)"]
    assert (await row(database, work.head.id)).state == "waiting"


async def test_a_question_that_nobody_saw_is_not_waited_for(sqlite_database: Database) -> None:
    wall = Wall()
    wall.fails("send", SendFailed("blocked"))
    work = await committed(sqlite_database, ready(0, "Which?", kind="question"))
    await courier(wall, sqlite_database).deliver(work)
    assert await states(sqlite_database) == ["failed"]


async def test_a_question_that_may_have_landed_is_waited_for(sqlite_database: Database) -> None:
    wall = Wall(edits=False)
    wall.fails("send", SendUnknown("?"))
    work = await committed(sqlite_database, ready(0, "Which?", kind="question"))
    await courier(wall, sqlite_database, "at-most-once").deliver(work)
    assert await states(sqlite_database) == ["waiting"]


async def test_a_courier_that_was_overtaken_writes_nothing_more(sqlite_database: Database) -> None:
    wall = Wall()
    work = await committed(sqlite_database, ready(text="hi"), ready(1, "you"))
    await again(sqlite_database, work)
    with pytest.raises(Fenced):
        await courier(wall, sqlite_database).deliver(work)
    assert [state for _, state, _ in await places(sqlite_database, work.head.id)] == ["ready", "ready"]


async def test_an_answer_of_another_version_is_an_honest_notice(sqlite_database: Database) -> None:
    wall = Wall()
    await courier(wall, sqlite_database).deliver(await committed(sqlite_database, Place(0, "ready", None, None)))
    assert wall.texts == [BotcoreError.said]


async def test_an_answer_that_was_sent_and_not_recorded_is_sent_again_without_effect(
    sqlite_database: Database,
) -> None:
    wall = Wall()
    wall.shown["7"] = "hi"  # the edit has landed; then the process died
    work = await committed(sqlite_database, ready(text="hi", external_id="7"))
    await courier(wall, sqlite_database).deliver(await again(sqlite_database, work))
    assert wall.texts == ["hi"]
    with pytest.raises(Fenced):
        await courier(wall, sqlite_database).deliver(work)
