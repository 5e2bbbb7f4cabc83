"""The commands transcribe and translate."""

from pathlib import PurePath
from typing import Annotated, Final, Literal, TypeAlias

from botcore.audio import srt, vtt
from botcore.errors import Unsuitable
from botcore.messages import Audio, File, Reply, Video
from botcore.plugin import Bot, Context, Doc
from botcore_voice.choosing import checked, spoken_in
from botcore_voice.hearing import Ear, Wanted
from botcore_voice.listening import TIMEOUT, told
from botcore_voice.quoting import transcript
from botcore_voice.settings import VoiceSettings

Form: TypeAlias = Literal["text", "srt", "vtt"]

_TYPES: Final = {"srt": "application/x-subrip", "vtt": "text/vtt"}
_LONGEST_NAME: Final = 60  # characters


def register(bot: Bot, ear: Ear, settings: VoiceSettings) -> None:
    """Add the commands."""
    writer = Writer(ear, settings)
    bot.command(
        "transcribe",
        cost="audio",
        timeout=TIMEOUT,
        descriptions={"de": "Eine Aufnahme abschreiben", "es": "Transcribir una grabación", "zh": "转写录音"},
    )(writer.transcribe)
    bot.command(
        "translate",
        cost="audio",
        timeout=TIMEOUT,
        descriptions={
            "de": "Eine Aufnahme ins Englische übersetzen",
            "es": "Traducir una grabación al inglés",
            "zh": "将录音译成英文",
        },
    )(writer.translate)


class Writer:
    """Writes down what is said; its methods are the handlers of the commands."""

    def __init__(self, ear: Ear, settings: VoiceSettings) -> None:
        self._ear = ear
        self._settings = settings

    async def transcribe(
        self,
        ctx: Context,
        recording: Audio | Video | File,
        *,
        format: Annotated[Form, Doc("text, or subtitles as a file")] = "text",  # noqa: A002 - the option's name
        language: Annotated[str, Doc("what is spoken: en, de, zh ...")] = "",
    ) -> Reply:
        """Write down what is said in a recording: reply to one, or send one along.

        Examples:
            /transcribe
            /transcribe --format srt
            /transcribe --language de
        """
        spoken = await spoken_in(ctx, self._settings)
        chosen = checked(language) or spoken.language
        wanted = Wanted(timed=format != "text", language=chosen, vocabulary=spoken.vocabulary)
        return await self._written(ctx, recording, wanted, format)

    async def translate(
        self,
        ctx: Context,
        recording: Audio | Video | File,
        *,
        format: Annotated[Form, Doc("text, or subtitles as a file")] = "text",  # noqa: A002 - the option's name
    ) -> Reply:
        """Write down in English what is said in a recording: reply to one, or send one along.

        Examples:
            /translate
            /translate --format vtt
        """
        spoken = await spoken_in(ctx, self._settings)
        wanted = Wanted(translate=True, timed=format != "text", vocabulary=spoken.vocabulary)
        return await self._written(ctx, recording, wanted, format)

    async def _written(self, ctx: Context, recording: Audio | Video | File, wanted: Wanted, form: Form) -> Reply:
        heard = await self._ear.hear(ctx, recording, wanted, "recording")
        if form == "text":
            return Reply(transcript(told(heard)))
        if not heard.cues:
            raise Unsuitable("The service told no times, so there are no subtitles.")
        data = (srt if form == "srt" else vtt)(heard.cues).encode()
        stem = PurePath(recording.name or "").stem[:_LONGEST_NAME] or "subtitles"
        return Reply((File(data=data, media_type=_TYPES[form], name=f"{stem}.{form}"),))
