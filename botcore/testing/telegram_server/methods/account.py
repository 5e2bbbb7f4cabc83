"""getMe, logOut, close, the command menus."""

import re
from typing import Any

from botcore.testing.telegram_server.access import find_chat
from botcore.testing.telegram_server.model import Json
from botcore.testing.telegram_server.params import Params
from botcore.testing.telegram_server.refusals import bad_request
from botcore.testing.telegram_server.world import World

_COMMAND = re.compile(r"[a-z0-9_]{1,32}")
_MAX_COMMANDS = 100
_MAX_DESCRIPTION = 256
_SCOPES = frozenset({"default", "all_private_chats", "all_group_chats", "all_chat_administrators"})
_CHAT_SCOPES = frozenset({"chat", "chat_administrators", "chat_member"})


def get_me(world: World, _params: Params) -> Any:
    """https://core.telegram.org/bots/api#getme."""
    return {
        **world.bot.as_json(),
        "can_join_groups": True,
        "can_read_all_group_messages": world.reads_all_messages,
        "supports_inline_queries": False,
        "can_connect_to_business": False,
        "has_main_web_app": False,
        "has_topics_enabled": False,
        "allows_users_to_create_topics": False,
        "can_manage_bots": False,
    }


def log_out(_world: World, _params: Params) -> Any:
    """https://core.telegram.org/bots/api#logout: accepted, without effect."""
    return True


def set_my_commands(world: World, params: Params) -> Any:
    """https://core.telegram.org/bots/api#setmycommands."""
    given = params.json("commands", "commands") or []
    if not isinstance(given, list):
        raise bad_request("Expected an Array of BotCommand")
    commands = [_command(item) for item in given]
    if len(commands) > _MAX_COMMANDS:
        raise bad_request("BOT_COMMANDS_TOO_MUCH")
    key = _scope(world, params)
    if commands:
        world.commands[key] = commands
    else:
        world.commands.pop(key, None)
    world.news.tell()
    return True


def get_my_commands(world: World, params: Params) -> Any:
    """https://core.telegram.org/bots/api#getmycommands."""
    return world.commands.get(_scope(world, params), [])


def delete_my_commands(world: World, params: Params) -> Any:
    """https://core.telegram.org/bots/api#deletemycommands."""
    world.commands.pop(_scope(world, params), None)
    world.news.tell()
    return True


def _command(item: Any) -> Json:
    if not isinstance(item, dict):
        raise bad_request("can't parse BotCommand: expected an Object")
    for name in ("command", "description"):
        if not isinstance(item.get(name), str):
            raise bad_request(f"can't parse BotCommand: Can't find field \"{name}\"")
    command, description = item["command"].removeprefix("/"), item["description"].strip()
    if not command:
        raise bad_request("Command must be non-empty")
    if not _COMMAND.fullmatch(command):
        raise bad_request("BOT_COMMAND_INVALID")
    if not description:
        raise bad_request("Command description must be non-empty")
    if len(description) > _MAX_DESCRIPTION:
        raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
    return {"command": command, "description": description}


def _scope(world: World, params: Params) -> tuple[str, str]:
    language = params.text("language_code")
    scope = params.json("scope", "BotCommandScope")
    if scope is None:
        return "default", language
    if not isinstance(scope, dict):
        raise bad_request("can't parse BotCommandScope: BotCommandScope must be an Object")
    kind = scope.get("type")
    if kind in _SCOPES:
        return str(kind), language
    if kind not in _CHAT_SCOPES:
        raise bad_request("can't parse BotCommandScope: Unsupported type specified")
    chat = find_chat(world, Params(scope))
    member = f"/{scope.get('user_id')}" if kind == "chat_member" else ""
    return f"{kind}/{chat.id}{member}", language
