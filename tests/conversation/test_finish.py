"""How answers end: in words, and outside of whatever they left open."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from botcore.conversation import finish
from botcore.conversation.finish import open_fence, remark, with_remark

NOTE = "*(cut)*"


@pytest.mark.parametrize(
    ("text", "fence"),
    [
        ("", ""),
        ("plain", ""),
        ("```\ncode", "```"),
        ("```python\ncode\n```", ""),
        ("```\ncode\n```python", "```"),  # an opening fence does not close
        ("````md\n```\nnested\n```\n", "````"),
        ("````\ncode\n`````", ""),  # a longer one does
        ("~~~\n```\n~~~", ""),
        ("~~~ `x`\ncode", "~~~"),
        ("``` not `code`", ""),  # an info string has no backticks
        ("    ```\nindented code", ""),
        ("   ```\ncode", "```"),
        ("in `code` and ```more```", ""),
        ("> ```\n> quoted", "```"),
    ],
)
def test_an_open_code_block_is_found(text: str, fence: str) -> None:
    assert open_fence(text) == fence


fenced = st.lists(
    st.sampled_from(["```", "````", "~~~", "```py", "~~~~ x", "text", "  ```", "`code`", ""]), max_size=12
).map("\n".join)


@given(fenced)
def test_a_remark_never_stands_inside_a_code_block(text: str) -> None:
    noted = with_remark(text, NOTE)
    assert noted.endswith(NOTE)
    before = noted[: -len(NOTE)]
    assert open_fence(before) == ""
    assert open_fence(noted) == ""
    assert with_remark(text, "") == text


@pytest.mark.parametrize(
    ("reason", "text", "words"),
    [
        ("stop", "fine", ""),
        (None, "fine", ""),
        ("tool_calls", "fine", ""),
        ("function_call", "fine", ""),
        ("stop", " ", "empty answer"),
        ("length", "half", "longest length"),
        ("content_filter", "half", "content filter"),
        ("recitation", "half", "“recitation”"),
    ],
)
def test_every_reason_has_its_words(reason: str | None, text: str, words: str) -> None:
    said = remark(reason, text)
    assert words in said
    assert bool(said) == bool(words)


def test_a_refusal_is_shown_as_it_is() -> None:
    assert remark("stop", "", refusal="I will not.") == "I will not."
    assert with_remark("", finish.STOPPED) == finish.STOPPED
