"""Listening: an HTTP server on loopback, on a free port or a given one."""

import asyncio
from collections.abc import Awaitable, Callable

from aiohttp import web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.http import RawRequestMessage
from aiohttp.streams import StreamReader

_BACKLOG = 4096  # a thousand clients may connect at once
_MAX_BODY = 1 << 20  # aiohttp's own limit
_MAX_LINE = 8190  # the same


class Listener:
    """Hands every request to `handle`, which is cancelled when the caller goes away.

    Args:
        handle: answers one request.
        host: address to listen on.
        port: port to listen on; 0 takes a free one, and keeps it when it is started again.
        max_body: bytes of a body that aiohttp reads or takes apart at once.
        max_line: bytes of a request line.
        shutdown: seconds that open calls get at the end.
    """

    def __init__(
        self,
        handle: Callable[[web.BaseRequest], Awaitable[web.StreamResponse]],
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        max_body: int = _MAX_BODY,
        max_line: int = _MAX_LINE,
        shutdown: float = 0.5,
    ) -> None:
        self._handle = handle
        self._host, self._port = host, port
        self._max_body = max_body
        self._max_line = max_line
        self._shutdown = shutdown
        self._runner: web.ServerRunner | None = None
        self._site: web.TCPSite | None = None

    @property
    def is_open(self) -> bool:
        """Whether it takes connections."""
        return self._site is not None

    @property
    def origin(self) -> str:
        """`http://` with host and port."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{self._port}"

    async def start(self) -> None:
        """Listen.

        Raises:
            OSError: where the port is taken.
        """
        server = web.Server(
            self._handle,
            request_factory=self._request,
            handler_cancellation=True,
            access_log=None,
            max_line_size=self._max_line,
        )
        runner = web.ServerRunner(server, shutdown_timeout=self._shutdown)
        await runner.setup()
        site = web.TCPSite(runner, self._host, self._port, backlog=_BACKLOG)
        try:
            await site.start()
        except OSError:
            await runner.cleanup()
            raise
        self._runner, self._site = runner, site
        self._port = runner.addresses[0][1]

    async def refuse(self) -> None:
        """Take no more connections; those that are there go on."""
        site, self._site = self._site, None
        if site is not None:
            await site.stop()

    async def stop(self) -> None:
        """Close the connections, and stop listening. Twice is harmless."""
        runner, self._runner, self._site = self._runner, None, None
        if runner is not None:
            await runner.cleanup()

    def _request(
        self,
        message: RawRequestMessage,
        payload: StreamReader,
        protocol: web.RequestHandler,
        writer: AbstractStreamWriter,
        task: asyncio.Task[None],
    ) -> web.BaseRequest:
        loop = asyncio.get_running_loop()
        return web.BaseRequest(message, payload, protocol, writer, task, loop, client_max_size=self._max_body)
