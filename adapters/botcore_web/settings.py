"""The section `[web]` of botcore.toml."""

import ipaddress
import re

from pydantic import Field, SecretStr, field_validator

from botcore.errors import ConfigError
from botcore.plugin import Settings

TOKEN_LEAST = 16  # characters; random ones of that length cannot be guessed at the pace the login allows

_HOST_NAME = re.compile(r"(?!-)[a-z0-9_-]+(\.[a-z0-9_-]+)*", re.IGNORECASE)


class WebSettings(Settings):
    """The browser chat."""

    enabled: bool = True
    """The chat in the browser needs no account anywhere, so it is on unless switched off."""
    host: str = Field(default="127.0.0.1", min_length=1)
    """Address to listen on. 127.0.0.1 is this machine alone; any other (0.0.0.0: all) needs `token`."""
    port: int = Field(default=8080, ge=0, le=65535)
    """Port to listen on. 0 takes any free one, which suits tests."""
    token: SecretStr = SecretStr("")
    """Password of the page, 16 characters or more. Best kept in the environment, as BOTCORE_WEB__TOKEN."""
    hosts: tuple[str, ...] = ()
    """Names the page is opened by behind a reverse proxy, as in chat.example.org; others are refused. Needs `token`."""
    title: str = Field(default="botcore", min_length=1)
    """Heading of the page, and what the bot is called there."""
    history: int = Field(default=50, ge=1, le=1000)
    """Messages shown when a conversation is opened; older ones load on demand, so that long ones open quickly."""
    upload_mb: int = Field(default=25, ge=1, le=1000)
    """Largest file that the page takes, in MB. Speech recognition takes 25; larger files help only other plugins."""
    files_days: int = Field(default=0, ge=0)
    """Days that files of conversations are kept on disk. 0: as long as their conversation."""

    @field_validator("hosts")
    @classmethod
    def _names(cls, hosts: tuple[str, ...]) -> tuple[str, ...]:
        for name in hosts:
            if not _HOST_NAME.fullmatch(name):
                raise ValueError(f"{name!r} is not a host name; write it without scheme and port: chat.example.org")
        return tuple(name.lower() for name in hosts)

    @property
    def on_loopback(self) -> bool:
        """Whether only programs of this machine can connect."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False


def checked(settings: WebSettings) -> WebSettings:
    """The settings, if they are safe together. Raises ConfigError where a page would be open to strangers."""
    token = settings.token.get_secret_value()
    if token and len(token) < TOKEN_LEAST:
        raise ConfigError(
            f"web.token is too short ({len(token)} characters): use {TOKEN_LEAST} or more, "
            'for instance BOTCORE_WEB__TOKEN="$(openssl rand -hex 16)"'
        )
    if not token and not settings.on_loopback:
        raise ConfigError(
            f"web.host is {settings.host!r}, which others can reach: set BOTCORE_WEB__TOKEN to {TOKEN_LEAST} or more "
            "random characters, or web.host to 127.0.0.1"
        )
    if not token and settings.hosts:
        raise ConfigError(
            f"web.hosts opens the page to others through a proxy: set BOTCORE_WEB__TOKEN to {TOKEN_LEAST} or more "
            "random characters, or remove web.hosts"
        )
    return settings
