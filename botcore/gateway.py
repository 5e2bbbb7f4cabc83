"""What the engine offers its adapters: implements `botcore.adapter.Gateway`."""

from collections.abc import Mapping, Sequence
from functools import partial

from botcore.adapter import AccessRequest, ChatSummary, Entry, Seen
from botcore.commands.gate import guard, is_quiet
from botcore.commands.menus import menu_schema
from botcore.commands.registry import Registry
from botcore.commands.schema import slash_schema, suggestions
from botcore.delivery.desk import Desk
from botcore.delivery.transcript import files_at, seen, transcript
from botcore.delivery.work import Database
from botcore.errors import BotcoreError
from botcore.messages import Audio, Chat, Event, File, Image, Incoming, Json, Sender, Video
from botcore.plugin import Command
from botcore.store import Connection, access, conversations, facts

SUGGESTION_SECONDS = 2.0  # an app waits 3 s for suggestions, the way there and back included


class EngineGateway:
    """One for all adapters."""

    def __init__(self, desk: Desk[object], registry: Registry, database: Database) -> None:
        self._desk = desk
        self._registry = registry
        self._database = database

    async def accept(self, *incoming: Incoming) -> None:
        """Make these durable; see `botcore.adapter.Gateway.accept`."""
        await self._desk.accept(*incoming)

    def commands(self) -> Sequence[Command]:
        """The commands of all loaded plugins, sorted by name."""
        return [known.command for known in self._registry.commands()]

    def slash(self) -> Sequence[Mapping[str, Json]]:
        """The commands as Discord's application commands, sorted by name."""
        return [slash_schema(known) for known in self._registry.commands()]

    def menus(self) -> Mapping[str, Mapping[str, Json]]:
        """Those that are in a context menu of Discord's, by the command's name."""
        bodies = {known.command.name: menu_schema(known) for known in self._registry.commands()}
        return {name: body for name, body in bodies.items() if body is not None}

    async def suggest(self, command: str, option: str, typed: str) -> Sequence[str]:
        """Values for an option that is being typed; none where the plugin's function fails or takes too long."""
        known = self._registry.command(command)
        if known is None:
            return ()
        work = partial(suggestions, known.signature, option, typed)
        try:
            return await guard(known.command.plugin, f"suggest({option})", work, timeout=SUGGESTION_SECONDS)
        except BotcoreError:
            return ()

    def is_ephemeral(self, event: Event) -> bool:
        """Whether the answer will be for the asker's eyes only, as far as that is known at once."""
        return is_quiet(self._registry, event)

    async def transcript(self, chat: Chat, *, most: int = 200) -> Sequence[Entry]:
        """The last visible messages of a chat, oldest first; `most` counts the people's, each comes with its answer."""
        unit = partial(transcript, platform=chat.platform, chat=chat.id, thread=chat.thread or "", most=most)
        return await self._database.read(unit)

    async def files(self, chat: Chat, external_id: str) -> Sequence[Image | Audio | Video | File]:
        """The files of one message of the bot's, with their bytes; none where it is gone."""
        place = partial(files_at, platform=chat.platform, chat=chat.id, thread=chat.thread or "")
        return await self._database.read(partial(place, external_id=external_id))

    async def chats(self, platform: str, sender: Sender) -> Sequence[ChatSummary]:
        """The chats in which this person wrote, latest first."""
        unit = partial(conversations.chats_of, platform=platform, external_id=sender.id)
        return [ChatSummary(chat.chat_id, chat.title, chat.last) for chat in await self._database.read(unit)]

    async def forget_chat(self, chat: Chat) -> None:
        """Delete a chat with all its messages."""

        def unit(c: Connection) -> None:
            conversations.delete_chat(c, chat.platform, chat.id)
            facts.drop_all(c, facts.of_chat(chat.platform, chat.id))

        await self._database.run(unit)
        self._desk.forget()

    async def seen(self, platform: str, bot: str) -> Sequence[Seen]:
        """The last message accepted from each chat."""
        return await self._database.read(partial(seen, platform=platform, bot=bot))

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
