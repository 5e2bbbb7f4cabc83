"""Cutting text with entities into messages."""

import time
import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from botcore.cutting import utf16_length
from botcore.graphemes import is_blank, is_boundary
from botcore_telegram.entities import Entity, Formatted, Kind
from botcore_telegram.split import MESSAGE_LIMIT, MOST_ENTITIES, split

FAMILY = "👩‍👩‍👧‍👦"
FLAG = "🇩🇪"
WAVE = "👋🏽"
KEYCAP = "1️⃣"
SCOTLAND = "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f"

characters = st.one_of(
    st.sampled_from(
        ["a", "b ", " ", "\n", "\n\n", ". ", "é", "e\u0301", FAMILY, FLAG, WAVE, KEYCAP, SCOTLAND, "한", "नमस्ते", "字。"]
    ),
    st.characters(),
)
texts = st.lists(characters, max_size=60).map("".join)


@st.composite
def formatted(draw: st.DrawFn) -> Formatted:
    """Text with entities that lie on character boundaries, nested or apart as a parser makes them."""
    text = draw(texts)
    offsets = [utf16_length(text[:index]) for index in range(len(text) + 1)]
    entities: list[Entity] = []

    def fill(first: int, last: int, depth: int) -> None:
        at = first
        while depth and at < last and draw(st.booleans()):
            start = draw(st.integers(at, last - 1))
            end = draw(st.integers(start + 1, last))
            kind: Kind = draw(st.sampled_from(("bold", "italic", "pre", "text_link", "blockquote")))
            entities.append(
                Entity(kind, offsets[start], offsets[end] - offsets[start], language="py" if kind == "pre" else None)
            )
            fill(start, end, depth - 1)
            at = end

    fill(0, len(text), 3)
    return Formatted(text, tuple(entities))


def visible(text: str) -> str:
    return "".join(char for char in text if not is_blank(char))


def units(text: str, entity: Entity) -> str:
    return text.encode("utf-16-le", "surrogatepass")[2 * entity.offset : 2 * entity.end].decode(
        "utf-16-le", "surrogatepass"
    )


@given(formatted(), st.integers(2, 40))
def test_nothing_that_can_be_seen_is_lost_or_doubled(whole: Formatted, limit: int) -> None:
    pieces = split(whole, limit)
    assert visible("".join(piece.text for piece in pieces)) == visible(whole.text)


@given(formatted(), st.integers(2, 40))
def test_every_piece_fits_and_none_is_empty(whole: Formatted, limit: int) -> None:
    for piece in split(whole, limit):
        assert 0 < utf16_length(piece.text) <= limit
        assert not is_blank(piece.text)


@given(formatted(), st.integers(2, 40))
def test_entities_stay_within_their_piece_and_on_whole_characters(whole: Formatted, limit: int) -> None:
    for piece in split(whole, limit):
        for entity in piece.entities:
            assert entity.length > 0
            assert 0 <= entity.offset < entity.end <= utf16_length(piece.text)
            if not any("\ud800" <= char <= "\udfff" for char in piece.text):
                units(piece.text, entity).encode()  # half a pair would raise


@given(formatted(), st.integers(2, 40))
def test_formatting_is_kept_for_every_visible_character(whole: Formatted, limit: int) -> None:
    def marked(part: Formatted) -> list[tuple[str, frozenset[str]]]:
        seen: list[tuple[str, frozenset[str]]] = []
        at = 0
        for char in part.text:
            if not is_blank(char):
                kinds = frozenset(entity.kind for entity in part.entities if entity.offset <= at < entity.end)
                seen.append((char, kinds))
            at += utf16_length(char)
        return seen

    assert [pair for piece in split(whole, limit) for pair in marked(piece)] == marked(whole)


@given(texts, st.integers(32, 80))
def test_no_character_as_people_see_it_is_torn(text: str, limit: int) -> None:
    at = 0
    for piece in split(Formatted(text), limit):
        at = text.index(piece.text, at)
        at_space = at == 0 or text[at - 1].isspace()  # dropped at a cut, whatever mark sits on it
        if not at_space and utf16_length(longest_cluster(text)) <= limit // 2:
            assert is_boundary(text, at)
        at += len(piece.text)


def longest_cluster(text: str) -> str:
    edges = [index for index in range(len(text) + 1) if is_boundary(text, index)]
    return max((text[a:b] for a, b in pairwise(edges)), key=len, default="")


@given(st.lists(st.tuples(st.text("ab \n", max_size=30), st.text("xy", min_size=1, max_size=12)), max_size=8))
def test_an_entity_that_fits_into_a_message_is_never_cut(stretches: list[tuple[str, str]]) -> None:
    text, entities = "", []
    for before, inside in stretches:
        text += before
        entities.append(Entity("code", len(text), len(inside)))
        text += inside
    found = [
        units(piece.text, entity) for piece in split(Formatted(text, tuple(entities)), 16) for entity in piece.entities
    ]
    assert found == [inside for _, inside in stretches]


@pytest.mark.parametrize("one", [FAMILY, FLAG, WAVE, KEYCAP, SCOTLAND, "e\u0301", "नि", "각"])
def test_a_row_of_joined_characters_is_cut_between_them(one: str) -> None:
    pieces = split(Formatted(one * 200), 50)
    assert len(pieces) > 1
    assert all(piece.text == one * (len(piece.text) // len(one)) for piece in pieces)


def test_a_heap_of_marks_longer_than_a_message_is_cut_all_the_same() -> None:
    heap = "z" + "\u0301" * 100
    pieces = split(Formatted(heap), 40)
    assert "".join(piece.text for piece in pieces) == heap


def test_paragraphs_come_before_lines_and_lines_before_sentences_and_sentences_before_words() -> None:
    assert [p.text for p in split(Formatted("one two\n\nthree four"), 12)] == ["one two", "three four"]
    assert [p.text for p in split(Formatted("one two\nthree four"), 12)] == ["one two", "three four"]
    assert [p.text for p in split(Formatted("One two. Three four"), 14)] == ["One two.", "Three four"]
    assert [p.text for p in split(Formatted("one two three four"), 12)] == ["one two", "three four"]
    assert [p.text for p in split(Formatted("onetwothreefour"), 12)] == ["onetwothreef", "our"]


def test_text_that_fits_stays_one_message() -> None:
    whole = Formatted("all of it", (Entity("bold", 0, 3),))
    assert split(whole) == [whole]


def test_white_space_alone_makes_no_message() -> None:
    assert split(Formatted(" \n\u200b\n")) == []
    assert split(Formatted("")) == []


def test_a_long_code_block_is_closed_and_opened_again_with_its_language_and_indentation() -> None:
    code = "\n".join(f"    line {number:04}" for number in range(20))
    text = "Look:\n" + code
    pieces = split(Formatted(text, (Entity("pre", 6, len(code), language="python"),)), 100)
    assert len(pieces) > 2
    for piece in pieces:
        (block,) = piece.entities
        assert (block.kind, block.language) == ("pre", "python")
        assert units(piece.text, block).startswith("    line")
    assert pieces[0].text.startswith("Look:\n    line 0000")
    assert "\n".join(units(piece.text, piece.entities[0]) for piece in pieces) == code


def test_a_code_block_that_fits_moves_to_the_next_message_as_a_whole() -> None:
    intro, code = "word " * 12, "x = 1\n" * 10
    pieces = split(Formatted(intro + "\n" + code, (Entity("pre", len(intro) + 1, len(code)),)), 80)
    assert [piece.text for piece in pieces] == [intro.strip(), code.strip()]
    assert pieces[0].entities == ()


def test_more_entities_than_telegram_shows_leave_code_and_links_first() -> None:
    text = "b c " * 150
    entities = [Entity("bold", 4 * n, 1) for n in range(150)] + [Entity("code", 4 * n + 2, 1) for n in range(80)]
    (piece,) = split(Formatted(text, tuple(entities)))
    assert len(piece.entities) == MOST_ENTITIES
    assert sum(entity.kind == "code" for entity in piece.entities) == 80
    assert [entity.offset for entity in piece.entities] == sorted(entity.offset for entity in piece.entities)


def test_a_limit_without_room_for_a_character_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one character"):
        split(Formatted("text"), 1)


@pytest.mark.parametrize(
    "text",
    ["word " * 200_000, "x" * 1_000_000, FAMILY * 90_000, FLAG * 250_000, "a\u0301" * 500_000, "line\n" * 200_000],
    ids=["words", "one word", "families", "flags", "marks", "lines"],
)
def test_a_megabyte_takes_time_in_proportion(text: str) -> None:
    def seconds(of: str) -> float:
        started = time.thread_time()
        pieces = split(Formatted(of))
        assert all(utf16_length(piece.text) <= MESSAGE_LIMIT for piece in pieces)
        return time.thread_time() - started

    tenth = min(seconds(text[: len(text) // 10]) for _ in range(3))
    assert seconds(text) < 25 * tenth + 0.05


def test_a_megabyte_with_an_entity_on_every_word_takes_time_in_proportion() -> None:
    def seconds(words: int) -> float:
        whole = Formatted("word " * words, tuple(Entity("bold", 5 * n, 4) for n in range(words)))
        started = time.thread_time()
        assert split(whole)
        return time.thread_time() - started

    assert seconds(100_000) < 25 * min(seconds(10_000) for _ in range(3)) + 0.05


@settings(max_examples=300)
@given(st.text(min_size=1))
def test_a_cut_is_never_allowed_before_a_combining_mark_or_after_a_joiner(text: str) -> None:
    for index in range(1, len(text)):
        if is_boundary(text, index):
            starts_with_mark = unicodedata.category(text[index]) in ("Mn", "Me", "Mc")
            assert not starts_with_mark or text[index - 1] in "\r\n\0"
            assert text[index - 1] != "\u200d" or text[index] in "\r\n"
