"""Faults on demand, as the real library meets them."""

import asyncio

import pytest
from telegram import Bot
from telegram.error import BadRequest, NetworkError, RetryAfter, TelegramError, TimedOut

from botcore.testing.telegram_server import Garble, Person, TelegramServer


@pytest.fixture
async def ada(telegram: TelegramServer) -> Person:
    person = telegram.user("Ada")
    await person.says("hi")
    return person


async def test_the_next_calls_are_refused(telegram: TelegramServer, bot: Bot, ada: Person) -> None:
    telegram.faults.refuse("sendMessage", status=429, description="Too Many Requests: retry after 7", retry_after=7)
    telegram.faults.refuse("sendMessage", status=400, description="Bad Request: not today", times=2)
    with pytest.raises(RetryAfter) as refused:
        await bot.send_message(ada.id, "one")
    assert refused.value._retry_after.total_seconds() == 7
    for _ in range(2):
        with pytest.raises(BadRequest, match="Not today"):
            await bot.send_message(ada.id, "one")
    assert not telegram.faults.planned
    await bot.send_message(ada.id, "two")
    assert ada.chat.lines() == ["Ada: hi", "Helper: two"]
    assert [call.status for call in telegram.calls.of("sendMessage")] == [429, 400, 400, 200]


async def test_an_answer_is_lost_although_the_message_landed(telegram: TelegramServer, bot: Bot, ada: Person) -> None:
    telegram.faults.lose("sendMessage")
    with pytest.raises(TimedOut):
        await bot.send_message(ada.id, "did it arrive?", read_timeout=0.1)
    assert ada.chat.lines()[-1] == "Helper: did it arrive?"
    telegram.faults.lose("sendMessage", landed=False)
    with pytest.raises(TimedOut):
        await bot.send_message(ada.id, "and this?", read_timeout=0.1)
    assert ada.chat.lines()[-1] == "Helper: did it arrive?"


@pytest.mark.parametrize("landed", [False, True])
async def test_the_connection_breaks(telegram: TelegramServer, bot: Bot, ada: Person, landed: bool) -> None:
    telegram.faults.reset("sendMessage", landed=landed)
    with pytest.raises(NetworkError):
        await bot.send_message(ada.id, "snap")
    assert ("Helper: snap" in ada.chat.lines()) == landed
    await bot.send_message(ada.id, "again")


async def test_a_gateway_answers_with_a_page(telegram: TelegramServer, bot: Bot, ada: Person) -> None:
    telegram.faults.garble("sendMessage")
    telegram.faults.plan("sendMessage", Garble(status=200, body="<html>", landed=True))
    for _ in range(2):
        with pytest.raises(TelegramError):
            await bot.send_message(ada.id, "lost in a page")
    assert ada.chat.lines() == ["Ada: hi", "Helper: lost in a page"]


async def test_an_answer_is_late(telegram: TelegramServer, bot: Bot, ada: Person) -> None:
    telegram.faults.delay("sendMessage", 30)
    with pytest.raises(TimedOut):
        await bot.send_message(ada.id, "slow", read_timeout=0.1)
    assert ada.chat.lines() == ["Ada: hi"]
    telegram.faults.delay("sendMessage", 0.01, landed=True)
    await bot.send_message(ada.id, "a little slow")
    assert ada.chat.lines()[-1] == "Helper: a little slow"


async def test_a_call_is_held_until_released(telegram: TelegramServer, bot: Bot, ada: Person) -> None:
    hold = telegram.faults.hold("sendMessage")
    sending = asyncio.create_task(bot.send_message(ada.id, "held"))
    await hold.reached()
    assert hold.is_reached
    assert ada.chat.lines() == ["Ada: hi"]
    assert not sending.done()
    hold.release()
    assert (await sending).text == "held"

    after = telegram.faults.hold("sendMessage", landed=True)
    sending = asyncio.create_task(bot.send_message(ada.id, "landed"))
    await after.reached()
    assert ada.chat.lines()[-1] == "Helper: landed"
    assert not sending.done()
    after.release()
    await sending
    with pytest.raises(TimeoutError):
        await telegram.faults.hold("getMe").reached(0.01)


async def test_faults_can_be_for_one_chat_or_for_everything(telegram: TelegramServer, bot: Bot, ada: Person) -> None:
    bob = telegram.user("Bob")
    await bob.says("hi")
    telegram.faults.refuse("sendMessage", where=bob.id)
    await bot.send_message(ada.id, "fine")
    with pytest.raises(NetworkError, match="Internal Server Error"):
        await bot.send_message(bob.id, "not fine")
    telegram.faults.refuse("*", status=502, description="Bad Gateway")
    with pytest.raises(NetworkError, match="Bad Gateway"):
        await bot.get_me()
    telegram.faults.refuse("*")
    telegram.faults.clear()
    await bot.get_me()
    with pytest.raises(ValueError, match="at least once"):
        telegram.faults.refuse("*", times=0)


async def test_polling_can_fail_and_nothing_is_lost(telegram: TelegramServer, bot: Bot, ada: Person) -> None:
    telegram.faults.reset("getUpdates", landed=True)
    with pytest.raises(NetworkError):
        await bot.get_updates()
    assert [update.message.text for update in await bot.get_updates() if update.message] == ["hi"]


async def test_calls_are_recorded_and_can_be_forgotten(telegram: TelegramServer, bot: Bot, ada: Person) -> None:
    await bot.send_message(ada.id, "hello", disable_notification=True)
    (call,) = telegram.calls.of("sendmessage")
    assert call.ok
    assert call.params == {"chat_id": str(ada.id), "text": "hello", "disable_notification": "true"}
    await bot.send_document(ada.id, b"1234", filename="a.txt")
    assert telegram.calls.of("sendDocument")[0].params["document"] == "<4 bytes, a.txt>"
    telegram.calls.clear()
    assert len(telegram.calls) == 0
