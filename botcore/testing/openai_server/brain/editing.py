"""Changing a text as an instruction says, as far as plain rules go."""

# Chinese and Japanese punctuation is meant as it stands.
# ruff: noqa: RUF001

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

from botcore.testing.openai_server.brain.questions import either

Change = Callable[[str, re.Match[str]], str]

_MISSPELT: Mapping[str, str] = MappingProxyType(
    {
        "accomodate": "accommodate", "acheive": "achieve", "adress": "address", "alot": "a lot", "becuase": "because",
        "begining": "beginning", "beleive": "believe", "calender": "calendar", "definately": "definitely",
        "dont": "don't", "enviroment": "environment", "freind": "friend", "goverment": "government",
        "grammer": "grammar", "happend": "happened", "havent": "haven't", "im": "I'm", "isnt": "isn't",
        "langauge": "language", "mispell": "misspell", "neccessary": "necessary", "occured": "occurred",
        "peice": "piece", "recieve": "receive", "recieved": "received", "seperate": "separate", "speling": "spelling",
        "suprise": "surprise", "teh": "the", "thier": "their", "tommorow": "tomorrow", "tomorow": "tomorrow",
        "truely": "truly", "untill": "until", "wek": "week", "wich": "which", "wierd": "weird", "wont": "won't",
        "writting": "writing", "yuo": "you",
    }
)  # fmt: skip
_QUOTED = r"[\"'“‘「]([^\"'”’」]{1,200})[\"'”’」]"
_WORD = re.compile(r"[^\W\d_]+")
_SENTENCE = re.compile(r"(?:^|(?<=[.!?]\s))\s*\w")


def edit(text: str, instruction: str) -> str:
    """The text, changed; where no rule understands the instruction, the text with a remark that says so."""
    for pattern, change in _RULES:
        found = pattern.search(instruction)
        if found:
            return change(text, found)
    asked = " ".join(instruction.split())
    shown = asked if len(asked) <= 120 else f"{asked[:120]}…"
    remark = f"[offline stand-in: no language model here, so “{shown}” was not done]"
    return f"{text}\n\n{remark}" if text else remark


def _spelled(text: str, _found: re.Match[str]) -> str:
    def right(word: re.Match[str]) -> str:
        better = _MISSPELT.get(word.group().lower(), word.group())
        return better[0].upper() + better[1:] if word.group()[0].isupper() else better

    text = _WORD.sub(right, re.sub(r"(?<=\S) {2,}", " ", text))
    text = re.sub(r"\bi\b(?!\.)", "I", text)
    return _sentences(text)


def _sentences(text: str) -> str:
    return _SENTENCE.sub(lambda start: start.group().upper(), text)


def _replaced(text: str, found: re.Match[str]) -> str:
    old, new = (part.strip().rstrip(".") for part in (found[1] or found[3], found[2] or found[4]))
    return text.replace(old, new)


def _without(text: str, found: re.Match[str]) -> str:
    return re.sub(r" {2,}", " ", text.replace(found[1], "")).strip()


def _lines(change: Callable[[list[str]], list[str]]) -> Change:
    def changed(text: str, _found: re.Match[str]) -> str:
        return "\n".join(change(text.splitlines()))

    return changed


def _plain(change: Callable[[str], str]) -> Change:
    return lambda text, _found: change(text)


def _no_digits(text: str) -> str:
    return re.sub(r"\d+", "", text)


def _excited(text: str) -> str:
    return re.sub(r"\.(?=\s|$)", "!", text)


def _first_sentence(text: str) -> str:
    return re.split(r"(?<=[.!?。！？])\s*", text.strip(), maxsplit=1)[0]


def _no_blank_lines(lines: list[str]) -> list[str]:
    return [line for line in lines if line.strip()]


def _bullets(lines: list[str]) -> list[str]:
    return [f"- {line}" for line in _no_blank_lines(lines)]


def _numbered(lines: list[str]) -> list[str]:
    return [f"{at}. {line}" for at, line in enumerate(_no_blank_lines(lines), 1)]


# The first whose pattern is found in the instruction does the edit.
_RULES: tuple[tuple[re.Pattern[str], Change], ...] = (
    (
        either(
            rf"\b(?:replace|change|substitute) (?:the words? |every |all )?{_QUOTED} (?:with|by|to|for) {_QUOTED}",
            r"\breplace (?:the word )?(\S+) (?:with|by) (\S.*?)\s*$",
        ),
        _replaced,
    ),
    (either(rf"\b(?:remove|delete|drop|leave out) (?:the words? |every |all )?{_QUOTED}"), _without),
    (
        either(rf"\b(?:add|append|put) {_QUOTED} (?:at|to) the (?:very )?end", rf"\bend (?:it )?with {_QUOTED}"),
        lambda text, found: text + (found[1] or found[2]),
    ),
    (
        either(rf"\b(?:add|prepend|put) {_QUOTED} (?:at|to) the (?:beginning|start|front)"),
        lambda text, found: found[1] + text,
    ),
    (either(r"\bspell", r"\btypos?\b", r"\bgrammar\b", r"\b(?:correct|fix|mend)\b", r"错别字|改正|誤字"), _spelled),
    (either(r"\bupper ?-?case\b", r"\b(?:all|in) cap(?:ital)?s\b", r"\bcapital letters\b", r"大写"), _plain(str.upper)),
    (either(r"\blower ?-?case\b", r"\bsmall letters\b", r"小写"), _plain(str.lower)),
    (either(r"\btitle ?-?case\b"), _plain(str.title)),
    (either(r"\bcapitali[sz]e\b"), _plain(_sentences)),
    (
        either(r"\b(?:remove|delete|drop) (?:the |all )*punctuation"),
        _plain(lambda text: re.sub(r"[^\w\s]", "", text)),
    ),
    (either(r"\b(?:remove|delete|drop) (?:the |all )*(?:numbers|digits)"), _plain(_no_digits)),
    (either(r"\b(?:remove|delete|drop) (?:the |all )*(?:blank|empty) lines"), _lines(_no_blank_lines)),
    (either(r"\breverse (?:the )?(?:order of )?(?:the )?lines\b"), _lines(lambda lines: lines[::-1])),
    (either(r"\breverse (?:the )?(?:order of )?(?:the )?words\b"), _plain(lambda text: " ".join(text.split()[::-1]))),
    (either(r"\breverse\b|反转|逆順"), _plain(lambda text: text[::-1])),
    (either(r"\bsort (?:the )?words\b"), _plain(lambda text: " ".join(sorted(text.split(), key=str.casefold)))),
    (either(r"\bsort\b|\balphabetical"), _lines(lambda lines: sorted(lines, key=str.casefold))),
    (either(r"\bnumber(?:ed)? (?:the )?(?:lines?|list)\b"), _lines(_numbered)),
    (either(r"\b(?:bullet|list)\b"), _lines(_bullets)),
    (
        either(r"\bshort|\bsummar|\bfirst sentence\b|缩短|要約"),
        _plain(_first_sentence),
    ),
    (either(r"\bexclamation|\bexcited\b"), _plain(_excited)),
)
