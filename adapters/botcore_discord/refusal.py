"""What Discord's error answers mean for a message that is to be delivered, and what the operator is told.

Codes: https://discord.com/developers/docs/topics/opcodes-and-status-codes#json-json-error-codes
"""

import asyncio
from typing import Final

import aiohttp

from botcore.errors import DeliveryError, MessageGone, SendFailed, SendLater, SendUnknown
from botcore_discord.library import discord
from botcore_discord.wire import Declined

AGAIN_S: Final = 1.0
"""Seconds until a request that never left is repeated."""

TOKEN_S: Final = 30.0
"""The same while the token is not accepted: the operator has to do something first."""

UNTOLD_S: Final = 5.0
"""The same where Discord does not say how long to wait."""

BLOCKED_S: Final = 60.0
"""The same where what stands before Discord turns this machine away: each further request makes it last longer."""

UNKNOWN_CHANNEL, UNKNOWN_MESSAGE, UNKNOWN_WEBHOOK = 10003, 10008, 10015
MISSING_ACCESS, CANNOT_DM, MISSING_PERMISSIONS, INVALID_TOKEN = 50001, 50007, 50013, 50027
NO_MUTUAL_GUILDS, ARCHIVED, INVALID_FORM, TOO_LARGE = 50278, 50083, 50035, 40005
NO_HISTORY, HAS_THREAD, LOCKED, OVERLOADED = 160002, 160004, 160005, 130000
WRONG_CHANNEL, NOT_OURS = 50024, 50005

UNREACHABLE: Final = frozenset(
    {UNKNOWN_CHANNEL, MISSING_ACCESS, MISSING_PERMISSIONS, CANNOT_DM, NO_MUTUAL_GUILDS, LOCKED}
)
"""Codes after which nothing can be shown in a channel until somebody changes something."""

_LINES: Final = {
    UNKNOWN_CHANNEL: "channel %s does not exist any more: answers for it are dropped",
    MISSING_ACCESS: "the bot does not see channel %s (any more): it needs the permission View Channel there",
    MISSING_PERMISSIONS: (
        "the bot may not do this in channel %s: it needs Send Messages (in threads: Send Messages in Threads), "
        "and Attach Files for pictures and files"
    ),
    CANNOT_DM: "the person in the private chat %s does not take messages from the bot: answers for them are dropped",
    NO_MUTUAL_GUILDS: "the bot shares no server with the person in the private chat %s: answers for them are dropped",
    LOCKED: "thread %s is locked: to write there, the bot needs the permission Manage Threads",
}


class Refused(SendFailed):
    """Discord refused for good. `code` is Discord's, `fields` are the parts of the request that it does not take."""

    def __init__(self, message: str, code: int = 0, fields: frozenset[str] = frozenset()) -> None:
        super().__init__(message)
        self.code = code
        self.fields = fields


class InteractionOver(Refused):
    """The token of an interaction is not accepted (any more)."""


def translated(error: Exception) -> DeliveryError:
    """The same as the engine knows it."""
    match error:
        case Declined():
            return _declined(error)
        case discord.RateLimited():
            return SendLater("a rate limit is used up", retry_after=error.retry_after)
        case aiohttp.ClientConnectorError() | aiohttp.ConnectionTimeoutError():
            return SendLater(f"no connection to Discord ({type(error).__name__})", retry_after=AGAIN_S)
        case _:  # broke off, took too long, was no JSON: it may have landed
            return SendUnknown(f"{type(error).__name__}: {error}")


FAILURES: Final = (
    Declined,
    discord.DiscordException,
    aiohttp.ClientError,
    OSError,
    asyncio.TimeoutError,
    ValueError,
    RuntimeError,
)
"""What a call may raise. RuntimeError: the client was closed meanwhile; ValueError: an answer that is no JSON."""


def _declined(error: Declined) -> DeliveryError:
    said = f"Discord: {error}"
    if error.status == 429:
        untold = UNTOLD_S if error.body else BLOCKED_S
        return SendLater(said, retry_after=untold if error.retry_after is None else error.retry_after)
    if error.code == OVERLOADED:
        return SendLater(said, retry_after=error.retry_after or UNTOLD_S)
    if error.status >= 500:
        return SendUnknown(said)
    if error.code in (INVALID_TOKEN, UNKNOWN_WEBHOOK):
        return InteractionOver(said, error.code)
    if error.status == 401:
        return SendLater("Discord does not accept the token", retry_after=TOKEN_S)
    if error.code == UNKNOWN_MESSAGE:
        return MessageGone(said)
    if error.status == 403 and not error.body:
        return SendLater("something before Discord turns this machine away", retry_after=BLOCKED_S)
    return Refused(said, error.code, error.fields)


def line_for(error: DeliveryError) -> str | None:
    """What the operator is told of a refusal, with `%s` for the channel; None where it is nobody's to mend."""
    return _LINES.get(error.code) if isinstance(error, Refused) else None
