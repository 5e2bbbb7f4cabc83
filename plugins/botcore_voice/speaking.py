"""The command speak: a text as a voice message."""

import asyncio
import base64
import logging
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final

from botcore.audio import (
    MEDIA_TYPES,
    NoDecoder,
    ProcessFailed,
    SoundError,
    encode_samples,
    join,
    probe,
    sniff_file,
    to_samples,
)
from botcore.errors import BadRequest, EndpointMissing, NotFound, Unsuitable
from botcore.messages import Audio, Json, Reply, Text, quoted_text
from botcore.openai import SpeechRequest
from botcore.plugin import Between, Bot, Context, Doc, Rest
from botcore_voice import sentences
from botcore_voice.settings import VoiceSettings

log = logging.getLogger(__name__)

_LONGEST: Final = 3600.0  # seconds of one spoken piece
_MOST_BYTES: Final = 40 * 1024 * 1024  # the largest answer that is worth sending on
_MOST_KEPT: Final = (
    8 * 1024 * 1024
)  # bytes of a spoken piece that are kept for a restart; four minutes take one million
_TIMEOUT: Final = 600.0
_CHARACTERS_A_TOKEN: Final = 4  # what a text counts where the service does not tell; English is about that
_CODE: Final = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)
_LINK: Final = re.compile(r"!?\[([^\[\]]*)\]\([^()]*(?:\([^()]*\)[^()]*)*\)")
_MARKS: Final = re.compile(r"^[ \t]*(?:#+|>)[ \t]*|[*`~]+", re.MULTILINE)


def register(bot: Bot, settings: VoiceSettings) -> None:
    """Add the command."""
    programs = asyncio.Semaphore(settings.programs_at_once)

    @bot.command(
        "speak",
        cost="audio",
        timeout=_TIMEOUT,
        descriptions={"de": "Einen Text vorlesen", "es": "Leer un texto en voz alta", "zh": "朗读文本"},
    )
    async def speak(
        ctx: Context,
        text: Annotated[str, Rest("the text, or reply to one")] = "",
        *,
        voice: Annotated[str, Doc("who speaks, like alloy, echo or nova")] = "",
        speed: Annotated[float, Between(0.25, 4), Doc("1 is usual, 2 twice as fast")] = 1.0,
    ) -> Reply:
        """Read a text aloud: the one you write, or the message you reply to.

        Examples:
            /speak Good morning, everybody!
            /speak --voice nova --speed 1.2 Good morning!
        """
        words = text.strip() or plain(quoted_text(ctx.incoming.event))
        if not words:
            raise Unsuitable("Write a text after /speak, or reply to one with it.")
        if len(words) > settings.speak_most:
            raise Unsuitable(f"That is too long to read aloud: I read {settings.speak_most:,} characters at most.")
        warning = await ctx.moderate(words)
        folder = await asyncio.to_thread(
            tempfile.TemporaryDirectory, prefix="botcore-voice-", dir=settings.folder or None
        )
        try:
            asked = _Asked(ctx, settings, voice or settings.voice, speed, Path(folder.name))
            spoken = await _spoken(asked, sentences.pieces(words, settings.speech_characters), programs)
            return Reply((*spoken, Text(warning, plain=True)) if warning else spoken)
        finally:
            await asyncio.to_thread(folder.cleanup)


def plain(text: str) -> str:
    """Markdown without what nobody would say: code and marks."""
    return _MARKS.sub("", _LINK.sub(r"\1", _CODE.sub(" ", text))).strip()


class _Asked:
    """One wish to hear something."""

    def __init__(self, ctx: Context, settings: VoiceSettings, voice: str, speed: float, folder: Path) -> None:
        self.ctx = ctx
        self.folder = folder
        self._settings = settings
        self._voice = voice
        self._speed = speed

    async def say(self, text: str, number: int) -> Path:
        """A piece as a file, spoken once however often the turn is restarted. Raises Unsuitable, ApiError."""
        path, here = self.folder / f"spoken-{number}", False

        async def spoken() -> Json:
            nonlocal here
            await self._ask(text, number, path)
            here = True
            return await asyncio.to_thread(_kept, path)

        record = await self.ctx.step(f"speech/{number}", spoken)
        if not here and "data" in record:
            await asyncio.to_thread(path.write_bytes, base64.b64decode(record["data"]))
        elif not here:
            log.warning("%d bytes of speech were too many to keep; they are spoken again", record["lost"])
            await self._ask(text, number, path)
        return path

    async def _ask(self, text: str, number: int, path: Path) -> None:
        """Have a piece spoken. Raises Unsuitable, ApiError."""
        model = self._settings.speech_model
        request = SpeechRequest(
            model=model,
            input=text,
            voice=self._voice,
            response_format="opus",
            speed=None if self._speed == 1 else self._speed,
        )
        try:
            async with self.ctx.api.audio.speak(request) as sound:
                await sound.save(path)
        except EndpointMissing as error:
            log.warning("texts are not spoken here: %s", error)
            raise Unsuitable("I cannot speak here: the service behind me does not offer it.") from error
        except NotFound as error:
            error.said = f"The service has no model {model} for speaking. The operator has to see to it."
            raise
        except BadRequest as error:
            error.said = f"The service did not take that. Perhaps it has no voice “{self._voice[:40]}”."
            raise
        await self.ctx.charge(f"speech/{number}", model, input_tokens=max(len(text) // _CHARACTERS_A_TOKEN, 1))


def _kept(path: Path) -> Json:
    """A file as the result of a step."""
    size = path.stat().st_size
    return {"data": base64.b64encode(path.read_bytes()).decode()} if size <= _MOST_KEPT else {"lost": size}


async def _spoken(asked: _Asked, pieces: Sequence[str], programs: asyncio.Semaphore) -> tuple[Audio, ...]:
    """One voice message; several where they cannot be joined."""
    paths: list[Path] = []
    for number, piece in enumerate(pieces):
        if len(pieces) > 1:
            await asked.ctx.progress(f"Speaking: {number + 1} of {len(pieces)} pieces…")
        paths.append(await asked.say(piece, number))
    try:
        async with programs:
            return (await bubble(paths, asked.folder),)
    except NoDecoder as error:
        log.warning("ffmpeg is missing, so spoken pieces are sent as they come: %s", error)
    except (SoundError, ProcessFailed) as error:
        log.warning("what the service spoke could not be joined: %s", error)
    return tuple([await as_it_is(path) for path in paths])


async def bubble(paths: Sequence[Path], folder: Path) -> Audio:
    """Ogg/Opus, as voice messages are. Raises SoundError, ProcessFailed."""
    [first, *more] = paths
    probed = await probe(first, longest=_LONGEST)
    whole = first
    if more or probed.container != "ogg" or probed.codec != "opus":
        sounds = []
        for path in paths:
            container = (await probe(path, longest=_LONGEST)).container
            target = path.with_suffix(".raw")
            sounds.append(await to_samples(path, target, container, longest=_LONGEST))
        joined = await join(sounds, folder / "joined.raw")
        whole = folder / "joined.ogg"
        await encode_samples(joined.path, whole)
        probed = await probe(whole, longest=_LONGEST * len(paths))
    data = await _read(whole)
    return Audio(data=data, media_type="audio/ogg", name="speech.ogg", duration=probed.seconds, voice=True)


async def as_it_is(path: Path) -> Audio:
    """A sound file unchanged; it is a voice message only where it is Ogg."""
    container = await sniff_file(path)
    media_type, ending = MEDIA_TYPES[container] if container else ("application/octet-stream", "")
    return Audio(data=await _read(path), media_type=media_type, name=f"speech{ending}", voice=container == "ogg")


async def _read(path: Path) -> bytes:
    if (await asyncio.to_thread(path.stat)).st_size > _MOST_BYTES:
        raise Unsuitable("That became too long a recording to send. Try a shorter text.")
    return await asyncio.to_thread(path.read_bytes)
