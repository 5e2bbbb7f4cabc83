"""Slash commands, autocompletion, buttons, menus, dialogues: used by people, answered through the real library."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import discord as library
import pytest
from discord import app_commands

from botcore.testing.discord_server import (
    Attachment,
    Channel,
    DiscordServer,
    Limits,
    ManualClock,
    Message,
    NotSent,
    Permission,
    Person,
    Server,
    discord_server,
)

Starter = Callable[..., Awaitable[Any]]
Used = library.Interaction[Any]


async def test_a_slash_command_with_options_of_every_type(
    discord: DiscordServer, start: Starter, ada: Person, friends: Server, general: Channel
) -> None:
    client = await start()
    tree: app_commands.CommandTree[Any] = client.tree
    given: dict[str, Any] = {}

    @tree.command(description="Takes everything")
    @app_commands.choices(
        style=[app_commands.Choice(name="Oil", value="o"), app_commands.Choice(name="Ink", value="i")]
    )
    async def everything(
        used: Used,
        prompt: str,
        count: app_commands.Range[int, 1, 4],
        scale: float,
        loud: bool,
        whom: library.Member,
        place: library.TextChannel,
        rank: library.Role,
        file: library.Attachment,
        style: str,
        extra: str | None = None,
    ) -> None:
        given.update(
            prompt=prompt, count=count, scale=scale, loud=loud, whom=whom.display_name, place=place.name, rank=rank.name
        )
        given.update(file=(file.filename, await file.read(), file.content_type), style=style, extra=extra)
        await used.response.send_message(f"{used.user.display_name} in {used.locale}")

    await client.tree.sync()
    staff = friends.role("Staff", [ada])
    used = await ada.slash(
        "everything",
        channel=general,
        prompt="a red fox",
        count=2,
        scale=1.5,
        loud=True,
        whom=ada,
        place=general,
        rank=staff,
        file=Attachment(b"a,b", "table.csv"),
        style="Ink",
    )
    answer = await used.answer()
    assert answer.text == "Ada in en-GB"
    assert given == {
        "prompt": "a red fox",
        "count": 2,
        "scale": 1.5,
        "loud": True,
        "whom": "Ada",
        "place": "general",
        "rank": "Staff",
        "file": ("table.csv", b"a,b", "text/csv"),
        "style": "i",
        "extra": None,
    }
    assert used.acknowledged_after is not None
    assert used.acknowledged_after < 3
    assert general.lines() == ["Helper: Ada in en-GB"]


async def test_what_the_app_does_not_let_pass(
    discord: DiscordServer, start: Starter, ada: Person, general: Channel
) -> None:
    client = await start()
    tree: app_commands.CommandTree[Any] = client.tree

    @tree.command(description="Draw")
    @app_commands.choices(style=[app_commands.Choice(name="Oil", value="o")])
    async def draw(
        used: Used, prompt: app_commands.Range[str, 2, 9], count: app_commands.Range[int, 1, 4] = 1, style: str = "o"
    ) -> None:
        raise AssertionError("never called")

    await client.tree.sync()
    for wrong, why in (
        ({}, "needs prompt"),
        ({"prompt": "x"}, "2 to 9 characters"),
        ({"prompt": 12}, "a text"),
        ({"prompt": "fox", "count": 5}, "from 1 to 4"),
        ({"prompt": "fox", "count": "two"}, "whole number"),
        ({"prompt": "fox", "style": "Ink"}, "no choice"),
        ({"prompt": "fox", "colour": "red"}, "no option colour; it has: prompt, count, style"),
    ):
        with pytest.raises(NotSent, match=why):
            await ada.slash("draw", channel=general, options=wrong)
    with pytest.raises(NotSent, match="no command 'paint' for Ada here; there are: draw"):
        await ada.slash("paint", channel=general)
    assert len(discord.world.interactions) == 0


async def test_subcommands_autocompletion_and_deferral(
    discord: DiscordServer, start: Starter, ada: Person, general: Channel
) -> None:
    client = await start()
    group = app_commands.Group(name="model", description="The model")
    inner = app_commands.Group(name="default", description="The default", parent=group)

    @inner.command(name="set", description="Change it")
    async def set_model(used: Used, name: str) -> None:
        await used.response.defer(ephemeral=True, thinking=True)
        await used.followup.send(f"now {name}")
        await used.followup.send("and that was all", ephemeral=True)

    @set_model.autocomplete("name")
    async def names(_: Used, typed: str) -> list[app_commands.Choice[str]]:
        return [app_commands.Choice(name=n.upper(), value=n) for n in ("small", "smart", "large") if typed in n]

    client.tree.add_command(group)
    await client.tree.sync()
    offered = await ada.autocompletes("model default set", "name", "sma", channel=general)
    assert [one["value"] for one in offered] == ["small", "smart"]
    used = await ada.slash("model default set", channel=general, options={"name": "small"})
    answer = await used.answer()
    assert answer.text == "now small"
    assert answer.is_ephemeral
    await general.wait_for(lambda seen: len(seen) == 2, as_seen_by=ada)
    assert general.lines(ada) == ["Helper (only to Ada): now small", "Helper (only to Ada): and that was all"]
    assert general.lines() == []
    assert [message.text for message in used.messages] == ["now small", "and that was all"]
    with pytest.raises(NotSent, match="needs a subcommand: set"):
        await ada.slash("model default", channel=general)
    with pytest.raises(NotSent, match="no subcommand 'get'"):
        await ada.slash("model default get", channel=general)
    with pytest.raises(NotSent, match="has no option"):
        await ada.autocompletes("model default set", "size", "x", channel=general)


async def test_buttons_menus_and_dialogues(
    discord: DiscordServer, start: Starter, ada: Person, friends: Server, general: Channel
) -> None:
    client = await start()

    class Name(library.ui.Modal, title="Who are you?"):
        answer: Any = library.ui.TextInput(label="Name", custom_id="name", required=True)

        async def on_submit(self, used: Used) -> None:
            await used.response.send_message(f"Hello {self.answer.value}", ephemeral=True)

    class Panel(library.ui.View):
        @library.ui.button(label="Stop", style=library.ButtonStyle.danger, custom_id="stop")
        async def stop_it(self, used: Used, _: Any) -> None:
            await used.response.edit_message(content="stopped", view=None)

        @library.ui.button(label="Who?", custom_id="who")
        async def who(self, used: Used, _: Any) -> None:
            await used.response.send_modal(Name())

        @library.ui.select(
            placeholder="Pick", max_values=2, options=[library.SelectOption(label=x, value=x.lower()) for x in "ABC"]
        )
        async def pick(self, used: Used, menu: Any) -> None:
            await used.response.send_message("picked " + ",".join(menu.values))

    sent = await client.get_channel(general.id).send("panel", view=Panel(timeout=None))
    panel = await discord.bot.answers(general)
    assert [[button.label for button in row] for row in panel.buttons] == [["Stop", "Who?"]]
    assert panel.id == sent.id
    chosen = await ada.selects("A", "c", on=panel)
    assert (await chosen.answer()).text == "picked a,c"
    asked = await ada.presses("Who?", on=panel)
    await asked.acknowledged()
    submitted = await ada.submits(asked, name="Countess")
    assert (await submitted.answer()).text == "Hello Countess"
    stopped = await ada.presses(panel.buttons[0][0], on=panel)
    assert (await stopped.answer()) is panel
    assert panel.history == ["panel", "stopped"]
    with pytest.raises(NotSent, match="no button 'Stop'"):
        await ada.presses("Stop", on=panel)
    with pytest.raises(NotSent, match="no menu"):
        await ada.selects("A", on=panel)
    with pytest.raises(NotSent, match="no dialogue"):
        await ada.submits(stopped, name="x")


async def test_buttons_keep_working_after_a_restart(
    discord: DiscordServer, start: Starter, ada: Person, general: Channel
) -> None:
    client = await start()
    await client.get_channel(general.id).send("again?", view=_persistent())
    question = await discord.bot.answers(general)
    await client.close()
    await discord.gateway.disconnected()
    client = await start()
    client.add_view(_persistent())
    assert (await (await ada.presses("Again", on=question)).answer()).text == "once more"


def _persistent() -> library.ui.View:
    class Again(library.ui.View):
        @library.ui.button(label="Again", custom_id="again")
        async def again(self, used: Used, _: Any) -> None:
            await used.response.send_message("once more")

    return Again(timeout=None)


async def test_context_menus(
    discord: DiscordServer, start: Starter, ada: Person, friends: Server, general: Channel
) -> None:
    client = await start(_client_without_content())
    tree: app_commands.CommandTree[Any] = client.tree

    @tree.context_menu(name="Translate")
    async def translate(used: Used, message: library.Message) -> None:
        await used.response.send_message(message.content[::-1])

    @tree.context_menu(name="Greet")
    async def greet(used: Used, member: library.Member) -> None:
        await used.response.send_message(f"Hello {member.display_name}", ephemeral=True)

    await client.tree.sync()
    said = await ada.says("stressed", channel=general)
    answer = await (await ada.uses("Translate", on=said)).answer()
    assert answer.text == "desserts"
    shown = await fetched(client, answer)
    assert shown.type is library.MessageType.context_menu_command
    assert shown.reference.message_id == said.id
    assert shown.interaction_metadata.target_message_id == said.id
    assert not answer.pinged(ada)
    assert (await (await ada.uses("Greet", on=ada, channel=general)).answer()).text == "Hello Ada"
    with pytest.raises(NotSent, match="no command"):
        await ada.uses("Explain", on=said)


async def fetched(client: Any, message: Message) -> Any:
    """A message as the library gets it from the channel."""
    return await client.get_channel(message.channel.id).fetch_message(message.id)


def _client_without_content() -> Any:
    class Modest(library.Client):
        def __init__(self) -> None:
            super().__init__(intents=library.Intents.default(), guild_ready_timeout=0.02)
            self.tree = app_commands.CommandTree(self)

    return Modest()


async def test_who_is_offered_which_command_where(
    discord: DiscordServer, start: Starter, ada: Person, friends: Server, general: Channel
) -> None:
    client = await start()
    bob = discord.user("Bob")
    await friends.admits(bob)

    async def nothing(used: Used) -> None:
        await used.response.send_message("done")

    contexts = {
        "everywhere": app_commands.AppCommandContext(guild=True, dm_channel=True, private_channel=True),
        "guilds": app_commands.AppCommandContext(guild=True),
        "private": app_commands.AppCommandContext(dm_channel=True),
    }
    for name, allowed in contexts.items():
        made: app_commands.Command[Any, ..., None] = app_commands.Command(name=name, description="x", callback=nothing)
        made.allowed_contexts = allowed
        client.tree.add_command(made)
    staff: app_commands.Command[Any, ..., None] = app_commands.Command(name="staff", description="x", callback=nothing)
    staff.default_permissions = library.Permissions(manage_messages=True)
    client.tree.add_command(staff)
    nobody: app_commands.Command[Any, ..., None] = app_commands.Command(
        name="nobody", description="x", callback=nothing
    )
    nobody.default_permissions = library.Permissions(0)
    client.tree.add_command(nobody)
    local: app_commands.Command[Any, ..., None] = app_commands.Command(name="local", description="x", callback=nothing)
    client.tree.add_command(local, guild=library.Object(friends.id))
    await client.tree.sync()
    await client.tree.sync(guild=library.Object(friends.id))

    assert sorted(ada.commands(general)) == ["everywhere", "guilds", "local", "nobody", "staff"]  # she owns the guild
    assert sorted(bob.commands(general)) == ["everywhere", "guilds", "local"]
    assert sorted(bob.commands()) == ["everywhere", "nobody", "private", "staff"]
    friends.role("Moderators", [bob], permissions=Permission.MANAGE_MESSAGES)
    assert "staff" in bob.commands(general)
    friends.forbids(friends.everyone, Permission.USE_APPLICATION_COMMANDS)
    assert bob.commands(general) == []
    used = await ada.slash("local", channel=general)
    assert (await used.answer()).text == "done"
    assert discord.bot.command("local", friends.id)["guild_id"] == str(friends.id)
    assert (await discord.bot.registers("private"))["contexts"] == [1]


async def test_an_app_that_is_installed_to_a_user_alone(discord: DiscordServer, start: Starter, ada: Person) -> None:
    client = await start()
    tree: app_commands.CommandTree[Any] = client.tree
    bob = discord.user("Bob")
    elsewhere = discord.guild("Elsewhere", [ada], bot=False).text_channel("lobby")
    tea = discord.private_conversation(ada, bob)

    @tree.command(description="Count")
    @app_commands.allowed_installs(guilds=True, users=True)
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
    async def count(used: Used) -> None:
        await used.response.send_message("0")
        for number in range(1, 7):
            await used.followup.send(str(number))

    errors: asyncio.Queue[BaseException | None] = asyncio.Queue()

    async def on_error(_: Used, error: app_commands.AppCommandError) -> None:
        errors.put_nowait(error.__cause__)

    client.tree.on_error = on_error
    await client.tree.sync()
    with pytest.raises(NotSent, match="there are: none"):
        await ada.slash("count", channel=elsewhere)
    await ada.installs_app()
    for place in (elsewhere, tea):
        used = await ada.slash("count", channel=place)
        error = await asyncio.wait_for(errors.get(), 5)
        assert isinstance(error, library.HTTPException)
        assert error.code == 40094
        assert [message.text for message in place.transcript()] == ["0", "1", "2", "3", "4", "5"]
        assert used.owned == {"1": str(ada.id)}
    with pytest.raises(library.Forbidden):
        await client.fetch_channel(elsewhere.id)


class TestTime:
    """The three seconds and the fifteen minutes, on a clock that the test moves."""

    @pytest.fixture
    def clock(self) -> ManualClock:
        return ManualClock()

    @pytest.fixture
    async def discord(self, clock: ManualClock) -> AsyncIterator[DiscordServer]:
        async with discord_server(clock=clock, limits=Limits.none()) as server:
            yield server

    async def test_three_seconds_for_the_first_answer(
        self, discord: DiscordServer, start: Starter, ada: Person, general: Channel, clock: ManualClock
    ) -> None:
        failed: list[Exception] = []
        client = await start()
        tree: app_commands.CommandTree[Any] = client.tree

        @tree.command(description="Think")
        async def think(used: Used, seconds: float) -> None:
            clock.advance(seconds)
            try:
                await used.response.defer()
            except library.NotFound as error:
                failed.append(error)
                await general_told(used)
            else:
                await used.followup.send("thought")

        async def general_told(used: Used) -> None:
            assert isinstance(used.channel, library.TextChannel)
            await used.channel.send("too late")

        await client.tree.sync()
        quick = await ada.slash("think", channel=general, seconds=2.9)
        assert (await quick.answer()).text == "thought"
        slow = await ada.slash("think", channel=general, seconds=3.1)
        await general.wait_for(lambda seen: seen[-1].text == "too late")
        assert slow.has_failed
        assert not slow.is_acknowledged
        assert isinstance(failed[0], library.NotFound)
        assert failed[0].code == 10062

    async def test_fifteen_minutes_for_the_rest(
        self, discord: DiscordServer, start: Starter, ada: Person, general: Channel, clock: ManualClock
    ) -> None:
        client = await start()
        tree: app_commands.CommandTree[Any] = client.tree
        kept: asyncio.Queue[Used] = asyncio.Queue()

        @tree.command(description="Keep")
        async def keep(used: Used) -> None:
            await used.response.defer()
            kept.put_nowait(used)

        await client.tree.sync()
        used = await ada.slash("keep", channel=general)
        await used.acknowledged()
        assert used.original is not None
        assert used.original.is_loading
        assert general.lines() == ["Helper: (thinking)"]
        clock.advance(899)
        interaction = await asyncio.wait_for(kept.get(), 5)
        await interaction.edit_original_response(content="just in time")
        assert general.lines() == ["Helper: just in time"]
        assert used.original.data["edited_timestamp"] is None
        clock.advance(2)
        with pytest.raises(library.HTTPException) as refused:
            await interaction.followup.send("too late")
        assert (refused.value.status, refused.value.code) == (401, 50027)
        await general_send(interaction)
        assert general.lines() == ["Helper: just in time", "Helper: in the channel instead"]


async def general_send(interaction: Used) -> None:
    assert isinstance(interaction.channel, library.TextChannel)
    await interaction.channel.send("in the channel instead")


async def test_an_interaction_is_answered_once(
    discord: DiscordServer, call: Callable[..., Awaitable[Any]], ada: Person, general: Channel
) -> None:
    status, command = await call(
        "POST", f"/applications/{discord.bot.id}/commands", {"name": "hi", "description": "Greet", "type": 1}
    )
    assert status == 201
    used = await ada.slash("hi", channel=general)
    assert used.data["id"] == command["id"]
    path = f"/interactions/{used.id}/{used.token}/callback"
    hook = f"/webhooks/{discord.bot.id}/{used.token}"
    assert await call("POST", hook, {"content": "too early"}) == (404, {"message": "Unknown Webhook", "code": 10015})
    status, refused = await call("POST", path, {"type": 6})
    assert (status, refused["code"]) == (400, 50035)
    assert refused["errors"]["type"]["_errors"][0]["message"] == "Value must be one of {4, 5, 9}."
    status, refused = await call("POST", path, {"type": 4, "data": {"content": "x" * 2001}})
    assert refused["errors"]["data"]["content"]["_errors"][0]["code"] == "BASE_TYPE_MAX_LENGTH"
    assert await call("POST", path, {"type": 4, "data": {"content": "@everyone hello"}}) == (204, None)
    status, refused = await call("POST", path, {"type": 4, "data": {"content": "hello again"}})
    assert (status, refused["code"]) == (400, 40060)
    status, original = await call("GET", f"{hook}/messages/@original")
    assert (status, original["content"], original["mention_everyone"]) == (200, "@everyone hello", False)
    assert original["interaction_metadata"]["user"]["id"] == str(ada.id)
    status, more = await call("POST", hook, {"content": "and more", "flags": 64})
    assert more["flags"] == 64
    status, changed = await call("PATCH", f"{hook}/messages/{more['id']}", {"content": "and less"})
    assert changed["content"] == "and less"
    assert (await call("GET", f"/channels/{general.id}/messages/{more['id']}"))[0] == 404  # ephemeral
    assert await call("DELETE", f"{hook}/messages/@original") == (204, None)
    assert (await call("GET", f"{hook}/messages/@original"))[1]["code"] == 10008
    assert (await call("POST", "/interactions/1/nothing/callback", {"type": 4}))[1]["code"] == 10062
    assert (await call("GET", f"/webhooks/1/{used.token}/messages/@original"))[1]["code"] == 10015
    assert general.lines(ada) == ["Helper (only to Ada): and less"]


async def test_autocompletion_can_only_suggest(
    discord: DiscordServer, call: Callable[..., Awaitable[Any]], ada: Person, general: Channel
) -> None:
    option = {"type": 3, "name": "what", "description": "What", "autocomplete": True}
    await call(
        "POST",
        f"/applications/{discord.bot.id}/commands",
        {"name": "find", "description": "Find", "type": 1, "options": [option]},
    )
    with pytest.raises(TimeoutError, match="no suggestions for what"):
        await ada.autocompletes("find", "what", "x", channel=general, timeout=0.01)
    used = next(iter(discord.world.interactions))
    path = f"/interactions/{used.id}/{used.token}/callback"
    assert (await call("POST", path, {"type": 4, "data": {"content": "no"}}))[0] == 400
    choices = [{"name": str(number), "value": str(number)} for number in range(26)]
    _status, refused = await call("POST", path, {"type": 8, "data": {"choices": choices}})
    assert refused["errors"]["data"]["choices"]["_errors"][0]["message"] == "Must be 25 or fewer in length."
    assert (await call("POST", path, {"type": 8, "data": {"choices": choices[:25]}}))[0] == 204
    assert len(used.choices) == 25
