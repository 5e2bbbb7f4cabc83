"""The way out: implements `botcore.adapter.Outlet` and `ThreadOutlet` for Discord."""

import logging
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing
from typing import Final

from botcore.adapter import Limits, Thread
from botcore.complaints import Complaints
from botcore.errors import DeliveryError, MessageGone, Unsuitable
from botcore.messages import Address, Button, Piece, Reply
from botcore_discord.calls import Calls, channel_of
from botcore_discord.files import FETCH_BYTES, UPLOAD_BYTES
from botcore_discord.form import text_body
from botcore_discord.frames import FRAME_PATIENCE_S, Frames, Rows
from botcore_discord.library import discord
from botcore_discord.pacing import Lane, Paces, PacingSettings
from botcore_discord.parcel import Packing, Parcel
from botcore_discord.pieces import pieces_of
from botcore_discord.refusal import UNREACHABLE, InteractionOver, Refused
from botcore_discord.sending import Sending
from botcore_discord.split import MESSAGE_LIMIT
from botcore_discord.targets import (
    DISTANT,
    HIDDEN,
    Target,
    has_token,
    in_channel,
    interaction_lane,
    is_distant,
    through_token,
)
from botcore_discord.threads import NO_THREADS, open_thread
from botcore_discord.wire import Departure

log = logging.getLogger(__name__)

_TYPING_S: Final = 8.0
"""Seconds between two typing pulses: one shows for 10
(https://discord.com/developers/docs/resources/channel#trigger-typing-indicator)."""

_DM: Final = 1
"""A channel's type (https://discord.com/developers/docs/resources/channel#channel-object-channel-types)."""
_REMEMBERED: Final = 1_000

_WAITING: Final = "…"
_TOO_LATE: Final = (
    "This answer was for your eyes only, and it took longer than the 15 minutes in which Discord lets me show one so. "
    "Please ask again."
)
_OVER: Final = "the interaction is over, and with it the way to this message"


class DiscordOutlet:
    """Sends, edits, deletes and fetches for one bot, at the pace that Discord allows.

    `clock` tells the seconds since 1970.
    """

    def __init__(
        self,
        client: discord.Client,
        pacing: PacingSettings | None = None,
        complaints: Complaints | None = None,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.limits = Limits(
            text=MESSAGE_LIMIT,
            edits=True,
            idempotent=True,
            typing_seconds=_TYPING_S,
            upload_bytes=UPLOAD_BYTES,
            fetch_bytes=FETCH_BYTES,
        )
        self._client = client
        self._clock = clock
        self._paces = Paces(pacing)
        self._calls = Calls(client, self._paces, complaints or Complaints(logging.getLogger("botcore_discord")))
        self._sending = Sending(self._calls, clock)
        self._packing = Packing(client, self._calls)
        self._frames = Frames(self._show_frame)
        self._private: OrderedDict[str, bool] = OrderedDict()
        self._whispered: OrderedDict[str, None] = OrderedDict()  # places that stand although the asker has the answer

    def split(self, reply: Reply) -> Sequence[Piece]:
        """Cut a reply into messages; Markdown becomes what Discord shows."""
        return pieces_of(reply)

    # ---- messages ----

    async def send(self, address: Address, piece: Piece, *, key: str) -> str:
        """Send a message in the channel's turn; returns its id. Sent again with the same key, it is not shown twice.

        What an interaction's deferred answer holds is no new message. Further ones go to the channel; through the
        interaction where the asker alone is to see them, or where the bot may not write.
        """
        if address.place is not None and key.partition("/")[2] == "0":
            return address.place
        parcel = await self._packing.parcel(address, piece)
        usable, place = self._has_token(address), address.place
        if usable and (place is None or is_distant(place)):
            return await self._follow_up(address, parcel, hidden=place is not None and place.startswith(HIDDEN))
        try:
            return await self._sending.post(address, parcel, key)
        except Refused as refused:
            if not usable or refused.code not in UNREACHABLE:
                raise
            log.info("the channel refuses, the interaction is used: %s", refused)
            return await self._follow_up(address, parcel, hidden=False)

    async def _follow_up(self, address: Address, parcel: Parcel, *, hidden: bool) -> str:
        return await self._sending.follow_up(address, self._application(address), parcel, hidden=hidden)

    async def edit(self, address: Address, external_id: str, piece: Piece) -> None:
        """Replace a message by its final form, in the channel's turn."""
        await self._frames.end(external_id)
        if piece.ephemeral and await self._is_for_all(address, external_id):
            await self._whisper(address, external_id, piece)
            return
        parcel = await self._packing.parcel(address, piece)
        target = self._target(address, external_id)
        if target is None:
            raise MessageGone(_OVER)
        if target.by_token:
            try:
                await self._sending.change(address, target, parcel)
            except InteractionOver:
                if is_distant(external_id):
                    raise MessageGone(_OVER) from None
            else:
                return
        await self._sending.change_in_channel(address, external_id, parcel)

    async def _whisper(self, address: Address, external_id: str, piece: Piece) -> None:
        """Show the asker alone what was expected to be for all, and take the place that all see away."""
        place = self._target(address, external_id) or in_channel(address, external_id)
        told = external_id in self._whispered
        late = not told and not self._has_token(address)
        try:
            if not told and not late:
                # The first follow-up to a deferral takes its place, for all to see, while that still waits.
                body = text_body(_WAITING, ())
                await self._calls.final(address, "PATCH", place.path, body, lane=place.lane, **place.ids)
                await self._follow_up(address, await self._packing.parcel(address, piece), hidden=True)
                self._whispered[external_id] = None
                if len(self._whispered) > _REMEMBERED:
                    self._whispered.popitem(last=False)
        except InteractionOver:
            late = True
        except MessageGone:  # done before the last stop
            return
        if late and is_distant(external_id):
            raise MessageGone(_OVER)
        if late:
            await self._sending.change_in_channel(address, external_id, Parcel.of_text(_TOO_LATE))
        else:
            await self._sending.remove(address, place)
            self._whispered.pop(external_id, None)

    async def delete(self, address: Address, external_id: str) -> None:
        """Remove a message; one that is gone is fine."""
        await self._frames.end(external_id)
        target = self._target(address, external_id)
        try:
            if target is not None:
                await self._sending.remove(address, target)
                return
        except InteractionOver:
            log.debug(_OVER)
        if is_distant(external_id):
            log.debug("message %s stays: its interaction is over", external_id)
            return
        await self._sending.remove(address, in_channel(address, external_id))

    async def close(self) -> None:
        """Let the frames that are on their way arrive, and end everything else."""
        await self._frames.stop()
        await self._calls.close()
        await self._packing.close()

    # ---- while an answer grows ----

    async def frame_slot(self, address: Address) -> None:
        """Wait until this channel may be shown another state of a growing answer."""
        by_token = address.place is not None and self._has_token(address)
        await self._paces.next_frame(interaction_lane(address) if by_token else _edits(address))

    async def frame(
        self, address: Address, external_id: str, text: str, buttons: Sequence[Sequence[Button]] = ()
    ) -> None:
        """Show an answer so far. Dropped where it is shown already, or where it would stand in a final's way."""
        await self._frames.show(address, external_id, text, tuple(tuple(row) for row in buttons))

    async def _show_frame(
        self, address: Address, external_id: str, text: str, buttons: Rows, departure: Departure
    ) -> None:
        target = self._target(address, external_id)
        if target is None or not self._calls.has_room(address, target.lane, "PATCH", target.path, **target.ids):
            return
        await self._calls.now(
            address,
            "PATCH",
            target.path,
            text_body(text, buttons),
            lane=target.lane,
            patience=FRAME_PATIENCE_S,
            departure=departure,
            **target.ids,
        )

    async def typing(self, address: Address) -> None:
        """Show once that an answer is being written. A deferred interaction shows that by itself."""
        path: Final = "/channels/{channel_id}/typing"
        lane: Lane = ("typing", channel_of(address))
        if address.place is not None and self._has_token(address):
            return
        if self._calls.has_room(address, lane, "POST", path) and self._paces.try_frame(lane):
            await self._calls.now(address, "POST", path, lane=lane, patience=FRAME_PATIENCE_S)

    # ---- threads and files ----

    async def open_thread(self, address: Address, title: str, *, key: str) -> Thread:  # noqa: ARG002 - one message, one thread
        """Open a thread on the message that is answered. Raises Unsuitable inside a thread and in private."""
        place = address.place or ""
        if place.startswith(DISTANT) or await self._is_private(address):
            raise Unsuitable(NO_THREADS)
        anchor = address.reply_to or (None if is_distant(place) else place or None)
        return await open_thread(self._calls, address, title, anchor)

    async def fetch(self, ref: str, *, most: int) -> AsyncIterator[bytes]:
        """Stream a file's bytes. Raises Unsuitable where there are more than `most`, or where Discord gives none."""
        async with aclosing(self._packing.fetch(ref, most)) as pieces:
            async for piece in pieces:
                yield piece

    # ---- where things are ----

    def _target(self, address: Address, external_id: str) -> Target | None:
        """How a message is reached now: through its interaction, in its channel, or not any more."""
        distant = is_distant(external_id)
        if self._has_token(address) and (distant or external_id == address.place):
            return through_token(address, self._application(address), external_id)
        return None if distant else in_channel(address, external_id)

    def _has_token(self, address: Address) -> bool:
        return has_token(address, self._clock())

    def _application(self, address: Address) -> int:
        return self._client.application_id or int(address.bot)

    async def _is_for_all(self, address: Address, external_id: str) -> bool:
        """Whether others see a message that one person alone could be shown."""
        if not address.token or external_id.startswith(HIDDEN):
            return False
        return external_id.startswith(DISTANT) or not await self._is_private(address)

    async def _is_private(self, address: Address) -> bool:
        """Whether the chat is one person's with the bot; the library remembers few of those."""
        chat = address.chat
        if address.thread is not None or self._client.get_channel(int(chat)) is not None:
            return isinstance(self._client.get_channel(int(chat)), discord.DMChannel)
        if chat not in self._private:
            try:
                channel = await self._calls.now(address, "GET", "/channels/{channel_id}", lane=_edits(address))
            except DeliveryError as error:
                log.debug("the kind of a channel is not known: %s", error)
                return False
            self._private[chat] = channel.get("type") == _DM
            if len(self._private) > _REMEMBERED:
                self._private.popitem(last=False)
        return self._private[chat]


def _edits(address: Address) -> Lane:
    return "edits", channel_of(address)


__all__ = ["DiscordOutlet", "PacingSettings"]
