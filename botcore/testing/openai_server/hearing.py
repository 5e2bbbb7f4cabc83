"""Speech to words with times: English, by pocketsphinx, in a process of its own.

heard = await hear(sound, prompt="Botcore")
heard.text, heard.words, heard.segments
"""

import importlib.util
import re
import sys
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import log
from pathlib import Path

import orjson

from botcore.audio.converting import Sound
from botcore.audio.processes import Limits, run

_PROGRAM = Path(__file__).with_name("recogniser.py")
_PAUSE = 0.35  # seconds of silence that end a segment
_LONGEST = 7.0  # seconds of a segment, so that it fits a screen as a subtitle
_MEMORY = 2048 * 1024 * 1024  # bytes of address space: the model takes about 200 MB, numpy's libraries reserve more


class Deaf(RuntimeError):
    """pocketsphinx is not installed."""


@dataclass(frozen=True, slots=True)
class Word:
    """One word, its begin and end in seconds, and its probability."""

    text: str
    start: float
    end: float
    probability: float


@dataclass(frozen=True, slots=True)
class Segment:
    """Words without a longer pause between them."""

    words: tuple[Word, ...]

    @property
    def start(self) -> float:
        """Seconds."""
        return self.words[0].start

    @property
    def end(self) -> float:
        """Seconds."""
        return self.words[-1].end

    @property
    def text(self) -> str:
        """The words in a row."""
        return " ".join(word.text for word in self.words)

    @property
    def log_probability(self) -> float:
        """The mean over its words."""
        return sum(log(max(word.probability, 1e-9)) for word in self.words) / len(self.words)

    @property
    def compression(self) -> float:
        """How many times shorter the text gets by zlib; high where it repeats itself."""
        raw = self.text.encode()
        return len(raw) / len(zlib.compress(raw))


@dataclass(frozen=True, slots=True)
class Heard:
    """What was said. `seconds` is how long the sound is; nothing in it goes beyond."""

    segments: tuple[Segment, ...]
    seconds: float

    @property
    def text(self) -> str:
        """All of it."""
        return " ".join(segment.text for segment in self.segments)

    @property
    def words(self) -> tuple[Word, ...]:
        """All words."""
        return tuple(word for segment in self.segments for word in segment.words)


def can_hear() -> bool:
    """Whether speech can be recognised here."""
    return importlib.util.find_spec("pocketsphinx") is not None


async def hear(sound: Sound, *, prompt: str = "") -> Heard:
    """Recognise speech. Words that the prompt holds are spelled as there.

    Raises:
        Deaf: pocketsphinx is not installed.
        ProcessFailed: the recogniser went beyond a limit.
    """
    if not can_hear():
        raise Deaf("pocketsphinx is not installed")
    # about a quarter of the sound's length on one core; ten times that for a busy one
    limits = Limits(memory=_MEMORY, cpu=int(30 + sound.seconds * 2), seconds=60 + sound.seconds * 4)
    told: list[tuple[str, float, float, float]] = orjson.loads(
        await run([sys.executable, "-I", str(_PROGRAM), str(sound.path)], limits)
    )
    spelled = _spellings(prompt)
    words = [
        Word(spelled.get(text, text), min(start, sound.seconds), min(end, sound.seconds), probability)
        for text, start, end, probability in told
    ]
    return Heard(tuple(segmented(words)), sound.seconds)


def segmented(words: Sequence[Word]) -> list[Segment]:
    """Words put together to segments, cut at pauses and before they get too long."""
    if not words:
        return []
    segments: list[list[Word]] = [[words[0]]]
    for before, word in pairwise(words):
        current = segments[-1]
        if word.start - before.end >= _PAUSE or word.end - current[0].start > _LONGEST:
            segments.append([word])
        else:
            current.append(word)
    return [Segment(tuple(segment)) for segment in segments]


def _spellings(prompt: str) -> dict[str, str]:
    """How the prompt writes its names: words with capitals, but for those that only begin a sentence."""
    found: dict[str, str] = {}
    for match in re.finditer(r"[A-Za-z][A-Za-z']*", prompt):
        word, before, after = match[0], prompt[: match.start()].rstrip(), prompt[match.end() :]
        begins = (not before or before[-1] in ".!?") and word.istitle()
        alone = not after.strip(" .") or after.startswith(",")  # in a list of names
        if not word.islower() and (not begins or alone):
            found[word.lower()] = word
    return found
