"""Finding what a call means, or refusing as the real server does."""

from botcore.testing.discord_server.messages import Message
from botcore.testing.discord_server.model import Channel, Guild
from botcore.testing.discord_server.permissions import Permission, in_channel, sees
from botcore.testing.discord_server.refusals import Refused, missing_access, missing_permissions, unknown
from botcore.testing.discord_server.requests import Request
from botcore.testing.discord_server.world import World


def find_channel(world: World, request: Request, needed: Permission = Permission.VIEW_CHANNEL) -> Channel:
    """The channel of the path, where the bot has the permissions.

    Raises:
        Refused: 404 where there is none, 403 with 50001 where the bot does not see it, with 50013 for anything else.
    """
    channel = world.channels.get(request.ids["channel_id"])
    if channel is None or channel.deleted:
        raise unknown("Channel")
    require(world, channel, needed)
    return channel


def require(world: World, channel: Channel, needed: Permission) -> None:
    """Check the bot's permissions.

    Raises:
        Refused: 403 with 50001 where the bot does not see the channel, with 50013 for anything else.
    """
    if not sees(channel, world.bot):
        raise missing_access()
    if in_channel(channel, world.bot) & needed != needed:
        raise missing_permissions()


def find_message(channel: Channel, number: int) -> Message:
    """A message that everybody sees.

    Raises:
        Refused: 404.
    """
    message = channel.messages.get(number)
    if message is None or message.deleted or message.is_ephemeral:
        raise unknown("Message")
    return message


def find_guild(world: World, request: Request) -> Guild:
    """The guild of the path.

    Raises:
        Refused: 404 where there is none, 403 where the bot is not in it.
    """
    guild = world.guilds.get(request.ids["guild_id"])
    if guild is None:
        raise unknown("Guild")
    if world.bot.id not in guild.members:
        raise missing_access()
    return guild


def writable(world: World, channel: Channel, *, files: bool = False) -> None:
    """Check that the bot may write in a channel.

    Raises:
        Refused: 400 for channels without messages, 403 where it may not, and for people who take no messages from it.
    """
    if channel.kind == 15:
        raise Refused(400, 40058, "Cannot send messages in a forum channel")
    if channel.kind == 4:
        raise Refused(400, 50008, "Cannot send messages in a non-text channel")
    require(world, channel, Permission.SEND_MESSAGES)
    if files:
        require(world, channel, Permission.ATTACH_FILES)
    if channel.thread is not None and channel.thread.locked:
        bits = in_channel(channel, world.bot)
        if not bits & Permission.MANAGE_THREADS:
            raise Refused(403, 160005, "Thread is locked")
    if channel.guild is None:
        _reachable(world, channel)


def _reachable(world: World, channel: Channel) -> None:
    other = next((user for user in channel.recipients if user is not world.bot), None)
    if other is None or not other.accepts_dms:
        raise Refused(403, 50007, "Cannot send messages to this user")
    shared = any({world.bot.id, other.id} <= guild.members.keys() for guild in world.guilds.values())
    if not shared and not other.has_app and not channel.messages:
        raise Refused(403, 50278, "Cannot send messages to this user due to having no mutual guilds")
