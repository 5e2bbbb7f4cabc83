"""What holds for any text: incoming conversion, frames, and the JSON of the outbox."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from telegram import Update, User

from botcore import codec
from botcore.cutting import utf16_length
from botcore.graphemes import is_blank
from botcore.messages import Message, Piece, Reply, Text, clean
from botcore_telegram.frames import cut
from botcore_telegram.incoming import Receiver
from botcore_telegram.pieces import pieces_of

BOT = User(7000001, "Helper", is_bot=True, username="helper_bot")
TEXTS = st.text(st.characters(), min_size=1, max_size=60)  # with halves of surrogate pairs
MENTIONING = st.lists(
    st.sampled_from(["@helper_bot", "@HELPER_BOT", "/ask@helper_bot", "👩‍🚀", " ", ",", "a", "_"])
).map("".join)
ENTITIES = st.lists(
    st.fixed_dictionaries(
        {
            "type": st.sampled_from(["mention", "bot_command", "text_mention", "bold", "a_type_to_come"]),
            "offset": st.integers(-5, 70),
            "length": st.integers(-5, 70),
        }
    ),
    max_size=4,
)


def update(text: str, entities: list[dict[str, Any]], kind: str) -> Update:
    message = {
        "message_id": 1,
        "date": 1_700_000_000,
        "chat": {"id": -5, "type": kind, "title": "Friends"},
        "from": {"id": 5, "is_bot": False, "first_name": "Ada"},
        "text": text,
        "entities": entities,
    }
    return Update.de_json({"update_id": 1, "message": message}, None)


@given(TEXTS | MENTIONING.filter(bool), ENTITIES, st.sampled_from(["private", "supergroup"]))
def test_any_text_with_any_entities_is_converted(text: str, entities: list[dict[str, Any]], kind: str) -> None:
    got = Receiver(BOT).convert(update(text, entities, kind))
    if got is None:  # a command for another bot
        assert kind == "supergroup"
        assert any(entity["type"] == "bot_command" and entity["offset"] == 0 for entity in entities)
        return
    assert isinstance(got.event, Message)
    said = got.event.text
    assert said in clean(text) or said.replace("/ask", "/ask@helper_bot", 1).casefold() in clean(text).casefold()
    if not got.event.addressed:
        assert said == clean(text)


@given(st.text(st.characters(), max_size=200), st.integers(0, 60))
def test_a_frame_fits_into_one_message(text: str, times: int) -> None:
    shown = cut(clean(text) * times)
    assert utf16_length(shown) <= 4096
    assert (clean(text) * times).strip().startswith(shown)
    assert shown.encode().decode() == shown


@given(st.text(st.characters(), max_size=300), st.booleans())
def test_pieces_survive_the_outbox_and_none_is_empty(text: str, plain: bool) -> None:
    pieces = pieces_of(Reply.of(Text(text, plain=plain)))
    assert pieces
    for piece in pieces:
        assert not is_blank(piece.text)
        assert utf16_length(piece.text) <= 4096
        assert codec.decode(Piece, codec.encode(piece)) == piece
