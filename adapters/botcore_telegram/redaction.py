"""Keeping a bot's token out of texts that are logged, raised or shown.

Every Bot API URL holds the token (https://core.telegram.org/bots/api#making-requests), and HTTP libraries quote URLs in
their exceptions.
"""

import re
from typing import Final

REDACTED: Final = "<token>"

_TOKEN: Final = re.compile(r"\d+(?::|%3[Aa])[A-Za-z0-9_-]{30,}")
_IN_PATH: Final = re.compile(r"/bot([^/?#\s]+)/")


def redact(text: str, token: str | None = None) -> str:
    """`text` with `token`, and whatever else has the shape of a bot token, replaced by `<token>`."""
    if token:
        text = text.replace(token, REDACTED).replace(token.replace(":", "%3A"), REDACTED)
    return _TOKEN.sub(REDACTED, text)


def token_in(url: str) -> str | None:
    """The token in a Bot API URL (`.../bot<token>/<method>`, `.../file/bot<token>/<path>`), or None."""
    found = _IN_PATH.search(url)
    return found.group(1) if found else None
