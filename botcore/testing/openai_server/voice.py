"""Texts to sound without any download: spoken by `flite` where it is installed, else hummed, one tone a syllable.

What flite has no letters for (Chinese, emoji alone) is hummed too. It speaks English, whatever the text is.
"""

import asyncio
import re
import shutil
import tempfile
import unicodedata
import wave
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path
from zlib import crc32

import numpy as np

from botcore.audio.processes import Limits, run
from botcore.testing.openai_server.decoding import Samples, resample

RATE = 24_000  # samples a second, as the public API's raw sound has

# flite's voices are few: each of the public ones has one that stands in for it.
_WOMAN, _MAN, _SCOT, _ROBOT = "slt", "rms", "awb", "kal16"
VOICES = {
    "alloy": _WOMAN, "ash": _MAN, "ballad": _SCOT, "cedar": _ROBOT, "coral": _WOMAN, "echo": _MAN, "fable": _SCOT,
    "marin": _WOMAN, "nova": _WOMAN, "onyx": _ROBOT, "sage": _WOMAN, "shimmer": _WOMAN, "verse": _MAN,
}  # fmt: skip

_END = r".!?\u3002\uff01\uff1f"  # the last three are Chinese
_SENTENCE = re.compile(rf"[^{_END}\n]+[{_END}]*|[{_END}]+")
_LONGEST = 400  # characters that are spoken as one sentence
_SYLLABLE = re.compile(r"[aeiouyàâäéèêëîïôöùûü]+|\d|[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]", re.IGNORECASE)
_TONE = 0.16  # seconds of a syllable
_GAP = 0.08  # seconds between two words
_PAUSE = 0.25  # seconds after a sentence
_LIMITS = Limits(cpu=20, seconds=30.0)


def find_flite() -> str | None:
    """Where flite is, if it is installed."""
    return shutil.which("flite")


async def speak(text: str, voice: str, speed: float) -> AsyncGenerator[Samples]:
    """The sound of a text, sentence by sentence, at `RATE`. `speed` 2 is twice as fast.

    Raises:
        ProcessFailed: flite fails.
    """
    flite = await asyncio.to_thread(find_flite)
    for sentence in sentences(text):
        plain = _folded(sentence)
        if flite is not None and re.search(r"[A-Za-z0-9]", plain):
            yield await _spoken(flite, plain, VOICES.get(voice, _WOMAN), speed)
        else:
            yield await asyncio.to_thread(hum, sentence, speed)


def sentences(text: str) -> Iterator[str]:
    """The text in pieces that are spoken one by one."""
    for sentence in _SENTENCE.findall(text):
        rest = sentence.strip()
        while len(rest) > _LONGEST:
            at = rest.rfind(" ", 1, _LONGEST)
            at = _LONGEST if at < 0 else at
            yield rest[:at]
            rest = rest[at:].strip()
        if rest:
            yield rest


async def _spoken(flite: str, sentence: str, voice: str, speed: float) -> Samples:
    with tempfile.TemporaryDirectory(prefix="botcore-voice-") as folder:
        written, sound = Path(folder, "text"), Path(folder, "sound.wav")
        await asyncio.to_thread(written.write_text, sentence, encoding="ascii")
        options = ["-voice", voice, "--setf", f"duration_stretch={1 / speed:.3f}"]
        await run([flite, *options, "-f", str(written), "-o", str(sound)], _LIMITS)
        return await asyncio.to_thread(_read, sound)


def _read(path: Path) -> Samples:
    with wave.open(str(path)) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").astype(np.int16)
        return resample(samples, file.getframerate(), RATE)


def _folded(text: str) -> str:
    """In ASCII, which is all that flite reads."""
    straight = text.translate(str.maketrans("‘’“”–—…", "''\"\"--."))  # noqa: RUF001 - these very characters
    return unicodedata.normalize("NFKD", straight).encode("ascii", "ignore").decode()


def hum(sentence: str, speed: float = 1.0) -> Samples:
    """A sentence as tones: one for each syllable, always the same for the same syllable, with gaps between words."""
    parts: list[Samples] = []
    for word in sentence.split():
        syllables: list[str] = _SYLLABLE.findall(word) or [word]
        parts += [_tone(150 + crc32(one.lower().encode()) % 24 * 10, _TONE / speed) for one in syllables]
        parts.append(np.zeros(int(RATE * _GAP / speed), dtype=np.int16))
    parts.append(np.zeros(int(RATE * _PAUSE / speed), dtype=np.int16))
    return np.concatenate(parts)


def _tone(pitch: float, seconds: float) -> Samples:
    times = np.arange(int(RATE * seconds)) / RATE
    swell = np.sin(np.pi * times / max(seconds, 1e-6))  # from silence to silence: no clicks
    made: Samples = (8000 * swell * np.sin(2 * np.pi * pitch * times)).astype(np.int16)
    return made
