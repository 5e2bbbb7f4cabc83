"""The real adapter on the simulated Telegram, and a gateway that keeps what it accepts in memory."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, cast

import pytest

from botcore import codec
from botcore.adapter import AccessRequest, ChatSummary, Entry, Seen
from botcore.errors import StoreUnavailable
from botcore.messages import Address, Audio, Chat, Event, File, Image, Incoming, Json, Part, Piece, Reply, Sender, Video
from botcore.plugin import Bot, Command
from botcore.testing.telegram_server import BotApi, Limits, Person, TelegramServer, telegram_server
from botcore_telegram.connection import TelegramAdapter
from botcore_telegram.outlet import TelegramOutlet
from botcore_telegram.settings import TelegramSettings

Connect = Callable[..., Awaitable[TelegramAdapter]]


class House:
    """A gateway in memory. `down`: the database does not answer. `fault`: a bug. `late`: accepting waits for it."""

    def __init__(self) -> None:
        self.accepted: list[Incoming] = []
        self.batches: list[int] = []
        self.refused = 0
        self.down = False
        self.fault: Exception | None = None
        self.late: asyncio.Event | None = None
        self.plugin = Bot("tests")
        self._news = asyncio.Condition()
        self._read = 0

    async def accept(self, *incoming: Incoming) -> None:
        if self.late is not None:
            await self.late.wait()
        async with self._news:
            self._news.notify_all()
            if self.fault is not None:
                raise self.fault
            if self.down:
                self.refused += 1
                raise StoreUnavailable("the disk is full")
            known = {one.id for one in self.accepted}
            self.accepted += [one for one in incoming if one.id not in known]
            self.batches.append(len(incoming))

    async def next(self) -> Incoming:
        """The next thing that was accepted; each is returned once."""
        await self.until(lambda: len(self.accepted) > self._read)
        self._read += 1
        return self.accepted[self._read - 1]

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait (5 s) for something that an `accept` brings about."""
        async with asyncio.timeout(5), self._news:
            await self._news.wait_for(condition)

    def commands(self) -> Sequence[Command]:
        return sorted(self.plugin.commands, key=lambda command: command.name)

    async def transcript(self, chat: Chat, *, most: int = 200) -> Sequence[Entry]:
        raise NotImplementedError

    async def files(self, chat: Chat, external_id: str) -> Sequence[Image | Audio | Video | File]:
        raise NotImplementedError

    async def chats(self, platform: str, sender: Sender) -> Sequence[ChatSummary]:
        raise NotImplementedError

    async def forget_chat(self, chat: Chat) -> None:
        raise NotImplementedError

    def slash(self) -> Sequence[Mapping[str, Json]]:
        return ()

    def menus(self) -> Mapping[str, Mapping[str, Json]]:
        return {}

    async def suggest(self, command: str, option: str, typed: str) -> Sequence[str]:
        return ()

    def is_ephemeral(self, event: Event) -> bool:
        return False

    async def seen(self, platform: str, bot: str) -> Sequence[Seen]:
        raise NotImplementedError

    async def access_requests(self) -> Sequence[AccessRequest]:
        raise NotImplementedError

    async def decide_access(self, code: str, *, approve: bool) -> bool:
        raise NotImplementedError


@cache
def _description() -> BotApi | None:
    shared = Path(os.environ.get("BOTCORE_SHARED", Path(__file__).parents[3] / "shared"))
    found = sorted((shared / "reference" / "specs").glob("telegram-bot-api-*.json"))
    return BotApi.load(found[-1]) if found else None


@pytest.fixture
async def telegram() -> AsyncIterator[TelegramServer]:
    """A simulated Telegram without flood control. Whatever the adapter calls is checked against the description."""
    async with telegram_server(limits=Limits.none(), description=_description()) as server:
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
