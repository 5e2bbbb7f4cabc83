"""A private chat with the bot, as a person has it."""

import asyncio

from botcore.testing.telegram_server import Attachment, Message, png

from .conftest import House, OpenHouse
from .surroundings import PATIENCE

FORMATTED = """\
Three **ways** 👩‍👩‍👧 to say it:

- *one*
- `two`

```python
print("😀 hi")
```

| a | b |
|---|---|
| 1 | 2 |

See [the docs](https://example.org/x).
"""


def marked(message: Message) -> list[tuple[str, str]]:
    """Each entity of a message with the text that it covers; offsets count UTF-16 units."""
    units = message.text.encode("utf-16-le")
    return [
        (entity["type"], units[2 * entity["offset"] : 2 * (entity["offset"] + entity["length"])].decode("utf-16-le"))
        for entity in message.entities
    ]


async def test_a_question_is_answered_by_one_message_that_grows(house: House) -> None:
    ada = house.user()
    house.api.script.reply(["Once ", "upon ", "a time."])
    hold = house.api.hold(after_chunks=1)
    await ada.says("Tell me a story")
    await hold.reached(within=PATIENCE)
    growing = await house.telegram.bot.answers(ada, timeout=PATIENCE)
    assert growing.text == "Once"
    hold.release()
    await house.idle()
    assert growing.text == "Once upon a time."
    assert growing.history[:2] == ["…", "Once"]
    assert ada.chat.lines() == ["Ada: Tell me a story", "Helper: Once upon a time."]


async def test_typing_shows_until_the_first_words_are_there(house: House) -> None:
    ada = house.user()
    hold = house.api.hold()
    await ada.says("Think hard")
    action = await asyncio.wait_for(house.telegram.bot.acts(ada), PATIENCE)
    assert action.action == "typing"
    hold.release()
    assert (await house.answer(ada)).text


async def test_the_final_answer_is_formatted(house: House) -> None:
    ada = house.user()
    house.api.script.reply(FORMATTED)
    await ada.says("How do I say it?")
    answer = await house.answer(ada)
    assert marked(answer) == [
        ("bold", "ways"),
        ("italic", "one"),
        ("code", "two"),
        ("pre", 'print("😀 hi")'),
        ("pre", "a | b\n--+--\n1 | 2"),
        ("text_link", "the docs"),
    ]
    assert [entity.get("language") for entity in answer.entities if entity["type"] == "pre"] == ["python", None]
    assert "**" not in answer.text
    assert "```" not in answer.text
    assert "• one" in answer.text


async def test_the_bot_remembers_the_conversation(house: House) -> None:
    ada = house.user()
    await ada.says("My name is Ada and my cat is called Turing.")
    await house.answer(ada)
    await ada.says("What is my cat called?")
    assert "Turing" in (await house.answer(ada)).text
    await ada.says("/reset")
    assert "forgot 4 messages" in (await house.answer(ada)).text
    await ada.says("What is my cat called?")
    assert "Turing" not in (await house.answer(ada)).text


async def test_two_people_know_nothing_of_each_other(house: House) -> None:
    ada, bob = house.user("Ada"), house.user("Bob")
    await ada.says("My secret word is swordfish.")
    await house.answer(ada)
    await bob.says("What is my secret word?")
    assert "swordfish" not in (await house.answer(bob)).text


async def test_quick_messages_are_answered_one_by_one_in_their_order(house: House) -> None:
    ada = house.user()
    for number in (1, 2, 3):
        house.api.script.reply(f"Answer {number}", when=f"Question {number}")
    hold = house.api.hold()
    await ada.says("Question 1")
    await hold.reached(within=PATIENCE)
    await ada.says("Question 2")
    await ada.says("Question 3")
    hold.release()
    await house.answer(ada)
    answers = [message.text for message in ada.chat.transcript() if message.from_bot]
    assert answers == ["Answer 1", "Answer 2", "Answer 3"]
    assert house.asked() == ["Question 1", "Answer 1", "Question 2", "Answer 2", "Question 3"]


async def test_a_flood_of_messages_is_told_of_the_queue_now_and_then(open_house: OpenHouse) -> None:
    house = await open_house(delivery__open_per_conversation="20", delivery__busy_notice_at="3")
    ada = house.user()
    hold = house.api.hold()
    await ada.says("say 0")
    await hold.reached(within=PATIENCE)
    for number in range(1, 22):
        await ada.says(f"say {number}")
    await ada.chat.wait_for(lambda seen: len([m for m in seen if "waiting behind" in m.text]) == 3, timeout=PATIENCE)
    words = [message.text for message in ada.chat.transcript() if "waiting behind" in message.text]
    assert words == [f"… (waiting behind {ahead} other messages)" for ahead in (3, 6, 12)]
    hold.release()
    await house.idle()
    answers = [message.text for message in ada.chat.transcript() if message.from_bot]
    assert [answer for answer in answers if answer.isdecimal()] == [str(number) for number in range(20)]
    refused = "Too many of your messages are waiting for an answer, so I did not take this one. Please send it later."
    assert answers.count(refused) == 2  # and the words about the queue are gone
    assert len(answers) == 22


async def test_a_hundred_people_are_answered_at_once(house: House) -> None:
    people = [house.user(f"Person {number}") for number in range(100)]
    hold = house.api.hold(times=100)
    for number, person in enumerate(people):
        house.api.script.reply(f"You are number {number}.", when=f"I am {number}!")
        await person.says(f"I am {number}!")
    await hold.reached(100, within=PATIENCE)  # none waits for another
    hold.release()
    await house.idle()
    for number, person in enumerate(people):
        assert person.chat.lines()[1:] == [f"Helper: You are number {number}."]


async def test_a_long_answer_takes_several_messages_and_keeps_its_code_blocks_whole(house: House) -> None:
    ada = house.user()
    lines = [f"value_{number} = {number}  # line {number}" for number in range(400)]
    house.api.script.reply("Here it is:\n\n```python\n" + "\n".join(lines) + "\n```\n\nThat was **all**.")
    await ada.says("Write a long program")
    await house.answer(ada)
    answers = [message for message in ada.chat.transcript() if message.from_bot]
    assert len(answers) == 3
    assert all(len(message.text) <= 4096 for message in answers)
    code = [
        text
        for message in answers
        for kind, text in marked(message)
        if kind == "pre" and message.entities[0].get("language") == "python"
    ]
    assert "\n".join(part.strip("\n") for part in code).split("\n") == lines
    assert len(code) == len(answers)
    assert answers[0].text.startswith("Here it is:")
    assert answers[-1].text.endswith("That was all.")


async def test_a_growing_answer_spills_into_further_messages_in_order(house: House) -> None:
    ada = house.user()
    words = [f"word{number} " for number in range(1200)]
    house.api.script.reply(words)
    hold = house.api.hold(after_chunks=900)
    await ada.says("Go on and on")
    await hold.reached(within=PATIENCE)
    await ada.chat.wait_for(lambda seen: [m.text for m in seen if m.from_bot][1:2] not in ([], ["…"]), timeout=PATIENCE)
    hold.release()
    await house.idle()
    answers = [message.text for message in ada.chat.transcript() if message.from_bot]
    assert " ".join(answers).split() == "".join(words).split()
    assert len(answers) == -(-len("".join(words)) // 4096)


async def test_an_edited_question_is_answered_anew_in_the_same_place(house: House) -> None:
    ada = house.user()
    house.api.script.reply("Paris", when="France")
    house.api.script.reply("Madrid", when="Spain")
    question = await ada.says("Capital of France?")
    answer = await house.answer(ada)
    await ada.edits(question, "Capital of Spain?")
    await ada.chat.wait_for(lambda seen: seen[-1].text == "Madrid", timeout=PATIENCE)
    await house.idle()
    assert answer.text == "Madrid"
    assert ada.chat.lines() == ["Ada: Capital of Spain?", "Helper: Madrid"]
    await ada.says("And is it large?")
    await house.answer(ada)
    assert house.asked() == ["Capital of Spain?", "Madrid", "And is it large?"]


async def test_an_edit_to_a_shorter_answer_takes_the_further_messages_away(house: House) -> None:
    ada = house.user()
    house.api.script.reply("very " * 2000, when="long")
    house.api.script.reply("Short.", when="brief")
    question = await ada.says("Be long")
    await house.answer(ada)
    assert len(ada.chat.lines()) == 4
    await ada.edits(question, "Be brief")
    await ada.chat.wait_for(lambda seen: len(seen) == 2, timeout=PATIENCE)
    await house.idle()
    assert ada.chat.lines() == ["Ada: Be brief", "Helper: Short."]


async def test_the_pieces_of_a_paste_are_one_question(open_house: OpenHouse) -> None:
    house = await open_house(delivery__join_seconds="0.6")
    ada = house.user()
    text = "".join(f"{number} " for number in range(2000))
    house.api.script.reply("I read it all.")
    await ada.pastes(text)
    assert (await house.answer(ada)).text == "I read it all."
    assert house.asked() == [text.strip()]


async def test_an_album_is_one_question_with_all_its_pictures(open_house: OpenHouse) -> None:
    house = await open_house(delivery__join_seconds="0.6")
    ada = house.user()
    house.api.script.reply("Two red squares.")
    await ada.sends_album(
        Attachment("photo", png(4, 4)), Attachment("photo", png(5, 5)), caption="What do you see here?"
    )
    assert (await house.answer(ada)).text == "Two red squares."
    (content,) = house.asked()
    assert [part["type"] for part in content] == ["text", "image_url", "image_url"]
    assert content[0]["text"] == "What do you see here?"
    assert content[1]["image_url"]["url"].startswith("data:image/")
    assert len([message for message in ada.chat.transcript() if message.from_bot]) == 1


async def test_a_reply_tells_the_model_what_it_replies_to(house: House) -> None:
    ada = house.user()
    house.api.script.reply("Rome was founded in 753 BC.")
    await ada.says("Rome?")
    first = await house.answer(ada)
    await ada.says("Thanks.")
    await house.answer(ada)
    house.api.script.reply("By Romulus.")
    await ada.says("By whom?", reply_to=first)
    await house.answer(ada)
    assert "Rome was founded in 753 BC." in house.asked()[-1]
    assert house.asked()[-1].endswith("By whom?")


async def test_after_a_restart_the_conversation_goes_on(open_house: OpenHouse) -> None:
    house = await open_house()
    ada = house.user()
    await ada.says("My name is Ada.")
    await house.answer(ada)
    await house.engine.__aexit__(None, None, None)
    await ada.says("What is my name?")  # while nobody is there
    again = await open_house()
    assert "Ada" in (await again.answer(ada)).text
