"""Which errors of a driver mean that the database does not work now, as opposed to a wrong statement."""

import re
import sqlite3

from sqlalchemy.exc import DBAPIError

from botcore.errors import ConfigError, StoreUnavailable

# Primary result codes, https://www.sqlite.org/rescode.html
_SQLITE_FAULTS = {
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_INTERRUPT,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_PROTOCOL,
    sqlite3.SQLITE_NOTADB,
}

# Classes and codes of SQLSTATE, https://www.postgresql.org/docs/current/errcodes-appendix.html: connection exceptions,
# insufficient resources (disk full, too many connections), system errors; shutdowns; a standby that takes no writes; a
# lock that was not to be had in time.
_SQLSTATE_CLASSES = ("08", "53", "58")
_SQLSTATE_FAULTS = {"57P01", "57P02", "57P03", "57P05", "25006", "55P03"}
_SQLSTATE_AGAIN = {"40001", "40P01"}  # serialization failure, deadlock: the same unit succeeds when repeated


# What makes an address wrong for good, rather than a database unavailable for now. PostgreSQL gives no code for a
# refused connection, only a sentence.
_SQLITE_WRONG = {sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM}
_POSTGRES_WRONG = re.compile(
    r"authentication failed|(database|role) \".*\" does not exist|no pg_hba.conf entry|could not translate host name"
)


def driver_error(error: BaseException | None) -> BaseException | None:
    """What the driver raised, out of SQLAlchemy's wrapping."""
    return error.orig if isinstance(error, DBAPIError) else error


def sqlite_code(error: BaseException | None) -> int:
    """The primary result code of SQLite, 0 where the error is not SQLite's."""
    code = getattr(driver_error(error), "sqlite_errorcode", None)
    return code & 0xFF if isinstance(code, int) else 0


def sqlstate(error: BaseException | None) -> str:
    """PostgreSQL's code, '' where it gave none."""
    return getattr(driver_error(error), "sqlstate", None) or ""


def is_fault(error: BaseException | None) -> bool:
    """Whether `error` says that the database cannot be reached, is locked, full or broken."""
    if sqlite_code(error) in _SQLITE_FAULTS:
        return True
    state = sqlstate(error)
    if state.startswith(_SQLSTATE_CLASSES) or state in _SQLSTATE_FAULTS:
        return True
    return is_disconnect(error)


def is_disconnect(error: BaseException | None) -> bool:
    """Whether the connection broke."""
    return isinstance(error, DBAPIError) and error.connection_invalidated


def worth_repeating(error: BaseException | None) -> bool:
    """Whether PostgreSQL chose this transaction as the victim of a conflict."""
    return sqlstate(error) in _SQLSTATE_AGAIN


def one_line(error: BaseException | None) -> str:
    """The driver's own message, without the statement and its parameters (they may hold people's words)."""
    text = " ".join(str(driver_error(error)).split())
    return text or type(error).__name__


def unavailable(database: str, error: BaseException | None) -> StoreUnavailable:
    """The error for the caller. `database` is the address without its password."""
    return StoreUnavailable(f"the database {database} does not answer now: {one_line(error)}")


def opening_error(database: str, error: BaseException) -> ConfigError | StoreUnavailable:
    """The error for whoever opens the database: a ConfigError where waiting would not help."""
    text = one_line(error)
    if sqlite_code(error) in _SQLITE_WRONG or _POSTGRES_WRONG.search(text):
        return ConfigError(f"DATABASE_URL: {database} cannot be opened: {text}")
    return unavailable(database, error)
