"""The command voice: what becomes of recordings in a chat."""

import re
from dataclasses import dataclass
from typing import Annotated, Final, get_args

from botcore.errors import Unsuitable
from botcore.messages import Button, Json, Reply
from botcore.plugin import Between, Bot, Context, Doc
from botcore_voice.settings import Mode, VoiceSettings

MODE: Final = "voice.mode"
SPOKEN: Final = "voice.spoken"
"""Names under which a chat's choices are kept."""

MEANT: Final[dict[Mode, str]] = {
    "off": "I leave recordings alone.",
    "transcript": "I write down what is said, and no more.",
    "both": "I write down what is said, and answer it.",
    "answer": "I answer what is said.",
}
_LABELS: Final[dict[Mode, str]] = {
    "off": "Off",
    "transcript": "Transcript",
    "both": "Transcript and answer",
    "answer": "Answer",
}
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}")
_AUTO: Final = "auto"


@dataclass(frozen=True, slots=True)
class Spoken:
    """What is spoken: ISO 639-1, empty where it is not known, and names and words to expect."""

    language: str = ""
    vocabulary: str = ""


async def mode_of(ctx: Context, settings: VoiceSettings) -> Mode:
    """What becomes of recordings in this chat."""
    kept: Json = await ctx.kept(MODE)
    return kept if kept in get_args(Mode) else settings.mode


async def spoken_in(ctx: Context, settings: VoiceSettings) -> Spoken:
    """What is spoken in this chat."""
    kept: Json = await ctx.kept(SPOKEN, {})
    return Spoken(kept.get("language", settings.language), kept.get("vocabulary", settings.vocabulary))


def checked(language: str) -> str:
    """A language that was typed, '' for `auto`. Raises Unsuitable."""
    wanted = language.strip().casefold()
    if wanted in {"", _AUTO}:
        return ""
    if not _LANGUAGE.fullmatch(wanted):
        raise Unsuitable("The language is given by two letters, like en, de or zh, or as auto.")
    return wanted


def register(bot: Bot, settings: VoiceSettings) -> None:
    """Add the command."""

    @bot.command(
        "voice",
        ephemeral=True,
        descriptions={
            "de": "Was mit Sprachnachrichten geschieht",
            "es": "Qué hacer con los mensajes de voz",
            "zh": "设置如何处理语音消息",
        },
    )
    async def voice(
        ctx: Context,
        mode: Annotated[Mode | None, Doc("off, transcript, both (transcript and answer) or answer")] = None,
        *,
        language: Annotated[str | None, Doc("what is spoken: en, de, zh ...; auto: whatever it sounds like")] = None,
        vocabulary: Annotated[str | None, Doc("names and words to expect"), Between(0, 800)] = None,
    ) -> Reply:
        """Show or choose what I do with voice messages in this chat.

        Examples:
            /voice
            /voice transcript
            /voice --language de --vocabulary "Botcore, PostgreSQL"
        """
        if mode is not None:
            await ctx.keep(MODE, mode)
        spoken = await spoken_in(ctx, settings)
        if language is not None or vocabulary is not None:
            spoken = Spoken(
                spoken.language if language is None else checked(language),
                spoken.vocabulary if vocabulary is None else vocabulary.strip(),
            )
            await ctx.keep(SPOKEN, {"language": spoken.language, "vocabulary": spoken.vocabulary})
        return _shown(await mode_of(ctx, settings), spoken)


def _shown(mode: Mode, spoken: Spoken) -> Reply:
    lines = [f"**Voice messages**: {MEANT[mode]}"]
    lines.append(f"Language: {f'`{spoken.language}`' if spoken.language else 'whatever it sounds like'}.")
    if spoken.vocabulary:
        lines.append(f"Names and words to expect: {spoken.vocabulary}")
    buttons = [Button(label, says=f"/voice {other}") for other, label in _LABELS.items() if other != mode]
    return Reply.of("\n\n".join(lines), buttons=[buttons])
