"""Flood control on a clock that the test moves."""

from collections.abc import AsyncIterator

import pytest
from telegram import Bot, InputMediaPhoto
from telegram.error import RetryAfter

from botcore.testing.telegram_server import Limits, ManualClock, Rate, TelegramServer, png, telegram_server


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def telegram(clock: ManualClock) -> AsyncIterator[TelegramServer]:
    async with telegram_server(clock=clock, limits=Limits.real()) as server:
        yield server


def waits(refused: RetryAfter) -> float:
    return refused._retry_after.total_seconds()


async def test_one_message_a_second_in_one_chat_after_a_short_burst(
    telegram: TelegramServer, bot: Bot, clock: ManualClock
) -> None:
    ada = telegram.user("Ada")
    await ada.says("hi")
    for number in range(5):
        await bot.send_message(ada.id, str(number))
    with pytest.raises(RetryAfter) as refused:
        await bot.send_message(ada.id, "too fast")
    assert waits(refused.value) == 1
    clock.advance(1)
    await bot.send_message(ada.id, "in time")
    assert ada.chat.lines()[-1] == "Helper: in time"
    assert "Helper: too fast" not in ada.chat.lines()


async def test_edits_count_like_messages(telegram: TelegramServer, bot: Bot) -> None:
    ada = telegram.user("Ada")
    await ada.says("hi")
    sent = await bot.send_message(ada.id, "0")
    for number in range(1, 5):
        await sent.edit_text(str(number))
    with pytest.raises(RetryAfter):
        await sent.edit_text("5")
    assert await bot.send_chat_action(ada.id, "typing")  # does not count


async def test_twenty_a_minute_in_a_group_and_albums_count_fully(
    telegram: TelegramServer, bot: Bot, clock: ManualClock
) -> None:
    group = telegram.group("Friends", [telegram.user("Ada")])
    for _ in range(18):
        await bot.send_message(group.id, "x")
        clock.advance(1)
    pictures = [InputMediaPhoto(png(), caption=str(number)) for number in range(9)]
    with pytest.raises(RetryAfter) as refused:
        await bot.send_media_group(group.id, pictures)
    assert waits(refused.value) == pytest.approx(3, abs=1)  # 18 s gave back 6 of the 20
    clock.advance(60)
    await bot.send_media_group(group.id, pictures)
    assert len(group.transcript()) == 27


async def test_thirty_a_second_over_all_chats(telegram: TelegramServer, bot: Bot, clock: ManualClock) -> None:
    people = [telegram.user(f"P{number}") for number in range(31)]
    for person in people:
        await person.says("hi")
    for person in people[:30]:
        await bot.send_message(person.id, "hello")
    with pytest.raises(RetryAfter):
        await bot.send_message(people[30].id, "hello")
    clock.advance(1)
    await bot.send_message(people[30].id, "hello")


async def test_limits_can_be_switched_off_while_running(telegram: TelegramServer, bot: Bot) -> None:
    telegram.world.flood.limits = Limits.none()
    ada = telegram.user("Ada")
    await ada.says("hi")
    for number in range(40):
        await bot.send_message(ada.id, str(number))
    assert len(ada.chat.transcript()) == 41


async def test_a_refused_message_costs_nothing(telegram: TelegramServer, bot: Bot, clock: ManualClock) -> None:
    telegram.world.flood.limits = Limits(chat=Rate(1, 10), group=None, overall=Rate(2, 10))
    ada, bob = telegram.user("Ada"), telegram.user("Bob")
    await ada.says("hi")
    await bob.says("hi")
    await bot.send_message(ada.id, "1")
    for _ in range(5):
        with pytest.raises(RetryAfter):
            await bot.send_message(ada.id, "refused")
    await bot.send_message(bob.id, "still one left for Bob")
    clock.advance(10)
    await bot.send_message(ada.id, "2")
