"""The part that the three parse modes share: a cursor over the source and the plain text that grows from it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botcore.testing.telegram_server.entities import Entity
from botcore.testing.telegram_server.links import checked_link, linked_user
from botcore.testing.telegram_server.refusals import Refused, bad_request

#: What counts as a space to the real parsers; the end of the text reads as NUL, and NUL is one.
SPACES = " \t\r\n\v\0"


@dataclass(slots=True)
class Opened:
    """An entity whose end was not met yet."""

    kind: str
    argument: str
    offset: int
    source: int
    out: int


class Scan:
    """Source text with a cursor and the plain text made of it; `offset` counts UTF-16 units of the plain text."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.size = len(source)
        self.at = 0
        self.out: list[str] = []
        self.offset = 0
        self.entities: list[Entity] = []

    def peek(self, ahead: int = 0) -> str:
        """The character at the cursor (or `ahead` of it); NUL beyond the end."""
        place = self.at + ahead
        return self.source[place] if place < self.size else "\0"

    def keep(self, character: str) -> None:
        """Append a character to the plain text."""
        self.out.append(character)
        self.offset += 2 if character > "\uffff" else 1

    def byte_offset(self, place: int) -> int:
        """Where a place of the source lies in UTF-8 bytes, as error descriptions count."""
        return len(self.source[:place].encode("utf-8", "surrogatepass"))

    def skip_first_line_break(self) -> None:
        """The line break after an opening code fence is not part of the code."""
        if self.peek() in "\r\n" and self.peek() != "\0":
            self.at += 2 if self.peek(1) in "\r\n" and self.peek(1) not in {self.peek(), "\0"} else 1

    def language(self) -> str:
        """Read the language after an opening code fence; empty where a space or the closing fence comes first."""
        end = self.at
        while end < self.size and self.source[end] not in SPACES and self.source[end] != "`":
            end += 1
        if end == self.at or end >= self.size or self.source[end] == "`":
            return ""
        named = self.source[self.at : end]
        self.at = end
        return named

    def add(self, kind: str, offset: int, details: Mapping[str, Any] | None = None) -> None:
        """Add an entity from `offset` to here."""
        self.entities.append(Entity(kind, offset, self.offset - offset, details or {}))

    def add_link(self, offset: int, url: str) -> None:
        """Add a text link or mention; links that Telegram does not accept leave plain text."""
        user = linked_user(url)
        if user is not None:
            self.add("text_mention", offset, {"user": {"id": user}})
        elif link := checked_link(url):
            self.add("text_link", offset, {"url": link})


def unparsable(message: str) -> Refused:
    """The refusal of a text that its parse mode cannot read."""
    return bad_request(f"can't parse entities: {message}")
