"""What a bot under test finds around it: settings, the Bot API's description, ways to wait."""

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path

from botcore.testing.openai_server import OfflineApi
from botcore.testing.telegram_server import TelegramServer

PATIENCE = 30.0
"""Seconds for anything that should take a fraction of one: the machine may be busy with other things."""

API_KEY = "sk-obviously-not-a-real-key-0123456789"
"""Has the shape of a key, since the redaction is to be met as well."""


def environment(
    folder: Path, telegram: TelegramServer, api: OfflineApi, settings: Mapping[str, str] | None = None
) -> dict[str, str]:
    """A bot's environment: open to everybody and without pauses, unless `settings` (`section__key`) say otherwise.

    A setting in capitals is a variable of its own.
    """
    chosen = {
        "web__enabled": "false",
        "access__mode": "open",
        "access__messages_per_minute": "0",
        "delivery__join_seconds": "0",
        "store__synchronous": "NORMAL",
        "telegram__pace": "false",
        "telegram__messages_per_second": "0",
        "telegram__frame_seconds": "0",
        "telegram__menu": "false",
        **(settings or {}),
    }
    own = {name: value for name, value in chosen.items() if name.isupper()}
    return {
        "TELEGRAM_BOT_TOKEN": telegram.token,
        "TELEGRAM_API_URL": telegram.url,
        "OPENAI_BASE_URL": api.url,
        "OPENAI_API_KEY": API_KEY,
        "DATABASE_URL": f"sqlite:///{folder / 'bot.db'}",
        **{f"BOTCORE_{name.upper()}": value for name, value in chosen.items() if name not in own},
        **own,
    }


async def eventually(condition: Callable[[], object], timeout: float = PATIENCE) -> None:
    """Wait for something that happens where nobody tells: in a file, or in another process."""
    async with asyncio.timeout(timeout):
        while not condition():
            await asyncio.sleep(0.005)
