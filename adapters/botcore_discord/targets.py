"""How a message of the bot is reached: in its channel, or through the interaction that it answers.

An interaction's token works for 15 minutes and reaches its answers wherever they are, those too that only one person
sees (https://discord.com/developers/docs/interactions/receiving-and-responding). What can be reached in no other way is
marked: its id begins with a tilde where one person sees it, with a caret where all do.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from botcore.messages import Address
from botcore_discord.calls import channel_of
from botcore_discord.pacing import Lane

HIDDEN: Final = "~"
"""Begins the id of a message that only the asker sees, and the bot only through the interaction."""
DISTANT: Final = "^"
"""Begins the id of a message that all see, and that the bot reaches through the interaction alone: the bot is not where
it stands, or may not write there."""

MESSAGES: Final = "/channels/{channel_id}/messages"
MESSAGE: Final = "/channels/{channel_id}/messages/{message_id}"
FOLLOW_UPS: Final = "/webhooks/{webhook_id}/{webhook_token}"
FOLLOW_UP: Final = "/webhooks/{webhook_id}/{webhook_token}/messages/{message_id}"
ORIGINAL: Final = "/webhooks/{webhook_id}/{webhook_token}/messages/@original"

_MARGIN: Final = timedelta(seconds=5)
"""Before its end a token is left alone: a request takes its time."""


@dataclass(frozen=True, slots=True)
class Target:
    """A message's path, the ids in it, and the limit that it falls under."""

    path: str
    ids: dict[str, Any]
    lane: Lane

    @property
    def by_token(self) -> bool:
        """Whether it is reached through an interaction."""
        return self.lane[0] == "interaction"


def has_token(address: Address, now: float) -> bool:
    """Whether the address has a token that still works; `now` is in seconds since 1970."""
    if address.token is None or address.expires_at is None:
        return False
    return now < (address.expires_at - _MARGIN).timestamp()


def is_distant(message: str) -> bool:
    """Whether the message is reached through its interaction alone, be it hidden or not."""
    return message.startswith((HIDDEN, DISTANT))


def number_of(message: str) -> int:
    """Discord's id of the message."""
    return int(message.lstrip(HIDDEN + DISTANT))


def in_channel(address: Address, message: str) -> Target:
    """A message in its channel."""
    return Target(MESSAGE, {"message_id": number_of(message)}, ("edits", channel_of(address)))


def through_token(address: Address, application: int, message: str) -> Target:
    """The same through the interaction."""
    ids: dict[str, Any] = interaction_ids(address, application)
    if message == address.place:
        return Target(ORIGINAL, ids, interaction_lane(address))
    return Target(FOLLOW_UP, {**ids, "message_id": number_of(message)}, interaction_lane(address))


def interaction_ids(address: Address, application: int) -> dict[str, Any]:
    """What names an interaction in a path."""
    return {"webhook_id": application, "webhook_token": address.token or ""}


def interaction_lane(address: Address) -> Lane:
    """The limit of an interaction's messages."""
    return "interaction", address.token or ""
