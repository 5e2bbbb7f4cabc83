"""The Discord adapter: connects, listens, and says what it meets on the way."""

import asyncio
import logging
import re
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import urlsplit

from botcore.adapter import Finding, Gateway
from botcore.complaints import Complaints
from botcore.errands import Errands
from botcore.errors import ConfigError
from botcore_discord.check import INTENT_REMEDY, NO_INTENT, REMEDY, findings, may_read_content
from botcore_discord.client import FAULTS, NETWORK, BotClient, drop_privileged, hang_up, listen, set_gateway, spare_tree
from botcore_discord.commands import CommandSync
from botcore_discord.discretion import keep_discreet
from botcore_discord.ears import Ears
from botcore_discord.interactions import told
from botcore_discord.library import Route, discord
from botcore_discord.outlet import DiscordOutlet
from botcore_discord.places import PLATFORM
from botcore_discord.pointing import checked_root, point, release
from botcore_discord.settings import DiscordSettings

log = logging.getLogger(__name__)

_TOKEN: Final = re.compile(r"[\w-]{10,}\.[\w-]+\.[\w-]{10,}")

_PATIENCE_S: Final = 5.0
"""Seconds that the start waits for Discord; then it goes on trying behind the other platforms' backs."""
_LAST_WORD_S: Final = 2.0
"""Seconds for what has arrived to be stored when the bot stops."""
_LONGEST_PAUSE_S: Final = 30.0
_NO_ANSWER: Final = (*NETWORK, discord.HTTPException, *FAULTS)
"""What it means that Discord does not answer; the last, that something else does in its place."""

_CLOSED: Final = {
    4004: "Discord does not accept DISCORD_BOT_TOKEN any more: " + REMEDY,
    4010: "Discord refuses the shard: this adapter has one connection",
    4011: "Discord refuses one connection for so many servers: this adapter is for bots on fewer than 2,500",
    4012: "Discord has given up the API's version: a newer discord.py is needed",
    4013: "Discord does not know the intents that are asked for: a newer discord.py is needed",
}
"""Why the gateway closes for good (https://discord.com/developers/docs/topics/opcodes-and-status-codes)."""


class NoStartsLeft(Exception):
    """Discord begins no session for this bot for a while; one that insists loses its token."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"Discord begins no session for {seconds:.0f} s: the bot was started too often")
        self.seconds = seconds


class DiscordAdapter:
    """One bot on Discord. `api_url`: the root of another server of API v10.

    `client` is the client to use: one of an application's own, with handlers and commands of its own, which go on to
    work; one that is logged in already is neither connected nor closed here. Without, the adapter makes its own. Either
    way it is there before the start. Raises ConfigError for a bad token or URL.
    """

    def __init__(
        self,
        settings: DiscordSettings,
        token: str,
        *,
        api_url: str | None = None,
        client: discord.Client | None = None,
    ) -> None:
        self.platform = PLATFORM
        self._settings = settings
        self._token = _checked_token(token)
        self._root = checked_root(api_url)
        self._server = urlsplit(self._root or Route.BASE).netloc.rpartition("@")[2]
        self._complaints = Complaints(logging.getLogger("botcore_discord"))
        self._errands = Errands()
        self._connecting: asyncio.Task[None] | None = None
        self._tried = self._running = False
        keep_discreet()
        self.client: discord.Client = client or BotClient(settings, self._complaints)
        self._lent = client is not None and client.user is not None
        self._ears = Ears(self.client, settings, self._complaints, self._errands)
        listen(self.client, self._ears.hear)
        self.outlet = DiscordOutlet(self.client, complaints=self._complaints)

    async def start(self, gateway: Gateway) -> None:
        """Connect; where Discord does not answer now, go on trying in the background.

        Raises ConfigError where it does not accept the token, and where another adapter uses another server.
        """
        point(self, self._root)
        sync = CommandSync(self.client, self._settings, self._complaints)
        spare_tree(self.client)
        await self._ears.open(gateway, sync)
        self._lent = self._lent or self.client.user is not None
        if self._lent:
            log.info("Discord: %s is connected by the application", self.client.user)
            if self.client.is_ready():
                self._ears.hear("ready", ())
            return
        try:
            async with asyncio.timeout(_PATIENCE_S):
                await self._log_in()
        except discord.LoginFailure as error:
            line = f"DISCORD_BOT_TOKEN: {self._server} does not accept it ({told(error)}); {REMEDY}"
            raise ConfigError(line) from error
        except (*_NO_ANSWER, NoStartsLeft) as error:
            log.warning("Discord (%s) does not answer yet, trying on: %s", self._server, told(error))
        self._connecting = self._errands.run(self._stay_connected(), "connect to Discord")
        if self._running:
            await self._first_contact()

    async def _first_contact(self) -> None:
        """Wait until messages come in, or until it is clear that this takes longer."""
        try:
            async with asyncio.timeout(_PATIENCE_S):
                await self._ears.ready.wait()
        except TimeoutError:
            log.warning("Discord (%s): the gateway does not answer yet, trying on", self._server)

    async def _log_in(self) -> None:
        """Ask who the bot is and where the gateway is. Raises LoginFailure, NoStartsLeft and what requests raise."""
        if self._running:
            return
        client = self.client
        if self._tried:  # the library opens one more session at each login
            await client.http.close()
            client.http.connector = discord.utils.MISSING
        self._tried = True
        await client.login(self._token)
        found: Any = await client.http.request(Route("GET", "/gateway/bot"))
        starts = found.get("session_start_limit", {})
        if starts.get("remaining", 1) <= 0:
            raise NoStartsLeft(starts.get("reset_after", 0) / 1000)
        set_gateway(client, found["url"])
        if client.intents.message_content and not may_read_content(client):
            self._do_without_intents()
        self._running = True

    def _do_without_intents(self) -> None:
        self._complaints.say("intent", "Discord: %s; %s", NO_INTENT, INTENT_REMEDY, level=logging.WARNING)
        drop_privileged(self.client)

    async def _stay_connected(self) -> None:
        pause = 1.0
        while not self._ears.closed:
            try:
                async with asyncio.timeout(_LONGEST_PAUSE_S):
                    await self._log_in()
                await self.client.connect()
            except discord.LoginFailure as error:
                self._complaints.say("token", "DISCORD_BOT_TOKEN is not accepted (%s): %s", told(error), REMEDY)
            except discord.PrivilegedIntentsRequired:
                self._do_without_intents()
            except discord.ConnectionClosed as closed:
                self._running = False
                line = _CLOSED.get(closed.code, f"Discord closed the connection for good ({closed.code})")
                self._complaints.say("closed", "%s", line)
            except NoStartsLeft as error:
                self._complaints.say("starts", "%s", error)
                pause = max(pause, error.seconds)
            except _NO_ANSWER as error:
                log.debug("Discord does not answer yet: %s", told(error))
            else:
                return
            if self.client.is_closed():  # an application's own client closes itself, for good
                return
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE_S)

    async def stop_receiving(self) -> None:
        """Take no further messages, and store those that arrived; sending still works."""
        await self._ears.close(_LAST_WORD_S)
        if self._connecting is not None:
            while not self._connecting.done():  # the library of an application's client may swallow one
                self._connecting.cancel()
                await asyncio.wait([self._connecting], timeout=_LAST_WORD_S)
            await hang_up(self.client)

    async def close(self) -> None:
        """Close every connection that was made here; a client that runs elsewhere goes on."""
        await self.stop_receiving()
        await self.outlet.close()
        await self._errands.stop()
        if not self._lent:
            await self.client.close()
        release(self)

    async def check(self) -> Sequence[Finding]:
        """What `botcore doctor` says."""
        point(self, self._root)
        return await findings(self.client, self._token, self._settings, self._server)


def _checked_token(token: str) -> str:
    token = token.strip().removeprefix("Bot ").strip()
    if not _TOKEN.fullmatch(token):
        raise ConfigError(f"DISCORD_BOT_TOKEN is no bot token (three parts with dots between): {REMEDY}")
    return token
