"""Threads and forum posts. Rules of https://discord.com/developers/docs/topics/threads."""

from botcore.testing.discord_server.access import find_channel, find_message, require
from botcore.testing.discord_server.content import read_message
from botcore.testing.discord_server.forms import Form
from botcore.testing.discord_server.happenings import join_thread, leave_thread, open_thread, thread_changed
from botcore.testing.discord_server.mentions import EVERYTHING
from botcore.testing.discord_server.model import FORUM, PRIVATE_THREAD, PUBLIC_THREAD, TEXT, Channel, Json
from botcore.testing.discord_server.permissions import Permission, in_channel, sees
from botcore.testing.discord_server.refusals import Refused, missing_permissions, unknown
from botcore.testing.discord_server.render import thread_member
from botcore.testing.discord_server.requests import Request
from botcore.testing.discord_server.routes.answers import NOTHING, Answer, ok
from botcore.testing.discord_server.world import World

_DURATIONS = frozenset({60, 1440, 4320, 10080})  # minutes


def from_message(world: World, request: Request) -> Answer:
    """POST /channels/{channel_id}/messages/{message_id}/threads: the thread has the message's id."""
    needed = Permission.CREATE_PUBLIC_THREADS | Permission.READ_MESSAGE_HISTORY
    channel = find_channel(world, request, Permission.VIEW_CHANNEL | needed)
    message = find_message(channel, request.ids["message_id"])
    if channel.kind != TEXT or message.is_system:
        raise Refused(400, 50024, "Cannot execute action on this channel type")
    if message.thread_id is not None:
        raise Refused(400, 160004, "A thread has already been created for this message")
    name, minutes = _name(Form(request.object))
    thread = open_thread(world, channel, name, world.bot, starter=message, auto_archive=minutes)
    return Answer(201, world.renderer.channel(thread))


def without_message(world: World, request: Request) -> Answer:
    """POST /channels/{channel_id}/threads: a thread on its own, by default a private one, or a post in a forum."""
    channel = find_channel(world, request)
    if channel.kind == FORUM:
        return _post(world, channel, request)
    if channel.kind != TEXT:
        raise Refused(400, 50024, "Cannot execute action on this channel type")
    form = Form(request.object)
    kind = form.choice(form.body, ("type",), {PUBLIC_THREAD, PRIVATE_THREAD})
    name, minutes = _name(form)
    private = kind != PUBLIC_THREAD
    require(world, channel, Permission.CREATE_PRIVATE_THREADS if private else Permission.CREATE_PUBLIC_THREADS)
    thread = open_thread(world, channel, name, world.bot, private=private, auto_archive=minutes)
    if thread.thread is not None and private:
        thread.thread.invitable = form.body.get("invitable") is not False
    return Answer(201, world.renderer.channel(thread))


def _post(world: World, forum: Channel, request: Request) -> Answer:
    require(world, forum, Permission.SEND_MESSAGES)
    form = Form(request.object)
    inner = form.body.get("message")
    if not isinstance(inner, dict):
        form.required(("message",))
        form.check()
    name, minutes = _name(form)
    holder: Json = inner if isinstance(inner, dict) else {}
    content = read_message(world, forum, form, request.files, holder=holder, path=("message",), default=EVERYTHING)
    thread = open_thread(world, forum, name, world.bot, auto_archive=minutes)
    message = world.post(thread, world.bot, content)
    return Answer(201, {**world.renderer.channel(thread), "message": world.shown(message)})


def _name(form: Form) -> tuple[str, int]:
    name = form.text(form.body, ("name",), 100, shortest=1, needed=True)
    minutes = form.choice(form.body, ("auto_archive_duration",), _DURATIONS)
    form.check()
    return name or "", minutes or 1440


def edit_thread(world: World, thread: Channel, request: Request) -> Answer:
    """PATCH of a thread: name, archived, locked, auto_archive_duration; for its owner and for MANAGE_THREADS."""
    state = thread.thread
    if state is None:
        raise unknown("Channel")
    form = Form(request.object)
    name = form.text(form.body, ("name",), 100, shortest=1)
    minutes = form.choice(form.body, ("auto_archive_duration",), _DURATIONS)
    form.check()
    bits = in_channel(thread, world.bot)
    manages = bool(bits & Permission.MANAGE_THREADS)
    owns = thread.owner_id == world.bot.id and "locked" not in form.body
    # Whoever may write in a thread may open it again.
    opens = bool(bits & Permission.SEND_MESSAGES) and form.body == {"archived": False}
    if not manages and (state.locked or not (owns or opens)):
        raise missing_permissions()
    if state.archived and set(form.body) - {"archived", "locked"} and form.body.get("archived") is not False:
        raise Refused(400, 50083, "Thread is archived")
    thread.name = name or thread.name
    state.auto_archive = minutes or state.auto_archive
    for flag in ("archived", "locked"):
        if form.body.get(flag) is not None:
            setattr(state, flag, bool(form.body[flag]))
    state.changed_at = world.clock.now()
    thread_changed(world, thread)
    return ok(world.renderer.channel(thread))


def _find(world: World, request: Request) -> Channel:
    thread = find_channel(world, request)
    if thread.thread is None:
        raise Refused(400, 50024, "Cannot execute action on this channel type")
    return thread


def join(world: World, request: Request) -> Answer:
    """PUT /channels/{channel_id}/thread-members/@me."""
    join_thread(world, _find(world, request), world.bot)
    return NOTHING


def leave(world: World, request: Request) -> Answer:
    """DELETE /channels/{channel_id}/thread-members/@me."""
    leave_thread(world, _find(world, request), world.bot)
    return NOTHING


def add_member(world: World, request: Request) -> Answer:
    """PUT /channels/{channel_id}/thread-members/{user_id}."""
    thread = _find(world, request)
    user = world.users.get(request.ids["user_id"])
    if user is None or thread.parent is None or not sees(thread.parent, user):
        raise unknown("User") if user is None else Refused(403, 50001, "Missing Access")
    join_thread(world, thread, user)
    return NOTHING


def remove_member(world: World, request: Request) -> Answer:
    """DELETE /channels/{channel_id}/thread-members/{user_id}: for its owner and for MANAGE_THREADS."""
    thread = _find(world, request)
    user = world.users.get(request.ids["user_id"])
    if user is None or user.id not in thread.thread_members:
        raise unknown("Member")
    manages = in_channel(thread, world.bot) & Permission.MANAGE_THREADS
    if not manages and not (thread.kind == PRIVATE_THREAD and thread.owner_id == world.bot.id):
        raise missing_permissions()
    leave_thread(world, thread, user)
    return NOTHING


def get_members(world: World, request: Request) -> Answer:
    """GET /channels/{channel_id}/thread-members."""
    thread = _find(world, request)
    return ok([thread_member(thread, number) for number in thread.thread_members])


def get_member(world: World, request: Request) -> Answer:
    """GET /channels/{channel_id}/thread-members/{user_id}."""
    thread = _find(world, request)
    if request.ids["user_id"] not in thread.thread_members:
        raise unknown("Member")
    return ok(thread_member(thread, request.ids["user_id"]))


def archived(world: World, request: Request) -> Answer:
    """GET /channels/{channel_id}/threads/archived/public and .../private."""
    needed = Permission.VIEW_CHANNEL | Permission.READ_MESSAGE_HISTORY
    channel = find_channel(world, request, needed)
    private = request.path.endswith("/private")
    if private and "/users/@me/" not in request.path:
        require(world, channel, Permission.MANAGE_THREADS)
    kind = PRIVATE_THREAD if private else PUBLIC_THREAD
    threads = channel.guild.threads if channel.guild else []
    found = [t for t in threads if t.parent is channel and t.kind == kind and t.thread and t.thread.archived]
    seen = [one for one in found if sees(one, world.bot)]
    members = [thread_member(one, world.bot.id) for one in seen if world.bot.id in one.thread_members]
    return ok({"threads": [world.renderer.channel(one) for one in seen], "members": members, "has_more": False})
