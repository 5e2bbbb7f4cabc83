"""Who is meant, and what of a message reaches the model."""

from botcore.testing.discord_server import Channel, Person, Server

from .conftest import House, OpenHouse


async def test_a_direct_message_is_answered(house: House, ada: Person) -> None:
    await ada.dm("What is 2 + 2?")
    assert "4" in (await house.answer(ada)).text
    assert house.asked() == ["What is 2 + 2?"]


async def test_a_mention_is_answered_as_a_reply_and_is_no_part_of_the_question(
    house: House, ada: Person, general: Channel
) -> None:
    asked = await ada.mentions(house.discord.bot, "what is 2 + 2?", channel=general)
    answer = await house.answer(general)
    assert "4" in answer.text
    assert answer.reply_to == asked.id
    assert house.asked() == ["what is 2 + 2?"]


async def test_people_among_themselves_are_left_alone(house: House, ada: Person, ben: Person, general: Channel) -> None:
    await ada.says("good morning", channel=general)
    await ada.mentions(ben, "what is 2 + 2?", channel=general)
    await ada.mentions(house.discord.bot, "hello", channel=general)
    await house.answer(general)
    assert house.questions == 1
