"""From a host's name to addresses, once, and a connector that goes to no others."""

import asyncio
import errno
import socket
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from ipaddress import ip_address
from typing import Any, Final, TypeAlias

from aiohttp.abc import AbstractResolver, ResolveResult

from botcore.fetching.addresses import Address

_THREADS: Final = 3

Resolve: TypeAlias = Callable[[str, int], Awaitable[Sequence[str]]]
"""Finds the addresses of a host's name for a port. Raises OSError where there are none."""


class SystemNames:
    """The system's name service, in threads of its own.

    A lookup that hangs cannot be called off, and the threads of `asyncio.to_thread` are few and everybody's.
    """

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="names")

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        """Look a name up. Raises OSError."""
        ask = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
        found = await asyncio.get_running_loop().run_in_executor(self._threads, ask)
        # the address alone: a zone that the system adds to it shows in it, and is refused
        return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class Pinned(AbstractResolver):
    """Gives the connector the addresses that were checked, whatever a name server says by now."""

    def __init__(self, addresses: Sequence[Address]) -> None:
        self._addresses = addresses

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Give them all; the connector tries one after the other."""
        del family
        return [
            ResolveResult(
                hostname=host,
                host=str(address),
                port=port,
                family=socket.AF_INET if address.version == 4 else socket.AF_INET6,
                proto=socket.IPPROTO_TCP,
                flags=socket.AI_NUMERICHOST,
            )
            for address in self._addresses
        ]

    async def close(self) -> None:
        """Nothing is open."""


def sockets_for(addresses: Sequence[Address]) -> Callable[[tuple[Any, ...]], socket.socket]:
    """What makes the sockets of a connection, the last step before it: none for an address that was not checked."""
    checked = frozenset(addresses)

    def make(info: tuple[Any, ...]) -> socket.socket:
        family, kind, protocol, _, where = info
        if ip_address(where[0]) not in checked:
            raise OSError(errno.EACCES, "an address that was not checked")
        made = socket.socket(family, kind, protocol)
        made.setblocking(False)
        return made

    return make
