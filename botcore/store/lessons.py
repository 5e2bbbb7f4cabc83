"""What people let the bot learn from: their turns, with what they thought of the answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, Integer, and_, bindparam, func, select

from botcore.messages import Json
from botcore.store import consents
from botcore.store.statements import load
from botcore.store.tables import identity, message, rating, user_account

TURNS = 200
"""Turns of one page: a unit of work of a few milliseconds."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A question with its answer, as the chat completions API has messages, and what the asker thought of it.

    `rating` is 1, -1 or 0 (not said); `about` has the persona and the model that answered; `names` are what the person
    is called on the platforms; `at` is when the answer was given.
    """

    inbox_id: int
    conversation_id: int
    user_id: int
    messages: tuple[Mapping[str, Json], ...]
    rating: int
    about: Mapping[str, Json]
    names: tuple[str, ...]
    at: datetime


@dataclass(slots=True)
class _Draft:
    messages: list[dict[str, Json]] = field(default_factory=list[dict[str, Json]])
    about: dict[str, Json] = field(default_factory=dict[str, Json])


_CONSENTING = select(user_account.c.id).where(user_account.c.settings.contains(f'"{consents.KEY}"', autoescape=True))
_PEOPLE = select(func.count()).select_from(_CONSENTING.subquery())
_NAMES = select(identity.c.user_id, identity.c.display_name).where(
    identity.c.user_id.in_(bindparam("people", expanding=True))
)
_THEIRS = and_(message.c.user_id.in_(_CONSENTING), message.c.inbox_id > bindparam("after"))
_NEXT = (
    select(message.c.inbox_id)
    .where(_THEIRS)
    .group_by(message.c.inbox_id)
    .order_by(message.c.inbox_id)
    .limit(bindparam("most", type_=Integer))
)
_ROWS = (
    select(
        message.c.inbox_id,
        message.c.conversation_id,
        message.c.user_id,
        message.c.id,
        message.c.role,
        message.c.content,
        message.c.meta,
        message.c.created_at,
        rating.c.value,
    )
    .outerjoin(rating, and_(rating.c.inbox_id == message.c.inbox_id, rating.c.user_id == message.c.user_id))
    .where(message.c.inbox_id.in_(bindparam("turns", expanding=True)))
    .order_by(message.c.inbox_id, message.c.id)
)


def people(c: Connection) -> int:
    """How many people let their conversations be used."""
    return int(c.execute(_PEOPLE).scalar_one())


def page(c: Connection, *, after: int = 0, most: int = TURNS) -> list[Turn]:
    """The next turns of people who consent after the message `after`, in the order in which they were accepted.

    Turns of others in a shared conversation are not among them.
    """
    found = [row.inbox_id for row in c.execute(_NEXT, {"after": after, "most": most})]
    rows = c.execute(_ROWS, {"turns": found}).all()
    names: dict[int, list[str]] = {}
    for named in c.execute(_NAMES, {"people": sorted({row.user_id for row in rows})}):
        names.setdefault(named.user_id, []).append(named.display_name)
    turns: dict[int, Turn] = {}
    drafts: dict[int, _Draft] = {}
    for row in rows:
        draft = drafts.setdefault(row.inbox_id, _Draft())
        draft.messages.append({"role": row.role, **load(row.content)})
        draft.about |= load(row.meta)
        turns[row.inbox_id] = Turn(
            inbox_id=row.inbox_id,
            conversation_id=row.conversation_id,
            user_id=row.user_id,
            messages=tuple(draft.messages),
            rating=row.value or 0,
            about=draft.about,
            names=tuple(names.get(row.user_id, ())),
            at=row.created_at,
        )
    return list(turns.values())
