"""Long texts, cut between sentences for a service that speaks so many characters at once."""

import re
from typing import Final

_BOUNDARIES: Final = tuple(
    re.compile(pattern, re.DOTALL)
    for pattern in (
        r".*\n\s*\n",  # a paragraph
        r".*(?:[.!?…]['\"”’)\]]*\s|[。！？])",  # a sentence  # noqa: RUF001
        r".*[,;:]\s|.*[，、；：]",  # a clause  # noqa: RUF001
        r".*\s",  # a word
    )
)


def pieces(text: str, most: int) -> list[str]:
    """Pieces of `most` characters at most, without the space around them.

    >>> pieces("One. Two three. Four.", 12)
    ['One.', 'Two three.', 'Four.']
    """
    found: list[str] = []
    rest = text.strip()
    while len(rest) > most:
        head = rest[: most + 1]
        ends = (match.end() for boundary in _BOUNDARIES if (match := boundary.match(head)))
        end = min(next((end for end in ends if end > most // 4), most), most)
        found.append(rest[:end].strip())
        rest = rest[end:].strip()
    return [piece for piece in (*found, rest) if piece]
