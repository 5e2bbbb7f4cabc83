"""The desk: takes messages in. What it accepted is durable."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Generic, Literal, Protocol, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from botcore.adapter import Outlet
from botcore.delivery import inbox, outbox
from botcore.delivery.capacity import Capacity
from botcore.delivery.inbox import ORDERLY, REFUSED, URGENT, Tail, joins_of
from botcore.delivery.outbox import GONE, SURPLUS, Place
from botcore.delivery.runner import EmbeddedRunner, Lane
from botcore.delivery.sending import patiently, steadily
from botcore.delivery.work import Database
from botcore.errands import Errands
from botcore.errors import DeliveryError, Fenced, SendUnknown, StoreUnavailable
from botcore.messages import ConversationKey, Edit, Incoming, Piece, Reaction
from botcore.store import ratings
from botcore.store.accounts import ensure_identity
from botcore.store.conversations import ensure_conversation

log = logging.getLogger(__name__)
Claimed_co = TypeVar("Claimed_co", covariant=True)

PIECES = 100  # beyond the limit of open messages: what belongs to a message that was taken is taken as well
CLOSING_PATIENCE = 1.0  # seconds for what is under way when the program stops
CLAIMED = 16  # messages that are claimed as they are accepted: the rest of a batch must not wait for their histories
REMEMBERED = 5_000  # conversations and people whose row ids are kept in memory: 2 MB; looking one up takes 10 µs


class Admission(Protocol):
    """What the conversation says about a message before it is accepted. Pure and quick: it runs for every message."""

    def wanted(self, incoming: Incoming) -> bool:
        """Whether it is meant for the bot."""
        ...

    def urgent(self, incoming: Incoming) -> bool:
        """Whether it overtakes waiting messages, as /stop does."""
        ...

    def key(self, incoming: Incoming) -> ConversationKey:
        """Whose history it belongs to."""
        ...

    @property
    def scope(self) -> Literal["user", "chat"]:
        """Whether people of one chat have histories of their own."""
        ...


class Claim(Protocol[Claimed_co]):
    """Claims the oldest open message of a conversation and lane; see `Drain.claim`."""

    def __call__(self, c: Connection, *, conversation_id: int, lane: int) -> Claimed_co | None:
        """Claim it. None: nothing is open."""
        ...


@dataclass(frozen=True, slots=True)
class DeskSettings:
    """Caps on open messages, and from how many waiting ones a person is told."""

    open_per_conversation: int = 20
    busy_notice_at: int = 3


@dataclass(frozen=True, slots=True)
class Accepted:
    """A message that was new. `ahead` messages wait before it; `piece`: it goes on with the one just before it."""

    inbox_id: int
    conversation_id: int
    user_id: int
    lane: int
    ahead: int
    piece: bool
    incoming: Incoming


@dataclass(frozen=True, slots=True)
class _Stored(Generic[Claimed_co]):
    """What was new, where something was brought again, and what was claimed at once, by conversation."""

    accepted: Sequence[Accepted]
    again: AbstractSet[Lane]
    claimed: Mapping[int, Claimed_co]


def worth_a_word(ahead: int, first: int) -> bool:
    """Whether a person is told of the queue: at its first length, and each time that it has doubled.

    A word for each message would take the turns of the answers that it announces.

    >>> [ahead for ahead in range(20) if worth_a_word(ahead, 3)]
    [3, 6, 12]
    """
    times, rest = divmod(ahead, first)
    return rest == 0 and times.bit_count() == 1


class Desk(Generic[Claimed_co]):
    """Accepts messages in batches, one transaction each, and wakes their conversations.

    A message that need not wait, for its conversation is idle, is claimed in the same transaction: that saves the drain
    a commit and a hop to the database's thread, of four each.
    """

    def __init__(
        self,
        database: Database,
        runner: EmbeddedRunner[Claimed_co],
        claim: Claim[Claimed_co],
        admission: Admission,
        outlet: Callable[[str], Outlet],
        capacity: Capacity,
        settings: DeskSettings,
    ) -> None:
        self._database = database
        self._runner = runner
        self._claim = claim
        self._admission = admission
        self._outlet = outlet
        self._settings = settings
        self._conversations: dict[ConversationKey, int] = {}
        self._people: dict[tuple[str, str, str], int] = {}
        self._capacity = capacity
        self._errands = Errands()

    async def accept(self, *incoming: Incoming) -> None:
        """See `botcore.adapter.Gateway.accept`."""
        wanted = [one for one in incoming if self._admission.wanted(one)]
        if not wanted:
            return
        await self._capacity.room()
        # Who calls may stop waiting, but not take what is stored from being worked on.
        await asyncio.shield(self._errands.run(self._take(wanted), "accept"))

    async def _take(self, wanted: Sequence[Incoming]) -> None:
        stored = await self._stored(wanted)
        self._capacity.add(len(stored.accepted))
        for conversation_id, work in stored.claimed.items():
            self._runner.begin(conversation_id, ORDERLY, work)
        # Who brings it again may have been told that it was not stored, when the database broke off in the very commit.
        self._runner.wake_all(stored.again)
        for one in stored.accepted:
            self._remember(one)
            if one.lane != ORDERLY or one.conversation_id not in stored.claimed:
                self._runner.wake(one.conversation_id, one.lane)
            if one.lane == ORDERLY and not one.piece and worth_a_word(one.ahead, self._settings.busy_notice_at):
                _ = self._errands.run(self._tell(one), f"notice {one.inbox_id}")

    async def _stored(self, wanted: Sequence[Incoming]) -> "_Stored[Claimed_co]":
        """Store what is wanted, and claim what need not wait.

        Whatever fails about a claim, the messages are accepted without: the drain meets the fault, and tells of it.
        """
        idle = self._reserve(wanted)
        try:
            stored = await self._database.run(partial(self._insert, wanted=wanted, idle=idle))
            idle -= stored.claimed.keys()
        except StoreUnavailable:
            raise
        except Exception as error:
            if isinstance(error, IntegrityError):  # a remembered row is gone (a chat was deleted): look them up again
                self.forget()
            elif not idle:  # nothing was claimed that could have failed
                raise
            stored = await self._database.run(partial(self._insert, wanted=wanted))
        finally:
            for conversation_id in idle:
                self._runner.release(conversation_id, ORDERLY)
        return stored

    def _reserve(self, wanted: Sequence[Incoming]) -> set[int]:
        """The conversations, of those that are known, in which nobody works: until the end of this transaction."""
        idle: set[int] = set()
        for one in wanted:
            if len(idle) == CLAIMED:
                break
            known = self._conversations.get(self._admission.key(one))
            if known is None or known in idle or isinstance(one.event, Reaction) or joins_of(one) is not None:
                continue
            if not self._admission.urgent(one) and self._runner.reserve(known, ORDERLY):
                idle.add(known)
        return idle

    async def close(self) -> None:
        """Let what is being stored, and the words about the queue that are on their way, arrive, for a moment."""
        await self._errands.finish(CLOSING_PATIENCE)

    def forget(self) -> None:
        """Drop what is remembered of row ids."""
        self._conversations.clear()
        self._people.clear()

    def _insert(
        self, c: Connection, *, wanted: Sequence[Incoming], idle: AbstractSet[int] = frozenset()
    ) -> "_Stored[Claimed_co]":
        accepted: list[Accepted] = []
        again: set[Lane] = set()
        tails: dict[int, Tail] = {}
        known: dict[ConversationKey, int] = {}
        for incoming in wanted:
            if isinstance(incoming.event, Reaction):
                _rate(c, incoming, incoming.event)
                continue
            key = self._admission.key(incoming)
            conversation_id = self._conversations.get(key) or known.get(key)
            if conversation_id is None:
                scope = self._admission.scope
                conversation_id = known[key] = ensure_conversation(c, key, incoming.chat.kind, scope)
            if isinstance(incoming.event, Edit) and inbox.revise(c, conversation_id, incoming.event):
                continue
            user_id = self._person(c, incoming)
            tail = tails.get(conversation_id)
            if tail is None:  # nothing is open where nobody works
                busy = conversation_id not in idle and self._runner.busy(conversation_id)
                tail = inbox.tail(c, conversation_id) if busy else Tail()
            lane, joins = self._lane(incoming, tail), joins_of(incoming)
            row = inbox.accept(c, incoming, conversation_id=conversation_id, user_id=user_id, lane=lane)
            if row is None:
                again.add((conversation_id, lane))
                continue
            piece = joins is not None and joins == tail.joins and lane == tail.lane
            accepted.append(Accepted(row, conversation_id, user_id, lane, tail.open, piece, incoming))
            if lane != URGENT:
                tail = Tail(tail.open + (lane == ORDERLY), lane, joins)
            tails[conversation_id] = tail
        claimed: dict[int, Claimed_co] = {}
        for conversation_id in {one.conversation_id for one in accepted if one.lane == ORDERLY} & idle:
            work = self._claim(c, conversation_id=conversation_id, lane=ORDERLY)
            if work is not None:
                claimed[conversation_id] = work
        return _Stored(accepted, again, claimed)

    def _lane(self, incoming: Incoming, tail: Tail) -> int:
        if self._admission.urgent(incoming):
            return URGENT
        most, joins = self._settings.open_per_conversation, joins_of(incoming)
        if joins is not None and joins == tail.joins:
            return tail.lane if tail.open < most + PIECES else REFUSED
        return REFUSED if tail.open >= most else ORDERLY

    def _person(self, c: Connection, incoming: Incoming) -> int:
        sender, platform = incoming.sender, incoming.address.platform
        known = self._people.get(_person_key(incoming))
        return known or ensure_identity(c, platform, sender.id, sender.name, sender.locale).user_id

    def _remember(self, accepted: Accepted) -> None:
        if max(len(self._conversations), len(self._people)) >= REMEMBERED:
            self.forget()
        self._conversations[self._admission.key(accepted.incoming)] = accepted.conversation_id
        self._people[_person_key(accepted.incoming)] = accepted.user_id

    async def _tell(self, accepted: Accepted) -> None:
        """Say a word about the queue, until the message's turn comes.

        Not where a place is set aside: that shows that the answer is to come, and may be for one person's eyes only.
        """
        address = accepted.incoming.address
        outlet = self._outlet(address.platform)
        if not outlet.limits.edits or address.place is not None:
            return
        ahead = f"{accepted.ahead} other message{'' if accepted.ahead == 1 else 's'}"
        piece = Piece(f"… (waiting behind {ahead})")
        place = Place(outbox.QUEUE_PART, SURPLUS, None, piece, outbox.QUEUE)
        record = partial(self._record, accepted)
        try:
            if outlet.limits.idempotent:  # what a crash leaves behind is found again by its key, and taken away
                await record(place)
            shown = await outlet.send(address, piece, key=f"{accepted.inbox_id}/{outbox.QUEUE}")
        except Fenced:  # its turn has come already
            return
        except DeliveryError as error:
            log.debug("the word about the queue was not shown: %s", error)
            if outlet.limits.idempotent and not isinstance(error, SendUnknown):
                with suppress(Fenced):
                    await record(place.now(GONE))
            return
        try:
            await record(place.now(SURPLUS, shown))
        except Fenced:
            with suppress(DeliveryError):
                await patiently(outlet.delete, address, shown)

    async def _record(self, accepted: Accepted, place: Place) -> None:
        """Keep what is known of a word about the queue. Raises Fenced."""
        fence = inbox.Fence(accepted.inbox_id, 0)
        await steadily(self._database, partial(outbox.put, fence=fence, written=[place]))


def _rate(c: Connection, incoming: Incoming, reaction: Reaction) -> None:
    """Keep a reaction. It is no work to be done: nobody waits for an answer to a thumb."""
    address = incoming.address
    ratings.react(
        c,
        platform=address.platform,
        bot=address.bot,
        chat=incoming.chat.id,
        external_id=reaction.external_id,
        person=incoming.sender.id,
        emojis=reaction.emojis,
    )


def _person_key(incoming: Incoming) -> tuple[str, str, str]:
    """The name is part of it: a changed one is to be stored again."""
    return (incoming.address.platform, incoming.sender.id, incoming.sender.name)
