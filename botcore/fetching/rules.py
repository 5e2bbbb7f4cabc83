"""What a URL may look like and where it may lead: by the settings, before anything is connected."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Final

from yarl import URL

from botcore.config.sections import FetchSettings
from botcore.errors import Unsuitable
from botcore.fetching.addresses import Address, Network, literal, special

LONGEST: Final = 8192
"""Characters of a URL; servers take about as many (RFC 9110, section 4.1, asks for 8,000)."""

_PORTS: Final = {"https": 443, "http": 80}
_FREE_PORTS: Final = 1024
"""From here on any port may be asked: below it speak mail, remote shells, databases' and the system's own services."""

NO_LINK: Final = "That is no link that I can follow."
ONLY_HTTPS: Final = "I only follow links that begin with https://."
PRIVATE: Final = "I do not follow that link: it leads into a private network."


class Refused(Unsuitable):
    """A URL that is not followed, or not to its end. The message is for the person, `why` for the operator."""

    def __init__(self, said: str, why: str) -> None:
        super().__init__(said)
        self.why = why


@dataclass(frozen=True, slots=True)
class Target:
    """A URL that may be asked, if its host's addresses may. `trusted`: the operator named its origin."""

    url: URL
    host: str
    port: int
    trusted: bool


class Rules:
    """The operator's rules. `origins`: URLs whose scheme, host and port are allowed wherever they lead."""

    def __init__(self, settings: FetchSettings, origins: Iterable[str] = ()) -> None:
        self._http = settings.allow_http
        self._origins = frozenset(_origin(URL(origin)) for origin in origins)
        self._hosts, self._networks = _private(settings.allow_private)

    def target(self, given: str, *, base: Target | None = None) -> Target:
        """Read a URL; `base` is the one that redirected to it. Raises Refused.

        A trusted origin is one only for who asks for it by name: a foreign server's redirect does not lead there.
        """
        url = _parsed(given, base)
        host = (url.raw_host or "").removesuffix(".").lower()
        if not host or url.scheme not in _PORTS:
            raise Refused(ONLY_HTTPS, f"scheme {url.scheme[:20]!r}")
        if url.raw_user is not None or url.raw_password is not None:
            raise Refused("I do not follow that link: it has a user name or password in it.", "user name or password")
        port = _PORTS[url.scheme] if url.port is None else url.port
        trusted = _origin(url) in self._origins and (base is None or base.trusted)
        if not trusted:
            self._check(url.scheme, host, port)
        return Target(url, host, port, trusted)

    def _check(self, scheme: str, host: str, port: int) -> None:
        if scheme == "http" and not self._http:
            raise Refused(ONLY_HTTPS, "plain http, which fetch.allow_http would allow")
        if port < _FREE_PORTS and port != _PORTS[scheme]:
            raise Refused("I do not follow that link: no web page is at that port.", f"port {port}")
        try:
            literal(host)
        except ValueError as error:
            raise Refused(PRIVATE, str(error)) from None

    def addresses(self, target: Target, found: Sequence[str]) -> Sequence[Address]:
        """All addresses of a target, if each may be connected to. Raises Refused: one that may not spoils them all."""
        try:
            addresses = [ip_address(one) for one in found]
        except ValueError:
            raise Refused(PRIVATE, "the name server gave something that is no address") from None
        if target.trusted or target.host in self._hosts:
            return addresses
        for address in addresses:
            reserved = special(address)
            if reserved is not None and not any(address in network for network in self._networks):
                raise Refused(PRIVATE, f"it leads to {address} ({reserved})")
        return addresses


def shown(url: URL | str) -> str:
    """A URL for the log: no query, fragment or user, which hold what is secret in most."""
    if isinstance(url, str):
        try:
            url = URL(url)
        except ValueError:
            return "a malformed URL"
    if not url.absolute:
        return "a URL without a host"
    return str(url.with_user(None).with_query(None).with_fragment(None))[:300]


def _parsed(given: str, base: Target | None) -> URL:
    # A space, a backslash or a control character is read in one way here and in another one there.
    if not given or len(given) > LONGEST or any(char <= " " or char in "\\\x7f" for char in given):
        raise Refused(NO_LINK, "empty, too long, or characters that no URL has")
    try:
        return URL(given) if base is None else base.url.join(URL(given))
    except ValueError:
        raise Refused(NO_LINK, "malformed") from None


def _origin(url: URL) -> tuple[str, str, int]:
    return url.scheme, (url.raw_host or "").removesuffix(".").lower(), url.port or 0


def _private(allowed: Iterable[str]) -> tuple[frozenset[str], tuple[Network, ...]]:
    """The host names and the networks among what the operator allows."""
    hosts: set[str] = set()
    networks: list[Network] = []
    for entry in allowed:
        try:
            networks.append(ip_network(entry, strict=False))
        except ValueError:
            hosts.add(entry.lower().removesuffix("."))
    return frozenset(hosts), tuple(networks)
