"""python-telegram-bot's `Application` beside the engine: one of ours that is handed out, or somebody's that was lent.

Whatever reaches the application reaches the engine, once: what comes through its queue is durable before `put` returns,
and so before its Updater confirms it; what is given to `process_update` is durable before that returns.
"""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeAlias

from telegram import Update
from telegram.ext import (
    Application,
    CallbackQueryHandler,
    CommandHandler,
    ContextTypes,
    ConversationHandler,
    PrefixHandler,
    TypeHandler,
)

from botcore_telegram.bot import NotStored

log = logging.getLogger(__name__)

AnyApplication: TypeAlias = Application[Any, Any, Any, Any, Any, Any]
Accept: TypeAlias = Callable[[Update], Awaitable[None]]

GROUP: Final = -1
"""The handler group that brings updates to the engine: before the application's own, which begin at 0."""

_REMEMBERED: Final = 1000
"""Updates that are known to be accepted; the database knows all of them, this saves asking it."""
_PAUSE_S: Final = 1.0
"""Seconds before the database is asked again to take an update that nobody would send a second time."""


class Embedding:
    """Ties an application to the engine between `begin` and `end`.

    Updates that are for the application alone are left to it: see `names`.
    """

    def __init__(self, application: AnyApplication) -> None:
        self.application = application
        self._accept: Accept | None = None
        self._known: OrderedDict[int, None] = OrderedDict()
        self._begun = asyncio.Event()
        self._retired = False
        self._queue: asyncio.Queue[object] | None = None
        self._handler: TypeHandler[Update, Any, None] = TypeHandler(Update, self._meet, block=True)
        application.add_handler(self._handler, group=GROUP)

    def begin(self, accept: Accept) -> None:
        """Bring updates to the engine. `accept` makes one durable, and raises NotStored where it cannot."""
        self._accept = accept
        if self._queue is None:
            self._queue = self.application.update_queue
            self._set_queue(_AcceptingQueue(self._queue, self._take))
        self._begun.set()

    def note(self, update: Update) -> None:
        """Remember that an update is accepted already."""
        self._known[update.update_id] = None
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)

    def hand_on(self, update: Update) -> None:
        """Give an update that is accepted to the application's own handlers."""
        self.note(update)
        self.application.update_queue.put_nowait(update)

    def retire(self) -> None:
        """Take no further updates: a queue refuses them, so that Telegram keeps them."""
        self._retired = True
        self._begun.set()

    def end(self) -> None:
        """Leave the application as it was."""
        self.retire()
        self.application.remove_handler(self._handler, group=GROUP)
        if self._queue is not None:
            self._set_queue(self._queue)
            self._queue = None

    def _set_queue(self, queue: asyncio.Queue[object]) -> None:
        self.application.update_queue = queue
        if self.application.updater is not None:
            self.application.updater.update_queue = queue

    async def _take(self, update: Update) -> bool:
        """Make an update durable, unless it is so already. False: it was here before. Raises NotStored."""
        if update.update_id in self._known:
            return False
        if self._retired or self._accept is None:
            raise NotStored("the bot is stopping")
        if not names(self.application, update):
            await self._accept(update)
        self.note(update)
        return True

    async def _meet(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        """The handler: an update that did not come through the queue. Whoever brought it has nothing to repeat."""
        await self._begun.wait()
        while not self._retired:
            try:
                await self._take(update)
            except NotStored as error:
                log.error("update %d waits: %s", update.update_id, error)  # noqa: TRY400 - one line for the operator
                await asyncio.sleep(_PAUSE_S)
            else:
                return
        if update.update_id not in self._known:
            log.warning("update %d came after the bot was stopped; it is not answered", update.update_id)


def names(application: AnyApplication, update: Update) -> bool:
    """Whether the application has a handler that names what it takes: it answers then, and the engine does not.

    That is a command it handles, a button whose data match a pattern, a conversation that is under way. A handler for
    all texts or all buttons names nothing.
    """
    for handler in (one for group in application.handlers.values() for one in group):
        match handler:
            case CommandHandler() | PrefixHandler() | ConversationHandler():
                pass
            case CallbackQueryHandler() if handler.pattern is not None:
                pass
            case _:
                continue
        try:
            found = handler.check_update(update)
        except Exception:  # noqa: BLE001, S112 - somebody else's filter; its fault is told when the application runs it
            continue
        if found is not None and found is not False:
            return True
    return False


class _AcceptingQueue(asyncio.Queue[object]):
    """An application's queue whose `put` makes updates durable first. What waits, waits in the queue it stands for."""

    def __init__(self, inner: asyncio.Queue[object], take: Callable[[Update], Awaitable[bool]]) -> None:
        super().__init__()
        self._inner = inner
        self._take = take

    async def put(self, item: object) -> None:
        """Accept an update, and queue it unless it was here before. Raises NotStored, and then nothing is queued."""
        if not isinstance(item, Update) or await self._take(item):
            await self._inner.put(item)

    def put_nowait(self, item: object) -> None:
        """Queue something; an update is accepted when it is processed."""
        self._inner.put_nowait(item)

    async def get(self) -> object:
        """Take the next item."""
        return await self._inner.get()

    def get_nowait(self) -> object:
        """Take the next item. Raises QueueEmpty."""
        return self._inner.get_nowait()

    def qsize(self) -> int:
        """How many wait."""
        return self._inner.qsize()

    def empty(self) -> bool:
        """Whether none waits."""
        return self._inner.empty()

    def full(self) -> bool:
        """Whether there is no room."""
        return self._inner.full()

    def task_done(self) -> None:
        """One is worked off."""
        self._inner.task_done()

    async def join(self) -> None:
        """Wait until all are worked off."""
        await self._inner.join()
