"""The real process: how it starts, ends, comes back, and what it writes about itself."""

import json
from pathlib import Path

import pytest

from botcore.testing.openai_server import OfflineApi, Reset, Status
from botcore.testing.telegram_server import TelegramServer

from .process import Running, running
from .surroundings import API_KEY, PATIENCE, environment

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


async def test_sigterm_lets_the_running_answer_finish(
    tmp_path: Path, telegram: TelegramServer, api: OfflineApi
) -> None:
    ada = telegram.user("Ada")
    api.script.reply(["Once ", "upon ", "a time."])
    hold = api.hold(after_chunks=1)
    async with running(tmp_path, environment(tmp_path, telegram, api)) as bot:
        await bot.says("ready")
        await ada.says("Tell me a story")
        await hold.reached(within=PATIENCE)
        bot.process.terminate()
        await bot.says("stopping")
        await ada.says("Not before the next start")
        hold.release()
        assert await bot.ends(by=None) == 0
    assert ada.chat.lines() == [
        "Ada: Tell me a story",
        "Helper: Once upon a time.",
        "Ada: Not before the next start",
    ]
    api.script.reply("Here I am again.")
    async with running(tmp_path, environment(tmp_path, telegram, api)) as bot:
        await ada.chat.wait_for(lambda seen: seen[-1].text == "Here I am again.", timeout=PATIENCE)
        assert await bot.ends() == 0
    assert len(ada.chat.lines()) == 4


async def test_what_is_cut_at_the_end_is_answered_after_the_next_start(
    tmp_path: Path, telegram: TelegramServer, api: OfflineApi
) -> None:
    ada, bob = telegram.user("Ada"), telegram.user("Bob")
    env = environment(tmp_path, telegram, api, {"delivery__drain_seconds": "0"})
    api.script.reply(["Once ", "upon ", "a time."], when="story", times=None)
    hold = api.hold(after_chunks=1, times=2)
    async with running(tmp_path, env) as bot:
        await ada.says("Tell me a story")
        await bob.says("Tell me a story, too")
        await hold.reached(2, within=PATIENCE)
        await ada.says("And another story")
        await ada.chat.wait_for(lambda seen: any(m.from_bot and m.text != "…" for m in seen), timeout=PATIENCE)
        assert await bot.ends() == 0
    hold.release()
    async with running(tmp_path, env) as bot:
        told = "Helper: Once upon a time."
        await ada.chat.wait_for(lambda _: ada.chat.lines().count(told) == 2, timeout=PATIENCE)
        await bob.chat.wait_for(lambda _: bob.chat.lines().count(told) == 1, timeout=PATIENCE)
        assert await bot.ends() == 0
    assert [line for line in ada.chat.lines() if line.startswith("Helper")] == [told, told]
    assert [line for line in bob.chat.lines() if line.startswith("Helper")] == [told]


async def test_whoever_asks_twice_does_not_wait(tmp_path: Path, telegram: TelegramServer, api: OfflineApi) -> None:
    ada = telegram.user("Ada")
    hold = api.hold()
    async with running(tmp_path, environment(tmp_path, telegram, api, {"delivery__drain_seconds": "60"})) as bot:
        await ada.says("Hello")
        await hold.reached(within=PATIENCE)
        bot.process.terminate()
        await bot.says("stopping")
        bot.process.terminate()
        assert await bot.ends(by=None) == 0
    hold.release()
    api.script.reply("Nothing lost.")
    async with running(tmp_path, environment(tmp_path, telegram, api)):
        await ada.chat.wait_for(lambda seen: seen[-1].text == "Nothing lost.", timeout=PATIENCE)


async def conversation(bot: Running, telegram: TelegramServer, api: OfflineApi) -> None:
    """Everything that a log might be tempted to quote."""
    ada = telegram.user("Ada", username="ada_l")
    await bot.says("ready")
    api.script.reply("The answer is confidential-answer.")
    await ada.says("What is confidential-question?")
    await telegram.bot.answers(ada, timeout=PATIENCE)
    await ada.says("/model confidential-argument")
    await telegram.bot.answers(ada, timeout=PATIENCE)
    quoting = "Your prompt 'What is confidential-question?' is refused, key sk-quoted-obviously-fake-000000"
    api.faults.next(Status(400, code="invalid_prompt", message=quoting))
    await ada.says("Again: confidential-question")
    await telegram.bot.answers(ada, timeout=PATIENCE)
    api.faults.next(Reset(), times=4)
    await ada.says("And again: confidential-question")
    await telegram.bot.answers(ada, timeout=PATIENCE)
    telegram.faults.reset("sendMessage")
    telegram.faults.reset("getUpdates")
    telegram.inject({"message": {"message_id": 1, "text": "confidential-update", "chat": 5}})
    await ada.sends_photo(caption="confidential-caption")
    await telegram.bot.answers(ada, timeout=PATIENCE)
    telegram.faults.refuse("editMessageText", status=400, description="Bad Request: can't parse entities")
    await ada.says("/crash confidential-crash")
    await telegram.bot.answers(ada, timeout=PATIENCE)


@pytest.mark.parametrize("form", ["text", "json"])
async def test_no_secret_and_no_message_reaches_the_log(
    tmp_path: Path, telegram: TelegramServer, api: OfflineApi, form: str
) -> None:
    plugins = tmp_path / "my_plugins"
    plugins.mkdir()
    (plugins / "crashing.py").write_text(
        '''from botcore.plugin import Bot, Context, Plugin, Settings


def setup(bot: Bot, settings: Settings) -> None:
    @bot.command("crash")
    async def crash(ctx: Context, text: str) -> str:
        """Fail."""
        raise RuntimeError("the plugin has a fault")


plugin = Plugin(name="crashing", settings=Settings, setup=setup)
'''
    )
    env = environment(tmp_path, telegram, api, {"logs__format": form, "api__deadline": "10"})
    async with running(tmp_path, env, ["run", "--debug"]) as bot:
        await conversation(bot, telegram, api)
        assert await bot.ends() == 0
    assert "the plugin has a fault" in bot.log
    assert "Traceback" in bot.log
    if form == "json":
        assert all("event" in json.loads(line) for line in bot.lines)
    for secret in (telegram.token, telegram.token.partition(":")[2], API_KEY, "sk-quoted", "confidential"):
        found = [line for line in bot.lines if secret in line]
        assert found == []
