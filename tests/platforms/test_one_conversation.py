"""One conversation, word for word the same on Telegram, Discord and in the browser, with a kill in the middle."""

import pytest

from tests.sounds import wrong_words

from .conftest import House
from .talking import Conversation, Recording, mean_colour

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

WRONG_AT_MOST = 0.25
"""Of the words: one in twenty from the file itself, more where the browser compresses and filters."""

STORY = ("Once upon a time ", "there was a fox ", "who was killed in the middle of a sentence, ", "and came back.")


async def test_one_conversation(house: House, ada: Conversation, recording: Recording) -> None:
    talker, api = ada.talker, house.api

    async with house.command() as bot:
        await talker.says("My name is Ada.")
        first = await ada.answer()
        await talker.says("What is my name?")
        assert "Ada" in (await ada.answer()).text

        await talker.uses("image", prompt="a red fox")
        fox = await ada.answer()
        [picture] = fox.pictures
        assert fox.buttons == ["Variation"]
        await talker.replies(fox.pictured, "make it blue")
        [changed] = (await ada.answer()).pictures
        assert changed != picture
        assert bluer(changed, picture)

        api.script.reply(STORY, when="story", times=None)
        hold = api.hold(after_chunks=2)
        await talker.says("Tell me a story")
        await hold.reached(within=30)
        bot.process.kill()
    hold.release()

    async with house.command():
        assert (await ada.answer()).text == "".join(STORY)

        await talker.speaks()
        heard = await ada.answer()
        shown, _, answered = heard.text.partition("\n")
        assert wrong_words(shown, recording.words) <= WRONG_AT_MOST, heard.text
        assert answered.strip()
        asked = api.requests.to("/chat/completions")[-1].json["messages"]
        assert "[spoken" in asked[-1]["content"]
        assert asked[-2]["content"] == "".join(STORY)  # what was said before the kill is remembered after it

        await talker.uses("reset")
        assert "forgot" in (await ada.answer()).text
        await talker.says("What is my name?")
        assert "Ada" not in (await ada.answer()).text

    texts = await ada.texts()
    assert len(texts) == 8
    assert (texts[0], texts.count("".join(STORY))) == (first.text, 1)
    assert texts[4] == "".join(STORY)


def bluer(changed: bytes, picture: bytes) -> bool:
    """Whether a picture has more blue, compared with red, than another."""
    (red, _, blue), (red_before, _, blue_before) = mean_colour(changed), mean_colour(picture)
    return blue - red > blue_before - red_before
