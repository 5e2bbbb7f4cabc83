"""Pictures, buttons and topics on Telegram, through the whole bot."""

from typing import TYPE_CHECKING

from telegram.ext import ApplicationBuilder, CommandHandler, ContextTypes

from botcore.app import Engine
from botcore.config import load_config
from botcore.messages import Button, Image, Reply
from botcore.plugin import Bot, Context
from botcore.testing.telegram_server import png
from botcore_telegram.connection import TelegramAdapter
from botcore_telegram.settings import TelegramSettings

from .surroundings import PATIENCE, environment

if TYPE_CHECKING:
    from pathlib import Path

    from telegram import Update

    from botcore.testing.openai_server import OfflineApi
    from botcore.testing.telegram_server import TelegramServer

    from .conftest import House, OpenHouse


def painter() -> Bot:
    """Paints squares, and tells how large the picture is that one points at."""
    bot = Bot("painter")

    @bot.command("paint")
    async def paint(ctx: Context, count: int = 1) -> Reply:
        """Paint squares."""
        pictures = [Image(data=png(50 + 10 * number, 50), media_type="image/png") for number in range(count)]
        return Reply.of(*pictures, buttons=[[Button("Measure", says="/measure")]])

    @bot.command("measure")
    async def measure(ctx: Context, picture: Image) -> str:
        """Measure a picture."""
        return f"{picture.width} wide"

    return bot


async def test_a_button_is_about_the_pictures_above_it(open_house: "OpenHouse") -> None:
    house = await open_house(plugins=[painter()])
    ada = house.user()
    await ada.says("/paint")
    await house.idle()
    [one] = [message for message in ada.chat.transcript() if message.from_bot]
    await ada.presses("Measure", on=one)
    await ada.chat.wait_for(lambda seen: seen[-1].text == "50 wide", timeout=PATIENCE)
    await ada.says("/paint 3")
    await house.idle()
    *_, first, second, third, below = ada.chat.transcript()
    assert len({first.album, second.album, third.album}) == 1
    assert (below.text.strip("\u200b"), below.reply_to, "…" in ada.chat.lines()) == ("⬆ 3 pictures", first.id, False)
    await ada.presses("Measure", on=below)
    await ada.chat.wait_for(lambda seen: len(seen) > 7 and seen[-1].text == "50 wide", timeout=PATIENCE)
    await ada.says("/measure", reply_to=third)
    await ada.chat.wait_for(lambda seen: seen[-1].text == "70 wide", timeout=PATIENCE)


async def test_an_album_that_is_killed_in_the_middle_is_never_lost(open_house: "OpenHouse") -> None:
    house = await open_house(plugins=[painter()], delivery__drain_seconds="0")
    ada = house.user()
    hold = house.telegram.faults.hold("sendMediaGroup", landed=True)
    await ada.says("/paint 2")
    await hold.reached(PATIENCE)
    await house.engine.__aexit__(None, None, None)  # the album was taken, and nobody here knows
    hold.release()
    again = await open_house(plugins=[painter()])
    await again.idle()
    shown = [line.strip("\u200b") for line in ada.chat.lines()[1:]]
    assert shown == ["Helper: [photo]"] * 4 + ["Helper: ⬆ 2 pictures"]  # twice, as documented; no "…" is left
    assert ada.chat.transcript()[-1].reply_to == ada.chat.transcript()[-3].id


async def test_a_button_under_an_album_is_for_the_one_who_was_answered(open_house: "OpenHouse") -> None:
    house = await open_house(plugins=[painter()])
    ada, bob = house.user("Ada"), house.user("Bob")
    friends = house.telegram.group("Friends", [ada, bob])
    await ada.says("/paint 2", chat=friends)
    await house.idle()
    below = friends.transcript()[-1]
    await bob.presses("Measure", on=below)
    await house.idle()
    assert not any("wide" in line for line in friends.lines())
    await ada.presses("Measure", on=below)
    await friends.chat.wait_for(lambda seen: seen[-1].text == "50 wide", timeout=PATIENCE)


async def test_stop_stands_under_a_growing_answer_for_the_one_who_asked(house: "House") -> None:
    ada, bob = house.user("Ada"), house.user("Bob")
    friends = house.telegram.group("Friends", [ada, bob])
    house.telegram.world.reads_all_messages = True
    house.api.script.reply(["One, ", "two, ", "three."])
    hold = house.api.hold(after_chunks=2)
    await ada.says("@helper_bot count", chat=friends)
    await hold.reached(within=PATIENCE)
    seen = await friends.chat.wait_for(lambda seen: seen[-1].text == "One, two,", timeout=PATIENCE)
    answer = seen[-1]
    assert [button.label for row in answer.buttons for button in row] == ["Stop"]
    press = await bob.presses("Stop", on=answer)
    assert (await press.answer(PATIENCE)).answered
    await friends.chat.wait_for(lambda seen: seen[-1].id > answer.id and len(seen[-1].text) > 1, timeout=PATIENCE)
    assert answer.text == "One, two,"  # it goes on
    await ada.presses("Stop", on=answer)
    await house.idle()
    assert answer.text == "One, two,\n\n(stopped)"
    assert "Stop" not in [button.label for row in answer.buttons for button in row]


async def test_chat_opens_a_topic_and_goes_on_in_it(house: "House") -> None:
    ada = house.user()
    forum = house.telegram.group("Club", [ada], forum=True)
    await ada.says("/chat tell me of foxes", chat=forum)
    assert "Manage topics" in (await house.answer(ada, chat=forum)).text
    await forum.promotes_bot(topics=True)
    house.api.script.reply("Foxes are red.")
    await ada.says("/chat tell me of foxes", chat=forum)
    await house.idle()
    [topic] = forum.chat.topics.values()
    assert topic.name == "tell me of foxes"
    invitation, answer = forum.transcript()[-2:]
    assert (invitation.text, invitation.thread) == ("Let us talk here: tell me of foxes", None)
    assert (answer.text, answer.thread) == ("Foxes are red.", topic.id)
    house.api.script.reply("In the woods.")
    await ada.says("@helper_bot where do they live?", chat=forum, thread=topic)
    await house.idle()
    assert "Foxes are red." in house.asked()


async def test_the_whole_bot_runs_in_an_application_of_somebody_elses(
    tmp_path: "Path", telegram: "TelegramServer", api: "OfflineApi"
) -> None:
    async def ping(update: "Update", _: ContextTypes.DEFAULT_TYPE) -> None:
        if update.effective_message is not None:
            await update.effective_message.reply_text("pong")

    builder = ApplicationBuilder().token(telegram.token).base_url(telegram.base_url)
    application = builder.base_file_url(telegram.base_file_url).build()
    application.add_handler(CommandHandler("ping", ping))
    settings = TelegramSettings(poll_seconds=1, pace=False, frame_seconds=0, menu=False)
    adapter = TelegramAdapter(settings, application=application)
    config = load_config(env=environment(tmp_path, telegram, api), directory=tmp_path)
    ada = telegram.user("Ada")
    api.script.reply("Hello Ada.")
    async with Engine(config, adapters=[adapter]):
        await ada.says("/ping")
        await ada.chat.wait_for(lambda seen: seen[-1].text == "pong", timeout=PATIENCE)
        await ada.says("hello")
        assert (await telegram.bot.answers(ada)).text == "pong"
        assert (await telegram.bot.answers(ada, timeout=PATIENCE)).text == "Hello Ada."
    assert ada.chat.lines() == ["Ada: /ping", "Helper: pong", "Ada: hello", "Helper: Hello Ada."]
