"""A chat as people saw it, read from what is stored."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from sqlalchemy import update

from botcore.adapter import Entry, Seen
from botcore.delivery import inbox, outbox, waiting
from botcore.delivery.outbox import Place
from botcore.delivery.transcript import files_at, seen, transcript
from botcore.delivery.work import Work
from botcore.messages import Edit, File, Image, Message, Piece, Press, Quote, Text
from botcore.store.database import Database
from botcore.store.tables import inbox as inbox_table

from .stage import accept, claimed, incoming


async def entries(database: Database, most: int = 200) -> Sequence[Entry]:
    return await database.read(partial(transcript, platform="room", chat="1", most=most))


async def lines(database: Database) -> list[str]:
    return [f"{'bot' if entry.mine else 'ada'}: {entry.piece.text}" for entry in await entries(database)]


async def answered(database: Database, what: str | Message | Edit | Press, *answer: Place) -> Work:
    conversation, _ = await accept(database, incoming(what, ago=0))
    work = await claimed(database, conversation, join_seconds=0)
    await database.run(partial(outbox.put, fence=work.fence, written=answer))
    return work


async def test_answers_stand_below_their_questions(database: Database) -> None:
    work = await answered(database, "one", Place(0, "sent", "7", Piece("first")))
    await database.run(partial(inbox.close, fence=work.fence))
    await answered(database, "two", Place(0, "reserved", "8", Piece("…")))
    found = await entries(database)
    assert [(entry.external_id, entry.mine, entry.settled) for entry in found if entry.mine] == [
        ("7", True, True),
        ("8", True, False),
    ]
    assert await lines(database) == ["ada: one", "bot: first", "ada: two", "bot: …"]
    assert [entry.piece.text for entry in await entries(database, most=1)] == ["two", "…"]


async def test_files_of_answers_are_told_and_fetched_one_message_at_a_time(database: Database) -> None:
    fox, dog = (Image(data=name * 1000, media_type="image/png", name="one.png") for name in (b"fox", b"dog"))
    quoting = 'I wrote "data":"abc" into it'
    await answered(
        database,
        "draw",
        Place(0, "sent", "7", Piece(quoting, attachments=(fox,))),
        Place(1, "ready", None, Piece("", attachments=(dog,))),
    )
    shown = [entry for entry in await entries(database) if entry.mine]
    assert [entry.piece.attachments for entry in shown] == [(replace(one, data=None),) for one in (fox, dog)]
    assert shown[0].piece.text == quoting
    find = partial(files_at, platform="room", chat="1")
    assert [await database.read(partial(find, external_id=one.external_id)) for one in shown] == [(fox,), (dog,)]
    for nothing in ("", "8", "1/7", "a/b", "\u00b2/1", f"{'9' * 40}/1"):
        assert await database.read(partial(find, external_id=nothing)) == ()
    assert await database.read(partial(files_at, platform="room", chat="2", external_id="7")) == ()


async def test_what_is_not_visible_is_left_out(database: Database) -> None:
    hidden = [Place(n, state, str(n), Piece("never")) for n, state in enumerate(("gone", "surplus", "failed"))]
    await answered(database, "hello", *hidden, Place(3, "reserved", "9", None))
    assert await lines(database) == ["ada: hello"]


async def test_an_edited_message_has_its_new_text_where_it_stood(database: Database) -> None:
    work = await answered(database, Message("m1", (Text("capital of France?"),)), Place(0, "gone", "7", Piece("Paris")))
    await database.run(partial(inbox.close, fence=work.fence))
    await answered(database, Edit("m1", (Text("capital of Spain?"),)), Place(0, "sent", "7", Piece("Madrid")))
    assert await lines(database) == ["ada: capital of Spain?", "bot: Madrid"]


async def test_a_dialogue_stands_in_the_order_in_which_it_was_held(database: Database) -> None:
    question = Place(0, "sent", "1", Piece("Which size?"), "question")
    work = await answered(database, "/order", question)
    await database.run(partial(waiting.suspend, fence=work.fence))
    for number, (said, then) in enumerate([("large", "And to drink?"), ("cola", "large pizza with cola")], 1):
        answer = await answered(database, said)
        await database.run(partial(inbox.close, fence=answer.fence, state="ignored"))
        await database.run(partial(waiting.resume, inbox_id=work.head.id, incoming=work.incoming))
        work = await claimed(database, work.head.conversation_id)
        kind = "question" if number == 1 else "answer"
        next_ = Place(number, "sent", str(number + 1), Piece(then), kind)
        await database.run(partial(outbox.put, fence=work.fence, written=[next_]))
        await database.run(partial(waiting.suspend if number == 1 else inbox.close, fence=work.fence))
    assert await lines(database) == [
        "ada: /order",
        "bot: Which size?",
        "ada: large",
        "bot: And to drink?",
        "ada: cola",
        "bot: large pizza with cola",
    ]


async def test_presses_and_files_are_shown_and_what_cannot_be_read_is_not(database: Database) -> None:
    await accept(database, incoming(Press("7", "/help")), incoming(Message("m", (File(ref="f", name="a.zip"),))))
    conversation, (lost,) = await accept(database, "lost")
    await database.run(lambda c: c.execute(update(inbox_table).where(inbox_table.c.id == lost).values(payload="[]")))
    found = await entries(database)
    assert [entry.piece.text for entry in found] == ["/help", ""]
    assert [part.name for part in found[1].piece.attachments] == ["a.zip"]
    assert conversation


async def test_a_reply_stands_with_what_it_replies_to(database: Database) -> None:
    quote = Quote("m1", "ada", parts=(Text("red?"), Image(ref="r")))
    await accept(
        database, incoming(Message("m1", (Text("red?"),))), incoming(Message("m2", (Text("no"),), True, quote))
    )
    assert [entry.reply_to for entry in await entries(database)] == [None, quote]


async def test_the_last_message_seen_in_each_chat(database: Database) -> None:
    unit = partial(seen, platform="room", bot="bot")
    assert await database.read(unit) == []
    await accept(database, incoming(Message("m0", (Text("a"),))))
    await accept(database, incoming(Message("m1", (Text("a"),))), incoming(Press("7", "/help")))
    await accept(database, incoming(Message("other", (Text("a"),)), chat="2"))
    await accept(database, incoming(Message("elsewhere", (Text("a"),)), platform="hall"))
    assert await database.read(unit) == [Seen("1", None, "m1"), Seen("2", None, "other")]
