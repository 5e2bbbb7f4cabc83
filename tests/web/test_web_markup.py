"""Markdown as HTML: what it may contain, and what never."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from botcore_web.markup import to_html

ALLOWED = frozenset(
    {
        "a", "b", "blockquote", "br", "code", "del", "div", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol",
        "p", "pre", "s", "span", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
    }
)  # fmt: skip


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("# Title", "<h1>Title</h1>"),
        ("- one\n- two", "<li>two</li>"),
        ("a ~~b~~ **c**", "<s>b</s> <strong>c</strong>"),
        ("line\nline", "line<br"),
        ("|a|b|\n|:-|-:|\n|1|2|", '<td style="text-align:right">2</td>'),
        ("[site](https://example.org)", '<a href="https://example.org">site</a>'),
        ("`<b>`", "<code>&lt;b&gt;</code>"),
    ],
)
def test_markdown_is_rendered(written: str, shown: str) -> None:
    assert shown in to_html(written)


def test_code_is_highlighted_and_named() -> None:
    html = to_html("```python\nif x < 1: pass\n```")
    assert "<span>python</span>" in html
    assert '<span class="k">if</span>' in html
    assert "&lt;" in html


def test_code_of_an_unknown_language_is_shown_as_it_is() -> None:
    assert "<code>a &lt;b&gt;\n</code>" in to_html("```nosuchlanguage\na <b>\n```")


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<svg/onload=alert(1)>",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](data:text/html,<script>alert(1)</script>)",
        "[x](vbscript:x)",
        "<javascript:alert(1)>",
        "![x](javascript:alert(1))",
        '[x](https://e.org "a\\" onmouseover=\\"alert(1)")',
        "```<img src=x onerror=alert(1)>\n```",
        '```"><script>alert(1)</script>\n```',
        "[x]: javascript:alert(1)\n[x]",
        "|<script>|\n|-|\n|<img onerror=x>|",
    ],
)
def test_hostile_markdown_stays_text(hostile: str) -> None:
    html = to_html(hostile)
    for tag, attributes in re.findall(r"<([a-z0-9]+)([^>]*)>", html):
        assert tag in ALLOWED, html
        assert not re.search(r"""(^|["'\s])on\w+\s*=""", re.sub(r'"[^"]*"', '""', attributes)), html
        for link in re.findall(r'href="([^"]*)"', attributes):
            assert link.startswith(("https://", "http://", "mailto:")), html


def test_a_picture_from_elsewhere_is_only_a_link() -> None:
    """Else its server would learn who reads what."""
    assert to_html("![secret](https://evil.example/?q=1)") == (
        '<p><a href="https://evil.example/?q=1">secret</a></p>\n'
    )


def test_links_into_the_own_page_are_text() -> None:
    assert "href" not in to_html("[x](/login) [y](//evil.example) [z](#top)")


@given(st.text(alphabet="<>&\"'`[]()!*_|~#\n abc:/javscript=", max_size=200))
def test_whatever_is_written_only_known_elements_come_out(text: str) -> None:
    assert set(re.findall(r"<([a-zA-Z0-9]+)", to_html(text))) <= ALLOWED


@pytest.mark.parametrize("piece", ["[", "![a", "*a **b ", "> ", "`a", "|a|b|\n|-|-|\n", "- ", "<a ", "\\[", "~~a"])
def test_hostile_length_ends(piece: str) -> None:
    assert to_html((piece * 32_000)[:32_000])  # within the time that a test has


@pytest.mark.parametrize("code", ["\n" * 1_500, "a" * 1_500, f"int a;\n{' ' * 1_500}b"])
def test_code_that_would_hold_up_its_highlighting_is_shown_without(code: str) -> None:
    """The lexer of C takes 20 seconds for 20,000 line feeds, that of makefiles 10 for a line of that length."""
    assert '<span class="' not in to_html(f"```c\nint x;\n{code}\n```")
    assert '<span class="' in to_html(f"```c\nint x;\n{code[:500]}\n```")
