"""The commands and buttons, as somebody meets them who sees the bot for the first time."""

from botcore.messages import Reply
from botcore.plugin import Bot, Context
from botcore.testing.telegram_server import Message

from .conftest import House, OpenHouse
from .surroundings import PATIENCE


def buttons(message: Message) -> list[str]:
    """The labels below a message."""
    return [button.label for row in message.buttons for button in row]


async def test_start_greets_in_one_message_and_leads_on(house: House) -> None:
    ada = house.user("A*d_a `x`")  # a name is nobody's markup
    await ada.says("/start")
    greeting = await house.answer(ada)
    assert greeting.text.startswith("Hello A*d_a `x`!\n\nAsk me anything")
    assert buttons(greeting) == ["Help", "Personas"]
    assert len(ada.chat.lines()) == 2
    press = await ada.presses("Help", on=greeting)
    await press.answer()  # the app stops waiting
    assert "/whoami" in (await house.answer(ada)).text


async def test_help_lists_every_command_and_explains_each(house: House) -> None:
    ada = house.user()
    await ada.says("/help")
    overview = (await house.answer(ada)).text
    for name in ("start", "help", "reset", "model", "persona", "stop", "retry", "usage", "whoami"):
        assert f"/{name}: " in overview
        await ada.says(f"/help {name}")
        page = (await house.answer(ada)).text
        assert page.startswith(f"/{name}: ")
    await ada.says("/help mdoel")
    assert "Did you mean /model?" in (await house.answer(ada)).text


async def test_help_speaks_the_language_of_the_app(house: House) -> None:
    ada = house.user(language="de")
    await ada.says("/help")
    assert "/stop: Die laufende Antwort abbrechen" in (await house.answer(ada)).text


async def test_the_menu_of_the_app_shows_the_commands(open_house: OpenHouse) -> None:
    house = await open_house(telegram__menu="true")
    ada, dora = house.user(), house.user("Dora", language="de")
    await house.telegram.called("setMyCommands", times=2, timeout=PATIENCE)
    await house.telegram.world.news.wait_for(lambda: house.telegram.bot.menu_for(dora), PATIENCE)
    menu = {command["command"]: command["description"] for command in house.telegram.bot.menu_for(ada)}
    assert menu["stop"] == "Stop the answer that is being written."
    await house.telegram.world.news.wait_for(
        lambda: any(c["description"] == "Das Gespräch vergessen" for c in house.telegram.bot.menu_for(dora)), PATIENCE
    )


async def test_a_persona_is_chosen_by_a_button(house: House) -> None:
    ada = house.user()
    await ada.says("/persona")
    choice = await house.answer(ada)
    assert "assistant: Helpful, friendly, to the point ← in use" in choice.text
    await (await ada.presses("pirate", on=choice)).answer()
    assert (await house.answer(ada)).text == "From now on I am pirate here. /persona default goes back."
    await ada.says("Hello")
    await house.answer(ada)
    request = house.api.requests.to("/chat/completions")[-1]
    assert "pirate captain" in request.json["messages"][0]["content"]


async def test_a_button_pressed_twice_is_done_twice_and_harms_nothing(house: House) -> None:
    ada = house.user()
    await ada.says("/persona")
    choice = await house.answer(ada)
    await (await ada.presses("chef", on=choice)).answer()
    await (await ada.presses("chef", on=choice)).answer()
    await house.answer(ada)
    assert ada.chat.lines()[-1] == "Helper: From now on I am chef here. /persona default goes back."


async def test_a_stranger_who_presses_a_button_in_a_group_needs_leave_of_their_own(open_house: OpenHouse) -> None:
    house = await open_house(access__mode="allowlist", access__allow="1000001")
    ada, eve = house.user("Ada"), house.user("Eve")
    assert ada.id == 1000001
    friends = house.telegram.group("Friends", [ada, eve])
    await ada.says("/persona@helper_bot", chat=friends)
    choice = await house.answer(ada, chat=friends)
    await (await eve.presses("pirate", on=choice)).answer()
    assert "do not know you" in (await house.answer(eve, chat=friends)).text


async def test_a_model_is_chosen_and_a_wrong_name_is_explained(house: House) -> None:
    ada = house.user()
    await ada.says("/model gpt-4")
    assert (await house.answer(ada)).text.startswith("From now on gpt-4 answers here.")
    await ada.says("Hello")
    await house.answer(ada)
    assert house.api.requests.to("/chat/completions")[-1].json["model"] == "gpt-4"
    await ada.says("/model gpt-44")
    assert "There is no model “gpt-44”. Did you mean" in (await house.answer(ada)).text
    await ada.says("/model")
    listed = (await house.answer(ada)).text
    assert "gpt-4 ← in use" in listed
    assert "embedding" not in listed


async def test_stop_ends_a_growing_answer_and_keeps_what_was_said(house: House) -> None:
    ada = house.user()
    house.api.script.reply(["One, ", "two, ", "three."])
    hold = house.api.hold(after_chunks=2)
    await ada.says("Count")
    await hold.reached(within=PATIENCE)
    await ada.chat.wait_for(lambda seen: seen[-1].text == "One, two,", timeout=PATIENCE)
    await ada.says("/stop")
    await house.idle()
    assert ada.chat.lines() == ["Ada: Count", "Helper: One, two,\n\n(stopped)", "Ada: /stop", "Helper: Stopped."]
    assert house.api.requests.to("/chat/completions")[-1].state == "disconnected"
    await ada.says("/stop")
    await house.idle()
    assert ada.chat.lines()[-1] == "Helper: There was nothing to stop."


async def test_retry_asks_again(house: House) -> None:
    ada = house.user()
    house.api.script.reply("Heads.")
    await ada.says("Flip a coin")
    await house.answer(ada)
    house.api.script.reply("Tails.")
    await ada.says("/retry")
    await house.idle()
    assert ada.chat.lines()[-1] == "Helper: Tails."
    assert house.asked() == ["Flip a coin"]


async def test_usage_and_whoami_tell_what_there_is(house: House) -> None:
    ada = house.user(username="ada_l", language="en")
    await ada.says("/usage")
    assert "nothing" in (await house.answer(ada)).text
    await ada.says("Hello")
    await house.answer(ada)
    await ada.says("/usage")
    assert "1 request, " in (await house.answer(ada)).text
    await ada.says("/whoami")
    lines = (await house.answer(ada)).text.splitlines()
    assert lines == [
        "Name: Ada (@ada_l)",
        f"Id: telegram:{ada.id}",
        "Role: user",
        f"Here: telegram, private chat {ada.id}",
        "Language: en",
    ]


async def test_wrong_commands_are_explained(house: House) -> None:
    ada = house.user()
    for said, words in (
        ("/hlp", "Did you mean /help?"),
        ("/frobnicate now", "I do not know the command /frobnicate."),
        ("/reset everything", "/reset takes no arguments.\nUsage: /reset"),
        ("/model a b", "“b” is one argument too many.\nUsage: /model [NAME]"),
        ("/help --loud", "There is no option “--loud”."),
    ):
        await ada.says(said)
        assert words in (await house.answer(ada)).text, said
    assert not house.api.requests.to("/chat/completions")


async def test_a_plugin_asks_with_buttons_and_survives_a_restart(open_house: OpenHouse) -> None:
    def pizzeria() -> Bot:
        bot = Bot("pizzeria")

        @bot.command("pizza")
        async def pizza(ctx: Context) -> Reply:
            """Order a pizza."""
            size = await ctx.ask("Which size?", choices=("small", "large"))
            name = await ctx.ask("For whom?")
            return Reply.of(f"A {size} pizza for {name}.")

        return bot

    house = await open_house(plugins=[pizzeria()])
    ada = house.user()
    await ada.says("/pizza")
    question = await house.answer(ada)
    assert buttons(question) == ["small", "large"]
    await (await ada.presses("large", on=question)).answer()
    assert (await house.answer(ada)).text == "For whom?"
    await house.engine.__aexit__(None, None, None)
    again = await open_house(plugins=[pizzeria()])
    await ada.says("Ada & Bob")
    assert (await again.answer(ada)).text == "A large pizza for Ada & Bob."
