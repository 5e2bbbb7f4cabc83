"""From a command line to keyword arguments.

    /image --count 2 --size=wide a red fox, in the rain      options, then the rest of the line as it is
    /remind 10m "buy milk"                                   words by position, quotes around spaces
    /roll sides=20                                           `name=` of a known option
    /note -- --this is text                                  `--` ends the options

Quotes are `"`, `'` and typographic pairs; a backslash in them keeps the next quote or backslash. A quote closes only
at the end of a word, and an apostrophe that never closes is an apostrophe. Phones turn `--` into a dash: `—count 2`
works for a known option. The parser is linear in the length of the text and raises UsageError alone.
"""
# ruff: noqa: RUF001 - the quotes and dashes that people type are meant

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any, Final, NoReturn

from botcore.commands.kinds import BoolKind, Wrong
from botcore.commands.signature import Param, Signature
from botcore.errors import UsageError
from botcore.messages import Attachment, Part

_CLOSERS: Final = {
    '"': '"', "'": "'", "“": "”“", "”": "”", "„": "“”", "«": "»", "»": "«»",
    "‘": "’", "‚": "‘’", "‹": "›", "›": "‹", "「": "」", "『": "』",
}  # fmt: skip
_APOSTROPHES: Final = frozenset("'‘")
_QUOTED: Final = {
    opener: re.compile(rf"((?:[^\\{closers}]|\\.|[{closers}](?!\s|\Z))*+)[{closers}](?=\s|\Z)", re.DOTALL)
    for opener, closers in _CLOSERS.items()
}
_ESCAPED: Final = re.compile(r"\\([\\" + "".join({*_CLOSERS, *"".join(_CLOSERS.values())}) + "])")
_SPACE: Final = re.compile(r"\s*")
_WORD: Final = re.compile(r"\S+")
_DASHED: Final = re.compile(r"(--|[—–])([^\W\d_][^\s=]*)(=?)")
_NAMED: Final = re.compile(r"([^\W\d_][\w-]*)=")


def parse(signature: Signature, text: str) -> dict[str, Any]:
    """The arguments in `text`, with defaults; attachments are left to `attach`. Raises UsageError."""
    if not signature.options:
        if text and not text.isspace():
            _fail(signature, f"/{signature.command} takes no arguments")
        return {}
    return _Line(signature, text.strip()).arguments()


def bind(signature: Signature, given: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments in a mapping of JSON values (slash options, a tool's arguments), with defaults.

    Values are checked with the same types: a number with a fraction is no int, a number in quotes is no number. None
    stands for the default. A list may also come as one text, which is split into words. Raises UsageError.
    """
    found: dict[str, Any] = {}
    for key, value in given.items():
        param = signature.by_name.get(str(key).casefold().replace("-", "_"))
        if param is None:
            _fail(signature, f"There is no argument {_cut(str(key))}{_nearest(str(key), list(signature.by_name))}")
        if value is None:
            continue
        if not param.many:
            found[param.name] = _accept(signature, param, value)
            continue
        if isinstance(value, str):
            value = _Line(signature, value.strip()).words()  # noqa: PLW2901 - the same value, split
            found[param.name] = [_read(signature, param, word) for word in value]
        elif isinstance(value, Sequence) and not isinstance(value, bytes):
            found[param.name] = [_accept(signature, param, item) for item in value]
        else:
            _wrong(signature, param, value, Wrong("a list"))
    return _complete(signature, found)


def attach(
    signature: Signature, arguments: Mapping[str, Any], sent: Sequence[Part], quoted: Sequence[Part] = ()
) -> dict[str, Any]:
    """Add the attachments: from the message itself, else from the one it replies to. Raises UsageError."""
    complete = dict(arguments)
    free = [part for part in (*sent, *quoted) if isinstance(part, Attachment)]
    for param in signature.params:
        if param.place != "attachment" or complete.get(param.name) is not None:
            continue
        fitting = [part for part in free if isinstance(part, getattr(param.kind, "types", ()))]
        taken = fitting if param.many else fitting[:1]
        free = [part for part in free if all(part is not other for other in taken)]
        if taken:
            complete[param.name] = taken if param.many else taken[0]
        elif param.required:
            allowed = param.kind.allowed
            _fail(signature, f"{param.shown} is missing: send {allowed} along, or reply to a message that has it")
        else:
            complete[param.name] = [] if param.many and not param.nullable else None
    return complete


class _Line:
    """One command line while it is read; `at` is how far."""

    __slots__ = ("at", "ended", "found", "position", "signature", "text")

    def __init__(self, signature: Signature, text: str) -> None:
        self.signature = signature
        self.text = text
        self.at = 0
        self.position = 0
        self.ended = False  # `--` was seen
        self.found: dict[str, Any] = {}

    def arguments(self) -> dict[str, Any]:
        text, end = self.text, len(self.text)
        while self._skip() < end:
            if not self.ended and self._option():
                continue
            param = self._next()
            if param is None:
                _fail(self.signature, f"{_cut(self._word())} is one argument too many")
            elif param.place == "rest":
                self.found[param.name] = _read(self.signature, param, text[self.at :])
                break
            elif param.place == "words":
                self.found.setdefault(param.name, []).append(_read(self.signature, param, self._word()))
            else:
                self.found[param.name] = _read(self.signature, param, self._word())
                self.position += 1
        return _complete(self.signature, self.found)

    def words(self) -> list[str]:
        words: list[str] = []
        while self._skip() < len(self.text):
            words.append(self._word())
        return words

    def _skip(self) -> int:
        match = _SPACE.match(self.text, self.at)
        self.at = match.end() if match else self.at
        return self.at

    def _next(self) -> Param | None:
        """The parameter that the next word fills."""
        positional = self.signature.positional
        while self.position < len(positional):
            param = positional[self.position]
            if param.name not in self.found or param.place == "words":
                return param
            self.position += 1
        return None

    def _option(self) -> bool:
        """Read an option if one begins here."""
        first = self.text[self.at]
        if first in "-—–":
            if self.text.startswith("--", self.at) and not self.text[self.at + 2 : self.at + 3].strip():
                self.at += 2
                self.ended = True
                return True
            match = _DASHED.match(self.text, self.at)
            if match is None:
                return False
            known = self.signature.options.get(_plain(match[2]))
            if known is None:
                if match[1] == "--":
                    near = _nearest(_plain(match[2]), list(self.signature.options), "--")
                    _fail(self.signature, f"There is no option {_cut('--' + match[2])}{near}")
                return False  # a dash in prose
            assigned = bool(match[3])
        else:
            match = _NAMED.match(self.text, self.at)
            known = self.signature.options.get(_plain(match[1])) if match else None
            if match is None or known is None or known[0].place in {"rest", "words"}:
                return False
            assigned = True
        self.at = match.end()
        self._store(known[0], self._value(known[0], known[1], assigned=assigned))
        return True

    def _value(self, param: Param, meant: bool, *, assigned: bool) -> Any:
        if not assigned and param.place == "flag":
            return meant is self._switch()
        if not assigned:
            known = _DASHED.match(self.text, self._skip())
            if self.at == len(self.text) or (known and _plain(known[2]) in self.signature.options):
                _fail(self.signature, f"--{param.shown} needs a value: {param.kind.allowed}")
        ended = self.at == len(self.text) or self.text[self.at].isspace()
        value = _read(self.signature, param, "" if ended else self._word())
        return meant is value if param.place == "flag" else value

    def _switch(self) -> bool:
        """What follows a bare flag: a yes or no there belongs to it only if nothing else could take the word."""
        match = _WORD.match(self.text, self._skip())
        if match is None or self._next() is not None:
            return True
        try:
            value = BoolKind().read(match[0])
        except Wrong:
            return True
        self.at = match.end()
        return value

    def _store(self, param: Param, value: Any) -> None:
        if param.many:
            self.found.setdefault(param.name, []).append(value)
        elif param.name in self.found:
            _fail(self.signature, f"--{param.shown} is given twice")
        else:
            self.found[param.name] = value

    def _word(self) -> str:
        opener = self.text[self.at]
        if opener in _QUOTED:
            if match := _QUOTED[opener].match(self.text, self.at + 1):
                self.at = match.end()
                return _ESCAPED.sub(r"\1", match[1])
            if opener not in _APOSTROPHES:
                _fail(self.signature, f"The quote {opener} is not closed")
        elif opener == "\\" and self.text[self.at + 1 : self.at + 2] in _QUOTED:
            self.at += 1
        match = _WORD.match(self.text, self.at)
        start, self.at = self.at, match.end() if match else len(self.text)
        return self.text[start : self.at]


def _complete(signature: Signature, found: dict[str, Any]) -> dict[str, Any]:
    for param in signature.params:
        if param.many and not found.get(param.name, True):
            del found[param.name]  # an empty list is as good as none
        if param.name in found or param.place == "attachment":
            continue
        if param.required:
            _fail(signature, f"{param.shown} is missing{f': {param.help}' if param.help else ''}")
        found[param.name] = [] if param.many and param.default is not None else param.default
    return found


def _read(signature: Signature, param: Param, text: str) -> Any:
    try:
        return param.kind.read(text)
    except Wrong as wrong:
        _wrong(signature, param, text, wrong)


def _accept(signature: Signature, param: Param, value: Any) -> Any:
    try:
        return param.kind.accept(value)
    except Wrong as wrong:
        _wrong(signature, param, value, wrong)


def _wrong(signature: Signature, param: Param, got: object, wrong: Wrong) -> NoReturn:
    hint = f". Did you mean {wrong.nearest}?" if wrong.nearest else ""
    named = (got.get("name") or "this") if isinstance(got, Mapping) else got  # a file, not the JSON of it
    _fail(signature, f"{param.shown}: {_cut(named)} is not {wrong.allowed}{hint}")


def _fail(signature: Signature, said: str) -> NoReturn:
    raise UsageError(said if said.endswith(("?", ".")) else f"{said}.", usage=signature.usage)


def _nearest(typed: str, names: list[str], prefix: str = "") -> str:
    near = get_close_matches(typed[:64], names, n=1)
    return f". Did you mean {prefix}{near[0]}?" if near else ""


def _plain(name: str) -> str:
    return name.casefold().replace("_", "-")


def _cut(got: object) -> str:
    """What was got, in quotes, on one line and shortened."""
    try:
        text = got if isinstance(got, str) else repr(got)
    except (ValueError, RecursionError):  # an int of thousands of digits, a nested list
        text = type(got).__name__
    text = " ".join(text[:200].split())
    return f"“{text[:47]}…”" if len(text) > 48 else f"“{text}”"
