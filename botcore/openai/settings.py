"""What an operator sets for the API: where it is, who asks, and how long and how often to try."""

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from botcore.errors import ConfigError
from botcore.openai.secret import Secret

PUBLIC_API = "https://api.openai.com/v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """Seconds for each phase of one attempt; they bound silence, `ApiSettings.deadline` bounds the whole."""

    connect: float = 10.0
    """To open a connection (name resolution, TCP, TLS)."""
    read: float = 120.0
    """Longest silence while waiting for bytes: a reasoning model thinks for a minute or two before its first one."""
    write: float = 30.0
    """Longest time in which the server takes nothing of an upload."""
    pool: float = 30.0
    """To get a usable connection, including opening it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """Pauses between attempts: full jitter, uniform in 0..min(cap, base * 2^n) seconds.

    Full jitter spreads clients that failed together (AWS Architecture Blog, "Exponential Backoff And Jitter").
    """

    base: float = 0.5
    cap: float = 8.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiSettings:
    """Where the API is and how patiently it is used. Raises `ConfigError` for values that can never work."""

    base_url: str = PUBLIC_API
    """As the operator writes it: a URL without a path gets `/v1`, a trailing slash does not matter."""
    api_key: Secret | None = None
    organization: str | None = None
    project: str | None = None
    proxy: str | None = None
    """Proxy URL; None takes it from HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY (never for loopback)."""
    timeouts: Timeouts = field(default_factory=Timeouts)
    max_attempts: int = 4
    backoff: Backoff = field(default_factory=Backoff)
    deadline: float = 180.0
    """Seconds for a whole call with its retries; for a stream, until its first token."""
    stream_deadline: float = 900.0
    """Seconds that one stream may last after its first token."""
    transfer_deadline: float = 3600.0
    """Seconds for a whole upload with its retries, or a whole download, of a file: 512 MB at 150 kB/s."""
    max_body_bytes: int = 64 * 1024 * 1024
    """Largest response body taken, decompressed: 2,048 embeddings of 3,072 dimensions in base64 are 34 MB."""
    missing_for: float = 600.0
    """Seconds for which an endpoint that the server does not have is not asked for again."""

    def __post_init__(self) -> None:
        api_root(self.base_url)
        for name, value in (
            ("API key", self.api_key.reveal() if self.api_key else ""),
            ("organization", self.organization or ""),
            ("project", self.project or ""),
        ):
            if not (value.isascii() and (value.isprintable() or not value)):
                raise ConfigError(f"{name}: it has characters that no HTTP header can carry; copy it afresh")
        if self.max_attempts < 1:
            raise ConfigError(f"max_attempts is {self.max_attempts}: at least 1 attempt is needed")


def api_root(base_url: str) -> tuple[str, str]:
    """Split an operator's base URL into the root below which the endpoints lie, and a query to keep (or "").

    Raises `ConfigError` if it is not an http(s) URL with a host, or if it carries a user name or password: those
    would be shown wherever the URL is; a key belongs in `api_key`.

    >>> api_root("https://api.openai.com")
    ('https://api.openai.com/v1', '')
    >>> api_root("http://localhost:11434/v1/")
    ('http://localhost:11434/v1', '')
    >>> api_root("https://example.com/openai/deployments/x?api-version=1")
    ('https://example.com/openai/deployments/x', 'api-version=1')
    """
    text = base_url.strip()
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port  # the port is read because reading it checks it
    except ValueError:
        host = None
        parts = urlsplit("")
    if parts.username is not None or parts.password is not None:
        raise ConfigError("base URL: it carries a user name or password; take them out, a key is set as the API key")
    if parts.scheme not in {"http", "https"} or not host:
        raise ConfigError(
            f"base URL: {text[:200]!r} is not a URL like https://api.openai.com/v1 or http://localhost:11434"
        )
    path = parts.path.rstrip("/") or "/v1"
    return f"{parts.scheme}://{parts.netloc}{path}", parts.query
