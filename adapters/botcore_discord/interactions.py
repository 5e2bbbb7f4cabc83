"""Slash commands, menus, buttons and autocompletion: acknowledged at once, then taken.

Discord waits three seconds for the first answer to an interaction; then the person reads that the application did not
respond. So it is deferred before anything else is waited for, and what is deferred is the place of the answer.
"""

import asyncio
import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal

import aiohttp

from botcore import messages as m
from botcore.adapter import Gateway
from botcore.complaints import Complaints
from botcore.errands import Errands
from botcore.errors import StoreError
from botcore_discord.buttons import says_of
from botcore_discord.client import FAILURES, FAULTS
from botcore_discord.incoming import sender_of
from botcore_discord.library import discord
from botcore_discord.options import options_of, person_of
from botcore_discord.places import PLATFORM, Place, place_of
from botcore_discord.quotes import Quotes
from botcore_discord.subjects import is_elsewhere, may_read, pointed_at, pressed, quoted
from botcore_discord.targets import DISTANT, HIDDEN

log = logging.getLogger(__name__)

TOKEN_LIFE: Final = timedelta(minutes=15)
"""How long an interaction can be answered (https://discord.com/developers/docs/interactions/receiving-and-responding)."""
_ACKNOWLEDGED: Final = 40060
"""Discord's code for an interaction that had its first answer."""
_SUGGEST_S: Final = 2.0
"""Seconds for suggestions: nothing can be shown after three."""
_CHAT_INPUT, _USER, _MESSAGE = 1, 2, 3  # types of commands: typed, in the menu of a person, in that of a message
_NOT_STORED: Final = "I could not store that. Please send it again."


class Interactions:
    """Answers for one bot. `client` may be an application's that has commands and buttons of its own."""

    def __init__(self, client: discord.Client, quotes: Quotes, errands: Errands, complaints: Complaints) -> None:
        self._client = client
        self._quotes = quotes
        self._errands = errands
        self._complaints = complaints

    def take(self, interaction: Any, gateway: Gateway) -> None:
        """Begin to answer an interaction. What is not the engine's (a button of an application's own) is left alone."""
        work = None
        match interaction.type:
            case discord.InteractionType.application_command if self._is_ours(interaction):
                work = self._invoke(interaction, gateway)
            case discord.InteractionType.autocomplete if self._is_ours(interaction):
                work = self._suggest(interaction, gateway)
            case discord.InteractionType.component if (says := says_of(interaction.data or {})) is not None:
                work = self._press(interaction, says, gateway)
            case _:
                log.debug("an interaction that is not ours")
        if work is not None:
            _ = self._errands.run(work, f"interaction {interaction.id}")

    @staticmethod
    def _is_ours(interaction: Any) -> bool:
        """Whether it is a command that the application does not have in a tree of its own."""
        kind = (interaction.data or {}).get("type", _CHAT_INPUT)
        return kind in {_CHAT_INPUT, _USER, _MESSAGE} and interaction.command is None

    async def _invoke(self, interaction: Any, gateway: Gateway) -> None:
        try:
            event, message = self._invoked(interaction, gateway)
        except FAULTS as error:
            log.error("a command from Discord cannot be read (%s)", type(error).__name__)  # noqa: TRY400 - a traceback may quote what people wrote
            return
        await self._take(interaction, event, gateway, message)

    def _invoked(self, interaction: Any, gateway: Gateway) -> tuple[m.Invocation, discord.Message | None]:
        """The command, and the message of its menu where those that it replies to can be asked for."""
        data = interaction.data
        kind = data.get("type", _CHAT_INPUT)
        if kind == _CHAT_INPUT:
            return m.Invocation(str(data["name"]), options_of(data)), None
        command = _chosen(data, gateway)
        if kind == _USER:
            return m.Invocation(command, {}, person=person_of(str(data["target_id"]), data["resolved"])), None
        message = pointed_at(self._client, interaction)
        quote = quoted(self._client, self._quotes, interaction, message)
        return m.Invocation(command, {}, reply_to=quote), message if may_read(interaction) else None

    async def _press(self, interaction: Any, says: str, gateway: Gateway) -> None:
        try:
            event = pressed(interaction, says)
        except FAULTS as error:
            log.error("a button on Discord cannot be read (%s)", type(error).__name__)  # noqa: TRY400 - as above
            return
        await self._take(interaction, event, gateway)

    async def _take(
        self, interaction: Any, event: m.Event, gateway: Gateway, message: discord.Message | None = None
    ) -> None:
        hidden = gateway.is_ephemeral(event)
        try:
            number = await self._defer(interaction, hidden=hidden)  # nothing is awaited before this
        except FAILURES as error:
            line = "an interaction came too late or could not be deferred: %s"
            self._complaints.say("defer", line, told(error), level=logging.WARNING)
            return
        if isinstance(event, m.Invocation) and event.reply_to is not None and message is not None:
            event = replace(event, reply_to=replace(event.reply_to, reply_to=await self._quotes.chain(message)))
        mark = HIDDEN if hidden else DISTANT if is_elsewhere(interaction) else ""
        incoming = self._incoming(interaction, event, f"{mark}{number}" if number else None)
        try:
            await gateway.accept(incoming)
        except StoreError as error:
            self._complaints.say("store", "the database does not take what comes from Discord: %s", error)
            await self._apologise(interaction)

    @staticmethod
    async def _defer(interaction: Any, *, hidden: bool) -> int | None:
        """Show that the answer is on its way; returns its message's id.

        Where Discord's word on it is lost, or it says that this was done before, it may have landed: then the message
        is there.
        """
        try:
            answer = await interaction.response.defer(ephemeral=hidden, thinking=True)
        except discord.HTTPException as error:
            if error.code != _ACKNOWLEDGED:
                raise
        except (OSError, TimeoutError, aiohttp.ClientError) as error:
            log.debug("whether an interaction is deferred is not known: %s", told(error))
        else:
            return None if answer is None else answer.message_id
        return int((await interaction.original_response()).id)

    async def _apologise(self, interaction: Any) -> None:
        try:
            await interaction.edit_original_response(
                content=_NOT_STORED, allowed_mentions=discord.AllowedMentions.none()
            )
        except FAILURES as error:
            log.debug("the apology was not shown: %s", told(error))

    def _incoming(self, interaction: Any, event: m.Event, answer: str | None) -> m.Incoming:
        place, now = _place_of(interaction), datetime.now(UTC)
        bot = str(self._client.user.id if self._client.user is not None else interaction.application_id)
        address = m.Address(
            platform=PLATFORM,
            bot=bot,
            chat=place.chat,
            thread=place.thread,
            token=interaction.token,
            expires_at=now + TOKEN_LIFE,
            place=answer,
        )
        sender = sender_of(interaction.user, locale=str(interaction.locale.value))
        return m.Incoming(str(interaction.id), address, place.as_chat(), sender, event, now)

    async def _suggest(self, interaction: Any, gateway: Gateway) -> None:
        found: list[str] = []
        try:
            name, typed = _focused(interaction.data)
            async with asyncio.timeout(_SUGGEST_S):
                found = list(await gateway.suggest(str(interaction.data["name"]), name, typed))
        except (TimeoutError, *FAULTS) as error:
            log.debug("no suggestions: %s", type(error).__name__)
        choices = [discord.app_commands.Choice(name=one, value=one) for one in found]
        try:
            await interaction.response.autocomplete(choices)
        except FAILURES as error:
            log.debug("suggestions were not shown: %s", told(error))


def told(error: BaseException) -> str:
    """What an error says, on one line."""
    return " ".join(str(error).split()) or type(error).__name__


def _place_of(interaction: Any) -> Place:
    """Where it happened. A conversation among people is a group, although Discord calls one of two people private."""
    place = place_of(interaction.channel)
    number = str(interaction.channel_id)
    if interaction.guild_id is None:
        kind: Literal["private", "group"] = "group" if interaction.context.private_channel else "private"
        return Place(number, None, kind)
    return place or Place(number, None, "group")


def _chosen(data: Any, gateway: Gateway) -> str:
    """The command behind an entry of a menu. One that is no more keeps the entry's name, so that this can be said."""
    kind, name = data["type"], str(data["name"])
    entries = {(body["type"], body["name"]): command for command, body in gateway.menus().items()}
    return entries.get((kind, name), name)


def _focused(data: Any) -> tuple[str, str]:
    """The option that is being typed, and what stands in it."""
    for option in data.get("options", ()):
        if option.get("focused"):
            return str(option["name"]), str(option.get("value", ""))
    raise LookupError("no option is focused")
