"""The address of the database, as people write it."""

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qsl, unquote

from sqlalchemy import URL

from botcore.errors import ConfigError

Dialect = Literal["sqlite", "postgresql"]

MEMORY = ":memory:"

_SCHEME = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9]*)(?:\+\w+)?://(?P<rest>.*)", re.DOTALL)
_POSTGRES = re.compile(
    r"""
    (?:(?P<user>[^:@/?]*)(?::(?P<password>[^?]*))?@)?   # greedy: an @ inside a password may stand as it is
    (?P<host>\[[^\]/?]+\]|[^:/?@]*)
    (?::(?P<port>\d*))?
    (?:/(?P<name>[^?]*))?
    (?:\?(?P<query>.*))?
    """,
    re.VERBOSE,
)
_FORMS = "use sqlite:///path/to/file.db or postgresql://user:password@host/name"


@dataclass(frozen=True, slots=True)
class DatabaseUrl:
    """A parsed address. `str()` of it holds no secret; `sqlalchemy` does."""

    dialect: Dialect
    sqlalchemy: URL = field(repr=False)
    shown: str
    path: Path | None = None
    """The file of a SQLite database; None for one in memory and for PostgreSQL."""

    @property
    def in_memory(self) -> bool:
        """A SQLite database that ends with its connection."""
        return self.dialect == "sqlite" and self.path is None

    def __str__(self) -> str:
        return self.shown


def parse(url: str) -> DatabaseUrl:
    """Understand `url`. Raises ConfigError, in one line that never contains the password.

    `sqlite:///relative`, `sqlite:////absolute`, `sqlite://` and `:memory:` (in memory), a bare path,
    `postgresql://` and `postgres://`. A driver in the scheme (`postgresql+asyncpg://`) is accepted and ignored.
    """
    url = url.strip()
    if not url:
        raise ConfigError(f"DATABASE_URL is empty: {_FORMS}")
    if (match := _SCHEME.fullmatch(url)) is None:
        if re.match(r"\w+:/", url) and not re.match(r"[A-Za-z]:/", url):  # postgres:/host; but C:/bot.db is a path
            raise ConfigError(f"DATABASE_URL is not a database address: {_FORMS}")
        return _sqlite(url)
    scheme, rest = match["scheme"].lower(), match["rest"]
    if scheme == "sqlite":
        if rest and not rest.startswith("/"):
            raise ConfigError("DATABASE_URL: a SQLite address needs three slashes: sqlite:///path/to/file.db")
        return _sqlite(rest[1:])
    if scheme in {"postgresql", "postgres"}:
        return _postgres(rest)
    raise ConfigError(f"DATABASE_URL: {scheme}:// is not supported: {_FORMS}")


def _sqlite(path: str) -> DatabaseUrl:
    if path in {"", MEMORY}:
        return DatabaseUrl("sqlite", URL.create("sqlite", database=MEMORY), "sqlite://")
    if "?" in path:
        raise ConfigError("DATABASE_URL: a SQLite address takes no options after '?'")
    if "\x00" in path:
        raise ConfigError("DATABASE_URL: the path contains a NUL character")
    file = Path(path).expanduser()
    # Absolute from here on: the working directory may change, the database may not.
    file = Path(os.path.abspath(file))  # noqa: PTH100 - Path.resolve would follow a symbolic link
    return DatabaseUrl("sqlite", URL.create("sqlite", database=str(file)), f"sqlite:///{file}", file)


def _postgres(rest: str) -> DatabaseUrl:
    if (match := _POSTGRES.fullmatch(rest)) is None:
        raise ConfigError(
            "DATABASE_URL: the PostgreSQL address cannot be read: use postgresql://user:password@host:5432/name "
            "and percent-encode / ? # % in the password"
        )
    user, password, host, name = (unquote(match[part] or "") for part in ("user", "password", "host", "name"))
    port = int(match["port"]) if match["port"] else None
    if port is not None and not 0 < port < 65536:
        raise ConfigError(f"DATABASE_URL: {port} is not a port number")
    query: dict[str, str] = dict(parse_qsl(match["query"] or ""))
    host = host.strip("[]")
    address = URL.create("postgresql+psycopg", user or None, password or None, host or None, port, name or None, query)
    # Without the query: libpq takes a password there, too.
    shown = URL.create("postgresql", user or None, "x" if password else None, host or None, port, name or None)
    return DatabaseUrl("postgresql", address, shown.render_as_string(hide_password=True))
