"""The basic commands, as a person uses them."""

from datetime import timedelta

import pytest

from botcore.commands.registry import Registry
from botcore.commands.schema import slash_schema, tool_schema
from botcore.discovery import plugin_sources
from botcore.errors import Unavailable, Unsuitable, UsageError
from botcore.messages import Reply, Sender, Text
from botcore.plugin import Bot, Prompt, Usage
from botcore_basics import BasicsSettings, plugin
from tests.basics.conftest import Room
from tests.commands.memory import MemoryContext

DAY, MONTH = timedelta(days=1), timedelta(days=30)


async def test_start_greets_and_offers_help(room: Room) -> None:
    room.ctx = MemoryContext(sender=Sender("42", "*Ada* [x](y)"))
    answer = await room.says("/start some-link-payload")
    assert isinstance(answer, Reply)
    assert answer.parts[0] == Text("Hello *Ada* [x](y)!", plain=True)  # a name is no Markdown of ours
    assert "/reset makes me forget" in answer.text
    assert [button.says for button in answer.buttons[0]] == ["/help", "/persona"]
    room.settings = BasicsSettings(welcome="I am the library's bot.")
    assert (await room.reads("/start")).endswith("I am the library's bot.")


async def test_help_tells_all_and_one(room: Room) -> None:
    overview = await room.reads("/help")
    for name in ("start", "help", "reset", "model", "persona", "stop", "retry", "usage", "whoami"):
        assert f"- /{name}: " in overview
    assert "`/model [NAME]`" in await room.reads("/help model")
    with pytest.raises(Unsuitable, match="Did you mean /persona"):
        await room.says("/help persno")
    room.ctx = MemoryContext(sender=Sender("42", "Ada", locale="de-DE"), registry=room.ctx.registry)
    assert "- /reset: Das Gespräch vergessen" in await room.reads("/help")


async def test_reset_forgets(room: Room) -> None:
    assert await room.reads("/reset") == "There was nothing to forget. Go ahead!"
    room.ctx.conversation.turns = [("hi", "hello")]
    assert await room.reads("/reset") == "I forgot 2 messages. We start afresh."
    assert room.ctx.conversation.turns == []
    with pytest.raises(UsageError, match="/reset takes no arguments"):
        await room.says("/reset everything")


async def test_stop_is_urgent(room: Room) -> None:
    assert await room.reads("/stop") == "There was nothing to stop."
    room.ctx.conversation.writing = True
    assert await room.reads("/stop") == "Stopped."
    known = room.load().command("stop")
    assert known is not None
    assert known.command.urgent


async def test_retry_asks_the_model_again(room: Room) -> None:
    room.ctx.conversation.turns = [("hi", "hello"), ("why?", "because")]
    assert await room.says("/retry") == Prompt((Text("why?"),))
    assert room.ctx.conversation.turns == [("hi", "hello")]
    await room.says("/retry")
    with pytest.raises(Unsuitable, match="There is no question"):
        await room.says("/retry")


async def test_models_are_listed_with_the_one_in_use(room: Room) -> None:
    assert await room.reads("/model") == (
        "**Models**\n- `large`\n- `medium`\n- `small` ← in use\n\n`/model NAME` chooses one."
    )
    assert await room.buttons("/model") == [["/model large", "/model medium"]]


async def test_a_model_is_chosen_and_given_back(room: Room) -> None:
    assert await room.reads("/model LARGE") == "From now on `large` answers here. `/model default` goes back."
    assert room.ctx.conversation.model == "large"
    with pytest.raises(Unsuitable, match=r"There is no model “lrage”\. Did you mean large\?"):
        await room.says("/model lrage")
    with pytest.raises(Unsuitable, match=r"There is no model “zzz”\. /model lists them\."):
        await room.says("/model zzz")
    assert await room.reads("/model default") == "Back to the default model, `small`."
    assert room.ctx.conversation.own_model == ""


async def test_a_model_that_is_not_listed_is_still_shown_as_in_use(room: Room) -> None:
    room.ctx.conversation.own_model = "secret"
    assert "- `secret` ← in use\n- `large`" in await room.reads("/model")


async def test_hundreds_of_models_are_cut(room: Room) -> None:
    room.models = [f"vendor/model-{n:03}" for n in range(300)]
    text = await room.reads("/model")
    assert "- … and 260 more" in text
    assert len(text) < 2000
    assert await room.buttons("/model") == []
    assert "model-250" in await room.reads("/model vendor/model-250")


async def test_models_that_do_not_chat_are_left_out_of_the_list(room: Room) -> None:
    others = ["gpt-image-1", "omni-moderation-latest", "text-davinci-edit-001", "text-embedding-3-small", "whisper-1"]
    room.models = [*others, "large", "small"]
    assert await room.reads("/model") == "**Models**\n- `large`\n- `small` ← in use\n\n`/model NAME` chooses one."
    assert "`whisper-1`" in await room.reads("/model whisper-1")


async def test_an_endpoint_without_a_list_takes_any_name(room: Room) -> None:
    room.models = None
    assert "does not list others" in await room.reads("/model")
    assert await room.reads("/model anything") == "From now on `anything` answers here. `/model default` goes back."


async def test_the_operator_may_name_the_models(room: Room) -> None:
    room.models = None
    room.settings = BasicsSettings(models=("small", "tiny"))
    assert await room.buttons("/model") == [["/model tiny"]]
    with pytest.raises(Unsuitable):
        await room.says("/model large")


async def test_an_endpoint_that_is_down_says_so(room: Room) -> None:
    room.status = 503
    with pytest.raises(Unavailable):  # not to be mistaken for an endpoint without a list
        await room.says("/model anything")
    assert room.ctx.conversation.own_model == ""


async def test_personas_have_buttons(room: Room) -> None:
    room.ctx.conversation.characters = {"assistant": "Helpful", "pirate": "Arr", "sea captain": ""}
    assert await room.reads("/persona") == (
        "**Personas**\n- **assistant**: Helpful ← in use\n- **pirate**: Arr\n- **sea captain**"
    )
    assert await room.buttons("/persona") == [["/persona pirate", "/persona sea captain"]]
    assert (await room.reads("/persona sea captain")).startswith("From now on I am **sea captain** here.")
    assert room.ctx.conversation.persona == "sea captain"
    with pytest.raises(Unsuitable, match=r"There is no persona “pirat”\. Did you mean pirate\?"):
        await room.says("/persona pirat")
    assert await room.reads("/persona Default") == "Back to the default persona, **assistant**."


async def test_a_persona_with_a_very_long_name_has_no_button(room: Room) -> None:
    room.ctx.conversation.characters = {"a": "", "ü" * 40: "", "b": ""}
    assert await room.buttons("/persona") == [["/persona b"]]


async def test_usage_is_told_here_and_everywhere(room: Room) -> None:
    assert (await room.reads("/usage")).count("nothing") == 2
    hour, week = timedelta(hours=1), timedelta(days=7)
    room.ctx.conversation.spent = [
        (hour, False, Usage(1200, 300, 1500, 1)),
        (week, True, Usage(10_000, 2_000, 0, 4)),
    ]
    assert await room.reads("/usage") == (
        "**Last 24 hours**\n"
        "- 1 request, 1,200 tokens in, 300 out, $0.0015\n"
        "**Last 30 days**\n"
        "- in this conversation: 1 request, 1,200 tokens in, 300 out, $0.0015\n"
        "- everywhere: 5 requests, 11,200 tokens in, 2,300 out, $0.0015"
    )


async def test_whoami_is_for_the_askers_eyes(room: Room) -> None:
    room.ctx = MemoryContext(sender=Sender("42", "Ada", username="ada", locale="de"), role="admin")
    answer = await room.says("/whoami")
    assert answer == Reply.of(
        Text(
            "Name: Ada (@ada)\nId: test:42\nRole: admin\nHere: test, private chat 7\nLanguage: de",
            plain=True,
        ),
        ephemeral=True,
    )


def test_every_command_is_described_in_four_languages() -> None:
    bot = Bot(plugin.name)
    plugin.setup(bot, plugin.settings())
    registry = Registry()
    registry.add(bot)
    assert len(registry.commands()) == 10
    for known in registry.commands():
        assert set(known.command.descriptions) == {"de", "es", "zh"}
        assert len(known.signature.doc.summary) <= 100
        assert slash_schema(known)["description_localizations"].keys() >= {"de", "es-ES", "zh-CN"}
        assert tool_schema(known)["function"]["description"]


def test_it_is_installed_as_a_plugin() -> None:
    sources = {source.name: source for source in plugin_sources()}
    if "basics" not in sources:
        pytest.skip("the project is not installed here: `make setup` installs it")
    assert sources["basics"].load() is plugin
