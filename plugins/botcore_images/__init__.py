"""Pictures: drawn from words, changed by replying to them, varied by a button."""

import logging

from botcore.plugin import Bot, Plugin
from botcore_images import commands, replies
from botcore_images.preparing import NO_PILLOW, can_open
from botcore_images.settings import ImagesSettings
from botcore_images.studio import Studio

__all__ = ["ImagesSettings", "plugin"]

log = logging.getLogger(__name__)


def setup(bot: Bot, settings: ImagesSettings) -> None:
    """Register the commands, and the reply to a picture."""
    if not can_open():
        log.warning(NO_PILLOW)
    commands.register(bot, settings, Studio(settings))
    if settings.edit_replies:
        replies.register(bot)


plugin = Plugin(
    name="images", settings=ImagesSettings, setup=setup, description="Draws pictures, changes them and varies them"
)
