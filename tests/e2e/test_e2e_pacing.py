"""Telegram's real limits: a streamed answer never runs into them, and its last word always arrives."""

from collections.abc import AsyncIterator

import pytest

from botcore.testing.openai_server import Pace
from botcore.testing.telegram_server import Limits, TelegramServer, telegram_server
from tests.descriptions import bot_api

from .conftest import House, OpenHouse
from .surroundings import PATIENCE

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

PACED = {
    "telegram__pace": "true",
    "telegram__frame_seconds": "1",
    "telegram__messages_per_second": "30",
}


@pytest.fixture
async def telegram() -> AsyncIterator[TelegramServer]:
    """A simulated Telegram that limits as the real one does."""
    async with telegram_server(limits=Limits.real(), description=bot_api()) as server:
        yield server
        assert server.violations == []


def refused(house: House) -> list[str]:
    """The calls that Telegram refused for their number."""
    return [call.method for call in house.telegram.calls if call.status == 429]


async def test_a_streamed_answer_in_a_private_chat_and_one_in_a_group(open_house: OpenHouse) -> None:
    house = await open_house(**PACED)
    house.api.pace = Pace(chunk_interval=0.05)
    ada, bob = house.user("Ada"), house.user("Bob")
    friends = house.telegram.group("Friends", [bob])
    words = [f"word{number} " for number in range(160)]  # eight seconds
    house.api.script.reply(words, times=2)
    await ada.says("Tell me a story")
    await bob.says("/retry@helper_bot", chat=friends)
    await (await house.telegram.bot.answers(bob, chat=friends, timeout=PATIENCE)).chat.wait_for(
        lambda seen: seen[-1].from_bot
    )
    await bob.says("/persona@helper_bot pirate", chat=friends)
    await house.idle()
    story = next(message for message in ada.chat.transcript() if message.from_bot)
    assert story.text == "".join(words).strip()
    assert 5 <= len(story.history) <= 12  # about one edit a second
    assert refused(house) == []


async def test_a_busy_group_gets_every_answer(open_house: OpenHouse) -> None:
    house = await open_house(**PACED)
    house.api.pace = Pace(chunk_interval=0.05)
    people = [house.user(f"Person {number}") for number in range(4)]
    friends = house.telegram.group("Friends", people)
    await friends.promotes_bot()
    words = [f"word{number} " for number in range(60)]
    house.api.script.reply(words, times=None)
    for person in people:
        await person.says("@helper_bot tell us a story", chat=friends)
    await house.idle()
    answers = [message.text for message in friends.transcript() if message.from_bot]
    assert answers == ["".join(words).strip()] * 4
    assert len(house.telegram.calls.of("editMessageText")) + 4 <= 20  # in less than a minute
    assert refused(house) == []


async def test_many_chats_at_once_keep_to_the_overall_limit(open_house: OpenHouse) -> None:
    house = await open_house(**PACED)
    people = [house.user(f"Person {number}") for number in range(60)]
    house.api.script.reply("Hello, you.", times=None)
    for person in people:
        await person.says("Hello")
    await house.idle()
    assert [person.chat.lines() for person in people] == [
        [f"{person.name}: Hello", "Helper: Hello, you."] for person in people
    ]
    # both sides count by their own clocks: what leaves in time may be too much where it arrives late, and together
    assert len(refused(house)) <= len(house.telegram.calls) // 5  # without a pace it is a third and more


async def test_a_long_answer_in_many_messages_arrives_whole(open_house: OpenHouse) -> None:
    house = await open_house(**PACED)
    ada = house.user()
    text = "All work and no play. " * 800
    house.api.script.reply(text)
    await ada.says("Write a novel")
    await house.idle()
    answers = [message.text for message in ada.chat.transcript() if message.from_bot]
    assert len(answers) == 5
    assert " ".join(answers).split() == text.split()
    assert refused(house) == []
