"""A program of its own: recognises English speech in a file of raw samples, and prints the words as JSON.

    python -I recogniser.py sound.raw  # 16 bits, one channel, 16 kHz
    [["hello", 0.21, 0.58, 0.97], ...]

Each word comes with its begin and end in seconds and its probability. It runs as a process of its own because the
recogniser keeps its processor to itself; it imports nothing of this project, to start quickly.
"""

import json
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

RATE = 16_000  # samples a second; what the model was made for
FRAME = 160  # samples in one frame of the recogniser: 10 ms
FRAMES = 100  # frames a second
LONGEST = 20  # seconds that are recognised as one piece
SHORTEST = 8  # no piece is cut before so many seconds
SILENCE = 80.0  # root mean square of a frame below which nobody speaks (about -52 dB)
BLUR = 25  # frames over which loudness is averaged when a place to cut is sought


def main(path: str) -> None:
    """Recognise what is in the file and print it."""
    samples = np.fromfile(path, dtype="<i2")
    spoken = list(pieces(samples))
    words: list[tuple[str, float, float, float]] = []
    if spoken:
        import pocketsphinx  # noqa: PLC0415 - an extra, and its model takes a moment

        # "batch" levels each piece by itself: what was heard before does not change a result
        decoder = pocketsphinx.Decoder(samprate=float(RATE), cmn="batch", loglevel="FATAL")
        words = [word for start, end in spoken for word in recognise(decoder, samples, start, end)]
    json.dump(words, sys.stdout)


def pieces(samples: NDArray[np.int16]) -> Iterator[tuple[int, int]]:
    """Where to cut: at the quietest place of each stretch. Pieces without any sound are left out."""
    frames = len(samples) // FRAME
    loudness = np.sqrt(np.mean(samples[: frames * FRAME].reshape(-1, FRAME).astype(np.float32) ** 2, axis=1))
    blurred = np.convolve(loudness, np.full(BLUR, 1 / BLUR), mode="same")[:frames] if frames > BLUR else loudness
    start = 0
    while start < frames:
        end = frames
        if frames - start > LONGEST * FRAMES:
            after = start + SHORTEST * FRAMES
            end = after + int(np.argmin(blurred[after : start + LONGEST * FRAMES]))
        if float(loudness[start:end].max()) >= SILENCE:
            yield start * FRAME, end * FRAME
        start = end


def recognise(
    decoder: Any, samples: NDArray[np.int16], start: int, end: int
) -> Iterator[tuple[str, float, float, float]]:
    """The words between two places, with times from the beginning of everything."""
    decoder.start_utt()
    decoder.process_raw(samples[start:end].tobytes(), full_utt=True)
    decoder.end_utt()
    before = start / RATE
    for part in decoder.seg():
        word = part.word.partition("(")[0]  # "and(2)" is the second way to say "and"
        if word[:1] in {"<", "[", "+", ""}:  # silence, noise
            continue
        begin, finish = part.start_frame / FRAMES, (part.end_frame + 1) / FRAMES
        yield word, round(before + begin, 2), round(before + finish, 2), min(float(part.prob), 1.0)


if __name__ == "__main__":
    main(sys.argv[1])
