"""Neither the token nor what people write gets into a log or an error, whatever happens, at any level."""

import asyncio
import logging
import traceback
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from botcore.errors import BotcoreError, ConfigError
from botcore.messages import File, Image, Message, Piece, Reply
from botcore.plugin import Context
from botcore.testing.telegram_server import Faults, Limits, Person, TelegramServer, png, telegram_server
from botcore_telegram.connection import TelegramAdapter
from botcore_telegram.settings import TelegramSettings

if TYPE_CHECKING:
    from tests.telegram.conftest import Connect, House

WORDS = "my diagnosis is private"
METHODS = ("getMe", "getUpdates", "sendMessage", "editMessageText", "sendPhoto", "getFile", "sendChatAction")


def everything_in(records: list[logging.LogRecord]) -> Iterator[str]:
    formatter = logging.Formatter()
    for record in records:
        yield formatter.format(record)
        yield repr(record.args)
        if record.exc_info and record.exc_info[1]:
            yield from everything_of(record.exc_info[1])


def everything_of(error: BaseException) -> Iterator[str]:
    """The error and all that it chains, with local variables left out as the product's logs leave them out."""
    chained: BaseException | None = error
    yield "".join(traceback.format_exception(error))
    while chained is not None:
        yield f"{chained!r} {chained}"
        chained = chained.__cause__ or chained.__context__


async def trouble(adapter: TelegramAdapter, house: "House", telegram: TelegramServer, ada: Person) -> list[Exception]:
    """A session in which everything is tried, and everything goes wrong once in every way."""
    met: list[Exception] = []
    await ada.says(WORDS)
    address = (await house.next()).address
    outlet = adapter.outlet
    number = await outlet.send(address, Piece("…"), key="1/0")
    await ada.sends_document(b"x", "x.bin")
    event = (await house.next()).event
    assert isinstance(event, Message)
    assert isinstance(event.parts[0], File)
    ref = event.parts[0].ref or ""

    async def fetch() -> None:
        async for _ in outlet.fetch(ref, most=100):
            pass

    async def attempt() -> None:
        picture = outlet.split(Reply.of(Image(data=png(), caption=WORDS)))[0]
        for work in (
            outlet.send(address, Piece(WORDS), key="2/0"),
            outlet.edit(address, number, Piece(WORDS)),
            outlet.send(address, picture, key="3/0"),
            outlet.typing(address),
            fetch(),
        ):
            try:
                await work
            except BotcoreError as error:
                met.append(error)

    def plans(faults: Faults) -> Iterator[None]:
        for method in METHODS[1:]:
            faults.garble(method)
        yield
        for method in METHODS[2:]:
            faults.reset(method, landed=True)
        yield
        for status, said in ((401, "Unauthorized"), (404, "Not Found"), (400, "Bad Request: x"), (500, "Oops")):
            for method in METHODS[2:]:
                faults.refuse(method, status=status, description=f"{said} at /bot{telegram.token}/{method}")
            yield

    for _ in plans(telegram.faults):
        await attempt()
    telegram.inject({"message": {"message_id": 5, "text": WORDS}})
    house.down = True
    await ada.says(WORDS)
    await house.until(lambda: house.refused > 0)
    house.down = False
    return met


async def test_a_whole_session_keeps_its_secrets(
    telegram: TelegramServer, house: "House", connect: "Connect", caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    @house.plugin.command("help")
    async def help_(ctx: Context) -> None:
        """Show what I can do."""

    adapter = await connect(menu=True)
    met = await trouble(adapter, house, telegram, telegram.user("Ada"))
    await telegram.stop()
    try:
        await adapter.outlet.typing(house.accepted[0].address)
    except BotcoreError as error:
        met.append(error)
    await adapter.close()

    wrong = "7000001:another-token-that-is-not-accepted"
    async with telegram_server(limits=Limits.none()) as other:
        refused = TelegramAdapter(TelegramSettings(), wrong, other.url)
        with pytest.raises(ConfigError) as caught:
            await refused.start(house)
        await refused.close()
    met.append(caught.value)

    told = [*everything_in(caplog.records), *(text for error in met for text in everything_of(error))]
    assert len(met) > 20
    assert len(told) > 60
    for text in told:
        assert telegram.token not in text
        assert telegram.token.partition(":")[2] not in text
        assert "another-token" not in text
        assert WORDS not in text
    assert telegram.token not in repr(vars(adapter)) + repr(vars(adapter._line))


async def test_tasks_do_not_name_the_token(telegram: TelegramServer, connect: "Connect") -> None:
    await connect()
    told = "".join(repr(task) for task in asyncio.all_tasks())
    assert telegram.token not in told
