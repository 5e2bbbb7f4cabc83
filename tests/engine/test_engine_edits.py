"""People correct what they wrote: the answer stands where the old one stood."""

from botcore.testing.openai_server import Status

from .conftest import House, Room, StartHouse


async def test_a_long_answer_is_replaced_by_a_short_one(house: House) -> None:
    ada = house.person()
    house.api.script.reply("word " * 200, when="long")
    house.api.script.reply("brief", when="short")
    number = await ada.says("a long one")
    await house.room.until(lambda: "".join(house.room.visible()) == "word " * 200)
    await house.engine.runner.idle()
    assert len(house.room.visible()) == 3
    await ada.edits(number, "a short one")
    await house.room.until(lambda: house.room.visible() == ["brief"])


async def test_a_correction_while_the_answer_is_written_gets_an_answer_of_its_own_in_place(house: House) -> None:
    ada = house.person()
    hold = house.api.hold()
    house.api.script.reply("Paris", when="France")
    house.api.script.reply("Madrid", when="Spain")
    number = await ada.says("capital of France?")
    await hold.reached()
    await ada.edits(number, "capital of Spain?")
    hold.release()
    await house.room.until(lambda: house.room.visible() == ["Madrid"])


async def test_a_question_that_failed_is_asked_again_by_correcting_it(house: House) -> None:
    ada = house.person()
    house.api.faults.next(Status(400, code="invalid_request_error", message="no"))
    house.api.script.reply("the sky", when="up")
    number = await ada.says("what is down?")
    await house.room.answers(1)
    await ada.edits(number, "what is up?")
    await house.room.until(lambda: house.room.visible() == ["the sky"])


async def test_a_mistyped_command_is_run_when_it_is_corrected(house: House) -> None:
    ada = house.person()
    number = await ada.says("/hepl")
    assert "/help" in (await house.room.answers(1))[0]
    await ada.edits(number, "/whoami")
    await house.room.until(lambda: "Id: room:ada" in house.room.visible()[0])
    assert len(house.room.visible()) == 1
    await house.engine.runner.idle()
    await ada.edits(number, "/start")  # by now it is a command that was carried out
    await house.engine.runner.idle()
    assert "Id: room:ada" in house.room.visible()[0]


async def test_what_was_too_long_is_answered_when_it_is_shortened(house: House) -> None:
    ada = house.person()
    house.api.script.reply("now I can", when="shorter")
    number = await ada.says("x" * 100_000)
    assert "too long" in (await house.room.answers(1))[0]
    await ada.edits(number, "shorter")
    await house.room.until(lambda: house.room.visible() == ["now I can"])


async def test_where_nothing_can_be_replaced_the_new_answer_comes_below(start: StartHouse) -> None:
    house = await start(room=Room(edits=False))
    ada = house.person()
    house.api.script.reply("Paris", when="France")
    house.api.script.reply("Madrid", when="Spain")
    number = await ada.says("capital of France?")
    await house.room.until(lambda: house.room.visible() == ["Paris"])
    await house.engine.runner.idle()
    await ada.edits(number, "capital of Spain?")
    await house.room.until(lambda: house.room.visible() == ["Paris", "Madrid"])


async def test_a_corrected_retry_is_answered_where_the_retry_stands(house: House) -> None:
    ada = house.person()
    for text in ("heads", "tails", "edge"):
        house.api.script.reply(text)
    number = await ada.says("flip")
    await house.room.answers(1)
    await ada.says("/retry")
    await house.room.answers(2)
    await ada.says("/retry")
    assert await house.room.answers(3) == ["heads", "tails", "edge"]
    house.api.script.reply("six", when="roll")
    await ada.edits(number, "roll")
    await house.room.until(lambda: house.room.visible() == ["heads", "tails", "six"])
    house.api.script.reply("ok")
    await ada.says("thanks")
    await house.room.answers(4)
    said = [message["content"] for message in house.api.requests[-1].json["messages"]][1:]
    assert said == ["roll", "six", "thanks"]


async def test_after_a_reset_there_is_nothing_to_ask_again(house: House) -> None:
    ada = house.person()
    await ada.says("hello")
    await house.room.answers(1)
    await ada.says("/reset")
    await house.room.answers(2)
    await ada.says("/retry")
    assert "no question" in (await house.room.answers(3))[2]
