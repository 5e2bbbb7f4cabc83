"""Web servers that say exactly the bytes a test wants, on several loopback addresses, and a name server."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field

import pytest

from botcore.config import FetchSettings
from botcore.fetching import Fetcher, Resolve

Page = bytes | Callable[[asyncio.StreamWriter], Awaitable[None]]


def answer(body: bytes = b"", status: int = 200, **headers: str) -> bytes:
    """A whole HTTP answer."""
    lines = [f"HTTP/1.1 {status} Whatever"]
    if status == 200 and not {"transfer_encoding", "content_length"} & headers.keys():
        headers["content_length"] = str(len(body))
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


def to(location: str, status: int = 302) -> bytes:
    """A redirect."""
    return answer(status=status, location=location, content_length="0")


@dataclass
class Site:
    """A web server at one address: its pages by path, what it was asked, and how many connections there were."""

    host: str
    port: int = 0
    scheme: str = "http"
    pages: dict[str, Page] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    connections: int = 0
    tasks: set[asyncio.Task[None]] = field(default_factory=set[asyncio.Task[None]])

    def url(self, path: str = "/", host: str = "") -> str:
        return f"{self.scheme}://{host or self.host}:{self.port}{path}"

    def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.create_task(self._serve(reader, writer))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def close(self) -> None:
        for task in (tasks := set(self.tasks)):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._answer(reader, writer)
        finally:
            writer.transport.abort()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            request = (await reader.readuntil(b"\r\n\r\n")).decode()
            self.asked.append(request)
            page = self.pages[request.split(" ")[1].partition("?")[0]]
            if isinstance(page, bytes):
                writer.write(page)
                await writer.drain()
            else:
                await page(writer)
            writer.close()
            await writer.wait_closed()


OpenSite = Callable[..., Awaitable[Site]]


@pytest.fixture
async def open_site() -> AsyncIterator[OpenSite]:
    """Open sites; all are closed at the end."""
    async with AsyncExitStack() as stack:

        async def begin(host: str = "127.0.0.1", port: int = 0, tls: ssl.SSLContext | None = None) -> Site:
            site = Site(host, scheme="https" if tls else "http")
            server = await asyncio.start_server(site.serve, host, port, ssl=tls)
            stack.callback(server.close)
            stack.push_async_callback(site.close)
            site.port = server.sockets[0].getsockname()[1]
            return site

        yield begin


@dataclass
class Names:
    """A name server that gives one answer after the other; the last one stays."""

    answers: dict[str, list[Sequence[str]]]
    asked: list[str] = field(default_factory=list)

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        answers = self.answers.get(host, [])
        if not answers:
            raise OSError("no such name")
        return answers.pop(0) if len(answers) > 1 else answers[0]


def fetcher(
    *private: str, http: bool = True, names: Resolve | None = None, origins: Sequence[str] = (), **settings: float
) -> Fetcher:
    """One that follows http, to `private` places as well; what a test does not name is as by default."""
    return Fetcher(
        FetchSettings.model_validate({"allow_http": http, "allow_private": private, **settings}),
        origins=origins,
        resolve=names,
    )


async def read(fetcher: Fetcher, url: str, most: int = 1_000_000) -> bytes:
    return b"".join([chunk async for chunk in fetcher.download(url, most=most)])
