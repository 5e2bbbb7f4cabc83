"""Which answers are taught, and with what before them."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import partial

from botcore.store import consents, lessons
from botcore.store.database import Database
from botcore.training.selection import Example, Selector, Tally, Wish
from tests.training.conftest import Past

PROMPTS = {"assistant": "You help.", "pirate": "Arr."}


async def chosen(database: Database, **wish: object) -> tuple[list[Example], Tally]:
    """What a wish takes of everything."""
    selector = Selector(Wish(PROMPTS, **wish))  # type: ignore[arg-type]  # named by the tests
    turns = await database.read(lessons.page)
    found = [example for turn in turns if (example := selector.take(turn)) is not None]
    return found, selector.tally


def lines(example: Example) -> list[tuple[str, str, object]]:
    return [(str(one["role"]), str(one["content"]), one.get("weight")) for one in example.messages]


async def test_a_liked_answer_is_taught_after_what_led_to_it(sqlite_database: Database, past: Past) -> None:
    ada = await past.person()
    await past.turn(ada, "one", "first")
    await past.turn(ada, "two", "second", thumb=-1)
    await past.turn(ada, "three", "third", thumb=1)
    [example], tally = await chosen(sqlite_database)
    assert lines(example) == [
        ("system", "You help.", None),
        ("user", "one", None),
        ("assistant", "first", 0),  # told, and not taught
        ("user", "three", None),  # what was rated bad is not even told
        ("assistant", "third", None),
    ]
    assert (tally.turns, tally.left_out) == (3, {"not rated": 1, "rated bad": 1})


async def test_how_much_is_told_before_is_chosen(sqlite_database: Database, past: Past) -> None:
    ada = await past.person()
    for number in range(6):
        await past.turn(ada, f"q{number}", f"a{number}", thumb=int(number == 5))
    for context in (0, 1, 3):
        [example], _ = await chosen(sqlite_database, context=context)
        assert len(example.messages) == 1 + 2 * context + 2


async def test_only_who_consents_is_learned_from(sqlite_database: Database, past: Past) -> None:
    ada = await past.person()
    bert = await past.person("Bert", consents_to_it=False)
    await past.turn(bert, "a secret of Bert's", thumb=1)  # in the same chat, which shares its history
    await past.turn(ada, "hello", thumb=1)
    [example], _ = await chosen(sqlite_database)
    assert "secret" not in example.text
    await sqlite_database.run(partial(consents.put, user_id=ada, given=False))
    assert (await chosen(sqlite_database))[0] == []


async def test_conversations_are_told_apart(sqlite_database: Database, past: Past) -> None:
    ada = await past.person()
    await past.turn(ada, "in the first", chat="1")
    await past.turn(ada, "in the second", chat="2", thumb=1)
    [example], _ = await chosen(sqlite_database)
    assert "first" not in example.text


async def test_personas_are_told_apart(sqlite_database: Database, past: Past) -> None:
    ada = await past.person()
    await past.turn(ada, "as ever", thumb=1)
    await past.turn(ada, "ahoy", "Arr!", thumb=1, persona="pirate")
    [example], tally = await chosen(sqlite_database, persona="pirate")
    assert lines(example) == [("system", "Arr.", None), ("user", "ahoy", None), ("assistant", "Arr!", None)]
    assert tally.left_out == {"another persona": 1}


async def test_any_takes_what_was_not_rated_too(sqlite_database: Database, past: Past) -> None:
    ada = await past.person()
    await past.turn(ada, "one", thumb=1)
    await past.turn(ada, "two")
    await past.turn(ada, "three", thumb=-1)
    found, _ = await chosen(sqlite_database, liked="any", context=0)
    assert [example.question for example in found] == ["one", "two"]


async def test_since_is_when_the_answer_was_given(sqlite_database: Database, past: Past) -> None:
    ada = await past.person()
    now = datetime.now(UTC)
    await past.turn(ada, "long ago", thumb=1, at=now - timedelta(days=9))
    await past.turn(ada, "lately", thumb=1, at=now - timedelta(days=1))
    found, _ = await chosen(sqlite_database, since=now - timedelta(days=2), context=0)
    assert [example.question for example in found] == ["lately"]


async def test_tools_pictures_and_failures_are_not_taught(sqlite_database: Database, past: Past) -> None:
    ada = await past.person()
    call = {"id": "1", "type": "function", "function": {"name": "clock", "arguments": "{}"}}
    between: tuple[tuple[str, dict[str, object]], ...] = (
        ("assistant", {"content": None, "tool_calls": [call]}),
        ("tool", {"tool_call_id": "1", "content": "noon"}),
    )
    await past.turn(ada, "what time is it", "Noon.", thumb=1, between=between)
    await past.turn(ada, "this failed", "", thumb=1)
    await past.turn(ada, "what", "  ", thumb=1)
    found, tally = await chosen(sqlite_database)
    assert found == []
    assert tally.left_out == {"with tools or without text": 2, "no answer": 1}


async def test_the_same_example_is_taught_once(sqlite_database: Database, past: Past) -> None:
    ada = await past.person()
    for chat in ("1", "2", "3"):
        await past.turn(ada, "hello", thumb=1, chat=chat)
    found, tally = await chosen(sqlite_database)
    assert len(found) == 1
    assert tally.left_out == {"the same again": 2}


async def test_personal_data_and_other_peoples_words_stay_behind(sqlite_database: Database, past: Past) -> None:
    ada = await past.person("Ada Lovelace")
    quoted = '<replied-to author="Bert">\nmy secret plan\n</replied-to>\n'
    own = '<replied-to author="you">\nwhat you said\n</replied-to>\n'
    await past.turn(ada, f"{quoted}I am Ada, ada@example.org", "Hello Ada Lovelace!", thumb=1)
    await past.turn(ada, f"{own}why?", thumb=1)
    first, second = (await chosen(sqlite_database, context=0))[0]
    assert (first.question, first.answer) == ("I am [name], [email]", "Hello [name]!")
    assert "what you said" in second.question


async def test_turns_come_page_by_page_on_every_database(database: Database, anywhere: Past) -> None:
    ada, bert = await anywhere.person(), await anywhere.person("Bert", consents_to_it=False)
    mine = [await anywhere.turn(ada, f"q{number}", thumb=(number % 3) - 1) for number in range(7)]
    await anywhere.turn(bert, "not mine")
    found: list[lessons.Turn] = []
    while turns := await database.read(partial(lessons.page, after=found[-1].inbox_id if found else 0, most=3)):
        assert len(turns) <= 3
        found += turns
    assert [turn.inbox_id for turn in found] == mine
    assert [turn.rating for turn in found] == [-1, 0, 1, -1, 0, 1, -1]
    assert found[0].names == ("Ada Lovelace",)
    assert [message["role"] for message in found[0].messages] == ["user", "assistant"]
    about: Mapping[str, object] = found[0].about
    assert (about["persona"], about["model"]) == ("assistant", "small")
    assert await database.read(lessons.people) == 1
