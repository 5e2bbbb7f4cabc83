"""Messages: created, looked at, edited, deleted."""

from botcore.testing.discord_server.access import find_channel, find_message, require, writable
from botcore.testing.discord_server.content import read_edit, read_message
from botcore.testing.discord_server.forms import Form, as_snowflake
from botcore.testing.discord_server.mentions import EVERYTHING
from botcore.testing.discord_server.messages import VOICE_MESSAGE, Message
from botcore.testing.discord_server.model import Channel, Json
from botcore.testing.discord_server.permissions import Permission, in_channel, may
from botcore.testing.discord_server.refusals import Refused, missing_permissions, one_error
from botcore.testing.discord_server.requests import Request
from botcore.testing.discord_server.routes.answers import NOTHING, Answer, ok
from botcore.testing.discord_server.snowflakes import time_of
from botcore.testing.discord_server.world import World

_MAX_NONCE = 25  # characters
_BULK_AGE = 14 * 86_400  # seconds


def create_message(world: World, request: Request) -> Answer:
    """POST /channels/{channel_id}/messages."""
    channel = find_channel(world, request)
    writable(world, channel, files=bool(request.files))
    form = Form(request.object)
    nonce = _nonce(form)
    reply_to = _reference(world, channel, form)
    content = read_message(world, channel, form, request.files, default=EVERYTHING)
    if content.flags & VOICE_MESSAGE and not may(channel, world.bot, Permission.SEND_VOICE_MESSAGES):
        raise Refused(403, 50173, "You cannot send voice messages in this channel.")
    if nonce is not None and form.body.get("enforce_nonce"):
        earlier = world.find_nonce(world.bot, nonce)
        if earlier is not None:
            return ok({**world.shown(earlier), "nonce": nonce})
    content.nonce, content.reply_to = nonce, reply_to
    message = world.post(channel, world.bot, content)
    if nonce is None:
        return ok(world.shown(message))
    world.remember_nonce(message)
    return ok({**world.shown(message), "nonce": nonce})


def _nonce(form: Form) -> str | int | None:
    given = form.body.get("nonce")
    if given is None or (isinstance(given, int) and not isinstance(given, bool)):
        return given
    return form.text(form.body, ("nonce",), _MAX_NONCE) or None


def _reference(world: World, channel: Channel, form: Form) -> Message | None:
    """The message that is answered.

    Raises:
        Refused: 400 where it does not exist, unless the call allows that; 403 without the history.
    """
    given = form.object(form.body, ("message_reference",))
    if given is None:
        return None
    number = form.snowflake(given.get("message_id"), ("message_reference", "message_id"))
    form.check()
    if given.get("type"):
        raise one_error(("message_reference",), "MESSAGE_REFERENCE_TYPE", "Forwarding is not simulated")
    if not may(channel, world.bot, Permission.READ_MESSAGE_HISTORY):
        raise Refused(403, 160002, "Cannot reply without permission to read message history")
    found = channel.messages.get(number or 0)
    if found is not None and found.is_system:
        raise one_error(
            ("message_reference",), "REPLIES_CANNOT_REPLY_TO_SYSTEM_MESSAGE", "Cannot reply to a system message"
        )
    elsewhere = given.get("channel_id") is not None and as_snowflake(given["channel_id"]) != channel.id
    if found is not None and not found.deleted and not found.is_ephemeral and not elsewhere:
        return found
    if given.get("fail_if_not_exists") is False:
        return None
    raise one_error(("message_reference",), "MESSAGE_REFERENCE_UNKNOWN_MESSAGE", "Unknown message")


def get_message(world: World, request: Request) -> Answer:
    """GET /channels/{channel_id}/messages/{message_id}."""
    channel = find_channel(world, request, Permission.VIEW_CHANNEL | Permission.READ_MESSAGE_HISTORY)
    return ok(world.shown(find_message(channel, request.ids["message_id"])))


def get_messages(world: World, request: Request) -> Answer:
    """GET /channels/{channel_id}/messages: newest first; nothing without READ_MESSAGE_HISTORY."""
    channel = find_channel(world, request)
    form = Form(dict(request.query))
    limit = form.integer(form.body, ("limit",), lowest=1, highest=100)
    limit = 50 if limit is None else limit
    marks = {name: form.snowflake(form.body[name], (name,)) for name in _MARKS if name in form.body}
    form.check()
    if not may(channel, world.bot, Permission.READ_MESSAGE_HISTORY):
        return ok([])
    visible = [one for one in channel.messages.values() if not one.deleted and not one.is_ephemeral]
    found = _window(visible, marks, limit)
    return ok([world.shown(one) for one in reversed(found)])


_MARKS = ("around", "before", "after")


def _window(messages: list[Message], marks: dict[str, int | None], limit: int) -> list[Message]:
    """The part of a history that is asked for, oldest first."""
    if (around := marks.get("around")) is not None:
        older = [one for one in messages if one.id < around][-(limit // 2) or len(messages) :]
        return (older + [one for one in messages if one.id >= around])[:limit]
    if (before := marks.get("before")) is not None:
        return [one for one in messages if one.id < before][-limit:]
    if (after := marks.get("after")) is not None:
        return [one for one in messages if one.id > after][:limit]
    return messages[-limit:]


def edit_message(world: World, request: Request) -> Answer:
    """PATCH /channels/{channel_id}/messages/{message_id}."""
    channel = find_channel(world, request)
    message = find_message(channel, request.ids["message_id"])
    form = Form(request.object)
    if message.author is not world.bot:
        if not set(form.body) <= {"flags"} or not in_channel(channel, world.bot) & Permission.MANAGE_MESSAGES:
            raise Refused(403, 50005, "Cannot edit a message authored by another user")
    elif message.is_voice:
        raise Refused(400, 50162, "Voice messages cannot be edited.")
    if message.is_system:
        raise Refused(403, 50021, "Cannot execute action on a system message")
    if channel.thread is not None and channel.thread.archived:
        raise Refused(400, 50083, "Thread is archived")
    changes, content = read_edit(world, message, form, request.files, default=EVERYTHING)
    message.files |= content.files
    world.rewrite(message, changes, content.allowed)
    return ok(world.shown(message))


def delete_message(world: World, request: Request) -> Answer:
    """DELETE /channels/{channel_id}/messages/{message_id}: others' messages need MANAGE_MESSAGES."""
    channel = find_channel(world, request)
    message = find_message(channel, request.ids["message_id"])
    if message.author is not world.bot:
        if channel.guild is None:
            raise Refused(403, 50003, "Cannot execute action on a DM channel")
        require(world, channel, Permission.MANAGE_MESSAGES)
    world.delete(message)
    return NOTHING


def bulk_delete(world: World, request: Request) -> Answer:
    """POST /channels/{channel_id}/messages/bulk-delete."""
    channel = find_channel(world, request, Permission.VIEW_CHANNEL | Permission.MANAGE_MESSAGES)
    if channel.guild is None:
        raise missing_permissions()
    given = Form(request.object).body.get("messages")
    numbers = [as_snowflake(one) for one in given] if isinstance(given, list) else []
    if not 2 <= len(numbers) <= 100 or None in numbers:
        words = "Provided too few or too many messages to delete. Must provide at least 2 and at most 100 messages"
        raise Refused(400, 50016, words)
    if any(world.clock.now() - time_of(number or 0) > _BULK_AGE for number in numbers):
        raise Refused(400, 50034, "A message provided was too old to bulk delete")
    gone = [message for n in numbers if (message := channel.messages.get(n or 0)) and not message.deleted]
    for message in gone:
        message.deleted = True
    data: Json = {
        "ids": [str(one.id) for one in gone],
        "channel_id": str(channel.id),
        "guild_id": str(channel.guild.id),
    }
    world.emit("MESSAGE_DELETE_BULK", data, guild=channel.guild, channel=channel)
    world.changed(channel)
    return NOTHING
