"""Texts are read aloud, as voice messages."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from botcore.audio import NoDecoder, probe
from botcore.messages import Attachment, Audio, Text, text_of
from botcore.testing.openai_server import Status
from botcore_voice.sentences import pieces
from botcore_voice.speaking import as_it_is, bubble, plain
from tests.sounds import BRIEFLY, WRONG_AT_MOST, needs_ear, wrong_words

from .conftest import VoiceHouse, VoiceRoom, attachments, quote

pytestmark = pytest.mark.slow

if TYPE_CHECKING:
    from .conftest import OpenHouse

SPEAK = "/audio/speech"


def spoken(house: VoiceHouse) -> Audio:
    [audio] = attachments(house.room.sent())
    assert isinstance(audio, Audio)
    return audio


async def length(audio: Attachment, folder: Path) -> float:
    path = folder / "spoken"
    path.write_bytes(audio.data or b"")
    found = await probe(path, longest=600)
    assert (found.container, found.codec) == ("ogg", "opus")
    return found.seconds


@needs_ear
async def test_it_is_understood_again(house: VoiceHouse, sounds: Path, tmp_path: Path) -> None:
    assert sounds.is_dir()  # flite is here
    ada = house.person()
    await house.says_and_reads(ada, Text(f"/speak --voice echo {BRIEFLY}"))
    audio = spoken(house)
    assert (audio.voice, audio.media_type) == (True, "audio/ogg")
    assert audio.duration == pytest.approx(await length(audio, tmp_path), abs=0.05)
    await house.says_and_reads(ada, Text("/voice transcript"))
    assert audio.data is not None
    heard = await house.says_and_reads(ada, house.room.voice(audio.data))
    assert wrong_words(heard, BRIEFLY) <= WRONG_AT_MOST, heard


async def test_voice_and_speed(house: VoiceHouse) -> None:
    await house.says_and_reads(house.person(), Text("/speak --voice nova --speed 2 Good morning."))
    [request] = house.api.requests.to(SPEAK)
    assert request.json == {"model": "gpt-4o-mini-tts", "input": "Good morning.", "voice": "nova",
                            "response_format": "opus", "speed": 2.0}  # fmt: skip
    assert "from 0.25 to 4" in await house.says_and_reads(house.person(), Text("/speak --speed 9 Hello"))


async def test_what_is_replied_to_is_read_without_its_marks(house: VoiceHouse) -> None:
    ada = house.person()
    await ada.says("/speak", reply_to=quote(text="**Good** [morning](https://example.org), `Ada`.\n```py\n1\n```"))
    await house.room.answers(1)
    assert house.api.requests.to(SPEAK)[0].json["input"] == "Good morning, Ada."
    assert "Write a text" in await house.says_and_reads(ada, Text("/speak"))


async def test_a_long_text_becomes_one_message(open_house: OpenHouse, tmp_path: Path) -> None:
    house = await open_house(plugins__voice__speech_characters="100", plugins__voice__speak_most="300")
    sentence = "This is a sentence of about fifty characters, more or less. "
    await house.says_and_reads(house.person(), Text(f"/speak {sentence * 3}"))
    asked = [request.json["input"] for request in house.api.requests.to(SPEAK)]
    assert asked == [sentence.strip()] * 3
    assert 3 < await length(spoken(house), tmp_path) < 20
    assert "at most" in await house.says_and_reads(house.person(), Text(f"/speak {sentence * 6}"))


@pytest.mark.parametrize(("most", "asked"), [(8 << 20, 1), (1, 2)])
async def test_a_restart_speaks_what_was_kept_no_second_time(
    most: int, asked: int, open_house: OpenHouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("botcore_voice.speaking._MOST_KEPT", most)
    settings = {"plugins__voice__speech_characters": "100", "delivery__drain_seconds": "0.2"}
    house = await open_house(**settings)
    first, second = (house.api.hold(path=SPEAK) for _ in range(2))
    sentence = "This is a sentence of about fifty characters, more or less. "
    await house.person().says(f"/speak {sentence * 2}")
    await first.reached(within=20)
    first.release()
    await second.reached(within=20)
    house.room.dead = True  # nothing more is shown: the process is gone
    await house.engine.__aexit__(None, None, None)
    house.api.requests.clear()
    again = await open_house(api=house.api, room=VoiceRoom(), **settings)
    await again.room.until(lambda: any(attachments(reply) for reply in again.room.replies), 20)
    assert 2 < await length(spoken(again), tmp_path) < 15
    assert len(again.api.requests.to(SPEAK)) == asked


async def test_a_text_that_is_only_warned_of_is_spoken_with_the_warning(open_house: OpenHouse) -> None:
    house = await open_house(moderation__input="warn")
    await house.says_and_reads(house.person(), Text("/speak I will kill you with a knife"))
    assert "The moderation flagged your message" in text_of(house.room.sent().parts)
    assert attachments(house.room.sent())


async def test_a_service_that_speaks_another_format(sounds: Path, tmp_path: Path) -> None:
    audio = await bubble([sounds / "said.mp3"], tmp_path)
    assert (audio.voice, audio.media_type) == (True, "audio/ogg")
    assert await length(audio, tmp_path) == pytest.approx(6.4, abs=0.3)


async def test_without_ffmpeg_it_is_sent_as_it_comes(sounds: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", "/nonexistent/ffmpeg")
    with pytest.raises(NoDecoder):
        await bubble([sounds / "said.ogg"], sounds)
    ogg, mp3 = [await as_it_is(sounds / name) for name in ("said.ogg", "said.mp3")]
    assert (ogg.voice, ogg.media_type, ogg.name) == (True, "audio/ogg", "speech.ogg")
    assert (mp3.voice, mp3.media_type, mp3.name) == (False, "audio/mpeg", "speech.mp3")


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (Status(404), "I cannot speak here"),
        (Status(404, code="model_not_found"), "no model gpt-4o-mini-tts for speaking"),
        (Status(400), "Perhaps it has no voice “hal”"),
        (Status(500), "has a fault right now"),
    ],
)
async def test_a_service_that_does_not_speak(fault: Status, said: str, open_house: OpenHouse) -> None:
    house = await open_house(api__attempts="1")
    house.api.faults.always(fault, path=SPEAK)
    assert said in await house.says_and_reads(house.person(), Text("/speak --voice hal Open the doors"))


@given(st.text(alphabet="ab .,!?\n。", max_size=400), st.integers(4, 60))
def test_pieces_hold_all_words_in_order(text: str, most: int) -> None:
    found = pieces(text, most)
    assert all(0 < len(piece) <= most for piece in found)
    assert "".join("".join(found).split()) == "".join(text.split())


def test_it_is_cut_between_sentences() -> None:
    text = "One is short. Two is a little longer! 三也很短。 And four?"
    assert pieces(text, 40) == ["One is short. Two is a little longer!", "三也很短。 And four?"]


def test_marks_are_not_read() -> None:
    assert plain("# Title\n\n> *quoted* and ![a fox](fox.png)") == "Title\n\nquoted and a fox"
    assert plain("[a town](https://example.org/Paris_(Texas)) and [another] (far away)") == (
        "a town and [another] (far away)"
    )
    for many in ("[", "[a](", "[](()"):  # each of them begins a link that never ends
        assert plain(many * 100_000).startswith(many[0])
