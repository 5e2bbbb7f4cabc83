"""Buttons below answers, pressed after the bot was killed and started again: the same on all platforms."""

import pytest

from .conftest import House
from .talking import Conversation

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

STORY = ("Once upon a time ", "there was a fox ", "who talked ", "and talked.")


async def test_continue_stop_and_retry_work_after_a_kill(house: House, ada: Conversation) -> None:
    talker, api = ada.talker, house.api
    api.script.reply("One, two,", when="count", finish="length")
    api.script.reply("three, four.", when="go on")
    api.script.reply(STORY, when="story", times=2)

    async with house.bot() as bot:
        await talker.says("Count to four")
        counted = await ada.answer()
        assert counted.text.startswith("One, two,")
        await bot.killed()

    async with house.bot() as bot:
        await talker.presses("Continue", counted.holding("Continue"))
        assert (await ada.answer()).text == "three, four."
        assert [one["content"] for one in api.requests.to("/chat/completions")[-1].json["messages"]][-3:-1] == [
            "Count to four",
            counted.text.partition("\n")[0],
        ]
        hold = api.hold(after_chunks=2)
        await talker.says("Tell me a story")
        await hold.reached(within=30)
        await ada.growing()
        await bot.killed()
    hold.release()

    again = api.hold(after_chunks=2)
    async with house.bot() as bot:
        await again.reached(within=30)
        await talker.presses("Stop", await ada.growing())
        stopped = await ada.answer()
        assert "(stopped)" in stopped.text
        assert "Once upon a time there was a fox" in stopped.text
        again.release()
        await bot.killed()

    api.script.reply("The fox talked. The end.", when="story")
    async with house.bot():
        await talker.presses("Retry", stopped.holding("Retry"))
        assert (await ada.answer()).text == "The fox talked. The end."
