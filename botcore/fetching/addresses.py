"""Which addresses are public, and how an address may be spelt in a URL.

The ranges are those of the IANA special-purpose address registries (RFC 6890 and what followed). They stand here by
themselves because what `ipaddress` calls global differs between the versions of Python that are supported.
"""

import re
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final, TypeAlias

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network

_SPECIAL_4: Final = tuple(
    (IPv4Network(network), name)
    for network, name in (
        ("0.0.0.0/8", "unspecified"),
        ("10.0.0.0/8", "private"),
        ("100.64.0.0/10", "shared by a carrier (CGNAT)"),
        ("127.0.0.0/8", "loopback"),
        ("168.63.129.16/32", "the host of a cloud machine"),  # Azure's, which answers its machines with secrets
        ("169.254.0.0/16", "link-local"),  # with 169.254.169.254, the metadata of most clouds
        ("172.16.0.0/12", "private"),
        ("192.0.0.0/24", "reserved"),
        ("192.0.2.0/24", "documentation"),
        ("192.88.99.0/24", "reserved"),
        ("192.168.0.0/16", "private"),
        ("198.18.0.0/15", "benchmarking"),
        ("198.51.100.0/24", "documentation"),
        ("203.0.113.0/24", "documentation"),
        ("224.0.0.0/4", "multicast"),
        ("240.0.0.0/4", "reserved"),
    )
)
_SPECIAL_6: Final = tuple(
    (IPv6Network(network), name)
    for network, name in (
        ("::/128", "unspecified"),
        ("::1/128", "loopback"),
        ("::ffff:0:0/96", "IPv4-mapped"),
        ("::/96", "IPv4-compatible"),
        ("64:ff9b:1::/48", "NAT64 of a private network"),
        ("2001::/32", "Teredo"),
        ("2001::/23", "reserved"),
        ("2001:db8::/32", "documentation"),
        ("2002::/16", "6to4"),
        ("3fff::/20", "documentation"),
        ("fc00::/7", "private"),
        ("fe80::/10", "link-local"),
        ("fec0::/10", "site-local"),
        ("ff00::/8", "multicast"),
    )
)
_GLOBAL_6: Final = IPv6Network("2000::/3")
"""All that has been given out of IPv6 so far (RFC 4291, section 2.4, and the registry "IPv6 Global Unicast")."""
_NAT64: Final = IPv6Network("64:ff9b::/96")
"""How a machine without IPv4 reaches the rest (RFC 6052): the last 32 bits are the real destination."""

_NUMBER: Final = re.compile(r"[0-9]+|0[xX][0-9a-fA-F]*")


def special(address: Address) -> str | None:
    """What an address is reserved for; None for a public one.

    An address that carries an IPv4 address inside is never public, except NAT64's, which is what the inner one is.

    >>> special(ip_address("127.0.0.1"))
    'loopback'
    >>> special(ip_address("64:ff9b::a00:1"))
    'private'
    >>> special(ip_address("1.1.1.1"))
    """
    if isinstance(address, IPv4Address):
        return next((name for network, name in _SPECIAL_4 if address in network), None)
    if address.scope_id is not None:
        return "link-local"
    if address in _NAT64:
        return special(IPv4Address(int(address) & 0xFFFFFFFF))
    found = next((name for network, name in _SPECIAL_6 if address in network), None)
    return found or (None if address in _GLOBAL_6 else "reserved")


def literal(host: str) -> Address | None:
    """The address that a URL's host is, in its one plain spelling; None for a name.

    Raises ValueError for any other spelling that some resolver takes for an address: octal, hexadecimal, one number,
    fewer than four parts, a zone. A host whose last label is a number is no name (WHATWG URL standard, "ends in a
    number checker").

    >>> literal("192.0.2.1")
    IPv4Address('192.0.2.1')
    >>> literal("example.com")
    >>> literal("0x7f.1")
    Traceback (most recent call last):
        ...
    ValueError: an address in an unusual spelling
    """
    name = host.removesuffix(".")
    try:
        if "%" not in name:
            return ip_address(name)
    except ValueError:
        pass
    if ":" in name or "%" in name or _NUMBER.fullmatch(name.rpartition(".")[2]):
        raise ValueError("an address in an unusual spelling")
    return None
