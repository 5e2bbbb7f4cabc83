"""Reactions with Unicode emoji."""

from botcore.testing.discord_server.access import find_channel, find_message, require
from botcore.testing.discord_server.happenings import react, unreact
from botcore.testing.discord_server.messages import Message
from botcore.testing.discord_server.permissions import Permission
from botcore.testing.discord_server.refusals import Refused, unknown
from botcore.testing.discord_server.requests import Request
from botcore.testing.discord_server.routes.answers import NOTHING, Answer, ok
from botcore.testing.discord_server.world import World

_MOST = 20


def _target(world: World, request: Request, needed: Permission) -> tuple[Message, str]:
    channel = find_channel(world, request, Permission.VIEW_CHANNEL | needed)
    message = find_message(channel, request.ids["message_id"])
    emoji = request.names["emoji"]
    if not emoji or emoji.isascii():
        raise unknown("Emoji")
    return message, emoji


def add_reaction(world: World, request: Request) -> Answer:
    """PUT .../reactions/{emoji}/@me: a new emoji needs ADD_REACTIONS, joining one does not."""
    message, emoji = _target(world, request, Permission.READ_MESSAGE_HISTORY)
    if not message.reactions.get(emoji):
        require(world, message.channel, Permission.ADD_REACTIONS)
        if len(message.reactions) >= _MOST:
            raise Refused(400, 30010, f"Maximum number of reactions reached ({_MOST})")
    react(world, message, world.bot, emoji)
    return NOTHING


def remove_own(world: World, request: Request) -> Answer:
    """DELETE .../reactions/{emoji}/@me."""
    message, emoji = _target(world, request, Permission(0))
    unreact(world, message, world.bot, emoji)
    return NOTHING


def remove_other(world: World, request: Request) -> Answer:
    """DELETE .../reactions/{emoji}/{user_id}."""
    message, emoji = _target(world, request, Permission.MANAGE_MESSAGES)
    user = world.users.get(request.ids["user_id"])
    if user is None:
        raise unknown("User")
    unreact(world, message, user, emoji)
    return NOTHING


def get_reactions(world: World, request: Request) -> Answer:
    """GET .../reactions/{emoji}: who reacted."""
    message, emoji = _target(world, request, Permission.READ_MESSAGE_HISTORY)
    return ok([user.data for user in message.reactions.get(emoji, [])])


def clear_reactions(world: World, request: Request) -> Answer:
    """DELETE .../reactions, and DELETE .../reactions/{emoji} for one emoji."""
    channel = find_channel(world, request, Permission.VIEW_CHANNEL | Permission.MANAGE_MESSAGES)
    message = find_message(channel, request.ids["message_id"])
    emoji = request.names.get("emoji")
    for one in [emoji] if emoji else list(message.reactions):
        message.reactions.pop(one, None)
    data = {"channel_id": str(channel.id), "message_id": str(message.id)}
    if channel.guild is not None:
        data["guild_id"] = str(channel.guild.id)
    event = "MESSAGE_REACTION_REMOVE_ALL"
    if emoji:
        event = "MESSAGE_REACTION_REMOVE_EMOJI"
        world.emit(event, {**data, "emoji": {"id": None, "name": emoji}}, guild=channel.guild, channel=channel)
    else:
        world.emit(event, dict(data), guild=channel.guild, channel=channel)
    world.changed(channel)
    return NOTHING
