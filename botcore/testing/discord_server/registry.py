"""The application commands that the bot has registered, for everywhere and for single guilds."""

from collections.abc import Iterable

from botcore.testing.discord_server.model import Json
from botcore.testing.discord_server.refusals import Refused, unknown
from botcore.testing.discord_server.snowflakes import Snowflakes
from botcore.testing.server.clock import Clock

CHAT_INPUT, USER_MENU, MESSAGE_MENU = 1, 2, 3
#: https://discord.com/developers/docs/interactions/application-commands#registering-a-command
_MOST = {CHAT_INPUT: 100, USER_MENU: 15, MESSAGE_MENU: 15}
_LOCALISED = ("name_localizations", "description_localizations")

Scope = int | None  # a guild's id, or None for everywhere


class Commands:
    """All commands, by scope. `writes` counts the calls that changed something, however little."""

    def __init__(self, clock: Clock, ids: Snowflakes, application_id: int) -> None:
        self.writes = 0
        self._clock = clock
        self._ids = ids
        self._application_id = application_id
        self._by_scope: dict[Scope, dict[int, Json]] = {}

    def of(self, scope: Scope) -> list[Json]:
        """The commands of a scope."""
        return list(self._by_scope.get(scope, {}).values())

    def visible_in(self, guild_id: int | None) -> list[Json]:
        """What can be used in a guild or in private; a guild's own command hides a global one of the same name."""
        own = [] if guild_id is None else self.of(guild_id)
        taken = {(one["type"], one["name"]) for one in own}
        return own + [one for one in self.of(None) if (one["type"], one["name"]) not in taken]

    def find(self, scope: Scope, number: int) -> Json:
        """One command.

        Raises:
            Refused: 404.
        """
        found = self._by_scope.get(scope, {}).get(number)
        if found is None:
            raise unknown("application command")
        return found

    def named(self, scope: Scope, kind: int, name: str) -> Json | None:
        """The command of that kind and name."""
        return next((one for one in self.of(scope) if one["type"] == kind and one["name"] == name), None)

    def news(self, scope: Scope, commands: Iterable[Json]) -> int:
        """How many of these do not exist yet."""
        return sum(self.named(scope, one["type"], one["name"]) is None for one in commands)

    def put(self, scope: Scope, command: Json) -> Json:
        """Add a command, or overwrite the one of the same kind and name; the version changes with the content.

        Raises:
            Refused: 400 where there are too many.
        """
        present = self.named(scope, command["type"], command["name"])
        if (
            present is None
            and len([one for one in self.of(scope) if one["type"] == command["type"]]) >= _MOST[command["type"]]
        ):
            raise too_many(command["type"])
        self.writes += 1
        return self._store(scope, command, present)

    def replace(self, scope: Scope, commands: list[Json]) -> list[Json]:
        """Make these the commands of the scope; those that stay keep their ids.

        Raises:
            Refused: 400 where there are too many.
        """
        for kind, most in _MOST.items():
            if sum(one["type"] == kind for one in commands) > most:
                raise too_many(kind)
        self.writes += 1
        before = {(one["type"], one["name"]): one for one in self.of(scope)}
        self._by_scope[scope] = {}
        return [self._store(scope, one, before.get((one["type"], one["name"]))) for one in commands]

    def change(self, scope: Scope, number: int, command: Json) -> Json:
        """Overwrite one command by id."""
        self.writes += 1
        return self._store(scope, command, self.find(scope, number))

    def remove(self, scope: Scope, number: int) -> None:
        """Delete one.

        Raises:
            Refused: 404.
        """
        self.find(scope, number)
        self.writes += 1
        del self._by_scope[scope][number]

    def _store(self, scope: Scope, command: Json, present: Json | None) -> Json:
        kept = {} if present is None else {k: v for k, v in present.items() if k not in {"id", "version"}}
        made: Json = {"application_id": str(self._application_id), **command}
        if scope is not None:
            made["guild_id"] = str(scope)
        number = self._ids.next() if present is None else int(present["id"])
        version = present["version"] if present is not None and kept == made else str(self._ids.next())
        stored = {"id": str(number), "version": version, **made}
        self._by_scope.setdefault(scope, {})[number] = stored
        return stored


def too_many(kind: int) -> Refused:
    """400 with code 30032."""
    return Refused(400, 30032, f"Maximum number of application commands reached ({_MOST[kind]})")


def without_localisations(command: Json) -> Json:
    """As lists show a command unless they are asked for localisations."""
    found = {k: v for k, v in command.items() if k not in _LOCALISED}
    if "options" in found:
        found["options"] = [without_localisations(one) for one in found["options"]]
    if "choices" in found:
        found["choices"] = [without_localisations(one) for one in found["choices"]]
    return found
