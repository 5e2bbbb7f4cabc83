"""Markdown as models write it, as Discord shows it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from botcore.messages import Reply, Text
from botcore_discord.markdown import from_markdown
from botcore_discord.markup import joined
from botcore_discord.pieces import NOTHING, pieces_of


def shown(markdown: str) -> str:
    return joined(from_markdown(markdown)).text


@pytest.mark.parametrize(
    "markdown",
    [
        "**bold**, *slanted*, ~~struck~~, `code`",
        "# One\n## Two\n### Three",
        "- a\n  - b\n1. c",
        "> quoted\n> more",
        "[link](https://example.org/?a=1&b=2)",
        "Look at <#123> and <@456>, https://example.org/a?b&amp_c",
        "if a < b and c > d: List<str>, Map<K, V>",
        "snake_case and 2 * 3 * 4",
        "x + y = z, and 1 + 2 + 3 = 6",
        "  12\n+ 30\n= 42",
        "Write - [x] or 1. [ ] for a box",
        "`a || b`, `&amp;` and `<br>` are code",
    ],
)
def test_what_discord_reads_itself_stays(markdown: str) -> None:
    assert shown(markdown) == markdown


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("#### Deep", "**Deep**"),
        ("##### **Deeper** ##", "**Deeper**"),
        ("# Title #", "# Title"),
        ("Title\n=====\ntext", "# Title\ntext"),
        ("Title\n---\ntext", "## Title\ntext"),
        ("a\n\n---\n\nb", f"a\n\n{'─' * 12}\n\nb"),
        ("* * *", "─" * 12),
        ("![A fox](https://e.org/f.png)", "[A fox](https://e.org/f.png)"),
        ("![](https://e.org/f.png)", "[picture](https://e.org/f.png)"),
        ("![A fox](data:image/png;base64,xyz)", "A fox"),
        ("one<br>two<br/>three", "one\ntwo\nthree"),
        ("<b>x</b> <em>y</em> <u>z</u> <kbd>k</kbd>", "**x** *y* __z__ `k`"),
        ("H<sub>2</sub>O <!-- not said -->", "H2O "),
        ('<a href="https://e.org/x">here</a>', "[here](https://e.org/x)"),
        ("&lt;b&gt; &amp; &copy; &#42;", r"\<b\> & © \*"),
        ("a || b || c", r"a \|\| b \|\| c"),
        (">>> deep\n>> and deeper\n>close", "> deep\n> and deeper\n> close"),
        ("- [ ] open\n- [x] done", "- ☐ open\n- ☑ done"),
        ("+ plus", "- plus"),
        ("* one\n  + two + three", "* one\n  - two + three"),
    ],
)
def test_what_discord_does_not_know_becomes_what_it_knows(markdown: str, text: str) -> None:
    assert shown(markdown) == text


def test_code_is_left_alone() -> None:
    code = "```html\n<br> ![x](y) || &amp;\n#### no heading\n| a | b |\n|---|---|\n```"
    assert shown(f"See\n\n{code}\nend") == f"See\n\n{code}\nend"


def test_fences_of_all_kinds_become_the_one_that_discord_knows() -> None:
    assert shown("~~~python\nx\n~~~") == "```python\nx\n```"
    assert shown("````\nx\n````") == "```\nx\n```"
    assert shown("1. First:\n   ```sh\n   ls\n     -l\n   ```\n2. Second") == (
        "1. First:\n```sh\nls\n  -l\n```\n2. Second"
    )
    assert shown("- ```sh\n  ls\n  ```\nafter") == "-\n```sh\nls\n```\nafter"
    assert shown("> ```py\n> x\n> ```\n> said") == "```py\nx\n```\n> said"
    assert shown('```{.python .numbered title="x"}\ny\n```') == "```python\ny\n```"
    assert shown("```js title=a.js\ny\n```") == "```js\ny\n```"


def test_code_that_was_cut_off_is_closed() -> None:
    assert shown("Here:\n```py\nx = 1") == "Here:\n```py\nx = 1\n```"


def test_a_table_is_drawn() -> None:
    assert shown("Prices:\n\n| Thing | **Price** |\n|:--|--:|\n| `Apple` | 1 |\n| 苹果 | 20 |\n\nThat is all.") == (
        "Prices:\n\n```\nThing | Price\n------+------\nApple |     1\n苹果  |    20\n```\n\nThat is all."
    )


def test_a_table_with_bars_in_its_cells() -> None:
    assert shown("a \\| b | c\n--- | ---\n`x | y` | z") == "```\na | b | c\n------+--\nx | y | z\n```"


def test_a_table_that_is_too_wide_becomes_a_list() -> None:
    text = shown(f"| Name | About | Link |\n|---|---|---|\n| **Fox** | {'red ' * 20} | [see](https://e.org) |")
    assert text == f"- **Fox**\n  - About: {('red ' * 20).strip()}\n  - Link: [see](https://e.org)"


def test_no_table_where_there_is_none() -> None:
    for text in ("a | b\nc | d", "a | b\n---\nc", "x = a | b"):
        assert "```" not in shown(text)


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("# Title #", "# Title"),
        ("## Title ##  ", "## Title"),
        ("# C#", "# C#"),
        ("# #", "# #"),
        ("# a # #", "# a #"),
        ("#### Title ####", "**Title**"),
    ],
)
def test_marks_behind_a_heading(markdown: str, text: str) -> None:
    assert shown(markdown) == text


@pytest.mark.parametrize(
    ("before", "again", "after"),
    [
        ("# a", " ", "b"),
        ("|\n-", " ", "x"),
        ("|\n", " ", "x-"),
        ("<a ", 'href="http://a" ', ""),
        ("<a ", 'href="http://a" ', ">b"),
        ("<img ", 'src="http://a" ', ""),
    ],
)
def test_what_goes_on_for_long_without_an_end_is_read_once(before: str, again: str, after: str) -> None:
    """Read again from each of its characters it would take hours."""
    assert shown(before + again * (300_000 // len(again)) + after)


@given(st.text(st.sampled_from("ab \n\t*_~`|<>[]()\\#-+1.:!&;>=\u200b😀") | st.characters(), max_size=120))
def test_any_text_is_taken_and_makes_messages(text: str) -> None:
    for reply in (Reply.of(text), Reply.of(Text(text, plain=True))):
        pieces = pieces_of(reply)
        assert pieces
        assert all(piece.text for piece in pieces)


def test_an_answer_without_anything_to_see_says_so() -> None:
    assert [piece.text for piece in pieces_of(Reply.of(" \n"))] == [NOTHING]
    assert [piece.text for piece in pieces_of(Reply(()))] == [NOTHING]


def test_texts_that_follow_each_other_share_a_message() -> None:
    (piece,) = pieces_of(Reply.of("**one**", Text("two_2", plain=True), "```\nthree\n```", "four"))
    assert piece.text == "**one**\n\ntwo\\_2\n\n```\nthree\n```\n\nfour"


def test_plain_text_is_kept_as_it_is_beside_its_markup() -> None:
    (piece,) = pieces_of(Reply.of(Text("*as it is*", plain=True)))
    assert (piece.text, piece.markup) == ("*as it is*", r"\*as it is\*")
