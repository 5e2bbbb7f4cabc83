"""Voice messages on Telegram, over the real library and real sockets."""

from pathlib import Path

import pytest

from botcore.testing.telegram_server import Attachment
from tests.sounds import BRIEFLY, WRONG_AT_MOST, ffmpeg, film, needs_ear, wrong_words

from .conftest import House, OpenHouse

pytestmark = pytest.mark.slow


@needs_ear
async def test_a_voice_message_is_written_down_and_answered(house: House, sounds: Path, tmp_path: Path) -> None:
    ffmpeg("-i", sounds / "brief.wav", "-c:a", "libopus", "-b:a", "24k", tmp_path / "voice.ogg")
    ada = house.user("Ada")
    house.api.script.reply("I will call you.")
    await ada.sends_voice((tmp_path / "voice.ogg").read_bytes(), 2)
    answer = await house.answer(ada)
    heard, _, said = answer.text.rpartition("\n")
    assert said == "I will call you."
    assert wrong_words(heard, BRIEFLY) <= WRONG_AT_MOST
    await ada.says("What did I say?")
    await house.answer(ada)
    assert any("[spoken" in content for content in house.asked() if isinstance(content, str))


@needs_ear
async def test_a_video_note_is_heard(house: House, sounds: Path, tmp_path: Path) -> None:
    note = film(sounds / "brief.wav", tmp_path / "note.mp4")
    ada = house.user("Ada")
    house.api.script.reply("I will call you.")
    await ada.sends_video_note(note.read_bytes(), 2)
    heard, _, said = (await house.answer(ada)).text.rpartition("\n")
    assert said == "I will call you."
    assert wrong_words(heard, BRIEFLY) <= WRONG_AT_MOST


async def test_subtitles_of_an_audio_file_by_reply(house: House, sounds: Path) -> None:
    ada = house.user("Ada")
    await ada.says("/voice off")
    await house.answer(ada)
    song = await ada.sends(Attachment("audio", (sounds / "said.mp3").read_bytes(), "talk.mp3", "audio/mpeg"))
    await house.answer(ada)
    await ada.says("/transcribe --format srt", reply_to=song)
    answer = await house.answer(ada)
    document = answer.data["document"]
    assert document["file_name"] == "talk.srt"


async def test_one_that_is_too_large_for_telegram_gets_a_sentence(house: House) -> None:
    ada = house.user("Ada")
    await ada.sends_voice(b"OggS" + bytes(300), 3600, size=21_000_000)
    assert "too large" in (await house.answer(ada)).text


async def test_a_bad_one_gets_a_sentence_and_the_next_message_an_answer(house: House) -> None:
    ada = house.user("Ada")
    await ada.sends_voice(b"#EXTM3U\n#EXTINF:1,\nfile:///etc/hostname\n", 3)
    assert (await house.answer(ada)).text.startswith("I cannot read this recording")
    house.api.script.reply("Still here.")
    await ada.says("Hello?")
    assert (await house.answer(ada)).text == "Still here."


async def test_a_text_is_spoken_as_a_voice_bubble(open_house: OpenHouse) -> None:
    house = await open_house()
    ada = house.user("Ada")
    await ada.says("/speak Good morning.")
    assert "voice" in (await house.answer(ada)).data
