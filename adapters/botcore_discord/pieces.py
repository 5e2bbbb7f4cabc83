"""From a reply to the messages that Discord shows."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Final

from botcore.cutting import utf16_length
from botcore.messages import Audio, File, Image, Piece, Reply, Text, Video
from botcore_discord.escaping import escaped, unescaped
from botcore_discord.markdown import from_markdown, tidied
from botcore_discord.markup import Block, Markup, Prose, joined
from botcore_discord.split import MESSAGE_LIMIT, split

NOTHING: Final = "(nothing to show)"
"""Shown for an answer without any visible text, which Discord would refuse."""

MOST_FILES: Final = 10
"""Files of one message (https://discord.com/developers/docs/resources/message#create-message)."""

_MOST_BYTES: Final = 20 * 1024 * 1024
"""Bytes of the files of one message. Each file has its limit; a request with more than 25 MiB may be refused."""

WITH_FILES: Final = MESSAGE_LIMIT - 400
"""Characters of a text that shares its message with files: a sentence about one that is too large has to fit."""

LONGEST: Final = 100_000
"""Characters that are converted from Markdown; a longer text is taken as Discord's own markup. It keeps the conversion,
which runs on the event loop, under 50 ms."""

Attached = Image | Audio | Video | File


def pieces_of(reply: Reply) -> list[Piece]:
    """The messages, in order, at least one. Texts share messages, and files stand under the text before them.

    The buttons stand below the last.
    """
    pieces: list[Piece] = []
    for are_files, parts in groupby(reply.parts, key=lambda part: not isinstance(part, Text)):
        if not are_files:
            pieces += _texts([part for part in parts if isinstance(part, Text)])
            continue
        for message in _with_files([part for part in parts if not isinstance(part, Text)]):
            pieces = _appended(pieces, message)
    pieces = pieces or [Piece(NOTHING)]
    if reply.buttons:
        pieces[-1] = replace(pieces[-1], buttons=reply.buttons)
    return [replace(piece, ephemeral=True) for piece in pieces] if reply.ephemeral else pieces


def content_of(piece: Piece) -> str:
    """What Discord is told to show: `text` is for readers, and where that differs `markup` is for Discord."""
    markup: object = piece.markup
    return str(markup) if isinstance(markup, str) else piece.text


def _texts(parts: Sequence[Text]) -> list[Piece]:
    if all(part.plain for part in parts):
        messages = split(_joined([Prose(escaped(tidied(part.text)))] for part in parts))
        return [_plain(message) for message in messages]
    return [
        Piece(message)
        for message in split(
            _joined([Prose(escaped(tidied(part.text)))] if part.plain else _converted(part.text) for part in parts)
        )
    ]


def _plain(message: str) -> Piece:
    text = unescaped(message)
    return Piece(text) if text == message else Piece(text, message)


def _converted(text: str) -> list[Block]:
    return from_markdown(text) if len(text) <= LONGEST else [Prose(tidied(text))]


def _joined(texts: Iterable[list[Block]]) -> Markup:
    """All texts in one, with an empty line between them."""
    blocks: list[Block] = []
    for text in texts:
        shown = [block for block in text if block.text.strip()]
        if blocks and shown:
            if isinstance(last := blocks[-1], Prose):
                blocks[-1] = Prose(f"{last.text.rstrip()}\n")
            elif isinstance(first := shown[0], Prose):
                shown[0] = Prose(f"\n{first.text}")
        blocks += shown
    return joined(blocks)


def _with_files(files: Sequence[Attached]) -> Iterator[Piece]:
    """Messages with as many files each as they hold; captions are their text, as far as there is room."""
    for message in _grouped(files):
        bare = tuple(replace(file, caption="") if isinstance(file, Image) else file for file in message)
        captions = _texts([Text(file.caption) for file in message if isinstance(file, Image) and file.caption])
        if len(captions) == 1 and utf16_length(content_of(captions[0])) <= WITH_FILES:
            yield replace(captions[0], attachments=bare)
        else:
            yield Piece(attachments=bare)
            yield from captions


def _grouped(files: Sequence[Attached]) -> Iterator[list[Attached]]:
    message: list[Attached] = []
    size = 0
    for file in files:
        more = len(file.data or b"")
        if message and (len(message) == MOST_FILES or size + more > _MOST_BYTES):
            yield message
            message, size = [], 0
        message.append(file)
        size += more
    yield message


def _appended(pieces: list[Piece], message: Piece) -> list[Piece]:
    """The pieces and one more; its files go under the text before them where both are one message."""
    last = pieces[-1] if pieces else None
    if last is None or last.attachments or not message.attachments:
        return [*pieces, message]
    contents = [text for text in (content_of(last), content_of(message)) if text]
    if utf16_length("\n".join(contents)) > WITH_FILES:
        return [*pieces, message]
    texts = "\n".join(text for text in (last.text, message.text) if text)
    content = "\n".join(contents)
    return [*pieces[:-1], Piece(texts, None if content == texts else content, message.attachments)]
