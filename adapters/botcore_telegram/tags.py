"""HTML in Markdown, as language models mix it in.

Telegram shows no HTML, and the Markdown converter drops it with what it contains: `List<T>` would lose its `<T>`, and a
`<div>` its text. Here tags that only format are taken out and everything else is escaped, so that it is shown as it
was written. Code is left alone: the Markdown parser itself says what is HTML and what is code.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final, cast

import pyromark

_OPTIONS: Final = (
    pyromark.Options.ENABLE_TABLES
    | pyromark.Options.ENABLE_STRIKETHROUGH
    | pyromark.Options.ENABLE_TASKLISTS
    | pyromark.Options.ENABLE_MATH
)
"""What the converter parses with: other extensions would see HTML in other places."""

_ROUNDS: Final = 3
"""Taking a block's tags out may bare further HTML; after so many rounds every remaining tag is escaped."""

_MAY_BE_HTML: Final = re.compile(r"<[A-Za-z/!?]")
_TAG: Final = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9-]*)(?:\s[^<>]*)?/?>")
_FENCE: Final = re.compile(r"\s{0,3}(```|~~~)")
_FORMATTING: Final = frozenset(
    re.findall(
        r"\w+",
        """
        a abbr article aside b big blockquote body br center code dd del details div dl dt em figcaption figure font
        footer h1 h2 h3 h4 h5 h6 header hr html i img ins kbd li main mark ol p picture pre q s samp section small span
        strike strong sub summary sup table tbody td tfoot th thead time tr tt u ul var wbr
        """,
    )
)
_KEPT: Final = frozenset({"tg-spoiler"})  # the converter knows it


def without_html(markdown: str) -> str:
    """`markdown` with its HTML made harmless. Raises ValueError for lone surrogates."""
    if not _MAY_BE_HTML.search(markdown):
        return markdown
    for last in (False,) * _ROUNDS + (True,):
        stretches = list(_html(markdown))
        if not stretches:
            break
        markdown = _rewritten(markdown, stretches, escape=last)
    return markdown


def _html(markdown: str) -> Iterator[tuple[int, int, str]]:
    """Each stretch of HTML: where it starts and ends in the UTF-8 text, and what a line break in it becomes."""
    line_break, fence = "\n", ""
    events = pyromark.events_with_range(markdown, options=_OPTIONS)
    for payload, where in cast("Iterable[tuple[Any, dict[str, int]]]", events):
        if not isinstance(payload, dict):
            continue
        event = cast("dict[str, Any]", payload)
        if _is_narrow(event.get("Start")):
            line_break = " "
        elif _is_narrow(event.get("End")):
            line_break = "\n"
        elif event.get("Start") == "HtmlBlock":
            fence = ""
        elif "Html" in event:  # one line of a block; a fence in it opens code once the tags are gone
            mark = _FENCE.match(event["Html"])
            if mark and fence in ("", mark.group(1)):
                fence = "" if fence else mark.group(1)
            elif not fence:
                yield where["start"], where["end"], " "
        elif "InlineHtml" in event and not _is_kept(event["InlineHtml"]):
            yield where["start"], where["end"], line_break


def _is_narrow(tag: object) -> bool:
    """Whether this is a place that cannot hold a line break: a table's cell or a heading."""
    return tag == "TableCell" or (isinstance(tag, dict) and "Heading" in tag)


def _is_kept(html: str) -> bool:
    tag = _TAG.fullmatch(html.strip())
    return tag is not None and tag.group(2).lower() in _KEPT


def _rewritten(markdown: str, stretches: Iterable[tuple[int, int, str]], *, escape: bool) -> str:
    source = markdown.encode()
    parts: list[str] = []
    done = 0
    for start, end, line_break in stretches:
        parts.append(source[done:start].decode())
        html = source[start:end].decode()
        at_end = source[end : end + 1] == b"\n"
        parts.append(_escaped(html) if escape else _untagged(html, "" if at_end else line_break))
        done = end
    parts.append(source[done:].decode())
    return "".join(parts)


def _untagged(html: str, line_break: str) -> str:
    """Formatting tags taken out, `<br>` made a line break, the rest escaped."""
    parts: list[str] = []
    done = 0
    for tag in _TAG.finditer(html):
        name = tag.group(2).lower()
        if name not in _FORMATTING and name not in _KEPT:
            continue
        parts.append(_escaped(html[done : tag.start()]))
        parts.append(line_break if name == "br" else tag.group() if name in _KEPT else "")
        done = tag.end()
    parts.append(_escaped(html[done:]))
    return "".join(parts)


def _escaped(html: str) -> str:
    return html.replace("<", "\\<")
