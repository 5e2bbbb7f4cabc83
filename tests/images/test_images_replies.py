"""Which replies to a picture of the bot's are instructions."""

import pytest

from botcore.messages import Image, Message, Part, Quote, Text
from botcore_images.replies import is_instruction

PICTURE = Image(ref="1")


def reply(text: str, *sent: Part, mine: bool = True, to: tuple[Part, ...] = (PICTURE,)) -> Message:
    return Message("2", (*sent, Text(text)), reply_to=Quote("1", "bot", mine=mine, parts=to))


@pytest.mark.parametrize(
    "text",
    [
        "make it blue", "Remove the hat, please.", "more snow!", "mach den Himmel lila", "hazlo más grande",
        "把天空变成紫色", "空をもっと青く", "добавь снег", "a bit darker and this time with a moon", "no hat", "sepia",
    ],
)  # fmt: skip
def test_instructions_change_the_picture(text: str) -> None:
    assert is_instruction(reply(text))


@pytest.mark.parametrize(
    "text",
    [
        "what is that?", "Who drew this ?!", "¿qué es", "这是什么？", "ما هذا؟", "thanks", "Thank you so much!!",
        "wow 😍", "👍", "❤️❤️", "...", "", "  ", "Danke, sehr schön!", "OK", "haha", "2", "/vary", "/image make it blue",
    ],
)  # fmt: skip
def test_questions_and_pleasantries_do_not(text: str) -> None:
    assert not is_instruction(reply(text))


def test_a_question_mark_in_the_middle_asks_nothing() -> None:
    assert is_instruction(reply("who cares? make it blue"))
    assert is_instruction(reply(f"{'?' * 300_000} make it blue"))  # read once, not from each of them


def test_nor_does_a_reply_to_anything_else() -> None:
    assert not is_instruction(reply("make it blue", mine=False))
    assert not is_instruction(reply("make it blue", to=(Text("a text"),)))
    assert not is_instruction(reply("like this one", PICTURE))
    assert not is_instruction(Message("2", (Text("make it blue"),)))
