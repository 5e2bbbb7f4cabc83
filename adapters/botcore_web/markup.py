"""Markdown to HTML that cannot do anything: no raw HTML, no pictures from elsewhere, http and mail links only.

The page runs it through a sanitiser once more, and its Content-Security-Policy would not run a script that got past
both. Imports the parser and the highlighter (60 ms), so it is imported where it is first needed, in a thread.
"""

import html
import re
from collections.abc import Sequence
from functools import cache
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import OptionsDict
from pygments import highlight  # type: ignore[import-untyped] # the library ships no types
from pygments.formatters import HtmlFormatter  # type: ignore[import-untyped] # the same
from pygments.lexers import get_lexer_by_name  # type: ignore[import-untyped] # the same
from pygments.util import ClassNotFound  # type: ignore[import-untyped] # the same

HIGHLIGHT_MOST = 20_000  # characters of one code block; beyond, some lexers need seconds
STRETCH_MOST = 1_000  # characters of a line, and of white space: many lexers take time that grows with their square
_LINK = re.compile(r"(https?:|mailto:)", re.IGNORECASE)
_LANGUAGE = re.compile(r"[\w+#.-]{1,30}")
_LONG = re.compile(rf"[^\n]{{{STRETCH_MOST}}}|\s{{{STRETCH_MOST}}}")


def to_html(text: str) -> str:
    """The HTML of a Markdown text. Not for two threads at once."""
    return str(_parser().render(text))


def code_style() -> str:
    """The style sheet of highlighted code."""
    return str(HtmlFormatter(style="github-dark", nobackground=True).get_style_defs(".code code"))


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable(["table", "strikethrough"])
    # pyright and mypy see a method; the library documents replacing it
    setattr(parser, "validateLink", lambda url: _LINK.match(url) is not None)  # noqa: B010
    parser.add_render_rule("fence", _fence)
    parser.add_render_rule("code_block", _fence)
    parser.add_render_rule("image", _image)
    return parser


def _fence(
    _renderer: RendererHTML, tokens: Sequence[Token], index: int, _options: OptionsDict, _env: dict[str, Any]
) -> str:
    token = tokens[index]
    name = (_LANGUAGE.match(token.info.strip()) or [""])[0]
    return (
        f'<div class="code"><div class="code-head"><span>{html.escape(name)}</span></div>'
        f"<pre><code>{_highlighted(token.content, name)}</code></pre></div>\n"
    )


def _highlighted(code: str, language: str) -> str:
    if not language or len(code) > HIGHLIGHT_MOST or _LONG.search(code):
        return html.escape(code)
    try:
        lexer = get_lexer_by_name(language, stripnl=False, ensurenl=False)
    except ClassNotFound:
        return html.escape(code)
    return str(highlight(code, lexer, HtmlFormatter(nowrap=True)))


def _image(
    _renderer: RendererHTML, tokens: Sequence[Token], index: int, _options: OptionsDict, _env: dict[str, Any]
) -> str:
    """A picture from elsewhere would tell its server who reads what: it becomes a link."""
    token = tokens[index]
    address = str(token.attrGet("src") or "")
    return f'<a href="{html.escape(address)}">{html.escape(token.content or address)}</a>'
