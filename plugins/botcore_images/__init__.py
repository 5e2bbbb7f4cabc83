"""Pictures: drawn from words, changed by replying to them, varied by a button."""

from botcore.plugin import Bot, Plugin
from botcore_images import commands, replies
from botcore_images.settings import ImagesSettings
from botcore_images.studio import Studio

__all__ = ["ImagesSettings", "plugin"]


def setup(bot: Bot, settings: ImagesSettings) -> None:
    """Register the commands, and the reply to a picture."""
    commands.register(bot, settings, Studio(settings))
    if settings.edit_replies:
        replies.register(bot)


plugin = Plugin(
    name="images", settings=ImagesSettings, setup=setup, description="Draws pictures, changes them and varies them"
)
