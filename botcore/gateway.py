"""What the engine offers its adapters: implements `botcore.adapter.Gateway`."""

from collections.abc import Sequence
from functools import partial

from botcore.adapter import AccessRequest, ChatSummary, Entry
from botcore.commands.registry import Registry
from botcore.delivery.desk import Desk
from botcore.delivery.transcript import last_seen, transcript
from botcore.delivery.work import Database
from botcore.messages import Chat, Incoming, Sender
from botcore.plugin import Command
from botcore.store import access, conversations


class EngineGateway:
    """One for all adapters."""

    def __init__(self, desk: Desk, registry: Registry, database: Database) -> None:
        self._desk = desk
        self._registry = registry
        self._database = database

    async def accept(self, *incoming: Incoming) -> None:
        """Make these durable; see `botcore.adapter.Gateway.accept`."""
        await self._desk.accept(*incoming)

    def commands(self) -> Sequence[Command]:
        """The commands of all loaded plugins, sorted by name."""
        return [known.command for known in self._registry.commands()]

    async def transcript(self, chat: Chat, *, most: int = 200) -> Sequence[Entry]:
        """The last visible messages of a chat, oldest first; `most` counts the people's, each comes with its answer."""
        unit = partial(transcript, platform=chat.platform, chat=chat.id, thread=chat.thread or "", most=most)
        return await self._database.read(unit)

    async def chats(self, platform: str, sender: Sender) -> Sequence[ChatSummary]:
        """The chats in which this person wrote, latest first."""
        unit = partial(conversations.chats_of, platform=platform, external_id=sender.id)
        return [ChatSummary(chat.chat_id, chat.title, chat.last) for chat in await self._database.read(unit)]

    async def forget_chat(self, chat: Chat) -> None:
        """Delete a chat with all its messages."""
        await self._database.run(partial(conversations.delete_chat, platform=chat.platform, chat_id=chat.id))
        self._desk.forget()

    async def last_seen(self, platform: str, bot: str, chat: str) -> str | None:
        """The id of the last message accepted from a chat."""
        return await self._database.read(partial(last_seen, platform=platform, bot=bot, chat=chat))

    async def access_requests(self) -> Sequence[AccessRequest]:
        """Strangers who wait for approval, oldest first."""
        return [
            AccessRequest(one.code or "", one.platform, one.external_id, one.display_name, one.asked_at)
            for one in await self._database.read(access.waiting)
            if one.asked_at is not None
        ]

    async def decide_access(self, code: str, *, approve: bool) -> bool:
        """Approve or refuse a waiting stranger. False: no such code."""
        unit = partial(access.approve if approve else access.refuse, code=code)
        return await self._database.run(unit) is not None
