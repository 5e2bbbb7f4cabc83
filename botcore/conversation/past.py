"""What a turn reads when its message is claimed, in one hop: the person, the settings, the history."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import orjson

from botcore.conversation.admission import Person
from botcore.conversation.prompt import Past
from botcore.delivery import waiting
from botcore.delivery.inbox import Row
from botcore.delivery.outbox import Shown, Standing, notice_before, of_original, shown_at
from botcore.messages import Edit, Incoming, Json, Press
from botcore.plugin import Usage
from botcore.store import Connection, accounts, conversations, history, usage

FAILED = "failed"
"""Key in a message's `meta`: the question was answered by a notice; it is not put to the model again unless asked."""


@dataclass(frozen=True, slots=True)
class LastTurn:
    """The last question of a history, and its message in the inbox."""

    inbox_id: int
    text: str
    external_id: str | None


@dataclass(frozen=True, slots=True)
class Loaded:
    """What was read. `waiting` is a message whose handler asked this sender something."""

    person: Person
    settings: Mapping[str, Json]
    past: Sequence[Past]
    last: LastTurn | None
    used_today: Usage
    waiting: tuple[int, Incoming] | None = None
    standing: Standing | None = None
    """Where the answer to the message stands that is edited, where that was the last one."""
    replaces: int | None = None
    """The turn of the history that began with the message that is edited."""
    foreign: bool = False
    """Whether a button was pressed that stands under the answer to somebody else."""
    settled: bool = False
    """Whether a button was pressed that stands under a question which does not wait for this sender's answer."""


def load(c: Connection, head: Row, *, turns: int, metered: bool) -> Loaded:
    """Read it, in the transaction of the claim. `turns`: how many turns of history at most."""
    incoming, conversation_id = head.incoming, head.conversation_id
    identity = accounts.find_identity(c, incoming.address.platform, incoming.sender.id)
    if identity is None:
        person = Person(head.user_id or 0, 0)
    else:
        person = Person(identity.user_id, identity.id, identity.access, identity.role)
    conversation = conversations.get(c, conversation_id)
    rows = history.window(c, conversation_id, turns=turns, history_from=conversation.history_from)
    failed = {row.inbox_id for row in rows if FAILED in row.meta}
    past = [
        Past(row.inbox_id or 0, {"role": row.role, **orjson.loads(row.content)})
        for row in rows
        if row.inbox_id not in failed
    ]
    last = _last(rows)
    standing, replaces = _edited(c, head, last)
    waits = waiting.find(c, conversation_id, incoming.sender.id)
    pressed = _pressed(c, incoming)
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return Loaded(
        person=person,
        settings=conversation.settings,
        past=past,
        last=last,
        used_today=usage.total(c, user_id=person.user_id, since=midnight) if metered else Usage(),
        waiting=waits,
        standing=standing,
        replaces=replaces,
        # in a group with histories of their own, a button is its person's
        foreign=pressed is not None
        and (conversation.scope, incoming.chat.kind) == ("user", "group")
        and pressed.user_id not in (None, person.user_id),
        settled=pressed is not None and pressed.kind == "question" and (waits is None or waits[0] != pressed.inbox_id),
    )


def _pressed(c: Connection, incoming: Incoming) -> Shown | None:
    """The bot's message under which a button was pressed."""
    event, address = incoming.event, incoming.address
    if not isinstance(event, Press):
        return None
    where = {"platform": address.platform, "bot": address.bot, "chat": incoming.chat.id}
    return shown_at(c, **where, external_id=event.external_id)


def _edited(c: Connection, head: Row, last: LastTurn | None) -> tuple[Standing | None, int | None]:
    """Where an edit is answered: the answer to the last question, or the notice that the last message got."""
    event = head.incoming.event
    if not isinstance(event, Edit):
        return None, None
    if last is not None and last.external_id == event.external_id:
        return of_original(c, head.conversation_id, last.inbox_id), last.inbox_id
    return notice_before(c, head.conversation_id, head.id, event.external_id), None


def _last(rows: Sequence[history.StoredMessage]) -> LastTurn | None:
    asked = next((row for row in reversed(rows) if row.role == "user" and row.inbox_id is not None), None)
    if asked is None or asked.inbox_id is None:
        return None
    content = orjson.loads(asked.content)["content"]
    return LastTurn(asked.inbox_id, content if isinstance(content, str) else "", asked.external_id)
