"""What people say aloud is written down, answered, and remembered as speech."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from botcore.messages import SPOKEN, Audio, File, Image, Message, Text, Video
from botcore.testing.openai_server import Status
from tests.sounds import BRIEFLY, SAID, WRONG_AT_MOST, ffmpeg, film, needs_ear, wrong_words

from .conftest import CHAT, TRANSCRIBE, VoiceHouse, attachments, field

if TYPE_CHECKING:
    from .conftest import OpenHouse

pytestmark = [pytest.mark.slow, needs_ear]


@pytest.fixture
def brief(sounds: Path, tmp_path: Path) -> bytes:
    """A short voice message, as phones send it."""
    ffmpeg("-i", sounds / "brief.wav", "-c:a", "libopus", "-b:a", "24k", tmp_path / "brief.ogg")
    return (tmp_path / "brief.ogg").read_bytes()


def understood(heard: str, said: str = BRIEFLY) -> bool:
    return wrong_words(heard.removeprefix(SPOKEN), said) <= WRONG_AT_MOST


@pytest.mark.parametrize("extension", ["ogg", "m4a", "mp3", "webm", "wav"])
async def test_a_voice_message_of_every_kind_is_answered(extension: str, house: VoiceHouse, sounds: Path) -> None:
    house.api.script.reply("I will call.")
    data = (sounds / f"said.{extension}").read_bytes()
    answer = await house.says_and_reads(house.person(), house.room.voice(data))
    shown, _, said = answer.rpartition("\n")
    assert said == "I will call."
    assert shown.startswith("> ")
    asked = house.asked()
    assert asked.startswith(SPOKEN)
    assert understood(asked, SAID), asked
    assert understood(shown, SAID)


async def test_what_is_sent_as_a_document_or_as_a_film(house: VoiceHouse, sounds: Path, tmp_path: Path) -> None:
    ada, room = house.person(), house.room
    document = File(ref=room.put((sounds / "said.flac").read_bytes()), name="Memo.FLAC")
    await house.says_and_reads(ada, document)
    assert understood(house.asked(), SAID)
    shown = film(sounds / "plain.wav", tmp_path / "note.mp4", longer=5)
    note = Video(ref=room.put(shown.read_bytes()), note=True, duration=6)
    await house.says_and_reads(ada, note)
    assert understood(house.asked(), SAID)
    page = File(ref=room.put(b"%PDF-1.7"), name="page.pdf", media_type="application/pdf")
    assert "can't do anything with this file" in await house.says_and_reads(ada, page)


async def test_what_the_service_does_not_take_is_converted(house: VoiceHouse, sounds: Path, tmp_path: Path) -> None:
    ffmpeg("-i", sounds / "plain.wav", "-c:a", "aac", "-f", "adts", tmp_path / "said.aac")
    await house.says_and_reads(house.person(), house.room.voice((tmp_path / "said.aac").read_bytes()))
    assert understood(house.asked(), SAID)
    [request] = house.heard()
    assert request.form is not None
    assert request.form.upload("file").name == "voice.ogg"


async def test_it_is_remembered(house: VoiceHouse, brief: bytes) -> None:
    ada = house.person()
    await house.says_and_reads(ada, house.room.voice(brief))
    await house.says_and_reads(ada, Text("What did I say?"))
    *_, spoken, _, question = house.api.requests.to(CHAT)[-1].json["messages"]
    assert spoken["content"].startswith(SPOKEN)
    assert understood(spoken["content"])
    assert question["content"] == "What did I say?"


async def test_every_chat_chooses_what_becomes_of_recordings(open_house: OpenHouse, brief: bytes) -> None:
    house = await open_house()
    ada = house.person()
    shown = await house.says_and_reads(ada, Text("/voice"))
    assert "write down what is said, and answer it" in shown
    assert [b.says for row in house.room.sent().buttons for b in row] == ["/voice off", "/voice transcript",
                                                                         "/voice answer"]  # fmt: skip
    await ada.presses("/voice transcript")
    await house.room.answers(2)
    transcript = await house.says_and_reads(ada, house.room.voice(brief))
    assert understood(transcript)
    assert house.api.requests.to(CHAT) == []
    assert "no more" not in await house.says_and_reads(ada, Text("/voice answer"))
    house.api.script.reply("Noon it is.")
    assert await house.says_and_reads(ada, house.room.voice(brief)) == "Noon it is."
    await house.says_and_reads(ada, Text("/voice off"))
    before = len(house.heard())
    assert "I leave recordings alone in this chat; /voice" in await house.says_and_reads(ada, house.room.voice(brief))
    house.api.script.reply("I do not listen.")
    assert await house.says_and_reads(ada, house.room.voice(brief), Text("Listen!")) == "I do not listen."
    assert len(house.heard()) == before
    other = house.person("Bob", chat="2")
    await other.says("/voice")
    assert "and answer it" in (await house.room.answers(1, chat="2"))[0]


async def test_the_choice_outlives_a_restart(open_house: OpenHouse) -> None:
    house = await open_house()
    ada = house.person()
    await house.says_and_reads(ada, Text('/voice transcript --language DE --vocabulary "Botcore, Ada"'))
    await house.engine.__aexit__(None, None, None)
    again = await open_house(api=house.api, room=house.room)
    shown = await again.says_and_reads(again.person("Bob"), Text("/voice"))
    assert "and no more" in shown
    assert "`de`" in shown
    assert "Botcore, Ada" in shown


async def test_language_and_vocabulary_are_told(house: VoiceHouse, brief: bytes) -> None:
    ada = house.person()
    await house.says_and_reads(ada, Text('/voice --language en --vocabulary "Noon, TOMORROW"'))
    await house.says_and_reads(ada, house.room.voice(brief))
    [request] = house.heard()
    assert (field(request, "language"), field(request, "prompt")) == ("en", "Noon, TOMORROW")
    assert "TOMORROW" in house.asked()
    assert "two letters" in await house.says_and_reads(ada, Text("/voice --language klingon"))
    await house.says_and_reads(ada, Text('/voice --language auto --vocabulary ""'))
    await house.says_and_reads(ada, house.room.voice(brief))
    assert (field(house.heard()[-1], "language"), field(house.heard()[-1], "prompt")) == ("", "")


async def test_what_is_written_along_is_asked_as_well(house: VoiceHouse, brief: bytes) -> None:
    await house.says_and_reads(house.person(), house.room.voice(brief), Text("Is that urgent?"))
    asked = house.asked()
    assert asked.startswith(SPOKEN)
    assert asked.endswith("Is that urgent?")
    assert understood(asked.removesuffix("Is that urgent?"))


async def test_several_recordings_are_one_question(house: VoiceHouse, brief: bytes, sounds: Path) -> None:
    ada, room = house.person(), house.room
    one, two = room.voice(brief), room.voice((sounds / "said.mp3").read_bytes())
    first, second = (ada.incoming(Message(str(n), (part,), joins="album/7")) for n, part in enumerate((one, two)))
    assert room.gateway is not None
    await room.gateway.accept(first, second)
    await room.until(lambda: [shown for shown in room.shown if shown.final], 40)
    assert understood(house.asked(), f"{BRIEFLY} {SAID}")
    broken = room.voice(b"OggS" + bytes(300))
    text = await house.says_and_reads(ada, room.voice(brief), broken)
    assert "(Recording 2: I cannot read this recording" in text


async def test_in_a_group_only_those_that_are_meant_for_the_bot(open_house: OpenHouse, brief: bytes) -> None:
    house = await open_house(plugins__voice__overhear="true")
    ada, room = house.person(chat="5", group=True), house.room
    sent = Message("1", (room.voice(brief),), addressed=False)
    await ada.happens(sent)
    await house.engine.runner.idle()
    assert room.visible("5") == []
    assert house.heard() == []
    await ada.says("/voice transcript")
    await room.answers(1, chat="5")
    await ada.happens(sent)
    assert understood((await room.answers(2, chat="5"))[1])
    assert house.api.requests.to(CHAT) == []


async def test_without_the_operators_word_nothing_is_overheard(house: VoiceHouse, brief: bytes) -> None:
    ada = house.person(chat="5", group=True)
    await ada.says("/voice transcript")
    await house.room.answers(1, chat="5")
    await ada.happens(Message("1", (house.room.voice(brief),), addressed=False))
    await house.engine.runner.idle()
    assert (len(house.room.visible("5")), house.heard()) == (1, [])


async def test_a_picture_beside_the_recording_is_seen(house: VoiceHouse, brief: bytes) -> None:
    png = bytes.fromhex("89504e470d0a1a0a")
    await house.says_and_reads(house.person(), house.room.voice(brief), Image(data=png, media_type="image/png"))
    content = house.api.requests.to(CHAT)[-1].json["messages"][-1]["content"]
    assert [part["type"] for part in content] == ["text", "image_url"]


async def test_it_counts_against_the_budget(open_house: OpenHouse, brief: bytes) -> None:
    house = await open_house(budget__tokens_per_day="15", plugins__voice__mode="transcript")
    ada = house.person()
    assert understood(await house.says_and_reads(ada, house.room.voice(brief)))
    assert "used up" in await house.says_and_reads(ada, house.room.voice(brief))
    assert len(house.heard()) == 1


async def test_the_transcript_stays_when_the_model_fails(open_house: OpenHouse, brief: bytes) -> None:
    house = await open_house(api__attempts="1")
    house.api.faults.next(Status(500), path=CHAT)
    answer = await house.says_and_reads(house.person(), house.room.voice(brief))
    assert understood(answer.partition("\n")[0])
    assert "fault" in answer


async def test_a_long_transcript_comes_as_a_file(open_house: OpenHouse, brief: bytes) -> None:
    house = await open_house(plugins__voice__mode="transcript")
    house.api.faults.next(_text("word " * 3000), path=TRANSCRIBE)
    answer = await house.says_and_reads(house.person(), house.room.voice(brief))
    assert len(answer) < 2000
    [file] = attachments(house.room.sent())
    assert file.data == f"{('word ' * 3000).strip()}\n".encode()
    assert not isinstance(file, Audio)


def _text(words: str) -> Status:
    return Status(200, body=f'{{"text": "{words}"}}')
