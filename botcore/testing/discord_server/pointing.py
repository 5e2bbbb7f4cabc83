"""Pointing discord.py at a simulated server for a while."""

import importlib
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, Protocol

from yarl import URL


class Addressed(Protocol):
    """Anything with the addresses of a Discord, such as a `DiscordServer`."""

    @property
    def url(self) -> str:
        """The root of API v10."""
        ...

    @property
    def gateway_url(self) -> str:
        """The gateway."""
        ...


@contextmanager
def pointing_discord_at(server: Addressed) -> Generator[None]:
    """Let every discord.py client talk to `server` instead of Discord, until the end of the block.

    The library keeps both addresses on classes: `discord.http.Route.BASE` and
    `discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY`. So one process can be pointed at one server at a time.

    Raises:
        ModuleNotFoundError: discord.py is not installed.
    """
    route: Any = importlib.import_module("discord.http").Route  # not imported: botcore stands without the library
    socket: Any = importlib.import_module("discord.gateway").DiscordWebSocket
    before = route.BASE, socket.DEFAULT_GATEWAY
    route.BASE, socket.DEFAULT_GATEWAY = server.url, URL(server.gateway_url)
    try:
        yield
    finally:
        route.BASE, socket.DEFAULT_GATEWAY = before
