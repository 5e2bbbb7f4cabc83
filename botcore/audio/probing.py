"""What a sound file holds and how long it really is, without decoding it."""

import re
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from botcore.audio import ffmpeg
from botcore.audio.faults import Empty, Soundless, TooLong, Undecodable
from botcore.audio.processes import Limits, ProcessFailed, run_to_end
from botcore.audio.sniffing import Container, sniff_file

_LIMITS: Final = Limits(memory=512 * 1024 * 1024, cpu=20, seconds=60.0)

# Lines of ffmpeg's description of its input. What people write into a file's metadata is indented further.
_AUDIO = re.compile(r"^  Stream #\d+:\d+[^:\n]*: Audio: (\w+)", re.MULTILINE)
_VIDEO = re.compile(r"^  Stream #\d+:\d+[^:\n]*: Video: ", re.MULTILINE)
_DECLARED = re.compile(r"^  Duration: (\d+):(\d\d):(\d\d\.\d+)", re.MULTILINE)
_REACHED = re.compile(rb"^out_time_us=(\d+)", re.MULTILINE)
_CUT_OFF: Final = 0.9
"""Share of the declared length below which a recording counts as cut off."""


@dataclass(frozen=True, slots=True)
class Probe:
    """What is in a file.

    `codec` is ffmpeg's name of its first sound track; `seconds` is what there is to hear, `declared` what the file
    says of itself; `pictures`: there is a video track, or a cover; `shown`: seconds that the pictures last, where that
    was counted, for the sound ends before the file does.
    """

    container: Container
    codec: str
    seconds: float
    declared: float | None = None
    pictures: bool = False
    shown: float = 0.0

    @property
    def cut_off(self) -> bool:
        """Whether the end is missing. A film whose pictures go on after its sound is whole."""
        there = max(self.seconds, self.shown)
        return self.declared is not None and self.declared > 2 and there < self.declared * _CUT_OFF


async def probe(source: Path, *, longest: float) -> Probe:
    """Look into a file. Its length is counted from its packets: what its header claims is not believed.

    Raises:
        Empty: it has no bytes.
        Undecodable: it is no sound, broken, or has a codec that is not decoded here.
        Soundless: it has pictures only.
        TooLong: it is longer than `longest` seconds.
        NoDecoder: there is no ffmpeg.
    """
    container = await sniffed(source)
    try:
        told, progress = await _counted(container, source, "0:a:0", longest)
    except ProcessFailed as wrong:
        if _VIDEO.search(str(wrong)) and not _AUDIO.search(str(wrong)):
            raise Soundless("there is no sound track") from None
        raise Undecodable(str(wrong)) from None
    found = _probed(container, told, progress, longest)
    if found.cut_off and found.pictures:
        with suppress(ProcessFailed):  # pictures that cannot be read do not go on
            _, progress = await _counted(container, source, "0:v:0", longest)
            return replace(found, shown=_reached(progress))
    return found


async def _counted(container: Container, source: Path, track: str, longest: float) -> tuple[str, bytes]:
    """Go through the packets of a track: ffmpeg's words, and its progress. Raises ProcessFailed, NoDecoder."""
    command = [*ffmpeg.begin(await ffmpeg.required(), "info"), *ffmpeg.reading(container, source)]
    counting = ["-map", track, "-c", "copy", "-t", f"{longest + 1:g}", "-f", "null"]
    output = await run_to_end([*command, *counting, "-nostats", "-progress", "pipe:1", "-"], _LIMITS)
    return output.told, output.out


def _reached(progress: bytes) -> float:
    """Seconds up to which ffmpeg came."""
    reached = _REACHED.findall(progress)
    return int(reached[-1]) / 1e6 if reached else 0.0


async def sniffed(source: Path) -> Container:
    """What kind of file it is. Raises Empty, Undecodable."""
    container = await sniff_file(source)
    if container is not None:
        return container
    if not source.stat().st_size:  # noqa: ASYNC240 - of a file that was just read
        raise Empty("the file is empty")
    raise Undecodable("the bytes are those of no known sound format")


def _probed(container: Container, told: str, progress: bytes, longest: float) -> Probe:
    described, _, _ = told.partition("\nOutput #")
    audio, declared = _AUDIO.search(described), _DECLARED.search(described)
    codec = audio[1] if audio else "none"
    if codec not in ffmpeg.CODECS:
        raise Undecodable(f"the codec {codec} is not decoded", said=f"I do not know this kind of sound ({codec}).")
    seconds = _reached(progress)
    if not seconds:
        raise Undecodable("there is no sound in it")
    if seconds > longest:
        raise TooLong(f"more than {longest:g} seconds")
    length = int(declared[1]) * 3600 + int(declared[2]) * 60 + float(declared[3]) if declared else None
    return Probe(container, codec, seconds, length, pictures=bool(_VIDEO.search(described)))
