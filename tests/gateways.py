"""Gateways in memory, for adapters without an engine."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import NoReturn

from botcore.adapter import AccessRequest, ChatSummary, Entry, Gateway, Seen
from botcore.messages import Audio, Chat, Event, File, Image, Incoming, Json, Sender, Video
from botcore.plugin import Command

_PATIENCE = 20.0  # seconds: the machine may be busy with other things


class Unasked(Gateway):
    """An engine without commands, of which nothing else is asked: where it is, the test fails."""

    async def accept(self, *incoming: Incoming) -> None:
        _unexpected()

    def commands(self) -> Sequence[Command]:
        return ()

    def slash(self) -> Sequence[Mapping[str, Json]]:
        return ()

    def menus(self) -> Mapping[str, Mapping[str, Json]]:
        return {}

    async def suggest(self, command: str, option: str, typed: str) -> Sequence[str]:
        return ()

    def is_ephemeral(self, event: Event) -> bool:
        return False

    async def transcript(self, chat: Chat, *, most: int = 200) -> Sequence[Entry]:
        _unexpected()

    async def files(self, chat: Chat, external_id: str) -> Sequence[Image | Audio | Video | File]:
        _unexpected()

    async def chats(self, platform: str, sender: Sender) -> Sequence[ChatSummary]:
        _unexpected()

    async def forget_chat(self, chat: Chat) -> None:
        _unexpected()

    async def seen(self, platform: str, bot: str) -> Sequence[Seen]:
        _unexpected()

    async def access_requests(self) -> Sequence[AccessRequest]:
        _unexpected()

    async def decide_access(self, code: str, *, approve: bool) -> bool:
        _unexpected()


class Keeping(Unasked):
    """Keeps what it accepts."""

    def __init__(self) -> None:
        self.accepted: list[Incoming] = []
        self.news = asyncio.Condition()
        self._read = 0

    async def next(self) -> Incoming:
        """The next thing that was accepted; each is returned once."""
        await self.until(lambda: len(self.accepted) > self._read)
        self._read += 1
        return self.accepted[self._read - 1]

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for something that an `accept` brings about."""
        async with asyncio.timeout(_PATIENCE), self.news:
            await self.news.wait_for(condition)


def _unexpected() -> NoReturn:
    raise NotImplementedError("the adapter asked something that the test did not expect")
