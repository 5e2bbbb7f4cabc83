"""The Telegram adapter: connects, polls, and says what it meets on the way."""

import asyncio
import logging
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit

from telegram.error import InvalidToken, TelegramError
from telegram.ext import Updater

from botcore.adapter import Finding, Gateway
from botcore.errors import ConfigError
from botcore_telegram.bot import UPDATES, TelegramBot
from botcore_telegram.check import PRIVACY, PRIVACY_REMEDY, REMEDY, findings
from botcore_telegram.complaints import Complaints
from botcore_telegram.errands import Errands
from botcore_telegram.incoming import PLATFORM
from botcore_telegram.intake import GatewayIntake
from botcore_telegram.menu import keep_menu
from botcore_telegram.network import told
from botcore_telegram.outlet import TelegramOutlet
from botcore_telegram.pacing import Pacing, PacingSettings
from botcore_telegram.settings import TelegramSettings

log = logging.getLogger(__name__)

ROOT: Final = "https://api.telegram.org"
_TOKEN: Final = re.compile(r"[0-9]+:[A-Za-z0-9_-]+")

_PATIENCE_S: Final = 5.0
"""Seconds that the start waits for Telegram; then it goes on trying behind the other platforms' backs."""
_LONGEST_PAUSE_S: Final = 30.0
_ANSWER_S: Final = 10.0
"""Seconds in which a pressed button is worth an answer; then the app has stopped waiting for it."""


class _Nowhere(asyncio.Queue[object]):
    """The Updater's queue: what comes here is in the database already."""

    async def put(self, item: object) -> None:
        """Drop it."""


class TelegramAdapter:
    """One bot on Telegram. `api_url`: the root of another Bot API server. Raises ConfigError for a bad token or URL."""

    def __init__(self, settings: TelegramSettings, token: str, api_url: str | None = None) -> None:
        self.platform = PLATFORM
        self._settings = settings
        root = _checked_root(api_url or ROOT)
        self._server = urlsplit(root).netloc.rpartition("@")[2]
        self._complaints = Complaints()
        self._bot = TelegramBot(_checked_token(token), root, self._complaints, proxy=settings.proxy or None)
        self._updater = Updater(self._bot, _Nowhere())
        self.outlet = TelegramOutlet(self._bot, Pacing(_pacing(settings)), self._complaints)
        self._errands = Errands()
        self._connecting: asyncio.Task[None] | None = None

    async def start(self, gateway: Gateway) -> None:
        """Begin to poll; where Telegram does not answer now, go on trying in the background.

        Raises ConfigError where it does not accept the token.
        """
        try:
            await self._connect(gateway)
        except InvalidToken as error:
            line = f"TELEGRAM_BOT_TOKEN: {self._server} does not accept it ({error}); {REMEDY}"
            raise ConfigError(line) from error
        except (TelegramError, TimeoutError) as error:
            log.warning("Telegram (%s) does not answer yet, trying on: %s", self._server, told(error))
            self._connecting = self._errands.run(self._keep_trying(gateway), "connect to Telegram")

    async def _keep_trying(self, gateway: Gateway) -> None:
        pause = 1.0
        while True:
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE_S)
            try:
                await self._connect(gateway)
            except InvalidToken as error:
                self._complaints.say("token", "TELEGRAM_BOT_TOKEN is not accepted (%s): %s", error, REMEDY)
            except (TelegramError, TimeoutError) as error:
                log.debug("Telegram does not answer yet: %s", told(error))
            else:
                log.info("Telegram answers now")
                return

    async def _connect(self, gateway: Gateway) -> None:
        async with asyncio.timeout(_PATIENCE_S):
            await self._updater.initialize()
        self._bot.deliver_to(GatewayIntake(self._bot, gateway, self._acknowledge))
        await self._updater.start_polling(  # removes a webhook first
            timeout=timedelta(seconds=self._settings.poll_seconds),
            allowed_updates=UPDATES,
            error_callback=_told_already,
        )
        log.info("Telegram: @%s is listening", self._bot.username)
        if not self._bot.can_read_all_group_messages:
            log.info("Telegram: %s (%s)", PRIVACY, PRIVACY_REMEDY)
        if self._settings.menu:
            _ = self._errands.run(keep_menu(self._bot, gateway.commands()), "command menu")

    def _acknowledge(self, press: str) -> None:
        """Let the app know that a button was pressed; until then it shows that it waits."""
        _ = self._errands.run(self._answer_press(press), "answer a button")

    async def _answer_press(self, press: str) -> None:
        try:
            async with asyncio.timeout(_ANSWER_S):
                await self._bot.call("answerCallbackQuery", {"callback_query_id": press})
        except (TelegramError, TimeoutError) as error:
            log.debug("a pressed button was not acknowledged: %s", error)

    async def stop_receiving(self) -> None:
        """Take no further messages, and confirm those that were taken."""
        self._bot.retire()
        if self._connecting is not None:
            self._connecting.cancel()
            await asyncio.gather(self._connecting, return_exceptions=True)
        if self._updater.running:
            await self._updater.stop()

    async def close(self) -> None:
        """Close every connection."""
        await self.stop_receiving()
        await self.outlet.close()
        await self._errands.stop()
        await self._bot.shutdown()

    async def check(self) -> Sequence[Finding]:
        """What `botcore doctor` says."""
        return await findings(self._bot, self._server)


def _told_already(_: TelegramError) -> None:
    """`TelegramBot.get_updates` has said what went wrong."""


def _pacing(settings: TelegramSettings) -> PacingSettings:
    limits = PacingSettings(
        private_frame_interval=settings.frame_seconds,
        group_frame_interval=3 * settings.frame_seconds,
        overall_per_second=settings.messages_per_second,
        overall_reserve=settings.messages_per_second // 3,
    )
    return limits if settings.pace else replace(limits, chat_interval=0, group_per_minute=0)


def _checked_token(token: str) -> str:
    token = token.strip()
    if not _TOKEN.fullmatch(token):
        raise ConfigError(f"TELEGRAM_BOT_TOKEN is no token (digits, a colon, letters and digits): {REMEDY}")
    return token


def _checked_root(url: str) -> str:
    root = url.strip().rstrip("/").removesuffix("/bot")
    parts = urlsplit(root)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
        raise ConfigError(
            "TELEGRAM_API_URL is no root of a Bot API server: give it as http(s)://host:port; below it lies "
            "/bot<token>/<method>"
        )
    return root
