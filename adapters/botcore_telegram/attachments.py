"""Messages that carry files: alone, in albums, and in the place of an answer."""

import logging
from collections import OrderedDict
from typing import Any, Final, NamedTuple

from botcore.errors import MessageGone, SendFailed
from botcore.messages import Piece
from botcore_telegram.calls import Calls
from botcore_telegram.media import UPLOAD_TIMEOUT_S, Kind, album_as, edited_to, kind_of, sent_as
from botcore_telegram.refusal import Refused, Why

log = logging.getLogger(__name__)

_REMEMBERED: Final = 1000
"""Places behind which something was sent and that may still stand; each costs about 200 bytes."""


class Shown(NamedTuple):
    """What was sent: the message's id, an album's first one's; and an album's files by Telegram's ids."""

    message: int
    refs: tuple[str, ...] = ()


class Attachments:
    """Sends files, and puts them in the place of a text.

    A kind that Telegram refuses (a picture of odd dimensions, a voice message for somebody who takes none) goes as a
    document.
    """

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._sent: OrderedDict[tuple[int, int], Shown] = OrderedDict()

    async def send(self, chat: int, piece: Piece, place: dict[str, Any]) -> Shown:
        """Send a message, or an album; `place`: where it goes within the chat."""
        kind = kind_of(piece.attachments[0])
        try:
            return await self._send_as(kind, chat, piece, place)
        except Refused as refused:
            if refused.why is not Why.MEDIA or kind == "document":
                raise
            log.info("a %s is sent as a document: %s", kind, refused)
        return await self._send_as("document", chat, piece, place)

    async def _send_as(self, kind: Kind, chat: int, piece: Piece, place: dict[str, Any]) -> Shown:
        if len(piece.attachments) > 1:  # no buttons: sendMediaGroup takes none
            data = {name: value for name, value in place.items() if name != "reply_markup"} | album_as(kind, piece)
            count = len(piece.attachments)
            album = await self._calls.insist(chat, "sendMediaGroup", data, UPLOAD_TIMEOUT_S, messages=count)
            return Shown(int(album[0]["message_id"]), tuple(_ref_of(message) for message in album))
        method, content = sent_as(kind, piece)
        message = await self._calls.insist(chat, method, {**place, **content}, UPLOAD_TIMEOUT_S)
        return Shown(int(message["message_id"]))

    async def replace(self, chat: int, message: int, piece: Piece, place: dict[str, Any]) -> Shown:
        """Put a piece in the place of a message; returns what is seen then.

        No message becomes an album or a voice message: these are sent behind their place, which then goes. Whoever is
        killed in between sends them again; a call that is only repeated does not.
        """
        kind = kind_of(piece.attachments[0])
        if len(piece.attachments) > 1 or kind == "voice":
            return await self._send_behind(chat, message, piece, place)
        target = {"message_id": message, "reply_markup": place["reply_markup"]}
        try:
            await self._calls.insist(chat, "editMessageMedia", {**target, **edited_to(kind, piece)}, UPLOAD_TIMEOUT_S)
        except Refused as refused:
            if refused.why is not Why.MEDIA or kind == "document":
                raise
            log.info("a %s is shown as a document: %s", kind, refused)
            content = edited_to("document", piece)
            await self._calls.insist(chat, "editMessageMedia", {**target, **content}, UPLOAD_TIMEOUT_S)
        return Shown(message)

    async def _send_behind(self, chat: int, message: int, piece: Piece, place: dict[str, Any]) -> Shown:
        key = (chat, message)
        if key not in self._sent:
            self._sent[key] = await self.send(chat, piece, place)
            if len(self._sent) > _REMEMBERED:
                self._sent.popitem(last=False)
        try:
            await self._calls.now(chat, "deleteMessage", {"message_id": message})
        except MessageGone:
            log.debug("place %d was gone already", message)
        except SendFailed as error:  # older than 48 hours; the answer is there all the same
            log.warning("place %d stays behind: %s", message, error)
        return self._sent.pop(key)


def _ref_of(message: dict[str, Any]) -> str:
    """The id of a message's file; of a photo's sizes the last is the largest."""
    sizes = message.get("photo") or [message.get("document") or {}]
    return str(sizes[-1].get("file_id", ""))
