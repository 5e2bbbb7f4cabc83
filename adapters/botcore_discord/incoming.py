"""From Discord's messages, edits and reactions to what travels in the engine."""

import re
from collections import OrderedDict
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from botcore import messages as m
from botcore_discord.content import parts_of, shown_text
from botcore_discord.library import discord
from botcore_discord.nonce import QUIET
from botcore_discord.places import Place, Places
from botcore_discord.quotes import Quotes

PASTE_CUT: Final = 1900
"""Characters from which a message may be a piece of a longer text: people cut at 2000, subscribers at 4000."""
PASTE_GAP: Final = timedelta(seconds=3)
"""Between the pieces that a client, or a quick hand, sends."""
_REMEMBERED: Final = 1000
_THUMBS: Final = ("\N{THUMBS UP SIGN}", "\N{THUMBS DOWN SIGN}")

_SAID: Final = frozenset({discord.MessageType.default, discord.MessageType.reply})
"""The types of message that somebody wrote; the others report (a pin, a thread opened, the message above a thread)."""
_ANSWERS: Final = frozenset({discord.MessageType.chat_input_command, discord.MessageType.context_menu_command})
"""What an app answers to a command."""


class Receiver:
    """Converts for one bot. Remembers recent messages, the threads it is spoken to in, long texts and thumbs."""

    def __init__(self, client: discord.Client, places: Places, quotes: Quotes) -> None:
        self._client = client
        self._places = places
        self._quotes = quotes
        self._threads: OrderedDict[str, None] = OrderedDict()
        self._pastes: OrderedDict[tuple[int, int], tuple[str, datetime]] = OrderedDict()
        self._thumbs: OrderedDict[tuple[int, int], tuple[str, ...]] = OrderedDict()

    @property
    def bot(self) -> str:
        """The bot's id."""
        return str(self._client.user.id) if self._client.user is not None else ""

    def spoken_to_in(self, thread: str) -> None:
        """The bot takes part in this thread: what is said there is said to it."""
        self._threads[thread] = None
        self._threads.move_to_end(thread)
        if len(self._threads) > _REMEMBERED:
            self._threads.popitem(last=False)

    def notice(self, message: discord.Message) -> bool:
        """Remember a message for replies to it. False: it is nothing for a conversation."""
        if message.type in _SAID or message.type in _ANSWERS:
            self._quotes.remember(message)
        return message.type in _SAID and not message.author.bot and message.webhook_id is None

    async def message(self, message: discord.Message) -> m.Incoming | None:
        """A message as the engine sees it; None where there is nothing in it."""
        place = await self._places.find(message.channel)
        addressed = self._is_addressed(message, place)
        parts = self._parts(message, addressed=addressed)
        if not parts:
            return None
        quote = await self._quotes.chain(message) if addressed else None
        named = self._is_named(message) or self._quotes.author_is_me(message)
        event = m.Message(str(message.id), parts, addressed, quote, self._joins(message), named)
        return self._incoming(str(message.id), message, place, event)

    async def edit(self, message: discord.Message) -> m.Incoming | None:
        """An edited message; None where nobody edited it.

        Discord tells of a link's preview, a pin or a thread in the same way: then the time of the edit is the old one
        or none. It is part of the id, so that the engine takes each edit once.
        """
        edited = message.edited_at
        if not self.notice(message) or edited is None:
            return None
        place = await self._places.find(message.channel)
        addressed = self._is_addressed(message, place)
        parts = self._parts(message, addressed=addressed)
        number = f"{message.id}/{int(edited.timestamp() * 1000)}"
        return self._incoming(number, message, place, m.Edit(str(message.id), parts, addressed)) if parts else None

    def reaction(self, raw: Any, *, added: bool) -> tuple[str, ...] | None:
        """The thumbs of a person on a message now, in the order in which they came; None where none of them changed."""
        thumb = raw.emoji.name[:1] if raw.emoji.id is None and raw.emoji.name else ""
        if thumb not in _THUMBS or str(raw.user_id) == self.bot or (raw.member is not None and raw.member.bot):
            return None
        if added and raw.message_author_id is not None and str(raw.message_author_id) != self.bot:
            return None
        key = (raw.message_id, raw.user_id)
        others = tuple(one for one in self._thumbs.pop(key, ()) if one != thumb)
        now = (*others, thumb) if added else others
        if now:
            self._thumbs[key] = now
            if len(self._thumbs) > _REMEMBERED:
                self._thumbs.popitem(last=False)
        return now

    async def rated(self, raw: Any, emojis: tuple[str, ...]) -> m.Incoming:
        """What a person thinks of one of the bot's messages."""
        channel = self._client.get_channel(raw.channel_id) or self._client.get_partial_messageable(raw.channel_id)
        place = await self._places.find(channel)
        name = "" if raw.member is None else raw.member.display_name
        return m.Incoming(
            id=f"reaction/{raw.message_id}/{raw.user_id}/{datetime.now(UTC).timestamp()}",
            address=place.address(self.bot),
            chat=place.as_chat(),
            sender=m.Sender(str(raw.user_id), name),
            event=m.Reaction(str(raw.message_id), emojis),
            received_at=datetime.now(UTC),
        )

    def _incoming(self, number: str, message: discord.Message, place: Place, event: m.Event) -> m.Incoming:
        reply = f"{QUIET if place.is_private else ''}{message.id}"
        return m.Incoming(
            id=number,
            address=place.address(self.bot, reply_to=reply),
            chat=place.as_chat(),
            sender=sender_of(message.author),
            event=event,
            received_at=datetime.now(UTC),
        )

    # ---- who is meant ----

    def _is_addressed(self, message: discord.Message, place: Place) -> bool:
        if place.is_private:
            return True
        if self._is_named(message) or self._quotes.author_is_me(message):
            if place.thread is not None:
                self.spoken_to_in(place.thread)
            return True
        if place.thread is None or not (str(place.owner) == self.bot or place.thread in self._threads):
            return False
        return not _speaks_to_others(message)

    def _is_named(self, message: discord.Message) -> bool:
        if any(str(one.id) == self.bot for one in message.mentions):
            return True
        own = self._own_role(message)
        return own is not None and any(role.id == own for role in message.role_mentions)

    def _own_role(self, message: discord.Message) -> int | None:
        """The role that a server gives the bot: it has the bot's name, so people mention it by mistake."""
        role = None if message.guild is None else message.guild.self_role
        return None if role is None else role.id

    def _parts(self, message: discord.Message, *, addressed: bool) -> tuple[m.Part, ...]:
        """The parts without the bot's name around the text. A command keeps the ids in it: they are its arguments."""
        text = message.content
        named = addressed and self._is_named(message)
        if named:
            text = self._unnamed(message, text)
        if not text.lstrip().startswith("/"):
            text = shown_text(message, text)
        parts = parts_of(message, text)
        # where nothing at all is there to be read, a role was mentioned, which does not show the app the content
        return parts or ((m.Text(""),) if named and message.content else ())

    def _unnamed(self, message: discord.Message, text: str) -> str:
        name = rf"(?:<@!?{self.bot}>|<@&{self._own_role(message) or 0}>)"
        text = re.sub(rf"\A(?:\s*{name}[\s,:]*)+", "", text)
        return re.sub(rf"(?:[\s,]*{name}\s*)+\Z", "", text)

    def _joins(self, message: discord.Message) -> str | None:
        """What the pieces of one long text have in common."""
        key = (message.channel.id, message.author.id)
        before = self._pastes.pop(key, None)
        at = message.created_at
        continues = before is not None and bool(message.content) and at - before[1] <= PASTE_GAP
        joins = before[0] if before is not None and continues else f"paste/{message.id}"
        if len(message.content) >= PASTE_CUT:
            self._pastes[key] = (joins, at)
            if len(self._pastes) > _REMEMBERED:
                self._pastes.popitem(last=False)
            return joins
        return joins if continues else None


def sender_of(user: Any, *, locale: str | None = None) -> m.Sender:
    """Who wrote: the name that this server shows, and the unchangeable id."""
    return m.Sender(str(user.id), user.display_name, user.name, locale, user.bot)


def _speaks_to_others(message: discord.Message) -> bool:
    """Whether a message in a thread of the bot's is meant for other people: it mentions one, or replies to one."""
    return bool(message.mentions or message.role_mentions) or message.type is discord.MessageType.reply
