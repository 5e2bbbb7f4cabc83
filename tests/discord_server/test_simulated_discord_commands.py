"""Registering application commands: what is taken, what changes, what is refused."""

from collections.abc import Awaitable, Callable
from typing import Any

import discord as library
import pytest
from discord import app_commands

from botcore.testing.discord_server import DiscordServer, Limits, Rate, Server
from botcore.testing.discord_server.limits import RateLimiter

Starter = Callable[..., Awaitable[Any]]
Caller = Callable[..., Awaitable[Any]]


def command(name: str = "hi", **more: Any) -> dict[str, Any]:
    return {"name": name, "description": "Says hi", **more}


def option(name: str = "what", kind: int = 3, **more: Any) -> dict[str, Any]:
    return {"type": kind, "name": name, "description": "What", **more}


@pytest.fixture
def path(discord: DiscordServer) -> str:
    return f"/applications/{discord.bot.id}/commands"


async def test_creating_changing_and_deleting(discord: DiscordServer, call: Caller, path: str) -> None:
    status, made = await call("POST", path, command(options=[option(required=True), option("more", required=False)]))
    assert status == 201
    assert made["default_member_permissions"] is None
    assert made["dm_permission"] is True
    assert made["options"][0]["required"] is True
    assert "required" not in made["options"][1]  # what is not so is left out, as really done
    status, same = await call("POST", path, command(options=made["options"]))
    assert (status, same["id"], same["version"]) == (200, made["id"], made["version"])
    status, other = await call("POST", path, command(default_member_permissions="8192"))
    assert (status, other["id"]) == (200, made["id"])
    assert other["version"] != made["version"]
    assert other["default_member_permissions"] == "8192"
    assert "options" not in other
    status, edited = await call("PATCH", f"{path}/{made['id']}", {"description": "Says hello"})
    assert (status, edited["description"], edited["name"]) == (200, "Says hello", "hi")
    assert await call("GET", f"{path}/{made['id']}") == (200, edited)
    assert await call("DELETE", f"{path}/{made['id']}") == (204, None)
    status, refused = await call("GET", f"{path}/{made['id']}")
    assert (status, refused["code"]) == (404, 10063)
    assert discord.world.commands.writes == 5


async def test_overwriting_all_of_them(discord: DiscordServer, call: Caller, path: str, friends: Server) -> None:
    status, first = await call("PUT", path, [command("one"), command("two")])
    status, second = await call("PUT", path, [command("two"), command("three"), {"name": "Quote", "type": 3}])
    assert [one["name"] for one in second] == ["two", "three", "Quote"]
    assert second[0]["id"] == first[1]["id"]
    assert second[0]["version"] == first[1]["version"]
    assert [one["name"] for one in discord.bot.commands()] == ["two", "three", "Quote"]
    local = f"/applications/{discord.bot.id}/guilds/{friends.id}/commands"
    status, made = await call("PUT", local, [command("local")])
    assert made[0]["guild_id"] == str(friends.id)
    assert discord.bot.command("local", friends.id)["id"] == made[0]["id"]
    with pytest.raises(LookupError):
        discord.bot.command("local")
    status, refused = await call("PATCH", f"{path}/{second[0]['id']}", {"name": "three"})
    assert (status, refused["code"]) == (400, 40041)
    assert (await call("GET", f"{local}/permissions"))[1] == []
    assert (await call("GET", f"{local}/{made[0]['id']}/permissions"))[1]["code"] == 10066
    assert (await call("PUT", path, {"not": "a list"}))[0] == 400
    assert (await call("PUT", path, ["not a command"]))[1]["errors"]["0"]["_errors"][0]["code"] == "MODEL_TYPE_CONVERT"


async def test_lists_show_localisations_on_request(call: Caller, path: str) -> None:
    localised = command(
        name_localizations={"de": "hallo"},
        options=[option(choices=[{"name": "A", "value": "a", "name_localizations": {"de": "Ah"}}])],
    )
    _, made = await call("POST", path, localised)
    assert made["name_localizations"] == {"de": "hallo"}
    _, found = await call("GET", path)
    assert "name_localizations" not in found[0]
    assert "name_localizations" not in found[0]["options"][0]["choices"][0]
    _, found = await call("GET", path, params={"with_localizations": "true"})
    assert found == [made]


async def test_the_library_sees_what_it_synchronised(discord: DiscordServer, start: Starter) -> None:
    client = await start()
    tree: app_commands.CommandTree[Any] = client.tree

    @tree.command(description="Draw", nsfw=True)
    @app_commands.describe(prompt="What to draw", count="How many")
    @app_commands.default_permissions(manage_guild=True)
    @app_commands.guild_only()
    async def image(used: library.Interaction[Any], prompt: str, count: app_commands.Range[int, 1, 4] = 1) -> None:
        await used.response.send_message(prompt * count)

    (made,) = await client.tree.sync()
    (fetched,) = await client.tree.fetch_commands()
    for one in (made, fetched):
        assert (one.name, one.description, one.nsfw) == ("image", "Draw", True)
        assert one.default_member_permissions == library.Permissions(manage_guild=True)
        assert [(o.name, o.required, o.max_value) for o in one.options] == [
            ("prompt", True, None),
            ("count", False, 4),
        ]
    assert discord.bot.command("image")["contexts"] == [0]
    version = discord.bot.command("image")["version"]
    await client.tree.sync()
    assert discord.bot.command("image")["version"] == version


@pytest.mark.parametrize(
    ("body", "where", "code"),
    [
        ({"description": "x"}, "name", "BASE_TYPE_REQUIRED"),
        (command("Hi"), "name", "APPLICATION_COMMAND_INVALID_NAME"),
        (command("hi there"), "name", "APPLICATION_COMMAND_INVALID_NAME"),
        (command("x" * 33), "name", "BASE_TYPE_BAD_LENGTH"),
        ({"name": "hi"}, "description", "BASE_TYPE_REQUIRED"),
        ({"name": "hi", "description": "x" * 101}, "description", "BASE_TYPE_BAD_LENGTH"),
        (command(type=9), "type", "BASE_TYPE_CHOICES"),
        (command(contexts=[7]), "contexts", "BASE_TYPE_CHOICES"),
        (command(name_localizations={"xx-x": "a"}), "name_localizations.xx-x", "LOCALE_INVALID"),
        (command(options=[option("a b")]), "options.0.name", "APPLICATION_COMMAND_INVALID_NAME"),
        (command(options=[option(str(n)) for n in range(26)]), "options", "BASE_TYPE_MAX_LENGTH"),
        (command(options=[option(), option()]), "options.1", "APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_EXISTS"),
        (
            command(options=[option("a"), option("b", required=True)]),
            "options.1",
            "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID",
        ),
        (command(options=[option("a"), option("b", 1)]), "options", "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID"),
        (command(options=[option(kind=12)]), "options.0.type", "BASE_TYPE_CHOICES"),
        (command(options=[option(kind=1, options=[option(kind=1)])]), "options.0.options.0.type", "BASE_TYPE_CHOICES"),
        (command(options=[option(min_length=6001)]), "options.0.min_length", "NUMBER_TYPE_MAX"),
        (command(options=[option(kind=4, min_value="one")]), "options.0.min_value", "NUMBER_TYPE_COERCE"),
        (
            command(options=[option(choices=[{"name": "x", "value": "y" * 101}])]),
            "options.0.choices.0.value",
            "BASE_TYPE_MAX_LENGTH",
        ),
        (
            command(options=[option(kind=4, choices=[{"name": "x", "value": "y"}])]),
            "options.0.choices.0.value",
            "NUMBER_TYPE_COERCE",
        ),
        (
            command(options=[option(autocomplete=True, choices=[{"name": "x", "value": "y"}])]),
            "options.0.autocomplete",
            "APPLICATION_COMMAND_AUTOCOMPLETE_CHOICES",
        ),
        (
            {"name": "Quote", "type": 3, "options": [option()]},
            "options",
            "APPLICATION_COMMAND_CONTEXT_MENU_OPTIONS",
        ),
    ],
)
async def test_a_command_that_breaks_the_rules(call: Caller, path: str, body: Any, where: str, code: str) -> None:
    status, refused = await call("POST", path, body)
    assert (status, refused["code"]) == (400, 50035)
    inner = refused["errors"]
    for part in where.split("."):
        inner = inner[part]
    assert code in [error["code"] for error in inner["_errors"]]
    assert (await call("GET", path)) == (200, [])


async def test_letters_of_every_script_are_names(call: Caller, path: str) -> None:
    for name in ("привет", "你好", "नमस्ते", "over_9-000", "l'été"):
        assert (await call("POST", path, command(name)))[0] == 201, name


async def test_a_command_can_be_too_large(call: Caller, path: str) -> None:
    choices = [{"name": "n" * 100, "value": f"{n:0100}"} for n in range(25)]
    _status, refused = await call("POST", path, command(options=[option(f"o{n}", choices=choices) for n in range(2)]))
    assert refused["errors"]["_errors"][0]["code"] == "APPLICATION_COMMAND_TOO_LARGE"


async def test_there_are_at_most_so_many(discord: DiscordServer, call: Caller, path: str) -> None:
    assert (await call("PUT", path, [command(f"c{n}") for n in range(100)]))[0] == 200
    status, refused = await call("POST", path, command("one_more"))
    assert (status, refused["code"]) == (400, 30032)
    menus = [{"name": f"Menu {n}", "type": 2} for n in range(16)]
    assert (await call("PUT", path, menus))[1]["code"] == 30032
    status, refused = await call("PUT", path, [command(), command()])
    assert refused["errors"]["1"]["_errors"][0]["code"] == "APPLICATION_COMMANDS_DUPLICATE_NAME"
    assert len(discord.bot.commands()) == 100


async def test_two_hundred_new_ones_a_day(discord: DiscordServer, call: Caller, path: str, friends: Server) -> None:
    discord.world.limiter.limits = Limits({}, None, None, None, Rate(200, 86_400), None, None)
    for letter in "ab":
        assert (await call("PUT", path, [command(f"{letter}{n}") for n in range(100)]))[0] == 200
    assert (await call("PUT", path, [command(f"b{n}") for n in range(50)]))[0] == 200  # they are not new
    status, refused = await call("POST", path, command("c"))
    assert (status, refused["code"]) == (400, 30034)
    assert (await call("POST", f"/applications/{discord.bot.id}/guilds/{friends.id}/commands", command()))[0] == 201
    assert isinstance(discord.world.limiter, RateLimiter)
    assert (await call("GET", "/applications/1/commands"))[0] == 403
    assert (await call("GET", f"/applications/{discord.bot.id}/guilds/1/commands"))[1]["code"] == 50001
