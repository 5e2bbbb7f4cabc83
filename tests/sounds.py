"""Sounds for tests: speech by flite in every format, and how much of it was understood."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import wave
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from botcore.audio import find_ffmpeg
from botcore.testing.openai_server.hearing import can_hear

SAID = "The weather is fine today. Please send the report to the office, and call me before noon tomorrow."
BRIEFLY = "Call me before noon tomorrow."
WRONG_AT_MOST = 0.2
"""Of the words; the voice that is used here makes one mistake in twenty."""

ENCODINGS: Mapping[str, Sequence[str]] = {
    "mp3": ("-c:a", "libmp3lame"),
    "mpga": ("-c:a", "mp2", "-f", "mp2"),
    "mpeg": ("-c:a", "mp2", "-f", "mpeg"),
    "m4a": ("-c:a", "aac"),
    "mp4": ("-c:a", "aac", "-f", "mp4"),
    "webm": ("-c:a", "libopus"),
    "ogg": ("-c:a", "libopus"),
    "oga": ("-c:a", "libvorbis", "-f", "ogg"),
    "flac": ("-c:a", "flac"),
    "wav": ("-c:a", "pcm_s24le", "-ac", "2", "-ar", "44100"),
}

needs_ear = pytest.mark.skipif(not can_hear(), reason="pocketsphinx is not installed")


def wrong_words(heard: str, said: str) -> float:
    """The word error rate: insertions, deletions and substitutions for each word that was said."""
    a, b = ([*re.findall(r"[a-z']+", text.lower())] for text in (heard, said))
    row = list(range(len(b) + 1))
    for at, word in enumerate(a, start=1):
        before, row[0] = row[0], at
        for other, spoken in enumerate(b, start=1):
            before, row[other] = row[other], min(row[other] + 1, row[other - 1] + 1, before + (word != spoken))
    return row[-1] / len(b)


def ffmpeg(*options: str | Path) -> None:
    """Run ffmpeg; the test is skipped where there is none."""
    found = find_ffmpeg()
    if found is None:
        pytest.skip("there is no ffmpeg")
    subprocess.run([found, "-v", "error", "-nostdin", "-y", *map(str, options)], check=True, timeout=60)


def spoken(text: str, path: Path) -> Path:
    """Have flite say it into a WAV file; the test is skipped where there is none."""
    flite = shutil.which("flite")
    if flite is None:
        pytest.skip("flite is not installed: make system")
    subprocess.run([flite, "-voice", "rms", "-t", text, "-o", str(path)], check=True, timeout=60)
    return path


def every_format(folder: Path) -> Path:
    """What is said as `plain.wav` and `said.*` in every format, and a short sentence as `brief.wav`."""
    plain = spoken(SAID, folder / "plain.wav")
    spoken(BRIEFLY, folder / "brief.wav")
    for extension, options in ENCODINGS.items():
        ffmpeg("-i", plain, *options, folder / f"said.{extension}")
    return folder


def film(sound: Path, target: Path, *, longer: float = 0.0) -> Path:
    """A film of what is said in a WAV file; its pictures go on for `longer` seconds."""
    with wave.open(str(sound)) as file:
        seconds = file.getnframes() / file.getframerate() + longer
    picture = ("-f", "lavfi", "-i", f"testsrc=d={seconds:.1f}:s=96x96:r=10")
    ffmpeg(*picture, "-i", sound, "-pix_fmt", "yuv420p", "-movflags", "+faststart", target)
    return target


def silence(seconds: float, rate: int = 16_000) -> bytes:
    """A WAV file in which nothing is said."""
    made = io.BytesIO()
    with wave.open(made, "wb") as file:
        file.setparams((1, 2, rate, 0, "NONE", ""))
        file.writeframes(bytes(int(rate * seconds) * 2))
    return made.getvalue()


def hours_of_silence(path: Path, hours: float = 3.0) -> Path:
    """An Ogg/Opus file of that much silence: a few megabytes, that decode to gigabytes."""
    minute = path.with_name("minute-of-silence.ogg")
    ffmpeg("-f", "lavfi", "-i", "anullsrc=r=48000:cl=mono", "-t", "60", "-c:a", "libopus", "-b:a", "6k", minute)
    ffmpeg("-stream_loop", str(round(hours * 60) - 1), "-i", minute, "-c", "copy", path)
    return path


def repeated(source: Path, target: Path, times: int, pause: float = 1.0) -> Path:
    """A WAV file that says the same several times, with pauses (seconds) after each."""
    with wave.open(str(source)) as file:
        once, rate = file.readframes(file.getnframes()), file.getframerate()
    with wave.open(str(target), "wb") as file:
        file.setparams((1, 2, rate, 0, "NONE", ""))
        for _ in range(times):
            file.writeframes(once + bytes(int(rate * pause) * 2))
    return target
