"""How updates come in: by a bot of ours, or through an application that was lent."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

from telegram import Update
from telegram.error import TelegramError
from telegram.ext import ApplicationBuilder, Updater

from botcore.adapter import Gateway
from botcore_telegram.api import LentBot
from botcore_telegram.bot import UPDATES, TelegramBot
from botcore_telegram.embedding import AnyApplication, Embedding, names
from botcore_telegram.intake import GatewayIntake


class _Nowhere(asyncio.Queue[object]):
    """The Updater's queue: what comes here is in the database already."""

    async def put(self, item: object) -> None:
        """Drop it."""


class OwnLine:
    """Polls with a bot of ours. Where its application was asked for, that gets every update as well."""

    def __init__(self, bot: TelegramBot, poll_seconds: int) -> None:
        self.api = bot
        self._poll = timedelta(seconds=poll_seconds)
        self._updater = Updater(bot, _Nowhere())
        self._embedding: Embedding | None = None
        self._opened = False

    @property
    def application(self) -> AnyApplication:
        """An application on this bot. Raises RuntimeError where it is asked for after the start."""
        if self._embedding is None:
            if self._opened:
                raise RuntimeError("ask for the application before the adapter is started")
            application = ApplicationBuilder().bot(self.api).updater(None).build()
            self._embedding = Embedding(application)
        return self._embedding.application

    async def open(self, gateway: Gateway, pressed: Callable[[str], object]) -> None:
        """Begin to poll; the bot is initialised."""
        self._opened = True
        embedding = self._embedding
        if embedding is None:
            intake, allowed = GatewayIntake(self.api, gateway, pressed), list(UPDATES)
        else:
            application = embedding.application

            def leave(update: Update) -> bool:
                return names(application, update)

            intake = GatewayIntake(self.api, gateway, pressed, beside=embedding.hand_on, leave=leave)
            embedding.begin(intake.accept)
            await application.initialize()
            if not application.running:
                await application.start()
            allowed = list(Update.ALL_TYPES)
        self.api.deliver_to(intake)
        await self._updater.initialize()
        await self._updater.start_polling(  # removes a webhook first
            timeout=self._poll, allowed_updates=allowed, error_callback=_told_already
        )

    def retire(self) -> None:
        """Take no further updates."""
        self.api.retire()
        if self._embedding is not None:
            self._embedding.retire()

    async def hang_up(self) -> None:
        """Stop polling, and confirm what was taken."""
        if self._updater.running:
            await self._updater.stop()

    async def close(self) -> None:
        """Close every connection."""
        if self._embedding is not None:
            application = self._embedding.application
            if application.running:
                await application.stop()
            self._embedding.end()
            await application.shutdown()
        await self.api.shutdown()


class LentLine:
    """Takes updates from somebody's application. It is run here, unless it runs already or when the engine starts."""

    def __init__(self, application: AnyApplication, poll_seconds: int) -> None:
        self.api = LentBot(application.bot)
        self.application = application
        self._poll = timedelta(seconds=poll_seconds)
        self._embedding = Embedding(application)
        self._started = False

    async def open(self, gateway: Gateway, pressed: Callable[[str], object]) -> None:
        """Tie the application to the engine; start it, and its polling where it has an Updater, unless it runs."""
        application = self.application
        self._embedding.begin(GatewayIntake(self.api.lent, gateway, pressed).accept)
        if application.running or self._started:
            return
        await application.initialize()
        updater = application.updater
        if updater is not None and not updater.running:
            await updater.start_polling(timeout=self._poll, allowed_updates=Update.ALL_TYPES)
        await application.start()
        self._started = True

    def retire(self) -> None:
        """Take no further updates."""
        self._embedding.retire()

    async def hang_up(self) -> None:
        """Stop its polling, where it was started here."""
        updater = self.application.updater
        if self._started and updater is not None and updater.running:
            await updater.stop()

    async def close(self) -> None:
        """Stop it, where it was started here, and leave it as it was."""
        if self._started and self.application.running:
            await self.application.stop()
        self._embedding.end()
        if self._started:
            self._started = False
            await self.application.shutdown()


def _told_already(_: TelegramError) -> None:
    """`TelegramBot.get_updates` has said what went wrong."""
