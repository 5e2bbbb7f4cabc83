"""Entities: UTF-16 offsets are checked, texts cleaned and trimmed, nesting repaired, as on the real server."""

import json
from collections.abc import Awaitable, Callable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telegram import Bot, MessageEntity

from botcore.testing.telegram_server import TelegramServer
from botcore.testing.telegram_server.entities import SPLITTABLE, Entity, cut, fix_text, nest, utf16_length
from botcore.testing.telegram_server.recognise import recognise
from botcore.testing.telegram_server.refusals import Refused

Caller = Callable[..., Awaitable[Any]]

KINDS = (*SPLITTABLE, "code", "pre", "blockquote", "text_link")
alphabet = st.sampled_from("ab \n\t\r\0é…中\u202e😀👩\u200d👧🏽")
texts = st.text(alphabet, max_size=24)
spans = st.builds(Entity, st.sampled_from(KINDS), st.integers(0, 30), st.integers(0, 30))


def starts(text: str) -> set[int]:
    """The UTF-16 offsets at which a character begins or the text ends."""
    offsets = {0}
    for place in range(len(text)):
        offsets.add(utf16_length(text[: place + 1]))
    return offsets


def fits(entity: Entity, text: str) -> bool:
    return entity.length == 0 or {entity.offset, entity.end} <= starts(text)


@given(texts)
def test_length_is_that_of_the_utf_16_encoding(text: str) -> None:
    assert utf16_length(text) == len(text.encode("utf-16-le")) // 2


@given(texts, st.lists(spans, max_size=5))
def test_exactly_the_entities_that_lie_on_characters_are_accepted(text: str, entities: list[Entity]) -> None:
    kept = [entity for entity in entities if entity.length]
    repaired = nest(kept) if kept else []
    if not all(fits(entity, text) for entity in repaired):
        with pytest.raises(Refused, match="Bad Request: entity"):
            fix_text(text, entities, may_be_empty=True)
        return
    fixed, result = fix_text(text, entities, may_be_empty=True)
    assert fixed == fixed.strip(" ") or result  # leading spaces stay only inside an entity
    assert not set("\r\0\t\u202e") & set(fixed)
    for entity in result:
        assert entity.length > 0
        assert fits(entity, fixed)
    assert_well_nested(result)


def assert_well_nested(entities: list[Entity]) -> None:
    for outer in entities:
        for inner in entities:
            apart = inner.end <= outer.offset or outer.end <= inner.offset
            contained = outer.offset <= inner.offset and inner.end <= outer.end
            contains = inner.offset <= outer.offset and outer.end <= inner.end
            assert apart or contained or contains
            if inner is not outer and not apart and inner.kind == outer.kind:
                pytest.fail(f"{inner} and {outer} are one")
            if outer.kind in {"code", "pre"} and inner.kind in SPLITTABLE:
                assert apart or (contains and not contained)


@given(st.lists(spans.filter(lambda entity: entity.length > 0), max_size=6))
def test_repaired_nesting_needs_no_further_repair(entities: list[Entity]) -> None:
    once = nest(entities)
    assert_well_nested(once)
    assert nest(once) == once


@given(st.lists(spans.filter(lambda entity: entity.length > 0 and entity.kind in SPLITTABLE), max_size=6))
def test_no_bold_character_is_lost_in_repair(entities: list[Entity]) -> None:
    def covered(of: list[Entity]) -> set[tuple[str, int]]:
        return {(entity.kind, unit) for entity in of for unit in range(entity.offset, entity.end)}

    assert covered(nest(entities)) == covered(entities)


@pytest.mark.parametrize(
    ("given_", "expected"),
    [
        ([("italic", 0, 2), ("bold", 1, 2)], [("italic", 0, 1), ("bold", 1, 2), ("italic", 1, 1)]),
        ([("italic", 0, 1), ("italic", 1, 1)], [("italic", 0, 2)]),
        ([("underline", 0, 2), ("spoiler", 0, 1)], [("underline", 0, 2), ("spoiler", 0, 1)]),
        ([("bold", 0, 4), ("code", 1, 2)], [("bold", 0, 1), ("code", 1, 2), ("bold", 3, 1)]),
        ([("text_link", 0, 3), ("text_link", 2, 2)], [("text_link", 0, 3)]),
        ([("blockquote", 0, 3), ("blockquote", 1, 1)], [("blockquote", 0, 3)]),
        ([("blockquote", 1, 3), ("text_link", 0, 2)], [("blockquote", 1, 3)]),
        ([("blockquote", 0, 4), ("text_link", 1, 2)], [("blockquote", 0, 4), ("text_link", 1, 2)]),
        ([("text_link", 0, 4), ("bold", 1, 2)], [("text_link", 0, 4), ("bold", 1, 2)]),
    ],
)
def test_nesting_is_repaired_as_telegram_does(
    given_: list[tuple[str, int, int]], expected: list[tuple[str, int, int]]
) -> None:
    result = nest(Entity(*one) for one in given_)
    assert [(entity.kind, entity.offset, entity.length) for entity in result] == expected


@pytest.mark.parametrize(
    ("entity", "description"),
    [
        ({"offset": 4, "length": 1}, "entity begins in a middle of a UTF-16 symbol at byte offset 11"),
        (
            {"offset": 0, "length": 1},
            "entity beginning at UTF-16 offset 0 ends in a middle of a UTF-16 symbol at byte offset 4",
        ),
        (
            {"offset": 0, "length": 9},
            "entity beginning at UTF-16 offset 0 ends after the end of the text at UTF-16 offset 9",
        ),
        ({"offset": 9, "length": 1}, "entity begins after the end of the text at UTF-16 offset 9"),
        ({"offset": -1, "length": 1}, "receive an entity with incorrect offset -1"),
        ({"offset": 0, "length": -1}, "receive an entity with incorrect length -1"),
        ({"length": 1}, "can't parse MessageEntity: Can't find field \"offset\""),
        ({"offset": 0, "length": "1"}, 'can\'t parse MessageEntity: Field "length" must be of type Number'),
        ({"offset": 0, "length": 2, "type": "sparkling"}, "can't parse MessageEntity: Unsupported type specified"),
        ({"offset": 0, "length": 2, "type": "text_link", "url": "nowhere"}, "entity Wrong HTTP URL"),
    ],
)
async def test_entities_out_of_place_are_refused(
    telegram: TelegramServer, call: Caller, entity: dict[str, object], description: str
) -> None:
    ada = telegram.user("Ada")
    await ada.says("hi")
    entities = json.dumps([{"type": "bold", **entity}])
    answer = await call("sendMessage", chat_id=ada.id, text="😀…😀", entities=entities)
    assert answer["description"] == f"Bad Request: {description}"


async def test_the_real_library_and_the_server_agree_about_offsets(telegram: TelegramServer, bot: Bot) -> None:
    ada = telegram.user("Ada")
    await ada.says("hi")
    text = "👩‍👩‍👧 said: 你好 @friend"
    bold = MessageEntity(MessageEntity.BOLD, utf16_length("👩‍👩‍👧 said: "), 2)
    sent = await bot.send_message(ada.id, text, entities=[bold])
    assert {str(entity.type): part for entity, part in sent.parse_entities().items()} == {
        "bold": "你好",
        "mention": "@friend",
    }


async def test_people_are_mentioned_by_id(telegram: TelegramServer, bot: Bot) -> None:
    ada = telegram.user("Ada")
    await ada.says("hi")
    sent = await bot.send_message(
        ada.id, f"[you](tg://user?id={ada.id}) and [who](tg://user?id=5)", parse_mode="Markdown"
    )
    assert [(str(entity.type), entity.user.first_name if entity.user else "") for entity in sent.entities] == [
        ("text_mention", "Ada")
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "/start /help@helper_bot a/b /x-y",
            [("bot_command", "/start"), ("bot_command", "/help@helper_bot"), ("bot_command", "/x")],
        ),
        ("@ada_l me@home @x", [("mention", "@ada_l")]),
        ("#tag #1 #a1 $BTC", [("hashtag", "#tag"), ("hashtag", "#a1"), ("cashtag", "$BTC")]),
        ("mail ada@example.org now", [("email", "ada@example.org")]),
        ("(see https://en.wikipedia.org/wiki/A_(b)).", [("url", "https://en.wikipedia.org/wiki/A_(b)")]),
        ("😀 main.py or example.com/x?y#z!", [("url", "main.py"), ("url", "example.com/x?y#z")]),
        ("version 1.2.3, e.g. nothing.at.all-", []),
    ],
)
def test_what_is_recognised(text: str, expected: list[tuple[str, str]]) -> None:
    assert [(entity.kind, cut(text, entity.offset, entity.length)) for entity in recognise(text)] == expected


@given(st.text(st.sampled_from("/@#$.:a1B_😀é -)(?"), max_size=40))
def test_recognised_entities_lie_on_characters_and_do_not_overlap(text: str) -> None:
    found = recognise(text)
    assert all({entity.offset, entity.end} <= starts(text) for entity in found)
    assert all(first.end <= second.offset for first, second in pairwise(found))
