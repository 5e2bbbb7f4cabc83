"""What people told earlier in the conversation: taken out of their messages, and found again when they ask.

Everything is read anew from the messages of each request, so an answer that knows something proves that the history
was sent.
"""

# Chinese and Japanese punctuation is meant as it stands.
# ruff: noqa: RUF001

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from botcore.testing.openai_server.brain.talk import EAST, Language, Talk

_SENTENCES = re.compile(
    r"(?<=[.!?;])\s+|\n+|(?<=[。！？；])|,? and (?=my |i(?:'m)? )|, (?=my |i(?:'m)? )", re.IGNORECASE
)
_LONGEST_FACT = 400  # characters of a sentence
_EDGES = " \t\"'`“”‘’«».,!;:。，！；、"
_QUESTION = re.compile(
    r"(?:what|who|where|when|which|why|how|do|does|did|can|could|is|are|am|tell|say|repeat|echo)\b", re.IGNORECASE
)

_KEY = r"(?P<key>[\w][\w' -]{0,40}?)"

# (what it is about, pattern); the named group `key`, where there is one, is added to the first.
_TOLD: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("name", re.compile(r"\b(?:you can |please )?call me (?P<value>[\w .'-]{1,40})", re.IGNORECASE)),
    ("name", re.compile(r"\b(?:[Ii]'m|I am|i am) (?:called |named )?(?P<value>[A-Z][\w'-]*(?: [A-Z][\w'-]*)*)$")),
    ("age", re.compile(r"\bi(?:'m| am) (?P<value>\d{1,3})(?: years? old)?$", re.IGNORECASE)),
    ("home", re.compile(r"\bi(?:'m| am)? (?:now )?liv(?:e|ing) (?:in|at|near) (?P<value>.+)", re.IGNORECASE)),
    ("origin", re.compile(r"\bi(?:'m| am| come) from (?P<value>.+)", re.IGNORECASE)),
    ("work", re.compile(r"\bi work (?P<value>(?:as|at|for|in|on) .+)", re.IGNORECASE)),
    ("like", re.compile(r"\bi (?:really |also )?like (?P<value>.+)", re.IGNORECASE)),
    ("love", re.compile(r"\bi (?:really |also )?love (?P<value>.+)", re.IGNORECASE)),
    ("prefer", re.compile(r"\bi (?:really |also )?prefer (?P<value>.+)", re.IGNORECASE)),
    ("", re.compile(r"\bi have an? (?P<key>\w+)(?: that is| who is)? (?:called|named) (?P<value>.+)", re.IGNORECASE)),
    ("", re.compile(rf"\bmy {_KEY} (?:is|are|was|=) (?:called |named )?(?P<value>.+)", re.IGNORECASE)),
    ("the ", re.compile(rf"^remember(?: that)?:? (?:the|our) {_KEY} (?:is|are) (?P<value>.+)", re.IGNORECASE)),
)  # fmt: skip
_TOLD_EAST: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("name", re.compile(r"我叫(?P<value>[^什,，。！!？?\s]+)")),
    ("name", re.compile(r"我的名字(?:是|叫)(?P<value>[^什,，。！!？?]+)")),
    ("home", re.compile(r"我住在(?P<value>[^哪什,，。！!？?]+)")),
    ("", re.compile(r"我的(?P<key>[^名是,，。]{1,12})是(?P<value>[^什谁多哪几,，。！!？?]+)")),
    ("name", re.compile(r"(?:私|僕|俺|わたし)の名前は(?P<value>[^何誰なだで。、！？?]+)")),
    ("home", re.compile(r"(?:私は|僕は)?(?P<value>[^どは、。]{1,20})に住んで")),
    ("", re.compile(r"(?:私|僕|俺)の(?P<key>[^名は、。]{1,12})は(?P<value>[^何誰どい。、！？?]+?)(?:です|だ|$)")),
)  # fmt: skip
_NOTE = re.compile(
    r"^(?:please |also |and )*(?:remember|don't forget|do not forget|keep in mind|note)(?: that| this)?[:,]? "
    r"(?P<note>.+)",
    re.IGNORECASE,
)
_NOTE_EAST = re.compile(r"(?:请|請)?记住[:：,，]?(?P<note>.+)|^(?P<ja>.+?)(?:を|と|って)?覚えておいて")
_ABOUT_USER = re.compile(rf"\b(?:the )?user'?s {_KEY}(?: is| are|:) (?P<value>[^.\n]+)", re.IGNORECASE)


@dataclass(slots=True)
class Memory:
    """`facts` by what they are about (the latest counts), and `notes`: what was to be remembered, word for word."""

    facts: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def find(self, key: str) -> tuple[str, str] | None:
        """The fact about `key`, or the latest whose name has all its words: a colour is a favourite colour."""
        wanted = same_key(key)
        for name in (wanted, wanted.removesuffix("'s name"), f"the {wanted}"):
            if name in self.facts:
                return name, self.facts[name]
        words = set(wanted.split())
        near = [name for name in self.facts if words <= set(name.split())]
        return (near[-1], self.facts[near[-1]]) if near else None

    def notes_on(self, words: set[str]) -> list[str]:
        """The notes that share a word with `words`."""
        return [note for note in self.notes if words & content_words(note)]


def recall(talk: Talk) -> Memory:
    """All that the asker told before now. Where messages carry names, other people's are left out."""
    memory = Memory()
    for text in talk.system:
        for found in _ABOUT_USER.finditer(text):
            memory.facts[same_key(found["key"])] = found["value"].strip(_EDGES)
    for turn in talk.before:
        if talk.asker is None or turn.name in {None, talk.asker}:
            learn(memory, turn.text)
    return memory


def learn(memory: Memory, text: str) -> Memory:
    """Take what `text` tells into `memory`, and return what was new in it."""
    new = Memory()
    for sentence in told_sentences(text):
        east = bool(EAST.search(sentence))
        note = _NOTE.search(sentence) or (_NOTE_EAST.search(sentence) if east else None)
        if note:
            new.notes.append((note["note"] or note["ja"]).strip(_EDGES))
        for key, pattern in _TOLD + _TOLD_EAST if east else _TOLD:
            found = pattern.search(sentence)
            if found:
                name = key + same_key(found.groupdict().get("key") or "")
                new.facts[name] = _value(name, found["value"])
                break
    memory.facts.update(new.facts)
    memory.notes.extend(new.notes)
    return new


def told_sentences(text: str) -> Iterable[str]:
    """The sentences of a text that tell something; questions are left out."""
    for part in _SENTENCES.split(text):
        sentence = part.strip()
        if 0 < len(sentence) <= _LONGEST_FACT and sentence[-1] not in "?？" and not _QUESTION.match(sentence):
            yield sentence.rstrip(".!;。！； ")


def same_key(key: str) -> str:
    """One spelling for the same thing."""
    key = " ".join(key.lower().replace("favorite", "favourite").replace("color", "colour").split())
    return {"名字": "name", "名前": "name", "full name": "name", "first name": "name"}.get(key, key)


def _value(key: str, value: str) -> str:
    if key == "name":
        value = re.split(r"[,;(]| and | but ", value, maxsplit=1)[0]
        value = re.sub(r"(?:です|だ)$", "", value)
    return value.strip(_EDGES)


_COMMON = frozenset({
    "a", "an", "and", "any", "are", "as", "at", "be", "been", "but", "by", "can", "could", "did", "do",
    "does", "for", "from", "had", "has", "have", "he", "her", "him", "his", "how", "i", "i'm", "if", "in",
    "is", "it", "its", "just", "let", "me", "mine", "my", "no", "not", "of", "on", "one", "or", "our",
    "please", "say", "she", "should", "so", "some", "tell", "that", "the", "their", "them", "then", "there",
    "they", "this", "to", "too", "us", "use", "was", "we", "were", "what", "what's", "when", "where", "which",
    "who", "whose", "why", "will", "with", "would", "yes", "you", "your",
})  # fmt: skip
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)?")


def content_words(text: str) -> set[str]:
    """The words that carry meaning, in lower case and without endings; Chinese and Japanese by the character."""
    words: set[str] = set()
    for word in _WORD.findall(text.lower()):
        if word.isascii():
            if word not in _COMMON:
                words.add(stem(word))
        else:
            words.update(word if any("\u3040" <= char <= "\u9fff" for char in word) else (stem(word),))
    return words


def stem(word: str) -> str:
    """A word without its commonest English endings: rolls, rolled and rolling are one."""
    for ending in ("ing", "ed", "es", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)].rstrip("e")
    return word.rstrip("e") if len(word) > 3 else word


def tell_fact(key: str, value: str, language: Language) -> str:
    """A fact told back to its owner, without a full stop."""
    if language == "zh":
        return {"name": f"你的名字是{value}", "home": f"你住在{value}"}.get(key, f"你的{key}是{value}")
    if language == "ja":
        return {"name": f"あなたの名前は{value}です", "home": f"あなたは{value}に住んでいます"}.get(
            key, f"あなたの{key}は{value}です"
        )
    told = {
        "home": f"you live in {value}",
        "origin": f"you are from {value}",
        "work": f"you work {value}",
        "age": f"you are {value} years old",
    }
    if key in {"like", "love", "prefer"}:
        return f"you {key} {value}"
    return told.get(key, f"{key} is {value}" if key.startswith("the ") else f"your {key} is {value}")
