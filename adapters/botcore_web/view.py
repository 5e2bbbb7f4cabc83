"""Messages as the page's script wants them: JSON."""

import logging
from collections import OrderedDict
from dataclasses import replace

from botcore.adapter import AccessRequest, ChatSummary, Entry
from botcore.messages import Audio, File, Image, Json, Part, Piece, Quote, Text, Video, text_of
from botcore.plugin import Command
from botcore_web.files import Files
from botcore_web.render import Renderer
from botcore_web.split import MARKDOWN
from botcore_web.stored import Stored
from botcore_web.transfer import path_of, shown_as

log = logging.getLogger(__name__)

REMEMBERED = 1_000  # messages whose content is at hand when somebody replies to them or presses a button below
QUOTED = 300  # characters of a message that is replied to, above the reply


class Views:
    """Makes the JSON of messages, rendering their Markdown and laying their files out on disk."""

    def __init__(self, renderer: Renderer, files: Files) -> None:
        self._renderer = renderer
        self._files = files
        self._quotes: OrderedDict[tuple[str, str], Quote] = OrderedDict()

    async def entry(self, chat: str, entry: Entry, growing: str | None = None) -> Json:
        """One message of a transcript; `growing` is an unfinished answer so far."""
        at = int(entry.at.timestamp() * 1000)
        shown = await self.piece(
            chat,
            entry.external_id,
            entry.piece,
            mine=entry.mine,
            settled=entry.settled,
            at=at,
            reply_to=entry.reply_to,
        )
        return (
            shown | {"rating": entry.rating} | ({"text": growing} if growing is not None and not entry.settled else {})
        )

    async def piece(
        self,
        chat: str,
        external_id: str,
        piece: Piece,
        *,
        mine: bool,
        settled: bool,
        at: int,
        reply_to: Quote | None = None,
    ) -> dict[str, Json]:
        """One message."""
        text = piece.text if settled else waiting(piece.text)
        files: list[Json] = []
        parts: list[Part] = [Text(piece.text, plain=mine and piece.markup != MARKDOWN)] if piece.text else []
        for attachment in piece.attachments:
            view, part = await self._file(chat, attachment)
            files.append(view)
            parts.append(part)
        if settled:
            self._remember(chat, Quote(external_id, mine=mine, parts=tuple(parts), reply_to=reply_to))
        return {
            "id": external_id,
            "mine": mine,
            "settled": settled,
            "at": at,
            "text": text,
            "html": await self._renderer.html(text) if settled and mine and piece.markup == MARKDOWN else "",
            "files": files,
            "quote": await self._quoted(chat, reply_to) if reply_to is not None else None,
            "buttons": [
                [{"label": button.label, "says": button.says, "url": button.url} for button in row]
                for row in piece.buttons
            ],
        }

    async def _file(self, chat: str, attachment: Image | Audio | Video | File) -> tuple[Json, Part]:
        """A file for the page, and for the engine: a part that refers to it instead of holding it."""
        stored = await self._laid(chat, attachment)
        caption = attachment.caption if isinstance(attachment, Image) else ""
        view = {
            "kind": shown_as(stored) if stored else "file",
            "url": path_of(stored) if stored else None,
            "name": attachment.name or "",
            "bytes": stored.size if stored else attachment.size,
            "duration": attachment.duration if isinstance(attachment, Audio | Video) else None,
            "voice": attachment.voice if isinstance(attachment, Audio) else False,
            "caption": await self._renderer.html(caption) if caption else "",
        }
        size = stored.size if stored else attachment.size
        return view, replace(attachment, data=None, ref=stored.ref if stored else None, size=size)

    async def _laid(self, chat: str, attachment: Image | Audio | Video | File) -> Stored | None:
        """The file on disk. None where it is gone, or where the disk is full: the page says that it cannot be shown."""
        try:
            return await self._files.lay(chat, attachment)
        except OSError as error:
            log.warning("a file of an answer could not be written for the page: %s", error)
            return None

    async def _quoted(self, chat: str, quote: Quote) -> Json:
        """What stands above a reply: who, the beginning, and the first picture."""
        attachment = next((part for part in quote.parts if not isinstance(part, Text)), None)
        stored = await self._laid(chat, attachment) if attachment is not None else None
        return {
            "id": quote.external_id,
            "mine": quote.mine,
            "text": " ".join(text_of(quote.parts).split())[:QUOTED],
            "kind": attachment.kind if attachment is not None else "",
            "name": (attachment.name or "") if attachment is not None else "",
            "url": path_of(stored) if stored is not None and shown_as(stored) == "image" else None,
        }

    # ---- what was shown ----

    def quote(self, chat: str, external_id: str) -> Quote | None:
        """A message that was shown, as something to refer to. None: not lately."""
        return self._quotes.get((chat, external_id))

    def _remember(self, chat: str, quote: Quote) -> None:
        self._quotes[chat, quote.external_id] = quote
        self._quotes.move_to_end((chat, quote.external_id))
        if len(self._quotes) > REMEMBERED:
            self._quotes.popitem(last=False)

    def forget(self, chat: str) -> None:
        """The conversation is gone."""
        for key in [key for key in self._quotes if key[0] == chat]:
            del self._quotes[key]


def waiting(text: str) -> str:
    """What a place that is still to be filled says: nothing, or a notice after the dots."""
    return text.removeprefix("…").removeprefix("...").strip()


def command(one: Command) -> Json:
    """A command for the suggestions: its name and the first line of what it does."""
    about = one.descriptions.get("en") or (one.handler.__doc__ or "").strip().partition("\n")[0]
    return {"name": one.name, "about": about.strip()}


def summary(chat: ChatSummary) -> Json:
    """A chat of the list."""
    return {"id": chat.id, "title": chat.title, "last": int(chat.last.timestamp() * 1000)}


def request(one: AccessRequest) -> Json:
    """A stranger who waits."""
    return {"code": one.code, "platform": one.platform, "user": one.user, "name": one.name}
