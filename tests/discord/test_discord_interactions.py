"""Slash commands and buttons to their end: none says "is thinking" for ever, none shows others what is one person's."""

import asyncio
from typing import Annotated

import pytest

from botcore.errors import Unsuitable
from botcore.messages import Button, Image, Reply, Text
from botcore.plugin import Between, Bot, Context, Prompt
from botcore.testing.discord_server import (
    Attachment,
    Channel,
    DiscordServer,
    Interaction,
    Permission,
    Person,
    Server,
    png,
)

from .conftest import PATIENCE, House, OpenHouse

NOT_YOURS = "That button is for the one who was answered there. Ask me yourself!"


def tools() -> Bot:
    """Commands that end in every way there is."""
    bot = Bot("tools")

    @bot.command("slow")
    async def slow(ctx: Context) -> str:
        """Take for ever."""
        await ctx.progress("Working on it")
        await asyncio.Event().wait()
        return "done"

    @bot.command("fails")
    async def fails(ctx: Context) -> str:
        """Break."""
        raise RuntimeError("boom")

    @bot.command("refuses")
    async def refuses(ctx: Context) -> str:
        """Refuse."""
        raise Unsuitable("Not today.")

    @bot.command("idles")
    async def idles(ctx: Context) -> None:
        """Say nothing."""

    @bot.command("letters")
    async def letters(ctx: Context, word: Annotated[str, Between(2, 5)]) -> str:
        """Count the letters."""
        return f"{len(word)} letters"

    @bot.command("wipe", confirm=True)
    async def wipe(ctx: Context, what: str) -> str:
        """Wipe something away."""
        return f"{what} is wiped away."

    @bot.command("diary", ephemeral=True)
    async def diary(ctx: Context) -> str:
        """Write a diary."""
        done = await ctx.ask("What did you do, my dear?", choices=("Work", "Rest"))
        liked = await ctx.ask(f"Did you like the {done}?", choices=("Yes", "No"))
        return f"{done}: {liked}"

    @bot.command("confide", ephemeral=True)
    async def confide(ctx: Context, secret: str) -> Prompt:
        """Ask the model in secret."""
        return Prompt((Text(secret),))

    @bot.command("picture")
    async def picture(ctx: Context) -> Reply:
        """Show a picture."""
        return Reply.of(Image(data=png(4, 4), media_type="image/png"), buttons=[[Button("Weigh", says="/weigh")]])

    @bot.command("weigh")
    async def weigh(ctx: Context, of: Image) -> str:
        """Weigh a picture."""
        data = b"".join([piece async for piece in ctx.fetch(of, most=1_000_000)])
        return f"{len(data)} bytes"

    return bot


async def _equipped(open_house: OpenHouse, **settings: str) -> House:
    house = await open_house(plugins=[tools()], **settings)
    await house.discord.bot.registers("wipe")
    return house


async def _answered(house: House, *used: Interaction) -> None:
    """Wait until all is answered; nothing that these brought into the channel still waits for an answer."""
    for one in used:
        await one.answer(PATIENCE)
    await house.idle()
    assert not any(message.is_loading or message.text == "…" for one in used for message in one.messages)


# ---- every end ----


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("fails", "Helper (only to Ada): /fails failed because of a fault in it. The operator can see why."),
        ("refuses", "Helper (only to Ada): Not today."),
        ("idles", "Helper: ✓"),
    ],
)
async def test_a_command_that_fails_refuses_or_says_nothing_is_answered(
    open_house: OpenHouse, general: Channel, ada: Person, command: str, said: str
) -> None:
    house = await _equipped(open_house)
    await _answered(house, await ada.slash(command, channel=general))
    assert general.lines(as_seen_by=ada) == [said]


async def test_a_file_of_the_wrong_kind_is_named(
    open_house: OpenHouse, general: Channel, ada: Person, ben: Person
) -> None:
    house = await _equipped(open_house)
    notes = Attachment(b"milk", "notes.txt", "text/plain")
    await _answered(house, await ada.slash("weigh", channel=general, options={"of": notes}))
    (line,) = general.lines(as_seen_by=ada)
    assert line == "Helper (only to Ada): of: “notes.txt” is not an image.\nUsage: /weigh"
    assert general.lines(as_seen_by=ben) == []


async def test_too_many_commands_in_a_minute(open_house: OpenHouse, general: Channel, ada: Person, ben: Person) -> None:
    house = await _equipped(open_house, access__messages_per_minute="1")
    first = await ada.slash("letters", channel=general, word="abc")
    await _answered(house, first, await ada.slash("letters", channel=general, word="abcd"))
    said, refused = general.lines(as_seen_by=ada)
    assert said == "Helper: 3 letters"
    assert refused.startswith("Helper (only to Ada): That was a lot of messages")
    assert general.lines(as_seen_by=ben) == [said]


async def test_a_stranger_is_told_how_to_get_in(
    open_house: OpenHouse, general: Channel, ada: Person, ben: Person
) -> None:
    house = await _equipped(open_house, access__mode="pairing")
    await _answered(house, await ada.slash("letters", channel=general, word="abc"), await ben.slash("idles"))
    (line,) = general.lines(as_seen_by=ada)
    assert line.startswith("Helper (only to Ada): I do not know you yet, Ada.")
    assert general.lines(as_seen_by=ben) == []
    assert "botcore access approve" in ben.dms.lines(as_seen_by=ben)[0]


async def test_a_command_that_is_no_more(open_house: OpenHouse, general: Channel, ada: Person) -> None:
    house = await _equipped(open_house)
    await house.engine.__aexit__(None, None, None)
    house = await open_house(discord__commands="false")
    await _answered(house, await ada.slash("idles", channel=general))
    assert general.lines(as_seen_by=ada) == ["Helper (only to Ada): There is no command /idles any more."]


async def test_stop_overtakes_commands_that_wait_and_what_is_too_much_is_refused(
    open_house: OpenHouse, general: Channel, ada: Person, ben: Person
) -> None:
    house = await _equipped(open_house, delivery__open_per_conversation="2", delivery__busy_notice_at="1")
    slow = await ada.slash("slow", channel=general)
    await slow.answer(PATIENCE)
    waiting = await ada.slash("letters", channel=general, word="abc")
    refused = await ada.slash("letters", channel=general, word="abcd")
    await refused.answer(PATIENCE)
    # "is thinking" says that one waits; a word about the queue would be one more message
    await general.wait_for(
        lambda seen: [one.text for one in seen if not one.is_loading] == ["Working on it"], timeout=PATIENCE
    )
    stop = await ada.slash("stop", channel=general)
    await _answered(house, slow, waiting, refused, stop)
    shown = ["Helper: *(stopped)*", "Helper: 3 letters"]
    assert general.lines(as_seen_by=ben) == shown
    own = [line for line in general.lines(as_seen_by=ada) if line not in shown]
    assert [line.partition(":")[0] for line in own] == ["Helper (only to Ada)"] * 2
    assert "Too many of your messages" in own[0]
    assert own[1].endswith("Stopped.")


# ---- questions ----


async def test_a_confirmation_outlives_a_restart_and_is_its_persons_alone(
    open_house: OpenHouse, general: Channel, ada: Person, ben: Person
) -> None:
    house = await _equipped(open_house)
    used = await ada.slash("wipe", channel=general, what="the board")
    question = await used.answer(PATIENCE)
    await house.engine.__aexit__(None, None, None)
    house = await open_house(plugins=[tools()])
    await _answered(house, await ben.presses("Yes", on=question))
    await _answered(house, await ada.presses("Yes", on=question))
    asked = 'Helper: Shall I run /wipe "the board"\nYes or no?'
    assert general.lines(as_seen_by=ada) == [asked, "Helper: the board is wiped away."]
    assert f"Helper (only to Ben): {NOT_YOURS}" in general.lines(as_seen_by=ben)


async def test_a_button_of_a_settled_question_asks_nobody_and_confirms_nothing_else(
    open_house: OpenHouse, general: Channel, ada: Person
) -> None:
    house = await _equipped(open_house)
    first = await (await ada.slash("wipe", channel=general, what="the board")).answer(PATIENCE)
    await _answered(house, await ada.presses("No", on=first))
    second = await (await ada.slash("wipe", channel=general, what="the disk")).answer(PATIENCE)
    await house.idle()
    await _answered(house, await ada.presses("Yes", on=first))
    assert general.lines(as_seen_by=ada)[-1] == (
        "Helper (only to Ada): That question is settled, or was put to somebody else."
    )
    assert house.questions == 0
    await _answered(house, await ada.presses("Yes", on=second))
    assert general.lines(as_seen_by=ada)[-1] == "Helper: the disk is wiped away."
    await _answered(house, await ada.presses("Yes", on=second))
    assert house.questions == 0


async def test_all_that_a_command_in_secret_asks_and_says_stays_so(
    open_house: OpenHouse, general: Channel, ada: Person, ben: Person
) -> None:
    house = await _equipped(open_house)
    used = await ada.slash("diary", channel=general)
    question = await used.answer(PATIENCE)
    await house.idle()
    pressed = await ada.presses("Work", on=question)
    await _answered(house, pressed)
    again = await ada.presses("Yes", on=next(one for one in pressed.messages if one.is_ephemeral))
    await _answered(house, again)
    await _answered(house, await ada.slash("confide", channel=general, secret="What is 2 + 2?"))
    said = ["What did you do, my dear?", "Did you like the Work?", "Work: Yes", "The answer is **4**."]
    assert general.lines(as_seen_by=ada) == [f"Helper (only to Ada): {line}" for line in said]
    assert general.lines(as_seen_by=ben) == []


# ---- threads ----


async def test_a_chat_is_opened_in_a_thread_with_its_first_question_answered(
    open_house: OpenHouse, general: Channel, ada: Person, friends: Server
) -> None:
    house = await _equipped(open_house)
    used = await ada.slash("chat", channel=general, text="What is 2 + 2?")
    said = await used.answer(PATIENCE)
    thread = next(one for one in friends.channels if one.thread is not None)
    assert f"<#{thread.id}>" in said.text
    assert "**4**" in (await house.answer(thread)).text
    await ada.mentions(house.discord.bot, "What is 3 + 3?", channel=thread)
    await house.answer(thread)
    assert house.asked() == ["What is 2 + 2?", "The answer is **4**.", "What is 3 + 3?"]
    inside = await ada.slash("chat", channel=thread, text="again")
    await _answered(house, inside)
    assert "This is a thread already" in inside.messages[-1].text


# ---- where the bot is not, or may not write ----


async def test_where_the_bot_is_not_its_buttons_work_for_the_one_who_was_answered(
    open_house: OpenHouse, ada: Person, ben: Person, discord: DiscordServer
) -> None:
    lobby = discord.guild("Elsewhere", [ada, ben], bot=False).text_channel("lobby")
    house = await _equipped(open_house, discord__user_install="true")
    await ada.installs_app()
    await ben.installs_app()
    picture = await (await ada.slash("picture", channel=lobby)).answer(PATIENCE)
    await house.idle()
    await _answered(house, await ben.presses("Weigh", on=picture))
    await _answered(house, await ada.presses("Weigh", on=picture))
    assert lobby.lines(as_seen_by=ada) == ["Helper: [image.png]", f"Helper: {len(png(4, 4))} bytes"]
    assert f"Helper (only to Ben): {NOT_YOURS}" in lobby.lines(as_seen_by=ben)
    await _answered(house, await ada.slash("chat", channel=lobby, text="hi"))
    assert lobby.lines(as_seen_by=ada)[-1].startswith("Helper (only to Ada): There are no threads here")


async def test_where_the_bot_is_not_all_of_a_long_answer_is_for_all(
    open_house: OpenHouse, ada: Person, ben: Person, discord: DiscordServer
) -> None:
    bot = Bot("long")

    @bot.command("long")
    async def long(ctx: Context) -> str:
        """Say much."""
        return "word " * 700

    lobby = discord.guild("Elsewhere", [ada, ben], bot=False).text_channel("lobby")
    house = await open_house(discord__user_install="true", plugins=[bot])
    await ada.installs_app()
    await discord.bot.registers("long")
    await _answered(house, await ada.slash("long", channel=lobby))
    assert [line.startswith("Helper: word") for line in lobby.lines(as_seen_by=ben)] == [True, True]


async def test_where_the_bot_may_not_write_its_buttons_work_as_well(
    open_house: OpenHouse, ada: Person, ben: Person, friends: Server, general: Channel, discord: DiscordServer
) -> None:
    house = await _equipped(open_house)
    friends.forbids(discord.bot, Permission.SEND_MESSAGES | Permission.READ_MESSAGE_HISTORY, channel=general)
    picture = await (await ada.slash("picture", channel=general)).answer(PATIENCE)
    await house.idle()
    await _answered(house, await ben.presses("Weigh", on=picture))
    await _answered(house, await ada.presses("Weigh", on=picture))
    assert general.lines(as_seen_by=ada) == ["Helper: [image.png]", f"Helper: {len(png(4, 4))} bytes"]
    assert f"Helper (only to Ben): {NOT_YOURS}" in general.lines(as_seen_by=ben)
