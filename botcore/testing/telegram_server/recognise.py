"""What Telegram recognises in any text by itself: commands, mentions, hashtags, links, e-mail addresses.

A close approximation of TDLib's `find_entities`; domains without a scheme are recognised for common endings only.
"""

import re
from bisect import bisect_right

from botcore.testing.telegram_server.entities import Entity

_WORTH_LOOKING = re.compile(r"[/@#.$]")
_MENTION = re.compile(r"(?<!\w)@[A-Za-z0-9_]{2,32}(?!\w)")
_COMMAND = re.compile(r"(?<![\w/<>])/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?(?![\w/<>@])")
_HASHTAG = re.compile(r"(?<![\w#@])#(?=\w{1,256}(?!\w))(?=\w*[^\W\d])\w+(?:@[A-Za-z0-9_]{3,32})?(?!#)")
_CASHTAG = re.compile(r"(?<![\w$])\$(?:1INCH|[A-Z]{1,8})(?![\w$])")
_EMAIL = re.compile(r"(?<![\w@.+-])[A-Za-z0-9_.+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,8}(?![\w@])")
_ENDINGS = "com|org|net|io|me|dev|app|info|ai|co|uk|de|fr|it|es|nl|pl|ru|ua|ch|at|eu|us|ca|br|jp|cn|au|tv|xyz|edu"
_URL = re.compile(
    r"(?<![\w@/.:-])(?:"
    r"(?:https?://(?:[^\s/?#@:]+(?::[^\s/?#@]*)?@)?|tg://|ton://|ftp://)[^\s/?#<>\"'`]+"
    rf"|(?:[\w-]+\.)+(?:{_ENDINGS})(?![\w-]|\.\w)(?::\d{{1,5}})?"
    r")(?:[/?#][^\s<>\"`]*)?",
    re.IGNORECASE,
)
_TRAILING = ".:;,('?!`"
_FINDERS = (
    ("mention", _MENTION),
    ("bot_command", _COMMAND),
    ("hashtag", _HASHTAG),
    ("cashtag", _CASHTAG),
    ("email", _EMAIL),
    ("url", _URL),
)


def recognise(text: str) -> list[Entity]:
    """The entities Telegram adds to `text`, sorted, without overlaps; offsets in UTF-16 code units."""
    if not _WORTH_LOOKING.search(text):
        return []
    spans: list[tuple[int, int, str]] = []
    for kind, pattern in _FINDERS:
        for found in pattern.finditer(text):
            begin, end = found.span()
            if kind == "url":
                end = _without_punctuation(text, begin, end)
            spans.append((begin, end, kind))
    spans.sort(key=lambda span: (span[0], -span[1]))
    wide = [] if text.isascii() else [place for place, character in enumerate(text) if character > "\uffff"]
    entities: list[Entity] = []
    last = 0
    for begin, end, kind in spans:
        if begin >= last:
            offset = begin + bisect_right(wide, begin - 1)
            entities.append(Entity(kind, offset, end + bisect_right(wide, end - 1) - offset))
            last = end
    return entities


def _without_punctuation(text: str, begin: int, end: int) -> int:
    while end > begin and text[end - 1] in _TRAILING:
        end -= 1
    while text[end - 1 : end] == ")" and text.count("(", begin, end) < text.count(")", begin, end):
        end -= 1
    return end
