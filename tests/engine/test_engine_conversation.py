"""Whole conversations with the engine: real database, real API over HTTP, a platform in memory."""

from .conftest import House


async def test_a_question_is_answered(house: House) -> None:
    ada = house.person()
    await ada.says("My name is Ada.")
    (first,) = await house.room.answers(1)
    assert "stand-in" in first
    await ada.says("What is my name?")
    answers = await house.room.answers(2)
    assert "Ada" in answers[1]
