"""A program of its own: finds where to cut raw samples, and joins them. It is run as a process, under limits.

    python -I slicer.py cut sound.raw 600            [[0, 593.2, -14.1], [593.2, 804.0, -16.0]]
    python -I slicer.py join all.raw one.raw two.raw 960000

Samples have 16 bits, one channel, 16 kHz. It imports nothing of this project, to start quickly.
"""

import json
import math
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

RATE = 16_000  # samples a second
WIDTH = 2  # bytes a sample
WINDOW = 60.0  # seconds in which a place to cut is sought, and that are held at once
SILENCE = 300  # milliseconds that make a silence
BELOW = 16.0  # dB below the mean at which it is silent
FLOOR = -120.0  # dBFS that stand for no sound at all
TENTH = 100  # milliseconds
PAUSE = 250  # milliseconds between two pieces that are joined
LEVEL = -20.0  # dBFS of what is joined
EDGE = -45.0  # dBFS below which the ends of what is joined are silent


def main(task: str, *arguments: str) -> None:
    """Do the task and print what came of it."""
    if task == "cut":
        path, longest = Path(arguments[0]), float(arguments[1])
        json.dump(cut(path, longest), sys.stdout)
    else:
        target, *sources = map(Path, arguments)
        sys.stdout.write(str(join(target, sources)))


def cut(path: Path, longest: float) -> list[tuple[float, float, float]]:
    """Begin, end and loudest level of each slice."""
    total = path.stat().st_size // WIDTH / RATE
    return [
        (start, end, loudest(path, start, end)) for start, end in slices(total, longest, lambda a, b: quiet(path, a, b))
    ]


def slices(total: float, longest: float, find: Callable[[float, float], float]) -> Iterator[tuple[float, float]]:
    """Where to cut; `find` gives the best place between two times, in seconds."""
    start = 0.0
    while total - start > longest:
        end = start + longest
        end = min(max(find(end - min(WINDOW, longest / 4), end), start + longest / 2), end)
        yield start, end
        start = end
    yield start, total


def quiet(path: Path, start: float, end: float) -> float:
    """The middle of the longest silence between two times; where there is none, of the quietest stretch."""
    from pydub import silence  # noqa: PLC0415 - the rest works without it

    sound = read(path, start, end)
    found: list[tuple[int, int]] = silence.detect_silence(sound, SILENCE, max(sound.dBFS, FLOOR) - BELOW, seek_step=20)
    if not found:
        places = range(0, max(len(sound) - SILENCE, 1), TENTH)
        quietest = min(places, key=lambda at: sound[at : at + SILENCE].rms)
        found = [(quietest, quietest + SILENCE)]
    begins, ends = max(found, key=lambda one: one[1] - one[0])
    return min(start + (begins + ends) / 2000, end)


def loudest(path: Path, start: float, end: float) -> float:
    """The level of the loudest tenth of a second, in dBFS."""
    found = FLOOR
    while start < end:
        sound = read(path, start, min(start + WINDOW, end))
        levels = (sound[at : at + TENTH].dBFS for at in range(0, len(sound), TENTH))
        found = max([found, *(level for level in levels if math.isfinite(level))])
        start += WINDOW
    return found


def join(target: Path, sources: list[Path]) -> int:
    """Write all into one file and return its size in bytes."""
    from pydub import AudioSegment  # noqa: PLC0415 - the rest works without it

    pause: Any = AudioSegment.silent(PAUSE, frame_rate=RATE)
    with target.open("wb") as file:
        for number, source in enumerate(sources):
            if number:
                file.write(pause.raw_data)
            file.write(spoken(source).raw_data)
    return target.stat().st_size


def spoken(source: Path) -> Any:
    """All of a file but the silence at its ends, as loud as the others."""
    from pydub import silence  # noqa: PLC0415 - the rest works without it

    sound = read(source, 0.0, source.stat().st_size / WIDTH / RATE)
    before = silence.detect_leading_silence(sound, EDGE, chunk_size=20)
    after = silence.detect_leading_silence(sound.reverse(), EDGE, chunk_size=20)
    heard = sound[before : len(sound) - after] if before + after < len(sound) else sound
    return heard.apply_gain(min(LEVEL - max(heard.dBFS, FLOOR), -heard.max_dBFS))


def read(path: Path, start: float, end: float) -> Any:
    """A stretch of the file, as pydub holds it."""
    from pydub import AudioSegment  # noqa: PLC0415 - the rest works without it

    first, last = round(start * RATE), round(end * RATE)
    with path.open("rb") as file:
        file.seek(first * WIDTH)
        data = file.read((last - first) * WIDTH)
    return AudioSegment(data[: len(data) // WIDTH * WIDTH], sample_width=WIDTH, frame_rate=RATE, channels=1)


if __name__ == "__main__":
    warnings.simplefilter("ignore")  # pydub's, on an ffmpeg that nobody asks for here
    try:
        main(*sys.argv[1:])
    except ImportError as error:
        sys.exit(f"pydub cannot be used: {error}")
