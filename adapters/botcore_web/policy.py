"""Which requests are let through: the names the page may be opened by, and the pages that may call it.

A page of somebody else's that is open in the owner's browser must not reach the chat. It could try by a request from
its own origin (`Origin`, `Sec-Fetch-Site` tell), or by making its own host name resolve to this machine (DNS
rebinding: then `Host` is a name we do not go by).
"""

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")
"""Headers that proxies add. One of them without a token means that strangers would be taken for the owner."""

PATHS = ("/_nicegui/", "/_nicegui_ws/", "/files/")
PAGES = ("/", "/favicon.ico", "/login", "/upload")


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a request is not answered: one line for whoever reads it."""

    status: int
    line: str


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules for one server. `names`: host names it goes by; `literals`: any IP address in `Host` is fine too.

    An address that others can reach is opened by its IP number, which cannot be rebound.
    """

    names: frozenset[str]
    literals: bool
    token: bool

    @classmethod
    def of(cls, host: str, hosts: Sequence[str], *, loopback: bool, token: bool) -> "Policy":
        """The rules for a server that listens on `host` and is known as `hosts` outside."""
        return cls(frozenset({"localhost", "127.0.0.1", "::1", host.lower(), *hosts}), not loopback, token)

    def refuse(
        self, kind: Literal["http", "websocket"], method: str, path: str, headers: Mapping[str, str]
    ) -> Refused | None:
        """Why this request is refused, or None. `headers` have lower-case names."""
        host = headers.get("host", "")
        if not self._goes_by(_name(host)):
            return Refused(421, "This is not the address of the chat. Open it by its own, or name yours in web.hosts.")
        if not self.token and any(name in headers for name in FORWARDED):
            return Refused(403, "A proxy is in front of the chat: set web.token and web.hosts, then it is let through.")
        if (refused := _foreign(kind, method, host, headers)) is not None:
            return refused
        if path not in PAGES and not path.startswith(PATHS):
            return Refused(404, "There is nothing here. The chat is at /.")
        if kind == "http" and method not in {"GET", "HEAD", "POST"}:
            return Refused(405, "The chat understands GET, HEAD and POST.")
        return None

    def _goes_by(self, name: str) -> bool:
        if name in self.names:
            return True
        if not self.literals:
            return False
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True


def _name(host: str) -> str:
    """The host name in a Host header, without port and brackets; empty where it cannot be read."""
    try:
        parts = urlsplit(f"//{host}")
        _ = parts.port
    except ValueError:
        return ""
    return (parts.hostname or "") if "@" not in host and "/" not in host else ""


def _foreign(kind: Literal["http", "websocket"], method: str, host: str, headers: Mapping[str, str]) -> Refused | None:
    """Refuse what another site's page asks. Following a link to the chat is fine."""
    refused = Refused(403, "This request comes from another site's page, which has no business here.")
    origin = headers.get("origin")
    if origin is not None and not _same(origin, host):
        return refused
    if origin is None and (kind == "websocket" or method == "POST"):
        return Refused(403, "This request does not say which page it comes from (no Origin).")
    if headers.get("sec-fetch-site") in {"cross-site", "same-site"}:
        visit = headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"
        if not (visit and method == "GET"):
            return refused
    return None


def _same(origin: str, host: str) -> bool:
    """Whether an origin is the very host (and port) that was asked."""
    scheme, _, place = origin.partition("://")
    default = {"http": ":80", "https": ":443"}.get(scheme)
    if default is None:
        return False
    return place.lower().removesuffix(default) == host.lower().removesuffix(default)
