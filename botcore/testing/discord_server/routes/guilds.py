"""Guilds: the guild itself, its channels, roles, members and active threads."""

from botcore.testing.discord_server.access import find_guild
from botcore.testing.discord_server.forms import Form
from botcore.testing.discord_server.gateway import Intent
from botcore.testing.discord_server.model import Json
from botcore.testing.discord_server.permissions import Permission, in_guild, sees
from botcore.testing.discord_server.refusals import missing_access, missing_permissions, unknown
from botcore.testing.discord_server.render import is_active, thread_member
from botcore.testing.discord_server.requests import Request
from botcore.testing.discord_server.routes.answers import Answer, ok
from botcore.testing.discord_server.world import World

_MOST_MEMBERS = 1000


def get_guild(world: World, request: Request) -> Answer:
    """GET /guilds/{guild_id}."""
    guild = find_guild(world, request)
    data = world.renderer.guild(guild)
    if request.flag("with_counts"):
        data |= {"approximate_member_count": len(guild.members), "approximate_presence_count": len(guild.members)}
    return ok(data)


def get_channels(world: World, request: Request) -> Answer:
    """GET /guilds/{guild_id}/channels; threads are not among them."""
    guild = find_guild(world, request)
    return ok([world.renderer.channel(one) for one in guild.channels.values() if not one.is_thread])


def get_roles(world: World, request: Request) -> Answer:
    """GET /guilds/{guild_id}/roles."""
    return ok([role.as_json() for role in find_guild(world, request).roles.values()])


def get_member(world: World, request: Request) -> Answer:
    """GET /guilds/{guild_id}/members/{user_id}."""
    guild = find_guild(world, request)
    number = request.ids["user_id"]
    if number not in world.users:
        raise unknown("User")
    member = guild.members.get(number)
    if member is None:
        raise unknown("Member")
    return ok(member.as_json())


def get_members(world: World, request: Request) -> Answer:
    """GET /guilds/{guild_id}/members: only for apps that have the members intent."""
    guild = find_guild(world, request)
    if not world.privileged & Intent.GUILD_MEMBERS:
        raise missing_access()
    form = Form(dict(request.query))
    limit = form.integer(form.body, ("limit",), lowest=1, highest=_MOST_MEMBERS) or 1
    after = form.integer(form.body, ("after",), highest=1 << 64) or 0
    form.check()
    found = sorted((number, one) for number, one in guild.members.items() if number > after)
    return ok([one.as_json() for _, one in found[:limit]])


def edit_me(world: World, request: Request) -> Answer:
    """PATCH /guilds/{guild_id}/members/@me: the bot's own nick name."""
    guild = find_guild(world, request)
    form = Form(request.object)
    nick = form.text(request.object, ("nick",), 32)
    form.check()
    if not in_guild(guild, world.bot) & Permission.CHANGE_NICKNAME:
        raise missing_permissions()
    member = guild.members[world.bot.id]
    member.nick = nick or None
    data = {**member.as_json(), "guild_id": str(guild.id)}
    world.emit("GUILD_MEMBER_UPDATE", data, guild=guild)
    return ok(member.as_json())


def active_threads(world: World, request: Request) -> Answer:
    """GET /guilds/{guild_id}/threads/active."""
    guild = find_guild(world, request)
    found = [one for one in guild.threads if is_active(one) and not one.deleted and sees(one, world.bot)]
    members: list[Json] = [thread_member(one, world.bot.id) for one in found if world.bot.id in one.thread_members]
    return ok({"threads": [world.renderer.channel(one) for one in found], "members": members, "has_more": False})
