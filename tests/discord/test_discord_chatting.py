"""Who is meant, and what of a message reaches the model."""

import asyncio
from functools import partial

from botcore.store import ratings
from botcore.testing.discord_server import Channel, Person, Server

from .conftest import PATIENCE, House, OpenHouse


async def test_a_direct_message_is_answered(house: House, ada: Person) -> None:
    await ada.dm("What is 2 + 2?")
    assert "4" in (await house.answer(ada)).text
    assert house.asked() == ["What is 2 + 2?"]


async def test_a_mention_is_answered_as_a_reply_and_is_no_part_of_the_question(
    house: House, ada: Person, general: Channel
) -> None:
    asked = await ada.mentions(house.discord.bot, "what is 2 + 2?", channel=general)
    answer = await house.answer(general)
    assert "4" in answer.text
    assert answer.reply_to == asked.id
    assert "what is 2 + 2?" in house.asked()[-1]
    assert "<@" not in house.asked()[-1]


async def test_a_mention_at_the_end_or_of_the_bots_role_is_an_address_as_well(
    open_house: OpenHouse, ada: Person, friends: Server, general: Channel
) -> None:
    house = await open_house(discord__message_content="true")
    await ada.says(f"what is 2 + 2, {house.discord.bot.mention}", channel=general)
    assert "4" in (await house.answer(general)).text
    assert "<@" not in house.asked()[-1]
    role = next(role for role in friends.guild.roles.values() if role.managed_by == house.discord.bot.id)
    role.mentionable = True
    await ada.says(f"{role.mention} what is 3 + 3?", channel=general)
    assert "6" in (await house.answer(general)).text
    assert "<@" not in house.asked()[-1]


async def test_people_among_themselves_are_left_alone(house: House, ada: Person, ben: Person, general: Channel) -> None:
    await ada.says("good morning", channel=general)
    await ada.mentions(ben, "what is 2 + 2?", channel=general)
    await ada.says("@everyone what is 5 + 5?", channel=general)
    await ada.mentions(house.discord.bot, "hello", channel=general)
    await house.answer(general)
    assert house.questions == 1


async def test_a_command_that_nobody_knows_is_answered_where_the_bot_is_named(
    house: House, ada: Person, general: Channel
) -> None:
    await ada.mentions(house.discord.bot, "/halp", channel=general)
    answer = await house.discord.bot.answers(general)
    assert answer.text == "I do not know the command /halp. Did you mean /help? /help shows what I can do."


async def test_others_who_are_mentioned_are_named_to_the_model(
    house: House, ada: Person, ben: Person, general: Channel
) -> None:
    text = f"{house.discord.bot.mention} greet {ben.mention} in {general.mention}"
    await ada.says(text, channel=general)
    await house.answer(general)
    assert "greet @Ben in #general" in house.asked()[-1]


async def test_a_reply_to_the_bot_needs_no_mention(open_house: OpenHouse, ada: Person, general: Channel) -> None:
    house = await open_house(discord__message_content="true")
    await ada.mentions(house.discord.bot, "what is 2 + 2?", channel=general)
    answer = await house.answer(general)
    await ada.says("and what is 3 + 3?", channel=general, reply_to=answer, ping=False)
    await house.answer(general)
    assert str(house.asked()[-1]).endswith("and what is 3 + 3?")


async def test_a_chain_of_replies_is_told_with_its_authors(
    open_house: OpenHouse, ada: Person, ben: Person, general: Channel
) -> None:
    first = await ada.says("The train leaves at nine.", channel=general)
    second = await ben.says("No, at ten!", channel=general, reply_to=first)
    third = await ada.says("Are you sure?", channel=general, reply_to=second)
    house = await open_house(discord__message_content="true")
    await ben.mentions(house.discord.bot, "who of us is right?", channel=general, reply_to=third)
    await house.answer(general)
    asked = str(house.asked()[-1])
    for part in ("Ada", "The train leaves at nine.", "Ben", "No, at ten!", "Are you sure?", "who of us is right?"):
        assert part in asked


async def test_a_chain_ends_where_a_message_was_deleted(
    open_house: OpenHouse, ada: Person, ben: Person, general: Channel
) -> None:
    first = await ada.says("The train leaves at nine.", channel=general)
    second = await ben.says("No, at ten!", channel=general, reply_to=first)
    await ada.deletes(first)
    house = await open_house(discord__message_content="true")
    await ada.mentions(house.discord.bot, "is that so?", channel=general, reply_to=second)
    await house.answer(general)
    assert "No, at ten!" in str(house.asked()[-1])
    assert "nine" not in str(house.asked()[-1])


async def test_a_thread_has_a_history_of_its_own(house: House, ada: Person, general: Channel) -> None:
    await ada.mentions(house.discord.bot, "my favourite colour is green", channel=general)
    await house.answer(general)
    thread = await ada.opens_thread("Numbers", channel=general)
    await ada.mentions(house.discord.bot, "what is 2 + 2?", channel=thread)
    assert "4" in (await house.answer(thread)).text
    assert "green" not in str(house.asked())


async def test_in_a_thread_where_the_bot_was_spoken_to_it_is_meant_from_then_on(
    open_house: OpenHouse, ada: Person, ben: Person, general: Channel
) -> None:
    house = await open_house(discord__message_content="true")
    thread = await ada.opens_thread("Numbers", channel=general)
    await ada.says("what is 1 + 1?", channel=thread)
    await ada.mentions(house.discord.bot, "what is 2 + 2?", channel=thread)
    assert "4" in (await house.answer(thread)).text
    await ben.says("and what is 3 + 3?", channel=thread)
    assert "6" in (await house.answer(thread)).text
    await ben.mentions(ada, "what is 4 + 4?", channel=thread)  # not for the bot
    await ada.says("what is 5 + 5?", channel=thread)
    assert "10" in (await house.answer(thread)).text
    assert house.questions == 3


async def test_the_bot_remembers_its_threads_over_a_restart(
    open_house: OpenHouse, ada: Person, general: Channel
) -> None:
    house = await open_house(discord__message_content="true")
    thread = await ada.opens_thread("Numbers", channel=general)
    await ada.mentions(house.discord.bot, "what is 2 + 2?", channel=thread)
    await house.answer(thread)
    await house.engine.__aexit__(None, None, None)
    house = await open_house(discord__message_content="true")
    await ada.says("what is 3 + 3?", channel=thread)
    assert "6" in (await house.answer(thread)).text


async def test_a_post_in_a_forum_is_a_thread(house: House, ada: Person, friends: Server) -> None:
    forum = friends.forum("questions")
    post = await ada.posts("Arithmetic", f"{house.discord.bot.mention} what is 2 + 2?", forum=forum)
    assert "4" in (await house.answer(post)).text


async def test_reports_of_discord_are_no_messages(open_house: OpenHouse, ada: Person, general: Channel) -> None:
    """A thread opened on a message brings two messages that nobody wrote."""
    house = await open_house(discord__message_content="true")
    asked = await ada.mentions(house.discord.bot, "what is 2 + 2?", channel=general)
    await house.answer(general)
    thread = await ada.opens_thread("More", on=asked)
    await ada.mentions(house.discord.bot, "what is 3 + 3?", channel=thread)
    assert "6" in (await house.answer(thread)).text
    assert house.questions == 2


async def test_an_edited_question_is_answered_again_in_place(house: House, ada: Person) -> None:
    asked = await ada.dm("What is 2 + 2?")
    answer = await house.answer(ada)
    await ada.edits(asked, "What is 5 + 5?")
    await ada.dms.wait_for(lambda seen: "10" in seen[-1].text)
    assert answer.id == ada.dms.transcript()[-1].id
    await house.idle()


async def test_the_preview_of_a_link_is_no_edit(house: House, ada: Person) -> None:
    asked = await ada.dm("What is 2 + 2?")
    await house.answer(ada)
    asked.data["embeds"] = [{"type": "link", "title": "A page", "url": "https://example.com"}]
    house.discord.world.updated(asked)
    await ada.dm("What is 3 + 3?")
    assert "6" in (await house.answer(ada)).text
    assert house.questions == 2


async def test_a_long_text_that_was_cut_is_one_question(open_house: OpenHouse, ada: Person) -> None:
    house = await open_house(delivery__join_seconds="0.3")
    await ada.dm("word " * 390)
    await ada.dm("Thank you!")
    await house.answer(ada)
    assert house.questions == 1
    assert str(house.asked()[-1]).endswith("Thank you!")


async def test_without_the_message_content_intent_what_mentions_the_bot_is_read(
    open_house: OpenHouse, ada: Person, general: Channel
) -> None:
    house = await open_house()
    await ada.mentions(house.discord.bot, "what is 2 + 2?", channel=general)
    answer = await house.answer(general)
    await ada.says("what is 3 + 3?", channel=general, reply_to=answer)  # a reply mentions whom it answers
    await house.answer(general)
    assert str(house.asked()[-1]).endswith("what is 3 + 3?")
    await ada.says("what is 4 + 4?", channel=general, reply_to=answer, ping=False)  # cannot be read
    await ada.dm("what is 5 + 5?")
    assert "10" in (await house.answer(ada)).text
    assert house.questions == 3


async def test_thumbs_rate_an_answer(house: House, ada: Person) -> None:
    await ada.dm("What is 2 + 2?")
    answer = await house.answer(ada)
    database = house.engine.gateway._database

    async def rated(wanted: dict[int, int]) -> None:
        async with asyncio.timeout(PATIENCE):
            while await database.read(partial(ratings.given, inbox_ids=[1])) != wanted:
                await asyncio.sleep(0.005)

    await ada.reacts("❤", answer)
    await ada.reacts("👍", answer)
    await rated({1: 1})
    await ada.reacts("👎", answer)
    await rated({1: -1})
    await ada.takes_back("👎", answer)
    await rated({1: 1})
    await ada.takes_back("👍", answer)
    await rated({})
