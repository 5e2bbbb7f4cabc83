"""The real adapter on the simulated Telegram, and a gateway that keeps what it accepts in memory."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from typing import Any, NamedTuple, cast

import pytest

from botcore import codec
from botcore.errors import StoreUnavailable
from botcore.messages import Address, Incoming, Part, Piece, Reply
from botcore.plugin import Bot, Command
from botcore.testing.telegram_server import Limits, Person, TelegramServer, telegram_server
from botcore_telegram.connection import TelegramAdapter
from botcore_telegram.outlet import TelegramOutlet
from botcore_telegram.settings import TelegramSettings
from tests.descriptions import bot_api
from tests.gateways import Keeping

Connect = Callable[..., Awaitable[TelegramAdapter]]


class House(Keeping):
    """A gateway in memory. `down`: the database does not answer. `fault`: a bug. `late`: accepting waits for it."""

    def __init__(self) -> None:
        super().__init__()
        self.batches: list[int] = []
        self.refused = 0
        self.down = False
        self.fault: Exception | None = None
        self.late: asyncio.Event | None = None
        self.plugin = Bot("tests")

    async def accept(self, *incoming: Incoming) -> None:
        if self.late is not None:
            await self.late.wait()
        async with self.news:
            self.news.notify_all()
            if self.fault is not None:
                raise self.fault
            if self.down:
                self.refused += 1
                raise StoreUnavailable("the disk is full")
            known = {one.id for one in self.accepted}
            self.accepted += [one for one in incoming if one.id not in known]
            self.batches.append(len(incoming))

    def commands(self) -> Sequence[Command]:
        return sorted(self.plugin.commands, key=lambda command: command.name)


@pytest.fixture
async def telegram() -> AsyncIterator[TelegramServer]:
    """A simulated Telegram without flood control. Whatever the adapter calls is checked against the description."""
    async with telegram_server(limits=Limits.none(), description=bot_api()) as server:
        yield server
        assert server.violations == []


@pytest.fixture
def house() -> House:
    return House()


@pytest.fixture
async def connect(telegram: TelegramServer, house: House) -> AsyncIterator[Connect]:
    """Start an adapter: `await connect(poll_seconds=5)`. All are stopped at the end, and leave nothing running."""
    async with AsyncExitStack() as running:

        async def start(**options: Any) -> TelegramAdapter:
            server = cast("TelegramServer", options.pop("server", telegram))
            gateway = cast("House", options.pop("gateway", house))
            token, url = options.pop("token", server.token), options.pop("url", server.url)
            chosen = {"pace": False, "messages_per_second": 0, "frame_seconds": 0, "menu": False, **options}
            adapter = TelegramAdapter(TelegramSettings.model_validate(chosen), token, url)
            running.push_async_callback(adapter.close)
            await adapter.start(gateway)
            return adapter

        before = asyncio.all_tasks()
        yield start
        await running.aclose()
        left = [task for task in asyncio.all_tasks() - before if "botcore_telegram" in repr(task)]
        assert left == []


class Talk(NamedTuple):
    """A chat in which the bot may answer."""

    telegram: TelegramServer
    ada: Person
    outlet: TelegramOutlet
    address: Address

    async def answer(self, *parts: Part | str) -> list[str]:
        """Answer as the engine does: a placeholder that is edited; every piece goes through the outbox's JSON."""
        shown: list[str] = []
        for part, piece in enumerate(self.outlet.split(Reply.of(*parts))):
            stored = codec.decode(Piece, codec.encode(piece))
            shown.append(await self.outlet.send(self.address, Piece("…"), key=f"1/{part}"))
            await self.outlet.edit(self.address, shown[-1], stored)
        return shown

    def lines(self) -> list[str]:
        return self.ada.chat.lines()[1:]


@pytest.fixture
async def adapter(connect: Connect) -> TelegramAdapter:
    return await connect()


@pytest.fixture
async def talk(telegram: TelegramServer, house: House, adapter: TelegramAdapter) -> Talk:
    ada = telegram.user("Ada")
    await ada.says("hello")
    return Talk(telegram, ada, adapter.outlet, (await house.next()).address)
