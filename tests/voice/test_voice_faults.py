"""Bad recordings get one sentence and lose nothing; a service that cannot hear says so."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from botcore.messages import Audio, Text, Video
from botcore.testing.openai_server import Status
from tests.programs import programs
from tests.sounds import ffmpeg, hours_of_silence, needs_ear, silence

from .conftest import CHAT, TRANSCRIBE, VoiceHouse, until

pytestmark = pytest.mark.slow

if TYPE_CHECKING:
    from .conftest import OpenHouse

BROKEN = "I cannot read this recording: it is broken, or of a kind that I do not know."
PLAYLISTS = (
    b"#EXTM3U\n#EXTINF:1,\n{address}/secret.mp3\n",
    b"#EXTM3U\n#EXTINF:1,\nfile:///etc/hostname\n",
    b"ffconcat version 1.0\nfile '{address}/secret.mp3'\n",
    b"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 5004 RTP/AVP 0\n",
    b"<?xml version='1.0'?><MPD><Period><BaseURL>{address}/</BaseURL></Period></MPD>",
    b"OggS\n#EXTM3U\n#EXTINF:1,\n{address}/secret.mp3\n",
)


async def still_well(house: VoiceHouse) -> None:
    """What was said before is remembered, and what is said now answered."""
    ada = house.person()
    house.api.script.reply("Here I am.")
    assert await house.says_and_reads(ada, Text("Are you there?")) == "Here I am."
    messages = house.api.requests.to(CHAT)[-1].json["messages"]
    assert [message["content"] for message in messages if message["role"] == "user"] == ["Hello", "Are you there?"]


async def greeted(house: VoiceHouse) -> None:
    house.api.script.reply("Hi.")
    assert await house.says_and_reads(house.person(), Text("Hello")) == "Hi."


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "This recording is empty."),
        (b"these are words and no sound", BROKEN),
        (b"OggS" + bytes(300), BROKEN),
        (b"\0\0\0\x20ftypM4A " + bytes(300), BROKEN),
    ],
)
async def test_what_is_no_sound(content: bytes, said: str, house: VoiceHouse) -> None:
    await greeted(house)
    assert await house.says_and_reads(house.person(), house.room.voice(content)) == said
    assert house.heard() == []
    await still_well(house)


@pytest.mark.parametrize("content", PLAYLISTS)
async def test_a_playlist_is_not_followed_whatever_it_is_called(content: bytes, house: VoiceHouse) -> None:
    knocks = 0

    async def knock(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal knocks
        knocks += 1
        writer.close()

    async with await asyncio.start_server(knock, "127.0.0.1", 0) as server:
        address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        voice = house.room.voice(content.replace(b"{address}", address.encode()), name="voice.oga")
        assert await house.says_and_reads(house.person(), voice) == BROKEN
    assert (knocks, house.heard()) == (0, [])


async def test_what_was_written_along_is_answered(house: VoiceHouse) -> None:
    house.api.script.reply("Four.")
    answer = await house.says_and_reads(house.person(), house.room.voice(b""), Text("What is two and two?"))
    assert answer == "> This recording is empty.\nFour."
    assert "could not be heard" in house.asked()


async def test_pictures_without_sound_and_an_unknown_codec(house: VoiceHouse, sounds: Path, tmp_path: Path) -> None:
    ada, room = house.person(), house.room
    ffmpeg("-f", "lavfi", "-i", "testsrc=d=2:s=96x96:r=10", "-pix_fmt", "yuv420p", tmp_path / "mute.mp4")
    mute = Video(ref=room.put((tmp_path / "mute.mp4").read_bytes()), note=True)
    assert await house.says_and_reads(ada, mute) == "There is no sound in this, only pictures."
    ffmpeg("-i", sounds / "plain.wav", "-c:a", "ac3", tmp_path / "said.mkv")
    film = Video(ref=room.put((tmp_path / "said.mkv").read_bytes()))
    assert await house.says_and_reads(ada, film) == "I do not know this kind of sound (ac3)."
    assert house.heard() == []


async def test_a_film_that_is_cut_off(house: VoiceHouse, sounds: Path) -> None:
    whole = (sounds / "said.m4a").read_bytes()
    assert await house.says_and_reads(house.person(), house.room.voice(whole[: len(whole) // 2])) == BROKEN


@needs_ear
async def test_a_voice_message_that_is_cut_off_is_heard_as_far_as_it_goes(house: VoiceHouse, sounds: Path) -> None:
    ogg = (sounds / "said.ogg").read_bytes()
    await house.says_and_reads(house.person(), house.room.voice(ogg[: len(ogg) * 6 // 10], name="voice.pdf"))
    assert "weather" in house.asked()
    assert "noon" not in house.asked()


async def test_hours_of_silence_in_a_few_bytes(open_house: OpenHouse, tmp_path: Path, scratch: Path) -> None:
    house = await open_house(plugins__voice__longest_minutes="60")
    await greeted(house)
    bomb = hours_of_silence(tmp_path / "bomb.ogg").read_bytes()
    said = "That recording is too long: I listen to 60 minutes at most."
    assert await house.says_and_reads(house.person(), house.room.voice(bomb)) == said
    assert house.heard() == []
    await still_well(house)


async def test_a_long_silence_is_not_sent_anywhere(open_house: OpenHouse, tmp_path: Path) -> None:
    house = await open_house(plugins__voice__piece_minutes="2")
    quiet = hours_of_silence(tmp_path / "quiet.ogg", 0.2).read_bytes()
    assert await house.says_and_reads(house.person(), house.room.voice(quiet)) == "I heard no words in this recording."
    assert house.heard() == []


@needs_ear
async def test_a_short_silence_is_heard_and_holds_no_words(house: VoiceHouse) -> None:
    answer = await house.says_and_reads(house.person(), house.room.voice(silence(2)))
    assert answer == "I heard no words in this recording."
    assert len(house.heard()) == 1


async def test_what_is_too_much_is_not_even_fetched(house: VoiceHouse) -> None:
    ada, room = house.person(), house.room
    long = Audio(ref=room.put(b"x"), duration=7201.0, size=1000)
    assert "I listen to 120 minutes at most" in await house.says_and_reads(ada, long)
    large = Audio(ref=room.put(b"x"), size=300_000_000)
    assert await house.says_and_reads(ada, large) == "That recording is too large: 300 MB, and I take 100 MB."
    assert room.fetches == {}


async def test_without_ffmpeg(
    house: VoiceHouse,
    sounds: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    ffmpeg("-i", sounds / "brief.wav", "-c:a", "aac", "-f", "adts", tmp_path / "said.aac")
    await greeted(house)
    monkeypatch.setenv("PATH", "/nonexistent")
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", "/nonexistent/ffmpeg")
    ada, room = house.person(), house.room
    said = await house.says_and_reads(ada, room.voice((tmp_path / "said.aac").read_bytes()))
    assert said == "I cannot read this kind of recording here: a program for it is missing. The operator has been told."
    assert [line for line in caplog.messages if "ffmpeg is missing" in line and "[voice]" in line]
    await still_well(house)
    house.api.faults.next(Status(200, body='{"text": "call me"}'), path=TRANSCRIBE)
    await house.says_and_reads(ada, room.voice((sounds / "said.ogg").read_bytes()))
    assert house.asked().endswith("call me")  # what the service takes needs no ffmpeg
    assert await house.says_and_reads(ada, room.voice(b"no sound")) == BROKEN


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (Status(404), "I cannot listen here: the service behind me does not write speech down."),
        (Status(404, code="model_not_found"), "The service has no model whisper-1 for recordings."),
        (Status(400), "The service could not read this recording"),
        (Status(500), "has a fault right now"),
        (Status(401), "does not accept my key"),
    ],
)
async def test_a_service_that_does_not_hear(fault: Status, said: str, open_house: OpenHouse, sounds: Path) -> None:
    house = await open_house(api__attempts="1")
    await greeted(house)
    house.api.faults.always(fault, path=TRANSCRIBE)
    answer = await house.says_and_reads(house.person(), house.room.voice((sounds / "said.ogg").read_bytes()))
    assert said in answer
    assert "\n" not in answer
    await still_well(house)


async def test_stop_ends_the_programs(open_house: OpenHouse, tmp_path: Path, scratch: Path) -> None:
    house = await open_house(plugins__voice__longest_minutes="600")
    ada = house.person()
    endless = hours_of_silence(tmp_path / "endless.ogg", 9.5).read_bytes()
    await ada.sends(house.room.voice(endless))
    await until(lambda: programs(scratch))
    running = programs(scratch)
    await ada.says("/stop")
    await house.room.until(lambda: "*(stopped)*" in house.room.visible())
    await until(lambda: not programs(scratch), 5)
    assert running
    await until(lambda: not list(scratch.iterdir()), 5)


async def test_twenty_at_once_run_few_programs(
    open_house: OpenHouse, sounds: Path, tmp_path: Path, scratch: Path
) -> None:
    house = await open_house(access__messages_per_minute="0")
    ffmpeg("-i", sounds / "plain.wav", "-c:a", "aac", "-f", "adts", tmp_path / "said.aac")
    data = (tmp_path / "said.aac").read_bytes()
    house.api.faults.always(Status(200, body='{"text": "call me"}'), path=TRANSCRIBE)
    most = 0
    for number in range(20):
        person = house.person(f"P{number}", chat=str(number))
        await person.sends(house.room.voice(data))
    async with asyncio.timeout(50):
        while len([shown for shown in house.room.shown if shown.final]) < 20:
            most = max(most, len(programs(scratch)))
            await asyncio.sleep(0.005)
    assert 1 <= most <= 2
    assert all("call me" in text for number in range(20) for text in house.room.visible(str(number)))
