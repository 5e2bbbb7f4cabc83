"""Pictures that follow each other, as the albums that Telegram shows."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Final

from telegram import MessageEntity

from botcore.cutting import utf16_length
from botcore.messages import Image, Json, Piece
from botcore_telegram.entities import Formatted, joined
from botcore_telegram.markdown import from_markdown
from botcore_telegram.media import UPLOAD_BYTES, kind_of

MOST: Final = 10
"""Files in one album (https://core.telegram.org/bots/api#sendmediagroup)."""
_UNSEEN: Final = "\u200b"
_LINK: Final = "tg://album?files="
"""An address that no app opens."""


def albums_of(pictures: Sequence[Image]) -> Iterator[Sequence[Image]]:
    """Cut into what one album holds, in order: one kind only, ten files, and the bytes of one request.

    Photos and documents share none. Eleven pictures are six and five, so that none is left alone.
    """
    for _, alike in groupby(pictures, kind_of):
        yield from _portions(list(alike))


def _portions(pictures: Sequence[Image]) -> Iterator[Sequence[Image]]:
    albums = -(-len(pictures) // MOST)
    size, larger = divmod(len(pictures), albums)
    start = 0
    for number in range(albums):
        end = start + size + (number < larger)
        yield from _uploads(pictures[start:end])
        start = end


def _uploads(pictures: Sequence[Image]) -> Iterator[Sequence[Image]]:
    portion: list[Image] = []
    weight = 0
    for picture in pictures:
        size = len(picture.data or b"")
        if portion and weight + size > UPLOAD_BYTES:
            yield portion
            portion, weight = [], 0
        portion.append(picture)
        weight += size
    yield portion


def caption_of(pictures: Sequence[Image]) -> Formatted:
    """One text for all: the caption that they share, or all captions by the pictures' numbers."""
    captions = {number: one.caption.strip() for number, one in enumerate(pictures, start=1) if one.caption.strip()}
    if len(set(captions.values())) == 1:
        return from_markdown(next(iter(captions.values())))
    return joined([from_markdown(f"**{number}.** {caption}") for number, caption in captions.items()])


def with_refs(text: str, markup: Json, refs: Sequence[str]) -> tuple[str, Json]:
    """A text below an album that knows the album's files: Telegram tells it with each press, and nothing is kept here.

    They stand in the link of a character that nobody sees.
    """
    link = {"type": "text_link", "offset": utf16_length(text), "length": 1, "url": _LINK + ",".join(refs)}
    return text + _UNSEEN, [*(markup or ()), link]


def refs_in(entities: Iterable[MessageEntity]) -> list[str]:
    """The files of the album above a text."""
    links = (one.url for one in entities if one.url and one.url.startswith(_LINK))
    return [ref for url in links for ref in url.removeprefix(_LINK).split(",") if ref]


def without_refs(text: str) -> str:
    """The text as people see it."""
    return text.removesuffix(_UNSEEN)


def with_room_for_buttons(album: Piece) -> list[Piece]:
    """An album and a text below it: no buttons can stand under an album (sendMediaGroup takes no reply_markup)."""
    below = album.text or f"⬆ {len(album.attachments)} pictures"
    return [replace(album, text="", markup=None), Piece(below, album.markup)]
