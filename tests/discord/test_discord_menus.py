"""Context menus: a command chosen from the menu of a message or of a person, and what it is about."""

import asyncio
import io
import random
from pathlib import Path
from typing import Any

import pytest
from PIL import Image as Pillow

from botcore.app import Engine
from botcore.config import load_config
from botcore.errors import Unsuitable
from botcore.messages import Image, Reply, Text, User
from botcore.plugin import Bot, Context, Prompt
from botcore.testing.discord_server import (
    Attachment,
    Channel,
    DiscordServer,
    Intent,
    Limits,
    NotSent,
    Permission,
    Person,
    Server,
    discord_server,
    png,
)
from botcore.testing.discord_server import Message as Shown
from botcore.testing.discord_server import pointing_discord_at as pointing
from botcore.testing.discord_server.messages import CONTEXT_MENU_COMMAND
from botcore.testing.discord_server.world import Content
from botcore.testing.openai_server import OfflineApi
from botcore_discord.library import discord as library
from tests.descriptions import discord_api
from tests.logs import Log

from .conftest import PATIENCE, House, OpenHouse, environment

GET_MESSAGE = "GET /channels/{channel_id}/messages/{message_id}"
PICTURE = Attachment(png(4, 4), "fox.png", "image/png")
WEIGHT = f"{len(PICTURE.content)} bytes"
RED, GREEN, BLUE = (220, 20, 20), (20, 160, 40), (30, 60, 220)


def tools() -> Bot:
    """Commands that take what a message holds, or a person."""
    bot = Bot("tools")

    @bot.command("weigh_it")
    async def weigh(ctx: Context, of: Image) -> str:
        """Weigh a picture."""
        data = b"".join([piece async for piece in ctx.fetch(of, most=1_000_000)])
        return f"{len(data)} bytes"

    @bot.command("burn", confirm=True)
    async def burn(ctx: Context, what: Image) -> str:
        """Burn a picture."""
        data = b"".join([piece async for piece in ctx.fetch(what, most=1_000_000)])
        return f"{len(data)} bytes are ashes."

    @bot.command("explain")
    async def explain(ctx: Context, of: Image) -> Prompt:
        """Ask the model."""
        return Prompt((Text("What is this?"),))

    @bot.command("look")
    async def look(ctx: Context, at: Image | None = None) -> str:
        """Look at a picture."""
        raise Unsuitable("I see nothing." if at is None else "I see too much.")

    @bot.command("greet")
    async def greet(ctx: Context, whom: User) -> str:
        """Greet somebody."""
        return f"Hello {whom.name}, {whom.id}!"

    @bot.command("gather", where=("group",), permission="admin")
    async def gather(ctx: Context, whom: User) -> str:
        """Call somebody."""
        return "here"

    return bot


@pytest.fixture
async def equipped(open_house: OpenHouse, general: Channel) -> House:
    """A bot with these commands, on the server of Ada and Ben."""
    return await _equipped(open_house)


async def _equipped(open_house: OpenHouse, **settings: str) -> House:
    house = await open_house(plugins=[tools()], **settings)
    await house.discord.bot.registers("greet")
    return house


async def _answer(house: House, who: Person, command: str, *, on: Shown) -> Shown:
    """Choose a command from the menu of a message, and read its answer."""
    used = await who.uses(command, on=on)
    await used.answer(PATIENCE)
    await house.idle()
    (answer,) = used.messages
    assert not answer.is_loading
    return answer


# ---- what is offered ----


async def test_what_a_message_or_a_person_is_enough_for_is_in_their_menus(
    equipped: House, ada: Person, ben: Person, general: Channel
) -> None:
    menus = {one["name"]: one["type"] for one in equipped.discord.bot.commands() if one["type"] != 1}
    assert menus.items() >= {"Weigh it": 3, "Burn": 3, "Look": 3, "Greet": 2, "Gather": 2}.items()
    assert menus.items() >= {"Transcribe": 3, "Translate": 3, "Vary": 3}.items()
    assert "Image" not in menus  # it needs words
    said = await ben.dm("hello")
    await equipped.answer(ben)
    assert "Gather" in ada.commands(general)  # hers is the server
    assert "Gather" not in ben.commands(general)
    assert "Gather" not in ada.commands()
    with pytest.raises(NotSent):
        await ben.uses("Greet", on=said)  # that is in the menu of a person


async def test_menus_are_written_once_and_again_only_when_they_change(
    make_adapter: Any, gateway: Any, discord: DiscordServer, log: Log
) -> None:
    body = {"type": 3, "name": "Weigh it", "contexts": [0, 1, 2]}
    starts = ((body, "are registered"), (body, "are up to date"), (body | {"contexts": [1]}, "are registered"))
    for wanted, said in starts:
        gateway.entries = {"weigh_it": wanted}
        adapter = make_adapter()
        log.lines.clear()
        await adapter.start(gateway)
        async with asyncio.timeout(PATIENCE):
            while not log.matching(f"commands.* {said}"):
                await asyncio.sleep(0.005)
        await adapter.close()
    assert discord.world.commands.writes == 2


async def test_more_than_discord_takes_in_menus_are_named(open_house: OpenHouse, discord: DiscordServer) -> None:
    many = Bot("many")

    async def pictured(ctx: Context, of: Image) -> None:
        """Do something to a picture."""

    async def personal(ctx: Context, whom: User) -> None:
        """Do something to a person."""

    for number in range(17):
        many.command(f"zz{number:02}")(pictured)
        many.command(f"person{number:02}")(personal)
    house = await open_house(plugins=[many])
    house.log.expects("Discord takes 15 commands in the menu of")
    await discord.bot.registers("person14")
    kinds = [one["type"] for one in discord.bot.commands()]
    assert (kinds.count(2), kinds.count(3)) == (15, 15)
    (message,) = house.log.matching("in the menu of a message")
    assert message.endswith("left out: Zz11, Zz12, Zz13, Zz14, Zz15, Zz16")
    (person,) = house.log.matching("in the menu of a person")
    assert person.endswith("left out: Person15, Person16")


async def test_menus_of_an_application_stay_its_own(
    make_adapter: Any, gateway: Any, discord: DiscordServer, ada: Person, general: Channel
) -> None:
    client = library.Client(intents=library.Intents.default(), guild_ready_timeout=0.02)
    tree = library.app_commands.CommandTree(client)

    @tree.context_menu(name="Translate")
    async def translate(interaction: library.Interaction, message: library.Message) -> None:
        await interaction.response.send_message(message.content[::-1])

    gateway.entries = {name: {"type": 3, "name": name.capitalize()} for name in ("translate", "vary")}
    with pointing(discord):
        adapter = make_adapter(client)
        await adapter.start(gateway)
        await discord.bot.registers("Vary")
        assert [one["name"] for one in discord.bot.commands()] == ["Translate", "Vary"]
        said = await ada.says("stressed", channel=general)
        assert (await (await ada.uses("Translate", on=said)).answer()).text == "desserts"
        used = await ada.uses("Vary", on=said)
        incoming = await gateway.next()
        assert (incoming.id, incoming.event.command) == (str(used.id), "vary")
        assert [one.event.command for one in gateway.accepted] == ["vary"]
        await adapter.close()


# ---- what it is about ----


async def test_a_picture_of_somebody_else_is_taken_from_the_menu(
    equipped: House, ada: Person, ben: Person, general: Channel
) -> None:
    said = await ben.attaches(PICTURE, text="look", channel=general)
    answer = await _answer(equipped, ada, "Weigh it", on=said)
    assert answer.text == WEIGHT
    assert general.lines(as_seen_by=ben) == ["Ben: [fox.png] look", f"Helper: {WEIGHT}"]


async def test_what_was_chosen_is_stored_whole(
    make_adapter: Any, gateway: Any, discord: DiscordServer, ada: Person, ben: Person, general: Channel
) -> None:
    gateway.entries = {"weigh_it": {"type": 3, "name": "Weigh it"}, "greet": {"type": 2, "name": "Greet"}}
    adapter = make_adapter()
    await adapter.start(gateway)
    await discord.bot.registers("Greet")
    first = await ben.says("Who is this?", channel=general)
    said = await ben.attaches(PICTURE, text=f"{ada.mention}, look", channel=general, reply_to=first)
    used = await ada.uses("Weigh it", on=said)
    incoming = await gateway.next()
    event, quote = incoming.event, incoming.event.reply_to
    assert (incoming.id, event.command, event.options, event.person) == (str(used.id), "weigh_it", {}, None)
    assert (incoming.address.token, incoming.address.place) == (used.token, str(used.messages[0].id))
    assert (incoming.sender.id, incoming.sender.locale) == (str(ada.id), "en-GB")
    assert (quote.external_id, quote.author, quote.mine) == (str(said.id), "Ben", False)
    picture, text = quote.parts
    assert (picture.name, picture.size, text.text) == ("fox.png", len(PICTURE.content), "@Ada, look")
    assert (quote.reply_to.external_id, quote.reply_to.author) == (str(first.id), "Ben")
    await ada.uses("Greet", on=ben, channel=general)
    event = (await gateway.next()).event
    assert (event.command, event.person, event.reply_to) == ("greet", User(str(ben.id), "Ben"), None)
    await adapter.close()


async def test_the_model_is_told_what_the_message_says_and_what_it_replies_to(equipped: House, ada: Person) -> None:
    first = await ada.dm("What is 2 + 2?")
    await equipped.answer(ada)
    said = await ada.attaches(PICTURE, text="A fox, I say.", channel=ada.dms, reply_to=first)
    await equipped.answer(ada)
    await _answer(equipped, ada, "Explain", on=said)
    content = equipped.asked()[-1]
    assert [one["type"] for one in content] == ["text", "image_url"]
    assert content[0]["text"].index("What is 2 + 2?") < content[0]["text"].index("A fox, I say.")
    assert content[0]["text"].endswith("What is this?")


async def test_it_is_acknowledged_before_discord_is_asked_for_what_is_above(
    open_house: OpenHouse, general: Channel, ada: Person, ben: Person
) -> None:
    first = await ben.says("Who is this?", channel=general)
    said = await ben.attaches(PICTURE, channel=general, reply_to=first)
    house = await _equipped(open_house, discord__message_content="true")
    hold = house.discord.faults.hold(GET_MESSAGE)
    used = await ada.uses("Weigh it", on=said)
    await hold.reached(PATIENCE)
    assert used.is_acknowledged
    hold.release()
    assert (await used.answer(PATIENCE)).text == WEIGHT
    await house.idle()


async def test_without_the_intent_the_message_is_read_all_the_same(tmp_path: Path, api: OfflineApi, log: Log) -> None:
    """Discord shows the bot nothing of it but in the menu's event."""
    async with discord_server(limits=Limits.none(), privileged_intents=Intent(0), description=discord_api()) as discord:
        ada, ben = discord.user("Ada"), discord.user("Ben")
        general = discord.guild("Friends", [ada, ben]).text_channel("general")
        engine = Engine(load_config(env=environment(tmp_path, discord, api, {}), directory=tmp_path))
        engine.registry.add(tools())
        async with engine:
            house = House(discord, api, engine, log)
            await discord.bot.registers("greet")
            said = await ben.attaches(PICTURE, text="look", channel=general)
            assert (await _answer(house, ada, "Weigh it", on=said)).text == WEIGHT
            named = await ben.attaches(PICTURE, text=f"{discord.bot.user.mention} hello", channel=general)
            await house.answer(general)
            assert (await _answer(house, ada, "Weigh it", on=named)).text == WEIGHT
        assert not discord.violations


@pytest.mark.parametrize("hidden", [Permission.VIEW_CHANNEL, Permission.READ_MESSAGE_HISTORY])
async def test_where_the_bot_may_not_read_the_message_comes_with_the_menu(
    equipped: House, ada: Person, ben: Person, friends: Server, general: Channel, hidden: Permission
) -> None:
    said = await ben.attaches(PICTURE, text="look", channel=general)
    friends.forbids(equipped.discord.bot, hidden, channel=general)
    assert (await _answer(equipped, ada, "Weigh it", on=said)).text == WEIGHT
    assert not [call for call in equipped.discord.calls if call.status in {401, 403}]


async def test_where_the_bot_is_not_the_message_comes_with_the_menu(
    open_house: OpenHouse, ada: Person, ben: Person, discord: DiscordServer
) -> None:
    lobby = discord.guild("Elsewhere", [ada, ben], bot=False).text_channel("lobby")
    together = discord.private_conversation(ada, ben)
    house = await _equipped(open_house, discord__user_install="true")
    await ada.installs_app()
    for place in (lobby, together):
        said = await ben.attaches(PICTURE, text="look", channel=place)
        assert (await _answer(house, ada, "Weigh it", on=said)).text == WEIGHT
    assert not discord.calls.of(GET_MESSAGE)


async def test_a_person_is_the_argument(
    equipped: House, ada: Person, ben: Person, friends: Server, general: Channel
) -> None:
    used = await ada.uses("Greet", on=ben, channel=general)
    assert (await used.answer(PATIENCE)).text == f"Hello Ben, {ben.id}!"
    used = await ada.uses("Greet", on=ben)
    assert (await used.answer(PATIENCE)).text == f"Hello Ben, {ben.id}!"
    await equipped.idle()


# ---- every end ----


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("Weigh it", "of is missing: send an image along, or reply to a message that has it.\nUsage: /weigh\\_it"),
        ("Look", "I see nothing."),
        ("Vary", "Reply to a picture, or send one along, so that I know which one."),
        ("Transcribe", "recording is missing"),
    ],
)
async def test_a_message_without_what_is_needed_is_refused_for_the_asker_alone(
    equipped: House, ada: Person, ben: Person, general: Channel, command: str, said: str
) -> None:
    words = await ben.says("just words", channel=general)
    answer = await _answer(equipped, ada, command, on=words)
    assert answer.text.startswith(said)
    assert (answer.is_ephemeral, answer.only_for) == (True, ada.user)
    assert general.lines(as_seen_by=ben) == ["Ben: just words"]


async def test_a_stranger_is_not_let_in_by_a_menu(
    open_house: OpenHouse, ada: Person, ben: Person, general: Channel
) -> None:
    house = await _equipped(open_house, access__mode="pairing")
    said = await ben.attaches(PICTURE, channel=general)
    answer = await _answer(house, ada, "Weigh it", on=said)
    assert answer.text.startswith("I do not know you yet, Ada.")
    assert answer.is_ephemeral


async def test_a_command_that_is_no_more(open_house: OpenHouse, ada: Person, general: Channel) -> None:
    house = await _equipped(open_house)
    await house.engine.__aexit__(None, None, None)
    house = await open_house(discord__commands="false")
    said = await ada.attaches(PICTURE, channel=general)
    answer = await _answer(house, ada, "Weigh it", on=said)
    assert (answer.text, answer.is_ephemeral) == ("There is no command /Weigh it any more.", True)


async def test_a_menu_that_cannot_be_read_is_one_line(equipped: House, ada: Person, general: Channel) -> None:
    equipped.log.expects("a command from Discord cannot be read")
    said = await ada.attaches(PICTURE, channel=general)
    whole = equipped.discord.world.renderer.message
    equipped.discord.world.renderer.message = lambda *_, **__: {"id": "1"}  # type: ignore[method-assign]
    used = await ada.uses("Weigh it", on=said)
    equipped.discord.world.renderer.message = whole  # type: ignore[method-assign]
    await ada.dm("What is 2 + 2?")
    await equipped.answer(ada)
    assert not used.is_acknowledged
    assert len(equipped.log.matching("a command from Discord cannot be read")) == 1


# ---- across a restart ----


async def test_a_confirmation_outlives_a_restart_with_what_it_is_about(
    open_house: OpenHouse, ada: Person, ben: Person, general: Channel
) -> None:
    house = await _equipped(open_house)
    said = await ben.attaches(PICTURE, text="look", channel=general)
    question = await _answer(house, ada, "Burn", on=said)
    assert question.text.startswith("Shall I run /burn")
    await house.engine.__aexit__(None, None, None)
    house = await _equipped(open_house)
    pressed = await ada.presses("Yes", on=question)
    assert (await pressed.answer(PATIENCE)).text == f"{len(PICTURE.content)} bytes are ashes."
    await house.idle()


async def test_a_message_whose_menu_was_used_is_answered_all_the_same_after_a_restart(
    open_house: OpenHouse, ada: Person, discord: DiscordServer
) -> None:
    house = await _equipped(open_house)
    await ada.dm("What is 2 + 2?")
    await house.answer(ada)
    await house.engine.__aexit__(None, None, None)
    missed = await ada.dm("What is 3 + 3?")
    discord.world.post(ada.dms, discord.bot.user, Content("4 bytes", kind=CONTEXT_MENU_COMMAND, reply_to=missed))
    house = await _equipped(open_house)
    await ada.dms.wait_for(lambda seen: "6" in seen[-1].text, timeout=PATIENCE)
    await house.idle()


# ---- the bot's own pictures ----


def gallery(weight: int, caption: str = "") -> Bot:
    """A plugin that shows a red, a green and a blue picture of so many bytes."""
    bot = Bot("gallery")

    @bot.command("gallery")
    async def show(ctx: Context) -> Reply:
        """Show pictures."""
        return Reply.of(*(Image(data=one, media_type="image/png", caption=caption) for one in _colours(weight)))

    return bot


def _colours(weight: int) -> list[bytes]:
    found: list[bytes] = []
    for colour in (RED, GREEN, BLUE):
        file = io.BytesIO()
        Pillow.new("RGB", (64, 64), colour).save(file, "PNG")
        found.append(file.getvalue() + random.Random(1).randbytes(weight))
    return found


async def _varied(house: House) -> tuple[int, int, int]:
    """The colour of the picture that the service was asked to vary last."""
    form = house.api.requests.to("/images/edits")[-1].form
    assert form is not None
    name = next(one for one in form.names() if one.startswith("image"))
    data: bytes = await form.upload(name).read()
    found = Pillow.open(io.BytesIO(data)).convert("RGB").getpixel((32, 32))
    assert isinstance(found, tuple)
    red, green, blue = found
    return red, green, blue


async def test_of_an_album_in_two_messages_the_one_is_varied_that_was_pointed_at(
    open_house: OpenHouse, ada: Person, general: Channel
) -> None:
    house = await open_house(plugins=[gallery(9_000_000)])
    await house.discord.bot.registers("gallery")
    await (await ada.slash("gallery", channel=general)).answer(PATIENCE)
    await house.idle()
    first, second = general.transcript(ada)
    assert [len(one.attachments) for one in (first, second)] == [2, 1]
    varied = await _answer(house, ada, "Vary", on=second)
    assert len(varied.attachments) == 1
    assert await _varied(house) == BLUE
    await _answer(house, ada, "Vary", on=first)
    assert await _varied(house) == RED


@pytest.mark.parametrize("mute", [False, True])
async def test_what_stands_below_an_album_stands_for_it(
    open_house: OpenHouse, ada: Person, friends: Server, general: Channel, mute: bool
) -> None:
    house = await open_house(plugins=[gallery(0, caption="word " * 250)])
    await house.discord.bot.registers("gallery")
    if mute:  # then all of the answer goes through the interaction, and its messages have other names here
        friends.forbids(house.discord.bot, Permission.SEND_MESSAGES | Permission.READ_MESSAGE_HISTORY, channel=general)
    await (await ada.slash("gallery", channel=general)).answer(PATIENCE)
    await house.idle()
    *_, last = general.transcript(ada)
    assert not last.attachments
    await _answer(house, ada, "Vary", on=last)
    assert await _varied(house) == RED
