"""parse_mode Markdown (the old one) and MarkdownV2, failing where the real ones fail and with their words.

Behaviour after TDLib's `parse_markdown` and `parse_markdown_v2`.
"""

from typing import Any

from botcore.testing.telegram_server.entities import Entity
from botcore.testing.telegram_server.links import special_link
from botcore.testing.telegram_server.markup_scan import Opened, Scan, unparsable

_RESERVED = frozenset("_*[]()~`>#+-=|{}.!\n")
_IN_CODE = frozenset("`")
_NAMES = {
    "bold": "Bold",
    "italic": "Italic",
    "underline": "Underline",
    "strikethrough": "Strikethrough",
    "spoiler": "Spoiler",
    "code": "Code",
    "pre": "Pre",
    "text_link": "TextUrl",
    "custom_emoji": "CustomEmoji",
    "blockquote": "BlockQuote",
}
_SIMPLE = {"*": "bold", "~": "strikethrough", "[": "text_link"}
_CLOSERS = {
    "bold": "*",
    "italic": "_",
    "underline": "__",
    "strikethrough": "~",
    "spoiler": "||",
    "code": "`",
    "pre": "```",
    "text_link": "]",
    "custom_emoji": "]",
}


def parse_markdown(source: str) -> tuple[str, list[Entity]]:
    """The old Markdown mode: no nesting, four kinds of marks.

    Raises:
        Refused: 400 when an entity is not closed.
    """
    scan = Scan(source)
    while scan.at < scan.size:
        character = scan.peek()
        if character == "\\" and scan.peek(1) in {"_", "*", "`", "["}:
            scan.keep(scan.peek(1))
            scan.at += 2
        elif character in "_*`[":
            _old_entity(scan, character)
        else:
            scan.keep(character)
            scan.at += 1
    return "".join(scan.out), scan.entities


def _old_entity(scan: Scan, mark: str) -> None:
    begin = scan.at
    closing = "]" if mark == "[" else mark
    scan.at += 1
    language = ""
    if mark == "`" and scan.peek() == "`" and scan.peek(1) == "`":
        scan.at += 2
        closing = "```"
        language = scan.language()
        scan.skip_first_line_break()
    offset, text_at = scan.offset, scan.at
    while scan.at < scan.size and not scan.source.startswith(closing, scan.at):
        scan.keep(scan.peek())
        scan.at += 1
    if scan.at >= scan.size:
        raise unparsable(f"Can't find end of the entity starting at byte offset {scan.byte_offset(begin)}")
    text = scan.source[text_at : scan.at]
    scan.at += len(closing)
    if mark == "[":
        url = text
        if scan.peek() == "(":
            end = scan.source.find(")", scan.at)
            end = end if end >= 0 else scan.size
            url = scan.source[scan.at + 1 : end]
            scan.at = end + 1
        if scan.offset > offset:
            scan.add_link(offset, url)
    elif scan.offset > offset:
        kind = {"_": "italic", "*": "bold", "`": "code"}[mark] if closing != "```" else "pre"
        scan.add(kind, offset, {"language": language} if language else None)


def parse_markdown_v2(source: str) -> tuple[str, list[Entity]]:
    """MarkdownV2: nesting, quotations, and every reserved character to be escaped.

    Raises:
        Refused: 400 when a reserved character stands alone or an entity is not closed.
    """
    return _MarkdownV2(source).parse()


class _MarkdownV2(Scan):
    def __init__(self, source: str) -> None:
        super().__init__(source)
        self.open: list[Opened] = []
        self.quoting = False
        self.line_starts = True

    def parse(self) -> tuple[str, list[Entity]]:
        while self.at < self.size:
            character = self.peek()
            if character == "\\" and "\0" < self.peek(1) <= "~":
                self.at += 1
                self._plain(self.peek(), starts_line=self.peek() == "\n")
            elif character not in (_IN_CODE if self._in_code() else _RESERVED):
                self._plain(character, starts_line=False)
            elif self._closes(character):
                self._close(character)
            else:
                self._begin(character)
        self._finish_quote()
        if self.open:
            raise self._unclosed(self.open[-1])
        return "".join(self.out), sorted(self.entities, key=Entity.order)

    def _plain(self, character: str, *, starts_line: bool) -> None:
        self.keep(character)
        self.at += 1
        if character != "\r":
            self.line_starts = starts_line

    def _in_code(self) -> bool:
        return bool(self.open) and self.open[-1].kind in {"code", "pre"}

    def _unclosed(self, opened: Opened) -> Exception:
        name = "PreCode" if opened.kind == "pre" and opened.argument else _NAMES[opened.kind]
        return unparsable(f"Can't find end of {name} entity at byte offset {self.byte_offset(opened.source)}")

    def _closes(self, character: str) -> bool:
        if not self.open:
            return False
        if self.quoting and character == "\n" and self.peek(1) != ">":
            return True
        kind = self.open[-1].kind
        if kind == "blockquote":
            return False
        if kind == "italic":
            return character == "_" and self.peek(1) != "_"
        return self.source.startswith(_CLOSERS[kind], self.at)

    def _begin(self, character: str) -> None:
        source = self.at
        kind, argument, width = _SIMPLE.get(character, ""), "", 1
        if character == "\n":
            self._plain("\n", starts_line=True)
            return
        if character == ">" and self.line_starts:
            self.at += 1
            if self.quoting:
                return
            self.quoting, kind, width = True, "blockquote", 0
        elif character == "_":
            kind, width = ("underline", 2) if self.peek(1) == "_" else ("italic", 1)
        elif character in "|!" and self.peek(1) == {"|": "|", "!": "["}[character]:
            kind, width = {"|": "spoiler", "!": "custom_emoji"}[character], 2
        elif character == "`":
            kind = "code"
            if self.peek(1) == "`" and self.peek(2) == "`":
                self.at += 3
                kind, argument, width = "pre", self.language(), 0
                self.skip_first_line_break()
        if not kind:
            raise unparsable(f"Character '{character}' is reserved and must be escaped with the preceding '\\'")
        self.at += width
        self.open.append(Opened(kind, argument, self.offset, source, len(self.out)))

    def _close(self, character: str) -> None:
        opened = self.open[-1]
        if character == "\n":
            self._close_quote()
            return
        self.at += len(_CLOSERS[opened.kind])
        filled = self.offset > opened.offset
        if opened.kind == "text_link":
            url = self._url() if self.peek() == "(" else "".join(self.out[opened.out :])
            if filled:
                self.add_link(opened.offset, url)
        elif opened.kind == "custom_emoji":
            kind, details = self._emoji_or_time()
            if filled:
                self.add(kind, opened.offset, details)
        elif filled:
            self.add(opened.kind, opened.offset, {"language": opened.argument} if opened.argument else None)
        self.open.pop()

    def _close_quote(self) -> None:
        kind = "blockquote"
        opened = self.open[-1]
        if opened.kind != "blockquote":
            ends_with_bars = opened.kind == "spoiler" and self.source[opened.source : self.at].rstrip("\r") == "||"
            if not ends_with_bars:
                raise self._unclosed(opened)
            self.open.pop()
            opened = self.open[-1]
            if opened.kind != "blockquote":
                raise self._unclosed(opened)
            kind = "expandable_blockquote"
        self._plain("\n", starts_line=True)
        self.add(kind, opened.offset)
        self.quoting = False
        self.open.pop()

    def _finish_quote(self) -> None:
        if not self.quoting:
            return
        kind = "blockquote"
        if self.open[-1].kind == "spoiler" and self.open[-1].source == self.size - 2:
            self.open.pop()
            kind = "expandable_blockquote"
        opened = self.open[-1]
        if opened.kind == "blockquote":
            if self.offset > opened.offset:
                self.add(kind, opened.offset)
            self.open.pop()

    def _url(self) -> str:
        self.at += 1
        begin = self.at
        url: list[str] = []
        while self.at < self.size and self.peek() != ")":
            if self.peek() == "\\" and "\0" < self.peek(1) <= "~":
                self.at += 1
            url.append(self.peek())
            self.at += 1
        if self.peek() != ")":
            raise unparsable(f"Can't find end of a URL at byte offset {self.byte_offset(begin)}")
        self.at += 1
        return "".join(url)

    def _emoji_or_time(self) -> tuple[str, dict[str, Any]]:
        if self.peek() != "(":
            raise unparsable("The entity must contain a tg://emoji or tg://time URL")
        special = special_link(self._url())
        if special is None:
            raise unparsable("Invalid tg://emoji or tg://time URL specified")
        return special
