"""The bot itself: /users/@me, /applications/@me, /gateway/bot, and other people's accounts."""

from botcore.testing.discord_server.access import find_guild
from botcore.testing.discord_server.forms import Form
from botcore.testing.discord_server.gateway import Intent
from botcore.testing.discord_server.model import Json
from botcore.testing.discord_server.permissions import in_guild
from botcore.testing.discord_server.refusals import Refused, unknown
from botcore.testing.discord_server.requests import Request
from botcore.testing.discord_server.routes.answers import NOTHING, Answer, ok
from botcore.testing.discord_server.world import World

#: Flags of an application in fewer than 100 guilds that has switched the intents on.
_LIMITED = {Intent.GUILD_PRESENCES: 1 << 13, Intent.GUILD_MEMBERS: 1 << 15, Intent.MESSAGE_CONTENT: 1 << 19}


def application_flags(world: World) -> int:
    """The flags of the application: which privileged intents it has."""
    return sum(flag for intent, flag in _LIMITED.items() if world.privileged & intent)


def get_me(world: World, _: Request) -> Answer:
    """GET /users/@me."""
    more = {"mfa_enabled": False, "locale": "en-US", "premium_type": 0, "email": None, "verified": True}
    return ok({**world.bot.data, **more})


def get_user(world: World, request: Request) -> Answer:
    """GET /users/{user_id}."""
    user = world.users.get(request.ids["user_id"])
    if user is None:
        raise unknown("User")
    return ok(user.data)


def get_application(world: World, _: Request) -> Answer:
    """GET /applications/@me and /oauth2/applications/@me."""
    owner = next((user for user in world.users.values() if not user.bot), world.bot)
    data: Json = {
        "id": str(world.bot.id),
        "name": world.bot.name,
        "icon": None,
        "description": "",
        "type": None,
        "bot": world.bot.data,
        "bot_public": True,
        "bot_require_code_grant": False,
        "verify_key": "0" * 64,
        "flags": application_flags(world),
        "flags_new": str(application_flags(world)),
        "redirect_uris": [],
        "interactions_endpoint_url": None,
        "role_connections_verification_url": None,
        "owner": owner.data,
        "approximate_guild_count": sum(world.bot.id in guild.members for guild in world.guilds.values()),
        "approximate_user_install_count": sum(user.has_app for user in world.users.values()),
        "approximate_user_authorization_count": 0,
        "explicit_content_filter": 0,
        "team": None,
        "eligible_oauth2_scopes": [],
        "integration_types_config": {"0": {}, "1": {}},
    }
    return ok(data)


def get_gateway(world: World, request: Request) -> Answer:
    """GET /gateway and /gateway/bot."""
    address = world.files.root.replace("http://", "ws://", 1) + "/gateway"
    if not request.path.endswith("/bot"):
        return ok({"url": address})
    return ok({"url": address, "shards": 1, "session_start_limit": world.limiter.session_starts()})


def open_dm(world: World, request: Request) -> Answer:
    """POST /users/@me/channels."""
    form = Form(request.object)
    number = form.snowflake(request.object.get("recipient_id"), ("recipient_id",))
    form.check()
    user = world.users.get(number or 0)
    if user is None or user is world.bot:
        raise Refused(400, 50033, "Invalid Recipient(s)")
    return ok(world.renderer.channel(world.dm_with(user)))


def my_guilds(world: World, _: Request) -> Answer:
    """GET /users/@me/guilds."""
    found = [guild for guild in world.guilds.values() if world.bot.id in guild.members]
    return ok(
        [
            {
                "id": str(guild.id),
                "name": guild.name,
                "icon": None,
                "banner": None,
                "owner": guild.owner_id == world.bot.id,
                "permissions": str(in_guild(guild, world.bot)),
                "features": [],
            }
            for guild in found
        ]
    )


def leave_guild(world: World, request: Request) -> Answer:
    """DELETE /users/@me/guilds/{guild_id}."""
    guild = find_guild(world, request)
    world.emit("GUILD_DELETE", {"id": str(guild.id)}, guild=guild)
    del guild.members[world.bot.id]
    return NOTHING
