"""Who the system message wants the answers to come from, made visible: a signature, and fixed openings and closings."""

# Chinese and Japanese punctuation is meant as it stands.
# ruff: noqa: RUF001

import re
from collections.abc import Iterable
from dataclasses import dataclass

_END = r"(?=[.!?,;:\n。、，！]|\s(?:who|that|which|and)\s|です|$)"
_ROLE = re.compile(
    rf"\b(?:you are|you're) (?:now )?(?P<are>(?:an? |the )?.{{1,60}}?){_END}"
    rf"|\b(?:act as|pretend to be|play|speak as|answer as|roleplay as) (?P<act>(?:an? |the )?.{{1,60}}?){_END}"
    rf"|\b(?:your name is|call yourself) (?P<name>.{{1,40}}?){_END}"
    rf"|(?:你是|你叫)(?P<zh>.{{1,20}}?){_END}|(?:あなたは|君は)(?P<ja>.{{1,20}}?){_END}",
    re.IGNORECASE,
)
_NAMED = re.compile(r"\b(?:named|called) (?P<name>.+)", re.IGNORECASE)
_ORDINARY = re.compile(r"\b(?:assistant|chat ?bot|bot|language model|ai|helper)\b|助手|アシスタント", re.IGNORECASE)
_QUOTED = r"(?P<quote>[\"'“«])(?P<text>.{1,80}?)[\"'”»]"
_OPENING = re.compile(
    rf"\b(?:begin|start|open) (?:every|each|all|any|your) [\w ]{{1,30}}? with {_QUOTED}", re.IGNORECASE
)
_CLOSING = re.compile(
    rf"\b(?:end|finish|close) (?:every|each|all|any|your) [\w ]{{1,30}}? with {_QUOTED}", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Persona:
    """`role` as it signs; None for an ordinary assistant."""

    role: str | None = None
    opening: str = ""
    closing: str = ""

    def dress(self, text: str) -> str:
        """The text as this persona says it."""
        if self.opening:
            text = f"{self.opening} {text}"
        if self.closing:
            text = f"{text} {self.closing}"
        return f"{text}\n\n— {self.role}" if self.role else text


def find_persona(system: Iterable[str]) -> Persona:
    """The first persona that is more than a helpful assistant, and the last opening and closing that are asked for."""
    role, opening, closing = None, "", ""
    for text in system:
        for found in _ROLE.finditer(text):
            role = role or _role(found)
        if begins := _OPENING.search(text):
            opening = begins["text"]
        if ends := _CLOSING.search(text):
            closing = ends["text"]
    return Persona(role, opening, closing)


def _role(found: re.Match[str]) -> str | None:
    phrase = next(value for value in found.groupdict().values() if value).strip(" \"'“”*_")
    named = _NAMED.search(phrase)
    if named:
        return named["name"].strip(" \"'“”*_")
    # "You are talking to Ada" or "you are in a group" name no role; "You are Marvin" and "you are a pirate" do
    plain = found["are"] is not None and not (phrase[:1].isupper() or re.match(r"(?:an?|the) ", phrase))
    # "a helpful, friendly assistant in a chat" ends at its first comma: adjectives alone are no role
    listed = found.string[found.end() : found.end() + 1] == "," and len(phrase.split()) <= 2
    beyond = re.split(r"[.!?\n]", found.string[found.end() :], maxsplit=1)[0] if listed else ""
    return None if plain or _ORDINARY.search(f"{phrase} {beyond}") or not phrase else phrase
