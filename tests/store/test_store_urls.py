"""The database's address, as people write it."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from botcore.errors import ConfigError
from botcore.store.database import Database
from botcore.store.urls import parse

SECRET = "not-a-real-password"


@pytest.mark.parametrize(
    ("written", "path"),
    [
        ("sqlite:////var/lib/bot.db", "/var/lib/bot.db"),
        ("sqlite+aiosqlite:////var/lib/bot.db", "/var/lib/bot.db"),
        ("/var/lib/bot.db", "/var/lib/bot.db"),
        ("sqlite:////var/lib/my bot #1.db", "/var/lib/my bot #1.db"),
        ("  sqlite:////var/lib/bot.db\n", "/var/lib/bot.db"),
    ],
)
def test_a_sqlite_address_names_a_file(written: str, path: str) -> None:
    url = parse(written)
    assert (url.dialect, url.path, str(url)) == ("sqlite", Path(path), f"sqlite:///{path}")


def test_a_relative_path_is_fixed_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert parse("sqlite:///data/bot.db").path == tmp_path / "data/bot.db"
    assert parse("data/bot.db").path == tmp_path / "data/bot.db"


def test_a_tilde_is_the_home_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert parse("sqlite:///~/bot.db").path == tmp_path / "bot.db"


@pytest.mark.parametrize("written", ["sqlite://", "sqlite:///:memory:", ":memory:"])
def test_a_database_in_memory(written: str) -> None:
    assert parse(written).in_memory


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg2", "postgresql+asyncpg"])
def test_every_way_to_write_postgresql_means_psycopg(scheme: str) -> None:
    url = parse(f"{scheme}://bot:{SECRET}@db.example:6432/chat?sslmode=require")
    address = url.sqlalchemy
    assert url.dialect == "postgresql"
    assert address.drivername == "postgresql+psycopg"
    assert (address.username, address.password, address.host, address.port, address.database) == (
        "bot",
        SECRET,
        "db.example",
        6432,
        "chat",
    )
    assert address.query == {"sslmode": "require"}
    assert str(url) == "postgresql://bot:***@db.example:6432/chat"


@pytest.mark.parametrize(
    ("written", "password"),
    [("p%40ss%2Fword", "p@ss/word"), ("p@ss", "p@ss"), ("p#s/x:y", "p#s/x:y")],
)
def test_passwords_may_be_escaped_or_not(written: str, password: str) -> None:
    address = parse(f"postgres://bot:{written}@db.example/chat").sqlalchemy
    assert (address.password, address.host) == (password, "db.example")


def test_a_socket_directory_and_an_ipv6_host() -> None:
    assert parse("postgresql:///chat?host=/run/postgresql").sqlalchemy.query == {"host": "/run/postgresql"}
    assert parse("postgresql://[::1]:5433/chat").sqlalchemy.host == "::1"


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("", "is empty"),
        ("sqlite://data/bot.db", "three slashes"),
        ("sqlite:///bot.db?mode=ro", "takes no options"),
        (f"mysql://bot:{SECRET}@db/chat", "mysql:// is not supported"),
        (f"postgresql:/bot:{SECRET}@db/chat", "not a database address"),
        (f"postgresql://bot:{SECRET}@db:port/chat", "cannot be read"),
        (f"postgresql://bot:{SECRET}@db:99999/chat", "99999 is not a port"),
        (f"postgresql://bot:{SECRET}?x@db/chat", "percent-encode"),
    ],
)
def test_a_wrong_address_is_one_line_without_the_password(written: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says) as caught:
        parse(written)
    assert "\n" not in str(caught.value)
    assert SECRET not in str(caught.value)


@given(st.text(alphabet=st.characters(exclude_categories=["C"]), min_size=4).map(lambda text: f"S3{text}S3"))
def test_no_password_is_ever_shown(password: str) -> None:
    try:
        shown = str(parse(f"postgresql://bot:{password}@db.example/chat?password={password}"))
    except ConfigError as error:
        shown = str(error)
    assert password not in shown


async def test_a_path_that_cannot_be_is_a_line_for_the_operator(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ConfigError, match=r"file/bot\.db cannot be used"):
        await Database.open(f"sqlite:///{tmp_path}/file/bot.db")


async def test_a_file_that_is_no_database_is_a_line_for_the_operator(tmp_path: Path) -> None:
    (tmp_path / "bot.db").write_text("a letter to my aunt, longer than a database's header would be. " * 10)
    with pytest.raises(ConfigError, match="file is not a database"):
        await Database.open(f"sqlite:///{tmp_path}/bot.db")


async def test_the_folder_is_made_and_the_file_is_private(tmp_path: Path) -> None:
    async with await Database.open(f"sqlite:///{tmp_path}/a/b/bot.db"):
        mode = (tmp_path / "a/b/bot.db").stat().st_mode
    assert mode & 0o077 == 0


@pytest.mark.postgres
async def test_an_unknown_database_or_user_is_a_line_for_the_operator(postgres_url: str) -> None:
    with pytest.raises(ConfigError, match="does not exist") as caught:
        await Database.open(postgres_url + "_missing")
    assert "\n" not in str(caught.value)
