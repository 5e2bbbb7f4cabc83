"""Long recordings are cut where nobody speaks, and what was heard in the pieces is put together again."""

from __future__ import annotations

import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from botcore.audio import Cue, Sound, cut, encode_samples, join, joined, probe, srt, to_samples, vtt
from botcore.audio.cutting import PROGRAM
from botcore.audio.slicer import slices
from tests.sounds import repeated, silence


def levels(sound: Sound) -> np.ndarray:
    """Root mean square of each tenth of a second."""
    samples = np.fromfile(sound.path, dtype="<i2").astype(np.float64)
    tenths = samples[: len(samples) // 1600 * 1600].reshape(-1, 1600)
    return np.asarray(np.sqrt((tenths**2).mean(axis=1)))


async def samples_of(path: Path, folder: Path, name: str = "samples") -> Sound:
    return await to_samples(path, folder / name, "wav", longest=600)


async def test_it_is_cut_in_the_pauses(sounds: Path, tmp_path: Path) -> None:
    long = await samples_of(repeated(sounds / "plain.wav", tmp_path / "long.wav", 6), tmp_path)
    found = await cut(long, longest=16)
    assert found[0].start == 0
    assert found[-1].end == pytest.approx(long.seconds)
    assert all(before.end == after.start for before, after in pairwise(found))
    assert all(8 <= one.end - one.start <= 16 for one in found[:-1])
    assert not any(one.silent for one in found)
    loud = levels(long)
    for one in found[:-1]:
        assert loud[round(one.end * 10)] < loud.max() / 100  # nobody speaks where it is cut


async def test_where_nobody_pauses_it_is_cut_at_the_quietest_place(tmp_path: Path) -> None:
    time = np.arange(30 * 16_000) / 16_000
    loud = np.where(abs(time - 8.9) < 0.3, 0.4, 1.0) * 9000 * np.sin(2 * np.pi * 220 * time)
    loud.astype("<i2").tofile(tmp_path / "hum")
    found = await cut(Sound(tmp_path / "hum", 30.0), longest=10)
    assert found[0].end == pytest.approx(8.9, abs=0.35)
    assert all(one.end - one.start <= 10 for one in found)


async def test_silence_is_told_from_speech(sounds: Path, tmp_path: Path) -> None:
    (tmp_path / "quiet.wav").write_bytes(silence(30))
    quiet = await samples_of(tmp_path / "quiet.wav", tmp_path)
    assert [one.silent for one in await cut(quiet, longest=20)] == [True, True]
    speech = await samples_of(sounds / "plain.wav", tmp_path, "speech")
    assert [one.silent for one in await cut(speech, longest=20)] == [False]


async def test_a_slice_becomes_a_file(sounds: Path, tmp_path: Path) -> None:
    speech = await samples_of(sounds / "plain.wav", tmp_path)
    await encode_samples(speech.path, tmp_path / "slice.ogg", start=1.25, seconds=2.5)
    found = await probe(tmp_path / "slice.ogg", longest=60)
    assert (found.container, found.codec) == ("ogg", "opus")
    assert found.seconds == pytest.approx(2.5, abs=0.05)


async def test_sentences_are_joined_equally_loud_with_a_pause(sounds: Path, tmp_path: Path) -> None:
    loud = await samples_of(sounds / "brief.wav", tmp_path, "loud")
    samples = np.fromfile(loud.path, dtype="<i2")
    soft = np.concatenate([np.zeros(32_000, "<i2"), samples // 8, np.zeros(32_000, "<i2")]).astype("<i2")
    soft.tofile(tmp_path / "soft")
    made = await join([loud, Sound(tmp_path / "soft", len(soft) / 16_000)], tmp_path / "joined")
    assert made.seconds == pytest.approx((tmp_path / "joined").stat().st_size / 32_000)
    assert made.seconds < 2 * loud.seconds + 0.3  # the silence at the ends is gone
    heard = levels(made)
    first, second = heard[: len(heard) // 2].max(), heard[len(heard) // 2 :].max()
    assert 0.7 < first / second < 1.4


async def test_what_holds_no_speech_at_all_can_be_joined(tmp_path: Path) -> None:
    (tmp_path / "nothing").write_bytes(b"")
    (tmp_path / "silence").write_bytes(bytes(32_000))
    sounds = [Sound(tmp_path / "nothing", 0.0), Sound(tmp_path / "silence", 1.0)]
    made = await join(sounds, tmp_path / "joined")
    assert made.seconds == pytest.approx(1.25, abs=0.05)


def test_without_pydub_one_line_says_so(tmp_path: Path) -> None:
    (tmp_path / "long").write_bytes(bytes(10 * 32_000))
    hidden = "import runpy, sys; sys.modules['pydub'] = None; sys.argv[:] = sys.argv[1:]; "
    program = f"{hidden}runpy.run_path(sys.argv[0], run_name='__main__')"
    command = [sys.executable, "-c", program, str(PROGRAM), "cut", str(tmp_path / "long"), "5"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("pydub cannot be used: ")
    assert len(done.stderr.splitlines()) == 1


def test_nothing_is_one_slice() -> None:
    assert list(slices(0.0, 10.0, lambda a, b: b)) == [(0.0, 0.0)]


@given(st.floats(0, 20_000), st.floats(5, 900), st.randoms())
def test_slices_hold_everything_once(total: float, longest: float, chance: object) -> None:
    pick = chance.uniform  # type: ignore[attr-defined]
    found = list(slices(total, longest, pick))
    assert (found[0][0], found[-1][1]) == (0.0, total)
    assert all(before[1] == after[0] for before, after in pairwise(found))
    assert all(0 < end - start <= longest + 1e-6 for start, end in found[:-1])


cues = st.lists(
    st.builds(lambda at, length: Cue(at, at + length, "x"), st.floats(0, 20), st.floats(0, 8)), max_size=6
).map(lambda found: sorted(found, key=lambda one: one.start))


@given(st.lists(st.tuples(st.floats(0.5, 20), cues), max_size=6))
def test_cues_keep_their_order_and_their_piece(pieces: list[tuple[float, list[Cue]]]) -> None:
    placed: list[tuple[float, float, list[Cue]]] = []
    at = 0.0
    for length, found in pieces:
        placed.append((at, at + length, found))
        at += length
    made = joined(placed)
    assert len(made) == sum(len(found) for _, found in pieces)
    assert all(0 <= one.start <= one.end <= at for one in made)
    assert all(before.end <= after.start for before, after in pairwise(made))
    rest = iter(made)
    for starts, ends, found in placed:
        for cue in found:
            one = next(rest)
            assert starts <= one.start <= one.end <= ends
            if cue.end <= ends - starts and all(other.end <= cue.start for other in found if other is not cue):
                assert one.start == pytest.approx(starts + cue.start)
                assert one.end == pytest.approx(max(starts + cue.end, one.start))


def test_pieces_become_one_file() -> None:
    pieces = [(0.0, 600.0, [Cue(1.0, 2.5, "one "), Cue(3, 3, " ")]), (600.0, 700.0, [Cue(0.25, 99.9999, "two")])]
    assert srt(joined(pieces)) == ("1\n00:00:01,000 --> 00:00:02,500\none\n\n2\n00:10:00,250 --> 00:11:40,000\ntwo\n")
    assert vtt(joined(pieces)) == (
        "WEBVTT\n\n00:00:01.000 --> 00:00:02.500\none\n\n00:10:00.250 --> 00:11:40.000\ntwo\n"
    )
