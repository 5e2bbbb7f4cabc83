"""python-telegram-bot's `Bot` with three differences.

It confirms updates only once they are durable, answers plain JSON where nothing more is needed, and tells its logs
neither its token nor what people write.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any, Final, Protocol
from urllib.parse import quote

from telegram import Bot, Update
from telegram.error import Conflict, InvalidToken, NetworkError, TelegramError

from botcore.complaints import Complaints
from botcore_telegram.api import discreetly, post
from botcore_telegram.network import told
from botcore_telegram.request import AiohttpRequest, Timeouts

UPDATES: Final = ("message", "edited_message", "callback_query", "message_reaction")
"""The kinds of updates that are asked for (https://core.telegram.org/bots/api#update)."""

_LAST_WORD_S: Final = 2.0
"""Seconds that the last confirmation may take: the bot is stopping, and what is not confirmed is known again by id."""

_FAULT_PAUSE_S: Final = 1.0
"""Seconds before the same updates are fetched again after a fault of ours: the Updater would ask at once."""


class NotStored(NetworkError):
    """The database did not take the updates. A NetworkError, so that the Updater fetches the same ones again."""

    __slots__ = ()


class Intake(Protocol):
    """Makes updates durable."""

    async def take(self, updates: Sequence[Any]) -> int | None:
        """Take what getUpdates answered; returns the last update's id. Raises NotStored, and then nothing is."""
        ...


class _Discreet(logging.Logger):
    """A logger without DEBUG records: the library's hold the token, in URLs, and people's words."""

    def __init__(self) -> None:
        super().__init__("botcore_telegram.library", logging.INFO)
        self.parent = logging.getLogger("botcore_telegram")


class TelegramBot(Bot):
    """One bot on two aiohttp sessions: one for getUpdates, one for everything else.

    `root`: the URL below which /bot<token>/<method> and /file/bot<token>/<path> lie. `proxy`: of an HTTP proxy.
    """

    _LOGGER = _Discreet()

    def __init__(self, token: str, root: str, complaints: Complaints, *, proxy: str | None = None) -> None:
        self._polls = AiohttpRequest(connections=1, proxy=proxy)
        self._sends = AiohttpRequest(proxy=proxy)
        super().__init__(
            token,
            base_url=lambda token: f"{root}/bot{token}",
            base_file_url=lambda token: f"{root}/file/bot{token}",
            request=self._sends,
            get_updates_request=self._polls,
        )
        self._complaints = complaints
        self._intake: Intake | None = None
        self._retired = False
        self._faulty = False

    def __repr__(self) -> str:
        return f"TelegramBot({self._token.partition(':')[0]})"  # the library's shows the token

    def deliver_to(self, intake: Intake) -> None:
        """Name who takes the updates, before the first is fetched."""
        self._intake = intake

    def retire(self) -> None:
        """Take no further updates: what getUpdates is still called for is the confirmation of those that were taken."""
        self._retired = True

    async def initialize(self) -> None:
        """Open the sessions and ask Telegram who the bot is. Raises InvalidToken, without the token."""
        await discreetly(super().initialize())

    async def call(self, method: str, data: dict[str, Any], *, read_timeout: float | None = None) -> Any:
        """One Bot API call; the result as JSON, since a `Message` made of it costs as much as the whole call."""
        return await post(self, method, data, read_timeout)

    def download(self, path: str) -> AsyncGenerator[bytes, None]:
        """Stream a file by the path that getFile told; see `AiohttpRequest.download`."""
        return self._sends.download(f"{self._base_file_url}/{quote(path)}")

    async def get_updates(
        self,
        offset: int | None = None,
        limit: int | None = None,
        timeout: Any = None,  # noqa: ASYNC109 - the library's parameter; it is Telegram that waits
        allowed_updates: Sequence[str] | None = None,
        **_: Any,
    ) -> tuple[Update, ...]:
        """Fetch updates and make them durable before they are confirmed: the Updater confirms what this returns.

        Returns the last update alone, bare: it is all that the Updater needs to advance the offset.
        """
        data = {"offset": offset, "limit": limit, "allowed_updates": allowed_updates}
        if self._retired:
            await self._confirm(data)
            return ()
        if self._faulty:
            await asyncio.sleep(_FAULT_PAUSE_S)
        self._faulty = True  # until it is known better
        wait = timeout.total_seconds() if isinstance(timeout, timedelta) else timeout or 0
        try:
            last = await self._fetch(data, int(wait))
        except TelegramError as error:
            self._faulty = False
            self._complain(error)
            if isinstance(error, InvalidToken):  # at it the Updater gives up for good; the operator may mend it
                raise NetworkError("the token is not accepted") from None
            raise
        self._faulty = False
        self._complaints.settle("Telegram answers again")
        return () if last is None else (Update(last),)

    async def _fetch(self, data: dict[str, Any], wait: int) -> int | None:
        patience = wait + (Timeouts().read or 0)
        updates = await self._post("getUpdates", {**data, "timeout": wait}, read_timeout=patience)
        if not isinstance(updates, list):
            raise NetworkError("getUpdates did not answer with a list")
        if not updates:
            return None
        if self._intake is None:
            raise NetworkError("nobody takes the updates")
        return await self._intake.take(updates)

    async def _confirm(self, data: dict[str, Any]) -> None:
        if data["offset"]:
            with suppress(TelegramError, TimeoutError):
                async with asyncio.timeout(_LAST_WORD_S):
                    await self._post("getUpdates", {**data, "timeout": 0, "limit": 1})

    def _complain(self, error: TelegramError) -> None:
        if self._retired:
            return
        say = self._complaints.say
        match error:
            case Conflict() if "webhook" in str(error).lower():
                say("conflict", "Telegram gives no messages: somebody set a webhook for this bot; a restart removes it")
            case Conflict():
                say("conflict", "Telegram gives no messages: another process polls with the same token; stop it")
            case InvalidToken():
                say("token", "Telegram does not accept TELEGRAM_BOT_TOKEN any more: ask @BotFather for a new one")
            case NotStored():
                say("store", "messages wait at Telegram: %s", error)
            case _:
                say("polling", "no messages from Telegram for now: %s", told(error))
