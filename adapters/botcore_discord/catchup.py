"""What was said while the bot was away, read from the channels.

Discord sends a new session nothing of the past. The inbox knows the last message of each chat that was accepted; what
came after it is read from the channel's history, the newest `catch_up_messages` of at most `catch_up_hours`. What was
accepted before is dropped by its id, what the bot answered already is left out.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from botcore.adapter import Seen
from botcore.messages import Incoming
from botcore_discord.client import FAILURES
from botcore_discord.incoming import Receiver
from botcore_discord.intake import Intake, Make
from botcore_discord.library import discord
from botcore_discord.quotes import is_reply
from botcore_discord.settings import DiscordSettings

log = logging.getLogger(__name__)

_MARGIN: Final = timedelta(minutes=2)
"""Before the newest message known: another channel's may have been lost with the crash that came in between."""
_AT_ONCE: Final = 4
"""Channels that are read at the same time: far below the 50 requests a second that Discord takes."""


@dataclass(slots=True)
class Known:
    """What the inbox knows: the newest message of each channel (or thread), and of all of them."""

    channels: dict[int, int] = field(default_factory=dict[int, int])
    newest: int = 0

    @classmethod
    def of(cls, seen: Sequence[Seen]) -> "Known":
        """From what the gateway tells."""
        known = cls()
        for one in seen:
            if one.external_id.isdecimal() and (one.thread or one.chat).isdecimal():
                number = int(one.external_id)
                channel = int(one.thread or one.chat)
                known.channels[channel] = max(number, known.channels.get(channel, 0))
                known.newest = max(number, known.newest)
        return known


class CatchUp:
    """Queues the reading of channels before what comes live in them."""

    def __init__(self, client: discord.Client, receiver: Receiver, intake: Intake, settings: DiscordSettings) -> None:
        self._client = client
        self._receiver = receiver
        self._intake = intake
        self._settings = settings
        self._few = asyncio.Semaphore(_AT_ONCE)
        self._known = Known()

    def begin(self, seen: Sequence[Seen]) -> None:
        """Queue all channels in which something may have been missed, then direct messages and archived threads."""
        self._known = known = Known.of(seen)
        if not known.newest or not self._settings.catch_up_messages:
            return
        met: set[int] = set()
        for guild in self._client.guilds:
            met |= self.guild(guild)
        own = sorted((last, channel) for channel, last in known.channels.items() if channel not in met)
        for last, channel in own[::-1][: self._settings.catch_up_chats]:
            self._intake.put(channel, self._reading(channel, last), first=True)

    def guild(self, guild: discord.Guild) -> set[int]:
        """Queue the channels and threads of a server where something may have been missed; returns all of them."""
        channels: list[discord.TextChannel | discord.VoiceChannel | discord.Thread]
        channels = [*guild.text_channels, *guild.voice_channels, *guild.threads]
        for channel in channels:
            after = self._known.channels.get(channel.id) or _before(self._known.newest)
            last = max(channel.last_message_id or 0, channel.id if isinstance(channel, discord.Thread) else 0)
            if not self._known.newest or not self._settings.catch_up_messages or last <= after:
                continue
            if _may_read(channel):
                self._intake.put(channel.id, self._reading(channel, after), first=True)
            else:
                log.debug("channel %d: what was missed cannot be read without Read Message History", channel.id)
        return {channel.id for channel in channels}

    def _reading(self, channel: Any, after: int) -> Make:
        async def read() -> Sequence[Incoming]:
            async with self._few:
                try:
                    return await self._read(channel, after)
                except FAILURES as error:
                    log.debug("what was missed in a channel cannot be read: %s", error)
                    return ()

        return read

    async def _read(self, channel: Any, after: int) -> list[Incoming]:
        if isinstance(channel, int):
            channel = await self._client.fetch_channel(channel)
        last = getattr(channel, "last_message_id", None)
        if not isinstance(channel, discord.abc.Messageable) or (last is not None and last <= after):
            return []
        oldest = datetime.now(UTC) - timedelta(hours=self._settings.catch_up_hours)
        since = max(after, discord.utils.time_snowflake(oldest))
        most = self._settings.catch_up_messages
        history = channel.history(limit=most, after=discord.Object(since), oldest_first=False)
        window = [message async for message in history][::-1]
        answered = {
            one.reference.message_id
            for one in window
            if one.reference is not None and is_reply(one) and self._is_me(one)
        }
        missed: list[Incoming] = []
        for message in window:
            wanted = self._receiver.notice(message) and message.id not in answered
            if wanted and (incoming := await self._receiver.message(message)) is not None:
                missed.append(incoming)
        if missed:
            log.info("Discord: %d messages of one channel were written meanwhile", len(missed))
        return missed

    def _is_me(self, message: discord.Message) -> bool:
        return str(message.author.id) == self._receiver.bot


def _may_read(channel: discord.abc.GuildChannel | discord.Thread) -> bool:
    """Whether the bot sees what was written; not in a thread whose channel the library does not know."""
    try:
        return channel.permissions_for(channel.guild.me).read_message_history
    except discord.ClientException:
        return False


def _before(newest: int) -> int:
    at = discord.utils.snowflake_time(newest) - _MARGIN
    return discord.utils.time_snowflake(at)
