"""What strangers send: told apart by its bytes, measured, converted; what is no sound is refused safely."""

from __future__ import annotations

import asyncio
import wave
from pathlib import Path

import psutil
import pytest

from botcore.audio import (
    MEDIA_TYPES,
    Empty,
    Kind,
    NoDecoder,
    Soundless,
    TooLong,
    Undecodable,
    convert,
    probe,
    sniff_file,
    to_samples,
)
from tests.programs import programs
from tests.sounds import ENCODINGS, ffmpeg, film, hours_of_silence, silence

pytestmark = pytest.mark.slow

CODECS = {"mp3": "mp3", "mpga": "mp2", "mpeg": "mp2", "m4a": "aac", "mp4": "aac", "webm": "opus", "ogg": "opus",
          "oga": "vorbis", "flac": "flac", "wav": "pcm_s24le"}  # fmt: skip


@pytest.fixture(scope="session")
def length(sounds: Path) -> float:
    """Seconds of what is said."""
    with wave.open(str(sounds / "plain.wav")) as file:
        return float(file.getnframes() / file.getframerate())


class TestLookingInside:
    @pytest.mark.parametrize("extension", ENCODINGS)
    async def test_every_format(self, extension: str, sounds: Path, length: float) -> None:
        found = await probe(sounds / f"said.{extension}", longest=60)
        assert found.codec == CODECS[extension]
        assert found.seconds == pytest.approx(length, abs=0.15)
        assert not found.pictures
        assert not found.cut_off

    async def test_the_name_does_not_matter(self, sounds: Path, tmp_path: Path, length: float) -> None:
        wrong = tmp_path / "holiday.jpg"
        wrong.write_bytes((sounds / "said.webm").read_bytes())
        found = await probe(wrong, longest=60)
        assert (found.container, found.codec) == ("matroska", "opus")
        assert found.seconds == pytest.approx(length, abs=0.15)

    async def test_a_video_with_sound(self, sounds: Path, tmp_path: Path, length: float) -> None:
        found = await probe(film(sounds / "plain.wav", tmp_path / "note.mp4"), longest=60)
        assert (found.container, found.codec, found.pictures) == ("mov", "aac", True)
        assert found.seconds == pytest.approx(length, abs=0.2)
        assert not found.cut_off

    async def test_a_video_that_goes_on_after_its_sound_is_whole(
        self, sounds: Path, tmp_path: Path, length: float
    ) -> None:
        found = await probe(film(sounds / "plain.wav", tmp_path / "long.mp4", longer=8), longest=60)
        assert found.seconds == pytest.approx(length, abs=0.2)
        assert not found.cut_off

    async def test_what_is_cut_off_has_what_there_is(self, sounds: Path, tmp_path: Path) -> None:
        ogg = (sounds / "said.ogg").read_bytes()
        part = tmp_path / "part.ogg"
        part.write_bytes(ogg[: len(ogg) // 2])
        assert 1 < (await probe(part, longest=60)).seconds < 5
        whole = film(sounds / "plain.wav", tmp_path / "note.mp4")
        short = tmp_path / "short.mp4"
        short.write_bytes(whole.read_bytes()[: whole.stat().st_size * 6 // 10])
        found = await probe(short, longest=60)
        assert found.cut_off
        assert found.seconds < 5.5

    async def test_hours_of_silence_in_a_few_bytes(self, tmp_path: Path) -> None:
        bomb = hours_of_silence(tmp_path / "bomb.ogg")
        assert bomb.stat().st_size < 5_000_000
        with pytest.raises(TooLong):
            await probe(bomb, longest=3600)
        assert (await probe(bomb, longest=4 * 3600)).seconds == pytest.approx(3 * 3600, abs=10)
        samples = tmp_path / "samples"
        with pytest.raises(TooLong):
            await to_samples(bomb, samples, "ogg", longest=30)
        assert samples.stat().st_size <= 31 * 32_000


class TestRefusals:
    @pytest.mark.parametrize(
        "content",
        [
            b"these are words and no sound",
            b"#EXTM3U\n#EXTINF:1,\n{address}/secret.mp3\n",
            b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n",
            b"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 5004 RTP/AVP 0\n",
            b"ffconcat version 1.0\nfile '{address}/secret.mp3'\n",
            b"<?xml version='1.0'?><MPD><Period><BaseURL>{address}/</BaseURL></Period></MPD>",
            b"OggS\n#EXTM3U\n#EXTINF:1,\n{address}/secret.mp3\n",
            b"ID3#EXTM3U\n#EXTINF:1,\n{address}/secret.mp3\n",
            b"\x1a\x45\xdf\xa3#EXTM3U\n{address}/secret.mp3\n",
            b"OggS" + bytes(300),
            b"ID3" + bytes(300),
            b"\x1a\x45\xdf\xa3" + bytes(300),
            b"RIFF\0\0\0\0WAVE" + bytes(300),
            b"\0\0\0\x20ftypM4A " + bytes(300),
            b"\0\0\1\xba" + bytes(300),
            b"fLaC" + bytes(300),
        ],
    )
    async def test_what_is_no_sound_opens_nothing(self, content: bytes, tmp_path: Path) -> None:
        knocks = 0

        async def knock(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal knocks
            knocks += 1
            writer.close()

        async with await asyncio.start_server(knock, "127.0.0.1", 0) as server:
            address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
            path = tmp_path / "voice.oga"
            path.write_bytes(content.replace(b"{address}", address.encode()))
            with pytest.raises(Undecodable) as caught:
                await probe(path, longest=60)
            assert caught.value.said == Undecodable.said
            kind = await sniff_file(path)
            if kind is not None:
                with pytest.raises(Undecodable):
                    await convert(path, tmp_path / "made.ogg", kind, longest=60)
        assert knocks == 0

    async def test_nothing_at_all(self, tmp_path: Path) -> None:
        path = tmp_path / "voice.ogg"
        path.touch()
        with pytest.raises(Empty):
            await probe(path, longest=60)

    async def test_a_film_without_its_end_has_no_beginning(self, sounds: Path, tmp_path: Path) -> None:
        whole = (sounds / "said.m4a").read_bytes()  # what is where stands at the end of such a file
        path = tmp_path / "voice.m4a"
        path.write_bytes(whole[: len(whole) // 2])
        with pytest.raises(Undecodable):
            await probe(path, longest=60)

    async def test_pictures_without_sound(self, tmp_path: Path) -> None:
        mute = tmp_path / "mute.mp4"
        ffmpeg("-f", "lavfi", "-i", "testsrc=d=3:s=96x96:r=10", "-pix_fmt", "yuv420p", mute)
        with pytest.raises(Soundless):
            await probe(mute, longest=60)

    async def test_a_codec_that_is_not_decoded_is_named(self, sounds: Path, tmp_path: Path) -> None:
        path = tmp_path / "film.mkv"
        ffmpeg("-i", sounds / "plain.wav", "-c:a", "ac3", path)
        with pytest.raises(Undecodable) as caught:
            await probe(path, longest=60)
        assert caught.value.said == "I do not know this kind of sound (ac3)."
        with pytest.raises(Undecodable):
            await convert(path, tmp_path / "made.ogg", "matroska", longest=60)

    async def test_without_ffmpeg(self, sounds: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PATH", "/nonexistent")
        monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", "/nonexistent/ffmpeg")
        with pytest.raises(NoDecoder) as caught:
            await probe(sounds / "said.ogg", longest=60)
        assert "[voice]" in str(caught.value)
        assert "[voice]" not in caught.value.said


class TestConverting:
    @pytest.mark.parametrize(("kind", "codec"), [("ogg", "opus"), ("mp3", "mp3"), ("wav", "pcm_s16le")])
    async def test_into_every_kind(self, kind: Kind, codec: str, sounds: Path, tmp_path: Path, length: float) -> None:
        made = tmp_path / f"made.{kind}"
        await convert(sounds / "said.flac", made, "flac", longest=60, kind=kind)
        found = await probe(made, longest=60)
        assert (found.container, found.codec) == (kind, codec)
        assert found.seconds == pytest.approx(length, abs=0.15)
        assert MEDIA_TYPES[found.container][1] == f".{kind}"

    async def test_what_comes_after_the_longest_is_left_out(self, sounds: Path, tmp_path: Path) -> None:
        await convert(sounds / "said.wav", tmp_path / "made.ogg", "wav", longest=2)
        assert (await probe(tmp_path / "made.ogg", longest=60)).seconds == pytest.approx(2, abs=0.1)

    async def test_a_wav_whose_header_lies(self, tmp_path: Path) -> None:
        streamed = bytearray(silence(1))
        streamed[4:8] = streamed[40:44] = b"\xff\xff\xff\xff"
        path = tmp_path / "voice.wav"
        path.write_bytes(streamed)
        assert (await probe(path, longest=60)).seconds == pytest.approx(1, abs=0.05)

    async def test_whoever_does_not_wait_any_more_ends_it(self, tmp_path: Path) -> None:
        hours_of_silence(tmp_path / "long.ogg", 20)
        path = tmp_path / "long.ogg"
        task = asyncio.create_task(convert(path, tmp_path / "made.mp3", "ogg", longest=80_000, kind="mp3"))
        try:
            async with asyncio.timeout(20):
                while not (running := programs(tmp_path)):
                    assert not task.done()
                    await asyncio.sleep(0.01)
        finally:
            task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert not any(psutil.pid_exists(pid) for pid in running)
