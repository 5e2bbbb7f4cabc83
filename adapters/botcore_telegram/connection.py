"""The Telegram adapter: connects, polls, and says what it meets on the way."""

import asyncio
import logging
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final
from urllib.parse import urlsplit

from telegram.error import InvalidToken, TelegramError

from botcore.adapter import Finding, Gateway
from botcore.complaints import Complaints
from botcore.errands import Errands
from botcore.errors import ConfigError
from botcore_telegram.bot import TelegramBot
from botcore_telegram.check import PRIVACY, PRIVACY_REMEDY, REMEDY, findings
from botcore_telegram.embedding import AnyApplication
from botcore_telegram.incoming import PLATFORM
from botcore_telegram.lines import LentLine, OwnLine
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


class TelegramAdapter:
    """One bot on Telegram. `api_url`: the root of another Bot API server. Raises ConfigError for a bad token or URL.

    `application`: one of python-telegram-bot's that is used instead of a bot of ours; token and URL are its own then.
    See `docs/telegram.md`, "In an application of your own".
    """

    def __init__(
        self,
        settings: TelegramSettings,
        token: str = "",
        api_url: str | None = None,
        *,
        application: AnyApplication | None = None,
    ) -> None:
        self.platform = PLATFORM
        self._settings = settings
        self._complaints = Complaints(logging.getLogger("botcore_telegram"))
        self._line: OwnLine | LentLine
        if application is None:
            root = _checked_root(api_url or ROOT)
            bot = TelegramBot(_checked_token(token), root, self._complaints, proxy=settings.proxy or None)
            self._line = OwnLine(bot, settings.poll_seconds)
        else:
            root = application.bot.base_url
            self._line = LentLine(application, settings.poll_seconds)
        self._api = self._line.api
        self._server = urlsplit(root).netloc.rpartition("@")[2]
        self.outlet = TelegramOutlet(self._api, Pacing(_pacing(settings)), self._complaints)
        self._errands = Errands()
        self._connecting: asyncio.Task[None] | None = None

    @property
    def application(self) -> AnyApplication:
        """The application beside the engine, for handlers of one's own. Raises RuntimeError after the start.

        An application that was taken is always told.
        """
        return self._line.application

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
            await self._api.initialize()
        await self._line.open(gateway, self._acknowledge)
        log.info("Telegram: @%s is listening", self._api.username)
        if not self._api.can_read_all_group_messages:
            log.info("Telegram: %s (%s)", PRIVACY, PRIVACY_REMEDY)
        if self._settings.menu:
            _ = self._errands.run(keep_menu(self._api, gateway.commands()), "command menu")

    def _acknowledge(self, press: str) -> None:
        """Let the app know that a button was pressed; until then it shows that it waits."""
        _ = self._errands.run(self._answer_press(press), "answer a button")

    async def _answer_press(self, press: str) -> None:
        try:
            async with asyncio.timeout(_ANSWER_S):
                await self._api.call("answerCallbackQuery", {"callback_query_id": press})
        except (TelegramError, TimeoutError) as error:
            log.debug("a pressed button was not acknowledged: %s", error)

    async def stop_receiving(self) -> None:
        """Take no further messages, and confirm those that were taken."""
        self._line.retire()
        if self._connecting is not None:
            self._connecting.cancel()
            await asyncio.gather(self._connecting, return_exceptions=True)
        await self._line.hang_up()

    async def close(self) -> None:
        """Close every connection."""
        await self.stop_receiving()
        await self.outlet.close()
        await self._errands.stop()
        await self._line.close()

    async def check(self) -> Sequence[Finding]:
        """What `botcore doctor` says."""
        return await findings(self._api, self._server)


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
