"""How an interaction reaches the bot."""

from botcore.testing.discord_server.files import StoredFile
from botcore.testing.discord_server.interactions import COMMAND, Interaction
from botcore.testing.discord_server.messages import Message
from botcore.testing.discord_server.model import Channel, Json, User
from botcore.testing.discord_server.permissions import Permission, in_channel
from botcore.testing.discord_server.refusals import NotSent
from botcore.testing.discord_server.world import World

IN_GUILD, WITH_BOT, AMONG_PEOPLE = 0, 1, 2  # contexts
_ELSEWHERE = int(Permission.ATTACH_FILES | Permission.EMBED_LINKS | Permission.MENTION_EVERYONE)


def context_of(world: World, channel: Channel) -> int:
    """In a guild, in private with the bot, or in private among people."""
    if channel.guild is not None:
        return IN_GUILD
    return WITH_BOT if world.bot in channel.recipients else AMONG_PEOPLE


def installations(world: World, user: User, channel: Channel) -> Json:
    """Where the app is installed, as seen from a channel: in the guild ("0"), and to the user ("1")."""
    found: Json = {}
    context = context_of(world, channel)
    if channel.guild is not None and world.bot.id in channel.guild.members:
        found["0"] = str(channel.guild.id)
    elif context == WITH_BOT:
        found["0"] = "0"
    if user.has_app:
        found["1"] = str(user.id)
    return found


def invoke(
    world: World,
    kind: int,
    user: User,
    channel: Channel,
    name: str,
    data: Json,
    *,
    source: Message | None = None,
    target: Message | None = None,
    types: list[int] | None = None,
) -> Interaction:
    """Open an interaction and send it to the bot.

    Raises:
        NotSent: where the app is not installed for that person in that place.
    """
    found = installations(world, user, channel)
    owned = {k: v for k, v in found.items() if types is None or int(k) in types}
    if not owned:
        raise NotSent(f"{world.bot.name} is not installed for {user.name} here")
    interaction = world.interactions.open(kind, user, channel, name, data, owned=owned, source=source)
    interaction.target = target
    guild = channel.guild
    world.gateway.dispatch(
        "INTERACTION_CREATE", _payload(world, interaction), guild_id=None if guild is None else guild.id
    )
    world.changed(channel)
    return interaction


def _payload(world: World, interaction: Interaction) -> Json:
    channel, user = interaction.channel, interaction.user
    payload: Json = {
        "id": str(interaction.id),
        "application_id": str(world.bot.id),
        "type": interaction.kind,
        "token": interaction.token,
        "version": 1,
        "channel_id": str(channel.id),
        "channel": world.renderer.partial_channel(channel, user),
        "locale": user.locale,
        "entitlements": [],
        "entitlement_sku_ids": [],
        "authorizing_integration_owners": interaction.owned,
        "context": context_of(world, channel),
        "attachment_size_limit": world.max_file,
        "app_permissions": str(in_channel(channel, world.bot) or _ELSEWHERE),
        "data": interaction.data,
    }
    guild = channel.guild
    if guild is None:
        payload["user"] = user.data
    else:
        payload |= {"guild_id": str(guild.id), "guild_locale": guild.locale}
        payload["guild"] = {"id": str(guild.id), "locale": guild.locale, "features": []}
        payload["member"] = member_in(channel, user)
    if interaction.source is not None and interaction.kind != COMMAND:
        payload["message"] = world.renderer.message(interaction.source)
    return payload


def member_in(channel: Channel, user: User, *, with_user: bool = True) -> Json:
    """A member as interactions carry it: with the permissions in the channel."""
    guild = channel.guild
    if guild is None:
        raise ValueError("there are no members in private conversations")
    member = guild.members[user.id]
    return {**member.as_json(user=with_user), "permissions": str(in_channel(channel, user))}


def resolved_user(channel: Channel, user: User, resolved: Json) -> None:
    """Add somebody to the resolved data of an interaction, as a user and, in a guild, as a member."""
    resolved.setdefault("users", {})[str(user.id)] = user.data
    if channel.guild is not None and user.id in channel.guild.members:
        resolved.setdefault("members", {})[str(user.id)] = member_in(channel, user, with_user=False)


def resolved_file(world: World, file: StoredFile, resolved: Json) -> None:
    """Add an attached file to the resolved data of an interaction."""
    (data,) = world.files.sign([{**world.files.describe(file), "ephemeral": True}])
    resolved.setdefault("attachments", {})[str(file.id)] = data
