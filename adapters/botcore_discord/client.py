"""discord.py's client: how the adapter's own is made, how its connection is kept, how any client is listened to."""

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Any, Final, TypeAlias

import aiohttp
from yarl import URL

from botcore.complaints import Complaints
from botcore_discord.library import DiscordWebSocket, ReconnectWebSocket, discord
from botcore_discord.settings import DiscordSettings

log = logging.getLogger(__name__)

NETWORK: Final = (OSError, aiohttp.ClientError, TimeoutError, discord.DiscordServerError, discord.GatewayNotFound)
"""What the library raises where Discord does not answer."""

FAILURES: Final = (discord.DiscordException, aiohttp.ClientError, OSError, TimeoutError, RuntimeError)
"""What a request may end with. The last: a simulator in this process that does not know it."""

FAULTS: Final = (ArithmeticError, AssertionError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""What the library and our conversion may raise over an event that is not as described."""

_CONNECT_S: Final = 60.0
"""Seconds for a connection to the gateway, as the library has it."""
_FIRST_PAUSE_S: Final = 0.25
_LONGEST_PAUSE_S: Final = 30.0
_STEADY_S: Final = 10.0
"""Seconds that a connection has to last before the next one after it follows at once."""
_GUILDS_S: Final = 0.2
"""Seconds without a further server until the start is complete; servers that come later are met all the same."""
_IDENTIFY_S: Final = 5.0
"""Seconds between two new sessions (https://discord.com/developers/docs/events/gateway#rate-limiting)."""

Hear: TypeAlias = Callable[[str, tuple[Any, ...]], None]


class BotClient(discord.Client):
    """The adapter's own client. It keeps little in memory, and mentions nobody.

    `gateway` is the gateway's address as the API tells it, known before `connect`.
    """

    def __init__(self, settings: DiscordSettings, complaints: Complaints) -> None:
        discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = (
            False  # no voice channels here: nothing to warn of
        )
        super().__init__(
            intents=intents(settings),
            allowed_mentions=discord.AllowedMentions.none(),
            max_messages=None,
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            guild_ready_timeout=_GUILDS_S,
            heartbeat_timeout=settings.silence_seconds,
            max_ratelimit_timeout=30.0,
            proxy=settings.proxy or None,
        )
        self.gateway = DiscordWebSocket.DEFAULT_GATEWAY
        self._complaints = complaints
        self._identified = float("-inf")
        self._in_touch = False

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:  # noqa: ARG002 - the library's
        """Keep the pause between two sessions; the library waits five seconds even after an hour."""
        await asyncio.sleep(max(0.0, self._identified + _IDENTIFY_S - time.monotonic()))
        self._identified = time.monotonic()

    def dispatch(self, event: str, /, *args: Any, **kwargs: Any) -> None:
        """Note that the connection stands."""
        if event in {"connect", "resumed"}:
            self._in_touch = True
            self._complaints.settle("Discord is connected again", "gateway")
        super().dispatch(event, *args, **kwargs)

    async def connect(self, *, reconnect: bool = True) -> None:  # noqa: ARG002 - it always does
        """Stay connected until the client is closed, or until Discord closes for good.

        Unlike the library's it goes where the API says, survives events that are not as described, waits at most half
        a minute between two attempts, and says in one line what is wrong. Raises ConnectionClosed for a reason that
        does not pass, PrivilegedIntentsRequired for an intent that is not allowed.
        """
        session: dict[str, Any] = {"gateway": self.gateway, "initial": True}
        pause = 0.0
        while not self.is_closed():
            self._in_touch, began, why = False, time.monotonic(), ""
            try:
                async with asyncio.timeout(_CONNECT_S):  # wait_for may swallow the cancellation at the stop (3.11)
                    self.ws = await DiscordWebSocket.from_client(self, shard_id=self.shard_id, **session)
                session["initial"] = False
                await self._listen(self.ws)
            except ReconnectWebSocket as again:
                session = self._next_session(resume=again.resume)
                why = "the connection broke"
            except discord.ConnectionClosed as closed:
                if self.is_closed():
                    return
                if closed.code == 4014:
                    raise discord.PrivilegedIntentsRequired(closed.shard_id) from None
                if closed.code != 1000:
                    raise
                session, why = self._next_session(resume=True), "the connection was closed"
            except (OSError, aiohttp.ClientError, TimeoutError) as error:
                session, why = self._next_session(resume=True), f"{type(error).__name__}: {error}"
            if self.is_closed():
                return
            self.dispatch("disconnect")
            if not self._in_touch:
                self._complaints.say("gateway", "no connection to Discord's gateway, trying on (%s)", why)
            elif time.monotonic() - began > _STEADY_S:
                pause = 0.0
            await asyncio.sleep(pause)
            pause = min(max(_FIRST_PAUSE_S, 2 * pause), _LONGEST_PAUSE_S)

    async def _listen(self, ws: Any) -> None:
        while True:
            try:
                await ws.poll_event()
            except FAULTS as error:  # the event is passed over: its number is noted already
                _log_unread(error)

    def _next_session(self, *, resume: bool) -> dict[str, Any]:
        """How to connect again: with the session that was, where there was one."""
        ws: Any = self.ws
        if not resume or ws is None or ws.session_id is None:
            return {"gateway": self.gateway, "initial": False}
        known = {"session": ws.session_id, "sequence": ws.sequence, "gateway": ws.gateway}
        return {**known, "resume": True, "initial": False}


def _log_unread(error: Exception) -> None:
    """Without a traceback, which may quote what people wrote."""
    log.error("an event from Discord cannot be read (%s); it is passed over", type(error).__name__)


async def hang_up(client: discord.Client) -> None:
    """Leave the gateway so that Discord forgets the session; requests still work. Nobody may be in `connect` any more.

    Whoever waits for events meanwhile closes first, with 4000: the session then lives on for a while, and what is
    written until the next start is kept for it and for nobody else.
    """
    ws: Any = client.ws
    if ws is not None and ws.open:
        await ws.close(code=1000)


def intents(settings: DiscordSettings) -> discord.Intents:
    """Servers, messages, reactions; the content of messages where it is wanted."""
    wanted = discord.Intents.none()
    wanted.guilds = wanted.guild_messages = wanted.dm_messages = True
    wanted.guild_reactions = wanted.dm_reactions = True
    wanted.message_content = settings.message_content
    return wanted


def drop_privileged(client: discord.Client) -> None:
    """Ask for nothing that Discord has to allow first, from the next session on."""
    wanted = client._connection._intents  # noqa: SLF001 - `Client.intents` is a copy
    wanted.message_content = wanted.members = wanted.presences = False


def listen(client: discord.Client, hear: Hear) -> None:
    """Let `hear(event, args)` know of every event, before the handlers that the client has or will have.

    The client tells of events in `dispatch`, and so does its state, which took hold of the same method early.
    """
    tell = client.dispatch

    def dispatch(event: str, /, *args: Any, **kwargs: Any) -> None:
        try:
            hear(event, args)
        except FAULTS as error:  # it must not end the connection of an application's client, nor keep it from hearing
            _log_unread(error)
        tell(event, *args, **kwargs)

    client.dispatch = dispatch  # type: ignore[method-assign]
    client._connection.dispatch = dispatch  # noqa: SLF001 - see above


def tree_of(client: discord.Client) -> Any:
    """The tree of slash commands that an application has made for its client, or None."""
    return client._connection._command_tree  # noqa: SLF001 - the tree registers itself there, wherever it is kept


def spare_tree(client: discord.Client) -> None:
    """Let the application's tree of commands not complain of those that are not its own: they are the engine's."""
    tree = tree_of(client)
    if tree is None:
        return
    complain = tree.on_error

    async def on_error(interaction: Any, error: Exception) -> None:
        if not isinstance(error, discord.app_commands.CommandNotFound):
            await complain(interaction, error)

    tree.on_error = on_error


def set_gateway(client: discord.Client, url: str) -> None:
    """Tell the adapter's own client where the gateway is."""
    if isinstance(client, BotClient):
        client.gateway = URL(url)
