"""Threads on messages and on their own, private ones, and forum posts."""

from collections.abc import Awaitable, Callable
from typing import Any

import discord as library
import pytest

from botcore.testing.discord_server import Channel, DiscordServer, NotSent, Permission, Person, Server

Starter = Callable[..., Awaitable[Any]]


async def answer_in_place(message: library.Message) -> None:
    people_wrote = message.type in {library.MessageType.default, library.MessageType.reply}  # not that a thread opened
    if people_wrote and not message.author.bot:
        await message.channel.send(f"in {message.channel}")


async def test_people_open_threads_and_the_bot_answers_there(
    discord: DiscordServer, start: Starter, ada: Person, general: Channel
) -> None:
    await start(on_message=answer_in_place)
    question = await ada.says("a long story", channel=general)
    thread = await ada.opens_thread("Story", on=question)
    assert (thread.id, thread.parent, question.thread_id) == (question.id, general, question.id)
    await ada.says("go on", channel=thread)
    assert (await discord.bot.answers(thread)).text == "in Story"
    alone = await ada.opens_thread("Plans", channel=general)
    await ada.says("hi", channel=alone)
    assert (await discord.bot.answers(alone)).text == "in Plans"
    assert general.lines() == ["Ada: a long story", "Helper: in general"]
    assert thread.lines() == ["Ada: go on", "Helper: in Story"]


async def test_the_bot_opens_renames_and_archives_a_thread(
    discord: DiscordServer, start: Starter, ada: Person, general: Channel
) -> None:
    client = await start()
    said = await ada.says("talk to me", channel=general)
    message = await client.get_channel(general.id).fetch_message(said.id)
    thread = await message.create_thread(name="Talk", auto_archive_duration=60)
    assert thread.id == said.id
    assert thread.owner_id == discord.bot.id
    with pytest.raises(library.HTTPException) as refused:
        await message.create_thread(name="Again")
    assert refused.value.code == 160004
    await thread.edit(name="Long talk")
    place = discord.world.channels[thread.id]
    assert place.name == "Long talk"
    sent = await thread.send("hello")
    await thread.edit(archived=True)
    with pytest.raises(library.HTTPException) as refused:
        await sent.edit(content="changed")
    assert refused.value.code == 50083
    found = [one.name async for one in client.get_channel(general.id).archived_threads()]
    assert found == ["Long talk"]
    await ada.says("I am back", channel=place)
    assert place.thread is not None
    assert not place.thread.archived
    assert [member.id for member in await thread.fetch_members()] == [discord.bot.id, ada.id]
    with pytest.raises(library.Forbidden):
        await thread.edit(locked=True)
    with pytest.raises(library.Forbidden):
        await thread.delete()


async def test_whoever_may_write_in_a_thread_may_open_it_again(
    discord: DiscordServer, start: Starter, ada: Person, friends: Server, general: Channel
) -> None:
    client = await start()
    place = await ada.opens_thread("Story", channel=general)
    thread = await client.fetch_channel(place.id)
    assert place.thread is not None
    place.thread.archived = True
    with pytest.raises(library.Forbidden):
        await thread.edit(name="Another", archived=False)
    await thread.edit(archived=False)
    assert not place.thread.archived
    place.thread.archived = place.thread.locked = True
    with pytest.raises(library.Forbidden):
        await thread.edit(archived=False)
    place.thread.locked = False
    friends.forbids(discord.bot, Permission.SEND_MESSAGES_IN_THREADS, channel=general)
    with pytest.raises(library.Forbidden):
        await thread.edit(archived=False)


async def test_private_threads_are_for_their_members(
    discord: DiscordServer, start: Starter, ada: Person, friends: Server, general: Channel
) -> None:
    client = await start(on_message=answer_in_place)
    bob = discord.user("Bob")
    await friends.admits(bob)
    secret = await bob.opens_thread("Secret", channel=general, private=True)
    await bob.says("the bot does not hear this", channel=secret)
    with pytest.raises(library.Forbidden):
        await client.fetch_channel(secret.id)
    await bob.adds_to_thread(discord.bot, secret)
    await bob.says("but this", channel=secret)
    assert (await discord.bot.answers(secret)).text == "in Secret"
    carl = discord.user("Carl")
    await friends.admits(carl)
    with pytest.raises(NotSent, match="does not see"):
        await carl.says("let me in", channel=secret)
    thread = await client.get_channel(general.id).create_thread(name="Mine")
    assert thread.type is library.ChannelType.private_thread
    await thread.add_user(library.Object(bob.id))
    await bob.says("thanks", channel=discord.world.channels[thread.id])
    await thread.remove_user(library.Object(bob.id))
    with pytest.raises(NotSent, match="does not see"):
        await bob.says("hello?", channel=discord.world.channels[thread.id])
    await thread.leave()


async def test_forum_posts(discord: DiscordServer, start: Starter, ada: Person, friends: Server) -> None:
    client = await start(on_message=answer_in_place)
    forum = friends.forum("help")
    post = await ada.posts("How do I ...", "I tried and failed", forum=forum)
    assert (await discord.bot.answers(post)).text == "in How do I ..."
    made = await client.get_channel(forum.id).create_thread(name="News", content="There is news")
    assert made.message.content == "There is news"
    assert discord.world.channels[made.thread.id].lines() == ["Helper: There is news"]
    with pytest.raises(NotSent, match="forum"):
        await ada.says("hi", channel=forum)
    with pytest.raises(NotSent, match="no forum"):
        await ada.posts("x", "y", forum=post)
    active = await client.get_guild(friends.id).active_threads()
    assert {one.name for one in active} == {"How do I ...", "News"}


async def test_who_may_open_and_write(
    discord: DiscordServer, start: Starter, ada: Person, friends: Server, general: Channel
) -> None:
    client = await start()
    channel = client.get_channel(general.id)
    friends.forbids(friends.everyone, Permission.CREATE_PUBLIC_THREADS, channel=general)
    with pytest.raises(library.Forbidden):
        await channel.create_thread(name="x", type=library.ChannelType.public_thread)
    bob = discord.user("Bob")
    await friends.admits(bob)
    with pytest.raises(NotSent, match="cannot open"):
        await bob.opens_thread("x", channel=general)
    thread = await ada.opens_thread("Open", channel=general)
    friends.forbids(friends.everyone, Permission.SEND_MESSAGES_IN_THREADS, channel=general)
    found = await client.fetch_channel(thread.id)
    with pytest.raises(library.Forbidden) as refused:
        await found.send("x")
    assert refused.value.code == 50013
    await channel.send("but here")
    friends.permits(friends.everyone, Permission.SEND_MESSAGES_IN_THREADS, channel=general)
    assert thread.thread is not None
    thread.thread.locked = True
    with pytest.raises(library.Forbidden) as refused:
        await found.send("x")
    assert refused.value.code == 160005
    friends.gives(discord.bot, friends.role("Moderators", permissions=Permission.MANAGE_THREADS))
    await found.send("all the same")
    await found.delete()
    with pytest.raises(library.NotFound):
        await found.send("gone")


async def test_channels_are_renamed_and_deleted_by_the_bot(
    discord: DiscordServer, start: Starter, friends: Server, general: Channel
) -> None:
    client = await start()
    channel = client.get_channel(general.id)
    with pytest.raises(library.Forbidden):
        await channel.edit(name="lobby")
    friends.gives(discord.bot, friends.role("Chief", permissions=Permission.MANAGE_CHANNELS))
    await channel.edit(name="lobby", topic="whatever")
    assert (general.name, general.topic) == ("lobby", "whatever")
    await channel.delete()
    assert general.deleted
    assert friends.channels == []
