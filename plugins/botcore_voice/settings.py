"""What an operator can set."""

from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from botcore.audio import Kind
from botcore.plugin import ModelFor, Settings

Mode: TypeAlias = Literal["off", "transcript", "both", "answer"]
"""What becomes of a recording: nothing, its transcript, the transcript and then an answer, or an answer alone."""

Format: TypeAlias = Literal["flac", "m4a", "mp3", "mp4", "mpeg", "mpga", "ogg", "wav", "webm"]


class VoiceSettings(Settings):
    """Voice messages: heard, written down, translated, and spoken."""

    mode: Mode = "both"
    """What becomes of a voice message where a chat has not chosen with /voice: off, transcript, both or answer."""
    overhear: bool = False
    """In groups, transcribe recordings that are not meant for the bot as well, where /voice is set to transcript."""
    model: Annotated[str, ModelFor("transcription")] = "whisper-1"
    """The model that writes speech down."""
    timed_model: Annotated[str, ModelFor("subtitles, translation")] = "whisper-1"
    """The model for subtitles and translations; newer ones give no times."""
    language: str = Field(default="", pattern=r"^([a-z]{2,3})?$", examples=["de"])
    """The language that is spoken, as ISO 639-1; empty: whatever it sounds like. A chat may set its own."""
    vocabulary: str = Field(default="", max_length=800)
    """Names and words to expect, as in "Botcore, PostgreSQL": spells them right. A chat may set its own."""
    longest_minutes: int = Field(default=120, ge=1, le=600)
    """The longest recording that is listened to."""
    most_mb: int = Field(default=100, ge=1, le=2000)
    """The largest recording that is fetched; platforms have limits of their own (Telegram: 20)."""
    upload_mb: int = Field(default=25, ge=1, le=2000)
    """The largest file that the service takes; larger recordings are cut."""
    piece_minutes: float = Field(default=5, ge=0.05, le=60)
    """Longer recordings are cut, where nobody speaks, into pieces of this length at most."""
    pieces_at_once: int = Field(default=4, ge=1, le=32)
    """Pieces and recordings that are with the service at the same time, for the whole bot."""
    recordings_at_once: int = Field(default=8, ge=1, le=100)
    """Recordings that are worked on at the same time, for the whole bot; the others wait."""
    programs_at_once: int = Field(default=2, ge=1, le=32)
    """Programs (ffmpeg) that run at the same time for the whole bot; each takes about 50 MB."""
    formats: tuple[Format, ...] = ("flac", "m4a", "mp3", "mp4", "mpeg", "mpga", "ogg", "wav", "webm")
    """What the service takes as it is; all else is converted."""
    convert_to: Kind = "ogg"
    """What the rest is converted to, and pieces are made of: ogg (Opus), mp3 or wav."""
    folder: str = ""
    """Where recordings lie while they are worked on; empty: the system's temporary folder. 2 MB a minute at most."""
    second_tokens: int = Field(default=10, ge=0)
    """What a second of sound counts against budgets where the service does not tell tokens."""
    speech_model: Annotated[str, ModelFor("speech")] = "gpt-4o-mini-tts"
    """The model of /speak."""
    voice: str = "alloy"
    """The voice of /speak."""
    speech_characters: int = Field(default=4096, ge=100)
    """Characters that the service speaks in one request; longer texts are cut between sentences."""
    speak_most: int = Field(default=10_000, ge=100, le=100_000)
    """The longest text that /speak takes, in characters."""
