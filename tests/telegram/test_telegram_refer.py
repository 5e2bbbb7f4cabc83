"""What a reply or a pressed button is about: the pictures, recordings and films of the message it refers to."""

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from botcore.adapter import ThreadOutlet
from botcore.errors import SendUnknown, Unsuitable
from botcore.messages import Audio, Button, File, Image, Message, Part, Piece, Press, Quote, Reply, Text, Video
from botcore.testing.telegram_server import Attachment, png

if TYPE_CHECKING:
    from tests.telegram.conftest import House, Talk

VARY = ((Button("Variation", says="/vary"),),)


async def quoted(house: "House") -> Quote:
    """What the next message replies to."""
    event = (await house.next()).event
    assert isinstance(event, Message)
    assert event.reply_to is not None
    return event.reply_to


async def pressed(house: "House") -> Press:
    event = (await house.next()).event
    assert isinstance(event, Press)
    return event


async def content(talk: "Talk", part: Part) -> bytes:
    assert not isinstance(part, Text)
    assert part.ref is not None
    return b"".join([piece async for piece in talk.outlet.fetch(part.ref, most=1_000_000)])


KINDS: list[tuple[Attachment, type[Part]]] = [
    (Attachment("photo", png()), Image),
    (Attachment("document", png(), "fox.png", "image/png"), Image),
    (Attachment("voice", b"OggS..", media_type="audio/ogg", duration=4), Audio),
    (Attachment("audio", b"ID3..", "song.mp3", "audio/mpeg", duration=200), Audio),
    (Attachment("document", b"RIFF..", "talk.wav", "audio/x-wav"), Audio),
    (Attachment("video", b"film", "clip.mp4", "video/mp4", duration=9), Video),
    (Attachment("video_note", b"round film", duration=5), Video),
    (Attachment("document", b"film", "clip.mkv", "video/x-matroska"), Video),
    (Attachment("document", b"a,b", "table.csv", "text/csv"), File),
]


@pytest.mark.parametrize(("sent", "kind"), KINDS, ids=[f"{sent.kind}-{kind.__name__}" for sent, kind in KINDS])
async def test_a_reply_to_a_file_carries_it(talk: "Talk", house: "House", sent: Attachment, kind: type[Part]) -> None:
    message = await talk.ada.sends(sent, "look")
    event = (await house.next()).event
    assert isinstance(event, Message)
    await talk.ada.says("/transcribe", reply_to=message)
    quote = await quoted(house)
    assert (quote.external_id, quote.mine) == (str(message.id), False)
    assert quote.parts == event.parts  # the same file, by its id, and the caption
    file = quote.parts[0]
    assert isinstance(file, kind)
    assert await content(talk, file) == sent.content
    if isinstance(file, Audio | Video) and sent.duration:
        assert (file.duration, file.size) == (sent.duration, len(sent.content))
    if isinstance(file, Video):
        assert file.note == (sent.kind == "video_note")


async def test_a_reply_to_the_bots_picture_carries_it(talk: "Talk", house: "House") -> None:
    [number] = await talk.answer(Image(data=png(50, 50), media_type="image/png", caption="a fox"))
    await talk.ada.says("/image make it blue", reply_to=talk.ada.chat.messages[int(number)])
    quote = await quoted(house)
    assert quote.mine
    assert isinstance(quote.parts[0], Image)
    assert quote.parts[1] == Text("a fox")
    assert await content(talk, quote.parts[0]) == png(50, 50)


async def test_words_chosen_from_a_caption_leave_its_picture_where_it_is(talk: "Talk", house: "House") -> None:
    message = await talk.ada.sends_photo(png(), "a fox and a hare")
    await house.next()
    reply = await talk.ada.says("only this one", reply_to=message)
    talk.telegram.inject({"message": {**reply.data, "message_id": 900, "quote": {"text": "a hare", "position": 10}}})
    await house.next()
    quote = await quoted(house)
    assert isinstance(quote.parts[0], Image)
    assert quote.parts[1:] == (Text("a hare"),)


async def test_a_press_under_a_picture_carries_it(talk: "Talk", house: "House") -> None:
    [piece] = talk.outlet.split(Reply.of(Image(data=png(50, 50), caption="a fox"), buttons=VARY))
    place = await talk.outlet.send(talk.address, Piece("…"), key="1/0")
    await talk.outlet.edit(talk.address, place, piece)
    await talk.ada.presses("Variation", on=talk.ada.chat.messages[int(place)])
    press = await pressed(house)
    assert (press.external_id, press.says, press.parts[1]) == (place, "/vary", Text("a fox"))
    assert await content(talk, press.parts[0]) == png(50, 50)


async def test_a_press_under_an_album_carries_its_pictures(talk: "Talk", house: "House") -> None:
    two = [Image(data=png(50 + 10 * number, 50), media_type="image/png") for number in range(2)]
    for part, piece in enumerate(talk.outlet.split(Reply.of(*two, buttons=VARY))):
        place = await talk.outlet.send(talk.address, Piece("…"), key=f"1/{part}")
        await talk.outlet.edit(talk.address, place, piece)
    below = talk.ada.chat.transcript()[-1]
    await talk.ada.presses("Variation", on=below)
    press = await pressed(house)
    assert press.external_id == str(below.id)
    assert [await content(talk, part) for part in press.parts[:2]] == [png(50, 50), png(60, 50)]
    assert press.parts[2:] == (Text("⬆ 2 pictures"),)


async def test_a_press_under_a_text_carries_no_picture_of_the_asker(talk: "Talk", house: "House") -> None:
    group = talk.telegram.group("Friends", [talk.ada])
    talk.telegram.world.reads_all_messages = True
    await talk.ada.sends_photo(png(), f"{talk.telegram.bot.mention} what is this?", chat=group)
    address = (await house.next()).address
    place = await talk.outlet.send(address, Piece("A red square.", buttons=VARY), key="1/0")
    await talk.ada.presses("Variation", on=group.chat.messages[int(place)])
    assert (await pressed(house)).parts == (Text("A red square."),)


async def test_a_growing_answer_has_its_buttons_until_it_is_final(talk: "Talk", house: "House") -> None:
    stop = ((Button("Stop", says="/stop"),),)
    place = await talk.outlet.send(talk.address, Piece("…"), key="1/0")
    await talk.outlet.frame(talk.address, place, "Once", stop)
    shown = talk.ada.chat.messages[int(place)]
    assert [button.label for button in shown.buttons[0]] == ["Stop"]
    await talk.outlet.frame(talk.address, place, "Once upon", stop)
    press = await talk.ada.presses("Stop", on=shown)
    assert (await pressed(house)).says == "/stop"
    assert (await press.answer()).answered
    await talk.outlet.frame(talk.address, place, "Once upon")  # an earlier part of a long answer loses it
    assert shown.buttons == []
    await talk.outlet.frame(talk.address, place, "Once upon a", stop)
    await talk.outlet.edit(talk.address, place, Piece("Once upon a"))
    assert (shown.text, shown.buttons) == ("Once upon a", [])


async def test_a_topic_is_opened_where_the_bot_may(talk: "Talk", house: "House") -> None:
    assert isinstance(talk.outlet, ThreadOutlet)
    forum = talk.telegram.group("Club", [talk.ada], forum=True)
    friends = talk.telegram.group("Friends", [talk.ada])
    for place, why in ((friends, "no topics"), (forum, "Manage topics")):
        await talk.ada.says("/chat", chat=place)
        with pytest.raises(Unsuitable, match=why):
            await talk.outlet.open_thread((await house.next()).address, "Plans", key="1/open")
    with pytest.raises(Unsuitable, match="no topics"):
        await talk.outlet.open_thread(talk.address, "Plans", key="2/open")
    await forum.promotes_bot(topics=True)
    await talk.ada.says("/chat", chat=forum)
    address = (await house.next()).address
    opened = await talk.outlet.open_thread(address, "Plans [1]\nfor *us*" + "!" * 200, key="3/open")
    topic = forum.chat.topics[int(opened.id)]
    assert topic.name == ("Plans [1] for *us*" + "!" * 200)[:128]
    [said] = talk.outlet.split(Reply.of(f"Go on in {opened.shown}."))
    assert said.text == f"Go on in {topic.name}."
    link = f"https://t.me/c/{str(forum.id).removeprefix('-100')}/{opened.id}"
    assert [entity["url"] for entity in said.markup] == [link]
    number = await talk.outlet.send(replace(address, thread=opened.id, reply_to=None), Piece("Welcome"), key="3/0")
    assert forum.chat.messages[int(number)].thread == topic.id


async def test_a_topic_that_may_have_been_opened_is_not_claimed_to_be(talk: "Talk", house: "House") -> None:
    forum = talk.telegram.group("Club", [talk.ada], forum=True)
    await forum.promotes_bot(topics=True)
    await talk.ada.says("/chat", chat=forum)
    address = (await house.next()).address
    talk.telegram.faults.reset("createForumTopic", landed=True)
    with pytest.raises(SendUnknown):
        await talk.outlet.open_thread(address, "Plans", key="1/open")
