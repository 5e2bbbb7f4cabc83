"""Uploads over a real socket: what arrives, what is repeated, and everything that can go wrong on the way."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, Any

import pytest

from botcore import errors
from botcore.openai import Api, Timeouts, TranscriptionRequest, Upload
from botcore.openai.upload import PIECE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.openai.conftest import Connect, ScriptedServer, Wire

STORED = {"id": "file-1", "object": "file", "bytes": 5, "filename": "a.jsonl", "purpose": "fine-tune"}


async def chunks(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


async def test_a_file_arrives_with_its_name_type_and_length(api: Api, server: ScriptedServer, tmp_path: Path) -> None:
    path = tmp_path / 'größe "3".jsonl'
    path.write_bytes(b'{"a": 1}\n')
    server.will(server.answer(STORED, x_request_id="req-3", x_ratelimit_remaining_requests="7"))
    stored = await api.files.upload(path, expires_after=3600, extra={"folder": "x"})
    assert (stored.id, stored.size, stored.request_id) == ("file-1", 5, "req-3")
    assert stored.headers.remaining_requests == 7
    asked = server.asked[0]
    assert (asked.method, asked.target) == ("POST", "/v1/files")
    assert asked.fields == {
        "purpose": "fine-tune", "folder": "x", "expires_after[anchor]": "created_at", "expires_after[seconds]": "3600"
    }  # fmt: skip
    assert asked.form[-1] == ("file", 'größe "3".jsonl', "application/jsonl", b'{"a": 1}\n')
    assert int(asked.headers["content-length"]) == len(asked.body)
    assert "transfer-encoding" not in asked.headers


async def test_chunks_of_unknown_length_are_sent_chunked(api: Api, server: ScriptedServer) -> None:
    server.will(server.answer(STORED))
    await api.files.upload(chunks(b"a" * 70_000, b"", b"b" * 10), name="a.jsonl")
    assert server.asked[0].headers["transfer-encoding"] == "chunked"
    assert "content-length" not in server.asked[0].headers
    assert server.asked[0].form[-1][3] == b"a" * 70_000 + b"b" * 10
    await api.files.upload(Upload.of(chunks(b"abc", b"de"), name="a.jsonl", size=5))
    assert "transfer-encoding" not in server.asked[1].headers
    assert server.asked[1].form[-1][3] == b"abcde"


async def test_an_empty_file_is_sent(api: Api, server: ScriptedServer, tmp_path: Path) -> None:
    (tmp_path / "empty.txt").touch()
    server.will(server.answer(STORED))
    await api.files.upload(tmp_path / "empty.txt", purpose="user_data")
    assert server.asked[0].form[-1] == ("file", "empty.txt", "text/plain", b"")


async def test_progress_is_told_in_bytes_of_the_whole_body(api: Api, server: ScriptedServer, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(os.urandom(3 * PIECE))
    server.will(server.answer(STORED))
    told: list[tuple[int, int | None]] = []
    await api.files.upload(path, progress=lambda sent, total: told.append((sent, total)))
    total = int(server.asked[0].headers["content-length"])
    assert told[0] == (0, total)
    assert told[-1] == (total, total)
    assert [sent for sent, _ in told] == sorted({sent for sent, _ in told})
    assert len(told) >= 4
    told.clear()
    await api.files.upload(chunks(b"ab"), progress=lambda sent, total: told.append((sent, total)))
    assert {total for _, total in told} == {None}


async def test_what_can_be_read_again_is_sent_again(api: Api, server: ScriptedServer, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"x" * (2 * PIECE))
    sources: list[Any] = [path, b"x" * (2 * PIECE), lambda: chunks(b"x" * PIECE, b"x" * PIECE)]
    for source in sources:
        server.asked.clear()
        server.scripts[:] = [server.fault(503), server.raw(b""), server.answer(STORED)]
        await api.files.upload(source, name="a.jsonl")
        assert len(server.asked) == 3
        assert len({asked.body for asked in server.asked}) == 1, "the same each time"
        assert len(server.asked[0].form[-1][3]) == 2 * PIECE


async def test_what_can_be_read_once_is_sent_once(api: Api, server: ScriptedServer) -> None:
    server.will(server.fault(503, x_request_id="req-9"))
    with pytest.raises(errors.Unavailable) as caught:
        await api.files.upload(chunks(b"abc"))
    assert (len(server.asked), caught.value.attempts, caught.value.request_id) == (1, 1, "req-9")


async def test_a_connection_that_never_was_does_not_use_up_the_chunks(connect: Connect) -> None:
    with pytest.raises(errors.ApiUnreachable) as caught:
        await connect(base_url="http://127.0.0.1:1", max_attempts=3).files.upload(chunks(b"abc"))
    assert caught.value.attempts == 3


async def test_a_reset_in_the_middle_is_repeated_and_then_told(
    api: Api, server: ScriptedServer, tmp_path: Path
) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"x" * 20_000_000)  # more than all buffers between the two

    async def reset(wire: Wire) -> None:
        await wire.reader.read(1000)
        wire.cut()

    server.early.append(reset)
    server.will(server.answer(STORED))
    assert (await api.files.upload(path)).id == "file-1"
    assert len(server.asked) == 2
    server.early.extend([reset] * 4)
    with pytest.raises(errors.ApiUnreachable) as caught:
        await api.files.upload(path)
    assert caught.value.attempts == 4


async def test_an_answer_before_the_end_of_the_upload_is_heard(
    api: Api, server: ScriptedServer, tmp_path: Path
) -> None:
    """A server that refuses a file by its declared size need not read it first."""
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"x" * 20_000_000)

    async def refuse(wire: Wire) -> None:
        await server.fault(413, "File is too large", x_request_id="req-4")(wire)
        await wire.client_is_gone()

    server.early.append(refuse)
    with pytest.raises(errors.BadRequest, match="File is too large") as caught:
        await api.files.upload(path)
    assert (caught.value.status, caught.value.request_id, len(server.asked)) == (413, "req-4", 1)


async def test_an_upload_that_nobody_takes_times_out(connect: Connect, server: ScriptedServer) -> None:
    async def take_nothing(wire: Wire) -> None:
        await asyncio.Event().wait()

    server.early.append(take_nothing)
    with pytest.raises(errors.ApiTimeout):
        await connect(timeouts=Timeouts(write=0.2), max_attempts=1).files.upload(b"x" * 30_000_000)


async def test_a_slow_source_is_not_a_stalled_server(connect: Connect, server: ScriptedServer) -> None:
    async def slow() -> AsyncIterator[bytes]:
        for _ in range(3):
            await asyncio.sleep(0.3)
            yield b"x"

    server.will(server.answer(STORED))
    stored = await connect(timeouts=Timeouts(write=0.2, read=0.5)).files.upload(slow())
    assert stored.id == "file-1"


async def test_cancelling_closes_the_connection_and_the_file(api: Api, server: ScriptedServer, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"x" * 20_000_000)
    began, gone = asyncio.Event(), asyncio.Event()

    async def watch(wire: Wire) -> None:
        await wire.reader.read(1000)
        began.set()
        await wire.client_is_gone()
        gone.set()

    server.early.append(watch)
    task = asyncio.create_task(api.files.upload(path))
    async with asyncio.timeout(5):
        await began.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await gone.wait()


async def test_what_the_source_raises_comes_through(api: Api, server: ScriptedServer) -> None:
    class Broken(Exception):
        pass

    async def breaks() -> AsyncIterator[bytes]:
        yield b"x" * 10
        raise Broken("disk on fire")

    async def cut_off() -> AsyncIterator[bytes]:
        yield b"x" * 10
        raise ConnectionResetError("of another connection")

    server.will(server.answer(STORED))
    with pytest.raises(Broken, match="disk on fire"):
        await api.files.upload(breaks)
    with pytest.raises(ConnectionResetError, match="of another connection"):
        await api.files.upload(cut_off)
    with pytest.raises(errors.BadRequest, match="shorter than was said"):
        await api.files.upload(Upload.of(chunks(b"abc"), size=5))
    with pytest.raises(errors.BadRequest, match="longer than was said"):
        await api.files.upload(Upload.of(chunks(b"abc", b"def"), size=5))
    assert not any(asked.body for asked in server.asked), "nothing half was taken for whole"


async def test_what_the_progress_hook_raises_ends_the_upload(api: Api, server: ScriptedServer) -> None:
    class Enough(Exception):
        pass

    def stop(sent: int, total: int | None) -> None:
        if sent:
            raise Enough

    server.will(server.answer(STORED))
    with pytest.raises(Enough):
        await api.files.upload(b"x" * 1_000_000, progress=stop)


async def test_a_file_that_is_not_there_is_not_sent(api: Api, server: ScriptedServer, tmp_path: Path) -> None:
    with pytest.raises(errors.BadRequest, match="No such file") as caught:
        await api.files.upload(tmp_path / "nothing.jsonl")
    assert (server.asked, caught.value.attempts) == ([], 1)


async def test_neither_key_nor_file_follow_a_redirect_to_another_host(
    api: Api, server: ScriptedServer, tmp_path: Path
) -> None:
    server.will(server.answer(b"", 307, location=f"http://localhost:{server.port}/v1/files"))
    with pytest.raises(errors.BadResponse, match="the key stays with"):
        await api.files.upload(b"abc")
    assert len(server.asked) == 1


async def test_a_redirect_within_the_server_takes_what_can_be_read_again(api: Api, server: ScriptedServer) -> None:
    server.will(server.answer(b"", 307, location="/elsewhere"), server.answer(STORED))
    assert (await api.files.upload(b"abc")).id == "file-1"
    assert [asked.target for asked in server.asked] == ["/v1/files", "/elsewhere"]
    assert server.asked[0].body == server.asked[1].body
    server.scripts[:] = [server.answer(b"", 307, location="/elsewhere")]
    with pytest.raises(errors.BadResponse, match="read only once"):
        await api.files.upload(chunks(b"abc"))
    assert len(server.asked) == 3


async def test_a_long_upload_outlives_the_deadline_of_a_question(connect: Connect, server: ScriptedServer) -> None:
    async def slow() -> AsyncIterator[bytes]:
        for _ in range(5):
            await asyncio.sleep(0.06)
            yield b"x"

    server.will(server.answer(STORED))
    assert (await connect(deadline=0.1).files.upload(slow())).id == "file-1"
    with pytest.raises(errors.ApiTimeout, match=r"deadline of 0.1 s"):
        await connect(transfer_deadline=0.1).files.upload(slow())


@pytest.mark.parametrize(
    "body", [b"<html>Sign in</html>", b"", b"[]", b'{"status": "ok"}', b'{"id": "file', b"\xff\xfe{}"]
)
async def test_an_answer_that_is_no_file_is_a_bad_response(api: Api, server: ScriptedServer, body: bytes) -> None:
    server.will(server.answer(body, content_type="text/html", x_request_id="req-8"))
    with pytest.raises(errors.BadResponse) as caught:
        await api.files.upload(b"abc")
    assert caught.value.request_id == "req-8"


@pytest.mark.parametrize(
    ("status", "kind", "attempts"),
    [
        (408, errors.Unavailable, 4),
        (409, errors.Unavailable, 4),
        (413, errors.BadRequest, 1),
        (415, errors.BadRequest, 1),
        (429, errors.RateLimited, 4),
        (500, errors.Unavailable, 4),
        (502, errors.Unavailable, 4),
    ],
)
async def test_every_refusal_is_one_typed_error(
    api: Api, server: ScriptedServer, status: int, kind: type[errors.ApiError], attempts: int
) -> None:
    server.will(server.fault(status, x_request_id="req-6"))
    with pytest.raises(kind) as caught:
        await api.audio.transcribe(TranscriptionRequest(file=b"OggS", model="whisper-1"))
    assert (caught.value.status, caught.value.request_id, len(server.asked)) == (status, "req-6", attempts)


async def test_an_upload_is_not_held_in_memory_twice(api: Api, server: ScriptedServer) -> None:
    """Pieces are asked for as they leave: a source of chunks is never read ahead."""
    gap = 0
    read = 0
    taken = 0

    async def source() -> AsyncIterator[bytes]:
        nonlocal read, gap
        for _ in range(200):
            read += 100_000
            gap = max(gap, read - taken)
            yield bytes(100_000)

    async def take_slowly(wire: Wire) -> None:
        nonlocal taken
        while taken < 20_000_000:
            taken += len(await wire.reader.read(65536))
        await server.answer(STORED)(wire)

    server.early.append(take_slowly)
    await api.files.upload(Upload.of(source(), size=20_000_000))
    assert gap < 12_000_000, "what is on the way is what the sockets' buffers hold"
