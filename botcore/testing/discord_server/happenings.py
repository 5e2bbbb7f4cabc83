"""What else can happen: threads opened and joined, channels removed, reactions given and taken."""

from botcore.testing.discord_server.messages import HAS_THREAD, THREAD_CREATED, THREAD_STARTER, Message
from botcore.testing.discord_server.model import FORUM, PRIVATE_THREAD, PUBLIC_THREAD, Channel, Json, ThreadState, User
from botcore.testing.discord_server.permissions import sees
from botcore.testing.discord_server.render import emoji_json, thread_member
from botcore.testing.discord_server.world import Content, World


def open_thread(
    world: World,
    parent: Channel,
    name: str,
    owner: User,
    *,
    starter: Message | None = None,
    private: bool = False,
    auto_archive: int = 1440,
) -> Channel:
    """Open a thread on a message, on its own, or as a post of a forum; its owner is its first member."""
    now = world.clock.now()
    number = starter.id if starter is not None else world.ids.next()
    kind = PRIVATE_THREAD if private else PUBLIC_THREAD
    thread = Channel(number, kind, name, parent.guild, parent, owner_id=owner.id)
    thread.thread = ThreadState(now, now, auto_archive)
    thread.thread_members[owner.id] = now
    if parent.guild is not None:
        parent.guild.channels[number] = thread
    world.channels[number] = thread
    data = {**world.renderer.channel(thread), "newly_created": True}
    world.emit("THREAD_CREATE", data, guild=parent.guild, channel=thread)
    if starter is not None:
        starter.data["flags"] |= HAS_THREAD
        world.updated(starter)
        world.post(thread, owner, Content(kind=THREAD_STARTER, reply_to=starter))
    elif not private and parent.kind != FORUM:
        where: Json = {"type": 0, "channel_id": str(number), "guild_id": str(parent.guild.id if parent.guild else 0)}
        world.post(parent, owner, Content(name, kind=THREAD_CREATED, extra={"message_reference": where}))
    world.changed(parent)
    return thread


def thread_changed(world: World, thread: Channel) -> None:
    """Tell the bot that a thread was renamed, archived, locked or opened again."""
    world.emit("THREAD_UPDATE", world.renderer.channel(thread), guild=thread.guild, channel=thread)
    world.changed(thread)


def join_thread(world: World, thread: Channel, user: User) -> None:
    """Become a member; the bot is told of private threads when it joins them."""
    if user.id in thread.thread_members:
        return
    hidden = not sees(thread, world.bot)
    thread.thread_members[user.id] = world.clock.now()
    if user is world.bot and hidden:
        world.emit("THREAD_CREATE", world.renderer.channel(thread), guild=thread.guild, channel=thread)
    _members_changed(world, thread, {"added_members": [thread_member(thread, user.id)]})


def leave_thread(world: World, thread: Channel, user: User) -> None:
    """Be a member no longer."""
    if user.id in thread.thread_members:
        del thread.thread_members[user.id]
        _members_changed(world, thread, {"removed_member_ids": [str(user.id)]})


def _members_changed(world: World, thread: Channel, change: Json) -> None:
    data: Json = {"id": str(thread.id), "member_count": min(len(thread.thread_members), 50), **change}
    if thread.guild is not None:
        data["guild_id"] = str(thread.guild.id)
    world.emit("THREAD_MEMBERS_UPDATE", data, guild=thread.guild)
    world.changed(thread)


def remove_channel(world: World, channel: Channel) -> None:
    """Delete a channel with its threads, or a thread."""
    guild = channel.guild
    if guild is None:
        raise ValueError("a private conversation cannot be deleted")
    for thread in [one for one in guild.threads if one.parent is channel]:
        thread.deleted = True
        guild.channels.pop(thread.id, None)
    data = world.renderer.channel(channel)
    if channel.is_thread:
        kept = {name: data[name] for name in ("id", "guild_id", "parent_id", "type")}
        world.emit("THREAD_DELETE", kept, guild=guild, channel=channel)
    else:
        world.emit("CHANNEL_DELETE", data, guild=guild)
    channel.deleted = True
    guild.channels.pop(channel.id, None)
    world.changed(channel)


def react(world: World, message: Message, user: User, emoji: str) -> None:
    """Put an emoji on a message."""
    users = message.reactions.setdefault(emoji, [])
    if user in users:
        return
    users.append(user)
    data = {**_reaction(message, user, emoji), "message_author_id": str(message.author.id)}
    guild = message.channel.guild
    if guild is not None and (member := guild.members.get(user.id)) is not None:
        data["member"] = member.as_json()
    world.emit("MESSAGE_REACTION_ADD", data, guild=guild, channel=message.channel)
    world.changed(message.channel)


def unreact(world: World, message: Message, user: User, emoji: str) -> None:
    """Take an emoji off a message."""
    users = message.reactions.get(emoji, [])
    if user not in users:
        return
    users.remove(user)
    if not users:
        del message.reactions[emoji]
    data = _reaction(message, user, emoji)
    world.emit("MESSAGE_REACTION_REMOVE", data, guild=message.channel.guild, channel=message.channel)
    world.changed(message.channel)


def _reaction(message: Message, user: User, emoji: str) -> Json:
    data: Json = {
        "user_id": str(user.id),
        "channel_id": str(message.channel.id),
        "message_id": str(message.id),
        "emoji": emoji_json(emoji),
        "burst": False,
        "type": 0,
    }
    if message.channel.guild is not None:
        data["guild_id"] = str(message.channel.guild.id)
    return data
