"""Opening threads."""

from typing import Any, Final

from botcore.adapter import Thread
from botcore.errors import MessageGone, SendFailed, Unsuitable
from botcore.messages import Address
from botcore_discord.calls import Calls
from botcore_discord.refusal import (
    HAS_THREAD,
    MISSING_ACCESS,
    MISSING_PERMISSIONS,
    UNKNOWN_CHANNEL,
    WRONG_CHANNEL,
    Refused,
)

_PUBLIC: Final = 11
"""A channel's type (https://discord.com/developers/docs/resources/channel#channel-object-channel-types)."""
_LONGEST_NAME: Final = 100

NO_THREADS: Final = "There are no threads here: I can open one in a server's text channel. /reset begins anew."


async def open_thread(calls: Calls, address: Address, title: str, anchor: str | None) -> Thread:
    """Open a thread on the message `anchor`, which then cannot be opened twice; without one, in the channel.

    Raises Unsuitable where there can be none, and what `Outlet` names.
    """
    if address.thread:
        raise Unsuitable("This is a thread already; I can open one in the channel around it.")
    body = {"name": " ".join(title.split())[:_LONGEST_NAME].strip() or "Chat"}
    try:
        found = await _opened(calls, address, body, anchor)
    except Refused as refused:
        if refused.code == HAS_THREAD and anchor is not None:
            return _thread(anchor)  # a thread has the id of the message on which it was opened
        if refused.code in (WRONG_CHANNEL, MISSING_ACCESS, UNKNOWN_CHANNEL):
            raise Unsuitable(NO_THREADS) from refused
        if refused.code == MISSING_PERMISSIONS:
            raise Unsuitable("I may not open threads here: I need the permission Create Public Threads.") from refused
        raise
    return _thread(str(found["id"]))


async def _opened(calls: Calls, address: Address, body: dict[str, Any], anchor: str | None) -> Any:
    if anchor is not None:
        path = "/channels/{channel_id}/messages/{message_id}/threads"
        try:
            return await calls.final(address, "POST", path, body, message_id=int(anchor))
        except MessageGone:
            pass  # opened in the channel instead
    return await calls.final(address, "POST", "/channels/{channel_id}/threads", {**body, "type": _PUBLIC})


def _thread(number: str) -> Thread:
    if not number.isdecimal():
        raise SendFailed("Discord names no thread")
    return Thread(number, f"<#{number}>")
