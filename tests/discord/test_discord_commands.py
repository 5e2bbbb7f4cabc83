"""Slash commands: what Discord offers, what it is told when, and how they are answered."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import pytest

from botcore.errors import StoreUnavailable
from botcore.messages import Button, Channel, Image, Invocation, Reply, User
from botcore.plugin import Between, Bot, Context, Suggest
from botcore.testing.discord_server import Attachment, DiscordServer, NotSent, Person, Server, png
from botcore.testing.discord_server import Channel as Place
from botcore_discord.commands import normal

from .conftest import PATIENCE, House, OpenHouse

PUT = "PUT /applications/{application_id}/commands"


async def _animals(typed: str) -> list[str]:
    return [name for name in ("fox", "fish", "owl") if name.startswith(typed)]


def tools() -> Bot:
    """A plugin with an option of every type."""
    bot = Bot("tools")

    @bot.command("tell")
    async def tell(
        ctx: Context,
        text: str,
        count: Annotated[int, Between(1, 9)],
        ratio: float,
        loud: bool,
        who: User,
        where: Channel,
        picture: Image,
    ) -> str:
        """Tell what was given."""
        return (
            f"{text} {count} {ratio} {loud} {who.name}={who.id} {where.name}={where.id} {picture.name} {picture.size}"
        )

    @bot.command("secret", ephemeral=True)
    async def secret(ctx: Context) -> str:
        """Whisper."""
        return "psst"

    @bot.command("feed")
    async def feed(ctx: Context, animal: Annotated[str, Suggest(_animals)]) -> str:
        """Feed an animal."""
        return f"The {animal} is fed."

    @bot.command("hush", where=("private",))
    async def hush(ctx: Context) -> str:
        """Whisper in private."""
        return "hush"

    @bot.command("gather", where=("group",))
    async def gather(ctx: Context) -> str:
        """Call everybody."""
        return "here"

    @bot.command("lock", permission="admin")
    async def lock(ctx: Context) -> str:
        """Lock the door."""
        return "locked"

    @bot.command("ask")
    async def ask(ctx: Context) -> Reply:
        """Offer a button."""
        return Reply.of("More?", buttons=[[Button("Again", says="/feed fox")]])

    return bot


async def test_every_command_of_the_plugins_is_offered_as_one_of_discords(house: House, ada: Person) -> None:
    wanted = {command.name for command in house.engine.gateway.commands()}
    await house.discord.bot.registers("help")
    assert {one["name"] for one in house.discord.bot.commands() if one["type"] == 1} == wanted


async def test_a_command_of_every_option_type(open_house: OpenHouse, ada: Person, ben: Person, general: Place) -> None:
    house = await open_house(plugins=[tools()])
    await house.discord.bot.registers("tell")
    picture = Attachment(png(2, 2), "fox.png", "image/png")
    used = await ada.slash(
        "tell",
        channel=general,
        options={
            "text": "hi",
            "count": 3,
            "ratio": 0.5,
            "loud": True,
            "who": ben,
            "where": general,
            "picture": picture,
        },
    )
    answer = await used.answer(PATIENCE)
    assert answer.text == f"hi 3 0.5 True Ben={ben.id} general={general.id} fox.png {len(picture.content)}"
    assert answer.id == (await used.acknowledged()).messages[0].id


async def test_suggestions_come_while_an_option_is_typed(open_house: OpenHouse, ada: Person, general: Place) -> None:
    house = await open_house(plugins=[tools()])
    await house.discord.bot.registers("feed")
    found = await ada.autocompletes("feed", "animal", "f", channel=general)
    assert [one["value"] for one in found] == ["fox", "fish"]
    assert await ada.autocompletes("feed", "animal", "zebra", channel=general) == []


async def test_an_answer_for_the_asker_alone_is_deferred_so(
    open_house: OpenHouse, ada: Person, ben: Person, general: Place
) -> None:
    house = await open_house(plugins=[tools()])
    await house.discord.bot.registers("secret")
    used = await ada.slash("secret", channel=general)
    assert (await used.answer(PATIENCE)).text == "psst"
    assert general.transcript(ben) == []
    await house.idle()


async def test_a_button_means_the_same_after_a_restart(
    open_house: OpenHouse, ada: Person, discord: DiscordServer
) -> None:
    house = await open_house(plugins=[tools()])
    await ada.dm("/ask")
    offered = await house.answer(ada)
    await house.engine.__aexit__(None, None, None)
    house = await open_house(plugins=[tools()])
    pressed = await ada.presses("Again", on=offered)
    assert (await pressed.answer(PATIENCE)).text == "The fox is fed."
    await house.idle()


async def test_a_button_of_somebody_else_is_left_alone(house: House, ada: Person) -> None:
    await ada.dm("What is 2 + 2?")
    answer = await house.answer(ada)
    button = {"type": 2, "style": 1, "label": "Vote", "custom_id": "vote:1"}
    answer.data["components"] = [{"type": 1, "components": [button]}]
    pressed = await ada.presses("Vote", on=answer)
    await ada.dm("What is 3 + 3?")
    await house.answer(ada)
    assert not pressed.is_acknowledged


# ---- three seconds ----


class Slow:
    """A database that takes nothing until it is told to."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self.go = asyncio.Event()
        self.asked = asyncio.Event()

    async def run(self, unit: Any) -> Any:
        """Wait, then do it."""
        self.asked.set()
        await self.go.wait()
        return await self._inner.run(unit)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


async def test_a_command_is_acknowledged_before_the_database_is_asked(
    house: House, ada: Person, general: Place
) -> None:
    await house.discord.bot.registers("help")
    desk: Any = house.engine._desk
    slow = desk._database = Slow(desk._database)
    used = await ada.slash("help", channel=general)
    await used.acknowledged(PATIENCE)
    assert not slow.go.is_set()
    await asyncio.wait_for(slow.asked.wait(), PATIENCE)
    slow.go.set()
    assert (await used.answer(PATIENCE)).text
    await house.idle()


class Broken(Slow):
    """A database that is not there."""

    async def run(self, unit: Any) -> Any:
        """Refuse."""
        raise StoreUnavailable("the disk is full")


async def test_a_command_that_cannot_be_stored_is_answered_honestly(house: House, ada: Person, general: Place) -> None:
    house.log.expects("the database does not take what comes from Discord")
    await house.discord.bot.registers("help")
    desk: Any = house.engine._desk
    desk._database = Broken(desk._database)
    used = await ada.slash("help", channel=general)
    assert (await used.answer(PATIENCE)).text == "I could not store that. Please send it again."


async def test_the_address_of_a_command_says_where_and_how_long_it_can_be_answered(
    make_adapter: Any, ada: Person, friends: Server, general: Place, discord: DiscordServer, gateway: Any
) -> None:
    adapter = make_adapter()
    gateway.bodies = [{"type": 1, "name": "help", "description": "Help", "options": []}]
    await adapter.start(gateway)
    await discord.bot.registers("help")
    used = await ada.slash("help", channel=general)
    incoming = await gateway.next()
    assert incoming.event == Invocation("help", {})
    assert incoming.address.token == used.token
    assert incoming.address.place == str(used.messages[0].id)
    life = incoming.address.expires_at - datetime.now(UTC)
    assert timedelta(minutes=14) < life <= timedelta(minutes=15)
    assert incoming.sender.locale == "en-GB"
    await adapter.close()


async def test_an_acknowledgement_whose_answer_is_lost_is_none_that_failed(
    house: House, ada: Person, general: Place
) -> None:
    await house.discord.bot.registers("help")
    house.discord.faults.reset("POST /interactions/", landed=True)
    used = await ada.slash("help", channel=general)
    assert (await used.answer(PATIENCE)).text
    await house.idle()
    assert len(general.transcript(ada)) == 1


async def test_a_command_that_comes_too_late_is_one_line(
    make_adapter: Any, gateway: Any, discord: DiscordServer, ada: Person, log: Any
) -> None:
    gateway.bodies = [{"type": 1, "name": "help", "description": "Help", "options": []}]
    adapter = make_adapter()
    await adapter.start(gateway)
    await discord.bot.registers("help")
    discord.faults.refuse("POST /interactions/", status=404, code=10062, message="Unknown interaction")
    await ada.slash("help")
    await ada.dm("hello")
    assert await gateway.texts(1) == ["hello"]
    await discord.called("POST /interactions/")
    async with asyncio.timeout(PATIENCE):
        while not log.matching("came too late"):
            await asyncio.sleep(0.005)
    assert len(gateway.accepted) == 1


# ---- synchronisation ----


async def test_commands_are_written_once_and_again_only_when_they_change(open_house: OpenHouse, ada: Person) -> None:
    house = await open_house()
    discord = house.discord
    await discord.called(PUT)
    await house.engine.__aexit__(None, None, None)
    house = await open_house()
    await discord.called("GET /applications/{application_id}/commands", times=2)
    await ada.dm("What is 2 + 2?")
    await house.answer(ada)
    assert len(discord.calls.of(PUT)) == 1
    await house.engine.__aexit__(None, None, None)
    house = await open_house(plugins=[tools()])
    await discord.called(PUT, times=2)
    assert "tell" in {one["name"] for one in discord.bot.commands()}


async def test_commands_may_be_for_one_server_alone(
    open_house: OpenHouse, ada: Person, friends: Server, general: Place
) -> None:
    house = await open_house(discord__guilds=f"[{friends.id}]")
    await house.discord.bot.registers("help", guild_id=friends.id)
    assert house.discord.bot.commands() == []
    used = await ada.slash("help", channel=general)
    assert (await used.answer(PATIENCE)).text
    with pytest.raises(NotSent):
        await ada.slash("help")
    await house.engine.__aexit__(None, None, None)
    writes = house.discord.world.commands.writes
    house = await open_house(discord__guilds=f"[{friends.id}]")
    await house.discord.called("/guilds/{guild_id}/commands", times=3)
    assert house.discord.world.commands.writes == writes


async def test_a_server_that_is_named_no_longer_does_not_offer_each_command_twice(
    open_house: OpenHouse, friends: Server, discord: DiscordServer
) -> None:
    house = await open_house(discord__guilds=f"[{friends.id}]")
    await discord.bot.registers("help", guild_id=friends.id)
    await house.engine.__aexit__(None, None, None)
    await open_house()
    await discord.called("PUT /applications/{application_id}/guilds/{guild_id}/commands", times=2)
    assert discord.bot.commands(guild_id=friends.id) == []
    assert "help" in {one["name"] for one in discord.bot.commands()}


async def test_people_may_take_the_commands_with_them(open_house: OpenHouse, ada: Person, ben: Person) -> None:
    house = await open_house(discord__user_install="true")
    await house.discord.bot.registers("help")
    together = house.discord.private_conversation(ada, ben)
    with pytest.raises(NotSent):
        await ada.slash("help", channel=together)
    await ada.installs_app()
    used = await ada.slash("help", channel=together)
    assert (await used.answer(PATIENCE)).text


async def test_the_app_is_answered_on_a_server_without_the_bot(
    open_house: OpenHouse, ada: Person, discord: DiscordServer
) -> None:
    elsewhere = discord.guild("Elsewhere", [ada], bot=False).text_channel("lobby")
    house = await open_house(discord__user_install="true", plugins=[tools()])
    await ada.installs_app()
    await discord.bot.registers("ask")
    used = await ada.slash("ask", channel=elsewhere)
    answer = await used.answer(PATIENCE)
    assert answer.text == "More?"
    pressed = await ada.presses("Again", on=answer)
    assert (await pressed.answer(PATIENCE)).text == "The fox is fed."
    await house.idle()


async def test_a_command_is_offered_where_it_may_be_used(
    open_house: OpenHouse, ada: Person, ben: Person, friends: Server, general: Place
) -> None:
    house = await open_house(plugins=[tools()])
    await house.discord.bot.registers("hush")
    assert "hush" in ada.commands()
    assert "hush" not in ada.commands(general)
    assert "gather" in ada.commands(general)
    assert "gather" not in ada.commands()
    assert "lock" in ada.commands(general)  # hers is the server
    assert "lock" not in ben.commands(general)
    assert "lock" in ben.commands()  # in private nobody's permissions are asked for; the gate refuses
    used = await ben.slash("lock")
    assert "locked" not in (await used.answer(PATIENCE)).text


async def test_more_commands_than_discord_takes_are_named(open_house: OpenHouse) -> None:
    many = Bot("many")

    async def run(ctx: Context) -> str:
        """Run."""
        return "done"

    for number in range(110):
        many.command(f"x{number:03}")(run)
    house = await open_house(plugins=[many])
    house.log.expects("Discord takes 100 slash commands")
    await house.discord.called(PUT)
    assert len([one for one in house.discord.bot.commands() if one["type"] == 1]) == 100
    (line,) = house.log.matching("Discord takes 100 slash commands")
    assert "/x109" in line


@pytest.mark.parametrize(
    ("status", "code", "said"),
    [(403, 50001, "applications.commands"), (400, 30034, "Max number of daily"), (429, 0, "a pause of 120 s")],
)
async def test_commands_that_cannot_be_written_are_one_line(
    open_house: OpenHouse, discord: DiscordServer, ada: Person, status: int, code: int, said: str
) -> None:
    why = "Max number of daily application commands reached"
    discord.faults.refuse(PUT, status=status, code=code, message=why, retry_after=120 if status == 429 else None)
    house = await open_house()
    house.log.expects("the commands everywhere are not up to date")
    await discord.called(PUT)
    await ada.dm("What is 2 + 2?")
    assert "4" in (await house.answer(ada)).text
    (line,) = house.log.matching("are not up to date")
    assert said in line


def test_what_discord_adds_to_a_command_is_no_difference() -> None:
    ours = {
        "type": 1,
        "name": "image",
        "description": "Draw",
        "contexts": [2, 0],
        "integration_types": [0],
        "options": [{"type": 4, "name": "count", "description": "How many", "required": False, "min_value": 1}],
    }
    theirs = {
        **ours,
        "id": "1",
        "application_id": "2",
        "version": "3",
        "default_member_permissions": None,
        "dm_permission": True,
        "nsfw": False,
        "name_localizations": None,
        "description_localizations": {},
        "contexts": [0, 2],
        "options": [{"type": 4, "name": "count", "description": "How many", "min_value": 1.0, "autocomplete": False}],
    }
    assert normal(ours) == normal(theirs)
    for name, value in (("contexts", [0]), ("description", "Paint"), ("default_member_permissions", "32")):
        assert normal(ours) != normal({**theirs, name: value})
