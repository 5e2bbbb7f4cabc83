"""Discord: receive, send, convert and pace, on discord.py.

Importing this costs little; the library is imported when the adapter is built.
"""

from botcore.adapter import Adapter, Platform, Setup
from botcore_discord.settings import DiscordSettings


def _build(setup: Setup) -> Adapter:
    from botcore_discord.connection import DiscordAdapter  # noqa: PLC0415 - 0.5 s that a bot without Discord saves

    if not isinstance(setup.settings, DiscordSettings):
        raise TypeError("the Discord adapter is built from DiscordSettings")
    secrets = setup.secrets
    return DiscordAdapter(setup.settings, secrets["DISCORD_BOT_TOKEN"], api_url=secrets.get("DISCORD_API_URL"))


adapter = Platform(
    name="discord",
    settings=DiscordSettings,
    build=_build,
    secrets=("DISCORD_BOT_TOKEN", "DISCORD_API_URL"),
    needs=("DISCORD_BOT_TOKEN",),
)

__all__ = ["DiscordSettings", "adapter"]
