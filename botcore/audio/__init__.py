"""Sound files of strangers, for plugins: told apart by their bytes, measured, converted, cut and joined under limits.

    probed = await probe(path, longest=3600)                      # what it is, and how long
    await convert(path, target, probed.container, longest=3600)   # as Ogg/Opus

Everything heavy runs in processes of its own, which end with the task that waits for them. What cannot be used raises
a `SoundError`, whose `said` is the one sentence for the person.
"""

from botcore.audio.converting import RATE, Kind, Sound, convert, encode_samples, to_samples
from botcore.audio.cutting import QUIET, Slice, cut
from botcore.audio.faults import Empty, NoDecoder, SoundError, Soundless, TooLong, Undecodable
from botcore.audio.ffmpeg import find_ffmpeg, missing
from botcore.audio.joining import join
from botcore.audio.probing import Probe, probe
from botcore.audio.processes import Limits, ProcessFailed
from botcore.audio.sniffing import HEAD, MEDIA_TYPES, Container, sniff, sniff_file
from botcore.audio.subtitles import Cue, joined, srt, vtt

__all__ = [
    "HEAD",
    "MEDIA_TYPES",
    "QUIET",
    "RATE",
    "Container",
    "Cue",
    "Empty",
    "Kind",
    "Limits",
    "NoDecoder",
    "Probe",
    "ProcessFailed",
    "Slice",
    "Sound",
    "SoundError",
    "Soundless",
    "TooLong",
    "Undecodable",
    "convert",
    "cut",
    "encode_samples",
    "find_ffmpeg",
    "join",
    "joined",
    "missing",
    "probe",
    "sniff",
    "sniff_file",
    "srt",
    "to_samples",
    "vtt",
]
