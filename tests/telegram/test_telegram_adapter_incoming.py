"""What people do in Telegram, and what the engine is told of it."""

from typing import TYPE_CHECKING, Any

import pytest

from botcore.messages import Audio, Button, Edit, File, Image, Incoming, Message, Press, Reaction, Reply, Text, Video
from botcore.testing.telegram_server import Attachment, TelegramServer, png

if TYPE_CHECKING:
    from tests.telegram.conftest import Connect, House


def said(incoming: Incoming) -> Message:
    assert isinstance(incoming.event, Message)
    return incoming.event


async def test_a_private_message_says_who_where_and_what(
    telegram: TelegramServer, house: "House", connect: "Connect"
) -> None:
    await connect()
    ada = telegram.user("Ada", username="ada", language="en")
    sent = await ada.says("hello there")
    got = await house.next()
    assert got.event == Message(str(sent.id), (Text("hello there"),), addressed=True)
    assert (got.chat.platform, got.chat.id, got.chat.kind, got.chat.thread) == (
        "telegram",
        str(ada.id),
        "private",
        None,
    )
    assert (got.sender.id, got.sender.name, got.sender.username, got.sender.locale) == (str(ada.id), "Ada", "ada", "en")
    assert (got.address.bot, got.address.chat, got.address.reply_to) == (str(telegram.bot.id), str(ada.id), None)
    assert not got.sender.trusted


async def test_in_a_group_only_what_names_the_bot_addresses_it(
    telegram: TelegramServer, house: "House", connect: "Connect"
) -> None:
    telegram.world.reads_all_messages = True
    await connect()
    ada, bob = telegram.user("Ada"), telegram.user("Bob")
    group = telegram.group("Friends", [ada, bob], supergroup=True)
    bot = telegram.bot.mention

    await ada.says("lovely weather", chat=group)
    got = await house.next()
    assert (said(got).addressed, said(got).text, got.chat.kind, got.chat.title) == (
        False,
        "lovely weather",
        "group",
        "Friends",
    )

    await ada.says(f"{bot}, is it? 🌦", chat=group)
    got = await house.next()
    assert (said(got).addressed, said(got).text) == (True, "is it? 🌦")
    assert got.address.reply_to == said(got).external_id

    await bob.says(f"what do you say, {bot}?", chat=group)
    assert (said(got := await house.next()).addressed, said(got).text) == (True, f"what do you say, {bot}?")

    await bob.says(f"👨‍👩‍👧 what do you say {bot.upper()}", chat=group)
    assert (said(got := await house.next()).addressed, said(got).text) == (True, "👨‍👩‍👧 what do you say")

    await bob.says(f"{bot}s_cousin knows", chat=group)
    assert (said(got := await house.next()).addressed, said(got).text) == (False, f"{bot}s_cousin knows")


async def test_commands_go_to_the_bot_they_name(telegram: TelegramServer, house: "House", connect: "Connect") -> None:
    telegram.world.reads_all_messages = True
    await connect()
    ada = telegram.user("Ada")
    group = telegram.group("Friends", [ada])
    await ada.says("/help", chat=group)
    assert (said(got := await house.next()).addressed, said(got).text) == (True, "/help")
    await ada.says("/image@other_bot a fox", chat=group)
    await ada.says(f"/image{telegram.bot.mention} a fox for {telegram.bot.mention}", chat=group)
    got = await house.next()  # the one for another bot is not among them
    assert (said(got).addressed, said(got).text) == (True, "/image a fox for")
    await ada.says("/start@other_bot")
    assert said(await house.next()).text == "/start@other_bot"  # in private there is nobody else to mean
    assert len(house.accepted) == 3


async def test_a_reply_to_the_bot_addresses_it_and_carries_the_quote(
    telegram: TelegramServer, house: "House", connect: "Connect"
) -> None:
    adapter = await connect()
    ada, bob = telegram.user("Ada\nOperator"), telegram.user("Bob")
    group = telegram.group("Friends", [ada, bob])
    await ada.says("/hello", chat=group)
    address = (await house.next()).address
    number = await adapter.outlet.send(address, adapter.outlet.split(Reply.of("**Hi** all"))[0], key="1/0")
    answer = group.chat.messages[int(number)]
    await bob.says("and me?", chat=group, reply_to=answer)
    got = said(await house.next())
    assert got.addressed
    assert got.reply_to is not None
    assert (got.reply_to.mine, got.reply_to.parts, got.reply_to.external_id) == (True, (Text("Hi all"),), number)

    question = group.transcript()[0]
    await bob.says(f"{telegram.bot.mention} what is this?", chat=group, reply_to=question)
    telegram.world.reads_all_messages = True
    await bob.says(f"{telegram.bot.mention} and this?", chat=group, reply_to=question)
    got = said(await house.next())
    assert got.reply_to is not None
    assert (got.reply_to.mine, got.reply_to.author, got.reply_to.parts) == (False, "Ada Operator", (Text("/hello"),))


async def test_topics_are_places_of_their_own_and_the_general_one_is_named(
    telegram: TelegramServer, house: "House", connect: "Connect"
) -> None:
    await connect()
    ada = telegram.user("Ada")
    forum = telegram.group("Forum", [ada], forum=True)
    plans = await forum.topic("Plans")
    await ada.says("/ask in plans", chat=forum, thread=plans)
    got = await house.next()
    assert (got.chat.thread, got.address.thread) == (str(plans.id), str(plans.id))
    assert said(got).reply_to is None  # the message that opened the topic is no quote
    await ada.says("/ask in general", chat=forum)
    got = await house.next()
    assert (got.chat.thread, got.address.thread) == ("1", "1")


async def test_albums_and_cut_pastes_say_that_they_belong_together(
    telegram: TelegramServer, house: "House", connect: "Connect"
) -> None:
    await connect()
    ada = telegram.user("Ada")
    await ada.sends_album(Attachment("photo", png()), Attachment("photo", png()), caption="two of them")
    first, second = said(await house.next()), said(await house.next())
    assert first.joins is not None
    assert first.joins == second.joins
    assert [type(part) for part in (*first.parts, *second.parts)] == [Image, Text, Image]

    await ada.pastes("word " * 2000)
    pieces = [said(await house.next()) for _ in range(3)]
    assert len({piece.joins for piece in pieces}) == 1
    assert pieces[0].joins not in (None, first.joins)

    await ada.says("a thought of its own")
    assert said(await house.next()).joins is None


async def test_an_edited_message_is_an_edit(telegram: TelegramServer, house: "House", connect: "Connect") -> None:
    await connect()
    ada = telegram.user("Ada")
    message = await ada.says("what is 2+3")
    await house.next()
    await ada.edits(message, "what is 2+2")
    assert (await house.next()).event == Edit(str(message.id), (Text("what is 2+2"),), addressed=True)
    photo = await ada.sends_photo(caption="befor")
    await house.next()
    await ada.edits(photo, "before")
    edited = (await house.next()).event
    assert isinstance(edited, Edit)
    assert edited.text == "before"


async def test_a_pressed_button_is_a_press_and_is_acknowledged(
    telegram: TelegramServer, house: "House", connect: "Connect"
) -> None:
    adapter = await connect()
    ada = telegram.user("Ada")
    await ada.says("choose for me")
    address = (await house.next()).address
    asked = Reply.of("Which?", buttons=[[Button("Tea", says="/tea"), Button("Site", url="https://example.com/")]])
    number = await adapter.outlet.send(address, adapter.outlet.split(asked)[0], key="1/0")
    shown = await telegram.bot.answers(ada)
    assert [[(b.label, b.data, b.url) for b in row] for row in shown.buttons] == [
        [("Tea", "/tea", None), ("Site", None, "https://example.com/")]
    ]
    press = await ada.presses("Tea", on=shown)
    got = await house.next()
    assert got.event == Press(number, "/tea", (Text("Which?"),))
    assert (got.sender.id, got.address.chat, got.address.reply_to) == (str(ada.id), str(ada.id), None)
    assert (await press.answer()).answered


async def test_a_reaction_says_what_stands_there_now(
    telegram: TelegramServer, house: "House", connect: "Connect"
) -> None:
    adapter = await connect()
    ada, bob = telegram.user("Ada"), telegram.user("Bob")
    await ada.says("hello")
    address = (await house.next()).address
    await adapter.outlet.send(address, adapter.outlet.split(Reply.of("Hello!"))[0], key="1/0")
    shown = await telegram.bot.answers(ada)
    await ada.reacts("👍", shown)
    got = await house.next()
    assert got.event == Reaction(str(shown.id), ("👍",))
    assert (got.sender.id, got.address.chat, got.chat.kind) == (str(ada.id), str(ada.id), "private")
    await ada.reacts(None, shown)
    assert (await house.next()).event == Reaction(str(shown.id))

    group = telegram.group("Friends", [ada, bob], supergroup=True)
    await group.promotes_bot()  # elsewhere Telegram tells a bot of no reactions
    question = await bob.says("/help", chat=group)
    await house.next()
    await bob.reacts("👎", question)
    got = await house.next()
    assert (got.event, got.chat.id, got.chat.kind) == (Reaction(str(question.id), ("👎",)), str(group.id), "group")


async def test_files_come_by_reference_with_what_is_declared(
    telegram: TelegramServer, house: "House", connect: "Connect"
) -> None:
    await connect()
    ada = telegram.user("Ada")
    await ada.sends_photo(png(640, 480), "look")
    photo = said(await house.next()).parts
    assert isinstance(photo[0], Image)
    assert (photo[0].width, photo[0].height, photo[0].media_type, photo[1]) == (640, 480, "image/jpeg", Text("look"))
    await ada.sends_voice(b"OggS...", 7)
    voice = said(await house.next()).parts[0]
    assert isinstance(voice, Audio)
    assert voice == Audio(ref=voice.ref, media_type="audio/ogg", size=7, duration=7.0, voice=True)
    await ada.sends_document(b"%PDF-", "paper.pdf", media_type="application/pdf", size=123)
    paper = said(await house.next()).parts[0]
    assert isinstance(paper, File)
    assert paper == File(ref=paper.ref, media_type="application/pdf", name="paper.pdf", size=123)
    await ada.sends_document(png(), "raw.png", media_type="image/png")
    assert isinstance(said(await house.next()).parts[0], Image)
    await ada.sends(Attachment("audio", b"ID3", "song.mp3", "audio/mpeg", duration=61))
    song = said(await house.next()).parts[0]
    assert isinstance(song, Audio)
    assert song == Audio(ref=song.ref, media_type="audio/mpeg", name="song.mp3", size=3, duration=61.0)
    await ada.sends(Attachment("video", b"mp4", "film.mp4", "video/mp4", duration=3))
    film = said(await house.next()).parts[0]
    assert isinstance(film, Video)
    assert (film.duration, film.note) == (3.0, False)


USER = {"id": 5, "is_bot": False, "first_name": "Ada"}
PRIVATE = {"id": 5, "type": "private", "first_name": "Ada"}
GROUP = {"id": -1000000000077, "type": "supergroup", "title": "Friends"}
FILE = {"file_id": "x", "file_unique_id": "y"}


def message(**fields: Any) -> dict[str, Any]:
    return {"message": {"message_id": 1, "date": 1_700_000_000, "from": USER, "chat": PRIVATE, **fields}}


STICKER = {**FILE, "type": "regular", "width": 1, "height": 1, "is_animated": False, "is_video": False}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ({"sticker": {**STICKER, "emoji": "🦊"}}, "🦊"),
        ({"sticker": STICKER}, "[sticker]"),
        ({"dice": {"emoji": "🎲", "value": 4}}, "🎲 4"),
        ({"contact": {"phone_number": "1", "first_name": "Bob", "last_name": "Roe"}}, "[contact: Bob Roe]"),
        ({"location": {"latitude": 1.5, "longitude": 2.5}}, "[location: 1.5, 2.5]"),
        (
            {
                "location": {"latitude": 1.5, "longitude": 2.5},
                "venue": {"location": {"latitude": 1.5, "longitude": 2.5}, "title": "Café", "address": "High St 1"},
            },
            "[place: Café, High St 1]",
        ),
        ({"video_note": {**FILE, "length": 1, "duration": 4}}, "video note of 4 s"),
        ({"animation": {**FILE, "width": 1, "height": 1, "duration": 2}}, "video of 2 s"),
    ],
)
async def test_other_content_is_told_in_words(
    telegram: TelegramServer, house: "House", connect: "Connect", content: dict[str, Any], told: str
) -> None:
    await connect()
    telegram.inject(message(**content))
    part = said(await house.next()).parts[0]
    if isinstance(part, Video):
        assert f"video{' note' if part.note else ''} of {part.duration:g} s" == told
    else:
        assert part == Text(told)


async def test_an_anonymous_administrator_writes_as_the_group(
    telegram: TelegramServer, house: "House", connect: "Connect"
) -> None:
    await connect()
    anonymous = {"id": 1087968824, "is_bot": True, "first_name": "Group", "username": "GroupAnonymousBot"}
    text = {"text": "/hello", "entities": [{"type": "bot_command", "offset": 0, "length": 6}]}
    telegram.inject(message(**{"from": anonymous, "sender_chat": GROUP, "chat": GROUP, **text}))
    got = await house.next()
    assert (got.sender.id, got.sender.name, got.sender.is_bot) == (str(GROUP["id"]), "Friends", False)
    assert said(got).addressed


async def test_what_nobody_wrote_is_not_accepted(telegram: TelegramServer, house: "House", connect: "Connect") -> None:
    telegram.world.reads_all_messages = True
    await connect()
    ada, bob = telegram.user("Ada"), telegram.user("Bob")
    group = telegram.group("Friends", [ada])
    await group.adds(bob)
    telegram.inject(message(chat=GROUP, sender_chat=GROUP, is_automatic_forward=True, text="a channel's post"))
    telegram.inject(message(chat=GROUP, new_chat_title="Better friends"))
    place = {"location": {"latitude": 1.0, "longitude": 2.0, "live_period": 60}}
    telegram.inject({"edited_message": message(edit_date=1_700_000_001, **place)["message"]})
    telegram.inject({"callback_query": {"id": "1", "from": USER, "chat_instance": "1", "data": "x"}})
    await ada.says("hello", chat=group)
    assert said(await house.next()).text == "hello"
    assert len(house.accepted) == 1


async def test_unfit_characters_do_not_stop_a_message(
    telegram: TelegramServer, house: "House", connect: "Connect"
) -> None:
    await connect()
    entity = [{"type": "mention", "offset": 4, "length": 11}]
    telegram.inject(message(text="\ud83d\x00x @helper_bot \udc4d", entities=entity))
    got = said(await house.next())
    assert got.text == "\ufffd\ufffdx @helper_bot \ufffd"
    assert got.addressed
