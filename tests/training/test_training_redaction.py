"""What is taken out of a text before anybody is taught by it."""

import doctest
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from botcore.training import redaction
from botcore.training.redaction import redacted


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("write to ada.l+bot@mail.example.co.uk!", "write to [email]!"),
        ("call +44 20 7946 0958 or 030 1234567", "call [phone] or [phone]"),
        ("(030) 123-4567", "[phone]"),
        ("my card is 4111 1111 1111 1111", "my card is [number]"),
        ("DE89 3704 0044 0532 0130 00 please", "[account] please"),
        ("I am telegram:123456789", "I am [id]"),
        ("ask @ada_lovelace about it", "ask [user] about it"),
        ("from 192.168.17.4", "from [address]"),
        ("id 123e4567-e89b-12d3-a456-426614174000", "id [id]"),
        ("https://me:hush@example.com/x", "https://example.com/x"),
        ("see https://example.com/reset?token=abc&u=1 now", "see https://example.com/reset now"),
        ("key sk-fake-fake-fake-fake", "key [id]"),
    ],
)
def test_what_has_a_form_of_its_own_is_replaced(text: str, left: str) -> None:
    assert redacted(text) == left


@pytest.mark.parametrize(
    "text",
    [
        "In 1969, 600 million people watched 3.14159 and 2,718,281 things.",
        "def f(x): return x[0] + 42  # 10%",
        "Python 3.11.2, 16:30, 2026-11-20, 50 km, €1,299.00",
        "an e-mail address has an @ in it",
        "https://example.com/a/page",
        "Füchse 🦊 und 狐",
    ],
)
def test_what_is_no_personal_data_stays(text: str) -> None:
    assert redacted(text) == text


def test_names_are_taken_out_as_words() -> None:
    names = ["Ada Lovelace", "Al"]
    assert redacted("I am Ada. Ada Lovelace, of Adams Road; Al said so. Lovelace's.", names) == (
        "I am [name]. [name], of Adams Road; Al said so. [name]'s."
    )
    assert redacted("(.*) [x", ["(.*)", "[x"]) == "[name] [x"  # a name is no pattern


@given(st.text(max_size=300))
def test_any_text_is_taken_and_doing_it_twice_adds_nothing(text: str) -> None:
    once = redacted(text, ["Ada Lovelace"])
    assert redacted(once, ["Ada Lovelace"]) == once


WORD = st.text(alphabet="abcdefghijklmnopqrstuvwxyz0123456789", min_size=1, max_size=12)


@given(
    before=st.sampled_from(["", "a ", "<", "mailto:", "(", "\n"]),
    user=WORD,
    host=WORD,
    end=st.sampled_from(["org", "com"]),
)
def test_no_address_gets_through(before: str, user: str, host: str, end: str) -> None:
    assert not re.search(r"[a-z0-9]@[a-z0-9]", redacted(f"{before}{user}@{host}.{end}"))


def test_the_documented_example_holds() -> None:
    assert doctest.testmod(redaction).failed == 0
