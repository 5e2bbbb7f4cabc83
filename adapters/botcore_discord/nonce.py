"""Sends that show nothing twice: their names for Discord, and a look at what has landed already.

Discord gives back the message that was sent with the same nonce, "in the past few minutes"
(https://discord.com/developers/docs/resources/message#create-message). Later, the channel's history tells.
"""

import hashlib
from collections.abc import Sequence
from typing import Any, Final

from botcore.messages import Address

REMEMBERED_S: Final = 60.0
"""Seconds for which Discord is trusted to know a nonce. A message that is answered later than that was accepted, and
maybe answered, before a crash or an outage; then one look at the history comes first."""

HISTORY: Final = 100
"""Messages that are looked at, those that follow the answered one; as many as one request brings."""

QUIET: Final = "~"
"""Begins the id of a message that is answered without a reply to it being shown: in private everybody knows."""

_EPOCH_MS: Final = 1_420_070_400_000
"""The first second of 2015 (https://discord.com/developers/docs/reference#snowflakes)."""


def nonce_of(address: Address, key: str) -> str:
    """The name of a send: 24 characters, of 25 that Discord takes.

    An empty database counts its messages anew, so the name is made of the answered message, too.
    """
    told = (address.bot, address.chat, address.thread, address.reply_to, address.place, key)
    return hashlib.blake2b("/".join(one or "" for one in told).encode(), digest_size=12).hexdigest()


def is_first(key: str) -> bool:
    """Whether a send is the first of its answer: that one is shown as a reply to the question."""
    part = key.partition("/")[2].partition("/")[0]
    return not part.isdecimal() or part == "0"


def asked_in(address: Address) -> str | None:
    """The id of the message that is answered; None where it is an interaction."""
    return address.reply_to.removeprefix(QUIET) if address.reply_to else None


def replied_to(address: Address) -> str | None:
    """The id of the message that the answer is shown as a reply to, if it is."""
    return None if address.reply_to is None or address.reply_to.startswith(QUIET) else address.reply_to


def written_at(message: str) -> float:
    """When a message was written, in seconds since 1970: its id tells."""
    return ((int(message) >> 22) + _EPOCH_MS) / 1000


def landed(history: Sequence[dict[str, Any]], address: Address, nonce: str, content: str, *, first: bool) -> str | None:
    """The id of the message in a history that an earlier try of a send has left; None where there is none.

    A message tells its nonce, where Discord tells it at all. Else it is known by what only an answer's first message
    is while it is empty: the bot's own reply to the question, which says what was to be sent. That of another
    question replies to another message, and a later part of the same answer is no reply. In private there are no
    replies, and one answer at a time: there it is a place without a word that was never filled.
    """
    reply = replied_to(address)
    if reply is None and any(letter.isalnum() for letter in content):
        first = False
    own = [one for one in history if one.get("author", {}).get("id") == address.bot]
    for message in own:
        if message.get("nonce") is not None and str(message["nonce"]) == nonce:
            return str(message["id"])
    for message in own if first else ():
        reference = message.get("message_reference") or {}
        if (
            message.get("nonce") is None
            and reference.get("message_id") == reply
            and message.get("content") == content
            and (reply is not None or message.get("edited_timestamp") is None)
            and not message.get("attachments")
        ):
            return str(message["id"])
    return None
