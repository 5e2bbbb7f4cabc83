"""People, and their accounts on the platforms."""

from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple, TypeAlias

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from botcore.store.prepared import Prepared
from botcore.store.statements import insert_if_new
from botcore.store.tables import identity, user_account

Access: TypeAlias = Literal["", "waiting", "approved", "refused"]
Role: TypeAlias = Literal["user", "admin", "owner"]


class Identity(NamedTuple):
    """An account on a platform: `access` is '' for one who never asked."""

    id: int
    user_id: int
    access: Access
    role: Role


_FIND = Prepared(
    select(
        identity.c.id,
        identity.c.user_id,
        identity.c.access,
        identity.c.role,
        identity.c.display_name,
    ).where(identity.c.platform == bindparam("at"), identity.c.external_id == bindparam("external"))
)
_NEW_USER = Prepared(insert(user_account).returning(user_account.c.id))
_NEW = Prepared(insert_if_new(identity, "platform", "external_id"))
_DROP_USER = delete(user_account).where(user_account.c.id == bindparam("user"))
_RENAME = update(identity).where(identity.c.id == bindparam("row")).values(display_name=bindparam("name"))


def find_identity(c: Connection, platform: str, external_id: str) -> Identity | None:
    """The account with the platform's id `external_id`."""
    row = _find(c, platform, external_id)
    return None if row is None else _identity(row)


def ensure_identity(
    c: Connection, platform: str, external_id: str, display_name: str, locale: str | None = None
) -> Identity:
    """The account, made with a person of its own when it is new; `display_name` is refreshed when it changed."""
    row = _find(c, platform, external_id)
    if row is None:
        return _create(c, platform, external_id, display_name, locale)
    if row.display_name != display_name:
        c.execute(_RENAME, {"row": row.id, "name": display_name})
    return _identity(row)


def _create(c: Connection, platform: str, external_id: str, display_name: str, locale: str | None) -> Identity:
    now = datetime.now(UTC)
    user_id = int(_NEW_USER.scalar(c, {"locale": locale, "settings": "{}", "created_at": now}))
    new = _NEW.scalar(
        c,
        {
            "user_id": user_id,
            "platform": platform,
            "external_id": external_id,
            "display_name": display_name,
            "access": "",
            "role": "user",
        },
    )
    if new is not None:
        return Identity(int(new), user_id, "", "user")
    # Another process was quicker; its row is committed, else the insert would still wait for it.
    c.execute(_DROP_USER, {"user": user_id})
    return _identity(_find(c, platform, external_id))


def _find(c: Connection, platform: str, external_id: str) -> Any:
    return _FIND.first(c, {"at": platform, "external": external_id})


def _identity(row: Any) -> Identity:
    return Identity(row.id, row.user_id, row.access, row.role)
