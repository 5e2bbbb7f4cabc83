"""Who is mentioned in a text, and who is allowed to be pinged by it.

https://discord.com/developers/docs/resources/message#allowed-mentions-object
"""

import re
from dataclasses import dataclass

from botcore.testing.discord_server.forms import Form, Path, as_snowflake
from botcore.testing.discord_server.messages import Message, Pings
from botcore.testing.discord_server.model import Channel, Json, Role, User
from botcore.testing.discord_server.permissions import Permission, may

_CODE = re.compile(r"```.*?```|``.*?``|`[^`]*`", re.DOTALL)
_USER = re.compile(r"<@!?(\d{1,20})>")
_ROLE = re.compile(r"<@&(\d{1,20})>")
_EVERYONE = re.compile(r"@(?:everyone|here)\b")


@dataclass(frozen=True, slots=True)
class Allowed:
    """Which mentions may ping: all of a kind (True), or the listed ids."""

    users: bool | frozenset[int] = True
    roles: bool | frozenset[int] = True
    everyone: bool = True
    replied: bool = True


EVERYTHING = Allowed()
USERS_ONLY = Allowed(roles=False, everyone=False)


def read_allowed(form: Form, holder: Json, path: Path, default: Allowed) -> Allowed:
    """The `allowed_mentions` of a message body."""
    given = form.object(holder, path)
    if given is None:
        return default
    parse = set(form.values(given, (*path, "parse")))
    if wrong := parse - {"users", "roles", "everyone", None}:
        words = f"Value must be one of {{'everyone', 'roles', 'users'}}, not {sorted(map(str, wrong))}."
        form.wrong((*path, "parse"), "BASE_TYPE_CHOICES", words)
    found: dict[str, bool | frozenset[int]] = {}
    for kind in ("users", "roles"):
        ids = form.values(given, (*path, kind))
        if ids and kind in parse:
            words = f'parse:["{kind}"] and {kind}: [ids...] are mutually exclusive.'
            form.wrong(path, "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE", words)
        if len(ids) > 100:
            form.wrong((*path, kind), "BASE_TYPE_MAX_LENGTH", "Must be 100 or fewer in length.")
        read = [as_snowflake(one) for one in ids]
        found[kind] = kind in parse or frozenset(one for one in read if one is not None)
    return Allowed(found["users"], found["roles"], "everyone" in parse, bool(given.get("replied_user")))


def find_pings(
    text: str,
    *,
    channel: Channel,
    author: User,
    allowed: Allowed,
    users: dict[int, User],
    replied: Message | None = None,
) -> Pings:
    """Whom a text pings when `author` writes it in `channel`. Mentions inside of code ping nobody."""
    pinged: dict[int, User] = {}
    if replied is not None and allowed.replied and replied.author is not author:
        pinged[replied.author.id] = replied.author
    if "@" not in text:
        return Pings(users=tuple(pinged.values())) if pinged else _NOBODY
    bare = _CODE.sub("", text)
    for found in _USER.findall(bare):
        user = users.get(int(found))
        if user is not None and _is_allowed(user.id, allowed.users):
            pinged[user.id] = user
    if channel.guild is None:
        return Pings(users=tuple(pinged.values()))
    anyone = may(channel, author, Permission.MENTION_EVERYONE)
    roles: dict[int, Role] = {}
    for found in _ROLE.findall(bare):
        role = channel.guild.roles.get(int(found))
        if role is not None and _is_allowed(role.id, allowed.roles) and (role.mentionable or anyone):
            roles[role.id] = role
    everyone = anyone and allowed.everyone and _EVERYONE.search(bare) is not None
    return Pings(everyone, tuple(pinged.values()), tuple(roles.values()))


_NOBODY = Pings()


def _is_allowed(number: int, allowed: bool | frozenset[int]) -> bool:
    return allowed if isinstance(allowed, bool) else number in allowed
