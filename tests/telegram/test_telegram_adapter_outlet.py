"""What the bot sends, edits and fetches, as it is seen in Telegram; and every way in which Telegram says no."""

import asyncio
from typing import TYPE_CHECKING

import pytest

from botcore.errors import DeliveryError, MessageGone, SendFailed, SendLater, SendUnknown, Unsuitable
from botcore.messages import Address, Audio, Button, File, Image, Message, Piece, Reply, Text, Video
from botcore.testing.telegram_server import Group, Limits, Topic, png, telegram_server

if TYPE_CHECKING:
    from tests.telegram.conftest import Connect, House, Talk


async def in_group(talk: "Talk", house: "House", group: Group, *, thread: Topic | None = None) -> Address:
    await talk.ada.says("/hello", chat=group, thread=thread)
    return (await house.next()).address


# ---- texts ----


async def test_an_answer_replaces_its_placeholder_and_is_formatted(talk: "Talk") -> None:
    [number] = await talk.answer("**Paris** is in `France`, see [here](https://example.com/a)")
    answer = await talk.telegram.bot.answers(talk.ada)
    assert str(answer.id) == number
    assert answer.history == ["…", "Paris is in France, see here"]
    assert [(e["type"], e["offset"], e["length"]) for e in answer.entities] == [
        ("bold", 0, 5),
        ("code", 12, 6),
        ("text_link", 24, 4),
    ]
    assert talk.telegram.calls.of("editMessageText")[0].params["link_preview_options"] == {"is_disabled": True}


HOSTILE = [
    "*_`[",
    "```python\nprint('unclosed",
    "~~**__nested *and* unclosed__**",
    "[link](javascript:alert(1)) ![x](data:,)",
    "<b>html</b> &amp; <script>",
    "1 < 2 > 0 && a_b_c __init__ 2**8",
    "\ud800 half, \x00 nul, \u202e reversed",
    "| a | b |\n|---|---|\n| **1** | `2` |",
    "> quote\n>> deeper\n- list\n  - [ ] task",
    "👨‍👩‍👧‍👦 **عربي** *हिन्दी* `日本語`",
    "$E=mc^2$ \\(x\\) \\[y\\]",
]


@pytest.mark.parametrize("markdown", HOSTILE)
async def test_hostile_markdown_is_delivered_at_the_first_attempt(talk: "Talk", markdown: str) -> None:
    await talk.answer(markdown)
    assert len(talk.lines()) == 1
    assert [call.status for call in talk.telegram.calls.of("editMessageText")] == [200]


async def test_what_telegram_does_not_take_as_formatting_is_shown_without(talk: "Talk") -> None:
    refusal = "Bad Request: can't parse entities: a rule we do not know yet"
    talk.telegram.faults.refuse("editMessageText", status=400, description=refusal)
    await talk.answer("**bold**")
    answer = await talk.telegram.bot.answers(talk.ada)
    assert (answer.text, answer.entities) == ("bold", [])
    assert len(talk.telegram.calls.of("editMessageText")) == 2


async def test_buttons_that_telegram_refuses_do_not_cost_the_answer(talk: "Talk") -> None:
    piece = Piece("read this", buttons=((Button("Read", url="https://exa mple/"),),))
    talk.telegram.faults.refuse("sendMessage", status=400, description="Bad Request: BUTTON_URL_INVALID")
    await talk.outlet.send(talk.address, piece, key="1/0")
    assert (await talk.telegram.bot.answers(talk.ada)).buttons == []


async def test_a_long_answer_is_several_messages_and_nothing_is_lost(talk: "Talk") -> None:
    words = [f"{number}👩‍🚀" for number in range(3000)]
    await talk.answer(" ".join(words))
    shown = [message.text for message in talk.ada.chat.transcript()[1:]]
    assert len(shown) > 3
    assert " ".join(shown).split() == words
    assert all(len(text.encode("utf-16-le")) // 2 <= 4096 for text in shown)


async def test_plain_text_is_left_as_it_is(talk: "Talk") -> None:
    await talk.answer(Text("**not bold** <b> _ `", plain=True))
    answer = await talk.telegram.bot.answers(talk.ada)
    assert (answer.text, answer.entities) == ("**not bold** <b> _ `", [])


@pytest.mark.parametrize("nothing", ["", " \n ", "\u200b", "\u2060\u200d"])
async def test_an_answer_without_anything_to_see_says_so(talk: "Talk", nothing: str) -> None:
    await talk.answer(nothing)
    assert talk.lines() == ["Helper: (nothing to show)"]
    await talk.outlet.send(talk.address, Piece(), key="2/0")
    assert talk.lines()[1:] == ["Helper: (nothing to show)"]


async def test_buttons_stand_below_the_last_piece(talk: "Talk") -> None:
    asked = Reply.of("x" * 5000, buttons=[[Button("Yes", says="yes")]])
    pieces = talk.outlet.split(asked)
    assert [bool(piece.buttons) for piece in pieces] == [False, True]
    number = await talk.outlet.send(talk.address, Piece("…"), key="1/0")
    await talk.outlet.edit(talk.address, number, pieces[1])
    assert (await talk.telegram.bot.answers(talk.ada)).buttons[0][0].data == "yes"


# ---- places ----


async def test_in_groups_the_question_is_replied_to_even_when_it_is_gone(talk: "Talk", house: "House") -> None:
    group = talk.telegram.group("Friends", [talk.ada])
    address = await in_group(talk, house, group)
    number = await talk.outlet.send(address, Piece("hi"), key="1/0")
    assert group.chat.messages[int(number)].reply_to == int(address.reply_to or 0)
    await talk.ada.deletes(group.transcript()[0])
    number = await talk.outlet.send(address, Piece("still here"), key="2/0")
    assert group.chat.messages[int(number)].reply_to is None


async def test_topics_are_answered_in_and_typed_in(talk: "Talk", house: "House") -> None:
    forum = talk.telegram.group("Forum", [talk.ada], forum=True)
    plans = await forum.topic("Plans")
    address = await in_group(talk, house, forum, thread=plans)
    number = await talk.outlet.send(address, Piece("in plans"), key="1/0")
    assert forum.chat.messages[int(number)].thread == plans.id
    await talk.outlet.typing(address)
    assert forum.chat.actions[-1].thread == plans.id

    general = await in_group(talk, house, forum)
    number = await talk.outlet.send(general, Piece("in general"), key="2/0")
    assert forum.chat.messages[int(number)].thread is None
    await talk.outlet.typing(general)
    assert forum.chat.actions[-1].thread == 1  # without it, nothing would be seen

    await forum.closes(plans)
    with pytest.raises(SendFailed, match=r"(?i)topic_closed"):
        await talk.outlet.send(address, Piece("too late"), key="3/0")


async def test_a_group_that_became_a_supergroup_is_followed(talk: "Talk", house: "House") -> None:
    group = talk.telegram.group("Friends", [talk.ada])
    address = await in_group(talk, house, group)
    larger = await group.becomes_supergroup()
    await talk.outlet.send(address, Piece("where are you?"), key="1/0")
    await talk.outlet.send(address, Piece("there you are"), key="2/0")
    assert larger.lines() == ["Helper: where are you?", "Helper: there you are"]
    assert len(talk.telegram.calls.of("sendMessage")) == 3  # the new id is remembered


# ---- Telegram says no ----


async def test_people_and_groups_that_shut_the_bot_out(talk: "Talk", house: "House") -> None:
    group = talk.telegram.group("Friends", [talk.ada])
    address = await in_group(talk, house, group)
    await group.kicks_bot()
    with pytest.raises(SendFailed, match="kicked"):
        await talk.outlet.send(address, Piece("hi"), key="1/0")
    await talk.ada.blocks()
    with pytest.raises(SendFailed, match="blocked"):
        await talk.outlet.send(talk.address, Piece("hi"), key="1/0")
    with pytest.raises(SendFailed, match="blocked"):
        await talk.outlet.typing(talk.address)
    nowhere = Address("telegram", "7000001", "424242")
    with pytest.raises(SendFailed, match=r"(?i)chat not found"):
        await talk.outlet.send(nowhere, Piece("hi"), key="1/0")


async def test_flood_control_holds_the_chat(talk: "Talk") -> None:
    number = await talk.outlet.send(talk.address, Piece("…"), key="1/0")
    for method in ("sendMessage", "editMessageText"):
        talk.telegram.faults.refuse(method, status=429, description="Too Many Requests: retry after 77", retry_after=77)
    with pytest.raises(SendLater) as later:
        await talk.outlet.send(talk.address, Piece("hi"), key="2/0")
    assert later.value.retry_after == 77
    talk.telegram.calls.clear()
    await talk.outlet.frame(talk.address, number, "more")  # dropped, as typing is: Telegram wants quiet
    await talk.outlet.typing(talk.address)
    assert len(talk.telegram.calls) == 0
    waiting = asyncio.create_task(talk.outlet.edit(talk.address, number, Piece("done")))
    assert await asyncio.wait({waiting}, timeout=0.05) == (set(), {waiting})
    waiting.cancel()


async def test_an_edit_that_changes_nothing_is_a_success(talk: "Talk") -> None:
    [number] = await talk.answer("**same**")
    piece = talk.outlet.split(Reply.of("**same**"))[0]
    await talk.outlet.edit(talk.address, number, piece)
    assert talk.telegram.calls.of("editMessageText")[-1].status == 400


async def test_a_deleted_placeholder_is_told(talk: "Talk") -> None:
    number = await talk.outlet.send(talk.address, Piece("…"), key="1/0")
    await talk.outlet.delete(talk.address, number)
    await talk.outlet.delete(talk.address, number)  # gone is gone
    with pytest.raises(MessageGone):
        await talk.outlet.edit(talk.address, number, Piece("hi"))
    with pytest.raises(MessageGone):
        await talk.outlet.frame(talk.address, number, "hi")


@pytest.mark.parametrize("landed", [False, True])
async def test_a_send_whose_answer_is_lost_is_unknown(talk: "Talk", landed: bool) -> None:
    talk.telegram.faults.reset("sendMessage", landed=landed)
    with pytest.raises(SendUnknown):
        await talk.outlet.send(talk.address, Piece("hi"), key="1/0")
    talk.telegram.faults.garble("sendMessage", landed=landed)
    with pytest.raises(SendUnknown):
        await talk.outlet.send(talk.address, Piece("hi"), key="1/0")
    assert talk.lines() == ["Helper: hi"] * 2 * landed


async def test_a_send_that_never_left_may_be_repeated_soon(talk: "Talk", connect: "Connect") -> None:
    async with telegram_server() as gone:
        pass
    cut_off = await connect(server=gone)
    with pytest.raises(SendLater) as later:
        await cut_off.outlet.send(talk.address, Piece("hi"), key="1/0")
    assert later.value.retry_after == 1


# ---- growing answers ----


async def test_frames_are_plain_and_none_is_shown_twice(talk: "Talk") -> None:
    number = await talk.outlet.send(talk.address, Piece("…"), key="1/0")
    for text in ("**On", "**On", "  ", "**Once** upon", "**Once** upon"):
        await talk.outlet.frame_slot(talk.address)
        await talk.outlet.frame(talk.address, number, text)
    await talk.outlet.edit(talk.address, number, talk.outlet.split(Reply.of("**Once** upon a time."))[0])
    shown = talk.ada.chat.messages[int(number)]
    assert shown.history == ["…", "**On", "**Once** upon", "Once upon a time."]
    assert len(talk.telegram.calls.of("editMessageText")) == 3


async def test_a_frame_is_cut_to_one_message(talk: "Talk") -> None:
    number = await talk.outlet.send(talk.address, Piece("…"), key="1/0")
    await talk.outlet.frame(talk.address, number, "x" + "👩" * 4096)
    assert talk.ada.chat.messages[int(number)].text == "x" + "👩" * 2047


async def test_a_frame_on_its_way_does_not_overtake_the_final_text(talk: "Talk") -> None:
    number = await talk.outlet.send(talk.address, Piece("…"), key="1/0")
    hold = talk.telegram.faults.hold("editMessageText")
    frame = asyncio.create_task(talk.outlet.frame(talk.address, number, "so far"))
    await hold.reached()
    frame.cancel()  # the turn is over; the server has the frame all the same
    final = asyncio.create_task(talk.outlet.edit(talk.address, number, Piece("the end")))
    assert await asyncio.wait({final}, timeout=0.05) == (set(), {final})
    hold.release()
    await final
    assert talk.ada.chat.messages[int(number)].history == ["…", "so far", "the end"]


async def test_the_pace_of_telegram_is_kept(house: "House", connect: "Connect") -> None:
    async with telegram_server(limits=Limits.real()) as telegram:
        adapter = await connect(server=telegram, pace=True, messages_per_second=30, frame_seconds=1.0)
        ada = telegram.user("Ada")
        await ada.says("hello")
        address = (await house.next()).address
        for number in range(6):  # more than the five that Telegram takes at once
            await adapter.outlet.send(address, Piece(str(number)), key=f"{number}/0")
        assert all(call.ok for call in telegram.calls)
        assert ada.chat.lines()[1:] == [f"Helper: {number}" for number in range(6)]
        await adapter.close()


# ---- files ----


async def test_a_placeholder_becomes_a_picture_with_a_formatted_caption(talk: "Talk") -> None:
    [number] = await talk.answer(Image(data=png(320, 200), media_type="image/png", caption="a **fox**"))
    shown = await talk.telegram.bot.answers(talk.ada)
    assert (str(shown.id), shown.media, shown.text) == (number, "photo", "a fox")
    assert shown.entities == [{"type": "bold", "offset": 2, "length": 3}]
    assert talk.lines() == ["Helper: [photo] a fox"]


async def test_a_picture_of_odd_dimensions_goes_as_a_document(talk: "Talk") -> None:
    ribbon = Image(data=png(420, 10), name="ribbon.png", media_type="image/png", caption="long")
    await talk.answer(ribbon)
    await talk.outlet.send(talk.address, talk.outlet.split(Reply.of(ribbon))[0], key="2/0")
    assert talk.lines() == ["Helper: [document] long"] * 2


async def test_every_kind_of_file_is_shown_as_what_it_is(talk: "Talk") -> None:
    await talk.answer(
        Image(data=png(), media_type="image/png"),
        Image(data=b"<svg/>", media_type="image/svg+xml", name="drawing.svg"),
        Audio(data=b"ID3..", media_type="audio/mpeg", name="song.mp3", duration=3.4),
        Audio(data=b"RIFF..", media_type="audio/wav"),
        Audio(data=b"OggS..", media_type="audio/ogg", voice=True, duration=2.6),
        Video(data=b"mp4..", media_type="video/mp4", duration=1),
        File(data=b"a,b\n", media_type="text/csv", name="table.csv"),
        "and that is all",
    )
    shown = talk.ada.chat.transcript()[1:]
    kinds = ["photo", "document", "audio", "document", "voice", "video", "document", None]
    assert sorted(str(message.media) for message in shown) == sorted(map(str, kinds))
    assert len(talk.lines()) == len(kinds)  # the voice message's place is gone
    voice = next(message for message in shown if message.media == "voice")
    assert voice.data["voice"]["duration"] == 3
    names = {message.data["document"].get("file_name") for message in shown if message.media == "document"}
    assert names == {"drawing.svg", "audio.wav", "table.csv"}


async def test_people_who_take_no_voice_messages_get_a_document(talk: "Talk") -> None:
    refusal = "Bad Request: VOICE_MESSAGES_FORBIDDEN"
    talk.telegram.faults.refuse("sendVoice", status=400, description=refusal)
    await talk.answer(Audio(data=b"OggS..", media_type="audio/ogg", voice=True, duration=2))
    assert talk.lines() == ["Helper: [document]"]


async def test_a_caption_that_is_too_long_follows_as_text(talk: "Talk") -> None:
    await talk.answer(Image(data=png(), caption="word " * 300))
    assert talk.lines() == ["Helper: [photo]", "Helper: " + ("word " * 300).strip()]


async def test_a_file_beyond_the_limit_is_told_in_words(talk: "Talk") -> None:
    await talk.answer(File(data=bytes(51 * 1024 * 1024), name="huge.bin"))
    assert talk.lines() == ["Helper: The file huge.bin has 51 MB; Telegram takes 50 MB."]


async def test_an_empty_file_fails_for_good(talk: "Talk") -> None:
    for empty in (File(data=b"", name="empty.txt"), File(name="nothing.txt")):
        with pytest.raises(SendFailed):
            await talk.answer(empty)


async def test_a_known_file_is_sent_by_its_id(talk: "Talk", house: "House") -> None:
    await talk.ada.sends_photo(png(30, 30))
    event = (await house.next()).event
    assert isinstance(event, Message)
    await talk.answer(event.parts[0])
    assert talk.lines() == ["Ada: [photo]", "Helper: [photo]"]


async def test_a_text_in_the_place_of_a_picture_takes_a_place_of_its_own(talk: "Talk") -> None:
    [number] = await talk.answer(Image(data=png()))
    with pytest.raises(MessageGone):
        await talk.outlet.edit(talk.address, number, Piece("rather in words"))
    assert talk.lines() == []


async def test_incoming_files_are_fetched_as_bytes(talk: "Talk", house: "House") -> None:
    content = bytes(range(256)) * 1000
    await talk.ada.sends_document(content, "data.bin")
    ref = await ref_of(house)
    got = [piece async for piece in talk.outlet.fetch(ref, most=len(content))]
    assert b"".join(got) == content
    assert len(got) > 1


async def ref_of(house: "House") -> str:
    event = (await house.next()).event
    assert isinstance(event, Message)
    assert isinstance(event.parts[0], File)
    return event.parts[0].ref or ""


@pytest.mark.parametrize(
    ("size", "declared", "words"),
    [(200_000, None, "up to 0 MB"), (200_000, 10, "up to 0 MB"), (10, 21 * 1024 * 1024, "up to 0 MB")],
)
async def test_a_file_that_is_too_large_is_refused_in_words(
    talk: "Talk", house: "House", size: int, declared: int | None, words: str
) -> None:
    await talk.ada.sends_document(bytes(size), "data.bin", size=declared)
    ref = await ref_of(house)
    with pytest.raises(Unsuitable, match=words) as refused:
        async for _ in talk.outlet.fetch(ref, most=100_000):
            pass
    assert "http" not in str(refused.value)


async def test_a_file_that_telegram_does_not_give_is_refused_in_words(talk: "Talk", house: "House") -> None:
    with pytest.raises(Unsuitable, match="send it again"):
        await anext(aiter(talk.outlet.fetch("no-such-file", most=100)))
    await talk.ada.sends_document(b"x", "x.bin")
    ref = await ref_of(house)
    talk.telegram.faults.reset("getFile")
    with pytest.raises(DeliveryError):
        await anext(aiter(talk.outlet.fetch(ref, most=100)))
