"""Cutting answers into messages: nothing lost, nothing torn, fences closed and opened again."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from botcore.cutting import utf16_length
from botcore.graphemes import is_blank, is_boundary
from botcore_discord.escaping import escaped, unescaped
from botcore_discord.markdown import from_markdown
from botcore_discord.markup import Code, Markup, Prose, joined
from botcore_discord.split import MESSAGE_LIMIT, split

FAMILY = "👩‍👩‍👧‍👦"

words = st.sampled_from(
    [
        "word ",
        "longerword ",
        "\n",
        "\n\n",
        ". ",
        "**bold and so on** ",
        "`code with spaces` ",
        "[a link](https://example.org/page_(1)) ",
        "<@1234567890123456> ",
        "https://example.org/a_b*c ",
        "~~struck out~~ ",
        FAMILY,
        "e\u0301",
        "字。",
        "\\* ",
        "* ",
        "`",
        "||",
    ]
)
prose = st.lists(words, max_size=40).map("".join).map(Prose)
code = st.builds(
    Code,
    st.sampled_from(["", "py", "c++"]),
    st.lists(st.sampled_from(["x = 1", "    return [FAMILY]", "", "\n", "`tick`", "```", "日本"]), max_size=30).map(
        "\n".join
    ),
)
documents = st.lists(st.one_of(prose, code), max_size=6).map(joined)


def visible(text: str) -> str:
    return "".join(char for char in text if not is_blank(char))


def without_fences(messages: list[str]) -> str:
    """What the messages show, but for the lines that fence code."""
    return visible(
        "\n".join(line for message in messages for line in message.split("\n") if not line.startswith("```"))
    )


@given(documents, st.integers(60, 200))
def test_whatever_the_text_each_message_fits_and_nothing_is_lost(document: Markup, limit: int) -> None:
    messages = split(document, limit)
    for message in messages:
        assert utf16_length(message) <= limit
        assert not is_blank(message)
        assert sum(line.startswith("```") for line in message.split("\n")) % 2 == 0
    assert without_fences(messages) == without_fences([document.text])


@given(documents, st.integers(60, 200))
def test_no_character_that_a_reader_sees_is_torn(document: Markup, limit: int) -> None:
    for message in split(document, limit):
        assert is_boundary(f"a{message}", 1)
        assert not message.endswith("\u200d")


@pytest.mark.parametrize(
    "construct",
    [
        "**bold words of some length**",
        "*slanted words of some length*",
        "__underlined words of some length__",
        "~~struck out words of some length~~",
        "||hidden words of some length||",
        "`code words of some length`",
        "``code with a ` in it and length``",
        "[a link with words](https://example.org/with/a/path)",
        "<@123456789012345678901234567890>",
        "<#123456789012345678901234567890>",
        "<@&12345678901234567890123456789>",
        "<a:dancing:1234567890123456789012>",
        "<t:1700000000:R_______________>".replace("_", "0"),
        "https://example.org/a/path/of/some/length",
        "**bold with `code and words` in it**",
        FAMILY * 4,
    ],
)
def test_a_construct_that_fits_stays_in_one_message(construct: str) -> None:
    for before in range(20, 64):
        text = "x" * before + " " + construct + " and then some more words that follow it to the end"
        assert any(construct in message for message in split(joined([Prose(text)]), 80)), before


def test_long_code_goes_on_in_its_language() -> None:
    body = "\n".join(f"print({number})" for number in range(400))
    first, *others = split(joined([Prose("Look:"), Code("py", body)]))
    assert first.startswith("Look:\n```py\nprint(0)\n")
    assert len(others) >= 2
    for message in others:
        assert message.startswith("```py\nprint(")
    for message in (first, *others):
        assert message.endswith(")\n```")
        assert len(message) <= MESSAGE_LIMIT


def test_code_keeps_its_indentation_across_a_cut() -> None:
    body = "\n".join("    deep()" for _ in range(300))
    messages = split(joined([Code("", body)]))
    assert len(messages) == 2
    assert all(line in ("```", "    deep()") for message in messages for line in message.split("\n"))


def test_code_that_fits_begins_a_message_of_its_own() -> None:
    block = Code("py", "x = 1\n" * 100)
    first, second = split(joined([Prose("word " * 300), block, Prose("done")]))
    assert "```" not in first
    assert second.startswith("```py\n")
    assert second.endswith("```\ndone")


def test_three_backticks_in_code_do_not_end_it() -> None:
    (message,) = split(joined([Code("md", "```py\nx\n```")]))
    assert message.count("```") == 2
    assert visible(message) == visible("```md\n```py\nx\n```\n```")


def test_a_text_of_nothing_makes_no_message() -> None:
    assert split(joined([])) == []
    assert split(joined([Prose(" \n\u200b"), Code("py", "\n")])) == []


def test_a_cut_falls_between_paragraphs_rather_than_words() -> None:
    first, second = split(joined([Prose("word " * 300 + "\n\n" + "more " * 200)]))
    assert first.endswith("word")
    assert second.startswith("more")


def test_the_work_grows_with_the_length() -> None:
    noise = {
        "marks": "**a *b __c `d ||e ~~f ",
        "brackets": "[[[(((",
        "ticks": "`a``b```c",
        "angles": "<@<@1<https://",
        "gaps": "*a\n\n`b\n\n",
    }
    for name, text in noise.items():
        source = text * (100_000 // len(text))
        began = time.process_time()
        split(joined(from_markdown(source)))
        assert time.process_time() - began < 2.0, name  # quadratic work takes minutes


@given(
    st.text(st.sampled_from("ab \n*_~`|<>[]()\\#-+1.:@/&!") | st.characters(codec="utf-8"), max_size=80)
    | st.lists(st.sampled_from(["https://e.org/a_b", " ", "*", ">", ":smile:", "<@1>", "1. ", "- ", "\n", "\\"])).map(
        "".join
    )
)
def test_escaped_text_is_shown_letter_by_letter(text: str) -> None:
    shown = escaped(text)
    assert unescaped(shown) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("**not bold**", r"\*\*not bold\*\*"),
        ("snake_case_name", r"snake\_case\_name"),
        ("# no heading", r"\# no heading"),
        ("-# no small print", r"\-# no small print"),
        ("> no quote", r"\> no quote"),
        ("- no list\n1. nor this", "\\- no list\n1\\. nor this"),
        ("a - b, 1.5 # c > d", "a - b, 1.5 # c > d"),
        ("<@12> <#3> <:e:4>", r"\<@12> \<#3> \<\:e:4>"),
        ("[no](https://link.example)", r"\[no](https://link.example)"),
        ("https://example.org/a_b_c and _d_", r"https://example.org/a_b_c and \_d\_"),
        ("it is :smile: at 10:30:45", r"it is \:smile: at 10\:30:45"),
        ("```py\nx\n```", "\\`\\`\\`py\nx\n\\`\\`\\`"),
        ("||secret||", r"\|\|secret\|\|"),
        (r"C:\new", r"C:\\new"),
    ],
)
def test_what_discord_would_read_as_markup_is_escaped(text: str, shown: str) -> None:
    assert escaped(text) == shown
