"""Statements of the hot path: declared with Core, compiled once, and on SQLite run by the driver itself.

SQLAlchemy's execution of a statement that takes SQLite 5 microseconds costs 25 to 40; a message takes about 20 of them.
PostgreSQL, where the round trip costs more than that, runs them as usual.
"""

import sqlite3
from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias, cast

from sqlalchemy import Connection, Dialect
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.exc import IntegrityError
from sqlalchemy.sql import Executable
from sqlalchemy.sql.compiler import SQLCompiler

Values: TypeAlias = Mapping[str, Any]
Statement: TypeAlias = Executable | Callable[[Connection], Executable]

_Process: TypeAlias = Callable[[Any], Any]


class Prepared:
    """One statement. Every execution gives values for the same names.

    Raises what executing the statement on the connection would raise; rows have their columns as attributes.
    """

    __slots__ = ("_compiled", "_statement")

    def __init__(self, statement: Statement) -> None:
        self._statement = statement
        self._compiled: _Compiled | None = None

    def all(self, c: Connection, values: Values) -> Sequence[Any]:
        """Every row."""
        if c.dialect.name != "sqlite":
            return c.execute(self._core(c), values).all()
        return (self._compiled or self._compile(c, values)).rows(c, values)

    def first(self, c: Connection, values: Values) -> Any:
        """The first row, or None."""
        rows = self.all(c, values)
        return rows[0] if rows else None

    def scalar(self, c: Connection, values: Values) -> Any:
        """The first row's first column, or None."""
        rows = self.all(c, values)
        return rows[0][0] if rows else None

    def run(self, c: Connection, values: Values) -> int:
        """Execute a statement without rows; how many rows it changed."""
        if c.dialect.name != "sqlite":
            return c.execute(self._core(c), values).rowcount
        return (self._compiled or self._compile(c, values)).execute(c, values).rowcount

    def _core(self, c: Connection) -> Executable:
        return self._statement if isinstance(self._statement, Executable) else self._statement(c)

    def _compile(self, c: Connection, values: Values) -> "_Compiled":
        self._compiled = compiled = _Compiled(self._core(c), values)
        return compiled


class _Compiled:
    """The statement as SQLite's text, with what turns values into its types and back."""

    def __init__(self, statement: Any, values: Values) -> None:
        dialect = SQLiteDialect_pysqlite(paramstyle="named")
        compiled: SQLCompiler = statement.compile(dialect=dialect, column_keys=list(values))
        self._sql = str(compiled)
        self._fixed = {name: value for name, value in compiled.params.items() if name not in values}
        self._defaults = [(column.key, _default(column)) for column in compiled.insert_prefetch]
        self._binds = [
            (name, process)
            for name, bind in compiled.binds.items()
            if (process := bind.type.dialect_impl(dialect).bind_processor(dialect)) is not None
        ]
        columns = getattr(statement, "exported_columns", ())
        self._results = [_result(column.type, dialect) for column in columns]
        self._plain = not any(self._results)
        make_type: Any = namedtuple  # noqa: PYI024 - through Any: the columns' names are known at run time only
        self._row = make_type("Row", [column.key for column in columns], rename=True)._make

    def execute(self, c: Connection, values: Values) -> sqlite3.Cursor:
        given = {**self._fixed, **values}
        for name, default in self._defaults:
            given[name] = default()
        for name, process in self._binds:
            given[name] = process(given[name])
        raw = cast("sqlite3.Connection", c.connection.dbapi_connection)
        try:
            return raw.execute(self._sql, given)
        except sqlite3.IntegrityError as error:  # as callers know it from both databases
            raise IntegrityError(self._sql, None, error, hide_parameters=True) from error

    def rows(self, c: Connection, values: Values) -> Sequence[Any]:
        found = self.execute(c, values).fetchall()
        if self._plain:
            return [self._row(row) for row in found]
        return [
            self._row(
                value if process is None else process(value) for value, process in zip(row, self._results, strict=True)
            )
            for row in found
        ]


def _default(column: Any) -> Callable[[], Any]:
    """What gives the value of a column that none is given for."""
    given = column.default.arg
    return (lambda: given(None)) if column.default.is_callable else (lambda: given)


def _result(kind: Any, dialect: Dialect) -> _Process | None:
    found: _Process | None = kind.dialect_impl(dialect).result_processor(dialect, None)
    return found
