"""The event loop is never blocked for long: by many people, by long answers, by answers that are hard to format."""

import pytest

from botcore.testing.loop_watch import LoopWatch

from .conftest import House

HARD = {
    "a long text": "# Title\n\n" + "Some *words* with `code` and a [link](https://example.org). " * 500,
    "a long program": "```python\n" + "value = 'x' * 20  # a comment\n" * 1000 + "```",
    "a large table": "| a | b | c |\n|---|---|---|\n" + "| one | **two** | `three` |\n" * 400,
    "deep nesting": "".join(f"{'  ' * (number % 30)}- item **{number}**\n" for number in range(1000)),
    "emoji": "👩‍👩‍👧‍👦 **family** " * 1500,
}


@pytest.mark.parametrize("kind", HARD)
async def test_an_answer_that_is_hard_to_format_does_not_block(house: House, kind: str) -> None:
    ada = house.user()
    house.api.script.reply("Warm.")
    await ada.says("warm up")  # the first message builds validators and statements
    await house.answer(ada)
    house.api.script.reply(HARD[kind])
    with LoopWatch() as watch:
        await ada.says("go")
        await house.answer(ada)
    assert not watch.blocked, watch.blocked


async def test_many_people_do_not_block(house: House) -> None:
    people = [house.user(f"Person {number}") for number in range(60)]
    house.api.script.reply("Warm.")
    await people[0].says("warm up")
    await house.answer(people[0])
    house.api.script.reply("Some *words* with `code`.\n\n- and\n- a list\n" * 40, times=None)
    with LoopWatch() as watch:
        for person in people:
            await person.says("go " * 200)
        await house.idle()
    assert not watch.blocked, watch.blocked
    assert all(person.chat.lines()[-1].startswith("Helper: ") for person in people)
