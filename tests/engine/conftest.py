"""A whole engine around a platform in memory, and people who use it."""

import asyncio
import itertools
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from botcore.adapter import Finding, Gateway, Limits
from botcore.app import Engine
from botcore.config import load_config
from botcore.errors import MessageGone
from botcore.messages import (
    Address,
    Button,
    Chat,
    Edit,
    Event,
    Incoming,
    Message,
    Part,
    Piece,
    Press,
    Quote,
    Reply,
    Sender,
    Text,
)
from botcore.plugin import Bot
from botcore.store.database import Database
from botcore.testing.openai_server import OfflineApi, OfflineSettings, offline_api

PLACEHOLDER = "…"


@dataclass
class Shown:
    """One visible message of the bot."""

    id: str
    chat: str
    text: str
    final: bool
    history: list[str] = field(default_factory=list)
    pieces: list[Piece] = field(default_factory=list)


class Room:
    """A platform in memory: an adapter and its outlet. Faults are raised before or after the effect."""

    platform = "room"

    def __init__(self, *, edits: bool = True, idempotent: bool = False, text: int = 400) -> None:
        self.limits = Limits(text, edits, idempotent, 4.0, 10**6, 10**6)
        self.outlet = self
        self.shown: list[Shown] = []
        self.keys: dict[str, str] = {}
        self.sends = 0
        self.pulses = 0
        self.faults: list[Callable[[str], None]] = []
        self.dead = False
        self.gateway: Gateway | None = None
        self._changed = asyncio.Condition()
        self._ids = itertools.count(1)

    # ---- Adapter ----

    async def start(self, gateway: Gateway) -> None:
        self.dead = False
        self.gateway = gateway

    async def stop_receiving(self) -> None: ...

    async def close(self) -> None: ...

    async def check(self) -> Sequence[Finding]:
        return []

    # ---- Outlet ----

    def split(self, reply: Reply) -> Sequence[Piece]:
        text = reply.text
        size = self.limits.text
        pieces = [Piece(text[i : i + size]) for i in range(0, len(text), size)] or [Piece("")]
        attachments = tuple(part for part in reply.parts if not isinstance(part, Text))
        pieces = [Piece(piece.text, ephemeral=reply.ephemeral) for piece in pieces]
        pieces[-1] = replace(pieces[-1], attachments=attachments, buttons=reply.buttons)
        return pieces

    async def _fault(self, what: str) -> None:
        await self._alive()
        if self.faults:
            self.faults.pop(0)(what)
            await self._alive()

    async def _alive(self) -> None:
        """Nothing more happens in a process that is dead."""
        if self.dead:
            await asyncio.Event().wait()

    async def send(self, address: Address, piece: Piece, *, key: str) -> str:
        await self._fault("send")
        self.sends += 1
        if self.limits.idempotent and key in self.keys:
            return self.keys[key]
        number = str(next(self._ids))
        self.keys[key] = number
        self.shown.append(Shown(number, address.chat, piece.text, final=False, pieces=[piece]))
        await self._notify()
        await self._fault("sent")
        return number

    async def edit(self, address: Address, external_id: str, piece: Piece) -> None:
        await self._fault("edit")
        message = self._find(external_id)
        message.history.append(message.text)
        message.text, message.final = piece.text, True
        message.pieces.append(piece)
        await self._notify()
        await self._fault("edited")

    async def frame_slot(self, address: Address) -> None:
        await asyncio.sleep(0)

    async def frame(
        self, address: Address, external_id: str, text: str, buttons: Sequence[Sequence[Button]] = ()
    ) -> None:
        await self._alive()
        message = self._find(external_id)
        message.history.append(message.text)
        message.text = text
        await self._notify()

    async def delete(self, address: Address, external_id: str) -> None:
        await self._alive()
        self.shown = [message for message in self.shown if message.id != external_id]
        await self._notify()

    async def typing(self, address: Address) -> None:
        self.pulses += 1

    async def fetch(self, ref: str, *, most: int) -> AsyncIterator[bytes]:
        yield ref.encode()

    def _find(self, external_id: str) -> Shown:
        found = next((message for message in self.shown if message.id == external_id), None)
        if found is None:
            raise MessageGone(external_id)
        return found

    async def _notify(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    # ---- what people do and see ----

    async def until(self, condition: Callable[[], object], timeout: float = 10) -> None:
        async with asyncio.timeout(timeout), self._changed:
            await self._changed.wait_for(lambda: bool(condition()))

    def visible(self, chat: str = "1") -> list[str]:
        return [message.text for message in self.shown if message.chat == chat]

    async def answers(self, count: int, chat: str = "1") -> list[str]:
        """Wait for so many settled messages in a chat."""
        settled = [m for m in self.shown if m.chat == chat and self._settled(m)]
        await self.until(lambda: len([m for m in self.shown if m.chat == chat and self._settled(m)]) >= count)
        settled = [m for m in self.shown if m.chat == chat and self._settled(m)]
        return [message.text for message in settled]

    def _settled(self, message: Shown) -> bool:
        return message.final if self.limits.edits else True


class Person:
    """Somebody who writes to the bot."""

    def __init__(
        self, room: Room, number: str, name: str, *, chat: str = "1", group: bool = False, trusted: bool = True
    ):
        self.room = room
        self.sender = Sender(number, name, trusted=trusted)
        self.chat = Chat("room", chat, "group" if group else "private")
        self._ids = itertools.count(1)

    def incoming(self, event: Event, update: str | None = None) -> Incoming:
        return Incoming(
            id=update or f"{self.sender.id}/{self.chat.id}/{next(self._ids)}",
            address=Address("room", "bot", self.chat.id),
            chat=self.chat,
            sender=self.sender,
            event=event,
            received_at=datetime.now(UTC),
        )

    async def happens(self, event: Event, update: str | None = None) -> str:
        assert self.room.gateway is not None
        incoming = self.incoming(event, update)
        await self.room.gateway.accept(incoming)
        return incoming.id

    async def says(
        self, text: str, *, reply_to: Quote | None = None, addressed: bool = True, update: str | None = None
    ) -> str:
        number = f"{self.sender.id}-{next(self._ids)}"
        await self.happens(Message(number, (Text(text),), addressed, reply_to), update)
        return number

    async def sends(self, *parts: Part) -> None:
        await self.happens(Message(f"{self.sender.id}-{next(self._ids)}", parts))

    async def edits(self, external_id: str, text: str) -> None:
        await self.happens(Edit(external_id, (Text(text),)))

    async def presses(self, says: str) -> None:
        await self.happens(Press("1", says))


@dataclass
class House:
    """A running engine with its room and its API."""

    engine: Engine
    room: Room
    api: OfflineApi

    def person(self, name: str = "Ada", *, chat: str = "1", group: bool = False, trusted: bool = True) -> Person:
        return Person(self.room, name.lower(), name, chat=chat, group=group, trusted=trusted)


StartHouse = Callable[..., Awaitable[House]]


@asynccontextmanager
async def house_with(
    folder: Path,
    *,
    room: Room | None = None,
    api: OfflineApi | None = None,
    database: Database | None = None,
    plugins: Sequence[Bot] = (),
    url: str = "",
    **settings: str,
) -> AsyncGenerator[House]:
    """An engine whose settings are given as `section__key=value`."""
    async with AsyncExitStack() as stack:
        if api is None:
            api = await stack.enter_async_context(offline_api(OfflineSettings(introduce=False)))
        env = {
            "OPENAI_BASE_URL": api.url,
            "DATABASE_URL": url or f"sqlite:///{folder / 'bot.db'}",
            **{f"BOTCORE_{name.upper()}": value for name, value in settings.items()},
        }
        config = load_config(env=env, directory=folder)
        room = room or Room()
        engine = Engine(config, adapters=[room], database=database)
        for bot in plugins:
            engine.registry.add(bot)
        await stack.enter_async_context(engine)
        yield House(engine, room, api)


@pytest.fixture
async def start(tmp_path: Path) -> AsyncIterator[StartHouse]:
    """Start engines; all are stopped at the end."""
    async with AsyncExitStack() as stack:

        async def begin(**settings: object) -> House:
            return await stack.enter_async_context(house_with(tmp_path, **settings))  # type: ignore[arg-type]

        yield begin


@pytest.fixture
async def house(start: StartHouse) -> House:
    """One with the default settings."""
    return await start()
