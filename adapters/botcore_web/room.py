"""What all open pages share: the engine's gateway, the list of chats and the strangers who wait."""

import asyncio
import logging
from collections.abc import Coroutine, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from botcore.adapter import Entry, Gateway
from botcore.errors import BotcoreError
from botcore.messages import Address, Chat, Event, Incoming, Json, Quote, Sender
from botcore_web import view
from botcore_web.files import Files
from botcore_web.hub import Hub
from botcore_web.stored import Stored
from botcore_web.view import Views

log = logging.getLogger(__name__)

PLATFORM = "web"
OWNER = Sender(id="owner", name="You", trusted=True)
"""Who sits at the browser: reaching the page takes this machine or the token, and either makes the owner."""

STRANGERS_EVERY = 5.0  # seconds between looks for new access requests while a page is open
SWEEP_EVERY = 6 * 3600.0  # seconds between looks for files that nothing refers to

LOOKED_BACK = 1_000  # messages of the owner's among which one that is referred to is looked for


class Room:
    """The engine as the pages see it. Every method may raise BotcoreError."""

    def __init__(self, gateway: Gateway, hub: Hub, views: Views, files: Files, *, days: int = 0) -> None:
        """`days`: how long files are kept, 0 as long as their conversation."""
        self.hub = hub
        self.views = views
        self.receiving = True
        self._gateway = gateway
        self._files = files
        self._days = days
        self._strangers: list[Json] = []
        self._tasks: set[asyncio.Task[None]] = set()
        hub.on_chats = lambda: self._start(self._tell_chats())

    def watch(self) -> None:
        """Begin to look for access requests, and for files that nothing refers to."""
        self._start(self._look_for_strangers())
        self._start(self._tidy())

    async def close(self) -> None:
        """Stop looking."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def commands(self) -> list[Json]:
        """The commands people may type."""
        return [view.command(one) for one in self._gateway.commands() if one.command and not one.hidden]

    async def accept(self, chat: str, message_id: str, event: Event) -> Incoming:
        """Hand a message of the owner to the engine; it is durable when this returns."""
        incoming = Incoming(
            id=message_id,
            address=Address(platform=PLATFORM, bot=PLATFORM, chat=chat),
            chat=_chat(chat),
            sender=OWNER,
            event=event,
            received_at=datetime.now(UTC),
        )
        await self._gateway.accept(incoming)
        self.hub.chats_changed()
        return incoming

    async def taken(self, chat: str, file_ids: Sequence[str]) -> list[Stored] | None:
        """Files that the owner uploaded, kept from now on as long as the chat. None: one of them is not there."""
        taken = [await self._files.take(chat, one) for one in file_ids]
        return [one for one in taken if one is not None] if None not in taken else None

    async def quote(self, chat: str, external_id: str) -> Quote | None:
        """A message of the chat as something to refer to; its files by reference. None: there is no such message."""
        known = self.views.quote(chat, external_id)
        if known is None and external_id:
            entries = await self.transcript(chat, LOOKED_BACK)
            for entry in entries:
                if entry.external_id == external_id:
                    await self.view(chat, entry)  # lays its files out, and remembers
            known = self.views.quote(chat, external_id)
        return known

    async def transcript(self, chat: str, most: int) -> Sequence[Entry]:
        """The last messages of a chat."""
        return await self._gateway.transcript(_chat(chat), most=most)

    async def view(self, chat: str, entry: Entry, growing: str | None = None) -> Json:
        """One message for the page; `growing` is an unfinished answer so far. Of one at a time the bytes are here."""
        if entry.mine and entry.piece.attachments:
            try:
                files = tuple(await self._gateway.files(_chat(chat), entry.external_id))
            except BotcoreError as error:  # the page says that they cannot be shown now
                log.warning("the files of an answer could not be read: %s", error)
                files = ()
            entry = replace(entry, piece=replace(entry.piece, attachments=files or entry.piece.attachments))
        return await self.views.entry(chat, entry, growing)

    async def forget(self, chat: str) -> None:
        """Delete a chat, on all pages."""
        await self._gateway.forget_chat(_chat(chat))
        self.views.forget(chat)
        await self._files.forget(chat)
        self.hub.push({"op": "removed", "chat": chat})
        self.hub.chats_changed()

    async def chats(self) -> list[Json]:
        """The owner's chats, latest first."""
        return [view.summary(one) for one in await self._gateway.chats(PLATFORM, OWNER)]

    async def strangers(self) -> list[Json]:
        """Who waits for approval."""
        self._strangers = [view.request(one) for one in await self._gateway.access_requests()]
        return self._strangers

    async def decide(self, code: str, *, approve: bool) -> bool:
        """Approve or refuse a stranger. False: nobody waits with this code any more."""
        known = await self._gateway.decide_access(code, approve=approve)
        self.hub.push({"op": "state", "requests": await self.strangers()})
        return known

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _tell_chats(self) -> None:
        try:
            self.hub.push({"op": "state", "chats": await self.chats()})
        except BotcoreError as error:
            log.debug("the list of chats could not be read: %s", error)

    async def tidy(self) -> None:
        """Delete files that nothing refers to, or that were kept long enough."""
        chats = [one.id for one in await self._gateway.chats(PLATFORM, OWNER)]
        if gone := await self._files.sweep(chats, days=self._days):
            log.info("%d files of the browser chat were deleted: unsent, of deleted conversations, or old", gone)

    async def _tidy(self) -> None:
        while True:
            try:
                await self.tidy()
            except (BotcoreError, OSError) as error:
                log.warning("old files of the browser chat could not be deleted: %s", error)
            await asyncio.sleep(SWEEP_EVERY)

    async def _look_for_strangers(self) -> None:
        while True:
            await asyncio.sleep(STRANGERS_EVERY)
            if not self.hub.open:
                continue
            before = self._strangers
            try:
                if await self.strangers() != before:
                    self.hub.push({"op": "state", "requests": self._strangers})
            except BotcoreError as error:
                log.debug("the access requests could not be read: %s", error)


def _chat(chat: str) -> Chat:
    return Chat(platform=PLATFORM, id=chat, kind="private")
