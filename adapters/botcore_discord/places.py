"""Where a message stands: in private, in a channel of a server, in a thread of one."""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Any, Final, Literal

from botcore import messages as m
from botcore_discord.client import FAILURES
from botcore_discord.content import name_of
from botcore_discord.library import discord

PLATFORM: Final = "discord"
_REMEMBERED: Final = 1000


@dataclass(frozen=True, slots=True)
class Place:
    """One conversation's place. In a thread `chat` is the channel around it; a forum's posts are threads of it."""

    chat: str
    thread: str | None
    kind: Literal["private", "group"]
    title: str = ""
    owner: int | None = None
    """Who opened the thread."""

    @property
    def is_private(self) -> bool:
        """Whether only one person and the bot are here."""
        return self.kind == "private"

    def as_chat(self) -> m.Chat:
        """The chat."""
        return m.Chat(PLATFORM, self.chat, self.kind, self.thread, self.title)

    def address(self, bot: str, *, reply_to: str | None = None) -> m.Address:
        """Where to answer a message."""
        return m.Address(PLATFORM, bot, self.chat, self.thread, reply_to)


def place_of(channel: Any) -> Place | None:
    """The place that a channel is; None where its kind is not known (the client has not seen it)."""
    if isinstance(channel, discord.DMChannel):
        return Place(str(channel.id), None, "private")
    if isinstance(channel, discord.GroupChannel):
        return Place(str(channel.id), None, "group", name_of(channel.name))
    if isinstance(channel, discord.Thread):
        return Place(str(channel.parent_id), str(channel.id), "group", _title(channel), channel.owner_id)
    if isinstance(channel, discord.abc.GuildChannel):
        return Place(str(channel.id), None, "group", _title(channel))
    return None


def _title(channel: Any) -> str:
    """The server's name, where it is known (of a server without the bot it is not), and the channel's."""
    return name_of(f"{channel.guild.name or ''} #{channel.name}")


class Places:
    """Finds the places of channels, those too that the client does not know: a thread that was archived."""

    def __init__(self, client: discord.Client) -> None:
        self._client = client
        self._fetched: OrderedDict[int, Place] = OrderedDict()

    def known(self, channel: Any) -> Place | None:
        """The place, where that is known without asking."""
        number = int(channel.id)
        return place_of(channel) or self._fetched.get(number) or place_of(self._client.get_channel(number))

    async def find(self, channel: Any) -> Place:
        """The place of a channel. One that Discord does not show is taken for a channel of a server."""
        if (place := self.known(channel)) is not None:
            return place
        number = int(channel.id)
        try:
            fetched = await self._client.fetch_channel(number)
        except FAILURES:
            return Place(str(number), None, "group")
        place = place_of(fetched) or Place(str(number), None, "group")
        self._fetched[number] = place
        if len(self._fetched) > _REMEMBERED:
            self._fetched.popitem(last=False)
        return place
