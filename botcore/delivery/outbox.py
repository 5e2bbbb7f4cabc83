"""The outbox: the places and the committed messages of answers. Units of work over a connection; nothing commits."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection, bindparam, select, update

from botcore import codec
from botcore.delivery.inbox import URGENT, Fence, hold
from botcore.messages import Audio, File, Image, Piece, Video
from botcore.store.prepared import Prepared
from botcore.store.statements import insert_if_new
from botcore.store.tables import conversation, inbox, outbox

log = logging.getLogger(__name__)

RESERVED, READY, SENDING, SENT, UNKNOWN, FAILED, SURPLUS, GONE = (
    "reserved",  # its place is on the platform, what it will say is not known
    "ready",  # committed, to be sent
    "sending",  # a plain send was begun (recorded only where at-most-once is wanted)
    "sent",
    "unknown",  # a plain send that may have landed and is not repeated
    "failed",  # the platform refused it for good
    "surplus",  # a place that the answer turned out not to need: to be deleted
    "gone",  # deleted
)

QUEUE = "queue"
"""Kind of a word about the queue: shown while a message waits, deleted when its turn comes. Never an answer's place:
it stands above the answers to the messages before."""
QUEUE_PART = -1


@dataclass(frozen=True, slots=True)
class Place:
    """One message of an answer: where it stands on the platform, and how far it is."""

    part: int
    state: str
    external_id: str | None = None
    piece: Piece | None = None
    kind: str = "answer"

    def now(self, state: str, external_id: str | None = None) -> "Place":
        """The same place in another state."""
        return replace(self, state=state, external_id=external_id or self.external_id)


@dataclass(frozen=True, slots=True)
class Standing:
    """The places of an earlier message's answer."""

    inbox_id: int
    places: Sequence[Place]


@dataclass(frozen=True, slots=True)
class Shown:
    """One of the bot's messages: the user who was answered with it, their message's row, and the place's kind."""

    user_id: int | None
    inbox_id: int
    kind: str


_COLUMNS = (outbox.c.part, outbox.c.state, outbox.c.external_id, outbox.c.body, outbox.c.kind)
_PLACES = Prepared(select(*_COLUMNS).where(outbox.c.inbox_id == bindparam("message")).order_by(outbox.c.part))
_THIS = update(outbox).where(outbox.c.inbox_id == bindparam("message"), outbox.c.part == bindparam("which"))
_REPLACE = Prepared(
    _THIS.values(
        kind=bindparam("new_kind"),
        body=bindparam("new_body"),
        state=bindparam("new_state"),
        attempt=bindparam("new_attempt"),
        external_id=bindparam("new_external"),
    )
)
_NEW = Prepared(insert_if_new(outbox, "inbox_id", "part"))
_MARK = Prepared(_THIS.values(state=bindparam("now"), external_id=bindparam("external")))

_PREVIOUS = (
    select(inbox.c.id, inbox.c.external_id)
    .where(
        inbox.c.conversation_id == bindparam("conversation"),
        inbox.c.id < bindparam("before"),
        inbox.c.lane != URGENT,
        inbox.c.state != "joined",
    )
    .order_by(inbox.c.id.desc())
    .limit(1)
)


# Message ids are unique in one chat only.
_ANSWERED = (
    select(inbox.c.user_id, inbox.c.id, outbox.c.kind)
    .join(outbox, outbox.c.inbox_id == inbox.c.id)
    .join(conversation, conversation.c.id == inbox.c.conversation_id)
    .where(
        outbox.c.external_id == bindparam("external"),
        inbox.c.platform == bindparam("at"),
        inbox.c.bot_id == bindparam("bot"),
        conversation.c.chat_id == bindparam("chat"),
    )
    .order_by(outbox.c.id.desc())
    .limit(1)
)


def places(c: Connection, inbox_id: int) -> list[Place]:
    """All places of a message's answer, in order."""
    return [
        Place(row.part, row.state, row.external_id, _decoded(inbox_id, row.body), row.kind)
        for row in _PLACES.all(c, {"message": inbox_id})
    ]


def attachments_at(
    c: Connection, *, platform: str, bot: str, chat: str, external_id: str
) -> tuple[Image | Audio | Video | File, ...]:
    """The attachments of the whole answer of which a message in a chat is a part; none where it is no longer kept."""
    row = c.execute(_ANSWERED, {"external": external_id, "at": platform, "bot": bot, "chat": chat}).first()
    if row is None:
        return ()
    return tuple(part for place in places(c, row.id) if place.piece for part in place.piece.attachments)


def _decoded(inbox_id: int, body: str) -> Piece | None:
    """What a place is to say. None where nothing is written yet, or where another version wrote it."""
    try:
        return codec.decode(Piece, body) if body else None
    except ValueError as error:
        log.error("an answer to message %d is stored in a form that cannot be read: %s", inbox_id, error)  # noqa: TRY400 - one line
        return None


def put(c: Connection, fence: Fence, written: Sequence[Place]) -> None:
    """Write places, new or known. Raises Fenced."""
    hold(c, fence)
    for place in written:
        values = {
            "kind": place.kind,
            "body": codec.encode(place.piece) if place.piece is not None else "",
            "state": place.state,
            "attempt": fence.attempt,
        }
        new = {**values, "inbox_id": fence.inbox_id, "part": place.part, "external_id": place.external_id}
        if _NEW.scalar(c, new) is None:
            changed = {f"new_{name}": value for name, value in values.items()}
            known = {"message": fence.inbox_id, "which": place.part, "new_external": place.external_id}
            _REPLACE.run(c, {**changed, **known})


def mark(c: Connection, fence: Fence, place: Place) -> None:
    """Record a place's new state and platform id. Raises Fenced."""
    hold(c, fence)
    values = {"message": fence.inbox_id, "which": place.part, "now": place.state, "external": place.external_id}
    _MARK.run(c, values)


def committed(c: Connection, fence: Fence) -> bool:
    """Whether this very attempt has committed its answer already. Raises Fenced."""
    hold(c, fence)
    this = (outbox.c.inbox_id == fence.inbox_id, outbox.c.attempt == fence.attempt, outbox.c.state == READY)
    return c.execute(select(outbox.c.part).where(*this).limit(1)).first() is not None


def of_original(c: Connection, conversation_id: int, inbox_id: int) -> Standing | None:
    """Where the answer to an earlier message stands now, or None where that message is not of this conversation."""
    same = select(inbox.c.id).where(inbox.c.id == inbox_id, inbox.c.conversation_id == conversation_id)
    return Standing(inbox_id, places(c, inbox_id)) if c.execute(same).first() else None


def notice_before(c: Connection, conversation_id: int, inbox_id: int, external_id: str) -> Standing | None:
    """Where the notice stands that the message before `inbox_id` got.

    None where that message has not this id on the platform, or was answered by more than a notice.
    """
    row = c.execute(_PREVIOUS, {"conversation": conversation_id, "before": inbox_id}).first()
    if row is None or row.external_id != external_id:
        return None
    found = [place for place in places(c, row.id) if place.kind != QUEUE]
    return Standing(row.id, found) if found and all(place.kind == "notice" for place in found) else None


def shown_at(c: Connection, *, platform: str, bot: str, chat: str, external_id: str) -> Shown | None:
    """What the message with this id on the platform is, None where it is no answer that is kept."""
    where = {"external": external_id, "at": platform, "bot": bot, "chat": chat}
    row = c.execute(_ANSWERED, where).first()
    return None if row is None else Shown(row.user_id, row.id, row.kind)


def hand_over(c: Connection, inbox_id: int) -> None:
    """Take an earlier answer's places away from it: another answer has adopted them."""
    c.execute(update(outbox).where(outbox.c.inbox_id == inbox_id, outbox.c.kind != "question").values(state=GONE))
