"""Small things worth keeping, by key: a counter's calibration, an adapter's last position."""

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from botcore.messages import Json
from botcore.store.statements import dump, load
from botcore.store.tables import fact

_GET = select(fact.c.value).where(fact.c.key == bindparam("wanted"))
_CHANGE = update(fact).where(fact.c.key == bindparam("wanted")).values(value=bindparam("new"))
_DROP = delete(fact).where(fact.c.key == bindparam("wanted"))
_ADD = insert(fact)


def of_chat(platform: str, chat: str, name: str = "") -> str:
    """The key of what is kept for one chat; without a `name` the beginning of all of its keys."""
    return f"chat/{platform}/{chat.replace('/', '%2F')}/{name}"


def get(c: Connection, key: str) -> Json:
    """The value of a key, None where there is none."""
    text = c.execute(_GET, {"wanted": key}).scalar()
    return None if text is None else load(text)


def put(c: Connection, key: str, value: Json) -> None:
    """Set the value of a key."""
    text = dump(value)
    if not c.execute(_CHANGE, {"wanted": key, "new": text}).rowcount:
        c.execute(_ADD, {"key": key, "value": text})


def drop(c: Connection, key: str) -> None:
    """Remove a key; one that is not there is fine."""
    c.execute(_DROP, {"wanted": key})


def drop_all(c: Connection, beginning: str) -> None:
    """Remove all keys that begin like this."""
    c.execute(delete(fact).where(fact.c.key.startswith(beginning, autoescape=True)))
