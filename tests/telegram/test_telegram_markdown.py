"""Markdown as language models write it, shown as Telegram shows it."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from botcore.cutting import utf16_length
from botcore.graphemes import is_blank
from botcore_telegram.entities import KINDS, Entity, Formatted, normalised
from botcore_telegram.markdown import LONGEST, from_markdown, plain, tidied


def shown(markdown: str) -> tuple[str, list[tuple[str, str]]]:
    """The text, and each entity as its kind and what it covers."""
    rendered = from_markdown(markdown)
    return rendered.text, [(entity.kind, covered(rendered, entity)) for entity in rendered.entities]


def covered(whole: Formatted, entity: Entity) -> str:
    return whole.text.encode("utf-16-le")[2 * entity.offset : 2 * entity.end].decode("utf-16-le")


def test_emphasis() -> None:
    text, entities = shown("Some **bold *and italic*** ~~gone~~ __strong__ `code`.")
    assert text == "Some bold and italic gone strong code."
    assert set(entities) == {
        ("bold", "bold and italic"),
        ("italic", "and italic"),
        ("strikethrough", "gone"),
        ("bold", "strong"),
        ("code", "code"),
    }


def test_a_heading_is_bold_and_carries_no_ornament() -> None:
    text, entities = shown("# Title\n\nText\n\n### Smaller")
    assert text == "Title\n\nText\n\nSmaller"
    assert ("bold", "Title") in entities
    assert ("bold", "Smaller") in entities


def test_a_code_block_keeps_its_language_and_its_letters() -> None:
    rendered = from_markdown("Look:\n\n```python\nif a < b and **c:\n    print('<b>')\n```\n\ndone")
    (block,) = rendered.entities
    assert (block.kind, block.language) == ("pre", "python")
    assert covered(rendered, block) == "if a < b and **c:\n    print('<b>')"


def test_an_unclosed_code_block_reaches_to_the_end() -> None:
    assert shown("Look:\n```js\nlet a = 1;\nlet b") == (
        "Look:\nlet a = 1;\nlet b",
        [("pre", "let a = 1;\nlet b")],
    )


def test_offsets_count_utf16_units() -> None:
    text, entities = shown("👩‍👩‍👧 **жирный 👍** конец `𝒳`")
    assert text == "👩‍👩‍👧 жирный 👍 конец 𝒳"
    assert entities == [("bold", "жирный 👍"), ("code", "𝒳")]


def test_nested_lists_and_tasks() -> None:
    text, _ = shown("- one\n  - two\n    1. three\n- [x] done\n- [ ] open\n\n3. third\n4. fourth")
    assert text == "• one\n  • two\n    1. three\n☑ done\n☐ open\n\n3. third\n4. fourth"


def test_a_table_becomes_a_block_of_fixed_width() -> None:
    text, entities = shown("| name | n |\n|---|--:|\n| a<br>b | `1` |\n| longer | 22 |")
    assert text == "name   | n \n-------+---\na b    | 1 \nlonger | 22"
    assert entities == [("pre", text)]


def test_links() -> None:
    rendered = from_markdown(
        "[site](https://example.org/a_(b)) <https://auto.example> ![cat](https://example.org/c.png)"
    )
    assert rendered.text == "site https://auto.example 🖼 cat"
    assert [entity.url for entity in rendered.entities] == [
        "https://example.org/a_(b)",
        "https://auto.example",
        "https://example.org/c.png",
    ]


def test_a_link_that_telegram_could_not_open_is_text() -> None:
    assert shown("see [the file](./notes.md), [run](javascript:alert(1)) and [nothing]()") == (
        "see the file, run and nothing",
        [],
    )


def test_a_quote_within_a_quote_is_one_quote() -> None:
    assert shown("> one\n>> two\n\nafter") == ("one\ntwo\n\nafter", [("blockquote", "one\ntwo")])


def test_nothing_is_set_across_code() -> None:
    assert shown("**bold `code` bold**") == (
        "bold code bold",
        [("bold", "bold "), ("code", "code"), ("bold", " bold")],
    )
    assert shown("[`name`](https://example.org)") == ("name", [("text_link", "name")])


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("Use List<T> or Map<K, V>.", "Use List<T> or Map<K, V>."),
        ("<b>bold</b><br>next", "bold\nnext"),
        ("one<br/>\ntwo", "one\ntwo"),
        ("H<sub>2</sub>O and <u>so</u> <unknown>on</unknown>", "H2O and so <unknown>on</unknown>"),
        ("<div>\ninside **it**\n</div>", "inside it"),
        ("<details>\n<summary>More</summary>\n\nhidden\n\n</details>\n", "More\n\nhidden"),
        ("<think>\nhm\n</think>\nanswer", "<think>\nhm\n</think>\nanswer"),
        ("before <!-- comment --> after", "before <!-- comment --> after"),
        ("<?php echo 1; ?>", "<?php echo 1; ?>"),
        ("<div>\n```\n<b>x</b>\n```\n</div>", "<b>x</b>"),
        ("`<b>x</b>` and 1 < 2 > 0 &lt;", "<b>x</b> and 1 < 2 > 0 <"),
        ("# Title<br>more", "Title more"),
        ("<<b>x>", "<x>"),
    ],
)
def test_html_is_taken_out_where_it_formats_and_shown_where_it_means(markdown: str, text: str) -> None:
    assert from_markdown(markdown).text == text


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        (r"Area \(\pi r^2\)", "Area π r²"),
        ("It costs $5 and $6.", "It costs $5 and $6."),
        ("about ~5 or ~6", "about ~5 or ~6"),
        ("snake_case_name and 2 * 3 * 4", "snake_case_name and 2 * 3 * 4"),
        ("||secret|| word", "secret word"),
        ("**never closed", "**never closed"),
        ("line one\r\nline two\rline three", "line one\nline two\nline three"),
        ("a\x00b\x1bc", "abc"),
    ],
)
def test_odds_and_ends(markdown: str, text: str) -> None:
    assert from_markdown(markdown).text == text


def test_lone_surrogates_are_replaced_and_pairs_joined() -> None:
    assert from_markdown("a\ud83d\ude00 **b**\ud800").text == "a😀 b\ufffd"


@pytest.mark.parametrize("markdown", ["***", "[a]: https://example.org", "```\n```"])
def test_what_renders_to_nothing_is_shown_as_it_is(markdown: str) -> None:
    assert not is_blank(from_markdown(markdown).text)


def test_plain_text_is_shown_letter_by_letter() -> None:
    assert plain("  *not* `this`\x00\n") == Formatted("*not* `this`")


junk = st.lists(
    st.one_of(
        st.sampled_from(
            [
                "**",
                "*",
                "_",
                "~~",
                "`",
                "```",
                "```py\n",
                "\n",
                "\n\n",
                "> ",
                "- ",
                "1. ",
                "| a | b |\n|---|---|\n",
                "||",
                "[",
                "](",
                "](http://a.b)",
                ")",
                "<b>",
                "</b>",
                "<br>",
                "<div>\n",
                "<T>",
                "<!--",
                "$",
                "$$",
                r"\(",
                r"\)",
                r"\frac{",
                "}",
                "{",
                "^2",
                "\\",
                "# ",
                "---\n",
                "[^1]",
                "[^1]: ",
                "- [ ] ",
                "    ",
                "\t",
                "👍",
                "e\u0301",
                "\ud800",
            ]
        ),
        st.text(max_size=5),
    ),
    max_size=40,
).map("".join)


@given(junk)
def test_any_text_becomes_something_that_telegram_takes(markdown: str) -> None:
    rendered = from_markdown(markdown)
    rendered.text.encode()
    assert rendered.text == rendered.text.strip()
    size = utf16_length(rendered.text)
    for entity in rendered.entities:
        assert entity.kind in KINDS
        assert entity.length > 0
        assert 0 <= entity.offset < entity.end <= size
        covered(rendered, entity).encode()  # half a surrogate pair would raise
    assert rendered.entities == normalised(rendered.entities)
    if not is_blank(tidied(markdown)):
        assert rendered.text


@given(
    st.lists(
        st.sampled_from(
            ["**{}**", "*{}*", "`{}`", "- {}\n", "> {}\n\n", "<b>{}</b>", "<T>{}", "# {}\n\n", "{} ", "\n\n{}"]
        )
    )
)
def test_no_word_is_lost(patterns: list[str]) -> None:
    words = [f"word{number}" for number in range(len(patterns))]
    markdown = " ".join(pattern.format(word) for pattern, word in zip(patterns, words, strict=True))
    assert re.findall(r"word\d+", from_markdown(markdown).text) == words


@given(st.lists(st.tuples(st.sampled_from(sorted(KINDS)), st.integers(0, 30), st.integers(0, 20))))
def test_entities_obey_the_rules_of_nesting(raw: list[tuple[str, int, int]]) -> None:
    entities = normalised(
        Entity(kind, offset, length, url="https://example.org" if kind == "text_link" else None)  # type: ignore[arg-type] # drawn from KINDS
        for kind, offset, length in raw
    )
    assert list(entities) == sorted(entities, key=lambda entity: (entity.offset, -entity.length, entity.kind))
    literal = [entity for entity in entities if entity.kind in ("pre", "code")]
    quotes = [entity for entity in entities if "blockquote" in entity.kind]
    for one in entities:
        for other in entities:
            if one is other or one.end <= other.offset or other.end <= one.offset:
                continue
            assert not (one in quotes and other in quotes)
            if one in literal:
                assert other in quotes


DENSE = (
    "## Section\n\nSome **bold**, *italic* and `code` text with [a link](https://example.org), to be read at ease. " * 2
    + "\n\n- item one\n- item **two**\n  - nested\n\n```python\nfor n in range(10):\n    print(n)\n```\n\n"
    + "| a | b |\n|---|---|\n| 1 | 2 |\n\n> quoted words of some length\n\n"
)


def test_an_answer_as_long_as_models_give_is_formatted() -> None:
    rendered = from_markdown(DENSE * (30_000 // len(DENSE)))
    assert len(rendered.entities) > 500


@pytest.mark.parametrize(
    "text", [DENSE, "Plain words in a row, and a full stop. ", "слово за словом. "], ids=["dense", "plain", "cyrillic"]
)
def test_a_hundred_thousand_characters_do_not_hold_up_the_loop(text: str) -> None:
    long = (text * (100_000 // len(text) + 1))[:100_000]
    took = min(timed(long) for _ in range(3))
    assert took < 0.05


@pytest.mark.parametrize(
    "unit",
    [
        "[",
        "![",
        "**a",
        "***a",
        "`a` ",
        "``a",
        ">",
        "> - ",
        "1. ",
        "||a",
        "$",
        "$$",
        r"\[",
        r"\(",
        r"$\frac{",
        r"\[\frac{",
        "<a",
        "<b>",
        "<div>\n\n",
        "](",
        "~a~ ",
        "![a](b) ",
        "| a |\n|---|\n",
        "a\n\n",
        "\\",
        "{",
        "\u0301",
        "👍",
        "- a\n  ",
        "[^1]: ",
    ],
)
def test_hostile_repetition_does_not_hold_up_the_loop(unit: str) -> None:
    for size in (10_000, LONGEST):
        took = min(timed((unit * size)[:size]) for _ in range(3))
        assert took < 0.05, f"{size} characters took {took:.3f} s"


def timed(markdown: str) -> float:
    started = time.thread_time()
    from_markdown(markdown)
    return time.thread_time() - started
