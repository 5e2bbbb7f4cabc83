"""Channels of all kinds: looked at, changed, deleted, typed in."""

from botcore.testing.discord_server.access import find_channel, require, writable
from botcore.testing.discord_server.forms import Form
from botcore.testing.discord_server.happenings import remove_channel
from botcore.testing.discord_server.model import Typing
from botcore.testing.discord_server.permissions import Permission
from botcore.testing.discord_server.requests import Request
from botcore.testing.discord_server.routes.answers import NOTHING, Answer, ok
from botcore.testing.discord_server.routes.threads import edit_thread
from botcore.testing.discord_server.world import World


def get_channel(world: World, request: Request) -> Answer:
    """GET /channels/{channel_id}."""
    return ok(world.renderer.channel(find_channel(world, request)))


def edit_channel(world: World, request: Request) -> Answer:
    """PATCH /channels/{channel_id}: name and topic, and of threads whether they are archived or locked."""
    channel = find_channel(world, request)
    if channel.is_thread:
        return edit_thread(world, channel, request)
    require(world, channel, Permission.MANAGE_CHANNELS)
    form = Form(request.object)
    name = form.text(request.object, ("name",), 100, shortest=1)
    topic = form.text(request.object, ("topic",), 1024)
    form.check()
    channel.name = name or channel.name
    if "topic" in request.object:
        channel.topic = topic
    data = world.renderer.channel(channel)
    world.emit("CHANNEL_UPDATE", data, guild=channel.guild)
    return ok(data)


def delete_channel(world: World, request: Request) -> Answer:
    """DELETE /channels/{channel_id}; a private conversation is only closed."""
    channel = find_channel(world, request)
    data = world.renderer.channel(channel)
    if channel.guild is not None:
        require(world, channel, Permission.MANAGE_THREADS if channel.is_thread else Permission.MANAGE_CHANNELS)
        remove_channel(world, channel)
    return ok(data)


def start_typing(world: World, request: Request) -> Answer:
    """POST /channels/{channel_id}/typing: shows for 10 seconds, or until the next message."""
    channel = find_channel(world, request)
    writable(world, channel)
    channel.typing.append(Typing(world.bot, world.clock.now()))
    world.changed(channel)
    return NOTHING
