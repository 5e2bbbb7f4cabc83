"""Replies cut into messages of the page."""

from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from botcore.messages import Button, File, Image, Reply, Text
from botcore_web.split import LIMIT, MARKDOWN, PLAIN, cut_markdown, cut_plain, split

SMALL = 400

lines = st.one_of(
    st.sampled_from(["```", "```python", "~~~", "~~~~ js", "````", "    ```", "- ```", "", "text", "x = 1", "``` a`b"]),
    st.text(max_size=120).map(lambda text: text.replace("\n", " ")),
    st.text(alphabet="ab `~", min_size=300, max_size=900),
)
texts = st.lists(lines, max_size=40).map("\n".join)


@given(texts)
def test_plain_text_is_cut_without_loss(text: str) -> None:
    pieces = list(cut_plain(text, SMALL))
    assert "".join(pieces) == text
    assert all(0 < len(piece) <= SMALL for piece in pieces)


@given(texts)
@example("```\n" + "a\n" * 500)
@example("`" * 5000)
@example("a" * 40 + "\n" + "b" * (SMALL - 48) + "\n" + "`" * 6 + "\n" + "c\n" * SMALL)
def test_no_piece_of_markdown_is_too_long(text: str) -> None:
    pieces = list(cut_markdown(text, SMALL))
    assert all(0 < len(piece) <= SMALL for piece in pieces)
    assert pieces or not text.strip()


@given(st.lists(st.sampled_from(["a", "bb", "", "```", "~~~", "x" * 50]), max_size=60).map("\n".join))
def test_the_words_survive_in_order_and_code_stays_code(text: str) -> None:
    def words(parts: list[str]) -> list[tuple[str, str]]:
        found: list[tuple[str, str]] = []
        for part in parts:
            for token in MarkdownIt().parse(part):
                kind = "code" if token.type == "fence" else "prose" if token.type == "inline" else ""
                found += [(kind, word) for word in token.content.split()] if kind else []
        return found

    assert words(list(cut_markdown(text, SMALL))) == words([text])


def test_an_open_fence_is_closed_and_opened_again() -> None:
    code = "\n".join(f"line {number}" for number in range(100))
    first, *rest = cut_markdown(f"Look:\n```python\n{code}\n```\nDone.", SMALL)
    assert first.startswith("Look:\n```python\nline 0\n")
    assert first.endswith("\n```")
    assert rest
    assert all(piece.startswith("```python\n") for piece in rest)
    assert rest[-1].endswith("```\nDone.")


def test_a_short_reply_is_one_message() -> None:
    [piece] = split(Reply.of("**Hello**", "world", buttons=[[Button("Yes", says="yes")]]))
    assert (piece.text, piece.markup) == ("**Hello**\n\nworld", MARKDOWN)
    assert piece.buttons[0][0].says == "yes"


def test_plain_and_markdown_do_not_mix() -> None:
    first, second = split(Reply.of(Text("*as it is*", plain=True), "*in italics*"))
    assert (first.text, first.markup) == ("*as it is*", PLAIN)
    assert (second.text, second.markup) == ("*in italics*", MARKDOWN)


def test_files_stay_with_the_text_before_them_and_buttons_come_last() -> None:
    picture, notes = Image(data=b"png"), File(data=b"notes")
    first, second = split(Reply.of("One", picture, notes, "Two", buttons=[[Button("More", says="more")]]))
    assert first.attachments == (picture, notes)
    assert not first.buttons
    assert (second.text, second.attachments, second.buttons[0][0].label) == ("Two", (), "More")


def test_a_very_long_answer_becomes_several_messages() -> None:
    pieces = split(Reply.of("word " * 20_000, File(data=b"x")))
    assert len(pieces) == 4
    assert all(len(piece.text) <= LIMIT for piece in pieces)
    assert [len(piece.attachments) for piece in pieces] == [0, 0, 0, 1]


def test_an_empty_reply_is_still_a_message() -> None:
    assert len(split(Reply(()))) == 1
