"""Slash commands and entries of menus: kept the same at Discord as here, and written only where they differ."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any, Final

from botcore.complaints import Complaints
from botcore.messages import Json
from botcore_discord.client import FAILURES, BotClient, tree_of
from botcore_discord.library import Route, discord
from botcore_discord.settings import DiscordSettings

log = logging.getLogger(__name__)

_CHAT_INPUT, _USER, _MESSAGE = 1, 2, 3
_KINDS: Final[Mapping[int, tuple[int, str]]] = {
    _CHAT_INPUT: (100, "slash commands"),
    _USER: (15, "commands in the menu of a person"),
    _MESSAGE: (15, "commands in the menu of a message"),
}
"""How many of each kind an app may have in one place, and what they are called. In menus it was five until March 2026.

https://discord.com/developers/docs/interactions/application-commands#registering-a-command
"""
_LOOKED_AT: Final = 20
"""Servers in which is looked for commands that are left over: `guilds` is for bots that are on a few."""
_GUILD_INSTALL, _USER_INSTALL = 0, 1

_UNSAID: Final[Mapping[str, Json]] = {
    "type": _CHAT_INPUT,
    "description": "",
    "required": False,
    "autocomplete": False,
    "nsfw": False,
    "options": [],
    "choices": [],
    "name_localizations": None,
    "description_localizations": None,
    "default_member_permissions": None,
}
"""What Discord takes a missing field for; some it leaves out of its answers, some it writes."""
_COMPARED: Final = frozenset(
    {
        *_UNSAID,
        *("name", "value", "contexts", "integration_types", "channel_types"),
        *("min_value", "max_value", "min_length", "max_length"),
    }
)
_SETS: Final = frozenset({"contexts", "integration_types", "channel_types"})


class CommandSync:
    """Keeps the commands of one app the same at Discord."""

    def __init__(self, client: discord.Client, settings: DiscordSettings, complaints: Complaints) -> None:
        self._client = client
        self._settings = settings
        self._complaints = complaints

    async def run(self, commands: Sequence[Mapping[str, Json]]) -> None:
        """Compare and, where they differ, write: one request for each place. Never raises; what fails is one line."""
        own = self._of_the_application(None)
        wanted = [one for kind in _KINDS for one in self._with_room(kind, commands, own)]
        guilds = self._settings.guilds
        await self._sync(None, [*own, *([] if guilds else map(self._everywhere, wanted))])
        for guild in guilds:
            here = self._of_the_application(discord.Object(guild))
            await self._sync(guild, [*here, *map(_in_one_guild, wanted)])
        if isinstance(self._client, BotClient):  # an application's client may have others that nobody here knows of
            for other in [one.id for one in self._client.guilds if one.id not in guilds][:_LOOKED_AT]:
                await self._clear(other)

    def _with_room(
        self, kind: int, commands: Sequence[Mapping[str, Json]], own: Sequence[Mapping[str, Json]]
    ) -> list[dict[str, Json]]:
        """The commands of a kind that Discord takes beside the application's own; the others are named."""
        most, called = _KINDS[kind]
        taken = {one["name"] for one in own if _kind_of(one) == kind}
        wanted = [dict(one) for one in commands if _kind_of(one) == kind and one["name"] not in taken]
        room = max(0, most - len(taken))
        if len(wanted) > room:
            mark = "/" if kind == _CHAT_INPUT else ""
            left = ", ".join(f"{mark}{one['name']}" for one in wanted[room:])
            self._complaints.say(f"many {kind}", "Discord takes %d %s; these are left out: %s", most, called, left)
        return wanted[:room]

    def _of_the_application(self, guild: discord.Object | None) -> list[dict[str, Any]]:
        """The commands of a client that has a tree of its own: writing all commands would delete them."""
        tree = tree_of(self._client)
        return [] if tree is None else [command.to_dict(tree) for command in tree.get_commands(guild=guild)]

    def _everywhere(self, command: dict[str, Json]) -> dict[str, Json]:
        types = [_GUILD_INSTALL, _USER_INSTALL] if self._settings.user_install else [_GUILD_INSTALL]
        return {**command, "integration_types": types}

    async def _sync(self, guild: int | None, wanted: Sequence[dict[str, Any]]) -> None:
        where = "everywhere" if guild is None else f"on server {guild}"
        try:
            if not await self._differs(guild, wanted):
                log.debug("the commands %s are up to date", where)
                return
            _ = await self._client.http.request(self._route("PUT", guild), json=wanted)
        except FAILURES as error:
            self._complaints.say(f"commands {guild}", "the commands %s are not up to date: %s", where, _why(error))
        else:
            log.info("Discord: %d commands are registered %s", len(wanted), where)

    async def _clear(self, guild: int) -> None:
        """Take away what a server has that `guilds` named earlier: there each command would be offered twice."""
        try:
            if await self._differs(guild, ()):
                _ = await self._client.http.request(self._route("PUT", guild), json=[])
                log.info("Discord: server %d is no longer in discord.guilds, its commands are taken away", guild)
        except FAILURES as error:
            log.debug("whether server %d has commands of its own is not known: %s", guild, _why(error))

    async def _differs(self, guild: int | None, wanted: Sequence[dict[str, Any]]) -> bool:
        """Whether Discord has others. Compared as JSON: the library's objects do not keep every field."""
        found: Any = await self._client.http.request(self._route("GET", guild), params={"with_localizations": "true"})
        return _by_name(found) != _by_name(wanted)

    def _route(self, method: str, guild: int | None) -> Route:
        app = self._client.application_id
        if guild is None:
            return Route(method, "/applications/{application_id}/commands", application_id=app)
        path = "/applications/{application_id}/guilds/{guild_id}/commands"
        return Route(method, path, application_id=app, guild_id=guild)


def _in_one_guild(command: dict[str, Json]) -> dict[str, Json]:
    """Contexts and installations are for commands that are everywhere."""
    return {key: value for key, value in command.items() if key not in {"contexts", "integration_types"}}


def _kind_of(command: Mapping[str, Json]) -> int:
    return int(command.get("type", _CHAT_INPUT))


def _by_name(commands: Sequence[Mapping[str, Json]]) -> dict[tuple[int, str], Json]:
    return {(_kind_of(one), one["name"]): normal(one) for one in commands}


def normal(command: Mapping[str, Json]) -> dict[str, Json]:
    """A command, an option or a choice in the one form in which two that mean the same are equal.

    >>> normal({"name": "a", "description": "b", "id": "7", "nsfw": False}) == normal({"name": "a", "description": "b"})
    True
    """
    told: dict[str, Json] = {}
    for key, value in command.items():
        if key not in _COMPARED or value == _UNSAID.get(key, ...) or value is None or value == {}:
            continue
        if key in {"options", "choices"}:
            told[key] = [normal(one) for one in value]
        elif key == "default_member_permissions":
            told[key] = str(value)
        else:
            told[key] = sorted(value) if key in _SETS else value
    if told.get("integration_types") == [_GUILD_INSTALL]:
        del told["integration_types"]  # the default
    return told


def _why(error: Exception) -> str:
    said = " ".join(str(error).split()) or type(error).__name__
    if isinstance(error, discord.Forbidden):
        return f"{said}; invite the bot again with the scope applications.commands"
    if isinstance(error, discord.RateLimited):
        return f"Discord wants a pause of {error.retry_after:.0f} s; they are tried at the next start"
    return said
