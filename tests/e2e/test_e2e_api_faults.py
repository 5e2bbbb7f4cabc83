"""When the API fails: the person is told what happened in a sentence, or notices nothing at all."""

import asyncio
import socket

import pytest

from botcore.testing.openai_server import (
    CutStream,
    ErrorInStream,
    Fault,
    Hang,
    HugeBody,
    InvalidUtf8,
    MalformedSse,
    MissingDone,
    Noise,
    NotJson,
    Redirect,
    Reset,
    Stall,
    Status,
    WrongContentType,
)

from .conftest import House, OpenHouse


async def still_answers(house: House) -> None:
    """The next question is answered as if nothing had been."""
    house.api.faults.clear()
    bob = house.user("Bob")
    house.api.script.reply("Good as ever.", when="How are you?")
    await bob.says("How are you?")
    assert (await house.answer(bob)).text == "Good as ever."


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (Status(400, code="invalid_request_error", message="no"), "did not accept my request"),
        (Status(401), "does not accept my key"),
        (Status(403), "does not accept my key"),
        (Status(404), "does not offer"),
        (Status(404, code="model_not_found", message="The model does not exist"), "/model"),
        (Status(429, code="insufficient_quota"), "quota"),
        (Status(429), "busy"),
        (Status(500), "fault"),
        (Status(501), "does not offer"),
        (Status(503), "fault"),
        (NotJson(), "could not read"),
        (NotJson(status=502), "fault"),
        (HugeBody(size=80_000_000), "could not read"),
        (WrongContentType(), ""),
        (Redirect("http://127.0.0.1:9/v1/chat/completions"), ""),
        (Reset(), "cannot reach"),
        (MalformedSse(after_chunks=0), "could not read"),
        (ErrorInStream(after_chunks=0), "fault"),
        (CutStream(after_chunks=0), ""),
    ],
    ids=str,
)
async def test_each_fault_is_told_in_a_sentence(open_house: OpenHouse, fault: Fault, told: str) -> None:
    house = await open_house(api__attempts="1")
    ada = house.user()
    house.api.faults.next(fault)
    await ada.says("Hello")
    answer = (await house.answer(ada)).text
    assert told in answer
    assert answer.endswith((".", ")", "!"))
    assert "127.0.0.1" not in answer
    assert "Traceback" not in answer
    await still_answers(house)


async def test_a_busy_api_is_asked_again_when_it_says(house: House) -> None:
    ada = house.user()
    house.api.faults.next(Status(429, retry_after=0.2), times=2)
    house.api.script.reply("At last.")
    await ada.says("Hello")
    assert (await house.answer(ada)).text == "At last."
    requests = house.api.requests.to("/chat/completions")
    assert [request.status for request in requests] == [429, 429, 200]
    assert requests[1].received_at - requests[0].received_at >= 0.2
    assert len(ada.chat.lines()) == 2


async def test_a_short_outage_goes_unnoticed(house: House) -> None:
    ada = house.user()
    house.api.faults.next(Status(503))
    house.api.faults.next(Reset())
    house.api.script.reply("Here I am.")
    await ada.says("Hello")
    assert (await house.answer(ada)).text == "Here I am."


@pytest.mark.parametrize(
    "fault", [CutStream(after_chunks=2), MalformedSse(after_chunks=2), ErrorInStream(after_chunks=2)], ids=str
)
async def test_an_answer_that_breaks_off_is_kept_and_said_to_be_cut(house: House, fault: Fault) -> None:
    ada = house.user()
    house.api.script.reply(["```python\n", "x = 1\n", "y = 2\n", "```"])
    house.api.faults.next(fault)
    await ada.says("Code, please")
    answer = await house.answer(ada)
    assert answer.text.startswith("x = 1")
    assert "cut off" in answer.text
    assert [entity["type"] for entity in answer.entities][:1] == ["pre"]  # the remark stands outside the code
    house.api.script.reply("Whole again.")
    await ada.says("/retry")
    assert (await house.answer(ada)).text == "Whole again."
    assert house.asked() == ["Code, please"]


@pytest.mark.parametrize("fault", [MissingDone(), Noise(), InvalidUtf8()], ids=str)
async def test_odd_streams_are_read_all_the_same(house: House, fault: Fault) -> None:
    ada = house.user()
    house.api.script.reply(["Once ", "upon ", "a time."])
    house.api.faults.next(fault)
    await ada.says("Hello")
    assert "upon a time." in (await house.answer(ada)).text


async def test_an_answer_that_never_comes_ends_at_the_deadline(open_house: OpenHouse) -> None:
    house = await open_house(chat__timeout="0.5")
    ada = house.user()
    house.api.faults.next(Hang())
    await ada.says("Hello")
    assert "too long" in (await house.answer(ada)).text
    assert house.api.requests[-1].state == "disconnected"
    await still_answers(house)


async def test_an_answer_that_stalls_is_kept_at_the_deadline(open_house: OpenHouse) -> None:
    house = await open_house(chat__timeout="1")
    ada = house.user()
    house.api.script.reply(["Once ", "upon ", "a time."])
    house.api.faults.next(Stall(after_chunks=2))
    await ada.says("Hello")
    answer = (await house.answer(ada)).text
    assert answer.startswith("Once upon")
    assert "cut off" in answer


async def test_nobody_listens_at_the_api(open_house: OpenHouse) -> None:
    with socket.socket() as taken:  # bound, and not listening: whoever connects is refused
        taken.bind(("127.0.0.1", 0))
        house = await open_house(
            OPENAI_BASE_URL=f"http://127.0.0.1:{taken.getsockname()[1]}/v1", api__attempts="2", api__deadline="5"
        )
        ada = house.user()
        await ada.says("Hello")
        assert (await house.answer(ada)).text == (
            "I cannot reach the language model's service right now. Please try again in a moment."
        )
        await ada.says("/whoami")
        assert "Name: Ada" in (await house.answer(ada)).text
        await ada.says("/model")
        assert "cannot reach" in (await house.answer(ada)).text


async def test_a_model_that_does_not_exist(open_house: OpenHouse) -> None:
    house = await open_house(chat__model="gpt-imaginary")
    ada = house.user()
    await ada.says("Hello")
    assert (await house.answer(ada)).text == "There is no model gpt-imaginary here. /model shows those that there are."
    await ada.says("/model gpt-4")
    await house.answer(ada)
    house.api.script.reply("Hello!")
    await ada.says("/retry")
    assert (await house.answer(ada)).text == "Hello!"


async def test_endpoints_that_are_missing_switch_off_what_needs_them(open_house: OpenHouse) -> None:
    house = await open_house(moderation__input="warn", moderation__output="warn")
    house.api.faults.always(Status(404), path="/moderations")
    house.api.faults.always(Status(404), path="/models")
    ada = house.user()
    house.api.script.reply("Fine without.", times=2)
    for _ in range(2):
        await ada.says("Hello")
        assert (await house.answer(ada)).text == "Fine without."
    assert len(house.api.requests.to("/moderations")) == 1
    assert len([line for line in house.log.lines if "moderation" in line and line.startswith("WARNING")]) == 1
    await ada.says("/model")
    assert "does not list others" in (await house.answer(ada)).text


async def test_a_blocked_question_is_refused_and_a_blocked_answer_is_never_seen(open_house: OpenHouse) -> None:
    house = await open_house(moderation__input="block", moderation__output="block")
    ada = house.user()
    await ada.says("I want to kill him with a bomb")
    refused = (await house.answer(ada)).text
    assert not house.api.requests.to("/chat/completions")
    house.api.script.reply("First you build a bomb to kill people with.")
    await ada.says("How do I bake bread?")
    answer = await house.answer(ada)
    assert not any("bomb" in text for text in answer.history)
    assert refused != answer.text


async def test_a_hundred_faults_at_once_leave_everybody_with_an_answer(open_house: OpenHouse) -> None:
    house = await open_house(api__attempts="2")
    kinds: list[Fault] = [Status(500), Reset(), NotJson(), CutStream(after_chunks=1), Status(429, retry_after=0.05)]
    people = [house.user(f"Person {number}") for number in range(50)]
    for index in range(50):
        house.api.faults.next(kinds[index % len(kinds)])
    await asyncio.gather(*(person.says("Hello") for person in people))
    await house.idle()
    for person in people:
        (answer,) = [message.text for message in person.chat.transcript() if message.from_bot]
        assert answer not in ("", "…")
