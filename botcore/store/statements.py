"""What the query modules share: upserts for both dialects, rows of settings as JSON."""

import json
from collections.abc import Callable
from typing import Any, TypeAlias

import orjson
from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import ReturningInsert

from botcore.messages import Json, clean

Upsert: TypeAlias = Callable[[Connection], ReturningInsert[Any]]


def insert_if_new(table: Table, *key: str) -> Upsert:
    """`INSERT ... ON CONFLICT (key) DO NOTHING RETURNING id`, for the dialect of a connection.

    The values come with the execution.
    """
    built: dict[str, ReturningInsert[Any]] = {
        "sqlite": sqlite.insert(table).on_conflict_do_nothing(index_elements=key).returning(table.c.id),
        "postgresql": postgresql.insert(table).on_conflict_do_nothing(index_elements=key).returning(table.c.id),
    }
    return lambda c: built[c.dialect.name]


def dump(value: Json) -> str:
    """JSON text. A lone surrogate, which no database could store, becomes U+FFFD."""
    try:
        return orjson.dumps(value).decode()
    except orjson.JSONEncodeError:  # surrogates, or integers beyond 64 bits
        return clean(json.dumps(value, ensure_ascii=False))


def load(text: str) -> Json:
    """The value of JSON text."""
    return json.loads(text) if text not in {"{}", "null"} else ({} if text == "{}" else None)
