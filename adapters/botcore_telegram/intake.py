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
    `pressed` is called with the id of each pressed button, once it is accepted.
    """

    def __init__(self, bot: Bot, gateway: Gateway, pressed: Callable[[str], object]) -> None:
        self._bot = bot
        self._gateway = gateway
        self._pressed = pressed
        self._receiver = Receiver(bot.bot)

    async def take(self, updates: Sequence[Any]) -> int | None:
        """Make the updates durable; returns the id of the last.

        Raises NotStored where the database does not take them, NetworkError where none of them has an id.
        """
        found: list[Incoming] = []
        presses: list[str] = []
        last: int | None = None
        for raw in updates:
            number = _number(raw)
            if number is None:
                log.error("Telegram sent an update without an id; it is passed over")
                continue
            last = number if last is None else max(last, number)
            try:
                update = Update.de_json(raw, self._bot)
                incoming = self._receiver.convert(update)
            except _FAULTS as error:
                log.error("update %d cannot be read (%s); it is passed over", number, type(error).__name__)  # noqa: TRY400 - a traceback may quote what people wrote
                continue
            if update.callback_query is not None:
                presses.append(update.callback_query.id)
            if incoming is not None:
                found.append(incoming)
        if last is None:
            raise NetworkError("none of the updates has an id")
        await self._accept(found)
        for press in presses:
            self._pressed(press)
        return last

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
