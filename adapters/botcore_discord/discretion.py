"""Keeping secrets and people's words out of the library's log.

discord.py logs whole events and requests at DEBUG, URLs with interaction tokens at WARNING (whoever has such a token
can answer in the bot's name for 15 minutes), and tracebacks where one line says it all.
"""

import logging
import re
from typing import Final

REDACTED: Final = "<token>"

_LOGGERS: Final = (
    "discord.client",
    "discord.gateway",
    "discord.http",
    "discord.state",
    "discord.webhook.async_",
    "discord.app_commands.tree",
    "discord.ui.view",
)
_BOT_TOKEN: Final = re.compile(r"\b[\w-]{17,30}\.[\w-]{6,12}\.[\w-]{20,}")
_IN_PATH: Final = re.compile(r"(/(?:webhooks|interactions)/\d+/)[^/?\s\"']+")


def redact(text: str) -> str:
    """`text` with bot tokens and the tokens of interactions and webhooks replaced by `<token>`."""
    return _IN_PATH.sub(rf"\1{REDACTED}", _BOT_TOKEN.sub(REDACTED, text))


class _Discreet(logging.Filter):
    """Lets no DEBUG record pass, and no token. Where the connection broke, one line says as much as a traceback."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno <= logging.DEBUG:
            return False
        text = record.getMessage()
        if record.exc_info and text.startswith("Attempting a reconnect"):
            text = f"{text}: {record.exc_info[1]!r}"
            record.exc_info, record.exc_text = None, None
        record.msg, record.args = redact(text), None
        return True


_discreet = _Discreet()


def keep_discreet() -> None:
    """Put the filter on the library's loggers. Idempotent."""
    for name in _LOGGERS:
        logging.getLogger(name).addFilter(_discreet)  # a filter that is there already is not added again
