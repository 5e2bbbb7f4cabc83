"""The options of a slash command, as the engine takes them."""

from typing import Any, Final

from botcore.messages import Json
from botcore_discord.content import name_of, option_file

_USER, _CHANNEL, _ATTACHMENT = 6, 7, 11
_SAME: Final = frozenset({3, 4, 5, 10})
"""String, integer, boolean, number (https://discord.com/developers/docs/interactions/application-commands)."""


def options_of(data: Any) -> dict[str, Json]:
    """The values by name. People and channels come with the names that this server shows, files as a part's JSON."""
    resolved = data.get("resolved", {})
    return {str(one["name"]): _value(one, resolved) for one in data.get("options", ())}


def _value(option: Any, resolved: Any) -> Json:
    kind, value = option["type"], option.get("value")
    if kind in _SAME:
        return value
    if kind == _USER:
        member = resolved.get("members", {}).get(value, {})
        user = resolved.get("users", {}).get(value, {})
        name = member.get("nick") or user.get("global_name") or user.get("username")
        return {"id": str(value), "name": name_of(name)}
    if kind == _CHANNEL:
        return {"id": str(value), "name": name_of(resolved.get("channels", {}).get(value, {}).get("name"))}
    if kind == _ATTACHMENT:
        return option_file(resolved["attachments"][value])
    raise ValueError(f"an option of type {kind}")
