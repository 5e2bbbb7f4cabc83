"""parse_mode HTML, failing where the real one fails and with its words. Behaviour after TDLib's `parse_html`."""

import re
from collections.abc import Callable
from typing import Any

from botcore.testing.telegram_server.entities import Entity
from botcore.testing.telegram_server.links import valid_time_format
from botcore.testing.telegram_server.markup_scan import SPACES, Opened, Scan, unparsable

_KINDS = {
    **dict.fromkeys(("i", "em"), "italic"),
    **dict.fromkeys(("b", "strong"), "bold"),
    **dict.fromkeys(("s", "strike", "del"), "strikethrough"),
    **dict.fromkeys(("u", "ins"), "underline"),
    **dict.fromkeys(("tg-spoiler", "span"), "spoiler"),
}
_TAGS = frozenset(_KINDS) | {"a", "tg-emoji", "tg-time", "pre", "code", "blockquote"}
_REFERENCE = re.compile(r"&(?:#x(?P<hex>[0-9A-Fa-f]+)|#(?P<decimal>[0-9]+)|(?P<name>[A-Za-z]+));?")
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
_MAX_CODE = 0x10FFFF
_MAX_REFERENCE = 10  # longer numeric references are left as they are


def parse_html(source: str) -> tuple[str, list[Entity]]:
    """Read HTML as Telegram does.

    Raises:
        Refused: 400 for unknown, unclosed or crossed tags and for halves of surrogate pairs.
    """
    return _Html(source).parse()


def _decode(text: str, at: int) -> tuple[str, int] | None:
    """The character that a reference at `at` stands for, and where it ends; None where it stands for itself."""
    found = _REFERENCE.match(text, at)
    if found is None:
        return None
    if found["name"]:
        character = _NAMED.get(found["name"])
        return (character, found.end()) if character else None
    code = int(found["hex"], 16) if found["hex"] else int(found["decimal"])
    digits = found.end("hex") if found["hex"] else found.end("decimal")
    if code == 0 or code >= _MAX_CODE or digits - at >= _MAX_REFERENCE:
        return None
    return chr(code), found.end()


class _Html(Scan):
    def __init__(self, source: str) -> None:
        super().__init__(source)
        self.open: list[Opened] = []
        self.times: dict[int, int] = {}  # source place of a <tg-time> -> its unix attribute

    def parse(self) -> tuple[str, list[Entity]]:
        while self.at < self.size:
            character = self.peek()
            if character == "&" and (decoded := _decode(self.source, self.at)):
                self.keep(decoded[0])
                self.at = decoded[1]
            elif character == "<":
                self._tag()
            else:
                self.keep(character)
                self.at += 1
        if self.open:
            raise unparsable(f'Can\'t find end tag corresponding to start tag "{self.open[-1].kind}"')
        text = "".join(self.out)
        if any("\ud800" <= character <= "\udfff" for character in text):
            raise unparsable(
                "Text contains invalid Unicode characters after decoding HTML entities, check for unmatched surrogate "
                "code units"
            )
        # a language counts only where <pre> and <code> cover the same text
        plain = [Entity(e.kind, e.offset, e.length) if e.kind == "code" else e for e in self.entities]
        return text, sorted(plain, key=Entity.order)

    def _tag(self) -> None:
        begin = self.at
        self.at += 1
        if self.peek() == "/":
            self._end_tag(begin)
        else:
            self._start_tag(begin)

    def _word(self, stops: str) -> str:
        begin = self.at
        while self.at < self.size and self.peek() not in stops and self.peek() not in SPACES:
            self.at += 1
        return self.source[begin : self.at]

    def _skip_spaces(self) -> None:
        while self.at < self.size and self.peek() in SPACES:
            self.at += 1

    def _start_tag(self, begin: int) -> None:
        name = self._word(">").lower()
        place = self.byte_offset(begin)
        if self.at >= self.size:
            raise unparsable(f"Unclosed start tag at byte offset {place}")
        if name not in _TAGS:
            raise unparsable(f'Unsupported start tag "{name}" at byte offset {place}')
        argument = ""
        while self.peek() != ">":
            self._skip_spaces()
            if self.peek() == ">":
                break
            argument = self._attribute(name, begin) or argument
        self.at += 1
        if name == "span" and argument != "spoiler":
            raise unparsable(f'Tag "span" must have class "tg-spoiler" at byte offset {place}')
        self.open.append(Opened(name, argument, self.offset, begin, len(self.out)))

    def _attribute(self, tag: str, begin: int) -> str:
        """Read one attribute; returns the part of it that the tag makes use of."""
        place = self.byte_offset(begin)
        name = self._word("=>/\"'")
        if not name:
            raise unparsable(f'Empty attribute name in the tag "{tag}" at byte offset {place}')
        self._skip_spaces()
        unclosed = unparsable(f'Unclosed start tag "{tag}" at byte offset {place}')
        if self.peek() != "=":
            if self.at >= self.size:
                raise unclosed
            return "1" if (tag, name) == ("blockquote", "expandable") else ""
        self.at += 1
        self._skip_spaces()
        if self.at >= self.size:
            raise unclosed
        value = self._quoted() if self.peek() in "'\"" else self._bare()
        if self.at >= self.size:
            raise unparsable(f"Unclosed start tag at byte offset {place}")
        if (tag, name) == ("tg-time", "unix"):
            self.times[begin] = int(value) if value.isdigit() else 0
        return self._argument(tag, name, value)

    def _argument(self, tag: str, name: str, value: str) -> str:
        match tag, name:
            case ("a", "href") | ("tg-emoji", "emoji-id") | ("tg-time", "format"):
                return value
            case "code", "class":
                return value.removeprefix("language-") if value.startswith("language-") else ""
            case "span", "class":
                return value.removeprefix("tg-") if value.startswith("tg-") else ""
            case "blockquote", "expandable":
                return "1"
            case _:
                return ""

    def _bare(self) -> str:
        begin = self.at
        while self.at < self.size and self.peek().isascii() and (self.peek().isalnum() or self.peek() in ".-"):
            self.at += 1
        if self.peek() not in SPACES and self.peek() != ">":
            raise unparsable(f"Unexpected end of name token at byte offset {self.byte_offset(begin)}")
        return self.source[begin : self.at].lower()

    def _quoted(self) -> str:
        quote = self.peek()
        self.at += 1
        value: list[str] = []
        while self.at < self.size and self.peek() != quote:
            decoded = _decode(self.source, self.at) if self.peek() == "&" else None
            value.append(decoded[0] if decoded else self.peek())
            self.at = decoded[1] if decoded else self.at + 1
        if self.at < self.size:
            self.at += 1
        return "".join(value)

    def _end_tag(self, begin: int) -> None:
        place = self.byte_offset(begin)
        if not self.open:
            raise unparsable(f"Unexpected end tag at byte offset {place}")
        self.at += 1
        name = self._word(">").lower()
        self._skip_spaces()
        if self.peek() != ">":
            raise unparsable(f"Unclosed end tag at byte offset {place}")
        self.at += 1
        opened = self.open[-1]
        if name and name != opened.kind:
            raise unparsable(
                f'Unmatched end tag at byte offset {place}, expected "</{opened.kind}>", found "</{name}>"'
            )
        if self.offset > opened.offset:
            self._finish(opened)
        self.open.pop()

    def _finish(self, opened: Opened) -> None:
        if kind := _KINDS.get(opened.kind):
            self.add(kind, opened.offset)
            return
        special: dict[str, Callable[[Opened], None]] = {
            "a": self._link,
            "tg-emoji": self._emoji,
            "tg-time": self._time,
            "pre": self._pre,
            "code": self._code,
            "blockquote": self._quote,
        }
        special[opened.kind](opened)

    def _link(self, opened: Opened) -> None:
        self.add_link(opened.offset, opened.argument or "".join(self.out[opened.out :]))

    def _emoji(self, opened: Opened) -> None:
        if not opened.argument.isdigit() or int(opened.argument) == 0:
            raise unparsable("Invalid custom emoji identifier specified")
        self.add("custom_emoji", opened.offset, {"custom_emoji_id": opened.argument})

    def _time(self, opened: Opened) -> None:
        if not valid_time_format(opened.argument):
            raise unparsable("Invalid date format used")
        unix = self.times.get(opened.source, 0)
        if unix > 0:
            shown: dict[str, Any] = {"date_time_format": opened.argument} if opened.argument else {}
            self.add("date_time", opened.offset, {"unix_time": unix, **shown})

    def _quote(self, opened: Opened) -> None:
        self.add("expandable_blockquote" if opened.argument else "blockquote", opened.offset)

    def _last_covers(self, opened: Opened, kind: str) -> bool:
        last = self.entities[-1] if self.entities else None
        return last is not None and last.kind == kind and last.offset == opened.offset and last.end == self.offset

    def _pre(self, opened: Opened) -> None:
        language = ""
        if self._last_covers(opened, "code") and (language := self.entities[-1].details.get("language", "")):
            self.entities.pop()
        self.add("pre", opened.offset, {"language": language} if language else None)

    def _code(self, opened: Opened) -> None:
        if opened.argument and self._last_covers(opened, "pre"):
            self.entities.pop()
            self.add("pre", opened.offset, {"language": opened.argument})
        else:
            self.add("code", opened.offset, {"language": opened.argument} if opened.argument else None)
