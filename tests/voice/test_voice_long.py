"""Long recordings are heard in pieces, at the right times, and no piece twice."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from botcore.messages import Message, Text
from botcore.testing.openai_server import Status
from tests.sounds import SAID, WRONG_AT_MOST, ffmpeg, needs_ear, repeated, wrong_words

from .conftest import TRANSCRIBE, VoiceHouse, VoiceRoom, attachments, field, quote

if TYPE_CHECKING:
    from .conftest import OpenHouse

TIMES = 4
PAUSE = 1.0
PIECE = 0.25  # minutes: two of the four sentences
LONG: dict[str, Any] = {"plugins__voice__piece_minutes": str(PIECE), "plugins__voice__mode": "transcript"}


@pytest.fixture(scope="session")
def long(sounds: Path, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The same, said four times, in Ogg/Opus."""
    folder = tmp_path_factory.mktemp("long")
    ffmpeg("-i", repeated(sounds / "plain.wav", folder / "long.wav", TIMES, PAUSE), "-c:a", "libopus", folder / "l.ogg")
    return (folder / "l.ogg").read_bytes()


def heard(text: str) -> Status:
    return Status(200, body=f'{{"text": "{text}"}}')


@needs_ear
@pytest.mark.slow
@pytest.mark.timeout(180)
async def test_it_is_heard_in_pieces_and_shown_how_far_it_is(open_house: OpenHouse, long: bytes) -> None:
    house = await open_house(**LONG)
    text = await house.says_and_reads(house.person(), house.room.voice(long))
    assert wrong_words(text, " ".join([SAID] * TIMES)) <= WRONG_AT_MOST, text
    assert len(house.heard()) == 2  # the third holds the silence at the end, and is sent nowhere
    [shown] = [one for one in house.room.shown if one.final]
    assert any(re.fullmatch(r"Listening: \d of 3 pieces…", frame) for frame in shown.history)


@needs_ear
@pytest.mark.slow
@pytest.mark.timeout(180)
@pytest.mark.parametrize("form", ["srt", "vtt"])
async def test_subtitles_are_at_the_right_times(form: str, open_house: OpenHouse, long: bytes) -> None:
    house = await open_house(**LONG)
    ada = house.person()
    await ada.says(f"/transcribe --format {form}", reply_to=quote(house.room.voice(long, name="talk.oga")))
    await house.room.until(lambda: [one for one in house.room.shown if one.final], 100)
    [file] = attachments(house.room.sent())
    assert file.name == f"talk.{form}"
    assert file.data is not None
    written = file.data.decode()
    assert written.startswith("WEBVTT" if form == "vtt" else "1\n")
    cues = re.findall(r"(\d\d):(\d\d):(\d\d)[.,](\d{3}) --> (\d\d):(\d\d):(\d\d)[.,](\d{3})\n(.+)", written)
    starts, ends = ([_seconds(cue[at : at + 4]) for cue in cues] for at in (0, 4))
    assert all(end <= start for end, start in zip(ends, starts[1:], strict=False))
    assert all(start < end for start, end in zip(starts, ends, strict=True))
    begins = [start for start, cue in zip(starts, cues, strict=True) if "weather" in cue[8]]
    once = 6.54 + PAUSE  # seconds from one sentence to the next
    assert len(begins) == TIMES
    assert all(after - before == pytest.approx(once, abs=0.3) for before, after in pairwise(begins))


def _seconds(parts: tuple[str, ...]) -> float:
    hours, minutes, seconds, thousandths = map(int, parts)
    return hours * 3600 + minutes * 60 + seconds + thousandths / 1000


async def test_a_restart_in_the_middle_hears_no_piece_twice(open_house: OpenHouse, long: bytes) -> None:
    house = await open_house(**LONG, plugins__voice__pieces_at_once="1", delivery__drain_seconds="0.2")
    house.api.faults.next(heard("first"), path=TRANSCRIBE)
    first, second = (house.api.hold(path=TRANSCRIBE) for _ in range(2))
    ada = house.person()
    await ada.sends(house.room.voice(long))
    await first.reached(within=20)
    first.release()
    await second.reached(within=20)
    assert [request.state for request in house.heard()] == ["answered", "open"]
    house.room.dead = True  # nothing more is shown: the process is gone
    await house.engine.__aexit__(None, None, None)
    again = VoiceRoom()
    again.files = house.room.files
    house.api.requests.clear()
    house.api.faults.always(heard("second"), path=TRANSCRIBE)
    reopened = await open_house(api=house.api, room=again, **LONG)
    await again.until(lambda: [one for one in again.shown if "first" in one.text], 20)
    assert again.visible()[-1] == "first second"
    assert len(reopened.heard()) == 1


async def test_one_piece_that_fails_ends_the_others(open_house: OpenHouse, long: bytes) -> None:
    house = await open_house(**LONG, api__attempts="1")
    house.api.faults.always(Status(500), path=TRANSCRIBE)
    answer = await house.says_and_reads(house.person(), house.room.voice(long))
    assert "has a fault right now" in answer


async def test_few_pieces_are_with_the_service_at_once(open_house: OpenHouse, long: bytes) -> None:
    house = await open_house(
        plugins__voice__piece_minutes="0.1", plugins__voice__pieces_at_once="2", plugins__voice__mode="transcript"
    )
    hold = house.api.hold(path=TRANSCRIBE, times=100)
    house.api.faults.always(heard("word"), path=TRANSCRIBE)
    await house.person().sends(house.room.voice(long))
    await hold.reached(2, within=20)
    assert len([request for request in house.heard() if request.state == "open"]) == 2
    hold.release()
    await house.room.until(lambda: [one for one in house.room.shown if one.final], 20)
    text = house.room.visible()[0]
    assert set(text.split()) == {"word"}
    assert len(text.split()) == len(house.heard()) >= 5


async def test_what_is_larger_than_the_service_takes_is_made_smaller(open_house: OpenHouse, sounds: Path) -> None:
    house = await open_house(plugins__voice__upload_mb="1", plugins__voice__mode="transcript")
    house.api.faults.next(heard("word"), path=TRANSCRIBE)
    wav = (sounds / "said.wav").read_bytes()
    assert len(wav) > 1024 * 1024
    assert await house.says_and_reads(house.person(), house.room.voice(wav)) == "word"
    [request] = house.heard()
    assert request.form is not None
    upload = request.form.upload("file")
    assert upload.name == "voice.ogg"
    assert upload.size < 100_000


async def test_by_reply(house: VoiceHouse, sounds: Path) -> None:
    house.api.faults.always(heard("good day"), path=TRANSCRIBE)
    house.api.faults.always(heard("good day in English"), path="/audio/translations")
    ada, voice = house.person(), house.room.voice((sounds / "said.ogg").read_bytes())
    await ada.says("/transcribe --language de", reply_to=quote(voice))
    assert (await house.room.answers(1))[0] == "good day"
    assert field(house.heard()[-1], "language") == "de"
    await ada.says("/translate", reply_to=quote(voice))
    assert (await house.room.answers(2))[1] == "good day in English"
    await ada.happens(Message("77", (voice, Text("/transcribe"))))
    assert (await house.room.answers(3))[2] == "good day"
    await ada.says("/transcribe")
    assert "send a voice message" in (await house.room.answers(4))[3]
    await ada.says("/transcribe --format srt", reply_to=quote(voice))
    await house.room.answers(5)
    [file] = attachments(house.room.sent())  # a service that gives no times: those of the whole
    assert file.data is not None
    assert re.fullmatch(rb"1\n00:00:00,000 --> 00:00:06,5\d\d\ngood day\n", file.data)
