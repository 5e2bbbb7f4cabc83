"""Files of conversations on disk: what they are, where they lie, and when they go."""

from __future__ import annotations

import os
import re
import time
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from botcore.errors import Unsuitable
from botcore.messages import Audio, File, Image, Video
from botcore_web.files import Files
from botcore_web.sniff import kind_of
from botcore_web.stored import NAME_MOST, Stored, name_of

if TYPE_CHECKING:
    from pathlib import Path

CHAT = uuid4().hex
PNG = bytes.fromhex("89504e470d0a1a0a") + b"picture"
WEBM = bytes.fromhex("1a45dfa3") + b"....webm....A_OPUS"


async def brought(files: Files, data: bytes, name: str = "", chat: str = CHAT, *, voice: bool = False) -> Stored:
    upload = await files.receive(chat)
    await upload.add(data)
    return await upload.finish(name, duration=2.5, voice=voice)


async def fetched(files: Files, ref: str, most: int = 10**9) -> bytes:
    return b"".join([block async for block in files.fetch(ref, most=most)])


# ---- what it is ----


@pytest.mark.parametrize(
    ("head", "kind", "media_type"),
    [
        (PNG, "image", "image/png"),
        (b"\xff\xd8\xff\xe0....JFIF", "image", "image/jpeg"),
        (b"RIFF....WEBPVP8 ", "image", "image/webp"),
        (b"....ftypavif....", "image", "image/avif"),
        (b"....ftypheic....", "file", "image/heic"),
        (b"RIFF....WAVEfmt ", "audio", "audio/wav"),
        (b"OggS..........OpusHead", "audio", "audio/ogg"),
        (b"OggS..........\x80theora", "video", "video/ogg"),
        (WEBM, "audio", "audio/webm"),
        (WEBM + b"V_VP9", "video", "video/webm"),
        (b"....ftypM4A ....", "audio", "audio/mp4"),
        (b"....ftypiso5....moov..hdlr..soun", "audio", "audio/mp4"),
        (b"....ftypisom....moov..hdlr..soun..hdlr..vide", "video", "video/mp4"),
        (b"....ftypqt  ....", "video", "video/quicktime"),
        (b"ID3\x04", "audio", "audio/mpeg"),
        (b"\xff\xfb\x90\x44", "audio", "audio/mpeg"),
        (b"\xff\xf1\x50\x80", "audio", "audio/aac"),
        (b"\xff\xfe\x00\x00", "file", "application/octet-stream"),  # UTF-16 text
        (b"%PDF-1.7", "file", "application/pdf"),
        (b"<svg xmlns=", "file", "application/octet-stream"),
        (b"", "file", "application/octet-stream"),
    ],
)
def test_the_bytes_tell_what_a_file_is(head: bytes, kind: str, media_type: str) -> None:
    assert kind_of(head, name="lying.bin") == (kind, media_type)


def test_the_tracks_of_a_film_may_be_told_at_its_end() -> None:
    assert kind_of(b"....ftypmp42....mdat", b"moov..vide..soun") == ("video", "video/mp4")
    assert kind_of(b"....ftypmp42....mdat", b"moov..soun") == ("audio", "audio/mp4")


def test_a_name_makes_no_picture_and_no_sound() -> None:
    for name in ("cat.png", "cat.svg", "song.mp3", "film.mp4"):
        assert kind_of(b"<script>1</script>", name=name) == ("file", "application/octet-stream")
    assert kind_of(b"a;b", name="table.csv") == ("file", "text/csv")
    assert kind_of(b"PK\x03\x04", name="letter.docx")[1].endswith("wordprocessingml.document")
    assert kind_of(b"PK\x03\x04", name="cat.png") == ("file", "application/zip")


@given(st.binary(max_size=200), st.binary(max_size=50), st.text(max_size=20))
def test_any_bytes_are_something(head: bytes, tail: bytes, name: str) -> None:
    kind, media_type = kind_of(head, tail, name)
    assert kind in {"image", "audio", "video", "file"}
    assert re.fullmatch(r"[a-z]+/[\w.+-]+", media_type)


# ---- names ----


@given(st.text())
def test_no_name_is_a_path_or_breaks_a_line(claimed: str) -> None:
    name = name_of(claimed)
    assert not re.search(r"[/\\\x00-\x1f\x7f]", name)
    assert name not in {".", ".."}
    assert len(name) <= NAME_MOST
    assert name == name_of(name)


def test_a_long_name_keeps_its_ending() -> None:
    assert name_of("x" * 400 + ".docx").endswith("x.docx")


# ---- on disk ----


async def test_a_recording_becomes_a_voice_message(tmp_path: Path) -> None:
    files = Files(tmp_path)
    stored = await brought(files, WEBM, "recording.webm", voice=True)
    assert stored.part() == Audio(
        ref=stored.ref, media_type="audio/webm", name="recording.webm", size=len(WEBM), duration=2.5, voice=True
    )
    assert re.fullmatch(rf"{CHAT}/[0-9a-f]{{32}}", stored.ref)


async def test_what_is_no_sound_is_no_voice_message(tmp_path: Path) -> None:
    files = Files(tmp_path)
    picture = await brought(files, PNG, "x.webm", voice=True)
    assert picture.part() == Image(ref=picture.ref, media_type="image/png", name="x.webm", size=len(PNG))
    film = await brought(files, WEBM + b"V_VP8", voice=True)
    assert film.part() == Video(ref=film.ref, media_type="video/webm", size=len(WEBM) + 5, duration=2.5)


async def test_each_upload_has_an_address_of_its_own_and_survives_a_restart(tmp_path: Path) -> None:
    files = Files(tmp_path)
    first, second = await brought(files, b"same", "a.txt"), await brought(files, b"same", "a.txt")
    assert first.id != second.id
    assert await files.take(CHAT, first.id) == first
    again = Files(tmp_path)
    assert await fetched(again, first.ref) == b"same"
    assert await fetched(again, second.ref) == b"same"
    assert await again.take(CHAT, first.id) == first, "a message that is sent again finds its file"


async def test_nothing_outside_the_folder_is_read(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    files = Files(tmp_path / "web")
    stored = await brought(files, b"x")
    tricks = [
        "",
        "/",
        "secret",
        "../secret",
        f"{CHAT}/../../secret",
        f"{CHAT}/{stored.id}.json",
        f"{CHAT}/{stored.id}/",
    ]
    tricks += [f"{CHAT.upper()}/{stored.id}", f"{uuid4().hex}/{stored.id}", f"{CHAT}/{uuid4().hex}", "/etc/passwd"]
    for ref in tricks:
        with pytest.raises(Unsuitable):
            await fetched(files, ref)
    for chat in ("..", "x", f"../{CHAT}", ""):
        with pytest.raises(ValueError, match="not an id"):
            await files.receive(chat)
        with pytest.raises(ValueError, match="not an id"):
            await files.forget(chat)


async def test_no_more_is_fetched_than_wanted(tmp_path: Path) -> None:
    files = Files(tmp_path)
    stored = await brought(files, b"x" * 1000)
    with pytest.raises(Unsuitable, match="too large"):
        await fetched(files, stored.ref, most=999)
    assert len(await fetched(files, stored.ref, most=1000)) == 1000


async def test_an_answers_picture_lies_once_and_is_found_by_its_content(tmp_path: Path) -> None:
    files = Files(tmp_path)
    picture = Image(data=PNG, media_type="image/png", name="fox.png")
    stored = await files.lay(CHAT, picture)
    assert stored
    assert await files.lay(CHAT, picture) == stored
    assert await fetched(Files(tmp_path), stored.ref) == PNG
    other = await files.lay(CHAT, File(data=PNG, media_type="text/html", name="fox.png"))
    assert other
    assert other.id != stored.id
    assert other.kind == "image", "what a plugin calls a file is told by its bytes"
    (tmp_path / stored.ref).unlink()
    assert await files.lay(CHAT, picture) == stored, "it is written again where it is missing"
    assert await files.lay(CHAT, Image(ref=stored.ref)) == stored
    assert await files.lay(CHAT, Image(ref=f"{CHAT}/{uuid4().hex}")) is None


async def test_files_go_with_their_conversation(tmp_path: Path) -> None:
    files, other = Files(tmp_path), uuid4().hex
    gone, stays = await brought(files, b"x"), await brought(files, b"y", chat=other)
    await files.forget(CHAT)
    with pytest.raises(Unsuitable):
        await fetched(files, gone.ref)
    assert await fetched(files, stays.ref) == b"y"
    assert [path.name for path in tmp_path.iterdir()] == [other]


def aged(folder: Path, days: float) -> None:
    then = time.time() - days * 86_400
    for path in folder.rglob("*"):
        os.utime(path, (then, then))


async def test_the_sweep_takes_what_was_never_sent_and_what_nobody_knows(tmp_path: Path) -> None:
    files, lost = Files(tmp_path), uuid4().hex
    sent, unsent = await brought(files, b"sent"), await brought(files, b"unsent")
    await files.take(CHAT, sent.id)
    of_lost = await brought(files, b"of a chat that is gone", chat=lost)
    await files.take(lost, of_lost.id)
    assert await files.sweep([CHAT], days=0) == 0, "a day has not passed"
    aged(tmp_path, 1.1)
    fresh = await brought(files, b"just now")
    assert await files.sweep([CHAT], days=0) == 2
    assert not (tmp_path / lost).exists()
    assert await fetched(files, sent.ref) == b"sent"
    assert await fetched(files, fresh.ref) == b"just now"
    assert len(list((tmp_path / CHAT).iterdir())) == 4, "two files, and what is known of each"
    for gone in (unsent, of_lost):
        with pytest.raises(Unsuitable):
            await fetched(files, gone.ref)
    (tmp_path / lost).mkdir()
    assert await files.sweep([CHAT], days=0) == 0
    assert (tmp_path / lost).exists(), "a folder that was just made will be written to"
    aged(tmp_path, 1.1)
    await files.sweep([CHAT], days=0)
    assert not (tmp_path / lost).exists()


async def test_old_files_go_where_the_operator_wants_it(tmp_path: Path) -> None:
    files = Files(tmp_path)
    old = await brought(files, b"old")
    await files.take(CHAT, old.id)
    aged(tmp_path, 29)
    assert await files.sweep([CHAT], days=30) == 0
    aged(tmp_path, 31)
    assert await files.sweep([CHAT], days=30) == 1


async def test_an_upload_that_is_given_up_leaves_nothing(tmp_path: Path) -> None:
    upload = await Files(tmp_path).receive(CHAT)
    await upload.add(b"x" * 300_000)
    await upload.discard()
    assert list((tmp_path / CHAT).iterdir()) == []
