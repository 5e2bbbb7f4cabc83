"""What goes to Discord in one request: the body of a message and its files."""

import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any, Final

from botcore.errors import DeliveryError, Unsuitable
from botcore.graphemes import is_blank
from botcore.messages import Address, Piece
from botcore_discord.calls import Calls
from botcore_discord.files import Downloads, link_in, most_bytes, no_file, sorted_out
from botcore_discord.form import text_body
from botcore_discord.library import discord
from botcore_discord.pieces import NOTHING, Attached, content_of
from botcore_discord.refs import FileRef, read_ref
from botcore_discord.refusal import MISSING_PERMISSIONS, NO_HISTORY, TOO_LARGE, Refused
from botcore_discord.split import MESSAGE_LIMIT
from botcore_discord.targets import MESSAGE
from botcore_discord.wire import Upload

log = logging.getLogger(__name__)

_NO_FILES: Final = "(I may not send files here: I need the permission Attach Files.)"


@dataclass(frozen=True, slots=True)
class Parcel:
    """A request's body and the files that travel with it."""

    body: dict[str, Any]
    files: tuple[Upload, ...] = ()

    @classmethod
    def of_text(cls, text: str) -> "Parcel":
        """A message of nothing but a text."""
        return cls(text_body(text, ()))

    def with_fields(self, **fields: Any) -> "Parcel":
        """The same with other fields in its body."""
        return replace(self, body={**self.body, **fields})

    def without(self, refused: Refused) -> "Parcel | None":
        """The same without what was refused; None where nothing can be left out."""
        body = self.body
        if "message_reference" in body and (refused.code == NO_HISTORY or "message_reference" in refused.fields):
            return replace(self, body={name: value for name, value in body.items() if name != "message_reference"})
        if body["components"] and "components" in refused.fields:
            return self.with_fields(components=[])
        if self.files and refused.code == TOO_LARGE:
            names = ", ".join(file.name for file in self.files)[:200]
            return self._without_files(f"(Missing here, because Discord does not take that much: {names})")
        if self.files and refused.code == MISSING_PERMISSIONS:
            return self._without_files(_NO_FILES)
        return None

    def _without_files(self, sentence: str) -> "Parcel":
        text = "\n".join(part for part in (self.body["content"], sentence) if part)
        return Parcel({**self.body, "content": text, "attachments": []})


class Packing:
    """Makes parcels of pieces, and fetches files."""

    def __init__(self, client: discord.Client, calls: Calls) -> None:
        self._client = client
        self._calls = calls
        self._downloads = Downloads(client)

    async def parcel(self, address: Address, piece: Piece) -> Parcel:
        """A piece as Discord takes it; for a file that it does not take there is a sentence."""
        text = content_of(piece)
        uploads: list[Upload] = []
        if piece.attachments:
            most = most_bytes(self._client, address)
            datas = [await self._data(file, most) for file in piece.attachments]
            uploads, sentences = sorted_out(piece.attachments, datas, most)
            text = "\n".join(part for part in (text, *sentences) if part)[:MESSAGE_LIMIT]
        if is_blank(text) and not uploads:
            text = NOTHING
        return Parcel(text_body(text, piece.buttons), tuple(uploads))

    async def _data(self, file: Attached, most: int) -> bytes | None:
        if file.data is not None or file.ref is None:
            return file.data
        try:
            async with aclosing(self.fetch(file.ref, most)) as pieces:
                return b"".join([piece async for piece in pieces])
        except Unsuitable as error:
            log.info("a file is not sent on: %s", error)
            return None

    async def fetch(self, ref: str, most: int) -> AsyncGenerator[bytes]:
        """Stream a file's bytes. Raises Unsuitable where there are more than `most`, or where Discord gives none."""
        file = read_ref(ref)
        url = file if isinstance(file, str) else await self._link(file, most)
        async with aclosing(self._downloads.stream(url, most)) as pieces:
            async for piece in pieces:
                yield piece

    async def _link(self, file: FileRef, most: int) -> str:
        """A file's link as it is now: each works for about a day."""
        nowhere = Address("discord", "", str(file.channel))
        try:
            message = await self._calls.now(
                nowhere, "GET", MESSAGE, lane=("edits", str(file.channel)), message_id=file.message
            )
        except DeliveryError as error:
            raise no_file(error) from error
        return link_in(message, file, most)

    async def close(self) -> None:
        """Close the connections."""
        await self._downloads.close()
