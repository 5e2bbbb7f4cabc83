"""The courier: delivers what was committed to the outbox, so that it is visible exactly once, in order."""

import logging
from functools import partial
from typing import Literal

from sqlalchemy import Connection

from botcore.adapter import Outlet
from botcore.delivery import inbox, outbox, waiting
from botcore.delivery.outbox import FAILED, GONE, READY, SENDING, SENT, SURPLUS, UNKNOWN, Place
from botcore.delivery.sending import in_turn, patiently, steadily, whereabouts
from botcore.delivery.work import Database, Work
from botcore.errors import BotcoreError, DeliveryError, MessageGone, SendFailed, SendUnknown
from botcore.messages import Piece
from botcore.store.worker import Unflushed

log = logging.getLogger(__name__)

MOST_PLACES = 3  # places taken for one message that is deleted again and again, as some groups' other bots do

NOT_SHOWN = "I have an answer, and could not show it here: the platform refused it. The operator can see why."


class Courier:
    """Delivers one committed answer after the other. Stateless between answers; used by many conversations at once."""

    def __init__(
        self,
        outlet: Outlet,
        database: Database,
        *,
        placeholder: str,
        plain_sends: Literal["at-least-once", "at-most-once"],
    ) -> None:
        self._outlet = outlet
        self._database = database
        self._placeholder = placeholder
        self._at_most_once = plain_sends == "at-most-once"

    async def deliver(self, work: Work) -> None:
        """Send or edit every place that is not yet as committed, then close the message. Raises Fenced."""
        pending = [place for place in work.places if place.state in (READY, SENDING, SURPLUS)]
        failure: str | None = None
        for place in pending[:-1]:
            brought, why = await self._bring(work, place)
            failure = failure or why
            await steadily(self._database, partial(outbox.mark, fence=work.fence, place=brought))
        done: Place | None = None
        if pending:
            done, why = await self._bring(work, pending[-1])
            failure = failure or why
        asked = any(place.kind == "question" for place in pending)
        closing = partial(self._close, work=work, last=done, asked=asked, failure=failure)
        # After a power cut an edit is repeated without effect; a plain send would show its message twice.
        await steadily(self._database, Unflushed(closing) if self._outlet.limits.edits else closing)

    @staticmethod
    def _close(c: Connection, *, work: Work, last: Place | None, asked: bool, failure: str | None) -> None:
        if last is not None:
            outbox.mark(c, work.fence, last)
        if asked and failure is None:
            waiting.suspend(c, work.fence, work.others)
        else:
            inbox.close(c, work.fence, work.others, state="failed" if failure else "done", why=failure)

    async def _bring(self, work: Work, place: Place) -> tuple[Place, str | None]:
        """Bring one place into its final form. Returns it and, where the platform refused, why."""
        if place.state == SURPLUS:
            await self._remove(work, place)
            return place.now(GONE), None
        try:
            return await self._show(work, place, place.piece or Piece(BotcoreError.said)), None
        except (SendFailed, MessageGone) as error:
            log.warning("message %d, part %d was refused by the platform: %s", work.head.id, place.part, error)
            await self._excuse(work, place)
            return place.now(FAILED), str(error)

    async def _excuse(self, work: Work, place: Place) -> None:
        """Put a word where an answer was refused: a placeholder that stays for ever is none."""
        if place.external_id is None or not self._outlet.limits.edits:
            return
        try:
            await in_turn(self._outlet.edit, work.address, place.external_id, Piece(NOT_SHOWN))
        except DeliveryError as error:  # the person has blocked the bot, or the chat is gone
            log.debug("message %d: not even a word about it was taken: %s", work.head.id, error)

    async def _remove(self, work: Work, place: Place) -> None:
        """Delete a place that is not needed. Where the platform refuses, it stays: the answer is there all the same."""
        try:
            if (it := await whereabouts(self._outlet, work.address, work.head.id, place)) is not None:
                await patiently(self._outlet.delete, work.address, it)
        except (SendFailed, MessageGone) as error:
            log.warning("a place of message %d cannot be deleted: %s", work.head.id, error)

    async def _show(self, work: Work, place: Place, piece: Piece) -> Place:
        if self._outlet.limits.edits:
            return await self._replace(work, place, piece)
        if self._outlet.limits.idempotent:
            key = f"{work.head.id}/{place.part}"
            return place.now(SENT, await patiently(self._outlet.send, work.address, piece, key=key))
        return await self._send_plainly(work, place, piece)

    async def _replace(self, work: Work, place: Place, piece: Piece) -> Place:
        """Edit the answer's place, taking one first where there is none."""
        key = f"{work.head.id}/{place.part}"
        for number in range(MOST_PLACES):
            if place.external_id is None:
                # A platform that tells repeated sends by their key would give the deleted message back.
                named = f"{key}/{number}" if number else key
                taken = await patiently(self._outlet.send, work.address, Piece(self._placeholder), key=named)
                place = place.now(place.state, taken)
                await steadily(self._database, partial(outbox.mark, fence=work.fence, place=place))
            try:
                await patiently(self._outlet.edit, work.address, place.external_id or "", piece)
            except MessageGone:
                log.info("the place of message %d was deleted; another one is taken", work.head.id)
                place = Place(place.part, place.state, None, place.piece, place.kind)
            else:
                return place.now(SENT)
        raise SendFailed(f"its place was deleted {MOST_PLACES} times")

    async def _send_plainly(self, work: Work, place: Place, piece: Piece) -> Place:
        """Send without a net: a platform that can neither edit nor tell a repeated send."""
        key = f"{work.head.id}/{place.part}"
        if not self._at_most_once:
            return place.now(SENT, await patiently(self._outlet.send, work.address, piece, key=key))
        if place.state == SENDING:
            log.warning("message %d, part %d may have landed before; it is not repeated", work.head.id, place.part)
            return place.now(UNKNOWN)
        await steadily(self._database, partial(outbox.mark, fence=work.fence, place=place.now(SENDING)))
        try:
            return place.now(SENT, await in_turn(self._outlet.send, work.address, piece, key=key))
        except SendUnknown as error:
            log.warning("message %d, part %d may have landed: %s", work.head.id, place.part, error)
            return place.now(UNKNOWN)
