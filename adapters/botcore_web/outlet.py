"""The way out: answers to the pages that are open. What nobody looks at now is in the engine's transcript."""

import asyncio
from collections.abc import AsyncIterator, Sequence

from botcore.adapter import Limits
from botcore.errors import SendFailed
from botcore.messages import Address, Button, Piece, Reply
from botcore_web.files import Files
from botcore_web.hub import Hub, now_ms
from botcore_web.split import LIMIT, split
from botcore_web.view import Views

FRAME_EVERY = 0.05  # seconds between two states of a growing answer: 20 a second look like a flow
UPLOAD_MOST = 32 * 1024 * 1024  # bytes of one file of an answer, which the outbox holds whole
TYPING = 5.0  # seconds that the dots show after one pulse


class WebOutlet:
    """Implements `botcore.adapter.Outlet`. A key is its own external id, so nothing is ever shown twice."""

    def __init__(self, hub: Hub, views: Views, files: Files, *, fetch_bytes: int) -> None:
        self._hub = hub
        self._views = views
        self._files = files
        self.limits = Limits(
            text=LIMIT,
            edits=True,
            idempotent=True,
            typing_seconds=TYPING,
            upload_bytes=UPLOAD_MOST,
            fetch_bytes=fetch_bytes,
            transcript=True,
        )
        self._next: dict[str, float] = {}  # chat -> when its next frame may be shown, in the loop's time

    def split(self, reply: Reply) -> Sequence[Piece]:
        """See `Outlet.split`."""
        return split(reply)

    async def send(self, address: Address, piece: Piece, *, key: str) -> str:
        """See `Outlet.send`. Raises SendFailed where a file is too large."""
        await self._show(address.chat, key, piece)
        self._hub.chats_changed()
        return key

    async def edit(self, address: Address, external_id: str, piece: Piece) -> None:
        """See `Outlet.edit`. Raises SendFailed where a file is too large."""
        await self._show(address.chat, external_id, piece)

    async def _show(self, chat: str, external_id: str, piece: Piece) -> None:
        for attachment in piece.attachments:
            if attachment.data is not None and len(attachment.data) > UPLOAD_MOST:
                name = attachment.name or attachment.kind
                raise SendFailed(f"web: {name} has {len(attachment.data)} bytes, more than {UPLOAD_MOST}")
        settled = _final(piece)
        if settled:
            self._hub.settle(chat, external_id)
            self._next.pop(chat, None)
        if self._hub.watched(chat):
            entry = await self._views.piece(chat, external_id, piece, mine=True, settled=settled, at=now_ms())
            self._hub.push({"op": "entry", "chat": chat, "entry": entry}, chat=chat)

    async def frame_slot(self, address: Address) -> None:
        """See `Outlet.frame_slot`. Returns at once where no page shows the chat."""
        loop = asyncio.get_running_loop()
        if not self._hub.watched(address.chat):
            await asyncio.sleep(0)
            return
        at = max(loop.time(), self._next.get(address.chat, 0.0))
        self._next[address.chat] = at + FRAME_EVERY
        await asyncio.sleep(at - loop.time())

    async def frame(
        self,
        address: Address,
        external_id: str,
        text: str,
        buttons: Sequence[Sequence[Button]] = (),  # noqa: ARG002 - the page has a stop button of its own
    ) -> None:
        """See `Outlet.frame`."""
        self._hub.grow(address.chat, external_id, text)

    async def delete(self, address: Address, external_id: str) -> None:
        """See `Outlet.delete`."""
        self._hub.settle(address.chat, external_id)
        self._hub.push({"op": "gone", "chat": address.chat, "id": external_id}, chat=address.chat)

    async def typing(self, address: Address) -> None:
        """See `Outlet.typing`."""
        change = {"op": "typing", "chat": address.chat, "seconds": TYPING + 1}
        self._hub.push(change, chat=address.chat)

    def fetch(self, ref: str, *, most: int) -> AsyncIterator[bytes]:
        """See `Outlet.fetch`. Also the bot's own files, to which presses and replies refer."""
        return self._files.fetch(ref, most=most)


def _final(piece: Piece) -> bool:
    """Whether this is an answer. What the engine puts in a reserved place did not go through `split`: no markup."""
    return piece.markup is not None or bool(piece.attachments) or bool(piece.buttons)
