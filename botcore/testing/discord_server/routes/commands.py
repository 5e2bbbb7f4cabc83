"""Application commands: registered for everywhere or for one guild."""

from botcore.testing.discord_server.command_forms import read_command, read_commands
from botcore.testing.discord_server.forms import Form
from botcore.testing.discord_server.model import Json
from botcore.testing.discord_server.refusals import (
    Refused,
    add_error,
    invalid_form,
    missing_access,
    one_error,
    unknown,
)
from botcore.testing.discord_server.registry import Scope, without_localisations
from botcore.testing.discord_server.requests import Request
from botcore.testing.discord_server.routes.answers import NOTHING, Answer, ok
from botcore.testing.discord_server.world import World


def _scope(world: World, request: Request) -> Scope:
    """Where the call registers: in the guild of the path, or everywhere.

    Raises:
        Refused: 403 for somebody else's application, and for guilds that the bot is not in.
    """
    if request.ids["application_id"] != world.bot.id:
        raise Refused(403, 20012, "You are not authorized to perform this action on this application")
    number = request.ids.get("guild_id")
    if number is not None and (number not in world.guilds or world.bot.id not in world.guilds[number].members):
        raise missing_access()
    return number


def get_all(world: World, request: Request) -> Answer:
    """GET .../commands; localisations only where they are asked for."""
    found = world.commands.of(_scope(world, request))
    return ok(found if request.flag("with_localizations") else [without_localisations(one) for one in found])


def get_one(world: World, request: Request) -> Answer:
    """GET .../commands/{command_id}."""
    return ok(world.commands.find(_scope(world, request), request.ids["command_id"]))


def create(world: World, request: Request) -> Answer:
    """POST .../commands: overwrites one of the same kind and name."""
    scope = _scope(world, request)
    form = Form(request.object)
    made = read_command(form, form.body)
    form.check()
    fresh = world.commands.news(scope, [made])
    world.limiter.create_commands(str(scope), fresh)
    return Answer(201 if fresh else 200, world.commands.put(scope, made))


def overwrite(world: World, request: Request) -> Answer:
    """PUT .../commands: these, and no others."""
    scope = _scope(world, request)
    given = request.body
    if not isinstance(given, list):
        raise one_error((), "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType")
    errors: Json = {}
    for index, one in enumerate(given):
        if not isinstance(one, dict):
            add_error(errors, (index,), "MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType")
    if errors:
        raise invalid_form(errors)
    form = Form({})
    made = read_commands(form, given)
    form.check()
    world.limiter.create_commands(str(scope), world.commands.news(scope, made))
    return ok(world.commands.replace(scope, made))


def edit(world: World, request: Request) -> Answer:
    """PATCH .../commands/{command_id}: what is not given stays."""
    scope = _scope(world, request)
    present = world.commands.find(scope, request.ids["command_id"])
    form = Form(request.object)
    made = read_command(form, {**present, **form.body}, kind=present["type"])
    form.check()
    other = world.commands.named(scope, made["type"], made["name"])
    if other is not None and other["id"] != present["id"]:
        raise Refused(400, 40041, "An application command with that name already exists")
    return ok(world.commands.change(scope, request.ids["command_id"], made))


def delete(world: World, request: Request) -> Answer:
    """DELETE .../commands/{command_id}."""
    world.commands.remove(_scope(world, request), request.ids["command_id"])
    return NOTHING


def all_permissions(world: World, request: Request) -> Answer:
    """GET .../commands/permissions: nobody has set any."""
    _scope(world, request)
    return ok([])


def permissions(world: World, request: Request) -> Answer:
    """GET .../commands/{command_id}/permissions: nobody has set any."""
    world.commands.find(_scope(world, request), request.ids["command_id"])
    raise unknown("application command permissions")
