"""Conversations of people with a bot that runs on the real discord.py, over real HTTP and WebSocket."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import discord as library
import pytest

from botcore.testing.discord_server import (
    Channel,
    DiscordServer,
    NotSent,
    Permission,
    Person,
    Server,
)

Starter = Callable[..., Awaitable[Any]]


async def test_a_bot_greets_whoever_writes(
    discord: DiscordServer, start: Starter, ada: Person, general: Channel
) -> None:
    async def greet(message: library.Message) -> None:
        if not message.author.bot:
            await message.reply(f"Hello {message.author.display_name}!", mention_author=False)

    await start(on_message=greet)
    said = await ada.says("hi", channel=general)
    answer = await discord.bot.answers(general)
    assert answer.text == "Hello Ada!"
    assert answer.reply_to == said.id
    assert not answer.pinged(ada)
    await ada.dm("hi again")
    assert (await discord.bot.answers(ada)).text == "Hello Ada!"
    assert general.lines() == ["Ada: hi", "Helper: Hello Ada!"]
    assert ada.dms.lines() == ["Ada: hi again", "Helper: Hello Ada!"]


async def test_an_answer_that_grows_is_returned_once_it_is_settled(
    discord: DiscordServer, start: Starter, ada: Person, general: Channel
) -> None:
    async def stream(message: library.Message) -> None:
        if not message.author.bot:
            shown = await message.channel.send("…")
            for text in ("Once", "Once upon", "Once upon a time."):
                await shown.edit(content=text)

    await start(on_message=stream)
    await ada.says("tell me a story", channel=general)
    answer = await discord.bot.answers(general, settled=lambda message: message.text.endswith("."))
    assert answer.history == ["…", "Once", "Once upon", "Once upon a time."]
    assert answer.data["edited_timestamp"] is not None
    assert len(general.transcript()) == 2


async def test_a_missing_answer_shows_what_the_channel_looks_like(
    discord: DiscordServer, ada: Person, general: Channel
) -> None:
    await ada.says("anybody there?", channel=general)
    with pytest.raises(TimeoutError, match="Ada: anybody there"):
        await discord.bot.answers(general, timeout=0.01)
    with pytest.raises(TimeoutError, match="Ada: anybody there"):
        await general.wait_for(lambda seen: len(seen) > 1, timeout=0.01)


async def test_the_bot_sees_what_the_library_makes_of_a_message(
    discord: DiscordServer, start: Starter, ada: Person, friends: Server, general: Channel
) -> None:
    seen: list[library.Message] = []

    async def note(message: library.Message) -> None:
        seen.append(message)
        await message.add_reaction("👀")

    await start(on_message=note)
    bob = discord.user("Bob")
    await friends.admits(bob)
    staff = friends.role("Staff", [bob], mentionable=True)
    question = await ada.mentions(discord.bot, f"and {bob.mention} and {staff.mention}", channel=general)
    await general.wait_for(lambda messages: bool(messages[-1].reactions))
    (message,) = seen
    assert isinstance(message.author, library.Member)
    assert message.guild is not None
    assert (message.id, message.guild.name, message.author.display_name) == (question.id, "Friends", "Ada")
    assert [user.name for user in message.mentions] == ["helper", "bob"]
    assert [role.name for role in message.role_mentions] == ["Staff"]
    assert abs((message.created_at - library.utils.utcnow()).total_seconds()) < 5
    assert question.reactions == {"👀": [discord.bot.user]}


async def test_people_edit_delete_type_and_react(
    discord: DiscordServer, start: Starter, ada: Person, general: Channel
) -> None:
    heard: list[str] = []

    async def on_message_edit(before: library.Message, after: library.Message) -> None:
        heard.append(f"{before.content} -> {after.content}")

    async def on_message_delete(message: library.Message) -> None:
        heard.append(f"gone: {message.content}")

    async def on_typing(_: Any, user: library.Member, __: Any) -> None:
        heard.append(f"{user.display_name} types")

    async def on_raw_reaction_add(event: library.RawReactionActionEvent) -> None:
        heard.append(str(event.emoji))

    async def on_raw_reaction_remove(event: library.RawReactionActionEvent) -> None:
        heard.append(f"no {event.emoji}")
        await client.get_channel(event.channel_id).send("all heard")

    client = await start(
        on_message_edit=on_message_edit,
        on_message_delete=on_message_delete,
        on_typing=on_typing,
        on_raw_reaction_add=on_raw_reaction_add,
        on_raw_reaction_remove=on_raw_reaction_remove,
    )
    await ada.types(channel=general)
    first = await ada.says("helo", channel=general)
    await ada.edits(first, "hello")
    await ada.reacts("👍", first)
    await ada.deletes(first)
    second = await ada.says("bye", channel=general)
    await ada.reacts("👋", second)
    await ada.takes_back("👋", second)
    await discord.bot.answers(general)
    assert heard == ["Ada types", "helo -> hello", "👍", "gone: hello", "👋", "no 👋"]
    assert first.history == ["helo", "hello"]
    assert second.reactions == {}


async def test_the_bot_types_deletes_and_reads_history(
    discord: DiscordServer, start: Starter, ada: Person, general: Channel
) -> None:
    for number in range(5):
        await ada.says(str(number), channel=general)
    client = await start()
    channel = client.get_channel(general.id)
    async with channel.typing():
        assert (await discord.bot.types(general)).user is discord.bot.user
    texts = [message.content async for message in channel.history(limit=3)]
    assert texts == ["4", "3", "2"]
    third = general.transcript()[2]
    after = [message.content async for message in channel.history(after=library.Object(third.id))]
    assert after == ["3", "4"]
    sent = await channel.send("short-lived")
    assert (await channel.fetch_message(sent.id)).content == "short-lived"
    await sent.delete()
    with pytest.raises(library.NotFound, match="Unknown Message"):
        await channel.fetch_message(sent.id)


async def test_who_is_pinged(discord: DiscordServer, start: Starter, ada: Person) -> None:
    bob = discord.user("Bob")
    club = discord.guild("Club", [ada, bob], bot_permissions=Permission.MENTION_EVERYONE)
    staff = club.role("Staff", [bob])
    lobby = club.text_channel("lobby")
    client = await start()
    channel = client.get_channel(lobby.id)
    text = f"@everyone {ada.mention} {staff.mention} `{bob.mention}`"
    await channel.send(text)
    loud = await discord.bot.answers(lobby)
    assert loud.pings.everyone
    assert loud.pings.users == (ada.user,)
    assert loud.pings.roles == (staff,)
    assert loud.pinged(bob)
    await channel.send(text, allowed_mentions=library.AllowedMentions.none())
    quiet = await discord.bot.answers(lobby)
    assert quiet.text == text
    assert not quiet.pings
    assert not quiet.pinged(ada)
    some = library.AllowedMentions(everyone=False, roles=False, users=[library.Object(bob.id)])
    await channel.send(f"{ada.mention} {bob.mention}", allowed_mentions=some)
    assert (await discord.bot.answers(lobby)).pings.users == (bob.user,)

    question = await ada.says("why?", channel=lobby)
    partial = channel.get_partial_message(question.id)
    await partial.reply("because", allowed_mentions=library.AllowedMentions(replied_user=False, everyone=True))
    assert not (await discord.bot.answers(lobby)).pings
    await partial.reply("@everyone because", allowed_mentions=library.AllowedMentions(replied_user=False))
    assert (await discord.bot.answers(lobby)).pinged(bob)  # the trap: everything else is still let through
    await partial.reply("because")
    assert (await discord.bot.answers(lobby)).pinged(ada)


async def test_without_the_permission_nobody_pings_everyone(
    discord: DiscordServer, start: Starter, ada: Person, friends: Server, general: Channel
) -> None:
    bob = discord.user("Bob")
    await friends.admits(bob)
    client = await start()
    await client.get_channel(general.id).send("@everyone")
    assert not (await discord.bot.answers(general)).pings
    said = await bob.says("@here look", channel=general)
    assert not said.pinged(ada)
    owner = await ada.says("@here look", channel=general)
    assert owner.pinged(bob)
    assert not owner.pinged(ada)


async def test_what_an_app_does_not_send(
    discord: DiscordServer, ada: Person, friends: Server, general: Channel
) -> None:
    bob = discord.user("Bob")
    with pytest.raises(NotSent, match="does not see"):
        await bob.says("let me in", channel=general)
    await friends.admits(bob)
    with pytest.raises(NotSent, match="2000"):
        await bob.says("x" * 2001, channel=general)
    with pytest.raises(NotSent, match="empty"):
        await bob.says("  \n", channel=general)
    with pytest.raises(NotSent, match="surrogate"):
        await bob.says("\ud83d", channel=general)
    said = await ada.says("mine", channel=general)
    with pytest.raises(NotSent, match="did not write"):
        await bob.edits(said, "yours")
    with pytest.raises(NotSent, match="cannot delete"):
        await bob.deletes(said)
    friends.forbids(friends.everyone, Permission.SEND_MESSAGES, channel=general)
    with pytest.raises(NotSent, match="cannot write"):
        await bob.says("hello?", channel=general)
    friends.forbids(bob, Permission.SEND_VOICE_MESSAGES, channel=general)
    with pytest.raises(NotSent, match="cannot send voice"):
        await bob.sends_voice_message(b"OggS", 1, channel=general)


async def test_people_who_cannot_be_written_to(discord: DiscordServer, start: Starter, ada: Person) -> None:
    client = await start()
    stranger, bob = discord.user("Stranger"), discord.user("Bob")
    discord.guild("Friends", [ada, bob])
    await bob.closes_dms()
    with pytest.raises(library.Forbidden) as refused:
        await (await client.fetch_user(stranger.id)).send("hi")
    assert refused.value.code == 50278
    with pytest.raises(library.Forbidden) as refused:
        await (await client.fetch_user(bob.id)).send("hi")
    assert refused.value.code == 50007
    await (await client.fetch_user(ada.id)).send("hi")
    assert (await discord.bot.answers(ada)).text == "hi"


async def test_a_guild_changes_while_the_bot_watches(discord: DiscordServer, start: Starter, ada: Person) -> None:
    client = await start()

    async def hears(event: str, happens: Callable[[], Any]) -> Any:
        waiting = asyncio.ensure_future(client.wait_for(event, timeout=5))
        await asyncio.sleep(0)  # the library listens from the next turn of the loop on
        made = happens()
        if asyncio.iscoroutine(made):
            made = await made
        await waiting
        return made

    club = await hears("guild_join", lambda: discord.guild("Club", [ada]))
    bob = discord.user("Bob")
    await hears("member_join", lambda: club.admits(bob))
    lobby = await hears("guild_channel_create", lambda: club.text_channel("lobby"))
    staff = await hears("guild_role_create", lambda: club.role("Staff"))
    await hears("member_update", lambda: club.gives(bob, staff))
    await hears("guild_role_update", lambda: club.permits(staff, Permission.MANAGE_MESSAGES))
    await hears("guild_channel_update", lambda: club.forbids(staff, Permission.SEND_MESSAGES, channel=lobby))
    member = client.get_guild(club.id).get_member(bob.id)
    seen = client.get_channel(lobby.id).permissions_for(member)
    assert (seen.manage_messages, seen.send_messages) == (True, False)
    await hears("member_update", lambda: club.takes(bob, staff))
    await hears("member_remove", lambda: club.kicks(bob))
    await hears("guild_channel_delete", lambda: club.deletes(lobby))
    await hears("guild_remove", lambda: club.kicks(discord.bot))
    assert list(client.guilds) == []
