"""Pieces of speech, put together to one."""

import sys
from collections.abc import Sequence
from pathlib import Path

from botcore.audio.converting import RATE, WIDTH, Sound
from botcore.audio.cutting import PROGRAM
from botcore.audio.processes import Limits, run


async def join(sounds: Sequence[Sound], target: Path) -> Sound:
    """One after the other, equally loud, with a short pause between; silence at their ends is left out.

    pydub does it, in a process that holds one of them at once.

    Raises:
        ProcessFailed: it went beyond a limit, or pydub is not installed.
    """
    seconds = sum(sound.seconds for sound in sounds)
    limits = Limits(cpu=int(30 + seconds / 5), seconds=60 + seconds)
    paths = [str(sound.path) for sound in sounds]
    size = int(await run([sys.executable, "-I", str(PROGRAM), "join", str(target), *paths], limits))
    return Sound(target, size / WIDTH / RATE)
