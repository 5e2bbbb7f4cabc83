"""The example in the documentation runs, and the documentation leaves no method and no option out."""

import inspect
import re
from pathlib import Path
from typing import Any

from botcore.testing.telegram_server import TelegramServer
from botcore.testing.telegram_server.methods import METHODS

PAGE = (Path(__file__).parents[2] / "docs" / "simulated-telegram.md").read_text(encoding="utf-8")


async def test_the_example_runs() -> None:
    source = PAGE.split("<!-- run by", 1)[1].split("```python\n", 1)[1].split("```", 1)[0]
    names: dict[str, Any] = {}
    exec(compile(source, "docs/simulated-telegram.md", "exec"), names)
    await names["test_the_bot_greets"]()


def test_every_method_is_named() -> None:
    named = set(re.findall(r"[a-z]+", PAGE.split("Methods: `", 1)[1].split("`", 1)[0].lower()))
    assert named == {*METHODS, "getupdates", "setwebhook", "deletewebhook", "getwebhookinfo"}


def test_every_option_is_named() -> None:
    for option in inspect.signature(TelegramServer).parameters:
        assert f"`{option}`" in PAGE
