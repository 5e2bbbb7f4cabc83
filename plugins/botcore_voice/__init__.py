"""Voice: recordings are written down, answered, translated and subtitled, and texts are spoken."""

from botcore.plugin import Bot, Plugin
from botcore_voice import choosing, hearing, listening, speaking, writing
from botcore_voice.settings import VoiceSettings

__all__ = ["VoiceSettings", "plugin"]


def setup(bot: Bot, settings: VoiceSettings) -> None:
    """Register the commands and the handlers of recordings."""
    ear = hearing.Ear(settings)
    choosing.register(bot, settings)
    listening.register(bot, ear, settings)
    writing.register(bot, ear, settings)
    speaking.register(bot, settings)


plugin = Plugin(name="voice", settings=VoiceSettings, setup=setup, description="Voice messages, both ways")
