"""What a command is given, as the engine takes it: options, or the person from whose menu it was chosen."""

from typing import Any, Final

from botcore.messages import Json, User
from botcore_discord.content import name_of, option_file

_USER, _CHANNEL, _ATTACHMENT = 6, 7, 11
_SAME: Final = frozenset({3, 4, 5, 10})
"""String, integer, boolean, number (https://discord.com/developers/docs/interactions/application-commands)."""


def options_of(data: Any) -> dict[str, Json]:
    """The values by name. People and channels come with the names that this server shows, files as a part's JSON."""
    resolved = data.get("resolved", {})
    return {str(one["name"]): _value(one, resolved) for one in data.get("options", ())}


def person_of(number: str, resolved: Any) -> User:
    """The person of that id."""
    member = resolved.get("members", {}).get(number, {})
    user = resolved.get("users", {}).get(number, {})
    return User(number, name_of(member.get("nick") or user.get("global_name") or user.get("username")))


def _value(option: Any, resolved: Any) -> Json:
    kind, value = option["type"], option.get("value")
    if kind in _SAME:
        return value
    if kind == _USER:
        person = person_of(str(value), resolved)
        return {"id": person.id, "name": person.name}
    if kind == _CHANNEL:
        return {"id": str(value), "name": name_of(resolved.get("channels", {}).get(value, {}).get("name"))}
    if kind == _ATTACHMENT:
        return option_file(resolved["attachments"][value])
    raise ValueError(f"an option of type {kind}")
