"""The adapter beside somebody's own code for python-telegram-bot: in its application, or in one that is handed out."""

import asyncio
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from telegram import Update
from telegram.error import NetworkError
from telegram.ext import (
    Application,
    ApplicationBuilder,
    CallbackQueryHandler,
    CommandHandler,
    ContextTypes,
    MessageHandler,
    filters,
)
from telegram.request import BaseRequest, RequestData

from botcore.errors import ConfigError, SendLater
from botcore.messages import Audio, Button, Image, Message, Piece, Press, Reply, Text
from botcore.testing.telegram_server import TelegramServer, png
from botcore_telegram.connection import TelegramAdapter
from botcore_telegram.settings import TelegramSettings

if TYPE_CHECKING:
    from tests.telegram.conftest import House

SETTINGS = TelegramSettings(pace=False, messages_per_second=0, frame_seconds=0, menu=False)
TOKEN = "42:in-process-simulator-token"
USER = {"id": 5, "is_bot": False, "first_name": "Ada"}
CHAT = {"id": 5, "type": "private", "first_name": "Ada"}
ME = {"id": 42, "is_bot": True, "first_name": "Helper", "username": "helper_bot"}


class InProcess(BaseRequest):
    """A third party's Telegram within the process: requests are answered without any network."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.refusals: list[tuple[int, dict[str, Any]]] = []
        self._numbers: Iterator[int] = iter(range(100, 10_000))

    @property
    def read_timeout(self) -> float | None:
        return 1

    async def initialize(self) -> None:
        pass

    async def shutdown(self) -> None:
        pass

    async def do_request(
        self, url: str, method: str, request_data: RequestData | None = None, *_: Any, **__: Any
    ) -> tuple[int, bytes]:
        if method == "GET":
            return 200, b"OggS speech"
        name, given = url.rpartition("/")[2], dict(request_data.parameters) if request_data else {}
        if name not in ("getMe", "getWebhookInfo"):
            self.asked.append((name, given))
            if self.refusals:
                status, answer = self.refusals.pop()
                return status, json.dumps({"ok": False, "error_code": status, **answer}).encode()
        return 200, json.dumps({"ok": True, "result": self._result(name, given)}).encode()

    def _result(self, name: str, given: dict[str, Any]) -> Any:
        if name == "getMe":
            return {**ME, "can_join_groups": True, "can_read_all_group_messages": True}
        if name == "getWebhookInfo":
            return {"url": "", "has_custom_certificate": False, "pending_update_count": 0}
        if name == "getFile":
            return {"file_id": "x", "file_unique_id": "y", "file_path": "voice/1.oga"}
        if name == "sendMediaGroup":
            return [self._message(given) for _ in given["media"]]
        return self._message(given) if name.startswith("send") else True

    def _message(self, given: dict[str, Any]) -> dict[str, Any]:
        return {"message_id": next(self._numbers), "date": 1_700_000_000, "chat": CHAT, "text": given.get("text", "")}

    def of(self, method: str) -> list[dict[str, Any]]:
        return [given for name, given in self.asked if name == method]


def lent(request: InProcess) -> Any:
    """Somebody's application on their own simulator."""
    return ApplicationBuilder().token(TOKEN).request(request).get_updates_request(request).updater(None).build()


def update(application: Any, number: int, **fields: Any) -> Update:
    message = {"message_id": number, "date": 1_700_000_000, "from": USER, "chat": CHAT, **fields}
    found = Update.de_json({"update_id": number, "message": message}, application.bot)
    assert found is not None
    return found


def command(number: int, text: str, application: Any) -> Update:
    entities = [{"type": "bot_command", "offset": 0, "length": len(text.split(maxsplit=1)[0])}]
    return update(application, number, text=text, entities=entities)


async def test_an_in_process_simulator_drives_the_bot_through_its_own_application(house: "House") -> None:
    request = InProcess()
    application = lent(request)
    heard: list[str] = []

    async def ping(update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        assert update.effective_message is not None
        await update.effective_message.reply_text("pong")

    async def hear(update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        heard.append(str(update.effective_message.text) if update.effective_message else "")

    application.add_handler(CommandHandler("ping", ping))
    application.add_handler(MessageHandler(filters.TEXT, hear), group=1)
    adapter = TelegramAdapter(SETTINGS, application=application)
    assert adapter.application is application
    await adapter.start(house)
    try:
        await application.process_update(update(application, 1, text="hello"))
        assert [one.event for one in house.accepted] == [Message("1", (Text("hello"),))]  # durable when it returns
        await application.process_update(update(application, 1, text="hello"))
        await application.process_update(command(2, "/ping", application))  # theirs: the engine keeps out of it
        await application.process_update(command(3, "/model", application))
        assert [one.id for one in house.accepted] == ["1", "3"]
        assert [given["text"] for given in request.of("sendMessage")] == ["pong"]
        assert heard == ["hello", "hello", "/ping", "/model"]  # their handlers run, whatever the engine does

        address = house.accepted[0].address
        place = await adapter.outlet.send(address, Piece("…"), key="1/0")
        await adapter.outlet.edit(address, place, adapter.outlet.split(Reply.of("**Hi**"))[0])
        edited = request.of("editMessageText")[0]
        assert (edited["text"], edited["message_id"]) == ("Hi", int(place))
        two = [Image(data=png(), media_type="image/png")] * 2
        await adapter.outlet.send(address, adapter.outlet.split(Reply.of(*two))[0], key="1/1")
        assert [one["type"] for one in request.of("sendMediaGroup")[0]["media"]] == ["photo", "photo"]
        voice = {"file_id": "x", "file_unique_id": "y", "duration": 2}
        await application.process_update(update(application, 4, voice=voice))
        sound = house.accepted[-1].event
        assert isinstance(sound, Message)
        assert isinstance(sound.parts[0], Audio)
        assert b"".join([piece async for piece in adapter.outlet.fetch("x", most=100)]) == b"OggS speech"
    finally:
        await adapter.close()
    assert not application.running


async def test_the_doctor_looks_through_a_lent_bot() -> None:
    [finding] = await TelegramAdapter(SETTINGS, application=lent(InProcess())).check()
    assert (finding.state, finding.text) == ("ok", "@helper_bot at api.telegram.org")


async def test_a_running_application_keeps_running_and_its_queue_is_durable(house: "House") -> None:
    application = lent(InProcess())
    met = asyncio.Queue[int]()

    async def hear(update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        met.put_nowait(update.update_id)

    application.add_handler(MessageHandler(filters.ALL, hear))
    async with application:
        await application.start()
        queue = application.update_queue
        adapter = TelegramAdapter(SETTINGS, application=application)
        await adapter.start(house)
        house.down = True
        with pytest.raises(NetworkError):  # an Updater fetches it again, a webhook is called again
            await application.update_queue.put(update(application, 1, text="hello"))
        assert met.empty()
        house.down = False
        for _ in range(2):  # once more: an Updater repeats the whole batch of which one was refused
            await application.update_queue.put(update(application, 1, text="hello"))
        assert [one.id for one in house.accepted] == ["1"]
        async with asyncio.timeout(5):
            assert await met.get() == 1
            await application.update_queue.join()
        await adapter.stop_receiving()
        with pytest.raises(NetworkError):
            await application.update_queue.put(update(application, 2, text="too late"))
        await adapter.close()
        assert application.running
        assert application.update_queue is queue
        await application.update_queue.put(update(application, 3, text="for you alone"))
        async with asyncio.timeout(5):
            assert await met.get() == 3
        assert met.empty()
        assert [one.id for one in house.accepted] == ["1"]
        await application.stop()


async def test_what_is_processed_waits_for_the_database(house: "House") -> None:
    application = lent(InProcess())
    adapter = TelegramAdapter(SETTINGS, application=application)
    await adapter.start(house)
    house.down = True
    processing = asyncio.create_task(application.process_update(update(application, 1, text="hello")))
    await house.until(lambda: house.refused > 0)
    assert not processing.done()
    house.down = False
    async with asyncio.timeout(5):
        await processing
    assert [one.id for one in house.accepted] == ["1"]
    await adapter.close()


async def test_buttons_belong_to_whoever_names_them(house: "House") -> None:
    request = InProcess()
    application = lent(request)
    theirs: list[str] = []

    async def pressed(update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        assert update.callback_query is not None
        theirs.append(str(update.callback_query.data))

    application.add_handler(CallbackQueryHandler(pressed, pattern="^shop:"))
    adapter = TelegramAdapter(SETTINGS, application=application)
    await adapter.start(house)
    message = {"message_id": 9, "date": 1_700_000_000, "chat": CHAT, "from": ME, "text": "Which?"}
    for number, data in enumerate(("shop:buy", "/stop"), start=1):
        query = {"id": str(number), "from": USER, "chat_instance": "1", "message": message, "data": data}
        press = Update.de_json({"update_id": number, "callback_query": query}, application.bot)
        await application.process_update(press)
    assert theirs == ["shop:buy"]
    assert [one.event for one in house.accepted] == [Press("9", "/stop", (Text("Which?"),))]
    async with asyncio.timeout(5):
        while not request.of("answerCallbackQuery"):
            await asyncio.sleep(0)
    await adapter.close()
    assert [given["callback_query_id"] for given in request.of("answerCallbackQuery")] == ["2"]


@pytest.mark.filterwarnings("ignore:.*retry_after.*")
async def test_flood_control_of_a_lent_bot_is_understood(house: "House") -> None:
    request = InProcess()
    application = lent(request)
    adapter = TelegramAdapter(SETTINGS, application=application)
    await adapter.start(house)
    await application.process_update(update(application, 1, text="hello"))
    said = {"description": "Too Many Requests: retry after 77", "parameters": {"retry_after": 77}}
    request.refusals.append((429, said))
    with pytest.raises(SendLater) as later:
        await adapter.outlet.send(house.accepted[0].address, Piece("hi"), key="1/0")
    assert later.value.retry_after == 77
    await adapter.close()


async def test_an_application_that_does_not_run_is_run(telegram: TelegramServer, house: "House") -> None:
    application = (
        Application.builder()
        .token(telegram.token)
        .base_url(telegram.base_url)
        .base_file_url(telegram.base_file_url)
        .build()
    )

    async def ping(update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        assert update.effective_message is not None
        await update.effective_message.reply_text("pong")

    application.add_handler(CommandHandler("ping", ping))
    adapter = TelegramAdapter(SETTINGS.model_copy(update={"poll_seconds": 1}), application=application)
    await adapter.start(house)
    ada = telegram.user("Ada")
    await ada.says("/ping")
    assert (await telegram.bot.answers(ada)).text == "pong"
    await ada.says("hello")
    got = await house.next()
    assert isinstance(got.event, Message)
    assert got.event.text == "hello"
    place = await adapter.outlet.send(got.address, Piece("…"), key="1/0")
    await adapter.outlet.edit(got.address, place, Piece("Hello Ada"))
    assert (await telegram.bot.answers(ada)).text == "Hello Ada"
    await adapter.stop_receiving()
    await adapter.close()
    assert not application.running
    assert telegram.world.updates.pending == []


async def test_the_application_of_our_own_bot_is_handed_out(telegram: TelegramServer, house: "House") -> None:
    adapter = TelegramAdapter(SETTINGS.model_copy(update={"poll_seconds": 1}), telegram.token, telegram.url)
    application = adapter.application
    assert adapter.application is application

    async def ping(update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        assert update.effective_message is not None
        await update.effective_message.reply_text("pong")

    application.add_handler(CommandHandler("ping", ping))
    await adapter.start(house)
    ada = telegram.user("Ada")
    await ada.says("/ping")
    assert (await telegram.bot.answers(ada)).text == "pong"
    await ada.says("hello")
    assert isinstance((await house.next()).event, Message)
    asked = adapter.outlet.split(Reply.of("Sure?", buttons=[[Button("Yes", says="yes")]]))[0]
    await adapter.outlet.send(house.accepted[0].address, asked, key="1/0")
    press = await ada.presses("Yes", on=await telegram.bot.answers(ada))
    assert isinstance((await house.next()).event, Press)
    assert (await press.answer()).answered
    await application.process_update(update(application, 5, text="from within"))  # driven by hand as well
    assert (await house.next()).id == "5"
    await adapter.close()
    assert not application.running


async def test_the_application_is_asked_for_before_the_start(telegram: TelegramServer, house: "House") -> None:
    adapter = TelegramAdapter(SETTINGS, telegram.token, telegram.url)
    await adapter.start(house)
    with pytest.raises(RuntimeError, match="before"):
        _ = adapter.application
    await adapter.close()


async def test_a_token_that_is_refused_is_not_quoted(house: "House") -> None:
    class Refusing(InProcess):
        async def do_request(self, *_: Any, **__: Any) -> tuple[int, bytes]:
            return 401, b'{"ok": false, "error_code": 401, "description": "Unauthorized"}'

    adapter = TelegramAdapter(SETTINGS, application=lent(Refusing()))
    with pytest.raises(ConfigError) as refused:
        await adapter.start(house)
    assert "in-process" not in f"{refused.value} {refused.value.__cause__!r}"
    await adapter.close()
