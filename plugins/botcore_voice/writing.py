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

    @bot.command(
        "transcribe",
        cost="audio",
        timeout=TIMEOUT,
        descriptions={"de": "Eine Aufnahme abschreiben", "es": "Transcribir una grabación", "zh": "转写录音"},
    )
    async def transcribe(
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
        spoken = await spoken_in(ctx, settings)
        chosen = checked(language) or spoken.language
        wanted = Wanted(timed=format != "text", language=chosen, vocabulary=spoken.vocabulary)
        return await written(ctx, recording, wanted, format)

    @bot.command(
        "translate",
        cost="audio",
        timeout=TIMEOUT,
        descriptions={
            "de": "Eine Aufnahme ins Englische übersetzen",
            "es": "Traducir una grabación al inglés",
            "zh": "将录音译成英文",
        },
    )
    async def translate(
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
        spoken = await spoken_in(ctx, settings)
        wanted = Wanted(translate=True, timed=format != "text", vocabulary=spoken.vocabulary)
        return await written(ctx, recording, wanted, format)

    async def written(ctx: Context, recording: Audio | Video | File, wanted: Wanted, form: Form) -> Reply:
        heard = await ear.hear(ctx, recording, wanted, "recording")
        if form == "text":
            return Reply(transcript(told(heard)))
        if not heard.cues:
            raise Unsuitable("The service told no times, so there are no subtitles.")
        data = (srt if form == "srt" else vtt)(heard.cues).encode()
        stem = PurePath(recording.name or "").stem[:_LONGEST_NAME] or "subtitles"
        return Reply((File(data=data, media_type=_TYPES[form], name=f"{stem}.{form}"),))
