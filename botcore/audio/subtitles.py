"""Subtitle files: SubRip (srt) and WebVTT (vtt)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cue:
    """A text and when it is shown, in seconds."""

    start: float
    end: float
    text: str


def srt(cues: Iterable[Cue]) -> str:
    """As SubRip: numbered, with a comma before the milliseconds."""
    blocks = [
        f"{number}\n{_time(cue.start, ',')} --> {_time(cue.end, ',')}\n{cue.text}\n"
        for number, cue in enumerate(cues, start=1)
    ]
    return "\n".join(blocks)


def vtt(cues: Iterable[Cue]) -> str:
    """As WebVTT (https://www.w3.org/TR/webvtt1/)."""
    blocks = [f"{_time(cue.start, '.')} --> {_time(cue.end, '.')}\n{cue.text}\n" for cue in cues]
    return "\n".join(["WEBVTT\n", *blocks])


def joined(pieces: Iterable[tuple[float, float, Sequence[Cue]]]) -> list[Cue]:
    """The cues of a recording that was cut: each piece comes with where it starts and ends in the whole, in seconds.

    A cue keeps its place in the whole, lasts no longer than its piece, and begins no earlier than the one before it
    ended. One without text is left out.

    >>> joined([(0.0, 5.0, [Cue(1.0, 6.5, "one")]), (5.0, 9.0, [Cue(0.5, 2.0, "two")])])
    [Cue(start=1.0, end=5.0, text='one'), Cue(start=5.5, end=7.0, text='two')]
    """
    found: list[Cue] = []
    before = 0.0
    for starts, ends, cues in pieces:
        for cue in cues:
            if not cue.text.strip():
                continue
            start = min(max(starts + cue.start, starts, before), ends)
            before = max(min(starts + cue.end, ends), start)
            found.append(Cue(start, before, cue.text.strip()))
    return found


def _time(seconds: float, mark: str) -> str:
    minutes, milliseconds = divmod(round(seconds * 1000), 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{milliseconds // 1000:02d}{mark}{milliseconds % 1000:03d}"
