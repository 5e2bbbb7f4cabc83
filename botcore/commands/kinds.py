"""The kinds of value an argument can have: how each is read from text, taken from JSON and written as text.

`read` takes what a person typed, `accept` a JSON value (a slash option, a tool's argument), `write` is the inverse of
`read`. Both raise `Wrong`, which says in words what is allowed; nothing else.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from difflib import get_close_matches
from typing import Any, Final, TypeAlias, get_args

from botcore.codec import decode
from botcore.messages import Attachment, Audio, Channel, File, Image, Json, Part, User, Video

INT_LIMIT: Final = 2**63 - 1
"""The largest whole number taken where no range is given: what a database column holds."""

YES: Final = frozenset({"yes", "y", "on", "true", "1"})
NO: Final = frozenset({"no", "n", "off", "false", "0"})


class Wrong(ValueError):
    """A value that is not taken. `allowed` completes "this is not ..."; `nearest` is what was probably meant."""

    def __init__(self, allowed: str, nearest: str | None = None) -> None:
        super().__init__(allowed)
        self.allowed = allowed
        self.nearest = nearest


def number_text(value: float) -> str:
    """A number as people write it: without a fraction where it has none."""
    return str(int(value)) if float(value).is_integer() else str(value)


@dataclass(frozen=True, slots=True)
class TextKind:
    """Text of `least` to `most` characters (code points)."""

    least: int = 0
    most: int | None = None

    @property
    def allowed(self) -> str:
        """What is taken, in words."""
        if self.most is None:
            return f"a text of at least {self.least} characters" if self.least else "a text"
        return f"a text of {self.least} to {self.most} characters"

    def read(self, text: str) -> str:
        """Take the text as it is."""
        if len(text) < self.least or (self.most is not None and len(text) > self.most):
            raise Wrong(f"{self.allowed}; it has {len(text)}")
        return text

    def accept(self, value: Json) -> str:
        """Take a JSON string."""
        if not isinstance(value, str):
            raise Wrong(self.allowed)
        return self.read(value)

    def write(self, value: Any) -> str:
        """The text itself."""
        return str(value)


@dataclass(frozen=True, slots=True)
class IntKind:
    """A whole number from `least` to `most`; without them, one of 64 bits."""

    least: float | None = None
    most: float | None = None

    @property
    def allowed(self) -> str:
        """What is taken, in words."""
        return "a whole number" + _range_words(self.least, self.most)

    def read(self, text: str) -> int:
        """Take digits with an optional sign."""
        if len(text) > 400:  # a longer one is out of every range, and int() costs quadratic time
            raise Wrong(self.allowed)
        try:
            return self._within(int(text))
        except ValueError:
            raise Wrong(self.allowed) from None

    def accept(self, value: Json) -> int:
        """Take a JSON number without a fraction."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise Wrong(self.allowed)
        if isinstance(value, float) and not value.is_integer():  # neither is infinity, nor what is not a number
            raise Wrong(self.allowed)
        return self._within(int(value))

    def write(self, value: Any) -> str:
        """Its digits."""
        return str(value)

    def _within(self, value: int) -> int:
        least = -INT_LIMIT if self.least is None else self.least
        most = INT_LIMIT if self.most is None else self.most
        if not least <= value <= most:
            raise Wrong(self.allowed)
        return value


@dataclass(frozen=True, slots=True)
class FloatKind:
    """A finite number from `least` to `most`."""

    least: float | None = None
    most: float | None = None

    @property
    def allowed(self) -> str:
        """What is taken, in words."""
        return "a number" + _range_words(self.least, self.most)

    def read(self, text: str) -> float:
        """Take a decimal number."""
        try:
            return self._within(float(text))
        except ValueError:
            raise Wrong(self.allowed) from None

    def accept(self, value: Json) -> float:
        """Take a JSON number."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise Wrong(self.allowed)
        try:
            return self._within(float(value))
        except OverflowError:
            raise Wrong(self.allowed) from None

    def write(self, value: Any) -> str:
        """The shortest digits that give this number again."""
        return repr(float(value))

    def _within(self, value: float) -> float:
        if not math.isfinite(value):
            raise Wrong(self.allowed)
        if (self.least is not None and value < self.least) or (self.most is not None and value > self.most):
            raise Wrong(self.allowed)
        return value


@dataclass(frozen=True, slots=True)
class BoolKind:
    """Yes or no."""

    allowed = "yes or no"

    def read(self, text: str) -> bool:
        """Take yes, on, true, 1 or their opposites."""
        word = text.casefold()
        if word in YES:
            return True
        if word in NO:
            return False
        raise Wrong(self.allowed)

    def accept(self, value: Json) -> bool:
        """Take a JSON boolean."""
        if not isinstance(value, bool):
            raise Wrong(self.allowed)
        return value

    def write(self, value: Any) -> str:
        """Yes or no."""
        return "yes" if value else "no"


@dataclass(frozen=True, slots=True)
class Choice:
    """One allowed value and how it is typed."""

    text: str
    value: Any


@dataclass(frozen=True, slots=True)
class ChoiceKind:
    """One of several values."""

    choices: tuple[Choice, ...]

    @property
    def allowed(self) -> str:
        """What is taken, in words; a long list is cut."""
        texts = [choice.text for choice in self.choices[:16]]
        more = f" and {len(self.choices) - 16} more" if len(self.choices) > 16 else ""
        return f"one of {', '.join(texts)}{more}"

    def read(self, text: str) -> Any:
        """Take the text of a choice; letter case counts only where choices differ in nothing else."""
        for choice in self.choices:
            if choice.text == text:
                return choice.value
        folded = text.casefold()
        alike = [choice for choice in self.choices if choice.text.casefold() == folded]
        if len(alike) == 1:
            return alike[0].value
        near = get_close_matches(folded[:100], {c.text.casefold(): c.text for c in self.choices}, n=1)
        raise Wrong(self.allowed, next((c.text for c in self.choices if near and c.text.casefold() == near[0]), None))

    def accept(self, value: Json) -> Any:
        """Take a choice's text, or its number where the choices are numbers."""
        if isinstance(value, str):
            return self.read(value)
        if isinstance(value, int | float) and not isinstance(value, bool):
            for choice in self.choices:
                if isinstance(choice.value, int) and choice.value == value:
                    return choice.value
        raise Wrong(self.allowed)

    def write(self, value: Any) -> str:
        """The choice's text."""
        return next(choice.text for choice in self.choices if choice.value is value or choice.value == value)


_UNITS: Final = {
    "s": 1, "sec": 1, "secs": 1, "second": 1, "seconds": 1,
    "m": 60, "min": 60, "mins": 60, "minute": 60, "minutes": 60,
    "h": 3600, "hr": 3600, "hour": 3600, "hours": 3600,
    "d": 86400, "day": 86400, "days": 86400,
    "w": 604800, "week": 604800, "weeks": 604800,
}  # fmt: skip
_SPAN: Final = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,6})?)\s*([a-z]+)\s*")


@dataclass(frozen=True, slots=True)
class SpanKind:
    """A length of time such as 10m, 1h30m or 2 days; `least` and `most` in seconds."""

    least: float | None = None
    most: float | None = None

    @property
    def allowed(self) -> str:
        """What is taken, in words."""
        words = "a length of time such as 10m, 1h30m or 2d"
        if self.least is None or self.most is None:
            return words
        least, most = (self.write(timedelta(seconds=bound)) for bound in (self.least, self.most))
        return f"{words}, from {least} to {most}"

    def read(self, text: str) -> timedelta:
        """Add up numbers with units: s, m (or min), h, d, w."""
        microseconds, at, folded = 0, 0, text.strip().casefold()
        while match := _SPAN.match(folded, at):
            unit = _UNITS.get(match[2])
            if unit is None:
                raise Wrong(self.allowed)
            microseconds += int(Decimal(match[1]) * unit * 1_000_000)
            at = match.end()
        if at == 0 or at < len(folded):
            raise Wrong(self.allowed)
        return self._within(microseconds)

    def accept(self, value: Json) -> timedelta:
        """Take the same as a JSON string."""
        if not isinstance(value, str):
            raise Wrong(self.allowed)
        return self.read(value)

    def write(self, value: Any) -> str:
        """Days, hours, minutes and seconds, without the zeros."""
        minutes, seconds = divmod(value.seconds, 60)
        hours, minutes = divmod(minutes, 60)
        text = "".join(f"{n}{unit}" for n, unit in ((value.days, "d"), (hours, "h"), (minutes, "m")) if n)
        if value.microseconds:
            return f"{text}{seconds}.{value.microseconds:06}s"
        return f"{text}{seconds}s" if seconds or not text else text

    def _within(self, microseconds: int) -> timedelta:
        try:
            value = timedelta(microseconds=microseconds)
        except OverflowError:
            raise Wrong(self.allowed) from None
        seconds = value.total_seconds()
        if (self.least is not None and seconds < self.least) or (self.most is not None and seconds > self.most):
            raise Wrong(self.allowed)
        return value


@dataclass(frozen=True, slots=True)
class PartKind:
    """An attachment of one of these classes, sent along or found in the message that is replied to."""

    types: tuple[type[Attachment], ...]

    @property
    def allowed(self) -> str:
        """What is taken, in words."""
        names = [_PART_WORDS.get(kind, "a file") for kind in self.types]
        return " or ".join(dict.fromkeys(names))

    def read(self, text: str) -> Attachment:  # noqa: ARG002 - text is never an attachment
        """Refuse: an attachment is sent, not typed."""
        raise Wrong(f"{self.allowed}: send it along, or reply to a message that has it")

    def accept(self, value: Json) -> Attachment:
        """Take a part, or the JSON of one."""
        part = value
        if isinstance(value, Mapping):
            kind = _PART_KINDS.get(str(value.get("kind")))
            try:
                part = decode(kind, _json(value)) if kind else None
            except ValueError:
                raise Wrong(self.allowed) from None
        if not isinstance(part, self.types):
            raise Wrong(self.allowed)
        return part

    def write(self, value: Any) -> str:
        """Its name, for show."""
        return str(value.name or value.ref or "attachment")


_MENTIONS: Final[Mapping[type[User | Channel], re.Pattern[str]]] = {
    User: re.compile(r"<@!?([0-9]{1,20})>|(-?[0-9]{1,20})"),  # Discord's mentions; a bare id is any platform's
    Channel: re.compile(r"<#([0-9]{1,20})>|(-?[0-9]{1,20})"),
}


@dataclass(frozen=True, slots=True)
class MentionKind:
    """A person or a channel of the platform, by id: names change and may be anybody's."""

    of: type[User | Channel]

    @property
    def allowed(self) -> str:
        """What is taken, in words."""
        return "a person: mention them, or give their id" if self.of is User else "a channel: name it, or give its id"

    def read(self, text: str) -> User | Channel:
        """Take a mention as Discord writes it, or an id."""
        match = _MENTIONS[self.of].fullmatch(text.strip())
        if match is None:
            raise Wrong(self.allowed)
        return self.of(match[1] or match[2])

    def accept(self, value: Json) -> User | Channel:
        """Take the value itself, its JSON (`id`, `name`), or what `read` takes."""
        if isinstance(value, self.of):
            return value
        if isinstance(value, str):
            return self.read(value)
        if isinstance(value, Mapping) and isinstance(value.get("id"), str) and isinstance(value.get("name", ""), str):
            return self.of(value["id"], value.get("name", ""))
        raise Wrong(self.allowed)

    def write(self, value: Any) -> str:
        """Its id."""
        return str(value.id)


Kind: TypeAlias = TextKind | IntKind | FloatKind | BoolKind | ChoiceKind | SpanKind | PartKind | MentionKind

_PART_KINDS: Final[dict[str, type[Attachment]]] = {"image": Image, "audio": Audio, "video": Video, "file": File}
_PART_WORDS: Final[dict[type[Attachment], str]] = {
    Image: "an image",
    Audio: "a voice message or an audio file",
    Video: "a video",
    File: "a file",
    Attachment: "a file",
}
PART_CLASSES: Final = frozenset(get_args(Part)) & frozenset(_PART_WORDS) | {Attachment}


def _json(value: Mapping[str, Any]) -> bytes:
    import orjson  # noqa: PLC0415 - only slash commands with attachments need it

    try:
        return orjson.dumps(dict(value))
    except TypeError as error:
        raise ValueError("not JSON") from error


def _range_words(least: float | None, most: float | None) -> str:
    if least is not None and most is not None:
        return f" from {number_text(least)} to {number_text(most)}"
    if least is not None:
        return f" of at least {number_text(least)}"
    return "" if most is None else f" of at most {number_text(most)}"
