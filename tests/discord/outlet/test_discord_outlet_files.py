"""Files: sent with answers, fetched from messages; and threads."""

import asyncio
from dataclasses import replace

import pytest

from botcore.adapter import ThreadOutlet
from botcore.errors import SendFailed, SendUnknown, Unsuitable
from botcore.messages import Audio, File, Image, Piece, Reply, Video
from botcore.testing.discord_server import Attachment, Channel, Message, Permission, Person, Server, png
from botcore_discord.library import discord as library

from .conftest import Opening, Way

SEND = "POST /channels/{channel_id}/messages"
READ = "GET /channels/{channel_id}/messages/{message_id}"
MB = 1024 * 1024


def names(message: Message) -> list[str]:
    return [one["filename"] for one in message.attachments]


async def fetched(way: Way, ref: str, most: int = MB) -> bytes:
    return b"".join([piece async for piece in way.outlet.fetch(ref, most=most)])


# ---- out ----


async def test_several_pictures_are_one_message_under_their_text(way: Way, general: Channel) -> None:
    pictures = [Image(data=png(), name=f"{number}.png", caption=f"No. {number}") for number in range(3)]
    (answer,) = await way.says(way.to(general), "**Three** foxes:", *pictures)
    assert names(answer) == ["0.png", "1.png", "2.png"]
    assert answer.text == "**Three** foxes:\nNo. 0\n\nNo. 1\n\nNo. 2"
    assert answer.contents == [png()] * 3


async def test_more_files_than_one_message_holds(way: Way, general: Channel) -> None:
    files = [File(data=b"%d" % number, name=f"{number}.txt") for number in range(12)]
    first, second = await way.says(way.to(general), *files)
    assert names(first) == [f"{number}.txt" for number in range(10)]
    assert names(second) == ["10.txt", "11.txt"]


async def test_files_that_are_heavy_together_are_sent_apart(opening: Opening) -> None:
    way = await opening()
    general = way.discord.guild("Friends", [way.discord.user("Ada")]).text_channel("general")
    files = [File(data=bytes(9 * MB), name=f"{number}.bin") for number in range(3)]
    first, second = await way.says(way.to(general), *files)
    assert (len(first.attachments), len(second.attachments)) == (2, 1)


async def test_a_long_caption_follows_its_picture(way: Way, general: Channel) -> None:
    picture = Image(data=png(), name="fox.png", caption="word " * 500)
    first, second, third = await way.says(way.to(general), picture)
    assert (names(first), first.text) == (["fox.png"], "")
    assert second.text.startswith("word")
    assert third.text.endswith("word")


async def test_files_without_a_name_tell_their_type(way: Way, general: Channel) -> None:
    parts = [Image(data=png()), Audio(data=b"x", media_type="audio/mpeg"), Video(data=b"x"), File(data=b"x")]
    (answer,) = await way.says(way.to(general), *parts)
    assert names(answer) == ["image.png", "audio.mp3", "video.mp4", "file"]


async def test_a_file_that_is_too_large_becomes_a_sentence(way: Way, general: Channel) -> None:
    large = File(data=bytes(11 * MB), name="large.bin")
    (answer,) = await way.says(way.to(general), "Here:", large, Image(data=png(), name="fox.png"))
    assert names(answer) == ["fox.png"]
    assert answer.text == ("Here:\n(The file large.bin is missing: it has 11.0 MB, and Discord takes 10 MB here.)")
    (alone,) = await way.says(way.to(general), File(data=b"", name="empty.txt"), key="2")
    assert alone.text == "(The file empty.txt is missing: it is empty or not there any more.)"


async def test_a_server_with_boosts_takes_larger_files(opening: Opening) -> None:
    way = await opening(max_file=50 * MB)
    friends = way.discord.guild("Friends", [way.discord.user("Ada")])
    general = friends.text_channel("general")
    boosted = asyncio.Event()

    async def on_guild_update(_: library.Guild, after: library.Guild) -> None:
        assert after.premium_tier == 2
        boosted.set()

    way.client.on_guild_update = on_guild_update  # type: ignore[attr-defined]
    known = way.discord.world.renderer.guild(way.discord.world.guilds[friends.id])
    way.discord.inject("GUILD_UPDATE", {**known, "premium_tier": 2})
    async with asyncio.timeout(5):
        await boosted.wait()
    (answer,) = await way.says(way.to(general), File(data=bytes(11 * MB), name="large.bin"))
    assert names(answer) == ["large.bin"]


async def test_what_discord_itself_finds_too_large_becomes_a_sentence(opening: Opening) -> None:
    way = await opening(max_file=100)
    general = way.discord.guild("Friends", [way.discord.user("Ada")]).text_channel("general")
    (answer,) = await way.says(way.to(general), "Here:", File(data=bytes(200), name="a.bin"))
    assert answer.text == "Here:\n(Missing here, because Discord does not take that much: a.bin)"
    assert answer.attachments == []


async def test_without_the_permission_for_files_the_text_is_sent(way: Way, friends: Server, general: Channel) -> None:
    friends.forbids(way.discord.bot, Permission.ATTACH_FILES, channel=general)
    place = await way.outlet.send(
        way.to(general), Piece("Here:", attachments=(File(data=b"x", name="a.txt"),)), key="1/0"
    )
    assert way.message(place).text == "Here:\n(I may not send files here: I need the permission Attach Files.)"


async def test_a_file_of_others_is_sent_on(way: Way, ada: Person, general: Channel) -> None:
    said = await ada.attaches(Attachment(png(), "fox.png"), channel=general)
    ref = f"{general.id}/{said.id}/{said.attachments[0]['id']}"
    (answer,) = await way.says(way.to(general), Image(ref=ref, name="again.png"))
    assert (names(answer), answer.contents) == (["again.png"], [png()])
    await ada.deletes(said)
    (answer,) = await way.says(way.to(general), Image(ref=ref, name="again.png"), key="2")
    assert "again.png is missing" in answer.text


async def test_an_edit_replaces_files_and_repeating_it_adds_none(way: Way, general: Channel) -> None:
    to = way.to(general)
    (answer,) = await way.says(to, Image(data=png(), name="one.png"))
    two = Piece("Two", attachments=(Image(data=png(), name="two.png"),))
    for _ in range(2):
        await way.outlet.edit(to, str(answer.id), two)
    assert names(answer) == ["two.png"]
    await way.outlet.edit(to, str(answer.id), Piece("No picture"))
    assert (answer.text, answer.attachments) == ("No picture", [])


# ---- in ----


async def test_a_file_is_fetched_by_a_fresh_link(way: Way, ada: Person, general: Channel) -> None:
    said = await ada.attaches(Attachment(b"words", "a.txt"), channel=general)
    ref = f"{general.id}/{said.id}/{said.attachments[0]['id']}"
    way.clock.advance(7 * 24 * 3600)  # links work for a day
    assert await fetched(way, ref) == b"words"


async def test_a_slash_commands_file_is_fetched_by_its_link(way: Way, ada: Person, general: Channel) -> None:
    said = await ada.attaches(Attachment(b"words", "a.txt"), channel=general)
    link = way.discord.world.files.signed(said.attachments[0]["url"])
    assert await fetched(way, link) == b"words"
    way.clock.advance(7 * 24 * 3600)
    with pytest.raises(Unsuitable, match="send it again"):
        await fetched(way, link)


@pytest.mark.parametrize(
    "link",
    [
        "http://169.254.169.254/latest/meta-data",
        "https://example.org/fox.png",
        "https://cdn.discordapp.com.example.org/fox.png",
        "http://cdn.discordapp.com/fox.png",
        "https://cdn.discordapp.com@example.org/fox.png",
        "file:///etc/passwd",
        "not a link",
        "1/2",
        "",
    ],
)
async def test_a_link_to_anywhere_else_is_not_followed(way: Way, link: str) -> None:
    with pytest.raises(Unsuitable, match="no file that Discord keeps"):
        await fetched(way, link)


async def test_a_file_that_is_too_large_is_not_fetched(way: Way, ada: Person, general: Channel) -> None:
    declared = await ada.attaches(Attachment(b"x", "a.bin", size=2 * MB), channel=general)
    lying = await ada.attaches(Attachment(bytes(2 * MB), "b.bin", size=10), channel=general)
    for said in (declared, lying):
        with pytest.raises(Unsuitable, match="up to 1 MB"):
            await fetched(way, f"{general.id}/{said.id}/{said.attachments[0]['id']}")


async def test_a_file_whose_message_is_gone(way: Way, ada: Person, general: Channel) -> None:
    said = await ada.attaches(Attachment(b"words", "a.txt"), channel=general)
    ref = f"{general.id}/{said.id}/{said.attachments[0]['id']}"
    with pytest.raises(Unsuitable, match="cannot see this file"):
        await fetched(way, f"{general.id}/{said.id}/1")
    await ada.deletes(said)
    with pytest.raises(Unsuitable, match="its message was deleted"):
        await fetched(way, ref)
    way.discord.faults.refuse(READ, status=403, code=50001, message="Missing Access")
    with pytest.raises(Unsuitable, match="cannot get at this file"):
        await fetched(way, ref)
    way.discord.faults.garble(READ)
    with pytest.raises(SendUnknown):
        await fetched(way, ref)


# ---- threads ----


async def test_a_thread_is_opened_on_the_question_once(way: Way, ada: Person, general: Channel) -> None:
    assert isinstance(way.outlet, ThreadOutlet)
    asked = await ada.says("/chat about foxes", channel=general)
    to = way.to(general, reply_to=asked)
    thread = await way.outlet.open_thread(to, "About\nfoxes " * 20, key="1/0")
    assert thread.shown == f"<#{thread.id}>"
    assert await way.outlet.open_thread(to, "About foxes", key="1/0") == thread
    opened = way.discord.world.channels[int(thread.id)]
    assert opened.name == ("About foxes " * 20)[:100].strip()
    inside = way.to(opened)
    await way.says(inside, "Foxes it is.")
    assert opened.lines()[-1] == "Helper: Foxes it is."
    with pytest.raises(Unsuitable, match="a thread already"):
        await way.outlet.open_thread(inside, "More", key="2/0")


async def test_a_thread_is_opened_in_the_channel_where_no_message_is_there(
    way: Way, ada: Person, general: Channel
) -> None:
    asked = await ada.says("hi", channel=general)
    await ada.deletes(asked)
    for to in (way.to(general), way.to(general, reply_to=asked)):
        thread = await way.outlet.open_thread(to, "", key="1/0")
        assert way.discord.world.channels[int(thread.id)].name == "Chat"


async def test_there_are_no_threads_in_private(way: Way, ada: Person) -> None:
    asked = await ada.dm("hi")
    with pytest.raises(Unsuitable, match="no threads here"):
        await way.outlet.open_thread(way.to(ada.dms, reply_to=asked), "Foxes", key="1/0")


async def test_without_the_permission_there_is_a_sentence(
    way: Way, ada: Person, friends: Server, general: Channel
) -> None:
    friends.forbids(way.discord.bot, Permission.CREATE_PUBLIC_THREADS, channel=general)
    asked = await ada.says("hi", channel=general)
    with pytest.raises(Unsuitable, match="Create Public Threads"):
        await way.outlet.open_thread(way.to(general, reply_to=asked), "Foxes", key="1/0")


async def test_in_an_archived_thread_the_answer_opens_it_again(way: Way, ada: Person, general: Channel) -> None:
    thread = await ada.opens_thread("Story", channel=general)
    to = way.to(thread)
    place = await way.outlet.send(to, Piece("…"), key="1/0")
    assert thread.thread is not None
    thread.thread.archived = True
    await way.outlet.edit(to, place, Piece("Once upon a time."))
    assert thread.lines()[-1] == "Helper: Once upon a time."


async def test_a_locked_thread_takes_no_answer(
    way: Way, ada: Person, general: Channel, caplog: pytest.LogCaptureFixture
) -> None:
    thread = await ada.opens_thread("Story", channel=general)
    assert thread.thread is not None
    thread.thread = replace(thread.thread, locked=True, archived=True)
    with pytest.raises(SendFailed):
        await way.delivers(way.to(thread), Reply.of("Hello"))
    assert "is locked" in caplog.text
