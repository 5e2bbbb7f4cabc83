"""Long recordings, cut where nobody speaks."""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from botcore.audio.converting import Sound
from botcore.audio.processes import Limits, ProcessFailed, run

PROGRAM: Final = Path(__file__).with_name("slicer.py")
QUIET: Final = -55.0
"""dBFS: where nothing in a slice is louder, nobody speaks. A voice from across a room has about -40."""


@dataclass(frozen=True, slots=True)
class Slice:
    """A stretch of a recording, in seconds. `loudest` is the level of its loudest tenth of a second, in dBFS."""

    start: float
    end: float
    loudest: float

    @property
    def silent(self) -> bool:
        """Whether there is nothing to hear."""
        return self.loudest <= QUIET


async def cut(sound: Sound, *, longest: float) -> Sequence[Slice]:
    """Slices that are `longest` seconds at most, in order and without a gap.

    A recording that is longer is cut in the middle of the longest silence of the last quarter of each slice (a minute
    at most); where there is none, at the quietest place. pydub looks for it, in a process that holds a minute at once.

    Raises:
        ProcessFailed: it went beyond a limit, or pydub is not installed.
    """
    limits = Limits(cpu=int(30 + sound.seconds / 20), seconds=60 + sound.seconds / 5)
    told = await run([sys.executable, "-I", str(PROGRAM), "cut", str(sound.path), f"{longest:g}"], limits)
    try:
        return [Slice(start, end, loudest) for start, end, loudest in json.loads(told)]
    except ValueError:
        raise ProcessFailed("the slices could not be read") from None
