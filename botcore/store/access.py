"""Who may use the bot: a stranger gets a code, the owner approves it.

A code is no secret that opens anything: only the owner, outside the chat, can approve one. So guessing codes in a chat
leads nowhere; the code merely tells the owner which of the waiting strangers it is.
"""

import re
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, select, update

from botcore.store.accounts import Access, Role
from botcore.store.tables import identity

ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""What codes are made of: nothing that is read as something else (0 and O, 1, I and L, U and V)."""
LENGTH = 6
LIFETIME = timedelta(hours=24)
"""After this time a code that was not decided on is void, and its person gets another one."""


class Member(NamedTuple):
    """An account with what was decided about it. `code` and `asked_at` of one who waits."""

    identity_id: int
    user_id: int
    platform: str
    external_id: str
    display_name: str
    access: Access
    role: Role
    code: str | None
    asked_at: datetime | None


_MEMBER = select(
    identity.c.id,
    identity.c.user_id,
    identity.c.platform,
    identity.c.external_id,
    identity.c.display_name,
    identity.c.access,
    identity.c.role,
    identity.c.code,
    identity.c.asked_at,
)
_BY_ID = _MEMBER.where(identity.c.id == bindparam("row"))
_BY_CODE = _MEMBER.where(identity.c.code == bindparam("wanted"), identity.c.access == "waiting").with_for_update()
_TAKEN = select(identity.c.id).where(identity.c.code == bindparam("wanted"))
_WAITING = _MEMBER.where(identity.c.access == "waiting", identity.c.asked_at > bindparam("since")).order_by(
    identity.c.asked_at, identity.c.id
)
_APPROVED = _MEMBER.where(identity.c.access == "approved").order_by(identity.c.platform, identity.c.id)
_DECIDE = (
    update(identity)
    .where(identity.c.id == bindparam("row"))
    .values(access=bindparam("decision"), code=bindparam("given"), asked_at=bindparam("asked"))
)
_SET_ROLE = update(identity).where(identity.c.id == bindparam("row")).values(role=bindparam("given"))


def request(c: Connection, identity_id: int, *, now: datetime | None = None) -> str:
    """Let an account wait for the owner's decision, and return its code: the same one for as long as it is valid.

    Also for one who was refused or revoked before: whoever calls this decides that they may ask again. Returns '' for
    one who is approved. Raises LookupError for an unknown account.
    """
    now = now or datetime.now(UTC)
    member = _found(c, identity_id)
    if member.access == "approved":
        return ""
    if member.access == "waiting" and member.code and not _expired(member, now):
        return member.code
    code = _new_code()
    while c.execute(_TAKEN, {"wanted": code}).first() is not None:
        code = _new_code()
    _decide(c, identity_id, "waiting", code, now)
    return code


def waiting(c: Connection, *, now: datetime | None = None) -> list[Member]:
    """Who waits for a decision, the longest waiting first."""
    since = (now or datetime.now(UTC)) - LIFETIME
    return [_member(row) for row in c.execute(_WAITING, {"since": since})]


def approve(c: Connection, code: str, *, now: datetime | None = None) -> Member | None:
    """Let in who waits with this code (any case, spaces and hyphens ignored). None: nobody does."""
    return _decide_on(c, code, "approved", now)


def refuse(c: Connection, code: str, *, now: datetime | None = None) -> Member | None:
    """Turn away who waits with this code. None: nobody does."""
    return _decide_on(c, code, "refused", now)


def admit(c: Connection, identity_id: int) -> Member:
    """Let an account in that asked for nothing, or was refused. Raises LookupError for an unknown one."""
    _decide(c, identity_id, "approved")
    return _found(c, identity_id)


def revoke(c: Connection, identity_id: int) -> Member:
    """Shut an account out, and take its role away. Raises LookupError for an unknown one."""
    _decide(c, identity_id, "refused")
    c.execute(_SET_ROLE, {"row": identity_id, "given": "user"})
    return _found(c, identity_id)


def set_role(c: Connection, identity_id: int, role: Role) -> Member:
    """Make an account a user, an admin or an owner. Raises LookupError for an unknown one."""
    c.execute(_SET_ROLE, {"row": identity_id, "given": role})
    return _found(c, identity_id)


def approved(c: Connection) -> list[Member]:
    """Who was let in, by platform."""
    return [_member(row) for row in c.execute(_APPROVED)]


def _decide_on(c: Connection, code: str, decision: Access, now: datetime | None) -> Member | None:
    wanted = re.sub(r"[\s-]", "", code).upper()
    row = c.execute(_BY_CODE, {"wanted": wanted}).first()
    if row is None or _expired(_member(row), now or datetime.now(UTC)):
        return None
    _decide(c, row.id, decision)
    return _found(c, row.id)


def _decide(
    c: Connection, identity_id: int, decision: Access, code: str | None = None, asked: datetime | None = None
) -> None:
    c.execute(_DECIDE, {"row": identity_id, "decision": decision, "given": code, "asked": asked})


def _expired(member: Member, now: datetime) -> bool:
    return member.asked_at is None or member.asked_at <= now - LIFETIME


def _new_code() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def _found(c: Connection, identity_id: int) -> Member:
    row = c.execute(_BY_ID, {"row": identity_id}).first()
    if row is None:
        raise LookupError(f"account {identity_id} does not exist")
    return _member(row)


def _member(row: Sequence[Any]) -> Member:
    return Member._make(row)
