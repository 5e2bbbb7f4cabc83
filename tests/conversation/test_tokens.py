"""Token counts: an estimate that learns from what the API counts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from botcore.conversation import tokens
from botcore.conversation.tokens import TokenCounter, clip, estimate, estimate_message, is_text

QUESTION = [{"role": "user", "content": "word " * 200}]


@pytest.mark.parametrize(
    ("text", "least", "most"),
    [
        ("", 0, 0),
        ("word", 1, 1),
        ("The quick brown fox jumps over the lazy dog. " * 20, 200, 240),
        ("你好世界" * 100, 400, 400),
        ("Größe und Übermaß sind natürlich schön. " * 20, 200, 280),
        ("Привет, мир! " * 50, 450, 750),
        ("👩‍👩‍👧" * 10, 40, 80),
    ],
)
def test_the_estimate_is_near_what_tokenizers_count(text: str, least: int, most: int) -> None:
    assert least <= estimate(text) <= most


@given(st.text(max_size=300), st.text(max_size=300))
def test_more_text_is_never_fewer_tokens(one: str, two: str) -> None:
    assert estimate(one) <= estimate(one + two) <= estimate(one) + estimate(two) + 3


def test_pictures_and_tool_calls_count() -> None:
    picture = {"role": "user", "content": [{"type": "text", "text": "what?"}, {"type": "image_url"}]}
    call = {"role": "assistant", "content": None, "tool_calls": [{"function": {"name": "f", "arguments": "x" * 400}}]}
    assert estimate_message(picture) > tokens.PER_IMAGE
    assert estimate_message(call) > 100
    assert is_text([call, *QUESTION])
    assert not is_text([picture])


@given(true=st.floats(0.5, 2.5), texts=st.lists(st.integers(60, 5000), min_size=25, max_size=25))
def test_the_count_converges_to_what_the_api_counts(true: float, texts: list[int]) -> None:
    counter = TokenCounter()
    for estimated in texts:
        counter.observe("m", estimated, round(estimated * true))
    assert counter.scale("m", 1000) == pytest.approx(1000 * true, rel=0.05)
    assert counter.scale("another", 1000) == 1000


def test_an_odd_answer_of_the_api_is_not_believed() -> None:
    counter = TokenCounter()
    counter.observe("m", 10, 1000)  # too little text to learn from
    counter.observe("m", 1000, 0)
    assert not counter.ratios
    counter.observe("m", 1000, 10**9)
    assert counter.ratios["m"] == tokens.MOST
    counter.observe("n", 1000, 1)
    assert counter.count("n", QUESTION) == round(sum(map(estimate_message, QUESTION)) * tokens.LEAST)


def test_what_was_learned_is_given_out_to_keep_when_it_has_moved() -> None:
    counter = TokenCounter({"m": 1.2})
    assert counter.to_keep() is None
    counter.observe("m", 1000, 1210)
    assert counter.to_keep() is None
    counter.observe("m", 1000, 2000)
    kept = counter.to_keep()
    assert kept is not None
    assert kept["m"] > 1.3
    assert counter.to_keep() is None
    counter.observe("new", 1000, 1500)
    assert counter.to_keep() == {"m": kept["m"], "new": 1.5}
    assert TokenCounter(kept).ratios == kept


def test_what_is_read_back_is_kept_within_reason() -> None:
    assert TokenCounter({"m": 1e9, "n": -1.0}).ratios == {"m": tokens.MOST, "n": tokens.LEAST}


def test_models_of_any_name_do_not_fill_the_memory() -> None:
    counter = TokenCounter()
    for number in range(3 * tokens.REMEMBERED):
        counter.observe(f"model {number}", 1000, 1500)
    assert len(counter.ratios) == tokens.REMEMBERED
    assert f"model {3 * tokens.REMEMBERED - 1}" in counter.ratios


@given(text=st.text(max_size=2000), most=st.integers(0, 400))
def test_a_clipped_text_fits_and_says_so(text: str, most: int) -> None:
    clipped = clip(text, most)
    kept, mark, _ = clipped.rpartition("\n[cut: ")
    if clipped == text:
        assert estimate(text) <= most
    else:
        assert mark
        assert text.startswith(kept)
        assert estimate(kept) <= most
        assert f"{len(text) - len(kept):,} more" in clipped
