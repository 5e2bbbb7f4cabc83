"""One open page: what it asks for, and what it is told."""

import asyncio
import re
from collections.abc import Callable, Iterator, Sequence
from uuid import uuid4

from botcore.adapter import Entry
from botcore.errors import BotcoreError, Unsuitable
from botcore.messages import Incoming, Json, Message, Part, Piece, Press, Quote, Reaction, Text
from botcore_web.room import Room

MESSAGE_MOST = 100_000
"""Characters of one message from the page. More does not fit into one web socket frame in every script."""

FILES_MOST = 10
"""Files of one message."""

OLDER = 100  # of the owner's messages, with their answers, that "load older" brings
CONTROLS = frozenset({"/stop", "/retry"})  # what the page's own buttons say; it need not stand in the conversation
SLICE_ENTRIES, SLICE_CHARACTERS = 20, 100_000  # what is rendered and sent at once of a long history, newest first

THUMBS = {1: ("\N{THUMBS UP SIGN}",), -1: ("\N{THUMBS DOWN SIGN}",), 0: ()}

_ID = re.compile(r"[0-9a-f]{32}")


class Session:
    """A page. Its methods are named as the events of the page's script; each gets the event's JSON."""

    def __init__(self, room: Room, emit: Callable[[Json], None], *, history: int) -> None:
        self.chat = ""
        self._room = room
        self._emit = emit
        self._history = history
        self._order = asyncio.Lock()  # two quick messages keep their order
        self._shown: dict[str, str] = {}  # growing answers, as this page has them
        self._held: list[Json] | None = None  # changes that wait while the history is being loaded
        self._opening = 0

    # ---- to the page ----

    def push(self, change: Json) -> None:
        """See `Viewer.push`."""
        if self._held is not None and change["op"] != "state":
            self._held.append(change)
            return
        if change["op"] == "entry":
            entry = change["entry"]
            if entry["settled"]:
                self._shown.pop(entry["id"], None)
            else:
                self._shown[entry["id"]] = entry["text"]
        self._emit(change)

    def grow(self, external_id: str, text: str, at: int) -> None:
        """See `Viewer.grow`. Only what is new travels."""
        if self._held is not None:
            return
        before = self._shown.get(external_id, "")
        self._shown[external_id] = text
        change = {"op": "grow", "chat": self.chat, "id": external_id, "at": at}
        more = {"add": text[len(before) :]} if before and text.startswith(before) else {"text": text}
        self._emit(change | more)

    # ---- from the page ----

    async def hello(self, _event: Json) -> None:
        """The page stands: tell it what is around."""
        try:
            self._emit({"op": "state", "chats": await self._room.chats(), "requests": await self._room.strangers()})
        except BotcoreError as error:
            self._emit({"op": "told", "text": error.said})

    async def show(self, event: Json) -> None:
        """Open a chat: `chat`."""
        chat = _id(event, "chat")
        self.chat, self._held = chat, []
        self._shown.clear()
        await self._load(chat, most=self._history)

    async def older(self, event: Json) -> None:
        """Load what was before message `before`; the page shows `have` of the owner's messages already."""
        await self._load(self.chat, most=max(0, int(event["have"])) + OLDER, before=str(event["before"]))

    async def _load(self, chat: str, *, most: int, before: str = "") -> None:
        self._opening += 1
        opening = self._opening
        try:
            entries = await self._room.transcript(chat, most)
        except BotcoreError as error:
            if opening == self._opening:
                self._emit({"op": "unread", "chat": chat, "why": error.said})
                self._release(chat)
            return
        more = sum(not entry.mine for entry in entries) >= most  # the engine counts what people wrote
        known = next((index for index, entry in enumerate(entries) if entry.external_id == before), len(entries))
        slices = list(_slices([entry for entry in entries[:known] if not _by_control(entry)])) or [[]]
        for number, part in enumerate(slices):
            views = [await self._entry(chat, entry) for entry in part]
            if opening != self._opening:
                return  # another chat was opened meanwhile
            last = number == len(slices) - 1
            op = "history" if number == 0 and not before else "older"
            self._emit({"op": op, "chat": chat, "entries": views, "more": more and last})
            self._release(chat)

    async def _entry(self, chat: str, entry: Entry) -> Json:
        growing = None if entry.settled else self._room.hub.growing(chat, entry.external_id)
        if growing is not None:
            self._shown[entry.external_id] = growing
        return await self._room.view(chat, entry, growing)

    def _release(self, chat: str) -> None:
        held, self._held = self._held or [], None
        for change in held:
            if change["chat"] == chat:
                self.push(change)

    async def say(self, event: Json) -> None:
        """Send `text` and uploaded `files` as message `id` of `chat`, in reply to message `reply`.

        The same id twice is the same message.
        """
        chat, text = _id(event, "chat"), str(event["text"])
        message_id = _id(event, "id")
        async with self._order:
            try:
                message = await self._message(chat, message_id, text, event)
            except Unsuitable as error:
                self._unsent(chat, message_id, text, error.said)
                return
            incoming = await self._accept(chat, message_id, message, text)
        if incoming is not None:
            files = tuple(part for part in message.parts if not isinstance(part, Text))
            await self._publish(chat, message_id, Piece(text, attachments=files), incoming, message.reply_to)

    async def _message(self, chat: str, message_id: str, text: str, event: Json) -> Message:
        """What the page sent, as a message. Raises Unsuitable where it is none."""
        file_ids = _ids(event.get("files") or [])
        if len(text) > MESSAGE_MOST or not (text.strip() or file_ids):
            raise Unsuitable(f"A message has at most {MESSAGE_MOST} characters; this one has {len(text)}.")
        if len(file_ids) > FILES_MOST:
            raise Unsuitable(f"A message has at most {FILES_MOST} files; this one has {len(file_ids)}.")
        try:
            files = await self._room.taken(chat, file_ids)
            reply_to = await self._room.quote(chat, str(event.get("reply") or "")[:200])
        except OSError as error:
            raise Unsuitable("Your files could not be read from the disk. Try again in a moment.") from error
        except BotcoreError as error:
            raise Unsuitable(error.said) from error
        if files is None:
            raise Unsuitable("A file of this message is no longer here: attach it again.")
        parts: list[Part] = [Text(text)] if text.strip() else []
        return Message(message_id, (*parts, *(one.part() for one in files)), reply_to=reply_to)

    async def press(self, event: Json) -> None:
        """A button under message `id` was pressed; it `says` something."""
        chat, says, press_id = _id(event, "chat"), str(event["says"]), uuid4().hex
        if len(says.encode("utf-8", "replace")) > 64:
            return
        under = str(event["id"])[:200]
        async with self._order:
            press = Press(under, says, await self._parts(chat, under) if says != "/stop" else ())
            pressed = await self._accept(chat, press_id, press, "")
        if pressed is not None and says not in CONTROLS:
            await self._publish(chat, f"press/{press_id}", Piece(says), pressed)

    async def _parts(self, chat: str, external_id: str) -> tuple[Part, ...]:
        """What stands in a message; nothing where it cannot be told now, since a button works without as well."""
        try:
            quote = await self._room.quote(chat, external_id)
        except BotcoreError:
            return ()
        return quote.parts if quote is not None else ()

    async def rate(self, event: Json) -> None:
        """A thumb for answer `id` of `chat`: `rating` is 1, -1, or 0 where it is taken back."""
        chat, answer, rating = _id(event, "chat"), str(event["id"])[:200], int(event["rating"])
        try:
            await self._room.accept(chat, uuid4().hex, Reaction(answer, THUMBS[rating]))
        except BotcoreError as error:
            self._emit({"op": "told", "text": error.said})
            return
        self._room.hub.push({"op": "rated", "chat": chat, "id": answer, "rating": rating}, chat=chat)

    async def _publish(
        self, chat: str, external_id: str, piece: Piece, incoming: Incoming, reply_to: Quote | None = None
    ) -> None:
        """Show all pages of the chat what the owner said."""
        at = int(incoming.received_at.timestamp() * 1000)
        views = self._room.views
        view = await views.piece(chat, external_id, piece, mine=False, settled=True, at=at, reply_to=reply_to)
        self._room.hub.push({"op": "entry", "chat": chat, "entry": view}, chat=chat)

    async def _accept(self, chat: str, message_id: str, event: Message | Press, text: str) -> Incoming | None:
        """Hand it to the engine. What is not accepted, for whatever reason, goes back to the page."""
        incoming, why = None, BotcoreError.said
        try:
            if self._room.receiving:
                incoming = await self._room.accept(chat, message_id, event)
            else:
                why = "I am being restarted. Your message is kept here: send it in a moment."
        except BotcoreError as error:
            why = error.said
        finally:
            if incoming is None:
                self._unsent(chat, message_id, text, why)
            else:
                self._emit({"op": "sent", "chat": chat, "id": message_id})
        return incoming

    def _unsent(self, chat: str, message_id: str, text: str, why: str) -> None:
        """Give a message back to the page."""
        self._emit({"op": "unsent", "chat": chat, "id": message_id, "text": text, "why": why})

    async def forget(self, event: Json) -> None:
        """Delete `chat`."""
        try:
            await self._room.forget(_id(event, "chat"))
        except BotcoreError as error:
            self._emit({"op": "told", "text": error.said})

    async def decide(self, event: Json) -> None:
        """Approve or refuse the stranger with `code`."""
        try:
            if not await self._room.decide(str(event["code"]), approve=event["approve"] is True):
                self._emit({"op": "told", "text": "That request is no longer waiting."})
        except BotcoreError as error:
            self._emit({"op": "told", "text": error.said})


def _slices(entries: Sequence[Entry]) -> Iterator[list[Entry]]:
    """Parts of a history, the newest first, each small enough to be rendered without anybody waiting."""
    part: list[Entry] = []
    size = 0
    for entry in reversed(entries):
        part.append(entry)
        size += len(entry.piece.text)
        if len(part) >= SLICE_ENTRIES or size >= SLICE_CHARACTERS:
            yield part[::-1]
            part, size = [], 0
    if part:
        yield part[::-1]


def _by_control(entry: Entry) -> bool:
    """Whether it came from one of the page's own buttons. What was typed has an id that a page made."""
    return not entry.mine and entry.piece.text in CONTROLS and not _ID.fullmatch(entry.external_id)


def _ids(values: Json) -> list[str]:
    """Ids of uploaded files. Raises ValueError where one is none: then it was not our page."""
    return [_id({"files": value}, "files") for value in values]


def _id(event: Json, name: str) -> str:
    """An id that the page made. Raises ValueError where it is not one: then it was not our page."""
    value = event[name]
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise ValueError(f"{name} is not an id of the page: {value!r:.80}")
    return value
