"""The answer while it is worked out: its place, its growth, its end. Nothing in the background outlives it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Connection

from botcore.delivery import answer as answers
from botcore.delivery import inbox, outbox, sending
from botcore.delivery.answer import Answer
from botcore.delivery.inbox import Fence
from botcore.delivery.outbox import Place, Standing
from botcore.errors import Fenced, MessageGone, SendFailed, SendUnknown, StoreUnavailable
from botcore.messages import Piece, Reply
from botcore.store.database import Database

from .stage import Wall, accept, claimed, incoming, places, ready, row


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "SHORTEST_PAUSE", 0.001)
    monkeypatch.setattr(answers, "TYPING_AFTER", 0.0)
    monkeypatch.setattr(answers, "RESERVATION_PATIENCE", 0.05)


@pytest.fixture
async def wall() -> AsyncIterator[Wall]:
    """A platform; afterwards nothing of an answer may still run."""
    yield Wall()
    left = [task.get_name() for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    assert not [name for name in left if name.startswith(("reserve", "paint", "typing"))]


async def begun(database: Database, wall: Wall) -> Answer:
    conversation, _ = await accept(database, "hello")
    return Answer(await claimed(database, conversation), wall, database, placeholder="…")


async def until(condition: Callable[[], object]) -> None:
    """Wait for a condition."""
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.001)


async def test_the_place_is_taken_and_shown_growing_and_committed(database: Database, wall: Wall) -> None:
    answer = await begun(database, wall)
    answer.reserve()
    answer.grow("Once ")
    await until(lambda: wall.texts == ["Once "])
    answer.grow("upon a time")
    await until(lambda: wall.texts == ["Once upon a time"])
    await answer.commit(Reply.of("Once upon a time."))
    assert await places(database, answer._work.head.id) == [(0, "ready", "1")]
    assert [place.state for place in answer._work.places] == ["ready"]


async def test_a_growing_answer_takes_further_places_and_none_is_left_behind(
    sqlite_database: Database, wall: Wall
) -> None:
    answer = await begun(sqlite_database, wall)
    answer.reserve()
    answer.grow("a" * 150)
    await until(lambda: wall.texts == ["a" * 100, "a" * 50])
    await answer.commit(Reply.of("short after all"))
    assert await places(sqlite_database, answer._work.head.id) == [(0, "ready", "1"), (1, "surplus", "2")]


async def test_a_place_that_is_being_taken_at_the_end_is_known(sqlite_database: Database, wall: Wall) -> None:
    answer = await begun(sqlite_database, wall)
    slow = asyncio.Event()
    send = wall.send

    async def slowly(*args: Any, **kwargs: Any) -> str:
        await slow.wait()
        return await send(*args, **kwargs)

    wall.send = slowly  # type: ignore[method-assign] # a platform that takes its time
    answer.reserve()
    committing = asyncio.ensure_future(answer.commit(Reply.of("hi")))
    await asyncio.sleep(0)
    slow.set()
    await committing
    assert await places(sqlite_database, answer._work.head.id) == [(0, "ready", "1")]


async def test_a_turn_that_is_cut_still_records_the_place_that_was_being_taken(
    sqlite_database: Database, wall: Wall
) -> None:
    answer = await begun(sqlite_database, wall)
    answer.reserve()
    committing = asyncio.ensure_future(answer.commit(Reply.of("hi")))
    await asyncio.sleep(0)
    committing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await committing
    await answer.abandon()
    assert await places(sqlite_database, answer._work.head.id) == [(0, "reserved", "1")]


@pytest.mark.parametrize("error", [SendFailed("blocked"), MessageGone("the question")])
async def test_a_refused_place_leaves_the_answer_to_the_courier(
    sqlite_database: Database, wall: Wall, error: Exception
) -> None:
    wall.fails("send", error)
    answer = await begun(sqlite_database, wall)
    answer.reserve()
    answer.grow("hi")
    await answer.commit(Reply.of("hi"))
    assert await places(sqlite_database, answer._work.head.id) == [(0, "ready", None)]


async def test_a_place_that_was_not_confirmed_is_taken_again(sqlite_database: Database, wall: Wall) -> None:
    wall.fails("sent", SendUnknown("?"))
    answer = await begun(sqlite_database, wall)
    answer.reserve()
    await answer.commit(Reply.of("hi"))
    assert await places(sqlite_database, answer._work.head.id) == [(0, "ready", "2")]


class Flaky:
    """A database that is away for the next writes."""

    def __init__(self, database: Database, away: int) -> None:
        self._database = database
        self.away = away

    async def run(self, unit: Callable[[Connection], Any]) -> Any:
        if self.away:
            self.away -= 1
            raise StoreUnavailable("gone")
        return await self._database.run(unit)

    async def read(self, unit: Callable[[Connection], Any]) -> Any:
        return await self._database.read(unit)


async def test_a_database_that_is_away_costs_no_place_and_no_answer(sqlite_database: Database, wall: Wall) -> None:
    conversation, _ = await accept(sqlite_database, "hello")
    work = await claimed(sqlite_database, conversation)
    answer = Answer(work, wall, Flaky(sqlite_database, 2), placeholder="…")
    answer.reserve()
    await answer.commit(Reply.of("hi"))
    assert wall.sent == ["…"]
    assert await places(sqlite_database, work.head.id) == [(0, "ready", "1")]


async def test_who_is_overtaken_while_taking_a_place_gives_it_back(sqlite_database: Database, wall: Wall) -> None:
    answer = await begun(sqlite_database, wall)
    await claimed(sqlite_database, answer._work.head.conversation_id)
    wall.fails("delete", SendFailed("no"))
    answer.reserve()
    with pytest.raises(Fenced):
        await answer.commit(Reply.of("hi"))
    await answer.abandon()
    assert wall.calls[-1] == "delete"


async def test_a_fault_of_the_adapter_while_it_grows_is_logged_and_costs_no_answer(
    sqlite_database: Database, wall: Wall, caplog: pytest.LogCaptureFixture
) -> None:
    wall.fails("frame", ZeroDivisionError("a bug in an adapter"))
    answer = await begun(sqlite_database, wall)
    answer.reserve()
    answer.grow("hi")
    await until(lambda: "frame" in wall.calls)
    await answer.commit(Reply.of("hi"))
    assert "showing it while it grew failed" in caplog.text
    assert await places(sqlite_database, answer._work.head.id) == [(0, "ready", "1")]


async def test_a_frame_that_is_refused_changes_nothing(sqlite_database: Database, wall: Wall) -> None:
    wall.fails("frame", SendFailed("not modified"))
    answer = await begun(sqlite_database, wall)
    answer.reserve()
    answer.grow("one ")
    await until(lambda: "frame" in wall.calls)
    answer.grow("two")
    await until(lambda: wall.texts == ["one two"])
    await answer.abandon()


async def test_typing_is_shown_until_there_is_text(sqlite_database: Database, wall: Wall) -> None:
    answer = await begun(sqlite_database, wall)
    answer.reserve()
    await until(lambda: wall.calls.count("typing") > 1)
    answer.grow("text")
    await until(lambda: "frame" in wall.calls)
    await asyncio.sleep(0)
    pulses = wall.calls.count("typing")
    answer.grow(" and more")
    await until(lambda: wall.calls.count("frame") == 2)
    assert wall.calls.count("typing") == pulses
    await answer.abandon()


async def test_an_adopted_answer_is_replaced_and_its_further_parts_go(sqlite_database: Database, wall: Wall) -> None:
    conversation, (first,) = await accept(sqlite_database, "question")
    work = await claimed(sqlite_database, conversation)
    old = [
        Place(0, "sent", "1", Piece("one")),
        Place(1, "failed", None, Piece("two")),
        Place(2, "failed", "3", Piece("three")),
        Place(3, "sent", "4", Piece("four")),
        Place(4, "gone", "5", None),
    ]
    await sqlite_database.run(partial(outbox.put, fence=work.fence, written=old))
    await sqlite_database.run(partial(inbox.close, fence=work.fence))
    answer = await begun(sqlite_database, wall)
    answer.adopt(Standing(first, old))
    answer.reserve()
    await answer.commit(Reply.of("better"))
    assert await places(sqlite_database, answer._work.head.id) == [
        (0, "ready", "1"),
        (1, "surplus", "3"),
        (2, "surplus", "4"),
    ]
    assert {state for _, state, _ in await places(sqlite_database, first)} == {"gone"}
    assert wall.sent == []


async def test_where_nothing_can_be_replaced_an_earlier_answer_stays(sqlite_database: Database) -> None:
    wall = Wall(edits=False)
    answer = await begun(sqlite_database, wall)
    answer.adopt(Standing(1, [Place(0, "sent", "1", Piece("one"))]))
    await answer.commit(Reply.of("better"))
    assert await places(sqlite_database, answer._work.head.id) == [(0, "ready", None)]


async def test_the_next_answer_stands_below_the_question_that_was_asked(sqlite_database: Database, wall: Wall) -> None:
    conversation, (one,) = await accept(sqlite_database, "/order")
    work = await claimed(sqlite_database, conversation)
    asked = [Place(0, "unknown", None, Piece("Which?"), "question"), Place(1, "gone", "2", None, "question")]
    await sqlite_database.run(partial(outbox.put, fence=work.fence, written=asked))
    answer = Answer(await claimed(sqlite_database, conversation), wall, sqlite_database, placeholder="…")
    answer.reserve()
    await answer.commit(Reply.of("that one"))
    assert await places(sqlite_database, one) == [(0, "unknown", None), (1, "gone", "2"), (2, "ready", "1")]


async def test_a_commit_whose_confirmation_was_lost_is_stored_once(sqlite_database: Database, wall: Wall) -> None:
    class Breaks(Flaky):
        async def run(self, unit: Callable[[Connection], Any]) -> Any:
            result = await self._database.run(unit)
            if self.away:
                self.away -= 1
                raise StoreUnavailable("broke off in the very commit")
            return result

    conversation, _ = await accept(sqlite_database, "hello")
    work = await claimed(sqlite_database, conversation)
    recorded = list[int]()
    answer = Answer(work, wall, Breaks(sqlite_database, 1), placeholder="…")
    await answer.commit(Reply.of("hi"), record=lambda _: recorded.append(1))
    assert recorded == [1]


async def test_a_word_about_the_queue_goes_when_the_turn_comes_and_is_not_deleted_twice(
    sqlite_database: Database, wall: Wall
) -> None:
    wall.shown["q"] = "waiting behind 3"
    conversation, (one,) = await accept(sqlite_database, "hello")
    word = Place(outbox.QUEUE_PART, "surplus", "q", Piece("waiting"), outbox.QUEUE)
    await sqlite_database.run(partial(outbox.put, fence=Fence(one, 0), written=[word]))
    answer = Answer(await claimed(sqlite_database, conversation), wall, sqlite_database, placeholder="…")
    answer.reserve()
    await answer.commit(Reply.of("hi"))
    assert wall.calls.count("delete") == 1
    assert await places(sqlite_database, one) == [(-1, "gone", "q"), (0, "ready", "1")]


async def test_a_word_about_the_queue_that_a_crash_left_behind_is_found_by_its_key(sqlite_database: Database) -> None:
    """It was to be sent, and nobody knows whether it was."""
    for landed in (True, False):
        wall = Wall(idempotent=True)
        conversation, (one,) = await accept(sqlite_database, incoming("hello", chat=str(landed)))
        piece = Piece("waiting")
        if landed:
            await wall.send(incoming().address, piece, key=f"{one}/queue")
        word = Place(outbox.QUEUE_PART, "surplus", None, piece, outbox.QUEUE)
        await sqlite_database.run(partial(outbox.put, fence=Fence(one, 0), written=[word]))
        answer = Answer(await claimed(sqlite_database, conversation), wall, sqlite_database, placeholder="…")
        answer.reserve()
        await answer.commit(Reply.of("hi"))
        assert wall.texts == ["…"]
        assert (await places(sqlite_database, one))[0][:2] == (-1, "gone")


async def test_an_ignored_message_is_closed_at_once(database: Database, wall: Wall) -> None:
    answer = await begun(database, wall)
    await answer.ignore("nobody asked")
    closed = await row(database, answer._work.head.id)
    assert (answer.closed, closed.state, closed.error) == (True, "ignored", "nobody asked")


async def test_an_ignored_message_with_a_word_about_the_queue_takes_no_second_turn(
    sqlite_database: Database, wall: Wall
) -> None:
    """Its turn did something (it answered a question): dying before the word is deleted must not repeat it."""
    conversation, (one,) = await accept(sqlite_database, "large")
    word = Place(outbox.QUEUE_PART, "surplus", "q", Piece("waiting"), outbox.QUEUE)
    await sqlite_database.run(partial(outbox.put, fence=Fence(one, 0), written=[word]))
    answer = Answer(await claimed(sqlite_database, conversation), wall, sqlite_database, placeholder="…")
    await answer.ignore("the answer to a question")
    assert not answer.closed
    again = await claimed(sqlite_database, conversation)
    assert again.committed
    assert ready().kind == again.places[0].kind
