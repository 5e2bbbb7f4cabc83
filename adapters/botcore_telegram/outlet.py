"""The way out: implements `botcore.adapter.Outlet` for Telegram."""

import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from typing import Any, Final, cast

from telegram.error import ChatMigrated, InvalidToken, TelegramError

from botcore.adapter import Limits
from botcore.errors import MessageGone, SendFailed, Unsuitable
from botcore.messages import Address, Button, Piece, Reply
from botcore_telegram.bot import TelegramBot
from botcore_telegram.complaints import Complaints
from botcore_telegram.entities import is_blank
from botcore_telegram.frames import Frames
from botcore_telegram.incoming import GENERAL
from botcore_telegram.media import UPLOAD_TIMEOUT_S, edited_to, kind_of, sent_as
from botcore_telegram.network import FloodWait
from botcore_telegram.pacing import Pacing
from botcore_telegram.pieces import NOTHING, UPLOAD_BYTES, keyboard_of, pieces_of
from botcore_telegram.refusal import Refused, Why, translated
from botcore_telegram.split import MESSAGE_LIMIT

log = logging.getLogger(__name__)

FETCH_BYTES: Final = 20 * 1024 * 1024
"""The largest file that a bot gets (https://core.telegram.org/bots/api#getfile)."""

_TYPING_S: Final = 4.0
"""Seconds between two typing pulses: one shows for 5 (https://core.telegram.org/bots/api#sendchataction)."""

_NO_PREVIEW: Final = {"is_disabled": True}
"""A picture of a page that the model mentions, below every answer, is noise."""

_LOOKS: Final = {Why.FORMATTING: ("entities", "caption_entities"), Why.BUTTONS: ("reply_markup",)}
"""What is left out where Telegram refuses it: better an answer without it than none."""


class TelegramOutlet:
    """Sends, edits, deletes and fetches for one bot, at the pace that Telegram allows."""

    def __init__(self, bot: TelegramBot, pacing: Pacing, complaints: Complaints) -> None:
        self.limits = Limits(
            text=MESSAGE_LIMIT,
            edits=True,
            idempotent=False,
            typing_seconds=_TYPING_S,
            upload_bytes=UPLOAD_BYTES,
            fetch_bytes=FETCH_BYTES,
        )
        self._bot = bot
        self._pacing = pacing
        self._complaints = complaints
        self._moved: dict[int, int] = {}  # groups that became supergroups
        self._frames = Frames(self._show_frame)

    def split(self, reply: Reply) -> Sequence[Piece]:
        """Cut a reply into messages; Markdown becomes text and entities."""
        return pieces_of(reply)

    # ---- messages ----

    async def send(self, address: Address, piece: Piece, *, key: str) -> str:  # noqa: ARG002 - nothing to tell Telegram
        """Send a message in the chat's turn; returns its id. Telegram knows no idempotency key."""
        chat = int(address.chat)
        place = {**_place(address), "reply_markup": keyboard_of(piece.buttons)}
        if piece.attachments:
            return await self._send_file(chat, piece, place)
        return _id_of(await self._insist(chat, "sendMessage", {**place, **_text(piece)}))

    async def _send_file(self, chat: int, piece: Piece, place: dict[str, Any]) -> str:
        kind = kind_of(piece.attachments[0])
        method, content = sent_as(kind, piece)
        try:
            return _id_of(await self._insist(chat, method, {**place, **content}, UPLOAD_TIMEOUT_S))
        except Refused as refused:
            if refused.why is not Why.MEDIA or kind == "document":
                raise
            log.info("a %s is sent as a document: %s", kind, refused)
        method, content = sent_as("document", piece)
        return _id_of(await self._insist(chat, method, {**place, **content}, UPLOAD_TIMEOUT_S))

    async def edit(self, address: Address, external_id: str, piece: Piece) -> None:
        """Replace a message by its final form, in the chat's turn. What is like that already is fine."""
        chat, message = int(address.chat), int(external_id)
        await self._frames.end(chat, message)
        target = {"message_id": message, "reply_markup": keyboard_of(piece.buttons)}
        try:
            if piece.attachments:
                await self._edit_to_file(address, piece, target)
            else:
                await self._insist(chat, "editMessageText", {**target, **_text(piece)})
        except Refused as refused:
            if refused.why is Why.UNCHANGED:
                return
            if refused.why is not Why.NOT_TEXT:
                raise
            # A picture cannot become a text: it makes room for a message of its own.
            await self.delete(address, external_id)
            raise MessageGone("the message held a file and made room for a text") from refused

    async def _edit_to_file(self, address: Address, piece: Piece, target: dict[str, Any]) -> None:
        chat, kind = int(address.chat), kind_of(piece.attachments[0])
        if kind == "voice":  # no message becomes one: it is sent behind its place, which then goes
            await self._send_file(chat, piece, {**_place(address), "reply_markup": target["reply_markup"]})
            await self.delete(address, str(target["message_id"]))
            return
        try:
            await self._insist(chat, "editMessageMedia", {**target, **edited_to(kind, piece)}, UPLOAD_TIMEOUT_S)
        except Refused as refused:
            if refused.why is not Why.MEDIA or kind == "document":
                raise
            log.info("a %s is shown as a document: %s", kind, refused)
            content = edited_to("document", piece)
            await self._insist(chat, "editMessageMedia", {**target, **content}, UPLOAD_TIMEOUT_S)

    async def delete(self, address: Address, external_id: str) -> None:
        """Remove a message; one that is gone is fine."""
        chat, message = int(address.chat), int(external_id)
        await self._frames.end(chat, message)
        try:
            await self._call(chat, "deleteMessage", {"message_id": message})
        except MessageGone:
            log.debug("message %d was gone already", message)

    async def close(self) -> None:
        """Let the frames that are on their way arrive."""
        await self._frames.stop()

    # ---- while an answer grows ----

    async def frame_slot(self, address: Address) -> None:
        """Wait until this chat may be shown another state of a growing answer."""
        await self._pacing.next_frame(self._chat(int(address.chat)))

    async def frame(
        self,
        address: Address,
        external_id: str,
        text: str,
        buttons: Sequence[Sequence[Button]] = (),  # noqa: ARG002 - a keyboard would come and go with each answer
    ) -> None:
        """Show an answer so far. Dropped where it is shown already, or where Telegram wants a pause."""
        await self._frames.show(int(address.chat), int(external_id), text)

    async def _show_frame(self, chat: int, message: int, text: str) -> None:
        if self._pacing.held_for(self._chat(chat)):
            return
        try:
            data = {"message_id": message, "text": text, "link_preview_options": _NO_PREVIEW}
            await self._call(chat, "editMessageText", data)
        except Refused as refused:
            if refused.why is not Why.UNCHANGED:
                raise

    async def typing(self, address: Address) -> None:
        """Show once that an answer is being written."""
        chat = int(address.chat)
        if not self._pacing.held_for(self._chat(chat)):
            thread = int(address.thread) if address.thread else None
            await self._call(chat, "sendChatAction", {"action": "typing", "message_thread_id": thread})

    # ---- files ----

    async def fetch(self, ref: str, *, most: int) -> AsyncIterator[bytes]:
        """Stream a file's bytes. Raises Unsuitable where there are more than `most`, or where Telegram gives none."""
        path = await self._path_of(ref, most)
        taken = 0
        try:
            async with aclosing(self._bot.download(path)) as pieces:
                async for piece in pieces:
                    taken += len(piece)
                    if taken > most:
                        raise _too_large(most)
                    yield piece
        except TelegramError as error:
            raise translated(error) from error

    async def _path_of(self, ref: str, most: int) -> str:
        try:
            file = await self._bot.call("getFile", {"file_id": ref})
        except TelegramError as error:
            if "too big" in str(error).lower():
                raise _too_large(min(most, FETCH_BYTES)) from error
            failure = translated(error)
            if isinstance(failure, SendFailed):
                raise Unsuitable("Telegram does not give me this file any more. Please send it again.") from error
            raise failure from error
        if file.get("file_size", 0) > most:
            raise _too_large(most)
        path = str(file.get("file_path", ""))
        if not path or path.startswith("/"):
            log.error("the Bot API server keeps its files to itself: run it without --local")
            raise Unsuitable("I cannot get at files here. The operator can see why.")
        return path

    # ---- calls ----

    def _chat(self, chat: int) -> int:
        return self._moved.get(chat, chat)

    async def _insist(self, chat: int, method: str, data: dict[str, Any], patience: float | None = None) -> Any:
        """Call in the chat's turn; where the looks are refused, call again without them."""
        while True:
            await self._pacing.final(self._chat(chat))
            try:
                return await self._call(chat, method, data, patience)
            except Refused as refused:
                left = _without(data, _LOOKS.get(refused.why, ()))
                if left is None:
                    raise
                log.warning("%s is repeated without %s: %s", method, refused.why.value, refused)
                data = left

    async def _call(self, chat: int, method: str, data: dict[str, Any], patience: float | None = None) -> Any:
        """Call now. Raises what `Outlet` names."""
        chat = self._chat(chat)
        try:
            return await self._bot.call(method, {"chat_id": chat, **data}, read_timeout=patience)
        except ChatMigrated as moved:
            self._moved[chat] = moved.new_chat_id
        except FloodWait as wait:
            self._pacing.hold(chat, wait.seconds)
            raise translated(wait) from wait
        except TelegramError as error:
            if isinstance(error, InvalidToken):
                self._complaints.say("token", "Telegram does not accept TELEGRAM_BOT_TOKEN any more: nothing is sent")
            raise translated(error) from error
        return await self._call(chat, method, data, patience)


def _place(address: Address) -> dict[str, Any]:
    """Where a message goes within its chat."""
    thread = int(address.thread) if address.thread and address.thread != GENERAL else None
    reply = {"message_id": int(address.reply_to), "allow_sending_without_reply": True} if address.reply_to else None
    return {"message_thread_id": thread, "reply_parameters": reply}


def _text(piece: Piece) -> dict[str, Any]:
    if is_blank(piece.text):
        return {"text": NOTHING, "link_preview_options": _NO_PREVIEW}
    return {"text": piece.text, "entities": piece.markup, "link_preview_options": _NO_PREVIEW}


def _id_of(message: dict[str, Any]) -> str:
    return str(message["message_id"])


def _without(data: dict[str, Any], names: Sequence[str]) -> dict[str, Any] | None:
    """The parameters without these; None where none of them was there. In editMessageMedia they stand in `media`."""
    media: Any = data.get("media")
    if isinstance(media, dict) and (left := _without(cast("dict[str, Any]", media), names)) is not None:
        return {**data, "media": left}
    if not any(data.get(name) for name in names):
        return None
    return {name: value for name, value in data.items() if name not in names}


def _too_large(most: int) -> Unsuitable:
    return Unsuitable(f"This file is too large: I can take up to {most / 1024 / 1024:.0f} MB here.")
