"""Text that is to be shown letter by letter, in the markup that Discord would otherwise read into it.

A backslash before a punctuation mark shows the mark (https://support.discord.com/hc/en-us/articles/210298617). Links
are left alone: Discord looks for them before it looks for backslashes, which would become part of the address.
"""

import re
from typing import Final

LINK: Final = r"https?://[^\s<\\]+[^\s<\\.,:;\"')\]]"
"""A link as Discord finds it in a text, but for backslashes."""

_MEANT: Final = re.compile(
    rf"(?P<link>{LINK})"
    r"|(?P<mark>[\\*_~|`<\[])"
    r"|^(?P<indent>[ \t]*)(?P<line>[#>+-])"  # headings, quotes, lists, small print
    r"|^(?P<number>[ \t]*\d+)(?P<dot>[.)])(?=\s|$)"
    r"|(?P<colon>:)(?=[\w+-]+:)",  # :smile:
    re.MULTILINE,
)
_ESCAPED: Final = re.compile(r"\\([^0-9A-Za-z\s])")


def escaped(text: str) -> str:
    """`text` so that Discord shows every letter of it as it is."""
    return _MEANT.sub(_escape, text)


def unescaped(markup: str) -> str:
    """What `escaped` was given."""
    return _ESCAPED.sub(r"\1", markup)


def _escape(found: re.Match[str]) -> str:
    if found["link"]:
        return found["link"]
    if found["line"]:
        return f"{found['indent']}\\{found['line']}"
    if found["dot"]:
        return f"{found['number']}\\{found['dot']}"
    return f"\\{found[0]}"
