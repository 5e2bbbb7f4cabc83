"""What tests of several areas share: databases of both kinds, and the machine-readable API descriptions."""

import os
import secrets
import signal
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy import create_engine
from sqlalchemy.exc import OperationalError

from botcore.store import schema
from botcore.store.database import Database
from botcore.store.tables import metadata
from botcore.store.urls import parse
from tests.descriptions import specs
from tests.logs import Log, heard
from tests.ports import free_port
from tests.requirements import missing
from tests.sounds import every_format


def pytest_configure() -> None:
    """Let interrupts through to the processes that tests start, and let properties take their time.

    A shell that starts the tests in the background has interrupts ignored, and what is ignored is inherited. How long
    an example takes says what else the machine does: `timeout` in `pyproject.toml` is there for what hangs.
    """
    settings.register_profile(
        "patient", parent=settings.default, deadline=None, suppress_health_check=[HealthCheck.too_slow]
    )
    settings.load_profile("patient")
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def shared_specs() -> Path:
    """The folder with the machine-readable descriptions of the APIs."""
    return specs()


@pytest.fixture
def log() -> Iterator[Log]:
    """Everything that is logged in this process, down to DEBUG."""
    with heard() as log:
        yield log


@pytest.fixture
def unused_port() -> int:
    """A port on which nobody listens."""
    return free_port()


@pytest.fixture(scope="session")
def sounds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what is said as `plain.wav` and in every format, and a short sentence as `brief.wav`."""
    return every_format(tmp_path_factory.mktemp("sounds"))


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """An empty PostgreSQL database of this test process alone, gone afterwards."""
    server = os.environ.get("BOTCORE_TEST_POSTGRES_URL", "")
    if not server:
        missing("set BOTCORE_TEST_POSTGRES_URL to test on PostgreSQL, too", "BOTCORE_REQUIRE_POSTGRES")
    address = parse(server).sqlalchemy
    name = f"botcore_test_{os.getpid()}_{secrets.token_hex(4)}"
    engine = create_engine(address, isolation_level="AUTOCOMMIT", connect_args={"connect_timeout": 5})
    try:
        with engine.connect() as admin:
            admin.exec_driver_sql(f"CREATE DATABASE {name}")
            admin.exec_driver_sql(f"ALTER DATABASE {name} SET synchronous_commit = off")  # tests need no fsync
            admin.exec_driver_sql(f"ALTER DATABASE {name} SET deadlock_timeout = '30ms'")
    except OperationalError:
        missing("no PostgreSQL server answers at BOTCORE_TEST_POSTGRES_URL", "BOTCORE_REQUIRE_POSTGRES")
    yield address.set(database=name).render_as_string(hide_password=False)
    with engine.connect() as admin:
        admin.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
    engine.dispose()


@pytest.fixture(scope="session")
def postgres_tables(postgres_url: str) -> str:
    """The same database, with its tables."""
    schema.upgrade(postgres_url)
    return postgres_url


@pytest.fixture
def clean_postgres(postgres_tables: str) -> str:
    """The same database, with its tables empty."""
    engine = create_engine(parse(postgres_tables).sqlalchemy)
    with engine.begin() as connection:
        for table in reversed(metadata.sorted_tables):
            connection.execute(table.delete())
    engine.dispose()
    return postgres_tables


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database without rows: a test that uses it runs on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/botcore.db"
    url: str = request.getfixturevalue("clean_postgres")
    return url


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A database without rows, of each kind."""
    async with await Database.open(database_url, synchronous="NORMAL") as opened:
        yield opened


@pytest.fixture
async def sqlite_database(tmp_path: Path) -> AsyncIterator[Database]:
    """A SQLite database without rows, as durable as by default."""
    async with await Database.open(f"sqlite:///{tmp_path}/botcore.db") as opened:
        yield opened
