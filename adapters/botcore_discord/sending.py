"""Messages: created so that none is shown twice, changed, removed."""

import logging
from collections.abc import Callable
from typing import Any

from botcore.errors import MessageGone
from botcore.messages import Address
from botcore_discord.calls import Calls, channel_of
from botcore_discord.form import EPHEMERAL, LOADING
from botcore_discord.nonce import HISTORY, REMEMBERED_S, asked_in, is_first, landed, nonce_of, replied_to, written_at
from botcore_discord.pacing import Lane
from botcore_discord.parcel import Parcel
from botcore_discord.refusal import ARCHIVED, NOT_OURS, UNREACHABLE, Refused
from botcore_discord.targets import (
    DISTANT,
    FOLLOW_UPS,
    HIDDEN,
    MESSAGES,
    Target,
    in_channel,
    interaction_ids,
    interaction_lane,
)

log = logging.getLogger(__name__)


class Sending:
    """Sends parcels. `clock` tells the seconds since 1970."""

    def __init__(self, calls: Calls, clock: Callable[[], float]) -> None:
        self._calls = calls
        self._clock = clock

    async def post(self, address: Address, parcel: Parcel, key: str) -> str:
        """Send a message to the channel, once for each key; returns its id."""
        nonce, first = nonce_of(address, key), is_first(key)
        earlier = await self._landed(address, nonce, parcel.body["content"], first=first)
        if earlier is not None:
            log.info("message %s was sent before the last stop", earlier)
            return earlier
        parcel = parcel.with_fields(nonce=nonce, enforce_nonce=True)
        if first and (reply := replied_to(address)):
            parcel = parcel.with_fields(message_reference={"message_id": reply, "fail_if_not_exists": False})
        message = await self._insist(address, "POST", Target(MESSAGES, {}, _sends(address)), parcel)
        return str(message["id"])

    async def _landed(self, address: Address, nonce: str, content: str, *, first: bool) -> str | None:
        """The message that an earlier try has left in the channel, looked for where the nonce alone is no proof."""
        asked = asked_in(address)
        if asked is None or self._clock() - written_at(asked) < REMEMBERED_S:
            return None
        query = {"after": asked, "limit": str(HISTORY)}
        try:
            history = await self._calls.now(address, "GET", MESSAGES, lane=_sends(address), query=query)
        except Refused:  # if the channel is gone, the send is told so
            return None
        return landed(history or (), address, nonce, content.strip(), first=first)

    async def follow_up(self, address: Address, application: int, parcel: Parcel, *, hidden: bool) -> str:
        """Send through the interaction, which knows no nonce: a try that was not confirmed may stay as an empty one."""
        target = Target(FOLLOW_UPS, interaction_ids(address, application), interaction_lane(address))
        flags = parcel.body["flags"] | (EPHEMERAL if hidden else 0)
        message = await self._insist(address, "POST", target, parcel.with_fields(flags=flags))
        return f"{HIDDEN if hidden else DISTANT}{message['id']}"

    async def change(self, address: Address, target: Target, parcel: Parcel) -> dict[str, Any]:
        """Give a message its final form; its files are those of the parcel and no others."""
        listed = [{"id": index, "filename": file.name} for index, file in enumerate(parcel.files)]
        message: dict[str, Any] = await self._insist(address, "PATCH", target, parcel.with_fields(attachments=listed))
        return message

    async def change_in_channel(self, address: Address, external_id: str, parcel: Parcel) -> None:
        """The same in the channel. Raises MessageGone for an interaction's answer that cannot be changed there."""
        target = in_channel(address, external_id)
        try:
            message = await self.change(address, target, parcel)
        except Refused as refused:
            if refused.code == ARCHIVED:  # a message that is sent opens a thread again, an edit does not
                await self._calls.final(
                    address, "PATCH", "/channels/{channel_id}", {"archived": False}, lane=target.lane
                )
                await self.change(address, target, parcel)
                return
            if external_id != address.place or refused.code not in UNREACHABLE | {NOT_OURS}:
                raise
            raise MessageGone(f"an interaction's answer cannot be changed any more: {refused}") from refused
        if message.get("flags", 0) & LOADING:  # to people it says that nothing came, whatever it holds
            await self.remove(address, target)
            raise MessageGone("an interaction's answer waited for too long")

    async def remove(self, address: Address, target: Target) -> None:
        """Delete a message; one that is gone is fine."""
        try:
            await self._calls.now(address, "DELETE", target.path, lane=target.lane, **target.ids)
        except MessageGone:
            log.debug("a message was gone already")

    async def _insist(self, address: Address, method: str, target: Target, parcel: Parcel) -> Any:
        """Call in turn; where something is refused without which the message can do, call again without it."""
        while True:
            try:
                return await self._calls.final(
                    address, method, target.path, parcel.body, lane=target.lane, files=parcel.files, **target.ids
                )
            except Refused as refused:
                less = parcel.without(refused)
                if less is None:
                    raise
                log.warning("a message is sent with less in it: %s", refused)
                parcel = less


def _sends(address: Address) -> Lane:
    return "sends", channel_of(address)
