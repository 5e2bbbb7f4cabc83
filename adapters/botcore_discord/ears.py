"""What is heard of a client's events, and what becomes of each."""

import asyncio
import logging
from collections.abc import Sequence
from typing import Any

from botcore.adapter import Gateway, Seen
from botcore.complaints import Complaints
from botcore.errands import Errands
from botcore.errors import StoreError
from botcore.messages import Incoming
from botcore_discord.catchup import CatchUp
from botcore_discord.commands import CommandSync
from botcore_discord.incoming import Receiver
from botcore_discord.intake import Intake
from botcore_discord.interactions import Interactions
from botcore_discord.library import discord
from botcore_discord.places import PLATFORM, Places
from botcore_discord.quotes import Quotes
from botcore_discord.settings import DiscordSettings

log = logging.getLogger(__name__)

_STORE_PAUSE_S = 2.0


class Ears:
    """Takes events from the moment of `open` to that of `close`. `ready` is set once messages come in."""

    def __init__(
        self, client: discord.Client, settings: DiscordSettings, complaints: Complaints, errands: Errands
    ) -> None:
        self.ready = asyncio.Event()
        self.closed = False
        self._client = client
        self._settings = settings
        self._complaints = complaints
        self._errands = errands
        self._quotes = Quotes(client)
        self._receiver = Receiver(client, Places(client), self._quotes)
        self._interactions = Interactions(client, self._quotes, errands, complaints)
        self._gateway: Gateway | None = None
        self._intake: Intake | None = None
        self._catch_up: CatchUp | None = None
        self._sync: CommandSync | None = None

    async def open(self, gateway: Gateway, sync: CommandSync) -> None:
        """Take events from now on."""
        self._gateway, self._sync = gateway, sync
        self._intake = Intake(gateway, self._errands, self._complaints)
        self._catch_up = CatchUp(self._client, self._receiver, self._intake, self._settings)

    async def close(self, patience: float) -> None:
        """Take no further events; store those that came, for at most `patience` seconds."""
        self.closed = True
        if self._intake is not None:
            await self._intake.empty(patience)

    def hear(self, event: str, args: tuple[Any, ...]) -> None:
        """An event of the client. Never waits, never raises: the client's own handlers come after it."""
        gateway, intake = self._gateway, self._intake
        if gateway is None or intake is None or self.closed:
            return
        match event, args:
            case "message", (message,):
                self._message(intake, message)
            case "raw_message_edit", (raw,):
                self._edit(intake, raw)
            case "raw_message_delete", (raw,):
                self._quotes.forget(raw.message_id)
            case "raw_bulk_message_delete", (raw,):
                for number in raw.message_ids:
                    self._quotes.forget(number)
            case "raw_reaction_add" | "raw_reaction_remove", (raw,):
                self._reaction(intake, raw, added=event.endswith("add"))
            case "interaction", (interaction,):
                self._interactions.take(interaction, gateway)
            case _:
                self._state(event, args, intake)

    def _state(self, event: str, args: tuple[Any, ...], intake: Intake) -> None:
        match event, args:
            case "connect", ():
                intake.hold()  # a new session: what was missed comes before what comes now
            case "ready", ():
                _ = self._errands.run(self._make_ready(intake), "catch up with Discord")
            case "guild_available", (guild,) if self._catch_up is not None and self.ready.is_set() and not intake.held:
                _ = self._catch_up.guild(guild)
            case "guild_join", (guild,):
                log.info("Discord: the bot was taken into a server of %s members", guild.member_count)
            case "guild_remove", (guild,):
                log.info("Discord: the bot is no longer on server %d", guild.id)
            case _:
                pass

    async def _make_ready(self, intake: Intake) -> None:
        """Queue what was missed, then go on with what came meanwhile. The first time, see to the commands."""
        gateway, first = self._gateway, not self.ready.is_set()
        seen = await self._seen()
        for one in seen:
            if one.thread is not None:
                self._receiver.spoken_to_in(one.thread)
        try:
            if self._catch_up is not None:
                self._catch_up.begin(seen)
        finally:  # what comes now is heard, whatever is wrong with what was missed
            intake.release()
            self.ready.set()
        if first:
            log.info("Discord: %s is listening (servers: %d)", self._client.user, len(self._client.guilds))
        if first and self._settings.commands and self._sync is not None and gateway is not None:
            await self._sync.run([*gateway.slash(), *gateway.menus().values()])

    async def _seen(self) -> Sequence[Seen]:
        while self._gateway is not None:
            try:
                return await self._gateway.seen(PLATFORM, self._receiver.bot)
            except StoreError as error:
                self._complaints.say("store", "the database does not take what comes from Discord: %s", error)
                await asyncio.sleep(_STORE_PAUSE_S)
        return ()

    def _message(self, intake: Intake, message: discord.Message) -> None:
        if not self._receiver.notice(message):
            return

        async def make() -> Sequence[Incoming]:
            return _listed(await self._receiver.message(message))

        intake.put(message.channel.id, make)

    def _edit(self, intake: Intake, raw: Any) -> None:
        async def make() -> Sequence[Incoming]:
            return _listed(await self._receiver.edit(raw.message))

        intake.put(raw.channel_id, make)

    def _reaction(self, intake: Intake, raw: Any, *, added: bool) -> None:
        emojis = self._receiver.reaction(raw, added=added)
        if emojis is None:
            return

        async def make() -> Sequence[Incoming]:
            return _listed(await self._receiver.rated(raw, emojis))

        intake.put(raw.channel_id, make)


def _listed(incoming: Incoming | None) -> Sequence[Incoming]:
    return () if incoming is None else (incoming,)
