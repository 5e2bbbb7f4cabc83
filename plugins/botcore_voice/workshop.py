"""One recording on its way: fetched to disk, measured, and made into what the service takes.

Everything is done when it is first needed, so that a turn that is run again fetches nothing for pieces it has. What
lies on disk goes away with the `async with` block, however it ends.
"""

import asyncio
import logging
import tempfile
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final, Self

from botcore.audio import (
    MEDIA_TYPES,
    Container,
    Empty,
    NoDecoder,
    Probe,
    ProcessFailed,
    Sound,
    TooLong,
    Undecodable,
    convert,
    cut,
    encode_samples,
    probe,
    sniff_file,
    to_samples,
)
from botcore.messages import Json
from botcore.plugin import Context
from botcore_voice.recordings import Recording, check_declared, too_long
from botcore_voice.settings import VoiceSettings

log = logging.getLogger(__name__)

_WRITTEN_AT_ONCE: Final = 256 * 1024  # bytes; one thread hop each

# What a service takes of each kind of file: by which of its names, and with which codecs inside.
_TAKEN: Final[dict[Container, tuple[tuple[str, ...], frozenset[str]]]] = {
    "wav": (("wav",), frozenset({"pcm_u8", "pcm_s16le", "pcm_s24le", "pcm_s32le", "pcm_f32le"})),
    "ogg": (("ogg",), frozenset({"opus", "vorbis"})),
    "matroska": (("webm",), frozenset({"opus", "vorbis"})),
    "mov": (("m4a", "mp4"), frozenset({"aac", "mp3"})),
    "mp3": (("mp3", "mpga"), frozenset({"mp3", "mp2"})),
    "flac": (("flac",), frozenset({"flac"})),
    "mpeg": (("mpeg",), frozenset({"mp2", "mp3"})),
}


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a recording, in seconds. `silent`: there is nothing to hear in it."""

    start: float
    end: float
    silent: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """How a recording is sent: as it is (`name` says under which ending), or made anew, in one piece or several."""

    pieces: tuple[Piece, ...]
    name: str = ""
    cut: bool = False
    cut_off: bool = False

    def as_json(self) -> Json:
        """For a step of the turn."""
        pieces = [[piece.start, piece.end, piece.silent] for piece in self.pieces]
        return {"pieces": pieces, "name": self.name, "cut": self.cut, "cut_off": self.cut_off}

    @classmethod
    def of_json(cls, found: Json) -> "Plan":
        """From a step of the turn."""
        pieces = tuple(Piece(*piece) for piece in found["pieces"])
        return cls(pieces, found["name"], found["cut"], found["cut_off"])


class Workshop:
    """Where one recording is worked on. `programs` bounds how many programs run at once."""

    def __init__(self, ctx: Context, part: Recording, settings: VoiceSettings, programs: asyncio.Semaphore) -> None:
        self._ctx = ctx
        self._part = part
        self._settings = settings
        self._programs = programs
        self._lock = asyncio.Lock()
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._fetched: Path | None = None
        self._samples: Sound | None = None

    async def __aenter__(self) -> Self:
        folder = self._settings.folder or None
        self._folder = await asyncio.to_thread(tempfile.TemporaryDirectory, prefix="botcore-voice-", dir=folder)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._folder is not None:
            await asyncio.to_thread(self._folder.cleanup)

    @property
    def _longest(self) -> float:
        return self._settings.longest_minutes * 60.0

    def _path(self, name: str) -> Path:
        if self._folder is None:
            raise RuntimeError("a workshop is used as `async with`")
        return Path(self._folder.name, name)

    async def plan(self) -> Plan:
        """Look at the recording. Raises SoundError, Unsuitable."""
        check_declared(self._part, minutes=self._settings.longest_minutes, megabytes=self._settings.most_mb)
        path = await self._recording()
        try:
            async with self._programs:
                probed = await probe(path, longest=self._longest)
        except TooLong:
            raise too_long(self._settings.longest_minutes) from None
        except NoDecoder as error:
            return await self._unprobed(path, error)
        short = probed.seconds <= self._settings.piece_minutes * 60
        whole = (Piece(0.0, probed.seconds),)
        if short and (name := await self._taken(path, probed.container, probed.codec)):
            return Plan(whole, name, cut_off=probed.cut_off)
        if short:
            return Plan(whole, cut_off=probed.cut_off)
        return await self._cut(probed)

    async def _unprobed(self, path: Path, error: NoDecoder) -> Plan:
        """Without ffmpeg: what the service takes is sent as it is, and it may judge. Raises NoDecoder."""
        log.warning("ffmpeg is missing, so recordings are neither measured nor converted: %s", error)
        container = await sniff_file(path)
        if container is None:
            size = (await asyncio.to_thread(path.stat)).st_size
            raise Undecodable("the bytes are those of no known sound format") if size else Empty("the file is empty")
        codec = next(iter(_TAKEN[container][1])) if container in _TAKEN else ""
        name = await self._taken(path, container, codec)
        if not name:
            raise error
        return Plan((Piece(0.0, getattr(self._part, "duration", None) or 0.0),), name)

    async def _taken(self, path: Path, container: Container, codec: str) -> str:
        """The ending under which the service takes a file as it is; '' where it does not."""
        names, codecs = _TAKEN.get(container, ((), frozenset[str]()))
        size = (await asyncio.to_thread(path.stat)).st_size
        if codec not in codecs or size > self._settings.upload_mb * 1024 * 1024:
            return ""
        return next((name for name in names if name in self._settings.formats), "")

    async def _cut(self, probed: Probe) -> Plan:
        sound = await self._sound(probed.container)
        try:
            async with self._programs:
                slices = await cut(sound, longest=self._settings.piece_minutes * 60)
        except ProcessFailed as error:
            log.warning("a long recording could not be cut: %s", error)
            raise Undecodable(str(error), said="I could not cut this long recording into pieces.") from None
        pieces = tuple(Piece(one.start, one.end, one.silent) for one in slices)
        return Plan(pieces, cut=True, cut_off=probed.cut_off)

    async def file(self, plan: Plan, number: int) -> tuple[Path, str]:
        """A file for the service, and the name that it is sent by. Raises SoundError, Unsuitable."""
        if plan.name:
            return await self._recording(), f"voice.{plan.name}"
        kind, piece = self._settings.convert_to, plan.pieces[number]
        target = self._path(f"piece-{number}.{kind}")
        container = await sniff_file(await self._recording())
        if container is None:
            raise Undecodable("the bytes are those of no known sound format")
        if plan.cut:
            sound = await self._sound(container)
            async with self._programs:
                seconds = piece.end - piece.start
                await encode_samples(sound.path, target, kind=kind, start=piece.start, seconds=seconds)
        else:
            async with self._programs:
                await convert(await self._recording(), target, container, longest=self._longest, kind=kind)
        return target, f"voice{MEDIA_TYPES[kind][1]}"

    async def _recording(self) -> Path:
        """The recording as it was sent, on disk."""
        async with self._lock:
            if self._fetched is None:
                path = self._path("recording")
                await self._fetch(path)
                self._fetched = path
            return self._fetched

    async def _sound(self, container: Container) -> Sound:
        """Its samples, on disk."""
        recording = await self._recording()
        async with self._lock:
            if self._samples is None:
                try:
                    async with self._programs:
                        target = self._path("samples")
                        self._samples = await to_samples(recording, target, container, longest=self._longest)
                except TooLong:
                    raise too_long(self._settings.longest_minutes) from None
            return self._samples

    async def _fetch(self, path: Path) -> None:
        waiting = bytearray()
        file: BinaryIO = await asyncio.to_thread(path.open, "wb")
        try:
            async for chunk in self._ctx.fetch(self._part, most=self._settings.most_mb * 1_000_000):
                waiting += chunk
                if len(waiting) >= _WRITTEN_AT_ONCE:
                    await asyncio.to_thread(file.write, bytes(waiting))
                    waiting.clear()
            await asyncio.to_thread(file.write, bytes(waiting))
        finally:
            await asyncio.to_thread(file.close)
