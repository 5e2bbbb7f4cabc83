"""What is attached to a message comes as what it is, by reference."""

from typing import Any

from botcore.messages import Audio, File, Image, Text, Video
from botcore.testing.discord_server import Attachment, Channel, DiscordServer, Person, Server, png
from botcore.testing.discord_server.world import Content
from botcore_discord.refs import FileRef, read_ref


async def test_attachments_come_as_pictures_sounds_films_and_files(
    make_adapter: Any, gateway: Any, ada: Person
) -> None:
    adapter = make_adapter()
    await adapter.start(gateway)
    files = [
        Attachment(png(3, 2), "a.png", "image/png"),
        Attachment(b"RIFF", "b.wav", "audio/x-wav", size=9_000_000),
        Attachment(b"film", "c.mp4", "video/mp4"),
        Attachment(b"hello", "message.txt", "text/plain; charset=utf-8"),
        Attachment(b"?", "d.flac"),
    ]
    sent = await ada.attaches(*files, text="look", channel=ada.dms)
    image, sound, film, paste, guessed, text = (await gateway.next()).event.parts
    assert isinstance(image, Image)
    assert (image.name, image.media_type, image.size) == ("a.png", "image/png", len(png(3, 2)))
    assert isinstance(sound, Audio)
    assert (sound.size, sound.voice) == (9_000_000, False)
    assert isinstance(film, Video)
    assert isinstance(paste, File)
    assert (paste.name, paste.media_type) == ("message.txt", "text/plain")
    assert isinstance(guessed, Audio)
    assert text == Text("look")
    number = int(sent.attachments[0]["id"])
    assert read_ref(image.ref or "") == FileRef(ada.dms.id, sent.id, number)
    await adapter.close()


async def test_a_voice_message_is_one(make_adapter: Any, gateway: Any, ada: Person) -> None:
    adapter = make_adapter()
    await adapter.start(gateway)
    await ada.sends_voice_message(b"OggS", 2.5, channel=ada.dms)
    (voice,) = (await gateway.next()).event.parts
    assert isinstance(voice, Audio)
    assert (voice.voice, voice.duration, voice.media_type, voice.size) == (True, 2.5, "audio/ogg", 4)
    await adapter.close()


async def test_a_pressed_button_brings_what_stands_above_it(
    make_adapter: Any, gateway: Any, ada: Person, discord: DiscordServer
) -> None:
    adapter = make_adapter()
    await adapter.start(gateway)
    world = discord.world
    file = world.files.store(png(2, 2), "fox.png", channel_id=ada.dms.id, media_type="image/png")
    button = {"type": 2, "style": 2, "label": "Vary", "custom_id": "botcore:0:/vary", "id": 2}
    content = Content("A fox", components=[{"type": 1, "id": 1, "components": [button]}])
    content.attachments, content.files = [world.files.describe(file)], {file.id: file}
    shown = world.post(ada.dms, world.bot, content)
    pressed = await ada.presses("Vary", on=shown)
    incoming = await gateway.next()
    image, text = incoming.event.parts
    assert isinstance(image, Image)
    assert read_ref(image.ref or "") == FileRef(ada.dms.id, shown.id, file.id)
    assert text == Text("A fox")
    assert (incoming.event.external_id, incoming.event.says) == (str(shown.id), "/vary")
    assert incoming.address.place == str(pressed.messages[0].id)
    await adapter.close()


def test_a_link_is_a_reference_of_its_own() -> None:
    link = "https://cdn.example.com/attachments/1/2/fox.png?ex=1"
    assert read_ref(link) == link


async def test_a_forwarded_message_and_a_sticker_are_told_in_words(
    make_adapter: Any, gateway: Any, discord: DiscordServer, ada: Person, friends: Server, general: Channel
) -> None:
    adapter = make_adapter(message_content=True)
    await adapter.start(gateway)
    said = await ada.dm("hello")
    await gateway.next()
    event = dict(discord.world.renderer.message(said))
    event |= {"content": "", "sticker_items": [{"id": "5", "name": "Wave", "format_type": 1}]}
    discord.inject("MESSAGE_CREATE", {**event, "id": str(discord.world.ids.next())})
    assert await gateway.texts(1) == ["[sticker: Wave]"]
    snapshot = {
        "type": 0,
        "content": "The train leaves at nine.",
        "embeds": [],
        "attachments": [],
        "timestamp": event["timestamp"],
        "edited_timestamp": None,
        "mentions": [],
        "flags": 0,
    }
    forwarded = {
        "message_snapshots": [{"message": snapshot}],
        "message_reference": {"type": 1, "channel_id": str(general.id), "message_id": "1"},
        "sticker_items": [],
    }
    discord.inject("MESSAGE_CREATE", {**event, **forwarded, "id": str(discord.world.ids.next())})
    incoming = await gateway.next()
    assert incoming.event.text == "[forwarded message]\nThe train leaves at nine."
    assert incoming.event.reply_to is None
    await adapter.close()
