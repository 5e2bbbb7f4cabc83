"""Messages as the page's script wants them: JSON."""

from botcore.adapter import AccessRequest, ChatSummary, Entry
from botcore.messages import Audio, File, Image, Json, Piece, Video
from botcore.plugin import Command
from botcore_web.media import SHOWN, Shelf
from botcore_web.render import Renderer
from botcore_web.split import MARKDOWN


class Views:
    """Makes the JSON of messages, rendering their Markdown and laying out their files."""

    def __init__(self, renderer: Renderer, shelf: Shelf) -> None:
        self._renderer = renderer
        self._shelf = shelf

    async def entry(self, entry: Entry, growing: str | None = None) -> Json:
        """One message of a transcript; `growing` is an unfinished answer so far."""
        at = int(entry.at.timestamp() * 1000)
        shown = await self.piece(entry.external_id, entry.piece, mine=entry.mine, settled=entry.settled, at=at)
        return (
            shown | {"rating": entry.rating} | ({"text": growing} if growing is not None and not entry.settled else {})
        )

    async def piece(self, external_id: str, piece: Piece, *, mine: bool, settled: bool, at: int) -> dict[str, Json]:
        """One message."""
        text = piece.text if settled else waiting(piece.text)
        return {
            "id": external_id,
            "mine": mine,
            "settled": settled,
            "at": at,
            "text": text,
            "html": await self._renderer.html(text) if settled and mine and piece.markup == MARKDOWN else "",
            "files": [await self._file(attachment) for attachment in piece.attachments],
            "buttons": [
                [{"label": button.label, "says": button.says, "url": button.url} for button in row]
                for row in piece.buttons
            ],
        }

    async def _file(self, attachment: Image | Audio | Video | File) -> Json:
        url = self._shelf.put(attachment)
        media_type = (attachment.media_type or "").partition(";")[0].strip().lower()
        caption = attachment.caption if isinstance(attachment, Image) else ""
        return {
            "kind": media_type.partition("/")[0] if url and media_type in SHOWN else "file",
            "url": url,
            "name": attachment.name or "",
            "bytes": len(attachment.data) if attachment.data is not None else attachment.size,
            "caption": await self._renderer.html(caption) if caption else "",
        }


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
