"""What a person's app does with a command before the bot hears of it: finding it, and checking the options.

A mistake that the app would not let pass is a `NotSent` here: the bot never gets to see it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botcore.testing.discord_server.command_forms import (
    ATTACHMENT,
    CHANNEL,
    INTEGER,
    MENTIONABLE,
    ROLE,
    STRING,
    USER,
)
from botcore.testing.discord_server.invoking import (
    IN_GUILD,
    WITH_BOT,
    context_of,
    installations,
    resolved_file,
    resolved_user,
)
from botcore.testing.discord_server.model import Channel, HasUser, Json, Role, User
from botcore.testing.discord_server.permissions import EVERYTHING, Permission, in_channel
from botcore.testing.discord_server.refusals import NotSent
from botcore.testing.discord_server.registry import CHAT_INPUT
from botcore.testing.discord_server.world import World

_NESTED = frozenset({1, 2})


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that a person sends; `size` declares another number of bytes than `content` has. `duration` in seconds."""

    content: bytes
    name: str
    media_type: str = ""
    size: int | None = None
    description: str = ""
    duration: float | None = None
    waveform: str = ""


def usable(world: World, user: User, channel: Channel) -> list[Json]:
    """The commands that a person's app offers in a channel."""
    guild_id = channel.guild.id if channel.guild else None
    return [one for one in world.commands.visible_in(guild_id) if _is_offered(world, one, user, channel)]


def find_command(world: World, user: User, channel: Channel, name: str, kind: int = CHAT_INPUT) -> Json:
    """The command of that name.

    Raises:
        NotSent: where the app does not offer it, with what it offers.
    """
    offered = [one for one in usable(world, user, channel) if one["type"] == kind]
    found = next((one for one in offered if one["name"] == name), None)
    if found is None:
        names = ", ".join(sorted(one["name"] for one in offered)) or "none"
        raise NotSent(f"no command {name!r} for {user.name} here; there are: {names}")
    return found


def _is_offered(world: World, command: Json, user: User, channel: Channel) -> bool:
    context = context_of(world, channel)
    contexts = command.get("contexts")
    if contexts is None:
        contexts = [IN_GUILD, *([WITH_BOT] if command["dm_permission"] else [])]
    installed = {int(key) for key in installations(world, user, channel)}
    if context not in contexts or not installed & set(command["integration_types"]):
        return False
    if channel.guild is None:
        return True
    bits = in_channel(channel, user)
    needed = command["default_member_permissions"]
    allowed = needed is None or bits == EVERYTHING or (int(needed) != 0 and bits & int(needed) == int(needed))
    return allowed and bool(bits & Permission.USE_APPLICATION_COMMANDS)


def fill(
    world: World,
    user: User,
    channel: Channel,
    name: str,
    values: Mapping[str, Any],
    *,
    focused: str | None = None,
) -> tuple[Json, list[int]]:
    """The data of a command interaction, and the installations the command is for.

    `focused` is the option that is being typed: then nothing needs to be complete.

    Raises:
        NotSent: for what the app would not send.
    """
    root, *path = name.split(" ")
    command = find_command(world, user, channel, root)
    options = command.get("options", [])
    for part in path:
        options = _descend(options, part, name)
    if any(one["type"] in _NESTED for one in options):
        raise NotSent(f"/{name} needs a subcommand: {', '.join(one['name'] for one in options)}")
    resolved: Json = {}
    filled = _Filler(world, channel, resolved, focused).fill(name, options, values)
    kinds = _kinds(command.get("options", []), path)
    for part, kind in reversed(list(zip(path, kinds, strict=True))):
        filled = [{"type": kind, "name": part, "options": filled}]
    data: Json = {"id": command["id"], "name": root, "type": CHAT_INPUT, "options": filled}
    if "guild_id" in command:
        data["guild_id"] = command["guild_id"]
    if resolved:
        data["resolved"] = resolved
    types: list[int] = command["integration_types"]
    return data, types


def _descend(options: list[Json], part: str, name: str) -> list[Json]:
    for one in options:
        if one["name"] == part and one["type"] in _NESTED:
            found: list[Json] = one.get("options", [])
            return found
    raise NotSent(f"/{name} has no subcommand {part!r}")


def _kinds(options: list[Json], path: list[str]) -> list[int]:
    kinds: list[int] = []
    for part in path:
        found = next(one for one in options if one["name"] == part)
        kinds.append(found["type"])
        options = found.get("options", [])
    return kinds


class _Filler:
    """Turns the values that a person gives into options."""

    def __init__(self, world: World, channel: Channel, resolved: Json, focused: str | None) -> None:
        self._world = world
        self._channel = channel
        self._resolved = resolved
        self._focused = focused

    def fill(self, name: str, options: list[Json], values: Mapping[str, Any]) -> list[Json]:
        known = {one["name"]: one for one in options}
        if unknown := set(values) - set(known):
            raise NotSent(f"/{name} has no option {', '.join(sorted(unknown))}; it has: {', '.join(known) or 'none'}")
        missing = [one["name"] for one in options if one.get("required") and one["name"] not in values]
        if missing and self._focused is None:
            raise NotSent(f"/{name} needs {', '.join(missing)}")
        filled: list[Json] = []
        for option in options:
            if option["name"] not in values:
                continue
            value = values[option["name"]]
            if option["name"] == self._focused:
                if not option.get("autocomplete"):
                    raise NotSent(f"/{name}: {self._focused} has no suggestions")
                filled.append({"type": option["type"], "name": self._focused, "value": str(value), "focused": True})
            else:
                made = self._value(option, value)
                filled.append({"type": option["type"], "name": option["name"], "value": made})
        if self._focused is not None and self._focused not in values:
            raise NotSent(f"/{name}: nothing was typed into {self._focused}")
        return filled

    def _value(self, option: Json, value: Any) -> Any:
        name, kind = option["name"], option["type"]
        if choices := option.get("choices"):
            found = [one["value"] for one in choices if value in {one["name"], one["value"]}]
            if not found:
                shown = ", ".join(str(one["name"]) for one in choices)
                raise NotSent(f"{name}: {value!r} is no choice; there are: {shown}")
            return found[0]
        match kind:
            case 3 | 4 | 10:
                return _scalar(option, value)
            case 5:
                if not isinstance(value, bool):
                    raise NotSent(f"{name}: True or False, not {value!r}")
                return value
            case _:
                return self._thing(option, value)

    def _thing(self, option: Json, value: Any) -> str:
        """Users, channels, roles and files are sent as ids, with the thing itself beside them."""
        name, kind = option["name"], option["type"]
        user = value if isinstance(value, User) else getattr(value, "user", None)
        if kind in {USER, MENTIONABLE} and isinstance(user, User):
            resolved_user(self._channel, user, self._resolved)
            return str(user.id)
        if kind in {ROLE, MENTIONABLE} and isinstance(value, Role):
            self._resolved.setdefault("roles", {})[str(value.id)] = value.as_json()
            return str(value.id)
        if kind == CHANNEL and isinstance(value, Channel):
            kinds = option.get("channel_types")
            if kinds and value.kind not in kinds:
                raise NotSent(f"{name}: {value.name} is not of the kinds {kinds}")
            shown = self._world.renderer.partial_channel(value, self._world.bot)
            self._resolved.setdefault("channels", {})[str(value.id)] = shown
            return str(value.id)
        if kind == ATTACHMENT and isinstance(value, Attachment):
            file = self._world.files.store(
                value.content, value.name, channel_id=self._channel.id, media_type=value.media_type, size=value.size
            )
            resolved_file(self._world, file, self._resolved)
            return str(file.id)
        raise NotSent(f"{name}: {value!r} does not fit")


def _scalar(option: Json, value: Any) -> Any:
    name, kind = option["name"], option["type"]
    if kind == STRING:
        if not isinstance(value, str):
            raise NotSent(f"{name}: a text, not {value!r}")
        low, high = option.get("min_length", 0), option.get("max_length", 6000)
        if not low <= len(value) <= high:
            raise NotSent(f"{name}: {low} to {high} characters, not {len(value)}")
        return value
    wanted = int if kind == INTEGER else int | float
    if isinstance(value, bool) or not isinstance(value, wanted):
        raise NotSent(f"{name}: a {'whole ' if kind == INTEGER else ''}number, not {value!r}")
    low, high = option.get("min_value"), option.get("max_value")
    if (low is not None and value < low) or (high is not None and value > high):
        raise NotSent(f"{name}: from {low} to {high}, not {value}")
    return value


def user_of(someone: User | HasUser) -> User:
    """The account behind a person."""
    return someone if isinstance(someone, User) else someone.user
