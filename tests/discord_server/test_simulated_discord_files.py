"""Files both ways: uploads of the bot, attachments and voice messages of people, and the links to them."""

import io
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import discord as library
import pytest
from discord import app_commands

from botcore.testing.discord_server import (
    Attachment,
    Channel,
    DiscordServer,
    Limits,
    ManualClock,
    Permission,
    Person,
    Server,
    discord_server,
    png,
)

Starter = Callable[..., Awaitable[Any]]


@pytest.fixture
async def web() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def test_the_bot_reads_what_people_attach(
    discord: DiscordServer, start: Starter, ada: Person, general: Channel
) -> None:
    seen: list[Any] = []

    async def on_message(message: library.Message) -> None:
        seen.extend([(a.filename, a.content_type, a.size, a.width, await a.read()) for a in message.attachments])
        if not message.author.bot:
            await message.channel.send("seen")

    await start(on_message=on_message)
    picture = png(10, 20)
    sent = await ada.attaches(
        Attachment(picture, "a fox.png", description="red"),
        Attachment(b"x", "big.pdf", size=30_000_000),
        text="look",
        channel=general,
    )
    await discord.bot.answers(general)
    assert seen == [
        ("a_fox.png", "image/png", len(picture), 10, picture),
        ("big.pdf", "application/pdf", 30_000_000, None, b"x"),
    ]
    assert sent.attachments[0]["description"] == "red"
    assert general.lines()[0] == "Ada: [a_fox.png] [big.pdf] look"


async def test_a_native_voice_message(discord: DiscordServer, start: Starter, ada: Person, general: Channel) -> None:
    heard: list[Any] = []

    async def on_message(message: library.Message) -> None:
        if not message.author.bot:
            (voice,) = message.attachments
            heard.append((voice.is_voice_message(), voice.duration, voice.waveform, voice.content_type))
            heard.append((message.flags.voice, message.content, await voice.read()))
            await message.reply("heard")

    await start(on_message=on_message)
    said = await ada.sends_voice_message(b"OggS...", 2.5, waveform=b"\x01\x02", channel=general)
    await discord.bot.answers(general)
    assert heard == [(True, 2.5, b"\x01\x02", "audio/ogg"), (True, "", b"OggS...")]
    assert said.is_voice
    assert general.lines() == ["Ada: [voice message]", "Helper: heard"]


async def test_the_bot_sends_and_replaces_files(
    discord: DiscordServer, start: Starter, ada: Person, general: Channel
) -> None:
    client = await start()
    channel = client.get_channel(general.id)
    files = [library.File(io.BytesIO(b"one"), "one.txt", description="first")]
    files.append(library.File(io.BytesIO(png()), "two.png", spoiler=True))
    embed = library.Embed(title="Picture").set_image(url="attachment://SPOILER_two.png")
    sent = await channel.send("files", files=files, embed=embed)
    answer = await discord.bot.answers(general)
    assert answer.contents == [b"one", png()]
    assert [one["filename"] for one in answer.attachments] == ["one.txt", "SPOILER_two.png"]
    assert answer.attachments[0]["description"] == "first"
    assert answer.embeds[0]["image"]["url"] == answer.attachments[1]["url"]
    assert sent.attachments[1].is_spoiler()
    assert await sent.attachments[0].read() == b"one"

    kept = sent.attachments[0]
    sent = await sent.edit(attachments=[kept, library.File(io.BytesIO(b"three"), "three.txt")])
    assert answer.contents == [b"one", b"three"]
    sent = await sent.add_files(library.File(io.BytesIO(b"four"), "four.txt"))
    assert [one["filename"] for one in answer.attachments] == ["one.txt", "three.txt", "four.txt"]
    await sent.edit(content="no files", attachments=[])
    assert (answer.text, answer.attachments) == ("no files", [])


async def test_files_with_an_interaction(discord: DiscordServer, start: Starter, ada: Person, general: Channel) -> None:
    client = await start()
    tree: app_commands.CommandTree[Any] = client.tree

    @tree.command(description="Files")
    async def give(used: library.Interaction[Any]) -> None:
        assert used.filesize_limit == 10 * 1024 * 1024
        await used.response.defer(thinking=True)
        await used.edit_original_response(attachments=[library.File(io.BytesIO(b"late"), "late.txt")])
        await used.followup.send(file=library.File(io.BytesIO(b"more"), "more.txt"), ephemeral=True)

    await client.tree.sync()
    used = await ada.slash("give", channel=general)
    assert (await used.answer()).contents == [b"late"]
    await general.wait_for(lambda seen: len(seen) == 2, as_seen_by=ada)
    assert used.followups[0].attachments[0]["ephemeral"] is True


async def test_what_is_too_large_or_not_allowed(
    discord: DiscordServer, start: Starter, ada: Person, friends: Server, general: Channel
) -> None:
    client = await start()
    channel = client.get_channel(general.id)
    discord.world.max_file = 1000

    def file(size: int) -> library.File:
        return library.File(io.BytesIO(bytes(size)), "x.bin")

    await channel.send(file=file(1000))
    with pytest.raises(library.HTTPException) as refused:
        await channel.send(file=file(1001))
    assert (refused.value.status, refused.value.code) == (413, 40005)
    with pytest.raises(library.HTTPException) as refused:
        await channel.send(file=file(26 * 1024 * 1024))
    assert refused.value.code == 40005
    friends.forbids(discord.bot, Permission.ATTACH_FILES, channel=general)
    with pytest.raises(library.Forbidden):
        await channel.send(file=file(1))
    assert len(general.transcript()) == 1


async def test_more_than_ten_files(discord: DiscordServer, web: aiohttp.ClientSession, general: Channel) -> None:
    form = aiohttp.FormData()
    form.add_field("payload_json", '{"content": "many"}')
    for number in range(11):
        form.add_field(f"files[{number}]", b"x", filename=f"{number}.txt")
    headers = {"Authorization": f"Bot {discord.token}"}
    async with web.post(f"{discord.url}/channels/{general.id}/messages", data=form, headers=headers) as answer:
        assert (await answer.json())["code"] == 30015
    small = aiohttp.FormData()
    small.add_field("files[0]", b"x", filename="x.txt")
    async with web.post(f"{discord.url}/channels/{general.id}/messages", data=small, headers=headers) as answer:
        assert answer.status == 200
        assert (await answer.json())["attachments"][0]["filename"] == "x.txt"


@pytest.mark.parametrize(
    ("payload", "files", "code"),
    [
        ('{"flags": 8192}', [], 50160),
        ('{"flags": 8192}', ["a.txt"], 50160),
        ('{"flags": 8192}', ["a.ogg"], 50161),
        ('{"flags": 8192, "content": "hi"}', ["a.ogg"], 50159),
        ('{"flags": 8192, "attachments": [{"id": 0, "duration_secs": 1.0, "waveform": "AA=="}]}', ["a.ogg"], 0),
    ],
)
async def test_voice_messages_of_the_bot(
    discord: DiscordServer, web: aiohttp.ClientSession, general: Channel, payload: str, files: list[str], code: int
) -> None:
    form = aiohttp.FormData(default_to_multipart=True)
    form.add_field("payload_json", payload)
    for number, name in enumerate(files):
        form.add_field(f"files[{number}]", b"OggS", filename=name, content_type="application/octet-stream")
    headers = {"Authorization": f"Bot {discord.token}"}
    async with web.post(f"{discord.url}/channels/{general.id}/messages", data=form, headers=headers) as answer:
        body = await answer.json()
        assert body.get("code", 0) == code
    if not code:
        where = f"{discord.url}/channels/{general.id}/messages/{body['id']}"
        async with web.patch(where, json={"content": "new"}, headers=headers) as answer:
            assert (await answer.json())["code"] == 50162


async def test_links_end_after_a_day_and_are_renewed(web: aiohttp.ClientSession) -> None:
    clock = ManualClock()
    async with discord_server(limits=Limits.none(), clock=clock) as discord:
        ada = discord.user("Ada")
        sent = await ada.attaches(Attachment(b"text", "a.txt"), channel=ada.dms)
        path = f"{discord.url}/channels/{ada.dms.id}/messages/{sent.id}"

        async def link() -> str:
            async with web.get(path, headers={"Authorization": f"Bot {discord.token}"}) as answer:
                return str((await answer.json())["attachments"][0]["url"])

        async def status(url: str) -> int:
            async with web.get(url) as answer:
                return answer.status

        first = await link()
        assert await status(first) == 200
        assert await status(first.partition("?")[0]) == 404
        assert await status(first.replace("hm=", "hm=0")) == 404
        clock.advance(25 * 3600)
        assert await status(first) == 404
        assert await status(await link()) == 200
