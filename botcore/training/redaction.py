"""Takes the personal data out of a text that has a form of its own: addresses, numbers, ids, and the person's names.

It is simple, and meant to be: what a pattern cannot see (a street, a story that only one person can have lived) stays.
Consent comes first, and somebody should read a file before it is uploaded.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Final

_EMAIL: Final = r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+"
_URL_USER: Final = r"(?P<scheme>\b[a-z][a-z0-9+.-]{1,20}://)[^\s/@]{1,200}@"
_QUERY: Final = r"(?P<url>\bhttps?://[^\s?#]{1,500})[?#][^\s)>\]]{1,2000}"
_KEY: Final = r"\b(?:sk|pk|ghp|gho|xox[abp]|AKIA)[-_A-Za-z0-9]{12,}"
_BOT_KEY: Final = r"\b\d{8,10}:[A-Za-z0-9_-]{30,}"
_UUID: Final = r"\b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b"
_IBAN: Final = r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b"
_IP: Final = r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])"
_HANDLE: Final = r"(?<![\w@/])@[A-Za-z]\w{3,31}\b"
_ACCOUNT: Final = r"\b(?:telegram|discord|web):-?\d+\b"
# 7 digits or more, with what people put between them; fewer are years, prices and sizes.
_PHONE: Final = (
    r"(?<![\w.,])(?:\+|00)\d(?:[ ()./-]{0,2}\d){6,14}(?!\w)|(?<![\w.,])\(?0\d(?:[ ()./-]{0,2}\d){5,13}(?!\w)"
)
_NUMBER: Final = r"(?<![\w.,])\d(?:[ -]?\d){8,}(?!\w)"

_RULES: Final = tuple(
    (re.compile(pattern), mark)
    for pattern, mark in (
        (_URL_USER, r"\g<scheme>"),
        (_QUERY, r"\g<url>"),
        (_EMAIL, "[email]"),
        (_KEY, "[id]"),
        (_BOT_KEY, "[id]"),
        (_UUID, "[id]"),
        (_ACCOUNT, "[id]"),
        (_HANDLE, "[user]"),
        (_IBAN, "[account]"),
        (_IP, "[address]"),
        (_PHONE, "[phone]"),
        (_NUMBER, "[number]"),
    )
)
_SHORTEST_NAME: Final = 3
"""Letters of a name's part that is looked for by itself: "Al" or "Jo" would tear other words' meaning apart."""


def redacted(text: str, names: Iterable[str] = ()) -> str:
    """The text with marks in place of personal data; `names` are what the person is called.

    >>> redacted("I am Ada Lovelace, ada@example.org, +44 20 7946 0000.", ["Ada Lovelace"])
    'I am [name], [email], [phone].'
    """
    for pattern, mark in _RULES:
        text = pattern.sub(mark, text)
    for name in _parts(names):
        text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", "[name]", text)
    return re.sub(r"\[name\](?:\s+\[name\])+", "[name]", text)


def _parts(names: Iterable[str]) -> Sequence[str]:
    """Whole names and their parts, the longest first."""
    found = {name.strip() for name in names} | {part for name in names for part in name.split()}
    return sorted((name for name in found if len(name) >= _SHORTEST_NAME), key=len, reverse=True)
