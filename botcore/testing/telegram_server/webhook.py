"""setWebhook, and the delivery of updates to the bot's own server."""

import asyncio
import re
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from botcore.testing.telegram_server.model import Json
from botcore.testing.telegram_server.params import Params
from botcore.testing.telegram_server.refusals import bad_request
from botcore.testing.telegram_server.updates import Update
from botcore.testing.telegram_server.world import World

_SECRET = re.compile(r"[A-Za-z0-9_-]{0,256}")
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_MAX_CONNECTIONS = 100
_DEFAULT_CONNECTIONS = 40
_FIRST_PAUSE = 0.1  # seconds before a failed delivery is repeated; doubles
_LONGEST_PAUSE = 10.0
_TIMEOUT = aiohttp.ClientTimeout(total=60)


class Webhook:
    """The webhook of the bot: at most one, delivered to one update at a time, in order."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._url = ""
        self._secret = ""
        self._connections = _DEFAULT_CONNECTIONS
        self._error: tuple[int, str] | None = None
        self._task: asyncio.Task[None] | None = None
        self._wake = asyncio.Event()
        world.updates.wake_webhook = self._wake.set

    async def set(self, params: Params) -> bool:
        """https://core.telegram.org/bots/api#setwebhook. Plain http is accepted on loopback only.

        Raises:
            Refused: 400 for URLs and secrets that Telegram refuses.
        """
        url, secret = params.text("url"), params.text("secret_token")
        if not url:
            return await self.delete(params)
        parts = urlsplit(url)
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
            raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
        if not _SECRET.fullmatch(secret):
            raise bad_request("secret token contains unallowed characters")
        updates = self._world.updates
        updates.allow(params)
        updates.end_poll()
        if params.flag("drop_pending_updates"):
            updates.drop()
        await self.stop()
        self._url, self._secret, self._error = url, secret, None
        self._connections = params.number("max_connections", _DEFAULT_CONNECTIONS, 1, _MAX_CONNECTIONS)
        updates.webhook_active = True
        self._task = asyncio.create_task(self._deliver())
        return True

    async def delete(self, params: Params) -> bool:
        """https://core.telegram.org/bots/api#deletewebhook."""
        if params.flag("drop_pending_updates"):
            self._world.updates.drop()
        await self.stop()
        self._url = ""
        self._world.updates.webhook_active = False
        return True

    def info(self) -> Json:
        """https://core.telegram.org/bots/api#getwebhookinfo."""
        updates = self._world.updates
        data: Json = {
            "url": self._url,
            "has_custom_certificate": False,
            "pending_update_count": len(updates.pending),
        }
        if self._url:
            data["max_connections"] = self._connections
        if updates.chosen:
            data["allowed_updates"] = list(updates.chosen)
        if self._error is not None:
            data["last_error_date"], data["last_error_message"] = self._error
        return data

    async def stop(self) -> None:
        """End the delivery; what was not delivered stays pending."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    async def _deliver(self) -> None:
        updates = self._world.updates
        pause = _FIRST_PAUSE
        async with aiohttp.ClientSession(timeout=_TIMEOUT) as session:
            while True:
                pending = updates.pending
                if not pending:
                    self._wake.clear()
                    await self._wake.wait()
                elif await self._post(session, pending[0]):
                    updates.confirm(pending[0])
                    pause = _FIRST_PAUSE
                else:
                    await asyncio.sleep(pause)
                    pause = min(2 * pause, _LONGEST_PAUSE)

    async def _post(self, session: aiohttp.ClientSession, update: Update) -> bool:
        headers: dict[str, Any] = {"Content-Type": "application/json"}
        if self._secret:
            headers["X-Telegram-Bot-Api-Secret-Token"] = self._secret
        try:
            async with session.post(self._url, data=update.body, headers=headers) as answer:
                await answer.read()
                if answer.ok:
                    return True
                reason = f"Wrong response from the webhook: {answer.status} {answer.reason}"
        except (aiohttp.ClientError, TimeoutError) as failure:
            reason = f"Connection failed: {type(failure).__name__}"
        self._error = (self._world.now(), reason)
        return False
