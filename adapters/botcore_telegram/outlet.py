"""The way out: implements `botcore.adapter.Outlet` for Telegram."""

import logging
from collections import OrderedDict
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from typing import Any, Final, TypeVar

from telegram.error import TelegramError

from botcore.adapter import Limits, Thread
from botcore.complaints import Complaints
from botcore.cutting import utf16_length
from botcore.errors import MessageGone, SendFailed, Unsuitable
from botcore.graphemes import is_blank
from botcore.messages import Address, Button, Piece, Reply
from botcore_telegram.albums import with_refs
from botcore_telegram.api import Api
from botcore_telegram.attachments import Attachments, Shown
from botcore_telegram.calls import Calls
from botcore_telegram.frames import Frames, Rows
from botcore_telegram.incoming import GENERAL
from botcore_telegram.media import UPLOAD_BYTES
from botcore_telegram.pacing import Pacing
from botcore_telegram.pieces import NOTHING, keyboard_of, pieces_of
from botcore_telegram.refusal import Refused, Why, translated
from botcore_telegram.split import MESSAGE_LIMIT
from botcore_telegram.topics import open_topic

log = logging.getLogger(__name__)

FETCH_BYTES: Final = 20 * 1024 * 1024
"""The largest file that a bot gets (https://core.telegram.org/bots/api#getfile)."""

_TYPING_S: Final = 4.0
"""Seconds between two typing pulses: one shows for 5 (https://core.telegram.org/bots/api#sendchataction)."""

_NO_PREVIEW: Final = {"is_disabled": True}
"""A picture of a page that the model mentions, below every answer, is noise."""

_REMEMBERED: Final = 1000
"""Answers of which is known which album they have; each costs about 200 bytes."""


K = TypeVar("K")
V = TypeVar("V")


class TelegramOutlet:
    """Sends, edits, deletes and fetches for one bot, at the pace that Telegram allows."""

    def __init__(self, api: Api, pacing: Pacing, complaints: Complaints) -> None:
        self.limits = Limits(
            text=MESSAGE_LIMIT,
            edits=True,
            idempotent=False,
            typing_seconds=_TYPING_S,
            upload_bytes=UPLOAD_BYTES,
            fetch_bytes=FETCH_BYTES,
        )
        self._calls = Calls(api, pacing, complaints)
        self._attachments = Attachments(self._calls)
        self._frames = Frames(self._show_frame)
        self._albums: OrderedDict[tuple[str, str | None, str | None], Shown] = OrderedDict()  # of answers, the last one
        self._below: OrderedDict[tuple[int, int], tuple[str, ...]] = OrderedDict()  # messages that follow an album

    def split(self, reply: Reply) -> Sequence[Piece]:
        """Cut a reply into messages; Markdown becomes text and entities."""
        return pieces_of(reply)

    # ---- messages ----

    async def send(self, address: Address, piece: Piece, *, key: str) -> str:
        """Send a message in the chat's turn; returns its id. Telegram knows no idempotency key."""
        chat, place = int(address.chat), _place(address)
        if (album := self._album_before(address, key)) is not None:
            place["reply_parameters"] = _reply_to(album.message)
        place["reply_markup"] = keyboard_of(piece.buttons)
        if piece.attachments:
            return str((await self._attachments.send(chat, piece, place)).message)
        refs = album.refs if album is not None else ()
        sent = await self._calls.insist(chat, "sendMessage", {**place, **_text(piece, refs)})
        if refs:
            _remember(self._below, (chat, int(sent["message_id"])), refs)
        return str(sent["message_id"])

    def _album_before(self, address: Address, key: str) -> Shown | None:
        """The album that this part of an answer follows: its buttons are about that, and a press tells of it."""
        where = (address.chat, address.thread, address.reply_to)
        part = key.partition("/")[2].partition("/")[0]
        if part == "0":  # another answer begins
            self._albums.pop(where, None)
        return self._albums.get(where) if part.isdigit() else None

    async def edit(self, address: Address, external_id: str, piece: Piece) -> None:
        """Replace a message by its final form, in the chat's turn. What is like that already is fine."""
        chat, message = int(address.chat), int(external_id)
        await self._frames.end(chat, message)
        keyboard = keyboard_of(piece.buttons)
        try:
            if piece.attachments:
                place = {**_place(address), "reply_markup": keyboard}
                shown = await self._attachments.replace(chat, message, piece, place)
                if shown.refs:
                    _remember(self._albums, (address.chat, address.thread, address.reply_to), shown)
            else:
                target = {"message_id": message, "reply_markup": keyboard}
                text = _text(piece, self._below.get((chat, message), ()))
                await self._calls.insist(chat, "editMessageText", {**target, **text})
        except Refused as refused:
            if refused.why is Why.UNCHANGED:
                return
            if refused.why is not Why.NOT_TEXT:
                raise
            # A picture cannot become a text: it makes room for a message of its own.
            await self.delete(address, external_id)
            raise MessageGone("the message held a file and made room for a text") from refused

    async def delete(self, address: Address, external_id: str) -> None:
        """Remove a message; one that is gone is fine."""
        chat, message = int(address.chat), int(external_id)
        await self._frames.end(chat, message)
        try:
            await self._calls.now(chat, "deleteMessage", {"message_id": message})
        except MessageGone:
            log.debug("message %d was gone already", message)

    async def close(self) -> None:
        """Let the frames that are on their way arrive."""
        await self._frames.stop()

    # ---- while an answer grows ----

    async def frame_slot(self, address: Address) -> None:
        """Wait until this chat may be shown another state of a growing answer."""
        await self._calls.frame_slot(int(address.chat))

    async def frame(
        self, address: Address, external_id: str, text: str, buttons: Sequence[Sequence[Button]] = ()
    ) -> None:
        """Show an answer so far, with the buttons that it has while it grows; the final edit takes them away.

        Dropped where it is shown already, or where Telegram wants a pause.
        """
        rows = tuple(tuple(row) for row in buttons)
        await self._frames.show(int(address.chat), int(external_id), text, rows)

    async def _show_frame(self, chat: int, message: int, text: str, buttons: Rows) -> None:
        if self._calls.held(chat):
            return
        looks = {"link_preview_options": _NO_PREVIEW, "reply_markup": keyboard_of(buttons)}
        try:
            data = {"message_id": message, "text": text, **looks}
            await self._calls.now(chat, "editMessageText", data)
        except Refused as refused:
            if refused.why is not Why.UNCHANGED:
                raise

    async def typing(self, address: Address) -> None:
        """Show once that an answer is being written."""
        chat = int(address.chat)
        if not self._calls.held(chat):
            thread = int(address.thread) if address.thread else None
            await self._calls.now(chat, "sendChatAction", {"action": "typing", "message_thread_id": thread})

    # ---- topics ----

    async def open_thread(self, address: Address, title: str, *, key: str) -> Thread:  # noqa: ARG002 - as `send`
        """Open a topic of the forum. Raises Unsuitable where there can be none."""
        return await open_topic(self._calls, int(address.chat), title)

    # ---- files ----

    async def fetch(self, ref: str, *, most: int) -> AsyncIterator[bytes]:
        """Stream a file's bytes. Raises Unsuitable where there are more than `most`, or where Telegram gives none."""
        path = await self._path_of(ref, most)
        taken = 0
        try:
            async with aclosing(self._calls.api.download(path)) as pieces:
                async for piece in pieces:
                    taken += len(piece)
                    if taken > most:
                        raise _too_large(most)
                    yield piece
        except TelegramError as error:
            raise translated(error) from error

    async def _path_of(self, ref: str, most: int) -> str:
        try:
            file = await self._calls.api.call("getFile", {"file_id": ref})
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


def _place(address: Address) -> dict[str, Any]:
    """Where a message goes within its chat."""
    thread = int(address.thread) if address.thread and address.thread != GENERAL else None
    reply = _reply_to(int(address.reply_to)) if address.reply_to else None
    return {"message_thread_id": thread, "reply_parameters": reply}


def _reply_to(message: int) -> dict[str, Any]:
    return {"message_id": message, "allow_sending_without_reply": True}


def _text(piece: Piece, album: Sequence[str] = ()) -> dict[str, Any]:
    """A piece's text; where buttons stand under it, with the files of the album that it follows."""
    text, markup = (NOTHING, None) if is_blank(piece.text) else (piece.text, piece.markup)
    if album and piece.buttons and utf16_length(text) < MESSAGE_LIMIT:
        text, markup = with_refs(text, markup, album)
    return {"text": text, "entities": markup, "link_preview_options": _NO_PREVIEW}


def _remember(known: OrderedDict[K, V], key: K, value: V) -> None:
    known[key] = value
    if len(known) > _REMEMBERED:
        known.popitem(last=False)


def _too_large(most: int) -> Unsuitable:
    return Unsuitable(f"This file is too large: I can take up to {most / 1024 / 1024:.0f} MB here.")
