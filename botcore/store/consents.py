"""Who lets their conversations be used for training a model: nobody, until they say so."""

from datetime import UTC, datetime

from sqlalchemy import Connection, bindparam, select, update

from botcore.store.statements import dump, load
from botcore.store.tables import user_account

KEY = "training_consent"
"""In a person's settings: since when, in ISO 8601."""

_GET = select(user_account.c.settings).where(user_account.c.id == bindparam("person"))
_LOCKED = _GET.with_for_update()
_SET = update(user_account).where(user_account.c.id == bindparam("person")).values(settings=bindparam("new"))


def since(c: Connection, user_id: int) -> datetime | None:
    """Since when a person consents; None: they do not."""
    return _read(c.execute(_GET, {"person": user_id}).scalar())


def put(c: Connection, user_id: int, *, given: bool) -> None:
    """Note a person's consent, or that it is taken back. Saying it twice changes nothing."""
    text = c.execute(_LOCKED, {"person": user_id}).scalar()
    if text is None or (_read(text) is not None) == given:
        return
    settings = load(text)
    if given:
        settings[KEY] = datetime.now(UTC).isoformat()
    else:
        settings.pop(KEY, None)
    c.execute(_SET, {"person": user_id, "new": dump(settings)})


def _read(settings: str | None) -> datetime | None:
    told = load(settings).get(KEY) if settings else None
    return datetime.fromisoformat(told) if told else None
