"""What the query modules share: upserts for both dialects, rows of settings as JSON."""

import json
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import orjson
from sqlalchemy import Connection, Table
from sqlalchemy.sql.dml import ReturningInsert

from botcore.messages import Json, clean

Upsert: TypeAlias = Callable[[Connection], ReturningInsert[Any]]


def insert_if_new(table: Table, *key: str) -> Upsert:
    """`INSERT ... ON CONFLICT (key) DO NOTHING RETURNING id`, built once for each dialect.

    The values come with the execution. Imported at first use: PostgreSQL's constructs take 50 ms to import.
    """
    built: dict[str, ReturningInsert[Any]] = {}

    def statement(c: Connection) -> ReturningInsert[Any]:
        if (found := built.get(c.dialect.name)) is None:
            found = built[c.dialect.name] = _build(c.dialect.name, table, key)
        return found

    return statement


def _build(dialect: str, table: Table, key: Sequence[str]) -> ReturningInsert[Any]:
    if dialect == "sqlite":
        from sqlalchemy.dialects.sqlite import insert  # noqa: PLC0415 - as said above

        return insert(table).on_conflict_do_nothing(index_elements=key).returning(table.c.id)
    from sqlalchemy.dialects.postgresql import insert as postgres_insert  # noqa: PLC0415 - as said above

    return postgres_insert(table).on_conflict_do_nothing(index_elements=key).returning(table.c.id)


def dump(value: Json) -> str:
    """JSON text. A lone surrogate, which no database could store, becomes U+FFFD."""
    try:
        return orjson.dumps(value).decode()
    except orjson.JSONEncodeError:  # surrogates, or integers beyond 64 bits
        return clean(json.dumps(value, ensure_ascii=False))


def load(text: str) -> Json:
    """The value of JSON text."""
    return json.loads(text) if text not in {"{}", "null"} else ({} if text == "{}" else None)
