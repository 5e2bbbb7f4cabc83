"""A scripted HTTP server on a raw socket: it says exactly the bytes a test wants, well-formed or not."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any

import pytest

from botcore.openai import Api, ApiSettings, Backoff, ChatRequest, Secret

KEY = "sk-fake-key-for-tests-0123456789"


@dataclass(frozen=True)
class Asked:
    """A request as it came over the wire."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def form(self) -> list[tuple[str, str | None, str | None, bytes]]:
        """Name, file name, media type and content of each part of a multipart body, as a foreign parser sees them."""
        head = f"Content-Type: {self.headers['content-type']}\r\n\r\n".encode()
        parts = BytesParser(policy=HTTP).parsebytes(head + self.body).iter_parts()
        return [
            (
                str(part.get_param("name", header="content-disposition")),
                part.get_filename(),
                part["content-type"] and part.get_content_type(),
                bytes(part.get_payload(decode=True) or b""),
            )
            for part in parts
        ]

    @property
    def fields(self) -> dict[str, str]:
        """The form's fields that are no files."""
        return {name: content.decode() for name, file, _, content in self.form if file is None}


@dataclass
class Wire:
    """The server's side of one connection, answering one request."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    asked: Asked

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def head(self, status: int = 200, /, **headers: str) -> None:
        lines = [
            f"HTTP/1.1 {status} Whatever",
            *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items()),
        ]
        await self.send(("\r\n".join(lines) + "\r\n\r\n").encode())

    async def begin_events(self, **headers: str) -> None:
        await self.head(content_type="text/event-stream", transfer_encoding="chunked", **headers)

    async def chunk(self, data: bytes) -> None:
        await self.send(f"{len(data):x}\r\n".encode() + data + b"\r\n")

    async def event(self, value: object) -> None:
        await self.chunk(b"data: " + (value if isinstance(value, bytes) else json.dumps(value).encode()) + b"\n\n")

    async def end(self) -> None:
        await self.send(b"0\r\n\r\n")

    def cut(self) -> None:
        """Drop the connection as a crashed server does."""
        self.writer.transport.abort()

    async def client_is_gone(self) -> None:
        with suppress(ConnectionError):
            while await self.reader.read(1024):
                pass


Script = Callable[[Wire], Awaitable[None]]


def piece(text: str | None = None, finish: str | None = None, **delta: Any) -> dict[str, Any]:
    """A chunk of a streamed completion, as the API sends it."""
    if text is not None:
        delta["content"] = text
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "m-1", "choices": [choice]}


def completion(text: str = "Hello", finish: str = "stop", **message: Any) -> dict[str, Any]:
    """A whole completion, as the API sends it."""
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "m-1",
        "choices": [
            {"index": 0, "message": {"role": "assistant", "content": text, **message}, "finish_reason": finish}
        ],
        "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5},
    }


@dataclass
class ScriptedServer:
    """Answers each request with the next script; the last one serves all that follow."""

    port: int = 0
    asked: list[Asked] = field(default_factory=list[Asked])
    connections: int = 0
    scripts: list[Script] = field(default_factory=list[Script])
    early: list[Script] = field(default_factory=list[Script])
    """Scripts that answer before the request's body is read."""

    # What tests build scripts from; fixtures are their only import.
    piece = staticmethod(piece)
    completion = staticmethod(completion)
    key = KEY

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def will(self, *scripts: Script) -> None:
        self.scripts.extend(scripts)

    @staticmethod
    def answer(value: object, status: int = 200, **headers: str) -> Script:
        """A complete answer: bytes as they are, anything else as JSON."""

        async def script(wire: Wire) -> None:
            body = value if isinstance(value, bytes) else json.dumps(value).encode()
            headers.setdefault("content_type", "application/json")
            await wire.head(status, **headers, content_length=str(len(body)))
            await wire.send(body)

        return script

    @staticmethod
    def fault(status: int, message: str = "no", code: str | None = None, **headers: str) -> Script:
        """An error answer in the API's form."""
        error = {"message": message, "type": "some_error", "param": None, "code": code}
        return ScriptedServer.answer({"error": error}, status, **headers)

    @staticmethod
    def events(*values: object, done: bool = True, **headers: str) -> Script:
        """A whole stream: one chunk for each value, then [DONE]."""

        async def script(wire: Wire) -> None:
            await wire.begin_events(**headers)
            for value in values:
                await wire.event(value)
            if done:
                await wire.event(b"[DONE]")
            await wire.end()

        return script

    @staticmethod
    def raw(data: bytes) -> Script:
        """These bytes, and then the connection closes."""

        async def script(wire: Wire) -> None:
            await wire.send(data)
            wire.writer.close()

        return script

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while asked := await _head(reader):
                if self.early:
                    self.asked.append(asked)
                    await self.early.pop(0)(Wire(reader, writer, asked))
                    break
                asked = replace(asked, body=await _body(reader, asked.headers))
                self.asked.append(asked)
                script = self.scripts.pop(0) if len(self.scripts) > 1 else self.scripts[0]
                await script(Wire(reader, writer, asked))
                if writer.is_closing():
                    break
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


async def _head(reader: asyncio.StreamReader) -> Asked | None:
    head = await reader.readuntil(b"\r\n\r\n") if not reader.at_eof() else b""
    if not head:
        return None
    first, *lines = head.decode("latin-1").rstrip().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    method, target, _ = first.split(" ")
    return Asked(method, target, headers, b"")


async def _body(reader: asyncio.StreamReader, headers: dict[str, str]) -> bytes:
    if headers.get("transfer-encoding") != "chunked":
        return await reader.readexactly(int(headers.get("content-length", "0")))
    pieces: list[bytes] = []
    while size := int(await reader.readline(), 16):
        pieces.append(await reader.readexactly(size))
        await reader.readexactly(2)
    await reader.readexactly(2)
    return b"".join(pieces)


@pytest.fixture
async def server() -> AsyncIterator[ScriptedServer]:
    scripted = ScriptedServer()
    tasks: set[asyncio.Task[None]] = set()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        tasks.add(task)
        with suppress(asyncio.CancelledError):
            await scripted.serve(reader, writer)

    listener = await asyncio.start_server(accept, "127.0.0.1", 0)
    scripted.port = listener.sockets[0].getsockname()[1]
    yield scripted
    listener.close()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


Connect = Callable[..., Api]


@pytest.fixture
async def connect(server: ScriptedServer) -> AsyncIterator[Connect]:
    """A client of the scripted server that does not wait long between attempts; settings may be overridden."""
    opened: list[Api] = []

    def build(**settings: Any) -> Api:
        defaults: dict[str, Any] = {
            "base_url": server.url,
            "api_key": Secret(KEY),
            "backoff": Backoff(base=0.001, cap=0.002),
            "deadline": 5.0,
        }
        opened.append(Api(ApiSettings(**(defaults | settings))))
        return opened[-1]

    yield build
    for api in opened:
        await api.aclose()


@pytest.fixture
async def api(connect: Connect) -> Api:
    return connect()


@pytest.fixture
def hello() -> ChatRequest:
    return ChatRequest(model="m-1", messages=[{"role": "user", "content": "Say hello, my dear friend of old"}])
