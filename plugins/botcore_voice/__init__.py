"""Voice: recordings are written down, answered, translated and subtitled, and texts are spoken."""

import logging

from botcore.audio import missing
from botcore.plugin import Bot, Plugin
from botcore_voice import choosing, hearing, listening, speaking, writing
from botcore_voice.settings import VoiceSettings

__all__ = ["VoiceSettings", "plugin"]

log = logging.getLogger(__name__)


def setup(bot: Bot, settings: VoiceSettings) -> None:
    """Register the commands and the handlers of recordings."""
    if lacking := missing():
        log.warning(
            "%s missing: recordings that the service does not take as they are, or that are long, cannot be heard; "
            "install botcore-framework[voice]",
            f"{' and '.join(lacking)} {'is' if len(lacking) == 1 else 'are'}",
        )
    ear = hearing.Ear(settings)
    choosing.register(bot, settings)
    listening.register(bot, ear, settings)
    writing.register(bot, ear, settings)
    speaking.register(bot, settings)


plugin = Plugin(name="voice", settings=VoiceSettings, setup=setup, description="Voice messages, both ways")
