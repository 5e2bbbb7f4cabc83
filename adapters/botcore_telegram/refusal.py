"""What Telegram's error answers mean for a message that is to be delivered."""

from enum import Enum
from typing import Final

from telegram.error import BadRequest, ChatMigrated, Forbidden, InvalidToken, RetryAfter, TelegramError

from botcore.errors import DeliveryError, MessageGone, SendFailed, SendLater, SendUnknown
from botcore_telegram.network import FloodWait, NotSent, may_have_landed, told

AGAIN_S: Final = 1.0
"""Seconds until a request that never left is repeated."""

TOKEN_S: Final = 30.0
"""The same while the token is not accepted: the operator has to do something first."""

_UNTOLD_S: Final = 5.0
"""The same where Telegram does not say how long to wait."""


class Why(Enum):
    """Reasons for which Telegram refuses a message and which can be helped."""

    UNCHANGED = "it is like that already"
    GONE = "the message to edit or delete is not there"
    NOT_TEXT = "the message to edit is no text"
    FORMATTING = "the entities"
    BUTTONS = "the buttons"
    MEDIA = "the kind of file"
    OTHER = "something else"


_SIGNS: Final = (
    (Why.UNCHANGED, ("message is not modified",)),
    (Why.GONE, ("message to edit not found", "message to delete not found", "message_id_invalid", "can't be edited")),
    (Why.NOT_TEXT, ("no text in the message",)),
    (Why.BUTTONS, ("button_", "inline keyboard", "reply markup", "inlinekeyboardbutton")),
    (Why.FORMATTING, ("entit",)),
    (
        Why.MEDIA,
        (
            "photo_",
            "image_process",
            "for a photo",
            "can't use file of type",
            "voice_messages_forbidden",
            "receiving of voice",
            "rights to send",
        ),
    ),
)
"""What the descriptions say (tdlib/telegram-bot-api and TDLib; their wording is not part of the documentation)."""


class Refused(SendFailed):
    """Telegram refused for good. `why` tells what could be left out or done otherwise."""

    def __init__(self, message: str, why: Why) -> None:
        super().__init__(message)
        self.why = why


def translated(error: TelegramError) -> DeliveryError:
    """The same as the engine knows it. For a ChatMigrated there is nothing: the caller goes to the new chat."""
    match error:
        case FloodWait():
            return SendLater(told(error), retry_after=error.seconds)
        case RetryAfter():
            return SendLater(told(error), retry_after=_UNTOLD_S)
        case InvalidToken():
            return SendLater("Telegram does not accept the token", retry_after=TOKEN_S)
        case NotSent():
            return SendLater(told(error), retry_after=AGAIN_S)
        case BadRequest():
            return _refused(told(error))
        case Forbidden() | ChatMigrated():
            return SendFailed(told(error))
        case _ if may_have_landed(error):
            return SendUnknown(told(error))
        case _:
            return SendFailed(told(error))


def _refused(said: str) -> DeliveryError:
    folded = said.lower()
    why = next((why for why, signs in _SIGNS if any(sign in folded for sign in signs)), Why.OTHER)
    return MessageGone(said) if why is Why.GONE else Refused(said, why)
