"""What people and platforms send that nobody hopes for: each gets a clear answer, and nothing else is lost."""

import json
from typing import Any

import pytest

from botcore.testing.telegram_server import Person

from .conftest import House, OpenHouse
from .surroundings import PATIENCE


def update(person: Person, text: Any, **fields: Any) -> dict[str, Any]:
    """A message as Telegram delivers it, with whatever an app would not send."""
    return {
        "message": {
            "message_id": 900_000,
            "date": 1_795_000_000,
            "chat": {"id": person.id, "type": "private", "first_name": person.name},
            "from": {"id": person.id, "is_bot": False, "first_name": person.name},
            "text": text,
            **fields,
        }
    }


async def still_answers(house: House, person: Person) -> None:
    """The conversation goes on."""
    house.api.script.reply("I am still here.", when="Are you there?")
    await person.says("Are you there?")
    await person.chat.wait_for(lambda seen: seen[-1].text == "I am still here.", timeout=PATIENCE)


@pytest.mark.parametrize("text", ["\u200b", "\u3164\u2800", "   ", ""])
async def test_a_message_without_anything_to_read_is_told_so(house: House, text: str) -> None:
    ada = house.user()
    await ada.says("hello")
    await house.answer(ada)
    house.telegram.inject(update(ada, text))
    assert (await house.answer(ada)).text == "Your message is empty. Write me what you would like to know."
    await still_answers(house, ada)


async def test_a_hundred_thousand_characters_in_pieces(open_house: OpenHouse) -> None:
    house = await open_house(delivery__join_seconds="0.3", delivery__open_per_conversation="50")
    ada = house.user()
    await ada.pastes("All work and no play makes Jack a dull boy.\n" * 2300)
    answer = (await house.answer(ada)).text
    assert "too long" in answer
    assert len([message for message in ada.chat.transcript() if message.from_bot]) == 1
    await still_answers(house, ada)


async def test_a_hundred_thousand_characters_within_the_budget(open_house: OpenHouse) -> None:
    house = await open_house(
        delivery__join_seconds="0.3", delivery__open_per_conversation="50", chat__context_tokens="200000"
    )
    ada = house.user()
    text = "0123456789" * 10_000  # an app cuts anywhere, and trims white space there
    house.api.script.reply("What a novel.")
    await ada.says("/model gpt-4.1")
    await house.answer(ada)
    house.api.models["gpt-4.1"] = type(house.api.models["gpt-4.1"])("gpt-4.1", window=1_000_000)
    await ada.pastes(text)
    assert (await house.answer(ada)).text == "What a novel."
    assert house.asked() == [text]


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("half \ud83d of a pair", "half \ufffd of a pair"),
        ("a NUL \x00 inside", "a NUL \ufffd inside"),
        ("\x1b[31mred\x07", "\x1b[31mred\x07"),
    ],
)
async def test_broken_characters_are_replaced(house: House, text: str, asked: str) -> None:
    ada = house.user()
    await ada.says("hello")
    await house.answer(ada)
    house.api.script.reply("Fine.")
    house.telegram.inject(update(ada, text))
    assert (await house.answer(ada)).text == "Fine."
    assert house.asked()[-1] == asked
    await still_answers(house, ada)


@pytest.mark.parametrize(
    "text",
    [
        "مرحبا @helper_bot كيف حالك؟",
        "你好 😀 @helper_bot 请说话",
        "👩‍👩‍👧‍👦👩‍👩‍👧‍👦 @helper_bot 👩‍👩‍👧‍👦",
        "e\u0301\u0301\u0301 @helper_bot नमस्ते",
    ],
)
async def test_mentions_are_found_between_all_scripts(house: House, text: str) -> None:
    ada = house.user()
    friends = house.telegram.group("Freunde 友達", [ada])
    await friends.promotes_bot()
    house.api.script.reply("Yes.")
    await ada.says(text, chat=friends)
    assert (await house.answer(ada, chat=friends)).text == "Yes."
    assert house.asked() == [text]


MALFORMED: list[dict[str, Any] | bytes] = [
    {},
    {"message": None},
    {"message": "text"},
    {"message": {}},
    {"message": {"message_id": "x", "date": "never", "chat": 5}},
    {"message": {"message_id": 1, "date": 1, "chat": {"id": 1, "type": "private"}, "text": ["a"]}},
    {"message": {"message_id": 1, "date": 10**30, "chat": {"id": 1, "type": "private"}, "text": "a"}},
    {"callback_query": {"id": "1"}},
    {"edited_message": {"message_id": 1}},
    {"something_of_next_year": {"deep": [{}]}},
    b'{"no_update_id": 1}',
    b"null",
    b"[]",
    b'"update"',
]


@pytest.mark.parametrize("malformed", MALFORMED, ids=lambda one: json.dumps(one, default=bytes.decode)[:40])
async def test_a_malformed_update_is_passed_over(house: House, malformed: dict[str, Any] | bytes) -> None:
    house.log.expects("cannot be read|without an id|none of the updates has an id")
    ada = house.user()
    house.telegram.inject(malformed)
    await still_answers(house, ada)


async def test_entities_that_lie_are_survived(house: House) -> None:
    ada = house.user()
    await ada.says("hello")
    await house.answer(ada)
    house.api.script.reply("Fine.")
    lies = [
        {"type": "mention", "offset": 90, "length": 900},
        {"type": "bot_command", "offset": -5, "length": 2},
        {"type": "no_such_type", "offset": 0, "length": 1},
    ]
    house.telegram.inject(update(ada, "look", entities=lies))
    assert (await house.answer(ada)).text == "Fine."


ANSWERS = {
    "an unclosed fence": "```python\nprint(1)",
    "a fence within a fence": "````markdown\n```python\nx = 1\n```\n````",
    "fences that never end": "```" * 500,
    "unclosed emphasis": "**bold *italic __under ~~strike `code [link](http://",
    "MarkdownV2 that would fail": "1. a_b*c[d](e)f~g`h>i#j+k-l=m|n{o}p.q!r\\s",
    "HTML": "<b>bold</b> <script>alert(1)</script> &amp; &lt; <tg-spoiler>x",
    "a link without an address": "[here]() and [there](javascript:alert(1)) and [x](tg://user?id=1)",
    "a deep list": "\n".join("  " * depth + "- item" for depth in range(60)),
    "deep quotes": ">" * 300 + " quoted",
    "a table that is broken": "| a | b\n|--|\n| 1 | 2 | 3 |",
    "only white space": " \n\t\n ",
    "only invisible characters": "\u200b\u2060",
    "control characters": "a\x00b\x07c\ud83dd",
    "right to left": "**مرحبا** \u202eevil\u202c `كود`",
    "a thousand entities": " ".join(f"**b{number}**" for number in range(1000)),
    "one endless word": "x" * 9000,
    "emoji without end": "👩‍👩‍👧‍👦" * 1500,
    "one combining character after the other": "e" + "\u0301" * 5000,
    "images": "![alt](https://example.org/x.png) ![](x)",
    "a heading after the other": "#\n##\n###### x\n####### y\n===\n---",
    "mathematics": r"\(a_b^c\) $$\sum_{i=0}^n x_i$$ \[ \frac{1}{2} \]",
}


@pytest.mark.parametrize("kind", ANSWERS)
async def test_whatever_the_model_writes_is_shown(house: House, kind: str) -> None:
    ada = house.user()
    house.api.script.reply(ANSWERS[kind].encode("utf-8", "replace").decode())
    await ada.says("Surprise me")
    await house.answer(ada)
    shown = [message for message in ada.chat.transcript() if message.from_bot]
    assert all(message.text.strip() not in ("", "…") for message in shown)
    refused = [call for call in house.telegram.calls if not call.ok and "not modified" not in call.description]
    assert refused == []
    await still_answers(house, ada)


async def test_a_file_is_declined_in_words(house: House) -> None:
    ada = house.user()
    await ada.sends_document(b"PK", "archive.zip")
    assert (await house.answer(ada)).text == "I can't do anything with this file yet. Tell me in words what you need."
    await ada.sends_voice(b"OggS", duration=3)
    assert (await house.answer(ada)).text.startswith("I cannot read this recording")


async def test_two_hundred_updates_in_one_batch_are_all_answered(house: House) -> None:
    people = [house.user(f"Person {number}") for number in range(40)]
    hold = house.telegram.faults.hold("getUpdates")
    await house.user("Early").says("good morning")  # ends the call that may be waiting already; the next one is held
    await hold.reached(timeout=PATIENCE)
    for round_ in range(5):
        for person in people:
            await person.says(f"say {person.name} {round_}")
    hold.release()
    await house.idle()
    for person in people:
        answers = [message.text for message in person.chat.transcript() if message.from_bot]
        assert answers == [f"{person.name} {round_}" for round_ in range(5)]
