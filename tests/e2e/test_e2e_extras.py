"""Without the programs and libraries of the extras [images] and [voice]: a line for each, and the rest runs."""

import io
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from PIL import Image

from botcore.testing.openai_server import OfflineApi
from botcore.testing.telegram_server import Message, TelegramServer

from .process import botcore, running
from .surroundings import PATIENCE, environment

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


def without(folder: Path, *modules: str) -> dict[str, str]:
    """The environment of a process that finds no ffmpeg, and in which these modules cannot be imported."""
    hidden = folder / "hidden"
    hidden.mkdir()
    names = ", ".join(map(repr, modules))
    (hidden / "sitecustomize.py").write_text(f"import sys\nsys.modules.update(dict.fromkeys([{names}]))\n")
    return {"PYTHONPATH": str(hidden), "PATH": "/nonexistent"}


def said(words: str) -> Callable[[Sequence[Message]], bool]:
    """Whether the bot says this in its last message, however often it was edited before."""
    return lambda seen: seen[-1].from_bot and words in seen[-1].text


async def test_without_the_extras_the_rest_runs(tmp_path: Path, telegram: TelegramServer, api: OfflineApi) -> None:
    ada, photo = telegram.user("Ada"), io.BytesIO()
    Image.new("RGB", (64, 64)).save(photo, "PNG")
    env = environment(tmp_path, telegram, api) | without(tmp_path, "PIL", "pydub", "imageio_ffmpeg")
    async with running(tmp_path, env) as bot:
        await bot.says("ready")
        assert bot.log.count("Pillow is missing") == bot.log.count("ffmpeg and pydub are missing") == 1
        await ada.sends_document(photo.getvalue(), "photo.png", "/image make it blue", media_type="image/png")
        await ada.chat.wait_for(said("I cannot open pictures here."), timeout=PATIENCE)
        await ada.says("/image a red fox")
        await ada.chat.wait_for(lambda seen: seen[-1].media == "photo", timeout=PATIENCE)
        await ada.sends_voice(b"\xff\xf1" + bytes(300), 3)
        await ada.chat.wait_for(said("a program for it is missing"), timeout=PATIENCE)
        api.script.reply("Still here.")
        await ada.says("Hello?")
        await ada.chat.wait_for(said("Still here."), timeout=PATIENCE)
        assert "Traceback" not in bot.log
        assert await bot.ends() == 0
    looked = await botcore(tmp_path, env, "doctor")
    lines = {line.split()[0]: line for line in looked.output.splitlines() if line.strip()}
    assert all("note" in lines[name] and "not found" in lines[name] for name in ("ffmpeg", "pydub", "Pillow"))
