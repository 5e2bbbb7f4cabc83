"""Calls in the turn of their channel, with errors as the engine knows them."""

import logging
import time
from collections.abc import Sequence
from typing import Any, Final

from botcore.complaints import Complaints
from botcore.errors import DeliveryError, SendLater
from botcore.messages import Address
from botcore_discord.library import discord
from botcore_discord.pacing import Lane, Paces
from botcore_discord.refusal import FAILURES, UNREACHABLE, Refused, line_for, translated
from botcore_discord.wire import Declined, Departure, Upload, Wire

log = logging.getLogger(__name__)

_SHUT_S: Final = 60.0
"""Seconds for which nothing that may be dropped is tried in a channel that refused: 10,000 refusals in 10 minutes shut
the bot out of Discord (https://discord.com/developers/docs/topics/rate-limits#invalid-request-limit-aka-cloudflare-bans)."""

_MOST_SHUT: Final = 1_000


def channel_of(address: Address) -> str:
    """The channel that is written to: a thread is one of its own."""
    return address.thread or address.chat


class Calls:
    """Calls Discord for one bot."""

    def __init__(self, client: discord.Client, paces: Paces, complaints: Complaints) -> None:
        self.paces = paces
        self._wire = Wire(client)
        self._complaints = complaints
        self._shut: dict[str, float] = {}

    async def final(
        self,
        address: Address,
        method: str,
        path: str,
        body: dict[str, Any] | None = None,
        *,
        lane: Lane | None = None,
        files: Sequence[Upload] = (),
        **ids: Any,
    ) -> Any:
        """Call in turn; `lane` is that of the channel's messages unless given. Raises what `Outlet` names."""
        turn: Lane = lane or ("sends", channel_of(address))
        await self.paces.final(turn)
        return await self.now(address, method, path, body, lane=turn, files=files, **ids)

    async def now(
        self,
        address: Address,
        method: str,
        path: str,
        body: dict[str, Any] | None = None,
        *,
        lane: Lane,
        files: Sequence[Upload] = (),
        query: dict[str, str] | None = None,
        patience: float | None = None,
        departure: Departure | None = None,
        **ids: Any,
    ) -> Any:
        """Call without waiting for a turn. Raises what `Outlet` names."""
        if "{channel_id}" in path:
            ids.setdefault("channel_id", int(channel_of(address)))
        try:
            return await self._wire.call(
                method, path, body, files=files, query=query, patience=patience, departure=departure, **ids
            )
        except FAILURES as error:
            failure = translated(error)
            self._note(failure, error, channel_of(address), lane)
            raise failure from error

    def has_room(self, address: Address, lane: Lane, method: str, path: str, **ids: Any) -> bool:
        """Whether something that may be dropped can go now without standing in the way of what may not."""
        if "{channel_id}" in path:
            ids.setdefault("channel_id", int(channel_of(address)))
        until = self._shut.get(channel_of(address), 0.0)
        return until <= time.monotonic() and self.paces.is_free(lane) and self._wire.has_room(method, path, **ids)

    async def close(self) -> None:
        """End what is under way."""
        await self._wire.close()

    def _note(self, failure: DeliveryError, error: Exception, channel: str, lane: Lane) -> None:
        """Hold back what would be refused as well, and tell the operator what only they can mend."""
        if isinstance(failure, SendLater) and isinstance(error, Declined):
            everything = error.is_global or not error.body or error.status == 401
            self.paces.hold(lane, failure.retry_after, everything=everything)
            if error.status == 401:
                self._complaints.say("token", "Discord does not accept DISCORD_BOT_TOKEN any more: nothing is sent")
            elif not error.body:
                self._complaints.say("blocked", "Discord turns this machine away for a while (%d)", error.status)
            return
        line = line_for(failure)
        if line is not None and isinstance(failure, Refused):
            self._complaints.say(f"{failure.code} {channel}", f"Discord: {line}", channel, level=logging.WARNING)
            if failure.code in UNREACHABLE:
                if len(self._shut) >= _MOST_SHUT:
                    self._shut.clear()
                self._shut[channel] = time.monotonic() + _SHUT_S
