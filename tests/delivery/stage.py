"""Small scenes that the tests of delivery begin with: accepted messages, claims, a platform in memory."""

import itertools
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import Connection, select

from botcore.adapter import Limits
from botcore.delivery import inbox
from botcore.delivery.claims import NotYet
from botcore.delivery.inbox import ORDERLY, Fence
from botcore.delivery.outbox import Place
from botcore.delivery.work import Work, claim
from botcore.errors import MessageGone
from botcore.messages import (
    Address,
    Button,
    Chat,
    ConversationKey,
    Event,
    Incoming,
    Message,
    Piece,
    Reply,
    Sender,
    Text,
)
from botcore.store.accounts import ensure_identity
from botcore.store.conversations import ensure_conversation
from botcore.store.database import Database
from botcore.store.tables import inbox as inbox_table
from botcore.store.tables import outbox as outbox_table

_numbers = itertools.count(1)


def incoming(
    what: str | Event = "hello",
    *,
    update: str | None = None,
    sender: str = "ada",
    chat: str = "1",
    platform: str = "room",
    joins: str | None = None,
    ago: float = 10,
) -> Incoming:
    """Something that happened `ago` seconds ago."""
    number = next(_numbers)
    event = Message(f"m{number}", (Text(what),), joins=joins) if isinstance(what, str) else what
    return Incoming(
        id=update or f"u{number}",
        address=Address(platform, "bot", chat),
        chat=Chat(platform, chat, "private"),
        sender=Sender(sender, sender.title()),
        event=event,
        received_at=datetime.now(UTC) - timedelta(seconds=ago),
    )


def accept_in(c: Connection, one: Incoming, lane: int = ORDERLY) -> tuple[int, int | None]:
    """Accept a message; the conversation's id and the message's (None: it was there before)."""
    key = ConversationKey(one.chat.platform, one.chat.id)
    conversation = ensure_conversation(c, key, one.chat.kind, "user")
    person = ensure_identity(c, one.chat.platform, one.sender.id, one.sender.name).user_id
    return conversation, inbox.accept(c, one, conversation_id=conversation, user_id=person, lane=lane)


async def accept(database: Database, *messages: str | Incoming, lane: int = ORDERLY) -> tuple[int, list[int]]:
    """Accept messages of one conversation; its id and theirs."""
    conversation, ids = 0, list[int]()
    for message in messages:
        one = incoming(message) if isinstance(message, str) else message
        conversation, row = await database.run(partial(accept_in, one=one, lane=lane))
        assert row is not None
        ids.append(row)
    return conversation, ids


async def claimed(
    database: Database, conversation: int, lane: int = ORDERLY, *, worker: str = "w", join_seconds: float = 0.6
) -> Work:
    """Claim what is there to be claimed."""
    work = await look(database, conversation, lane, worker=worker, join_seconds=join_seconds)
    assert isinstance(work, Work)
    return work


async def look(
    database: Database, conversation: int, lane: int = ORDERLY, *, worker: str = "w", join_seconds: float = 0.6
) -> Work | NotYet | None:
    """Try to claim."""
    unit = partial(claim, conversation_id=conversation, lane=lane, worker=worker, join_seconds=join_seconds)
    return await database.run(unit)


async def row(database: Database, inbox_id: int) -> Any:
    """An inbox row as stored."""
    found = await database.read(lambda c: c.execute(select(inbox_table).where(inbox_table.c.id == inbox_id)).first())
    assert found is not None
    return found


async def states(database: Database) -> list[str]:
    """The states of all messages, in order."""
    return await database.read(
        lambda c: [str(state) for state in c.execute(select(inbox_table.c.state).order_by(inbox_table.c.id)).scalars()]
    )


async def places(database: Database, inbox_id: int) -> list[tuple[int, str, str | None]]:
    """Part, state and platform id of a message's places."""
    these = select(outbox_table.c.part, outbox_table.c.state, outbox_table.c.external_id)
    return await database.read(
        lambda c: [
            (int(one.part), str(one.state), one.external_id)
            for one in c.execute(these.where(outbox_table.c.inbox_id == inbox_id).order_by(outbox_table.c.part))
        ]
    )


def ready(part: int = 0, text: str = "answer", *, external_id: str | None = None, kind: str = "answer") -> Place:
    """A place whose text is committed."""
    return Place(part, "ready", external_id, Piece(text), kind)


def stale(fence: Fence) -> Fence:
    """The claim before."""
    return Fence(fence.inbox_id, fence.attempt - 1)


class Wall:
    """An outlet in memory. `faults` are raised by the next calls, one each: before the effect, or after it ('+')."""

    def __init__(self, *, edits: bool = True, idempotent: bool = False) -> None:
        self.limits = Limits(100, edits, idempotent, 0.01, 10**6, 10**6)
        self.shown: dict[str, str] = {}
        self.sent: list[str] = []
        self.calls: list[str] = []
        self.faults: dict[str, list[BaseException | None]] = {}
        self.keys: dict[str, str] = {}
        self.before: Callable[[str], None] = lambda _: None

    def fails(self, call: str, *faults: BaseException | None) -> None:
        """The next calls of this name raise these; None lets one pass."""
        self.faults.setdefault(call, []).extend(faults)

    def _fault(self, call: str) -> None:
        self.calls.append(call)
        self.before(call)
        if waiting := self.faults.get(call):
            fault = waiting.pop(0)
            if fault is not None:
                raise fault

    def split(self, reply: Reply) -> Sequence[Piece]:
        """Pieces of 100 characters."""
        text = reply.text
        return [Piece(text[at : at + 100]) for at in range(0, len(text), 100)] or [Piece("")]

    async def send(self, address: Address, piece: Piece, *, key: str) -> str:
        """Show a message."""
        self._fault("send")
        if self.limits.idempotent and key in self.keys:
            return self.keys[key]
        number = str(len(self.sent) + 1)
        self.keys[key] = number
        self.sent.append(piece.text)
        self.shown[number] = piece.text
        self._fault("sent")
        return number

    async def edit(self, address: Address, external_id: str, piece: Piece) -> None:
        """Replace a message."""
        self._fault("edit")
        if external_id not in self.shown:
            raise MessageGone(external_id)
        self.shown[external_id] = piece.text
        self._fault("edited")

    async def frame_slot(self, address: Address) -> None:
        """No pace."""

    async def frame(
        self, address: Address, external_id: str, text: str, buttons: Sequence[Sequence[Button]] = ()
    ) -> None:
        """Show an answer so far."""
        self._fault("frame")
        self.shown[external_id] = text

    async def delete(self, address: Address, external_id: str) -> None:
        """Remove a message."""
        self._fault("delete")
        self.shown.pop(external_id, None)

    async def typing(self, address: Address) -> None:
        """Show the dots."""
        self._fault("typing")

    async def fetch(self, ref: str, *, most: int) -> AsyncIterator[bytes]:
        """A file whose content is its name."""
        yield ref.encode()[:most]

    @property
    def texts(self) -> list[str]:
        """What stands there now."""
        return list(self.shown.values())
