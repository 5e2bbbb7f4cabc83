"""Which links Telegram accepts in text, and how it writes them (TDLib `LinkManager::check_link`)."""

import re
from typing import Any
from urllib.parse import parse_qsl

_HTTP = re.compile(
    r"(?:(?P<scheme>[a-z]+)://)?(?P<user>[^\s/?#@]*@)?(?P<host>\[[0-9a-f:.]+\]|[^\s/?#:@\[\]]+)(?::(?P<port>\d{1,5}))?"
    r"(?P<rest>[/?#].*)?",
    re.IGNORECASE | re.DOTALL,
)
_OWN_SCHEME = re.compile(r"(?P<scheme>tg|ton|tonsite):(?://)?(?P<rest>.*)", re.IGNORECASE | re.DOTALL)
_OWN_HOST = re.compile(r"(?P<host>[A-Za-z0-9_.-]+)(?P<query>[/?#].*)?", re.DOTALL)
_USER = re.compile(r"tg:(?://)?user/?\?(?P<query>[^#]*)", re.IGNORECASE)
_SPECIAL = re.compile(r"tg:(?://)?(?P<kind>emoji|time)/?\?(?P<query>[^#]*)(?:#.*)?", re.IGNORECASE)
_NUMBER = re.compile(r"[1-9]\d*")
_TIME_FORMAT = re.compile(r"[rR]|[tTdDwW]*")
_MAX_PORT = 65_535


def checked_link(link: str) -> str | None:
    """The link as Telegram stores it (scheme added, host lowered, a slash after it), or None where it refuses it."""
    if own := _OWN_SCHEME.fullmatch(link):
        named = _OWN_HOST.fullmatch(own["rest"])
        if named is None:
            return None
        return f"{own['scheme'].lower()}://{named['host'].lower()}{named['query'] or ''}"
    found = _HTTP.fullmatch(link)
    if found is None:
        return None
    scheme, host, port = (found["scheme"] or "http").lower(), found["host"].lower(), found["port"]
    if scheme not in {"http", "https"} or ("." not in host and not host.startswith("[")):
        return None
    if port and not 0 < int(port) <= _MAX_PORT:
        return None
    rest = found["rest"] or "/"
    if not rest.startswith("/"):
        rest = "/" + rest
    return f"{scheme}://{found['user'] or ''}{host}{':' + port if port else ''}{rest}"


def linked_user(link: str) -> int | None:
    """The user id of `tg://user?id=123`, or None for any other link."""
    found = _USER.fullmatch(link) or _USER.match(link)
    if found is None:
        return None
    for pair in found["query"].split("&"):
        key, _, value = pair.partition("=")
        if key == "id":
            return int(value) if value.isascii() and value.isdigit() else None
    return None


def valid_time_format(shown: str) -> bool:
    """Whether a `date_time_format` is one."""
    return _TIME_FORMAT.fullmatch(shown) is not None


def special_link(link: str) -> tuple[str, dict[str, Any]] | None:
    """What `tg://emoji?id=1` and `tg://time?unix=1&format=r` stand for: kind and details of an entity; else None."""
    found = _SPECIAL.fullmatch(link)
    if found is None:
        return None
    values = dict(parse_qsl(found["query"]))
    number = values.get("id" if found["kind"].lower() == "emoji" else "unix", "")
    if not _NUMBER.fullmatch(number):
        return None
    if found["kind"].lower() == "emoji":
        return "custom_emoji", {"custom_emoji_id": number}
    shown = values.get("format", "")
    if not valid_time_format(shown):
        return None
    return "date_time", {"unix_time": int(number), **({"date_time_format": shown} if shown else {})}
