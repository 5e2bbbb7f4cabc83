"""Groups and forums: who is meant, whose history it is, where the answer goes."""

from collections.abc import AsyncIterator

import pytest

from botcore.testing.telegram_server import Limits, TelegramServer, telegram_server
from tests.descriptions import bot_api

from .conftest import House, OpenHouse


@pytest.fixture
async def telegram() -> AsyncIterator[TelegramServer]:
    """Privacy mode is off: the bot sees everything, and has to know when it is meant."""
    async with telegram_server(limits=Limits.none(), description=bot_api(), reads_all_messages=True) as server:
        yield server
        assert server.violations == []


async def test_the_bot_answers_when_it_is_mentioned_and_replies_to_the_question(house: House) -> None:
    ada, bob = house.user("Ada"), house.user("Bob")
    friends = house.telegram.group("Friends", [ada, bob])
    house.api.script.reply("Four.")
    await bob.says("lovely weather", chat=friends)
    question = await ada.says("@helper_bot what is 2 and 2?", chat=friends)
    answer = await house.answer(ada, chat=friends)
    assert answer.text == "Four."
    assert answer.reply_to == question.id
    assert house.asked() == ["what is 2 and 2?"]
    assert friends.lines()[-2:] == ["Ada: @helper_bot what is 2 and 2?", "Helper: Four."]


async def test_a_mention_may_stand_anywhere(house: House) -> None:
    ada = house.user()
    friends = house.telegram.group("Friends", [ada])
    for text, asked in (
        ("what do you think, @helper_bot", "what do you think"),
        ("tell @HELPER_BOT a joke", "tell @HELPER_BOT a joke"),
        ("@helper_bot: hello", "hello"),
    ):
        await ada.says(text, chat=friends)
        await house.answer(ada, chat=friends)
        assert house.asked()[-1] == asked


async def test_a_reply_to_the_bot_is_meant_for_it(house: House) -> None:
    ada, bob = house.user("Ada"), house.user("Bob")
    friends = house.telegram.group("Friends", [ada, bob])
    house.api.script.reply("A red fox.")
    await ada.says("@helper_bot name an animal", chat=friends)
    first = await house.answer(ada, chat=friends)
    house.api.script.reply("In the woods.")
    await bob.says("where does it live?", chat=friends, reply_to=first)
    answer = await house.answer(bob, chat=friends)
    assert answer.text == "In the woods."
    assert "A red fox." in house.asked()[-1]  # Bob has a history of his own, and still is understood


async def test_a_reply_to_somebody_else_is_not(house: House) -> None:
    ada, bob = house.user("Ada"), house.user("Bob")
    friends = house.telegram.group("Friends", [ada, bob])
    hers = await ada.says("anyone for tea?", chat=friends)
    await bob.says("me!", chat=friends, reply_to=hers)
    await house.idle()
    assert friends.lines() == ["Ada: anyone for tea?", "Bob: me!"]
    assert not house.telegram.calls.of("sendMessage")


async def test_commands_are_obeyed_where_they_are_for_this_bot(house: House) -> None:
    ada = house.user()
    friends = house.telegram.group("Friends", [ada])
    await ada.says("/whoami@otherbot", chat=friends)
    await ada.says("/nonsense", chat=friends)
    await ada.says("/whoami@helper_bot", chat=friends)
    assert "Name: Ada" in (await house.answer(ada, chat=friends)).text
    await ada.says("/whoami", chat=friends)
    assert "Name: Ada" in (await house.answer(ada, chat=friends)).text
    assert len([message for message in friends.transcript() if message.from_bot]) == 2


async def test_the_configured_word_addresses_the_bot(open_house: OpenHouse) -> None:
    house = await open_house(chat__prefixes="computer, hey bot")
    ada = house.user()
    friends = house.telegram.group("Friends", [ada])
    for text, asked in (("Computer, lights on!", "lights on!"), ("hey bot what now", "what now")):
        await ada.says(text, chat=friends)
        await house.answer(ada, chat=friends)
        assert house.asked()[-1] == asked
    await ada.says("computers are fun", chat=friends)
    await house.idle()
    assert friends.lines()[-1] == "Ada: computers are fun"


async def test_each_person_has_a_history_of_their_own(house: House) -> None:
    ada, bob = house.user("Ada"), house.user("Bob")
    friends = house.telegram.group("Friends", [ada, bob])
    await ada.says("@helper_bot My colour is red.", chat=friends)
    await house.answer(ada, chat=friends)
    await bob.says("@helper_bot What is my colour?", chat=friends)
    assert "red" not in (await house.answer(bob, chat=friends)).text
    await ada.says("@helper_bot What is my colour?", chat=friends)
    assert "red" in (await house.answer(ada, chat=friends)).text


async def test_a_group_may_share_one_history(open_house: OpenHouse) -> None:
    house = await open_house(history__scope="chat")
    ada, bob = house.user("Ada"), house.user("Bob")
    friends = house.telegram.group("Friends", [ada, bob])
    await ada.says("@helper_bot My colour is red.", chat=friends)
    await house.answer(ada, chat=friends)
    await bob.says("@helper_bot What did she say?", chat=friends)
    await house.answer(bob, chat=friends)
    assert house.asked()[0] == "Ada: My colour is red."
    assert house.asked()[-1] == "Bob: What did she say?"


async def test_what_is_said_in_private_stays_there(house: House) -> None:
    ada = house.user()
    friends = house.telegram.group("Friends", [ada])
    await ada.says("My secret word is swordfish.")
    await house.answer(ada)
    await ada.says("@helper_bot what is my secret word?", chat=friends)
    assert "swordfish" not in (await house.answer(ada, chat=friends)).text


async def test_the_topics_of_a_forum_are_conversations_of_their_own(house: House) -> None:
    ada = house.user()
    club = house.telegram.group("Club", [ada], forum=True)
    plans, jokes = await club.topic("Plans"), await club.topic("Jokes")
    await ada.says("@helper_bot My colour is red.", chat=club, thread=plans)
    assert (await house.answer(ada, chat=club, thread=plans)).thread == plans.id
    await ada.says("@helper_bot What is my colour?", chat=club, thread=jokes)
    elsewhere = await house.answer(ada, chat=club, thread=jokes)
    assert elsewhere.thread == jokes.id
    assert "red" not in elsewhere.text
    await ada.says("@helper_bot What is my colour?", chat=club, thread=plans)
    assert "red" in (await house.answer(ada, chat=club, thread=plans)).text


async def test_the_general_topic_is_answered_there(house: House) -> None:
    ada = house.user()
    club = house.telegram.group("Club", [ada], forum=True)
    house.api.script.reply("Hello.")
    hold = house.api.hold()
    await ada.says("@helper_bot hi", chat=club)
    await house.telegram.bot.acts(ada, chat=club)  # typing in General wants its own thread id
    hold.release()
    answer = await house.answer(ada, chat=club)
    assert (answer.text, answer.thread) == ("Hello.", None)


async def test_a_group_that_becomes_a_supergroup_gets_its_answer_there(house: House) -> None:
    ada = house.user()
    friends = house.telegram.group("Friends", [ada])
    house.api.script.reply("Here I am.")
    hold = house.api.hold()
    await ada.says("@helper_bot where are you?", chat=friends)
    await hold.reached()
    larger = await friends.becomes_supergroup()
    hold.release()
    answer = await house.answer(ada, chat=larger)
    assert answer.text == "Here I am."


async def test_an_edit_that_only_now_names_the_bot_is_answered(house: House) -> None:
    ada = house.user()
    friends = house.telegram.group("Friends", [ada])
    await ada.says("@helper_bot first question", chat=friends)
    await house.answer(ada, chat=friends)
    talk = await ada.says("second question", chat=friends)
    await house.idle()
    before = friends.lines()
    await ada.edits(talk, "@helper_bot second question")
    await house.idle()
    # an edit changes the answer to the last question; it does not open a new one
    assert [line for line in friends.lines() if line.startswith("Helper")] == [
        line for line in before if line.startswith("Helper")
    ]
