"""Which server of Discord's API discord.py talks to.

The library keeps the root of the API on a class, `discord.http.Route.BASE`, where all its parts find it: requests,
webhooks, the answers to interactions. So there can be one server in a process at a time, and whoever wants another one
meanwhile is refused instead of talking to the wrong one.
"""

from urllib.parse import urlsplit

from botcore.errors import ConfigError
from botcore_discord.library import Route

_holders: dict[object, str | None] = {}
_before: list[str] = []


def point(holder: object, root: str | None) -> None:
    """Let the library talk to `root` (None: where it does anyway) until `release`. Idempotent.

    Raises ConfigError where another holder needs another server.
    """
    if holder in _holders:
        return
    if any(other != root for other in _holders.values()):
        raise ConfigError(
            "DISCORD_API_URL: another Discord adapter of this process talks to another server; run one process for each"
        )
    if root is not None and not _holders:
        _before.append(Route.BASE)
        Route.BASE = root
    _holders[holder] = root


def release(holder: object) -> None:
    """The holder is done; after the last one the library talks to Discord again."""
    _holders.pop(holder, None)
    if not _holders and _before:
        Route.BASE = _before.pop()


def checked_root(url: str | None) -> str | None:
    """The root of the API, without a slash at its end. Raises ConfigError where it is no URL."""
    if url is None or not url.strip():
        return None
    root = url.strip().rstrip("/")
    parts = urlsplit(root)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ConfigError("DISCORD_API_URL is no URL: it starts with https:// and ends with /api/v10")
    return root
