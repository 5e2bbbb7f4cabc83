"""Starting, polling, losing the database and Telegram, and stopping."""

import asyncio
import logging
import re
import traceback
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from botcore.adapter import Platform, Setup
from botcore.errors import ConfigError, SendLater
from botcore.messages import Message, Piece
from botcore.plugin import Context
from botcore.testing.telegram_server import Limits, TelegramServer, telegram_server
from botcore_telegram import TelegramSettings, adapter
from botcore_telegram.connection import TelegramAdapter

if TYPE_CHECKING:
    from tests.telegram.conftest import Connect, House

FAKE = "7000001:obviously-no-real-token-just-for-tests"


def texts(house: "House") -> list[str]:
    return [one.event.text for one in house.accepted if isinstance(one.event, Message)]


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.01)


async def call(telegram: TelegramServer, method: str, **params: str) -> Any:
    async with (
        aiohttp.ClientSession() as http,
        http.post(f"{telegram.url}/bot{telegram.token}/{method}", data=params) as answer,
    ):
        return (await answer.json())["result"]


# ---- what was accepted is durable, and nothing is lost ----


async def test_what_the_database_did_not_take_is_fetched_again(
    telegram: TelegramServer, house: "House", connect: "Connect", caplog: pytest.LogCaptureFixture
) -> None:
    await connect()
    ada = telegram.user("Ada")
    await ada.says("one")
    await house.next()
    house.down = True
    await ada.says("two")
    await ada.says("three")
    await house.until(lambda: house.refused >= 2)
    assert [update.id for update in telegram.world.updates.pending][-1] == 70_000_003  # not confirmed
    house.down = False
    await house.until(lambda: len(house.accepted) == 3)
    assert texts(house) == ["one", "two", "three"]
    lines = [record.getMessage() for record in caplog.records if "database" in record.getMessage()]
    assert len(lines) == 1
    assert "the disk is full" in lines[0]


async def test_a_batch_is_one_transaction(telegram: TelegramServer, house: "House", connect: "Connect") -> None:
    ada = telegram.user("Ada")
    for number in range(120):
        await ada.says(str(number))
    await connect()
    await house.until(lambda: len(house.accepted) == 120)
    assert house.batches == [100, 20]  # Telegram gives a hundred at once
    assert texts(house) == [str(number) for number in range(120)]


async def test_after_a_restart_nothing_comes_twice_and_nothing_is_missing(
    telegram: TelegramServer, house: "House", connect: "Connect"
) -> None:
    first = await connect()
    ada = telegram.user("Ada")
    await ada.says("before")
    await house.next()
    await first.stop_receiving()
    assert telegram.world.updates.pending == []  # confirmed on leaving
    await ada.says("meanwhile")
    await first.close()
    await connect()
    assert texts(house) == ["before"]
    await house.next()
    assert texts(house) == ["before", "meanwhile"]


async def test_a_stop_in_the_middle_of_accepting_confirms_nothing(
    telegram: TelegramServer, house: "House", connect: "Connect"
) -> None:
    house.late = asyncio.Event()  # the database takes for ever
    stuck = await connect()
    ada = telegram.user("Ada")
    await ada.says("hello?")
    await telegram.called("getUpdates")
    await stuck.close()
    house.late.set()
    await connect()
    assert isinstance((await house.next()).event, Message)
    assert texts(house) == ["hello?"]


async def test_updates_that_cannot_be_read_are_passed_over(
    telegram: TelegramServer, house: "House", connect: "Connect", caplog: pytest.LogCaptureFixture
) -> None:
    secret = "what a person wrote"
    ada = telegram.user("Ada")
    await ada.says("before")
    for broken in (
        {"message": {"message_id": 5, "text": secret}},
        {"message": secret},
        {"message": {"message_id": 1, "date": "yesterday", "chat": {"id": 1}, "text": secret}},
        {"callback_query": {"id": "1"}},
        {"edited_message": [secret]},
        {"message": {"message_id": 1, "date": 1, "chat": {"id": 1, "type": "private"}, "voice": {"file_id": secret}}},
    ):
        telegram.inject(broken)
    telegram.inject(b'{"message": {}}')
    telegram.inject(b'{"update_id": null, "message": {}}')
    telegram.inject({"a_kind_to_come": {"new": True}})
    await ada.says("after")
    running = await connect()
    await house.until(lambda: len(house.accepted) == 2)
    assert texts(house) == ["before", "after"]
    await running.stop_receiving()
    assert telegram.world.updates.pending == []
    said = [record.getMessage() for record in caplog.records if "passed over" in record.getMessage()]
    numbers = [int(number) for line in said for number in re.findall(r"update (\d+)", line)]
    assert numbers == list(range(70_000_002, 70_000_008))
    assert secret not in caplog.text


async def test_a_fault_of_our_own_is_not_a_busy_loop(
    telegram: TelegramServer, house: "House", connect: "Connect", caplog: pytest.LogCaptureFixture
) -> None:
    house.fault = RuntimeError("a slip in the engine")
    await connect()
    await telegram.user("Ada").says("hello")
    await until(lambda: "a slip in the engine" in caplog.text)
    house.fault = None
    await house.next()
    assert texts(house) == ["hello"]
    assert len(telegram.calls.of("getUpdates")) <= 4


# ---- starting ----


async def test_the_first_poll_comes_before_everything_that_can_wait(
    telegram: TelegramServer, house: "House", connect: "Connect"
) -> None:
    @house.plugin.command("help")
    async def help_(ctx: Context) -> None:
        """Show what I can do."""

    await telegram.user("Ada").says("hello")
    await connect(menu=True)
    await telegram.called("setMyCommands")
    called = [one.method for one in telegram.calls]
    assert called[:2] == ["getMe", "deleteWebhook"]
    assert called.index("getUpdates") < called.index("setMyCommands")
    poll = telegram.calls.of("getUpdates")[0].params
    assert (poll["timeout"], poll["allowed_updates"]) == (
        30,
        ["message", "edited_message", "callback_query", "message_reaction"],
    )


async def test_a_rejected_token_is_one_line_with_a_remedy(
    telegram: TelegramServer, connect: "Connect", caplog: pytest.LogCaptureFixture
) -> None:
    for token, cause in ((FAKE, "Unauthorized"), ("0:" + "x" * 20, "Not Found")):
        with pytest.raises(ConfigError) as refused:
            await connect(token=token)
        told = str(refused.value)
        assert "TELEGRAM_BOT_TOKEN" in told
        assert "@BotFather" in told
        assert cause in told
        assert "\n" not in told
        everything = "".join(traceback.format_exception(refused.value)) + repr(refused.value.__cause__) + caplog.text
        assert token not in everything
    assert telegram.calls.of("getUpdates") == []


@pytest.mark.parametrize("token", ["", "123", "my token:abc", "123:abc def", f"{FAKE}/getMe"])
def test_what_is_no_token_is_refused_at_once(token: str) -> None:
    with pytest.raises(ConfigError, match="TELEGRAM_BOT_TOKEN") as refused:
        TelegramAdapter(TelegramSettings(), token)
    assert not token or token not in str(refused.value)


@pytest.mark.parametrize("url", ["api.telegram.org", "ftp://example.org", "https://", "https://example.org/?a=1"])
def test_what_is_no_root_is_refused_at_once(url: str) -> None:
    with pytest.raises(ConfigError, match="TELEGRAM_API_URL"):
        TelegramAdapter(TelegramSettings(), FAKE, url)


async def test_roots_are_taken_as_people_write_them(
    telegram: TelegramServer, house: "House", connect: "Connect"
) -> None:
    await connect(url=f" {telegram.url}/bot/ ", token=f"{telegram.token}\n")
    await telegram.user("Ada").says("hello")
    assert isinstance((await house.next()).event, Message)


def test_the_package_is_a_platform_that_needs_its_token() -> None:
    assert isinstance(adapter, Platform)
    assert (adapter.name, adapter.needs) == ("telegram", ("TELEGRAM_BOT_TOKEN",))
    assert adapter.secrets == ("TELEGRAM_BOT_TOKEN", "TELEGRAM_API_URL")
    built = adapter.build(Setup(TelegramSettings(), {"TELEGRAM_BOT_TOKEN": FAKE}))
    assert built.platform == "telegram"
    assert (built.outlet.limits.edits, built.outlet.limits.idempotent, built.outlet.limits.text) == (True, False, 4096)


async def test_an_unreachable_telegram_does_not_stop_the_start(
    house: "House", connect: "Connect", caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    async with telegram_server(limits=Limits.none()) as gone:
        port = int(gone.url.rpartition(":")[2])
    running = await connect(server=gone)
    assert [r.levelname for r in caplog.records if "does not answer yet" in r.getMessage()] == ["WARNING"]
    async with telegram_server(limits=Limits.none(), port=port) as back:
        await back.user("Ada").says("there you are")
        await house.next()
        assert texts(house) == ["there you are"]
        assert "Telegram answers now" in caplog.text
        await running.close()


async def test_stopping_while_telegram_is_unreachable_is_quick(connect: "Connect") -> None:
    async with telegram_server(limits=Limits.none()) as gone:
        pass
    running = await connect(server=gone)
    async with asyncio.timeout(4):  # a try to connect has five seconds
        await running.stop_receiving()
        await running.close()


async def test_a_webhook_is_removed_and_what_waited_is_kept(
    telegram: TelegramServer, house: "House", connect: "Connect"
) -> None:
    await telegram.user("Ada").says("waiting")
    await call(telegram, "setWebhook", url="https://127.0.0.1:8443/hook")
    doctor = TelegramAdapter(TelegramSettings(), telegram.token, telegram.url)
    found = {finding.name: finding for finding in await doctor.check()}
    await doctor.close()
    assert found["telegram: webhook"].state == "note"
    await connect()
    await house.next()
    assert texts(house) == ["waiting"]
    assert (await call(telegram, "getWebhookInfo"))["url"] == ""


# ---- trouble on the way ----


async def test_a_second_poller_is_named_as_the_cause(
    telegram: TelegramServer, house: "House", connect: "Connect", caplog: pytest.LogCaptureFixture
) -> None:
    await connect()
    rival = await connect(gateway=type(house)())
    await until(lambda: "another process polls with the same token" in caplog.text)
    await rival.close()
    await telegram.user("Eve").says("one of you, please")
    await house.until(lambda: "one of you, please" in texts(house))
    assert caplog.text.count("another process polls") <= 2  # each of the two says it once a minute


async def test_a_token_revoked_at_run_time_is_said_and_polling_goes_on(
    telegram: TelegramServer, house: "House", connect: "Connect", caplog: pytest.LogCaptureFixture
) -> None:
    running = await connect(poll_seconds=0)
    telegram.faults.refuse("getUpdates", status=401, description="Unauthorized")
    telegram.faults.refuse("sendMessage", status=401, description="Unauthorized")
    ada = telegram.user("Ada")
    await ada.says("hello")
    address = (await house.next()).address
    with pytest.raises(SendLater) as later:
        await running.outlet.send(address, Piece("hi"), key="1/0")
    assert later.value.retry_after == 30
    assert "does not accept TELEGRAM_BOT_TOKEN any more" in caplog.text


@pytest.mark.parametrize("fault", ["502", "reset", "flood", "empty"])
async def test_faults_while_polling_lose_nothing(
    telegram: TelegramServer, house: "House", connect: "Connect", fault: str
) -> None:
    match fault:
        case "502":
            telegram.faults.garble("getUpdates")
        case "reset":
            telegram.faults.reset("getUpdates", landed=True)
        case "flood":
            telegram.faults.refuse("getUpdates", status=429, description="Too Many Requests", retry_after=1)
        case _:
            telegram.faults.refuse("getUpdates", status=500, description="Internal Server Error")
    await telegram.user("Ada").says("hello")
    await connect()
    await house.next()
    assert texts(house) == ["hello"]


# ---- menu, doctor ----


async def test_the_menu_follows_the_plugins_in_every_language(
    telegram: TelegramServer, house: "House", connect: "Connect"
) -> None:
    bot = house.plugin

    @bot.command("help", descriptions={"de": "Zeigt, was ich kann.", "pt-BR": "Mostra o que sei fazer."})
    async def help_(ctx: Context) -> None:
        """Show what I can do.

        And a lot more.
        """

    @bot.command("image", descriptions={"de": "Malt ein Bild. " * 40})
    async def image(ctx: Context) -> None: ...

    @bot.command("approve", permission="owner")
    async def approve(ctx: Context) -> None:
        """Not for everybody's menu."""

    @bot.command("hidden", hidden=True)
    async def hidden(ctx: Context) -> None:
        """Nor this."""

    @bot.command("not-for-telegram")
    async def dashed(ctx: Context) -> None:
        """A name that Telegram does not take."""

    bot.tool("lookup")(help_)
    ada, dora, pia = telegram.user("Ada"), telegram.user("Dora", language="de"), telegram.user("Pia", language="pt")
    first = await connect(menu=True)
    await telegram.called("setMyCommands", times=3)
    assert telegram.bot.menu_for(ada) == [
        {"command": "help", "description": "Show what I can do."},
        {"command": "image", "description": "image"},
    ]
    german = telegram.bot.menu_for(dora)
    assert german[0] == {"command": "help", "description": "Zeigt, was ich kann."}
    assert len(german[1]["description"]) == 256
    assert telegram.bot.menu_for(pia)[0]["description"] == "Mostra o que sei fazer."
    await first.close()

    telegram.calls.clear()
    await connect(menu=True)
    await telegram.called("getMyCommands", times=3)
    assert telegram.calls.of("setMyCommands") == []  # nothing differs, nothing is set


async def test_the_doctor_tells_name_privacy_and_what_is_wrong(telegram: TelegramServer) -> None:
    async def doctor(token: str, url: str) -> dict[str, tuple[str, str, str]]:
        looked_at = TelegramAdapter(TelegramSettings(), token, url)
        try:
            return {one.name: (one.state, one.text, one.remedy) for one in await looked_at.check()}
        finally:
            await looked_at.close()

    found = await doctor(telegram.token, telegram.url)
    assert found["telegram"][0] == "ok"
    assert "@helper_bot" in found["telegram"][1]
    assert "privacy mode is on" in found["telegram: groups"][1]
    assert "/setprivacy" in found["telegram: groups"][2]
    telegram.world.reads_all_messages = True
    assert list(await doctor(telegram.token, telegram.url)) == ["telegram"]
    assert telegram.calls.of("getUpdates") == []

    state, text, remedy = (await doctor(FAKE, telegram.url))["telegram"]
    assert (state, "does not accept the token" in text, "@BotFather" in remedy) == ("fail", True, True)
    assert FAKE not in text
    state, text, remedy = (await doctor(telegram.token, "http://127.0.0.1:9"))["telegram"]
    assert (state, "does not answer" in text, "TELEGRAM_API_URL" in remedy) == ("fail", True, True)


async def test_privacy_mode_is_said_at_the_start(
    telegram: TelegramServer, connect: "Connect", caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    await connect()
    assert caplog.text.count("privacy mode is on") == 1
