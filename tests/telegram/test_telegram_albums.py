"""Several pictures of one answer, as the albums that people see."""

from typing import TYPE_CHECKING

import pytest

from botcore.errors import MessageGone, SendLater, SendUnknown
from botcore.messages import Button, File, Image, Piece, Reply
from botcore.testing.telegram_server import Limits, png, telegram_server

if TYPE_CHECKING:
    from botcore.testing.telegram_server import Person
    from botcore.testing.telegram_server.model import Message
    from tests.telegram.conftest import Connect, House, Talk

VARY = ((Button("Variation", says="/vary"),),)


def pictures(count: int, caption: str = "", *, width: int = 40) -> list[Image]:
    return [Image(data=png(width, 40), media_type="image/png", caption=caption) for _ in range(count)]


def albums(ada: "Person") -> list[list["Message"]]:
    """The messages of each album in the chat."""
    found: dict[str, list[Message]] = {}
    for message in ada.chat.transcript():
        if album := message.data.get("media_group_id"):
            found.setdefault(album, []).append(message)
    return list(found.values())


async def test_pictures_that_follow_each_other_are_one_album(talk: "Talk") -> None:
    await talk.answer("Here they are:", *pictures(3, "a **red** fox"), "and that is all")
    assert talk.lines()[-1] == "Helper: and that is all"
    [album] = albums(talk.ada)
    assert [message.text for message in album] == ["a red fox", "", ""]  # shown below the album by the apps
    assert album[0].entities == [{"type": "bold", "offset": 2, "length": 3}]
    assert "Helper: …" not in talk.lines()  # its place is gone
    [call] = talk.telegram.calls.of("sendMediaGroup")
    assert call.params["file0"].startswith("<")


async def test_different_captions_are_told_apart_by_number(talk: "Talk") -> None:
    await talk.answer(*pictures(1, "a fox"), *pictures(1), *pictures(1, "a hare"))
    [album] = albums(talk.ada)
    assert [message.text for message in album] == ["1. a fox\n\n3. a hare", "", ""]


async def test_a_caption_that_is_too_long_follows_the_album(talk: "Talk") -> None:
    await talk.answer(*pictures(2, "word " * 300))
    assert talk.lines() == ["Helper: [photo]", "Helper: [photo]", "Helper: " + ("word " * 300).strip()]


@pytest.mark.parametrize(("count", "sizes"), [(2, [2]), (10, [10]), (11, [6, 5]), (21, [7, 7, 7])])
async def test_an_album_holds_ten_and_no_picture_is_left_alone(talk: "Talk", count: int, sizes: list[int]) -> None:
    await talk.answer(*pictures(count))
    assert [len(album) for album in albums(talk.ada)] == sizes


async def test_photos_and_files_share_no_album(talk: "Talk") -> None:
    drawing = Image(data=b"<svg/>", media_type="image/svg+xml", name="drawing.svg")
    table = File(data=b"a,b", name="table.csv")
    await talk.answer(*pictures(2), drawing, drawing, *pictures(1), table)
    kinds = [[message.media for message in album] for album in albums(talk.ada)]
    assert sorted(kinds) == [["document", "document"], ["photo", "photo"]]
    assert len(talk.lines()) == 6


async def test_an_album_is_no_larger_than_a_request(talk: "Talk") -> None:
    heavy = [Image(data=png(40, 40) + bytes(9 * 1024 * 1024), media_type="image/png")] * 6
    pieces = talk.outlet.split(Reply.of(*heavy))
    assert [len(piece.attachments) for piece in pieces] == [5, 1]


async def test_pictures_of_odd_dimensions_go_as_an_album_of_documents(talk: "Talk") -> None:
    ribbon = Image(data=png(420, 10), name="ribbon.png", media_type="image/png")
    await talk.answer(*pictures(2, "three"), ribbon)
    [album] = albums(talk.ada)
    assert [message.media for message in album] == ["document"] * 3
    assert album[0].text == "three"


async def test_formatting_that_telegram_refuses_does_not_cost_the_album(talk: "Talk") -> None:
    refusal = "Bad Request: can't parse entities: a rule we do not know yet"
    talk.telegram.faults.refuse("sendMediaGroup", status=400, description=refusal)
    await talk.answer(*pictures(2, "a **red** fox"))
    [album] = albums(talk.ada)
    assert (album[0].text, album[0].entities) == ("a red fox", [])


async def test_buttons_stand_under_a_text_that_replies_to_the_album(talk: "Talk") -> None:
    pieces = talk.outlet.split(Reply.of(*pictures(2), buttons=VARY))
    assert [(piece.text, len(piece.attachments), len(piece.buttons)) for piece in pieces] == [
        ("", 2, 0),
        ("⬆ 2 pictures", 0, 1),
    ]
    for part, piece in enumerate(pieces):  # as the engine does: each place is taken when its turn comes
        place = await talk.outlet.send(talk.address, Piece("…"), key=f"7/{part}")
        await talk.outlet.edit(talk.address, place, piece)
    [album] = albums(talk.ada)
    below = talk.ada.chat.transcript()[-1]
    assert (below.text.strip("\u200b"), below.reply_to) == ("⬆ 2 pictures", album[0].id)
    assert below.buttons[0][0].label == "Variation"


async def test_the_caption_of_an_album_with_buttons_stands_with_them(talk: "Talk") -> None:
    pieces = talk.outlet.split(Reply.of(*pictures(2, "a **fox**"), buttons=VARY))
    assert [(piece.text, piece.markup is None) for piece in pieces] == [("", True), ("a fox", False)]
    told = talk.outlet.split(Reply.of(*pictures(2, "a fox"), "Two foxes.", buttons=VARY))
    assert [piece.text for piece in told] == ["a fox", "Two foxes."]


async def test_a_repeated_call_sends_no_album_twice(talk: "Talk") -> None:
    [piece] = talk.outlet.split(Reply.of(*pictures(2)))
    place = await talk.outlet.send(talk.address, Piece("…"), key="1/0")
    talk.telegram.faults.refuse("deleteMessage", status=429, description="Too Many Requests", retry_after=1)
    with pytest.raises(SendLater):
        await talk.outlet.edit(talk.address, place, piece)
    talk.telegram.faults.reset("deleteMessage", landed=True)
    with pytest.raises(SendUnknown):
        await talk.outlet.edit(talk.address, place, piece)
    await talk.outlet.edit(talk.address, place, piece)
    assert talk.lines() == ["Helper: [photo]"] * 2
    assert len(talk.telegram.calls.of("sendMediaGroup")) == 1


async def test_a_place_that_cannot_be_deleted_does_not_cost_the_album(talk: "Talk") -> None:
    [piece] = talk.outlet.split(Reply.of(*pictures(2)))
    place = await talk.outlet.send(talk.address, Piece("…"), key="1/0")
    talk.telegram.faults.refuse("deleteMessage", status=400, description="Bad Request: message can't be deleted")
    await talk.outlet.edit(talk.address, place, piece)
    assert talk.lines() == ["Helper: …", "Helper: [photo]", "Helper: [photo]"]


async def test_an_album_whose_place_is_gone_already_is_shown(talk: "Talk") -> None:
    [piece] = talk.outlet.split(Reply.of(*pictures(2)))
    place = await talk.outlet.send(talk.address, Piece("…"), key="1/0")
    await talk.outlet.delete(talk.address, place)
    await talk.outlet.edit(talk.address, place, piece)
    assert talk.lines() == ["Helper: [photo]"] * 2
    with pytest.raises(MessageGone):  # a text needs its place
        await talk.outlet.edit(talk.address, place, Piece("words"))


async def test_an_album_without_a_place_is_sent(talk: "Talk") -> None:
    [piece] = talk.outlet.split(Reply.of(*pictures(3)))
    number = await talk.outlet.send(talk.address, piece, key="1/0")
    assert str(albums(talk.ada)[0][0].id) == number


async def test_what_follows_an_album_waits_for_all_of_its_pictures(house: "House", connect: "Connect") -> None:
    async with telegram_server(limits=Limits.real()) as telegram:
        adapter = await connect(server=telegram, pace=True, messages_per_second=30)
        ada = telegram.user("Ada")
        await ada.says("hello")
        address = (await house.next()).address
        pieces = adapter.outlet.split(Reply.of(*pictures(5), "and that is all"))
        for part, piece in enumerate(pieces):
            await adapter.outlet.send(address, piece, key=f"1/{part}")
        assert all(call.ok for call in telegram.calls)  # five count against the limit, and so the text waits
        assert ada.chat.lines()[-1] == "Helper: and that is all"
        await adapter.close()
