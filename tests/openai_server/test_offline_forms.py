"""Multipart forms: taken apart in any chunking, with bounded memory, and with the API's complaints."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import aiohttp
import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from botcore.testing.openai_server.errors import ApiRefusal
from botcore.testing.openai_server.form import MIB, Form, FormLimits, read_form
from botcore.testing.openai_server.multipart import BadMultipart, PartEnd, PartHead, Splitter, boundary_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

BOUNDARY = b"frontier"


def encode(parts: list[tuple[str, str | None, bytes]]) -> bytes:
    blocks: list[bytes] = []
    for name, filename, content in parts:
        named = f'; filename="{filename}"' if filename is not None else ""
        head = f'Content-Disposition: form-data; name="{name}"{named}\r\nContent-Type: text/x-test\r\n\r\n'
        blocks.append(b"--" + BOUNDARY + b"\r\n" + head.encode() + content + b"\r\n")
    return b"".join(blocks) + b"--" + BOUNDARY + b"--\r\n"


def split(blocks: list[bytes]) -> list[tuple[str, str | None, bytes]]:
    splitter = Splitter(BOUNDARY)
    found: list[tuple[str, str | None, bytes]] = []
    content, head = b"", PartHead("", None, "")
    for block in blocks:
        for event in splitter.feed(block):
            match event:
                case PartHead():
                    head, content = event, b""
                case bytes():
                    content += event
                case PartEnd():
                    found.append((head.name, head.filename, content))
    splitter.check_end()
    return found


NEAR_MISSES = st.lists(
    st.sampled_from(
        [b"\r\n", b"--", b"\r\n--front", b"\r", b"\n", b"-", b"frontier", b"--frontier--", b"x" * 50, b"\0"]
    )
).map(b"".join)


class TestSplitter:
    @given(
        parts=st.lists(
            st.tuples(
                st.text("abcé名", min_size=1, max_size=5), st.none() | st.text("a.é字 ", max_size=8), NEAR_MISSES
            ).filter(lambda part: b"\r\n--frontier" not in b"\r\n" + part[2]),
            max_size=4,
        ),
        cuts=st.lists(st.integers(1, 40), min_size=1, max_size=40),
    )
    def test_any_chunking_gives_the_same_parts(
        self, parts: list[tuple[str, str | None, bytes]], cuts: list[int]
    ) -> None:
        body = encode(parts)
        blocks: list[bytes] = []
        at = 0
        while at < len(body):
            size = cuts[len(blocks) % len(cuts)]
            blocks.append(body[at : at + size])
            at += size
        assert split(blocks) == parts

    def test_a_preamble_and_what_follows_the_end_are_ignored(self) -> None:
        body = b"hello\r\n" + encode([("a", None, b"1")]) + b"--frontier\r\nnoise"
        assert split([body]) == [("a", None, b"1")]

    @pytest.mark.parametrize(
        ("header", "name", "filename"),
        [
            (b'form-data; name="a"; filename="x y.png"', "a", "x y.png"),
            (b'form-data; filename="say \\"hi\\".txt"; name=a', "a", 'say "hi".txt'),
            (b'form-data; name="a%22b"; filename="c%22.txt"', 'a"b', 'c".txt'),
            (b"form-data; name=\"a\"; filename*=UTF-8''%E5%9B%BE.png", "a", "图.png"),
            ('form-data; name="a"; filename="图.png"'.encode(), "a", "图.png"),
        ],
    )
    def test_names_are_read_in_every_usual_form(self, header: bytes, name: str, filename: str) -> None:
        body = b"--frontier\r\nContent-Disposition: " + header + b"\r\n\r\nx\r\n--frontier--"
        assert split([body]) == [(name, filename, b"x")]

    @pytest.mark.parametrize(
        "body",
        [
            b"--frontier junk\r\n\r\n",
            b"--frontier\r\nContent-Type: text/plain\r\n\r\nno name\r\n--frontier--",
            b"--frontier\r\n\r\nno headers\r\n--frontier--",
            b"--frontier\r\nX: " + b"y" * 20_000,
        ],
    )
    def test_what_is_malformed_is_refused(self, body: bytes) -> None:
        with pytest.raises(BadMultipart):
            list(Splitter(BOUNDARY).feed(body))

    @pytest.mark.parametrize("content_type", ["application/json", "multipart/form-data", "multipart/mixed; boundary=a"])
    def test_only_forms_have_a_boundary(self, content_type: str) -> None:
        with pytest.raises(BadMultipart):
            boundary_of(content_type)


class Reader:
    """A server whose only endpoint reads a form and keeps it."""

    def __init__(self) -> None:
        self.limits = FormLimits()
        self.form = Form()
        self.refusal: ApiRefusal | None = None
        self.url = ""

    async def handle(self, request: web.BaseRequest) -> web.Response:
        try:
            self.form = await read_form(request, self.limits)
        except ApiRefusal as refusal:
            self.refusal = refusal
            return web.Response(status=refusal.status)
        return web.Response()


@pytest.fixture
async def reader() -> AsyncIterator[Reader]:
    one = Reader()
    runner = web.ServerRunner(web.Server(one.handle, access_log=None))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    one.url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    yield one
    one.form.close()
    await runner.cleanup()


async def post(reader: Reader, *fields: tuple[str, str | bytes, str | None]) -> int:
    data = aiohttp.FormData()
    for name, value, filename in fields:
        given = io.BytesIO(value) if isinstance(value, bytes) else value
        data.add_field(name, given, filename=filename, content_type="image/png" if filename else None)
    async with aiohttp.ClientSession() as http, http.post(reader.url, data=data) as response:
        return response.status


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary files are put."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


class TestReading:
    async def test_fields_and_small_files_are_in_memory(self, reader: Reader, temporary: Path) -> None:
        status = await post(
            reader,
            ("prompt", "een kat 猫", None),
            ("n", "2", None),
            ("stream", "true", None),
            ("tags[]", "a", None),
            ("tags[]", "b", None),
            ("image", b"PNG", "cat.png"),
            ("image[]", b"", "empty.png"),
        )
        form = reader.form
        assert status == 200
        assert form.text("prompt") == "een kat 猫"
        assert form.texts("tags") == ["a", "b"]
        assert form.values(integers=frozenset({"n"}), flags=frozenset({"stream"})) == {
            "prompt": "een kat 猫",
            "n": 2,
            "stream": True,
            "tags": ["a", "b"],
        }
        assert [(one.name, one.media_type, one.size, await one.read()) for one in form.uploads("image")] == [
            ("cat.png", "image/png", 3, b"PNG"),
            ("empty.png", "image/png", 0, b""),
        ]
        assert list(form.names()) == ["prompt", "n", "stream", "tags", "image"]
        assert not list(temporary.iterdir())

    async def test_a_large_file_lies_in_a_file_until_the_form_is_closed(self, reader: Reader, temporary: Path) -> None:
        content = bytes(range(256)) * 4096 * 5
        await post(reader, ("file", content, "train.jsonl"), ("purpose", "fine-tune", None))
        upload = reader.form.upload("file")
        assert (upload.size, upload.data) == (len(content), b"")
        assert await upload.read() == content
        assert reader.form.text("purpose") == "fine-tune"
        assert len(list(temporary.iterdir())) == 1
        reader.form.close()
        assert not list(temporary.iterdir())

    @pytest.mark.parametrize("size", [10, 3 * MIB])
    async def test_what_is_kept_survives_the_form(
        self, size: int, reader: Reader, temporary: Path, tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        target = tmp_path_factory.mktemp("kept") / "file"
        await post(reader, ("file", b"z" * size, "a"))
        await reader.form.upload("file").keep(target)
        reader.form.close()
        assert target.read_bytes() == b"z" * size
        assert not list(temporary.iterdir())

    async def test_limits(self, reader: Reader, temporary: Path) -> None:
        reader.limits = FormLimits(file=2 * MIB, text=100, parts=3)
        assert await post(reader, ("file", b"z" * 2 * MIB, "a")) == 200
        reader.form.close()
        assert await post(reader, ("file", b"z" * (2 * MIB + 1), "a")) == 413
        assert await post(reader, ("prompt", "z" * 101, None)) == 400
        assert await post(reader, ("a", "1", None), ("b", "2", None), ("c", "3", None), ("d", "4", None)) == 400
        assert not list(temporary.iterdir())

    async def test_other_bodies_are_refused(self, reader: Reader) -> None:
        async with aiohttp.ClientSession() as http:
            for data, content_type in (
                (b"{}", "application/json"),
                (b"--x\r\n", "multipart/form-data; boundary=x"),
                (b"", "multipart/form-data; boundary=x"),
                (b"x", ""),
            ):
                async with http.post(reader.url, data=data, headers={"content-type": content_type}) as response:
                    assert response.status == 400
                assert reader.refusal is not None
                assert "multipart" in reader.refusal.message

    async def test_what_is_no_number_stays_a_text(self) -> None:
        form = Form(fields={"n": ["two"], "t": [".5"], "i": ["1e2"], "f": ["maybe"]})
        values = form.values(integers=frozenset({"n", "i"}), numbers=frozenset({"t"}), flags=frozenset({"f"}))
        assert values == {"n": "two", "t": 0.5, "i": 100.0, "f": "maybe"}

    def test_a_missing_file_is_named(self) -> None:
        with pytest.raises(ApiRefusal) as caught:
            Form(fields={"file": ["text, not a file"]}).upload("file")
        assert caught.value.param == "file"
