"""From a batch of getUpdates to the gateway: parsed one by one, accepted in one transaction."""

import logging
from collections.abc import Callable, Sequence
from typing import Any, Final, cast

from telegram import Bot, Update
from telegram.error import NetworkError

from botcore.adapter import Gateway
from botcore.errors import StoreError
from botcore.messages import Incoming
from botcore_telegram.bot import NotStored
from botcore_telegram.incoming import Receiver

log = logging.getLogger(__name__)

_FAULTS: Final = (ArithmeticError, AssertionError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""What the library and our conversion may raise over an update that is not as described."""


class GatewayIntake:
    """Parses updates and hands what is in them to the gateway.

    An update that cannot be read is passed over: otherwise Telegram would send it, and nothing else, for ever.
    `pressed` is called with the id of each pressed button, once it is accepted; `beside` with each update, where an
    application has handlers of its own. `leave` tells those that are for it alone.
    """

    def __init__(
        self,
        bot: Bot,
        gateway: Gateway,
        pressed: Callable[[str], object],
        *,
        beside: Callable[[Update], object] | None = None,
        leave: Callable[[Update], bool] | None = None,
    ) -> None:
        self._bot = bot
        self._gateway = gateway
        self._pressed = pressed
        self._beside = beside
        self._leave = leave
        self._receiver = Receiver(bot.bot)

    async def accept(self, update: Update) -> None:
        """Make one update durable that the library has read. Raises NotStored."""
        try:
            incoming = self._receiver.convert(update)
        except _FAULTS as error:
            log.error("update %d cannot be read (%s); it is passed over", update.update_id, type(error).__name__)  # noqa: TRY400 - as above
            return
        await self._accept([] if incoming is None else [incoming])
        if update.callback_query is not None:
            self._pressed(update.callback_query.id)

    async def take(self, updates: Sequence[Any]) -> int | None:
        """Make the updates durable; returns the id of the last.

        Raises NotStored where the database does not take them, NetworkError where none of them has an id.
        """
        found: list[Incoming] = []
        read: list[Update] = []
        last: int | None = None
        for raw in updates:
            number = _number(raw)
            if number is None:
                log.error("Telegram sent an update without an id; it is passed over")
                continue
            last = number if last is None else max(last, number)
            update, incoming = self._read(number, raw)
            if update is not None:
                read.append(update)
            if incoming is not None:
                found.append(incoming)
        if last is None:
            raise NetworkError("none of the updates has an id")
        await self._accept(found)
        for update in read:
            self._accepted(update)
        return last

    def _read(self, number: int, raw: Any) -> tuple[Update | None, Incoming | None]:
        """The update, and what is in it for the engine; None where it cannot be read, or is left to an application."""
        try:
            update = Update.de_json(raw, self._bot)
            left = self._leave is not None and self._leave(update)
            return update, None if left else self._receiver.convert(update)
        except _FAULTS as error:
            log.error("update %d cannot be read (%s); it is passed over", number, type(error).__name__)  # noqa: TRY400 - a traceback may quote what people wrote
            return None, None

    def _accepted(self, update: Update) -> None:
        if update.callback_query is not None and not (self._leave is not None and self._leave(update)):
            self._pressed(update.callback_query.id)
        if self._beside is not None:
            self._beside(update)

    async def _accept(self, found: Sequence[Incoming]) -> None:
        if not found:
            return
        try:
            await self._gateway.accept(*found)
        except StoreError as error:
            raise NotStored(f"the database does not take them ({error}); they will be fetched again") from error


def _number(raw: object) -> int | None:
    if not isinstance(raw, dict):
        return None
    number = cast("dict[str, Any]", raw).get("update_id")
    return number if isinstance(number, int) and not isinstance(number, bool) else None
