"""Recordings that people send: what becomes of them goes by the chat's mode."""

from collections.abc import Sequence
from typing import Final

from botcore.audio import SoundError
from botcore.errors import Unsuitable
from botcore.messages import Audio, File, Image, Part, Reply, Text, Video, text_of
from botcore.plugin import Bot, Context, Handler, Prompt, Result
from botcore_voice.choosing import mode_of, spoken_in
from botcore_voice.hearing import Ear, Heard, Wanted
from botcore_voice.quoting import quoted, transcript
from botcore_voice.recordings import is_sound, others, recordings
from botcore_voice.settings import VoiceSettings

TIMEOUT: Final = 1800.0
"""Seconds: two hours of recording, with a service that is five times as fast as speech."""
LEFT_ALONE: Final = "I leave recordings alone in this chat; /voice changes that. /transcribe in reply writes one down."
CUT_OFF: Final = "(The end of this recording is missing.)"


def register(bot: Bot, ear: Ear, settings: VoiceSettings) -> None:
    """Listen to recordings."""

    async def listen(ctx: Context, part: Part) -> Result:  # noqa: ARG001 - the first of them; all are in the context
        mode = await mode_of(ctx, settings)
        if mode == "off":
            return _left_alone(ctx)
        try:
            text = await _heard(ctx, ear, settings)
        except SoundError as error:
            return _unheard(ctx, error)
        if mode == "transcript":
            return Reply(transcript(text))
        return Prompt((Text(text, spoken=True), *others(ctx.parts)), quoted(text) if mode == "both" else "")

    async def overhear(ctx: Context, part: Part) -> Result:  # noqa: ARG001 - as above
        if await mode_of(ctx, settings) != "transcript":
            return None
        return Reply(transcript(await _heard(ctx, ear, settings)))

    def attend(kind: type[Part], handler: Handler, *, unaddressed: bool) -> None:
        when = is_sound if kind is File else None
        bot.on(kind, when=when, unaddressed=unaddressed, cost="audio", timeout=TIMEOUT)(handler)

    for kind in (Audio, Video, File):
        attend(kind, listen, unaddressed=False)
        if settings.overhear:
            attend(kind, overhear, unaddressed=True)


async def _heard(ctx: Context, ear: Ear, settings: VoiceSettings) -> str:
    """What is said in all recordings of the message. Raises SoundError where none of them can be heard."""
    spoken = await spoken_in(ctx, settings)
    wanted = Wanted(language=spoken.language, vocabulary=spoken.vocabulary)
    found: list[str] = []
    failed: list[SoundError] = []
    for number, part in enumerate(recordings(ctx.parts)):
        try:
            found.append(told(await ear.hear(ctx, part, wanted, f"recording/{number}")))
        except SoundError as error:
            failed.append(error)
            found.append(f"(Recording {number + 1}: {error.said})")
    if len(failed) == len(found):
        raise failed[0]
    return "\n\n".join(found)


def told(heard: Heard) -> str:
    """What was heard, with a note where the end is missing."""
    return f"{heard.text} {CUT_OFF}" if heard.cut_off else heard.text


def _left_alone(ctx: Context) -> Prompt:
    """What came along with a recording is answered. Raises Unsuitable where there is nothing else."""
    rest: Sequence[Part] = others(ctx.parts)
    if not text_of(rest).strip() and not any(isinstance(part, Image) for part in rest):
        raise Unsuitable(LEFT_ALONE)
    return Prompt(tuple(ctx.parts))


def _unheard(ctx: Context, error: SoundError) -> Prompt:
    """What was written along is answered all the same. Raises the error where there is nothing else."""
    rest: Sequence[Part] = others(ctx.parts)
    if not text_of(rest).strip():
        raise error
    note = Text(f"[A recording was sent along, which could not be heard: {error.said}]")
    return Prompt((*rest, note), quoted(error.said))
