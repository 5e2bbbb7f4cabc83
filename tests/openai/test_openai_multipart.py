"""Forms as two parsers of servers read them, and what is known of a file before it is sent."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from aiohttp.base_protocol import BaseProtocol
from hypothesis import given
from hypothesis import strategies as st
from python_multipart.multipart import MultipartParser, parse_options_header

from botcore.errors import BadRequest
from botcore.openai import Upload
from botcore.openai.form import Form, flatten, quoted
from botcore.openai.media_type import of_bytes, of_name, suffix
from botcore.openai.upload import PIECE, clean_name

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

Part = tuple[str, str | None, str | None, bytes]


async def written(form: Form) -> bytes:
    body = await form.open()
    pieces: list[bytes] = []
    while piece := await body.next_chunk():
        pieces.append(piece)
    body.close()
    whole = b"".join(pieces)
    assert body.size in {None, len(whole)}
    return whole


async def read_by_aiohttp(form: Form, body: bytes) -> list[Part]:
    loop = asyncio.get_running_loop()
    stream = aiohttp.StreamReader(BaseProtocol(loop), 2**16, loop=loop)
    stream.feed_data(body)
    stream.feed_eof()
    found: list[Part] = []
    async for part in aiohttp.MultipartReader({"Content-Type": form.media_type}, stream):
        assert isinstance(part, aiohttp.BodyPartReader)
        found.append((part.name or "", part.filename, part.headers.get("Content-Type"), bytes(await part.read())))
    return found


def read_by_python_multipart(form: Form, body: bytes) -> list[Part]:
    found: list[Part] = []
    headers: dict[str, str] = {}
    name, value, content = bytearray(), bytearray(), bytearray()

    def begin() -> None:
        headers.clear()
        content.clear()

    def header_end() -> None:
        headers[name.decode().lower()] = value.decode("latin-1")
        name.clear()
        value.clear()

    def end() -> None:
        _, options = parse_options_header(headers["content-disposition"])
        file = options.get(b"filename")
        found.append(
            (
                options[b"name"].decode(),
                None if file is None else file.decode(),
                headers.get("content-type"),
                bytes(content),
            )
        )

    parser = MultipartParser(
        form.media_type.partition("boundary=")[2],
        {
            "on_part_begin": begin,
            "on_part_end": end,
            "on_part_data": lambda data, start, stop: content.extend(data[start:stop]),
            "on_header_field": lambda data, start, stop: name.extend(data[start:stop]),
            "on_header_value": lambda data, start, stop: value.extend(data[start:stop]),
            "on_header_end": header_end,
        },
    )
    parser.write(body)
    parser.finalize()
    return found


names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)
keys = st.from_regex(r"[a-z_]{1,12}", fullmatch=True)


@given(
    st.dictionaries(keys, st.text(max_size=60)), st.lists(st.tuples(keys, names, st.binary(max_size=200)), max_size=3)
)
async def test_parsers_read_what_was_meant(fields: dict[str, str], files: list[tuple[str, str, bytes]]) -> None:
    uploads = [(key, Upload.of(data, name=name)) for key, name, data in files]
    form = Form(fields, uploads)
    body = await written(form)
    texts = [(name, None, None, value.encode("utf-8", "replace")) for name, value in fields.items()]
    sent = [(key, file.name, file.media_type, data) for (key, file), (_, _, data) in zip(uploads, files, strict=True)]
    if texts or sent:
        assert read_by_python_multipart(form, body) == texts + sent
        assert await read_by_aiohttp(form, body) == texts + sent
    else:
        assert body == b"--" + form.media_type.partition("boundary=")[2].encode() + b"--\r\n"


@given(names)
def test_a_file_name_is_fit_for_a_header_and_a_disk(name: str) -> None:
    clean = clean_name(name)
    assert clean
    assert len(clean.encode()) <= 255
    assert not set(clean) & set("/\\\r\n\0")
    assert clean_name(clean) == clean
    assert '"' not in quoted(clean).replace('\\"', "")


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("Möwe & 海鸥.png", "Möwe & 海鸥.png"),
        ("/etc/../x.wav", "x.wav"),
        ("C:\\sounds\\a.ogg", "a.ogg"),
        ("", "file"),
        ("   ", "file"),
        ("a\r\nX-Evil: 1.png", "a__X-Evil: 1.png"),
        ("\ud800.png", "_.png"),
        ("x" * 400 + ".jsonl", "x" * 249 + ".jsonl"),
        ("é" * 200, "é" * 127),
    ],
)
def test_file_names(name: str, clean: str) -> None:
    assert clean_name(name) == clean


async def test_a_lone_surrogate_in_a_field_does_not_stop_a_form() -> None:
    form = Form({"prompt": "a\ud83d b"})
    assert read_by_python_multipart(form, await written(form)) == [("prompt", None, None, "a\ufffd b".encode())]


@pytest.mark.parametrize(
    ("value", "fields"),
    [
        (None, []),
        ("text", [("x", "text")]),
        (True, [("x", "true")]),
        (0, [("x", "0")]),
        (0.25, [("x", "0.25")]),
        (["a", "b"], [("x[]", "a"), ("x[]", "b")]),
        ([], []),
        ({"type": "server_vad", "threshold": 0.5}, [("x[type]", "server_vad"), ("x[threshold]", "0.5")]),
        ({"a": {"b": ["c"]}}, [("x[a][b][]", "c")]),
    ],
)
def test_json_values_as_fields(value: Any, fields: list[tuple[str, str]]) -> None:
    assert list(flatten("x", value)) == fields


async def chunks(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


async def test_every_kind_of_source_gives_its_bytes(tmp_path: Path) -> None:
    data = os.urandom(3 * PIECE + 17)
    path = tmp_path / "training data.jsonl"
    path.write_bytes(data)
    cut = [data[start : start + 100_000] for start in range(0, len(data), 100_000)]
    sources: list[Any] = [
        data, bytearray(data), memoryview(data), path, chunks(*cut), chunks(b"", *cut, b""), lambda: chunks(*cut)
    ]  # fmt: skip
    for source in sources:
        assert await Upload.of(source).read(len(data)) == data
    for size in (None, len(data)):
        form = Form({}, [("file", Upload.of(chunks(*cut), name="x", size=size))])
        body = await written(form)
        assert read_by_python_multipart(form, body)[0][3] == data


async def test_what_is_known_of_a_file() -> None:
    named = Upload.of(b"OggS", name="a.mp3")
    assert (named.name, named.media_type, named.size) == ("a.mp3", "audio/mpeg", 4), "a name counts more than bytes"
    path = Upload.of(Path("/somewhere/voice.OGA"))
    assert (path.name, path.media_type, path.size) == ("voice.OGA", "audio/ogg", None)
    stream = Upload.of(chunks(), media_type="audio/webm; codecs=opus", size=0)
    assert (stream.name, stream.media_type, stream.size) == ("file.webm", "audio/webm; codecs=opus", 0)
    again = Upload.of(stream, name="b.webm", size=5)
    assert (again.name, again.media_type, again.size) == ("b.webm", "audio/webm; codecs=opus", 5)
    unknown = Upload.of(b"\x00\x01", name="thing.bin")
    assert unknown.media_type == "application/octet-stream"
    with pytest.raises(BadRequest, match="media type"):
        Upload.of(b"", media_type="image/png\r\nX-Evil: 1")


@pytest.mark.parametrize(
    ("start", "media_type"),
    [
        (b"\x89PNG\r\n\x1a\n...", "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"GIF89a", "image/gif"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"RIFF\x00\x00\x00\x00WAVEfmt ", "audio/wav"),
        (b"RIFF\x00\x00\x00\x00AVI ", "application/octet-stream"),
        (b"ID3\x04", "audio/mpeg"),
        (b"\xff\xfb\x90\x00", "audio/mpeg"),
        (b"OggS\x00", "audio/ogg"),
        (b"fLaC", "audio/flac"),
        (b"\x00\x00\x00\x18ftypM4A ", "audio/mp4"),
        (b"\x00\x00\x00\x18ftypisom", "video/mp4"),
        (b"\x1aE\xdf\xa3", "audio/webm"),
        (b"", "application/octet-stream"),
        (b"\xff\xfe<\x00", "application/octet-stream"),
    ],
)
def test_a_media_type_is_told_by_the_first_bytes(start: bytes, media_type: str) -> None:
    assert of_bytes(start) == media_type
    assert media_type == "application/octet-stream" or of_name(f"x{suffix(media_type)}") == media_type


async def test_sizes_that_do_not_hold_are_noticed(tmp_path: Path) -> None:
    for told, word in ((4, "longer"), (6, "shorter")):
        with pytest.raises(BadRequest, match=word):
            await Upload.of(chunks(b"abc", b"de"), size=told).read(100)
    with pytest.raises(BadRequest, match="larger than 4 bytes"):
        await Upload.of(b"12345").read(4)
    path = tmp_path / "shrinking.jsonl"
    path.write_bytes(b"x" * (PIECE + 5))
    reader, size = await Upload.of(path).open()
    assert size == PIECE + 5
    assert len(await reader.next_chunk()) == PIECE
    os.truncate(path, PIECE)
    with pytest.raises(BadRequest, match="shorter"):
        await reader.next_chunk()
    reader.close()


async def test_a_file_that_grows_is_sent_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "growing.jsonl"
    path.write_bytes(b"a" * 10)
    reader, _ = await Upload.of(path).open()
    with path.open("ab") as file:
        file.write(b"b" * 10)
    assert await reader.next_chunk() == b"a" * 10
    assert await reader.next_chunk() == b""
    reader.close()


async def test_what_cannot_be_read_is_a_clear_error(tmp_path: Path) -> None:
    for path in (tmp_path / "missing.png", tmp_path):
        with pytest.raises(BadRequest, match=r"cannot be read: (No such file|Is a directory)"):
            await Upload.of(path).open()
    once = Upload.of(chunks(b"a"))
    assert once.repeatable
    await once.read(5)
    assert not once.repeatable
    with pytest.raises(BadRequest, match="only once"):
        await once.read(5)


async def test_a_form_lets_go_of_its_files_when_one_cannot_be_opened(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"x")
    form = Form({}, [("image", Upload.of(path)), ("mask", Upload.of(tmp_path / "none.png"))])
    with pytest.raises(BadRequest):
        await form.open()  # an open file would be a ResourceWarning, which is an error here


def test_a_form_shows_nothing_of_its_content() -> None:
    form = Form({"prompt": "my secret"}, [("file", Upload.of(b"my secret", name="my secret.txt"))])
    assert "secret" not in repr(form)
    assert repr(form) == "Form(1 fields, [9] bytes of files)"
    assert "content" not in repr(Upload.of(b"content"))
