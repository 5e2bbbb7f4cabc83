"""A small HTTP/1.1 server for the benchmarks: raw asyncio, a tenth of a framework's cost.

It knows what the benchmark's clients send (a body with Content-Length, one request after the other on a connection that
stays open) and nothing else: the two cores are shared with the bot that is measured.
"""

import asyncio
from collections.abc import Callable
from typing import Final

_END: Final = b"\r\n\r\n"
_LENGTH: Final = b"content-length:"
_FORM: Final = b"application/x-www-form-urlencoded"


class Exchange:
    """One request, and the connection to answer it on; answered at once or later."""

    __slots__ = ("_transport", "body", "form", "path")

    def __init__(self, transport: asyncio.Transport, path: str, body: bytes, *, form: bool) -> None:
        self._transport = transport
        self.path = path
        self.body = body
        self.form = form

    @property
    def gone(self) -> bool:
        """Whether the client has left."""
        return self._transport.is_closing()

    def answer(self, body: bytes) -> None:
        """200 with a JSON body."""
        self._transport.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
        )

    def begin_stream(self) -> None:
        """200 with an event stream, whose pieces follow."""
        self._transport.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
        )

    def piece(self, data: bytes) -> None:
        """A piece of the stream."""
        self._transport.write(b"%x\r\n%b\r\n" % (len(data), data))

    def end_stream(self) -> None:
        """The end of the stream."""
        self._transport.write(b"0\r\n\r\n")


class _Connection(asyncio.Protocol):
    def __init__(self, handle: Callable[[Exchange], None]) -> None:
        self._handle = handle
        self._buffer = bytearray()
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(_END)) >= 0:
            head = bytes(self._buffer[:end])
            lower = head.lower()
            at = lower.find(_LENGTH)
            length = int(lower[at + len(_LENGTH) :].split(b"\r\n", 1)[0]) if at >= 0 else 0
            whole = end + len(_END) + length
            if len(self._buffer) < whole:
                return
            body = bytes(self._buffer[end + len(_END) : whole])
            del self._buffer[:whole]
            path = head.split(b" ", 2)[1].decode()
            self._handle(Exchange(self._transport, path, body, form=_FORM in lower))


async def listen(handle: Callable[[Exchange], None]) -> tuple[asyncio.Server, str]:
    """Serve on a free port of 127.0.0.1; the server and its URL."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Connection(handle), "127.0.0.1", 0, backlog=4096)
    return server, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
