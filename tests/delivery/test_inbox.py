"""The inbox: what is accepted is kept once; whoever claims it alone may write; what belongs together is one."""

import asyncio
from functools import partial

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from botcore.delivery import claims, inbox, outbox, steps, waiting
from botcore.delivery.claims import NotYet
from botcore.delivery.inbox import ORDERLY, REFUSED, URGENT
from botcore.delivery.work import Work
from botcore.errors import Fenced
from botcore.messages import Edit, Image, Message, Text
from botcore.store.database import Database
from botcore.store.tables import inbox as inbox_table

from .stage import accept, accept_in, claimed, incoming, look, places, ready, row, stale, states


def text_of(work: Work) -> str:
    event = work.incoming.event
    assert isinstance(event, Message)
    return event.text


async def test_a_message_is_accepted_once(database: Database) -> None:
    one = incoming("hello", update="same")
    await accept(database, one)
    _, again = await database.run(partial(accept_in, one=one))
    assert again is None
    assert await states(database) == ["open"]


async def test_messages_are_claimed_in_the_order_of_their_acceptance(database: Database) -> None:
    conversation, ids = await accept(database, "one", "two", "three")
    seen = list[str]()
    for number in range(3):
        work = await claimed(database, conversation)
        seen.append(text_of(work))
        assert work.more == (number < 2)
        await database.run(partial(inbox.close, fence=work.fence))
    assert seen == ["one", "two", "three"]
    assert await look(database, conversation) is None
    assert [(await row(database, one)).state for one in ids] == ["done"] * 3


async def test_a_claimed_message_stays_the_oldest_and_a_second_claim_takes_it_over(database: Database) -> None:
    conversation, _ = await accept(database, "one", "two")
    first = await claimed(database, conversation, worker="frozen")
    second = await claimed(database, conversation, worker="thawed")
    assert (first.head.id, first.head.attempt) == (second.head.id, second.head.attempt - 1)
    assert (await row(database, first.head.id)).owner == "thawed"


@pytest.mark.parametrize("write", ["put", "mark", "close", "suspend", "step", "committed"])
async def test_an_old_attempt_can_write_nothing(database: Database, write: str) -> None:
    conversation, _ = await accept(database, "one")
    await claimed(database, conversation)
    work = await claimed(database, conversation)
    await database.run(partial(outbox.put, fence=work.fence, written=[ready(external_id="7")]))
    old = stale(work.fence)
    units = {
        "put": partial(outbox.put, fence=old, written=[ready(text="stale")]),
        "mark": partial(outbox.mark, fence=old, place=ready().now("sent", "8")),
        "close": partial(inbox.close, fence=old),
        "suspend": partial(waiting.suspend, fence=old),
        "step": partial(steps.record, fence=old, step="model/0", result={"stale": True}),
        "committed": partial(outbox.committed, fence=old),
    }
    with pytest.raises(Fenced):
        await database.run(units[write])  # type: ignore[arg-type] # units of several results
    assert await places(database, work.head.id) == [(0, "ready", "7")]
    assert (await row(database, work.head.id)).state == "claimed"
    assert await database.read(partial(steps.steps, inbox_id=work.head.id)) == {}


async def test_a_closed_message_takes_no_writes(database: Database) -> None:
    conversation, _ = await accept(database, "one")
    work = await claimed(database, conversation)
    await database.run(partial(inbox.close, fence=work.fence))
    with pytest.raises(Fenced):
        await database.run(partial(outbox.put, fence=work.fence, written=[ready()]))


async def test_the_lanes_do_not_see_each_other(database: Database) -> None:
    conversation, _ = await accept(database, "slow question")
    await accept(database, "/stop", lane=URGENT)
    await accept(database, "too much", lane=REFUSED)
    for lane, text in ((ORDERLY, "slow question"), (URGENT, "/stop"), (REFUSED, "too much")):
        work = await claimed(database, conversation, lane)
        assert text_of(work) == text
        assert not work.more
    assert await database.read(partial(inbox.tail, conversation_id=conversation)) == inbox.Tail(1, REFUSED, None)


async def test_an_edit_changes_a_message_that_waits_and_no_other(database: Database) -> None:
    conversation, _ = await accept(database, incoming(Message("m1", (Text("first"),))))
    await accept(database, incoming(Message("m2", (Text("typo"),))))
    work = await claimed(database, conversation)
    for number, revised in (("m1", False), ("m2", True), ("m3", False)):
        edit = Edit(number, (Text(f"{number} corrected"),))
        assert await database.run(partial(inbox.revise, conversation_id=conversation, edit=edit)) is revised
    await database.run(partial(inbox.close, fence=work.fence))
    assert text_of(await claimed(database, conversation)) == "m2 corrected"


async def test_a_second_edit_changes_the_first_that_waits(database: Database) -> None:
    conversation, _ = await accept(database, incoming(Edit("m1", (Text("better"),))))
    edit = Edit("m1", (Text("best"),))
    assert await database.run(partial(inbox.revise, conversation_id=conversation, edit=edit))
    event = (await claimed(database, conversation)).incoming.event
    assert isinstance(event, Edit)
    assert event.text == "best"


async def test_what_belongs_together_is_claimed_and_closed_together(database: Database) -> None:
    album = [incoming(Message(f"p{n}", (Image(ref=f"p{n}"),), joins="album")) for n in range(3)]
    conversation, _ = await accept(database, *album, "and then")
    work = await claimed(database, conversation)
    assert [one.incoming.event.external_id for one in work.rows if isinstance(one.incoming.event, Message)] == [
        "p0",
        "p1",
        "p2",
    ]
    assert work.more
    await database.run(partial(inbox.close, fence=work.fence, others=work.others))
    assert await states(database) == ["done", "joined", "joined", "open"]


async def test_what_may_be_the_start_of_several_is_waited_for(database: Database) -> None:
    conversation, _ = await accept(database, incoming("x" * 4096, joins="paste", ago=0))
    found = await look(database, conversation, join_seconds=5)
    assert isinstance(found, NotYet)
    assert 4 < found.seconds <= 5
    assert await look(database, conversation, join_seconds=0) is not None


async def test_a_late_piece_lengthens_the_wait_but_not_for_ever(database: Database) -> None:
    conversation, _ = await accept(database, incoming("a", joins="paste", ago=2), incoming("b", joins="paste", ago=0.0))
    assert isinstance(await look(database, conversation, join_seconds=1), NotYet)
    work = await look(database, conversation, join_seconds=0.3)  # the first came more than five times as long ago
    assert isinstance(work, Work)
    assert len(work.rows) == 2


async def test_a_paste_of_many_pieces_is_one_message(database: Database) -> None:
    pieces = [incoming(f"{n} ", joins="paste") for n in range(40)]
    conversation, _ = await accept(database, *pieces, "next")
    work = await claimed(database, conversation)
    assert len(work.rows) == 40
    assert work.more


async def test_more_pieces_than_fit_into_one_message_are_not_lost(database: Database) -> None:
    conversation, _ = await accept(database, *(incoming(f"{n}", joins="paste") for n in range(claims.MOST_JOINED + 3)))
    first = await claimed(database, conversation)
    assert (len(first.rows), first.more) == (claims.MOST_JOINED, True)
    await database.run(partial(inbox.close, fence=first.fence, others=first.others))
    assert len((await claimed(database, conversation)).rows) == 3


async def test_a_piece_that_comes_after_the_claim_is_no_part_of_the_answer_that_may_be_there(
    database: Database,
) -> None:
    conversation, _ = await accept(database, incoming("a", joins="paste"), incoming("b", joins="paste"))
    first = await claimed(database, conversation)
    await database.run(partial(outbox.put, fence=first.fence, written=[ready()]))
    await accept(database, incoming("c", joins="paste"))  # and then the process dies
    again = await claimed(database, conversation)
    assert [one.id for one in again.rows] == [one.id for one in first.rows]
    assert again.more


async def test_what_cannot_be_read_is_claimed_with_the_address_for_a_notice(database: Database) -> None:
    conversation, (one,) = await accept(database, "hello")
    await database.run(lambda c: c.execute(update(inbox_table).values(payload='{"of": "another version"}')))
    work = await claimed(database, conversation)
    assert not work.head.readable
    assert (work.head.id, work.address.platform, work.address.chat) == (one, "room", "1")


async def test_giving_up_closes_the_oldest_and_only_that(database: Database) -> None:
    conversation, _ = await accept(database, "bad", "good")
    work = await claimed(database, conversation)
    unit = partial(claims.give_up, conversation_id=conversation, lane=ORDERLY, why="bad")
    assert await database.run(unit) == 1
    assert await states(database) == ["failed", "open"]
    with pytest.raises(Fenced):
        await database.run(partial(inbox.hold, fence=work.fence))
    assert await database.run(partial(claims.give_up, conversation_id=conversation, lane=URGENT, why="")) == 0


async def test_open_conversations_are_those_of_connected_platforms_the_longest_waiting_first(
    database: Database,
) -> None:
    first, _ = await accept(database, incoming(chat="first"))
    await accept(database, incoming(chat="gone", platform="gone"))
    second, _ = await accept(database, incoming(chat="second"))
    await accept(database, incoming("/stop", chat="first"), lane=URGENT)
    done, _ = await accept(database, incoming(chat="done"))
    await database.run(partial(inbox.close, fence=(await claimed(database, done)).fence))
    found = await database.read(partial(inbox.open_conversations, platforms=["room"]))
    assert found == [(first, ORDERLY), (second, ORDERLY), (first, URGENT)]
    assert await database.read(partial(inbox.open_total, platforms=["room"])) == 3
    assert await database.read(partial(inbox.open_total, platforms=["room", "gone"])) == 4


async def test_workers_that_claim_at_once_get_different_attempts(database: Database) -> None:
    conversation, (one,) = await accept(database, "hello")
    works = await asyncio.gather(*(claimed(database, conversation, worker=f"w{n}") for n in range(8)))
    assert sorted(work.head.attempt for work in works) == list(range(1, 9))
    fences = [work.fence for work in works]
    results = await asyncio.gather(
        *(database.run(partial(inbox.close, fence=fence)) for fence in fences), return_exceptions=True
    )
    assert [fence.attempt for fence, result in zip(fences, results, strict=True) if result is None] == [8]
    assert (await row(database, one)).state == "done"


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    joins=st.lists(st.sampled_from([None, None, "a", "b"]), min_size=1, max_size=30), died=st.sets(st.integers(0, 9))
)
async def test_every_message_is_closed_once_and_in_order_whatever_belongs_together(
    sqlite_database: Database, joins: list[str | None], died: set[int]
) -> None:
    """`died`: after which claims nobody comes back."""
    conversation, ids = await accept(sqlite_database, *(incoming(str(n), joins=one) for n, one in enumerate(joins)))
    closed, number = list[int](), 0
    while isinstance(work := await look(sqlite_database, conversation), Work):
        number += 1
        if number - 1 in died:
            continue
        await sqlite_database.run(partial(inbox.close, fence=work.fence, others=work.others))
        closed += [one.id for one in work.rows]
        assert len({one.joins for one in work.rows}) == 1
        assert len(work.rows) == 1 or work.head.joins is not None
    assert closed == ids
