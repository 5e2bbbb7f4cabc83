"""Channels, messages and interactions as the control endpoint shows them: ids are strings, as the API writes them."""

from botcore.testing.discord_server.interactions import Interaction
from botcore.testing.discord_server.messages import CONTEXT_MENU_COMMAND, Message
from botcore.testing.discord_server.model import (
    CATEGORY,
    DM,
    FORUM,
    PRIVATE_THREAD,
    PUBLIC_THREAD,
    VOICE,
    Channel,
    Json,
)
from botcore.testing.discord_server.snowflakes import at_time
from botcore.testing.discord_server.world import World

_KINDS = {
    DM: "dm",
    VOICE: "voice",
    CATEGORY: "category",
    PUBLIC_THREAD: "thread",
    PRIVATE_THREAD: "private thread",
    FORUM: "forum",
}
_TYPING_SHOWS = 10.0  # seconds


def channel_json(world: World, channel: Channel) -> Json:
    """A channel, and whether the bot types in it."""
    last = next((one for one in reversed(channel.typing) if one.user is world.bot), None)
    latest = next((one.id for one in reversed(channel.messages.values()) if one.from_bot), 0)
    typing = last is not None and world.clock.now() - last.at < _TYPING_SHOWS and latest < at_time(last.at)
    return {
        "id": str(channel.id),
        "name": channel.name,
        "kind": _KINDS.get(channel.kind, "text"),
        "parent": None if channel.parent is None else str(channel.parent.id),
        "messages": len(channel.messages),
        "typing": typing,
    }


def message_json(message: Message) -> Json:
    """A message with everything that can be seen of it."""
    return {
        "id": str(message.id),
        "channel": str(message.channel.id),
        "author": message.author.name,
        "bot": message.from_bot,
        "text": message.text,
        "loading": message.is_loading,
        "ephemeral": message.is_ephemeral,
        "history": message.history,
        "edited": message.data["edited_timestamp"] is not None,
        "reply_to": None if message.reply_to is None else str(message.reply_to),
        "thread": None if message.thread_id is None else str(message.thread_id),
        "command": message.data.get("interaction", {}).get("name"),
        "menu": message.data["type"] == CONTEXT_MENU_COMMAND,
        "user": message.data.get("interaction_metadata", {}).get("user", {}).get("global_name"),
        "attachments": [
            {**{k: one.get(k) for k in ("filename", "size", "content_type", "url")}, "voice": message.is_voice}
            for one in message.attachments
        ],
        "embeds": message.embeds,
        "buttons": [
            [{"label": b.label or b.emoji, "style": b.style, "url": b.url, "disabled": b.disabled} for b in row]
            for row in message.buttons
        ],
        "menus": [
            {"id": m.custom_id, "placeholder": m.placeholder, "options": [o["label"] for o in m.options]}
            for m in message.menus
        ],
        "reactions": {emoji: len(users) for emoji, users in message.reactions.items()},
        "pings": {
            "everyone": message.pings.everyone,
            "users": [user.name for user in message.pings.users],
            "roles": [role.name for role in message.pings.roles],
        },
        "timestamp": message.data["timestamp"],
    }


def interaction_json(interaction: Interaction) -> Json:
    """An interaction as it stands."""
    return {
        "id": str(interaction.id),
        "name": interaction.name,
        "acknowledged": interaction.is_acknowledged,
        "messages": [message_json(one) for one in interaction.messages],
    }


def offers(command: Json, prefix: str = "") -> list[Json]:
    """A slash command as an app lists it: each subcommand by its full name, with its options."""
    if command["type"] not in {1, 2} or (not prefix and command["type"] != 1):
        return []
    name = f"{prefix}{command['name']}"
    options: list[Json] = command.get("options", [])
    inner = [one for one in options if one["type"] in {1, 2}]
    if inner:
        return [found for one in inner for found in offers(one, f"{name} ")]
    return [{"name": name, "options": [{"name": one["name"], "type": one["type"]} for one in options]}]
