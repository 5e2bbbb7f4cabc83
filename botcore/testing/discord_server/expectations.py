"""What a test expects of the bot: `answer = await discord.bot.answers(general)`."""

from collections.abc import Callable

from botcore.testing.discord_server.messages import Message
from botcore.testing.discord_server.model import Channel, HasUser, Json, Typing, User
from botcore.testing.discord_server.people import Person
from botcore.testing.discord_server.slash import user_of
from botcore.testing.discord_server.world import World
from botcore.testing.server.answer import is_placeholder, next_answer

Settled = Callable[[Message], bool]


def is_settled(message: Message) -> bool:
    """Whether a message is more than a placeholder that waits to be edited, or a deferred answer."""
    if message.is_loading:
        return False
    return bool(message.attachments or message.embeds) or not is_placeholder(message.text)


class Bot:
    """The bot, seen from outside."""

    def __init__(self, world: World) -> None:
        self._world = world

    @property
    def user(self) -> User:
        """Its account."""
        return self._world.bot

    @property
    def id(self) -> int:
        """Its user id, which is the application's id as well."""
        return self._world.bot.id

    @property
    def mention(self) -> str:
        """How a message mentions it."""
        return self._world.bot.mention

    @property
    def is_online(self) -> bool:
        """Whether it is connected to the gateway."""
        return self._world.gateway.is_connected

    async def comes_online(self, timeout: float = 5) -> None:
        """Wait until it is connected to the gateway.

        Raises:
            TimeoutError: after `timeout` seconds.
        """
        await self._world.gateway.connected(timeout)

    async def answers(
        self,
        where: Channel | Person,
        *,
        seen_by: HasUser | None = None,
        timeout: float = 5,
        settled: Settled = is_settled,
    ) -> Message:
        """The bot's next message in a channel or in somebody's private conversation, once it is `settled`.

        Each message is returned once, in order. A message that starts as a placeholder and is edited counts from the
        edit on; pass `settled` to wait for more than that (`lambda m: m.text.endswith("done.")`). With `seen_by` only
        messages that this person sees count; without, ephemeral ones for whomever count, too.

        Raises:
            TimeoutError: after `timeout` seconds, with what is to be seen in the channel.
        """
        place = where if isinstance(where, Channel) else where.dms
        viewer = None if seen_by is None else user_of(seen_by)

        def fits(message: Message) -> bool:
            return (viewer is None or message.is_shown_to(viewer)) and settled(message)

        def complaint() -> str:
            shown = "\n".join(one.line for one in place.messages.values() if not one.deleted) or "(nothing)"
            return f"no answer in {place.name} within {timeout} s; it shows:\n{shown}"

        return await next_answer(place.unread, place.news, fits, timeout, complaint)

    async def types(self, where: Channel | Person, *, timeout: float = 5) -> Typing:
        """Wait until the bot has shown that it types; returns the first time.

        Raises:
            TimeoutError: after `timeout` seconds.
        """
        place = where if isinstance(where, Channel) else where.dms

        def look() -> Typing | None:
            return next((one for one in place.typing if one.user is self._world.bot), None)

        return await place.news.wait_for(look, timeout)

    def commands(self, guild_id: int | None = None) -> list[Json]:
        """The commands that it has registered for a guild, or for everywhere."""
        return self._world.commands.of(guild_id)

    def command(self, name: str, guild_id: int | None = None) -> Json:
        """One registered command by name.

        Raises:
            LookupError: where there is none.
        """
        for one in self.commands(guild_id):
            if one["name"] == name:
                return one
        raise LookupError(name)

    async def registers(self, name: str, *, guild_id: int | None = None, timeout: float = 5) -> Json:
        """Wait until a command of that name is registered.

        Raises:
            TimeoutError: after `timeout` seconds.
        """

        def look() -> Json | None:
            return next((one for one in self.commands(guild_id) if one["name"] == name), None)

        return await self._world.news.wait_for(look, timeout)
