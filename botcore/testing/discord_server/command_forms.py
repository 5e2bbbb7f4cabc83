"""The definitions of application commands: checked, and completed as answers carry them.

https://discord.com/developers/docs/interactions/application-commands#application-command-object
"""

import re

from botcore.testing.discord_server.forms import Form, Path, each
from botcore.testing.discord_server.model import Json
from botcore.testing.discord_server.registry import CHAT_INPUT

_SUBCOMMAND, _GROUP = 1, 2
STRING, INTEGER, BOOLEAN, USER, CHANNEL, ROLE, MENTIONABLE, NUMBER, ATTACHMENT = 3, 4, 5, 6, 7, 8, 9, 10, 11
_WITH_CHOICES = frozenset({STRING, INTEGER, NUMBER})
_MAX_TOTAL = 8000  # characters of names, descriptions and values of one command
_NAME = re.compile(r"[-_'\w\u0900-\u097f\u0e00-\u0e7f]{1,32}")  # letters and digits of every script; Devanagari, Thai
_LANGUAGE = re.compile(r"[a-z]{2}(?:-[A-Z]{2}|-\d{3})?")


def read_command(form: Form, given: Json, path: Path = (), *, kind: int | None = None) -> Json:
    """A command as the API gives it back, without its ids; what is wrong is noted in the form."""
    found = kind or form.choice(given, (*path, "type"), {1, 2, 3}) or CHAT_INPUT
    name = form.text(given, (*path, "name"), 32, shortest=1, needed=True) or ""
    made: Json = {
        "type": found,
        "name": name,
        **_localised(form, given, path),
        "description": _description(form, given, path) if found == CHAT_INPUT else "",
        "default_member_permissions": _bits(form, given, path),
        "dm_permission": given.get("dm_permission") is not False,
        "nsfw": form.flag(given, (*path, "nsfw")),
        "integration_types": _numbers(form, given, (*path, "integration_types"), {0, 1}) or [0],
    }
    contexts = _numbers(form, given, (*path, "contexts"), {0, 1, 2})
    if contexts:
        made |= {"contexts": contexts, "dm_permission": 1 in contexts}
    if found == CHAT_INPUT:
        _check_name(form, name, (*path, "name"))
        if options := _options(form, given, path, depth=0):
            made["options"] = options
    elif given.get("options"):
        words = "Context menu commands cannot have options"
        form.wrong((*path, "options"), "APPLICATION_COMMAND_CONTEXT_MENU_OPTIONS", words)
    if _length(made) > _MAX_TOTAL:
        form.wrong(path, "APPLICATION_COMMAND_TOO_LARGE", f"Command exceeds maximum size ({_MAX_TOTAL})")
    return made


def read_commands(form: Form, given: list[Json]) -> list[Json]:
    """The whole list of a bulk overwrite."""
    made = each(given, lambda one, path: read_command(form, one, path), ())
    seen: set[tuple[int, str]] = set()
    for index, one in enumerate(made):
        key = one["type"], one["name"]
        if key in seen:
            words = "Application command names must be unique"
            form.wrong((index,), "APPLICATION_COMMANDS_DUPLICATE_NAME", words)
        seen.add(key)
    return made


def _check_name(form: Form, name: str, path: Path) -> None:
    if name and (not _NAME.fullmatch(name) or name != name.lower()):
        form.wrong(path, "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid")


def _description(form: Form, given: Json, path: Path) -> str:
    return form.text(given, (*path, "description"), 100, shortest=1, needed=True) or ""


def _localised(form: Form, given: Json, path: Path) -> Json:
    made: Json = {}
    for name, longest in (("name_localizations", 32), ("description_localizations", 100)):
        value = form.object(given, (*path, name)) or {}
        made[name] = value or None
        for language in value:
            where = (*path, name, language)
            if not _LANGUAGE.fullmatch(language):
                form.wrong(where, "LOCALE_INVALID", f'"{language}" is not a locale.')
            form.text(value, where, longest, shortest=1)
    return made


def _bits(form: Form, given: Json, path: Path) -> str | None:
    value = form.integer(given, (*path, "default_member_permissions"))
    return None if value is None else str(value)


def _numbers(form: Form, given: Json, path: Path, allowed: set[int]) -> list[int]:
    value = set(form.values(given, path))
    if value <= allowed:
        return sorted(value)
    form.wrong(path, "BASE_TYPE_CHOICES", f"Value must be one of {allowed}.")
    return []


def _options(form: Form, given: Json, path: Path, *, depth: int) -> list[Json]:
    where = (*path, "options")
    options = form.objects(given, where, 25)
    made = each(options, lambda one, at: _option(form, one, at, depth=depth), where)
    seen: set[str] = set()
    optional = False
    for index, one in enumerate(made):
        if one["name"] in seen:
            words = "Option names must be unique"
            form.wrong((*where, index), "APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_EXISTS", words)
        seen.add(one["name"])
        if one.get("required") and optional:
            words = "Required options must be placed before non-required options"
            form.wrong((*where, index), "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", words)
        optional = optional or not one.get("required")
    if len({one["type"] in {_SUBCOMMAND, _GROUP} for one in made}) > 1:
        words = "Sub-command and sub-command group option types are mutually exclusive to all other types"
        form.wrong(where, "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", words)
    return made


def _option(form: Form, given: Json, path: Path, *, depth: int) -> Json:
    allowed = range(1 if depth == 0 else (1 if depth == 1 else 3), 12)
    kind = form.choice(given, (*path, "type"), allowed, needed=True) or STRING
    name = form.text(given, (*path, "name"), 32, shortest=1, needed=True) or ""
    _check_name(form, name, (*path, "name"))
    made: Json = {
        "type": kind,
        "name": name,
        **_localised(form, given, path),
        "description": _description(form, given, path),
    }
    if kind in {_SUBCOMMAND, _GROUP}:
        if options := _options(form, given, path, depth=depth + 1 if kind == _GROUP else 2):
            made["options"] = options
        return made
    for flag in ("required", "autocomplete"):
        if form.flag(given, (*path, flag)):
            made[flag] = True
    _bounds(form, given, path, made)
    if kind == CHANNEL and (kinds := form.values(given, (*path, "channel_types"))):
        made["channel_types"] = kinds
    choices = form.objects(given, (*path, "choices"), 25)
    if choices and kind in _WITH_CHOICES:
        made["choices"] = each(choices, lambda one, at: _choice(form, one, at, kind), (*path, "choices"))
        if made.get("autocomplete"):
            words = "Autocomplete cannot be used with choices"
            form.wrong((*path, "autocomplete"), "APPLICATION_COMMAND_AUTOCOMPLETE_CHOICES", words)
    return made


def _bounds(form: Form, given: Json, path: Path, made: Json) -> None:
    """Lengths of strings and bounds of numbers; what does not belong to the type is refused."""
    kind = made["type"]
    for name, lowest in (("min_length", 0), ("max_length", 1)):
        value = form.integer(given, (*path, name), lowest=lowest, highest=6000)
        if value is not None and kind == STRING:
            made[name] = value
    for name in ("min_value", "max_value"):
        value = given.get(name)
        if value is None or kind not in {INTEGER, NUMBER}:
            continue
        if isinstance(value, bool) or not isinstance(value, int if kind == INTEGER else int | float):
            form.wrong((*path, name), "NUMBER_TYPE_COERCE", f'Value "{value}" is not a number.')
        else:
            made[name] = value


def _choice(form: Form, given: Json, path: Path, kind: int) -> Json:
    name = form.text(given, (*path, "name"), 100, shortest=1, needed=True) or ""
    value = given.get("value")
    if kind == STRING:
        value = form.text(given, (*path, "value"), 100, needed=True)
    elif isinstance(value, bool) or not isinstance(value, int if kind == INTEGER else int | float):
        form.wrong((*path, "value"), "NUMBER_TYPE_COERCE", f'Value "{value}" is not a number.')
    localised = form.object(given, (*path, "name_localizations"))
    return {"name": name, "name_localizations": localised or None, "value": value}


def _length(command: Json) -> int:
    total = len(command.get("name") or "") + len(command.get("description") or "")
    total += sum(_length(one) for one in command.get("options", ()))
    return total + sum(len(one["name"]) + len(str(one["value"])) for one in command.get("choices", ()))
