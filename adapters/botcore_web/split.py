"""A reply cut into the messages the page shows."""

import re
from collections.abc import Iterator, Sequence

from botcore.messages import Audio, File, Image, Piece, Reply, Text, Video

LIMIT = 32_000
"""Characters of one message. Rendering hostile Markdown of this length takes about half a second (in a thread)."""

FENCE_MOST = 200  # characters kept free for closing a code fence and opening it again

MARKDOWN = {"format": "markdown"}
PLAIN = {"format": "plain"}

_FENCE = re.compile(r" {0,3}(`{3,40}|~{3,40})([^\n]{0,100})\n?\Z")


def split(reply: Reply) -> Sequence[Piece]:
    """One message for each run of text of one kind, with the files that follow it; the buttons go below the last."""
    pieces: list[Piece] = []
    texts: list[Text] = []
    files: list[Image | Audio | Video | File] = []

    def close() -> None:
        if texts or files:
            pieces.extend(_cut(texts, files))
            texts.clear()
            files.clear()

    for part in reply.parts:
        if isinstance(part, Text):
            if files or (texts and texts[0].plain != part.plain):
                close()
            texts.append(part)
        else:
            files.append(part)
    close()
    if not pieces:
        pieces.append(Piece(markup=PLAIN))
    last = pieces[-1]
    pieces[-1] = Piece(last.text, last.markup, last.attachments, reply.buttons)
    return [Piece(one.text, one.markup, one.attachments, one.buttons, reply.ephemeral) for one in pieces]


def _cut(texts: Sequence[Text], files: Sequence[Image | Audio | Video | File]) -> list[Piece]:
    plain = bool(texts) and texts[0].plain
    text = ("\n" if plain else "\n\n").join(part.text for part in texts)
    markup = PLAIN if plain else MARKDOWN
    chunks = list(cut_plain(text) if plain else cut_markdown(text)) or [""]
    pieces = [Piece(chunk, markup) for chunk in chunks]
    pieces[-1] = Piece(chunks[-1], markup, tuple(files))
    return pieces


def cut_plain(text: str, limit: int = LIMIT) -> Iterator[str]:
    """Cut text at line ends where there are any, else anywhere. Nothing is lost."""
    while len(text) > limit:
        at = text.rfind("\n", 0, limit) + 1 or limit
        yield text[:at]
        text = text[at:]
    if text:
        yield text


def cut_markdown(text: str, limit: int = LIMIT) -> Iterator[str]:
    """Cut Markdown at line ends; a fence that is open at a cut is closed before it and opened again after it."""
    if len(text) <= limit:
        yield from (text,) if text else ()
        return
    held, fence, opening = "", "", ""
    for line in _lines(text, limit - FENCE_MOST):
        mark = _FENCE.match(line)
        closing = len(fence) or (len(mark[1]) if mark else 0)  # a fence that this line opens has to be closed as well
        room = limit - len(held) - closing - 1
        if len(line) > room and held not in ("", opening):
            yield held + (fence and f"\n{fence}" if not held.endswith("\n") else fence)
            held = opening
        held += line
        if mark is None:
            continue
        if not fence and not (mark[1][0] == "`" and "`" in mark[2]):
            fence, opening = mark[1], line if line.endswith("\n") else f"{line}\n"
        elif fence and mark[1][0] == fence[0] and len(mark[1]) >= len(fence) and not mark[2].strip():
            fence, opening = "", ""
    if held not in ("", opening):
        yield held


def _lines(text: str, most: int) -> Iterator[str]:
    """The lines of `text` with their ends, overlong ones in parts."""
    for line in re.findall(r"[^\n]*\n|[^\n]+", text):
        for start in range(0, len(line), most):
            yield line[start : start + most]
