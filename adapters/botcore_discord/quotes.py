"""Reply chains: what a message answers, and what that one answered in turn."""

import asyncio
import logging
from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import Any, Final

from botcore import messages as m
from botcore_discord.client import FAILURES, FAULTS
from botcore_discord.content import name_of, parts_of
from botcore_discord.library import discord

log = logging.getLogger(__name__)

LEVELS: Final = 8
"""How far up a chain of replies is followed."""
PATIENCE_S: Final = 3.0
"""Seconds for the whole chain: then the message is answered with what was found."""
_REMEMBERED: Final = 2000
"""Messages in memory, about 1 kB each: most replies are to one of the last, and need no request."""


@dataclass(frozen=True, slots=True)
class _Known:
    quote: m.Quote
    above: int | None  # the id of the message that it answers


class Quotes:
    """Remembers recent messages of all channels, and asks Discord for older ones."""

    def __init__(self, client: discord.Client) -> None:
        self._client = client
        self._known: OrderedDict[int, _Known] = OrderedDict()

    def remember(self, message: discord.Message) -> None:
        """Keep a message for when it is replied to; an edited one is replaced."""
        self._keep(message)
        replied = _replied(message)
        if replied is not None and replied.id not in self._known:
            self._keep(replied)

    def forget(self, message_id: int) -> None:
        """A message was deleted."""
        self._known.pop(message_id, None)

    def is_mine(self, message: discord.Message) -> bool:
        """Whether the bot wrote it."""
        user = self._client.user
        return user is not None and message.author.id == user.id

    def author_is_me(self, message: discord.Message) -> bool:
        """Whether a message replies to one of the bot's."""
        if not is_reply(message):
            return False
        replied = _replied(message)
        if replied is not None:
            return self.is_mine(replied)
        known = self._known.get(_above(message) or 0)
        return known is not None and known.quote.mine

    def quote(self, message: discord.Message, *, mark: str = "", links: bool = False) -> m.Quote:
        """A message alone. `mark` begins its id where the outlet reaches it in another way than by its channel.

        `links`: its files are referred to by their links, as in `parts_of`.
        """
        mine = self.is_mine(message)
        author = "" if mine else name_of(message.author.display_name)
        return m.Quote(f"{mark}{message.id}", author, mine, parts_of(message, links=links))

    async def chain(self, message: discord.Message) -> m.Quote | None:
        """The messages above, the nearest outermost. It ends where one is gone, hidden, or takes too long to get."""
        found: list[m.Quote] = []
        try:
            async with asyncio.timeout(PATIENCE_S):
                await self._climb(message, found)
        except TimeoutError:
            log.debug("a chain of replies is cut: Discord takes too long")
        chain: m.Quote | None = None
        for quote in reversed(found):
            chain = replace(quote, reply_to=chain)
        return chain

    async def _climb(self, message: discord.Message, found: list[m.Quote]) -> None:
        above = _above(message)
        while above is not None and len(found) < LEVELS:
            known = self._known.get(above) or await self._ask(message.channel, above)
            if known is None:
                return
            found.append(known.quote)
            above = known.above

    async def _ask(self, channel: Any, number: int) -> _Known | None:
        try:
            return self._keep(await channel.fetch_message(number))
        except (*FAILURES, *FAULTS) as error:
            log.debug("a chain of replies ends: %s", type(error).__name__)
            return None

    def _keep(self, message: discord.Message) -> _Known:
        known = self._known[message.id] = _Known(self.quote(message), _above(message))
        self._known.move_to_end(message.id)
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        return known


def is_reply(message: discord.Message) -> bool:
    """Whether a message replies to another. What answers a command from the menu of a message refers to it, too."""
    reference = message.reference
    return reference is not None and message.type is discord.MessageType.reply


def _above(message: discord.Message) -> int | None:
    """The id of the message that this one replies to. A forwarded message refers to another, and is no reply."""
    reference = message.reference
    if reference is None or not is_reply(message) or reference.channel_id != message.channel.id:
        return None
    return None if isinstance(reference.resolved, discord.DeletedReferencedMessage) else reference.message_id


def _replied(message: discord.Message) -> discord.Message | None:
    reference = message.reference
    resolved = None if reference is None or not is_reply(message) else reference.resolved
    return resolved if isinstance(resolved, discord.Message) else None
