"""Who may do what where: roles, channel overwrites, threads.

The algorithm and the bits are those of https://discord.com/developers/docs/topics/permissions.
"""

from enum import IntFlag

from botcore.testing.discord_server.model import PRIVATE_THREAD, Channel, Guild, User


class Permission(IntFlag):
    """The permissions that the simulated server looks at, with Discord's bits."""

    KICK_MEMBERS = 1 << 1
    ADMINISTRATOR = 1 << 3
    MANAGE_CHANNELS = 1 << 4
    MANAGE_GUILD = 1 << 5
    ADD_REACTIONS = 1 << 6
    VIEW_CHANNEL = 1 << 10
    SEND_MESSAGES = 1 << 11
    SEND_TTS_MESSAGES = 1 << 12
    MANAGE_MESSAGES = 1 << 13
    EMBED_LINKS = 1 << 14
    ATTACH_FILES = 1 << 15
    READ_MESSAGE_HISTORY = 1 << 16
    MENTION_EVERYONE = 1 << 17
    USE_EXTERNAL_EMOJIS = 1 << 18
    CONNECT = 1 << 20
    CHANGE_NICKNAME = 1 << 26
    MANAGE_ROLES = 1 << 28
    USE_APPLICATION_COMMANDS = 1 << 31
    MANAGE_THREADS = 1 << 34
    CREATE_PUBLIC_THREADS = 1 << 35
    CREATE_PRIVATE_THREADS = 1 << 36
    SEND_MESSAGES_IN_THREADS = 1 << 38
    SEND_VOICE_MESSAGES = 1 << 46


NO_MORE = Permission(0)  # what everybody may do, and nothing on top of it
EVERYTHING = (1 << 53) - 1

#: What @everyone may do in a new guild.
ORDINARY = int(
    Permission.ADD_REACTIONS
    | Permission.VIEW_CHANNEL
    | Permission.SEND_MESSAGES
    | Permission.EMBED_LINKS
    | Permission.ATTACH_FILES
    | Permission.READ_MESSAGE_HISTORY
    | Permission.USE_EXTERNAL_EMOJIS
    | Permission.CONNECT
    | Permission.CHANGE_NICKNAME
    | Permission.USE_APPLICATION_COMMANDS
    | Permission.CREATE_PUBLIC_THREADS
    | Permission.CREATE_PRIVATE_THREADS
    | Permission.SEND_MESSAGES_IN_THREADS
    | Permission.SEND_VOICE_MESSAGES
)

_IN_PRIVATE = ORDINARY | int(Permission.MENTION_EVERYONE)
_NEED_SENDING = int(
    Permission.MENTION_EVERYONE | Permission.SEND_TTS_MESSAGES | Permission.ATTACH_FILES | Permission.EMBED_LINKS
)


def in_guild(guild: Guild, user: User) -> int:
    """The bits that a member's roles give; 0 for somebody who is no member."""
    member = guild.members.get(user.id)
    if member is None:
        return 0
    if guild.owner_id == user.id:
        return EVERYTHING
    bits = guild.roles[guild.id].permissions
    for role in member.roles:
        bits |= guild.roles[role].permissions
    return EVERYTHING if bits & Permission.ADMINISTRATOR else bits


def in_channel(channel: Channel, user: User) -> int:
    """The bits that somebody has in a channel, a thread or a private conversation; 0 where it is hidden from them."""
    guild = channel.guild
    if guild is None:
        return _IN_PRIVATE if user in channel.recipients else 0
    bits = in_guild(guild, user)
    if bits in {0, EVERYTHING}:
        return bits
    bits = _overwritten(bits, channel.parent if channel.is_thread and channel.parent else channel, guild, user)
    if not bits & Permission.VIEW_CHANNEL:
        return 0
    if channel.is_thread:
        return _in_thread(bits, channel, user)
    return bits if bits & Permission.SEND_MESSAGES else bits & ~_NEED_SENDING


def _overwritten(bits: int, channel: Channel, guild: Guild, user: User) -> int:
    overwrites = channel.overwrites
    if not overwrites:
        return bits
    if everyone := overwrites.get(guild.id):
        bits = bits & ~everyone.deny | everyone.allow
    allow = deny = 0
    for role in guild.members[user.id].roles:
        if found := overwrites.get(role):
            allow |= found.allow
            deny |= found.deny
    bits = bits & ~deny | allow
    if own := overwrites.get(user.id):
        bits = bits & ~own.deny | own.allow
    return bits


def _in_thread(bits: int, thread: Channel, user: User) -> int:
    """As in the parent, but writing needs SEND_MESSAGES_IN_THREADS, and private threads are for their members."""
    if thread.kind == PRIVATE_THREAD and user.id not in thread.thread_members and not bits & Permission.MANAGE_THREADS:
        return 0
    if bits & Permission.SEND_MESSAGES_IN_THREADS:
        return bits | Permission.SEND_MESSAGES
    return bits & ~(Permission.SEND_MESSAGES | _NEED_SENDING)


def may(channel: Channel, user: User, needed: Permission) -> bool:
    """Whether somebody has all of the permissions in a channel."""
    return in_channel(channel, user) & needed == needed


def sees(channel: Channel, user: User) -> bool:
    """Whether somebody can see a channel at all."""
    return may(channel, user, Permission.VIEW_CHANNEL)
