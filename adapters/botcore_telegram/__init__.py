"""Telegram: receive, send, convert and pace, on python-telegram-bot.

Importing this costs little; the library is imported when the adapter is built.
"""

from botcore.adapter import Adapter, Platform, Setup
from botcore_telegram.settings import TelegramSettings


def _build(setup: Setup) -> Adapter:
    from botcore_telegram.connection import TelegramAdapter  # noqa: PLC0415 - 0.2 s that a bot without Telegram saves

    if not isinstance(setup.settings, TelegramSettings):
        raise TypeError("the Telegram adapter is built from TelegramSettings")
    secrets = setup.secrets
    return TelegramAdapter(setup.settings, secrets["TELEGRAM_BOT_TOKEN"], secrets.get("TELEGRAM_API_URL"))


adapter = Platform(
    name="telegram",
    settings=TelegramSettings,
    build=_build,
    secrets=("TELEGRAM_BOT_TOKEN", "TELEGRAM_API_URL"),
    needs=("TELEGRAM_BOT_TOKEN",),
)

__all__ = ["TelegramSettings", "adapter"]
