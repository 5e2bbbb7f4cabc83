"""A tool's arguments out of a sentence, by the tool's JSON Schema.

In this order: a JSON object in the text, `key=value` pairs, and then what fits each property: its enum's words, the
number beside its name, what follows its preposition (`to Paris` for a place), quoted text, and the rest of the sentence
for the first required text. What is required and not said gets the schema's default, or else the plainest value.
"""

# Chinese and Japanese punctuation is meant as it stands.
# ruff: noqa: RUF001

import re
from collections.abc import Mapping
from typing import Any

import orjson

from botcore.testing.openai_server.brain.schemas import Kind, Schema, find_kind, items_of, listed, properties_of

_NUMBER_WORDS = {
    "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "eleven": 11, "twelve": 12, "dozen": 12,
}  # fmt: skip
_NUMBER = r"[-+]?\d+(?:\.\d+)?"
_QUOTED = re.compile(r"\"([^\"]+)\"|“([^”]+)”|«([^»]+)»|「([^」]+)」|(?<!\w)'([^']+)'(?!\w)")
_PREPOSITIONS: tuple[tuple[tuple[str, ...], str], ...] = (
    (("destination", "recipient", "target", "to"), "to|for"),
    (("origin", "source", "from"), "from"),
    (("location", "city", "place", "town", "country", "region", "area", "where"), "in|at|for|to|near|of|from"),
    (("date", "day", "when", "time", "due", "at"), "on|at|by|until"),
    (("language", "lang", "locale"), "to|into|in"),
    (("name", "title"), "called|named"),
    (("topic", "subject", "about"), "about|on"),
    (("user", "person", "who"), "for|to|with"),
)
_AFTER = r"in|on|at|to|from|for|with|by|about|and|tomorrow|today|tonight|please|into|until|called|named"
_MOMENT = re.compile(
    r"\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?)?\b|\b\d{1,2}:\d\d\b|\b(?:tomorrow|today|tonight|yesterday|now)\b",
    re.IGNORECASE,
)
_LEADING = re.compile(
    r"^[\s,:;()\-–]*(?:(?:please|with|and|to|for|of|on|about|that|me|us|the (?:text|prompt|words?))\b[\s,:]*)*",
    re.IGNORECASE,
)


def fill_arguments(parameters: Schema, text: str) -> dict[str, Any]:
    """The arguments for a tool from `text`: what follows its name, or a sentence without its verb."""
    return _Filler(text, parameters).object(parameters)


def fill_schema(schema: Schema, text: str, spare: str) -> Any:
    """A value for any schema, from `text`; texts that it does not tell become `spare`."""
    return _Filler(text, schema, spare=spare).value(schema, "", required=True)


_UNSAID = object()
_NEAR = 1000  # characters in which a place or a person is looked for
_DEEPEST = 8  # a schema may refer to itself for ever


class _Filler:
    """Fills one schema from one text; what a property has taken is taken out of the text."""

    def __init__(self, text: str, root: Schema, spare: str | None = None) -> None:
        self._left = text
        self._root = root
        self._spare = spare
        self._depth = 0

    def object(self, schema: Schema) -> dict[str, Any]:
        """An object: every required property, and the optional ones that the text speaks of."""
        properties = properties_of(schema)
        if self._depth >= _DEEPEST:
            return {}
        self._depth += 1
        required = {name for name in listed(schema, "required") if isinstance(name, str)}
        filled = self._json_object(properties)
        for name, inner in properties.items():
            if name not in filled and (pair := self._pair(name, inner)) is not _UNSAID:
                filled[name] = pair
        # texts last, so that numbers, choices and places have left the sentence before the rest of it is taken
        order = sorted(
            properties, key=lambda name: (self._kind(properties[name]).type == "string", name not in required)
        )
        for name in order:
            if name not in filled:
                value = self.value(properties[name], name, required=name in required)
                if value is not _UNSAID:
                    filled[name] = value
        self._depth -= 1
        return {name: filled[name] for name in properties if name in filled}

    def value(self, schema: Schema, name: str, *, required: bool) -> Any:
        """A value for one property, or _UNSAID."""
        kind = self._kind(schema)
        said = self._said(kind, name, required=required)
        if said is not _UNSAID or not required:
            return said
        if "default" in kind.schema:
            return kind.schema["default"]
        return None if kind.nullable else self._plainest(kind)

    def _said(self, kind: Kind, name: str, *, required: bool) -> Any:
        schema = kind.schema
        if "const" in schema:
            return schema["const"] if required else _UNSAID
        if listed(schema, "enum"):
            return self._choice(listed(schema, "enum"))
        match kind.type:
            case "integer" | "number":
                return self._number(kind.type, name, required=required)
            case "boolean":
                return self._flag(name)
            case "array":
                return self._list(schema, required=required)
            case "object":
                return self.object(schema) if required else _UNSAID
            case "string":
                return self._text(schema, name, required=required and not kind.nullable)
            case _:
                return self._text(schema, name, required=required)

    def _kind(self, schema: Schema) -> Kind:
        return find_kind(schema, self._root)

    def _json_object(self, properties: Mapping[str, Schema]) -> dict[str, Any]:
        start, end = self._left.find("{"), self._left.rfind("}")
        if start < 0 or end <= start:
            return {}
        try:
            given = orjson.loads(self._left[start : end + 1])
        except orjson.JSONDecodeError:
            return {}
        self._left = self._left[:start] + self._left[end + 1 :]
        return {name: value for name, value in given.items() if name in properties}

    def _pair(self, name: str, schema: Schema) -> Any:
        key = re.escape(name).replace("_", "[_ -]")
        found = re.search(
            rf"(?<![\w-])(?:--)?{key}\s*(?:=|:(?!//)|：)\s*(?:\"([^\"]*)\"|'([^']*)'|“([^”]*)”|([^\s,，;；)]+))"
            rf"|--{key}\s+(?:\"([^\"]*)\"|'([^']*)'|([^\s,;]+))",
            self._left,
            re.IGNORECASE,
        )
        if not found:
            return _UNSAID
        text = next(group for group in found.groups() if group is not None)
        self._take(found)
        return self._converted(text, schema)

    def _converted(self, text: str, schema: Schema) -> Any:
        """A value as written, in the schema's type where it can be read so; else as text, for the bot to refuse."""
        kind = self._kind(schema).type
        if kind == "array":
            items: Schema = schema.get("items") or {}
            return [
                self._converted(part.strip(), items) for part in re.split(r"[,|]", text.strip("[]")) if part.strip()
            ]
        if kind in {"integer", "number", "boolean", "object"}:
            try:
                return orjson.loads(text.lower() if kind == "boolean" else text)
            except orjson.JSONDecodeError:
                return {"yes": True, "on": True, "no": False, "off": False}.get(text.lower(), text)
        return text

    def _choice(self, choices: list[Any]) -> Any:
        found = [
            (match.start(), choice, match)
            for choice in choices
            if (match := re.search(_word(str(choice)), self._left, re.IGNORECASE))
        ]
        if not found:
            return _UNSAID
        _, choice, match = min(found, key=lambda one: one[0])
        self._take(match)
        return choice

    def _number(self, kind: str, name: str, *, required: bool) -> Any:
        words = "|".join(_NUMBER_WORDS)
        noun = re.escape(name.replace("_", " ")).rstrip("s") + "s?"
        beside = re.search(rf"({_NUMBER}|\b(?:{words}))[\s-]+{noun}\b", self._left, re.IGNORECASE) or re.search(
            rf"\b{noun}\s+(?:of\s+|is\s+|to\s+)?({_NUMBER})", self._left, re.IGNORECASE
        )
        if beside is None and required:
            beside = re.search(rf"(?<![\w.])({_NUMBER})(?![\w.]\d)", self._left)
        if beside is None:
            return _UNSAID
        self._take(beside)
        written = beside[1].lower()
        value = float(_NUMBER_WORDS.get(written, 0) or written)
        return int(value) if kind == "integer" or value.is_integer() else value

    def _flag(self, name: str) -> Any:
        noun = re.escape(name.replace("_", " "))
        found = re.search(rf"\b(?P<no>not|no|without|don't)?\s*{noun}\b", self._left, re.IGNORECASE)
        if not found:
            return _UNSAID
        self._take(found)
        return found["no"] is None

    def _list(self, schema: Schema, *, required: bool) -> Any:
        items = self._kind(items_of(schema))
        if "const" in items.schema:
            return [items.schema["const"]] if required else _UNSAID
        if listed(items.schema, "enum"):
            chosen: list[Any] = []
            while (
                one := self._choice([choice for choice in listed(items.schema, "enum") if choice not in chosen])
            ) is not _UNSAID:
                chosen.append(one)
            return chosen or _UNSAID
        if not required:
            return _UNSAID
        if items.type in {"integer", "number"}:
            convert = int if items.type == "integer" else float
            numbers = re.findall(_NUMBER, self._left)
            self._left = re.sub(_NUMBER, " ", self._left)
            return [convert(float(number)) for number in numbers]
        if items.type != "string":
            return _UNSAID
        rest = self._rest()
        return [part for one in re.split(r",|、|，|\band\b", rest) if (part := one.strip())] or _UNSAID

    def _text(self, schema: Schema, name: str, *, required: bool) -> Any:
        lowered = set(re.split(r"[_\W]+", name.lower()))
        if schema.get("format") in {"date", "date-time"} or lowered & {"date", "day", "when", "time", "due"}:
            moment = _MOMENT.search(self._left)
            if moment:
                self._take(moment)
                return moment[0]
        if schema.get("format") == "uri" or lowered & {"url", "link", "address"}:
            address = re.search(r"https?://[^\s\"'<>)]+", self._left)
            if address:
                self._take(address)
                return address[0]
        for keys, prepositions in _PREPOSITIONS:
            if lowered & set(keys) and (found := self._after(prepositions)):
                return found
        if not required:
            return _UNSAID
        quoted = _QUOTED.search(self._left)
        if quoted:
            self._take(quoted)
            return next(group for group in quoted.groups() if group)
        if self._spare is not None:
            return self._spare
        return self._rest() or _UNSAID

    def _after(self, prepositions: str) -> str | None:
        found = re.search(
            rf"\b(?:{prepositions})\s+(?!(?:{_AFTER})\b)(?:the\s+)?([^\s,.?!;:][^,.?!;:\n]*?)(?=\s+(?:{_AFTER})\b|[,.?!;:\n]|$)",
            self._left[:_NEAR],
            re.IGNORECASE,
        )
        if not found:
            return None
        self._take(found)
        return found[1].strip(" \"'“”")

    def _rest(self) -> str:
        rest, self._left = _LEADING.sub("", self._left).strip(" \t\n.?!,;:()\"'“”。？！，"), ""
        return rest

    def _take(self, found: re.Match[str]) -> None:
        self._left = f"{self._left[: found.start()]} {self._left[found.end() :]}"

    def _plainest(self, kind: Kind) -> Any:
        schema = kind.schema
        if listed(schema, "enum"):
            return listed(schema, "enum")[0]
        match kind.type:
            case "integer" | "number":
                return schema.get("minimum", 1)
            case "boolean":
                return False
            case "array":
                least = schema.get("minItems", 0)
                return [self._plainest(self._kind(items_of(schema)))] * (least if isinstance(least, int) else 0)
            case "object":
                return {}
            case "null":
                return None
            case _:
                return self._spare or "text"


def _word(text: str) -> str:
    """The pattern of a whole word; scripts without spaces match anywhere."""
    return rf"(?<![A-Za-z0-9]){re.escape(text)}(?![A-Za-z0-9])"
