"""What somebody said, as it is shown: letter by letter, whatever characters are in it."""

import re
from typing import Final

from botcore.messages import File, Part, Text

SHOWN: Final = 1500
"""Characters of a transcript that are shown above an answer; the model gets all of it."""
LONG: Final = 6000
"""Characters from which a transcript is sent as a file, with its beginning in words."""
_MEANING = re.compile(r"([\\`*_\[\]<>#~|])")


def quoted(text: str) -> str:
    r"""Markdown that shows the text as a quotation, shortened.

    >>> print(quoted("Call *me*."))
    > Call \*me\*.
    """
    shown = text if len(text) <= SHOWN else f"{text[:SHOWN].rsplit(' ', 1)[0]} …"
    lines = _MEANING.sub(r"\\\1", shown).splitlines()
    return "\n".join(f"> {line}".rstrip() for line in lines)


def transcript(text: str) -> tuple[Part, ...]:
    """A transcript by itself: as text, or as a file where it is long."""
    if len(text) <= LONG:
        return (Text(text, plain=True),)
    beginning = f"{text[:SHOWN].rsplit(' ', 1)[0]} …\n\n(The whole transcript is in the file.)"
    file = File(data=f"{text}\n".encode(), media_type="text/plain", name="transcript.txt")
    return (Text(beginning, plain=True), file)
