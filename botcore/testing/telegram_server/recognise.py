"""What Telegram recognises in any text by itself: commands, mentions, hashtags, links, e-mail addresses.

A close approximation of TDLib's `find_entities`. Domains without a scheme are recognised where they end in a country
code (so `main.py` is a link, as really) or one of the common generic endings.
"""

import re
from bisect import bisect_right

from botcore.testing.telegram_server.entities import Entity

_WORTH_LOOKING = re.compile(r"[/@#.$]")
_MENTION = re.compile(r"(?<!\w)@(?:[A-Za-z0-9_]{4,32}|gif|vid|pic)(?!\w)")
_COMMAND = re.compile(r"(?<![\w/<>])/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?(?![\w/<>@])")
_HASHTAG = re.compile(r"(?<![\w#@])#(?=\w{1,256}(?!\w))(?=\w*[^\W\d])\w+(?:@[A-Za-z0-9_]{3,32})?(?!#)")
_CASHTAG = re.compile(r"(?<![\w$])\$(?:1INCH|[A-Z]{1,8})(?:@[A-Za-z0-9_]{3,32})?(?![\w$])")
_EMAIL = re.compile(r"(?<![\w@.+-])[A-Za-z0-9_.+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,8}(?![\w@])")
_COUNTRIES = (
    "ac ad ae af ag ai al am ao aq ar as at au aw ax az ba bb bd be bf bg bh bi bj bm bn bo br bs bt bv bw by bz "
    "ca cc cd cf cg ch ci ck cl cm cn co cr cu cv cw cx cy cz de dj dk dm do dz ec ee eg er es et eu fi fj fk fm "
    "fo fr ga gb gd ge gf gg gh gi gl gm gn gp gq gr gs gt gu gw gy hk hm hn hr ht hu id ie il im in io iq ir is "
    "it je jm jo jp ke kg kh ki km kn kp kr kw ky kz la lb lc li lk lr ls lt lu lv ly ma mc md me mg mh mk ml mm "
    "mn mo mp mq mr ms mt mu mv mw mx my mz na nc ne nf ng ni nl no np nr nu nz om pa pe pf pg ph pk pl pm pn pr "
    "ps pt pw py qa re ro rs ru rw sa sb sc sd se sg sh si sj sk sl sm sn so sr ss st su sv sx sy sz tc td tf tg "
    "th tj tk tl tm tn to tr tt tv tw tz ua ug uk us uy uz va vc ve vg vi vn vu wf ws ye yt za zm zw"
)
_GENERIC = (
    "com org net info biz edu gov mil int dev app xyz online site shop store tech blog cloud live news club pro "
    "name page wiki zone link world email academy agency chat codes digital games group host media network space "
    "studio systems team tools video website work onion ton"
)
_ENDINGS = frozenset(f"{_COUNTRIES} {_GENERIC}".split())
_LABEL = r"[^\W_](?:[\w-]*[^\W_])?"
_OCTET = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
_IPV4 = rf"(?:{_OCTET}\.){{3}}{_OCTET}(?!\d)"
_REST = (
    r"(?::0*[1-9]\d{0,4}(?!\d))?(?:/[^\s<>\"«»\u2000-\u200b\u200e\u200f\u2016-\u206f]*|[?#][^\s<>\"«»\u2016-\u206f]+)?"
)
_WITH_SCHEME = re.compile(
    rf"(?<!\w)(?:https?|ftp|tonsite)://(?:[^\s/?#@:\[\](){{}}'`<>\"]+(?::[^\s/?#@]*)?@)?"
    rf"(?:{_IPV4}|(?:{_LABEL}\.)+(?:xn--[a-z0-9]+|[^\W\d_]{{2,}}))(?![\w])(?:{_REST})",
    re.IGNORECASE,
)
_OWN = re.compile(r"(?<!\w)(?:tg|ton|tonsite)://[A-Za-z0-9_-]+(?:[/?#][^\s<>\"«»]*)?", re.IGNORECASE)
_BARE = re.compile(rf"(?<![\w@./:-])(?:{_IPV4}|(?:{_LABEL}\.)+(?P<ending>[^\W\d_]{{2,}}))(?![\w@-]|\.\w)(?:{_REST})")
_TRAILING = ".:;,('?!`…"
_PAIRS = {")": "(", "]": "[", "}": "{"}
_FINDERS = (
    ("mention", _MENTION),
    ("bot_command", _COMMAND),
    ("hashtag", _HASHTAG),
    ("cashtag", _CASHTAG),
    ("email", _EMAIL),
    ("url", _WITH_SCHEME),
    ("url", _OWN),
    ("url", _BARE),
)


def recognise(text: str) -> list[Entity]:
    """The entities Telegram adds to `text`, sorted, without overlaps; offsets in UTF-16 code units."""
    if not _WORTH_LOOKING.search(text):
        return []
    spans: list[tuple[int, int, str]] = []
    for kind, pattern in _FINDERS:
        for found in pattern.finditer(text):
            begin, end = found.span()
            if pattern is _BARE and not _common(found["ending"]):
                continue
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


def _common(ending: str | None) -> bool:
    """Whether a domain without scheme may end so; numeric addresses have no ending. `telegram.Org` is no link."""
    return ending is None or (ending.lower() in _ENDINGS and ending in {ending.lower(), ending.upper()})


def _without_punctuation(text: str, begin: int, end: int) -> int:
    """Punctuation behind a link is not part of it, nor is a bracket that was not opened in it, and all that follows."""
    opened = dict.fromkeys(_PAIRS.values(), 0)
    for place in range(begin, end):
        character = text[place]
        if character in opened:
            opened[character] += 1
        elif character in _PAIRS:
            opened[_PAIRS[character]] -= 1
            if opened[_PAIRS[character]] < 0:
                end = place
                break
    while end > begin and text[end - 1] in _TRAILING:
        end -= 1
    return end
