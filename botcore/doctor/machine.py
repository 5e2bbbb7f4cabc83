"""What has to be on the machine: Python, ffmpeg, the libraries of extras."""

import asyncio
import importlib
import sys
import tempfile
import warnings
import wave
from pathlib import Path

from botcore.adapter import Finding
from botcore.doctor.checks import Findings

OLDEST_PYTHON = (3, 11)


async def python() -> Findings:
    """The version of Python."""
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info[:2] < OLDEST_PYTHON:
        return [Finding("python", "fail", version, "install Python 3.11 or newer")]
    return [Finding("python", "ok", version)]


async def ffmpeg() -> Findings:
    """Whether ffmpeg is here and does what voice messages need of it: a tenth of a second of silence is converted."""
    from botcore import audio  # noqa: PLC0415 - a while to import, --help does without

    path = await asyncio.to_thread(audio.find_ffmpeg)
    if path is None:
        text = "not found: voice messages in formats the API does not take cannot be converted"
        return [Finding("ffmpeg", "note", text, "install ffmpeg, or the extra botcore-framework[voice]")]
    with tempfile.TemporaryDirectory() as folder:
        silence = Path(folder, "silence.wav")
        await asyncio.to_thread(_write_silence, silence, audio.RATE)
        for kind in ("ogg", "mp3"):
            try:
                await audio.convert(silence, Path(folder, f"silence.{kind}"), "wav", longest=1, kind=kind)
            except (audio.SoundError, OSError) as error:
                what = " ".join(str(error).split())
                remedy = "install ffmpeg anew, or the extra botcore-framework[voice]; voice messages need it"
                return [Finding("ffmpeg", "fail", f"{path} makes no {kind} file: {what}", remedy)]
    return [Finding("ffmpeg", "ok", path)]


def _write_silence(path: Path, rate: int) -> None:
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, rate, 0, "NONE", ""))
        file.writeframes(bytes(2 * rate // 10))


async def library(name: str, module: str, without: str, extra: str) -> Findings:
    """A library of an extra, which a plugin does without; loaded, since one that is there may lack what it needs."""
    try:
        with warnings.catch_warnings(action="ignore"):
            loaded = importlib.import_module(module)
    except ImportError as error:
        remedy = f"install the extra botcore-framework[{extra}]"
        return [Finding(name, "note", f"not found ({error}): {without}", remedy)]
    return [Finding(name, "ok", getattr(loaded, "__version__", "installed"))]
