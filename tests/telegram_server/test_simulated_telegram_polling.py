"""How a bot fetches updates: offsets, limits, long polls, two pollers, webhooks."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import pytest
from aiohttp import web
from telegram import Bot
from telegram.error import Conflict

from botcore.testing.telegram_server import Person, TelegramServer

Caller = Callable[..., Coroutine[Any, Any, Any]]


async def say(person: Person, *texts: str) -> None:
    for text in texts:
        await person.says(text)


def texts_of(answer: Any) -> list[str]:
    return [update["message"]["text"] for update in answer["result"]]


async def test_updates_stay_until_a_higher_offset_confirms_them(telegram: TelegramServer, call: Caller) -> None:
    await say(telegram.user("Ada"), "one", "two", "three")
    first = await call("getUpdates", limit=2)
    assert texts_of(first) == ["one", "two"]
    assert texts_of(await call("getUpdates")) == ["one", "two", "three"]
    ids = [update["update_id"] for update in first["result"]]
    assert ids[1] == ids[0] + 1
    assert texts_of(await call("getUpdates", offset=ids[1])) == ["two", "three"]
    assert texts_of(await call("getUpdates", offset=0)) == ["two", "three"]  # "one" is gone for good
    assert (await call("getUpdates", offset=ids[1] + 2))["result"] == []
    assert telegram.world.updates.pending == []


async def test_a_negative_offset_keeps_only_the_last(telegram: TelegramServer, call: Caller) -> None:
    await say(telegram.user("Ada"), "one", "two", "three")
    assert texts_of(await call("getUpdates", offset=-2)) == ["two", "three"]
    assert texts_of(await call("getUpdates")) == ["two", "three"]


async def test_an_offset_far_in_the_future_is_ignored(telegram: TelegramServer, call: Caller) -> None:
    await say(telegram.user("Ada"), "one")
    assert texts_of(await call("getUpdates", offset=2_000_000_000)) == ["one"]


async def test_limits_are_moved_into_their_range(telegram: TelegramServer, call: Caller) -> None:
    await say(telegram.user("Ada"), *(str(number) for number in range(105)))
    assert len((await call("getUpdates", limit=1000))["result"]) == 100
    assert len((await call("getUpdates", limit=-5))["result"]) == 1


async def test_a_long_poll_ends_with_the_first_update(telegram: TelegramServer, call: Caller) -> None:
    ada = telegram.user("Ada")
    poll = asyncio.create_task(call("getUpdates", timeout=30))
    await polling(telegram)
    await ada.says("hi")
    assert texts_of(await poll) == ["hi"]


async def test_a_long_poll_without_news_ends_empty(call: Caller) -> None:
    assert (await call("getUpdates", timeout=1))["result"] == []


async def polling(telegram: TelegramServer) -> None:
    async with asyncio.timeout(5):
        while telegram.world.updates._poll is None:
            await asyncio.sleep(0)


async def test_the_second_poller_ends_the_first(telegram: TelegramServer, bot: Bot, call: Caller) -> None:
    first = asyncio.create_task(bot.get_updates(timeout=30))
    await polling(telegram)
    waiting = telegram.world.updates._poll
    second = asyncio.create_task(call("getUpdates", timeout=30))
    with pytest.raises(Conflict, match="terminated by other getUpdates request"):
        await first
    assert telegram.world.updates._poll is not waiting
    await telegram.user("Ada").says("for the second")
    assert texts_of(await second) == ["for the second"]


async def test_only_wanted_kinds_are_queued_and_the_choice_lasts(telegram: TelegramServer, call: Caller) -> None:
    ada = telegram.user("Ada")
    await call("getUpdates", allowed_updates=json.dumps(["message", "nonsense"]))
    said = await ada.says("hi")
    await ada.edits(said, "hi!")
    await ada.reacts("👍", said)
    assert [set(update) for update in (await call("getUpdates"))["result"]] == [{"update_id", "message"}]
    await call("getUpdates", allowed_updates="[]")  # back to all but the rare ones
    await ada.edits(said, "hi?")
    await ada.reacts(None, said)
    kinds = [set(update) - {"update_id"} for update in (await call("getUpdates"))["result"]]
    assert kinds == [{"message"}, {"edited_message"}]


@pytest.fixture
async def receiver() -> AsyncIterator[tuple[str, "asyncio.Queue[tuple[Any, str]]", list[int]]]:
    """A bot's own web server; the list says which statuses it answers with first."""
    got: asyncio.Queue[tuple[Any, str]] = asyncio.Queue()
    statuses: list[int] = []

    async def take(request: web.Request) -> web.Response:
        status = statuses.pop(0) if statuses else 200
        if status == 200:
            await got.put((await request.json(), request.headers.get("X-Telegram-Bot-Api-Secret-Token", "")))
        return web.Response(status=status)

    app = web.Application()
    app.router.add_post("/hook", take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/hook", got, statuses
    await runner.cleanup()


async def test_a_webhook_gets_updates_in_order_with_its_secret(
    telegram: TelegramServer,
    bot: Bot,
    receiver: tuple[str, "asyncio.Queue[tuple[Any, str]]", list[int]],
) -> None:
    url, got, statuses = receiver
    ada = telegram.user("Ada")
    await ada.says("before")
    statuses.append(503)  # the first delivery fails and is repeated
    await bot.set_webhook(url, secret_token="not-a-secret")
    await ada.says("after")
    deliveries = [await asyncio.wait_for(got.get(), 5) for _ in range(2)]
    assert [(update["message"]["text"], secret) for update, secret in deliveries] == [
        ("before", "not-a-secret"),
        ("after", "not-a-secret"),
    ]
    info = await bot.get_webhook_info()
    assert info.url == url
    assert info.last_error_message == "Wrong response from the webhook: 503 Service Unavailable"
    with pytest.raises(Conflict, match="while webhook is active"):
        await bot.get_updates()
    await bot.delete_webhook()
    assert (await bot.get_webhook_info()).url == ""
    await ada.says("polled")
    assert (await bot.get_updates())[-1].message.text == "polled"  # type: ignore[union-attr] # it is a message


async def test_a_webhook_ends_a_long_poll(telegram: TelegramServer, call: Caller) -> None:
    poll = asyncio.create_task(call("getUpdates", timeout=30))
    await polling(telegram)
    assert (await call("setWebhook", url="http://127.0.0.1:9/nobody"))["ok"]
    answer = await poll
    assert (answer["error_code"], answer["description"]) == (409, "Conflict: terminated by setWebhook request")
    await call("deleteWebhook", drop_pending_updates="true")


async def test_webhooks_that_telegram_refuses(call: Caller) -> None:
    answer = await call("setWebhook", url="http://bot.example/hook")
    assert answer["description"] == "Bad Request: bad webhook: An HTTPS URL must be provided for webhook"
    answer = await call("setWebhook", url="https://bot.example/hook", secret_token="no spaces!")
    assert answer["description"] == "Bad Request: secret token contains unallowed characters"
