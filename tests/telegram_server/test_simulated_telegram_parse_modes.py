"""parse_mode: read as the real server reads it, refused where it refuses."""

import html
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from botcore.testing.telegram_server.entities import utf16_length
from botcore.testing.telegram_server.html_mode import parse_html
from botcore.testing.telegram_server.markdown import parse_markdown, parse_markdown_v2
from botcore.testing.telegram_server.refusals import Refused

MODES = {"Markdown": parse_markdown, "MarkdownV2": parse_markdown_v2, "HTML": parse_html}
RESERVED = "_*[]()~`>#+-=|{}.!\\"
plain = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=60)


def shown(mode: str, source: str) -> tuple[str, list[tuple[object, ...]]]:
    text, entities = MODES[mode](source)
    return text, [(e.kind, e.offset, e.length, *e.details.values()) for e in entities]


def complaint(mode: str, source: str) -> str:
    with pytest.raises(Refused) as refused:
        MODES[mode](source)
    return refused.value.description.removeprefix("Bad Request: can't parse entities: ")


@pytest.mark.parametrize(
    ("mode", "source", "text", "entities"),
    [
        ("Markdown", "*a* _b_ `c`", "a b c", [("bold", 0, 1), ("italic", 2, 1), ("code", 4, 1)]),
        ("Markdown", "[d](e.com)", "d", [("text_link", 0, 1, "http://e.com/")]),
        ("Markdown", "```py\nx = 1\n```", "x = 1\n", [("pre", 0, 6, "py")]),
        ("Markdown", r"\_a\* [b", "_a* ", None),
        ("Markdown", "[example.com] **", "example.com ", [("text_link", 0, 11, "http://example.com/")]),
        ("MarkdownV2", "*😀 _b_*", "😀 b", [("bold", 0, 4), ("italic", 3, 1)]),
        ("MarkdownV2", "__u__~s~||p||", "usp", [("underline", 0, 1), ("strikethrough", 1, 1), ("spoiler", 2, 1)]),
        ("MarkdownV2", ">a\n>b\nc", "a\nb\nc", [("blockquote", 0, 4)]),
        ("MarkdownV2", ">a\n>b||\nc", "a\nb\nc", [("expandable_blockquote", 0, 4)]),
        ("MarkdownV2", "```a b```", " b", [("pre", 0, 2, "a")]),
        ("MarkdownV2", r"[a\]](https://e.com/\)x)", "a]", [("text_link", 0, 2, "https://e.com/)x")]),
        ("MarkdownV2", "[a](nonsense)", "a", []),
        ("MarkdownV2", "![👍](tg://emoji?id=25)", "👍", [("custom_emoji", 0, 2, "25")]),
        ("MarkdownV2", "![now](tg://time?unix=25&format=r)", "now", [("date_time", 0, 3, 25, "r")]),
        ("HTML", "<b>a<i>b</i></b> &lt;&#x1F600;&amp", "ab <😀&", [("bold", 0, 2), ("italic", 1, 1)]),
        ("HTML", '<pre><code class="language-py">x</code></pre>', "x", [("pre", 0, 1, "py")]),
        ("HTML", '<code class="language-py">x</code>', "x", [("code", 0, 1)]),
        ("HTML", '<a href="https://e.com/?a=1&amp;b=2">x</a>', "x", [("text_link", 0, 1, "https://e.com/?a=1&b=2")]),
        ("HTML", "<blockquote expandable>a</blockquote>", "a", [("expandable_blockquote", 0, 1)]),
        ("HTML", "<span class='tg-spoiler'>b</span>", "b", [("spoiler", 0, 1)]),
        ("HTML", "<tg-emoji emoji-id='5'>👍</tg-emoji>&nbsp;", "👍&nbsp;", [("custom_emoji", 0, 2, "5")]),
        ("HTML", "<tg-time unix='25' format='r'>now</tg-time>", "now", [("date_time", 0, 3, 25, "r")]),
    ],
)  # fmt: skip
def test_what_is_understood(mode: str, source: str, text: str, entities: list[tuple[object, ...]] | None) -> None:
    if entities is None:
        assert complaint(mode, source) == "Can't find end of the entity starting at byte offset 6"
    else:
        assert shown(mode, source) == (text, entities)


@pytest.mark.parametrize(
    ("mode", "source", "expected"),
    [
        ("Markdown", "…*a", "Can't find end of the entity starting at byte offset 3"),
        ("Markdown", "a_b", "Can't find end of the entity starting at byte offset 1"),
        ("MarkdownV2", "Hello.", "Character '.' is reserved and must be escaped with the preceding '\\'"),
        ("MarkdownV2", "a > b", "Character '>' is reserved and must be escaped with the preceding '\\'"),
        ("MarkdownV2", "🏟 🏟_abacaba", "Can't find end of Italic entity at byte offset 9"),
        ("MarkdownV2", "🏟 🏟```a ", "Can't find end of PreCode entity at byte offset 9"),
        ("MarkdownV2", "*a _b* c_", "Can't find end of Italic entity at byte offset 8"),
        ("MarkdownV2", "[a](b", "Can't find end of a URL at byte offset 4"),
        ("MarkdownV2", ">*a\nb*", "Can't find end of Bold entity at byte offset 1"),
        ("MarkdownV2", "![a]", "The entity must contain a tg://emoji or tg://time URL"),
        ("MarkdownV2", "![a](https://e.com)", "Invalid tg://emoji or tg://time URL specified"),
        ("HTML", "<b>a", 'Can\'t find end tag corresponding to start tag "b"'),
        ("HTML", "a</b>", "Unexpected end tag at byte offset 1"),
        ("HTML", "…<b>a</i>", 'Unmatched end tag at byte offset 7, expected "</b>", found "</i>"'),
        ("HTML", "a < b", 'Unsupported start tag "" at byte offset 2'),
        ("HTML", "<br>", 'Unsupported start tag "br" at byte offset 0'),
        ("HTML", "<b", "Unclosed start tag at byte offset 0"),
        ("HTML", "<b>a</b", "Unclosed end tag at byte offset 4"),
        ("HTML", "<span>a</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
        ("HTML", "<i x=1,>", "Unexpected end of name token at byte offset 5"),
        ("HTML", "<tg-emoji>a</tg-emoji>", "Invalid custom emoji identifier specified"),
        ("HTML", "<tg-time unix=1 format='q'>a</tg-time>", "Invalid date format used"),
        (
            "HTML",
            "&#xD83D;",
            "Text contains invalid Unicode characters after decoding HTML entities, "  # noqa: ISC004 - one sentence
            "check for unmatched surrogate code units",
        ),
    ],
)
def test_what_is_refused(mode: str, source: str, expected: str) -> None:
    assert complaint(mode, source) == expected


@given(plain)
def test_escaped_markdown_is_plain_text(text: str) -> None:
    source = "".join(f"\\{character}" if character in RESERVED else character for character in text)
    assert parse_markdown_v2(source) == (text, [])


@given(plain)
def test_escaped_html_is_plain_text(text: str) -> None:
    assert parse_html(html.escape(text, quote=False)) == (text, [])


@given(plain.filter(lambda text: text != ""))
def test_a_bold_text_is_bold_from_end_to_end(text: str) -> None:
    escaped = "".join(f"\\{character}" if character in RESERVED else character for character in text)
    for found, entities in (
        parse_markdown_v2(f"*{escaped}*"),
        parse_html(f"<b>{html.escape(text)}</b>".replace("&#x27;", "'")),
    ):
        assert found == text
        assert [(entity.kind, entity.offset, entity.length) for entity in entities] == [("bold", 0, utf16_length(text))]


@pytest.mark.parametrize("mode", MODES)
@given(source=st.text(st.sampled_from("*_`[]()~|>!\\\n<b>/ia=&#;x'\"😀"), max_size=40))
def test_any_text_is_either_read_or_refused(mode: str, source: str) -> None:
    with suppress(Refused):
        text, entities = MODES[mode](source)
        length = utf16_length(text)
        assert all(entity.offset >= 0 and entity.end <= length for entity in entities)
