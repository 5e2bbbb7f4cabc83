"""The basic commands: start, help, reset, model, persona, stop, retry, usage, whoami."""

from botcore.plugin import Bot, Plugin, Settings
from botcore_basics import about, choosing, turns

__all__ = ["BasicsSettings", "plugin"]


class BasicsSettings(Settings):
    """The section [plugins.basics]."""

    welcome: str = ""
    """What /start says after the greeting; empty: a few words about the bot."""
    models: tuple[str, ...] = ()
    """The models that /model offers and allows; empty: whatever the endpoint lists."""


def setup(bot: Bot, settings: BasicsSettings) -> None:
    """Register the commands."""
    about.register(bot, welcome=settings.welcome)
    choosing.register(bot, allowed=settings.models)
    turns.register(bot)


plugin = Plugin(name="basics", settings=BasicsSettings, setup=setup, description="The commands every bot has")
