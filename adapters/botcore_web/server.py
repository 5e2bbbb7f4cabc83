"""NiceGUI and uvicorn inside the loop that runs already. Imported when the adapter starts: NiceGUI takes 0.6 s.

NiceGUI's application is one for the whole process, so one chat runs at a time; stopping and starting again works.
"""

import asyncio
import contextlib
import logging
import socket
from collections.abc import Callable, Generator

import uvicorn
from fastapi import FastAPI
from nicegui import app as nicegui_app
from nicegui import ui

from botcore.errors import ConfigError
from botcore_web.answers import App
from botcore_web.page import FAVICON

log = logging.getLogger(__name__)

RECONNECT = 15.0  # seconds a page may be away (a phone in a tunnel) and still go on where it was
STOP_WITHIN = 1  # seconds given to requests that are being answered when the server stops


class _Server(uvicorn.Server):
    """A server that leaves the process's signals to whoever runs the loop, and says when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        """Install no handlers."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and say so."""
        await super().startup(sockets=sockets)
        self.ready.set()


class Server:
    """The running web server."""

    def __init__(self, build: Callable[[], None], dress: Callable[[App], App], *, title: str) -> None:
        """`build` fills a page; `dress` puts the guard around the application."""
        if not nicegui_app.is_stopped:
            raise ConfigError("web: another browser chat runs in this process, and NiceGUI carries only one")
        host = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
        # NiceGUI's application outlives a server; what the last one added to it would be refused the second time
        nicegui_app.middleware_stack = None
        nicegui_app.user_middleware.clear()
        ui.page("/", title=title, language="en-US")(build)
        ui.run_with(
            host,
            title=title,
            viewport="width=device-width, initial-scale=1, viewport-fit=cover, interactive-widget=resizes-content",
            favicon=FAVICON,
            dark=None,
            tailwind=False,
            reconnect_timeout=RECONNECT,
            show_welcome_message=False,
            binding_refresh_interval=None,
        )
        config = uvicorn.Config(
            dress(host),
            log_config=None,
            access_log=False,
            ws="wsproto",  # uvicorn's other choices warn of deprecated parts of their library
            lifespan="on",
            server_header=False,
            timeout_graceful_shutdown=STOP_WITHIN,
        )
        self._server = _Server(config)
        self._task: asyncio.Task[None] | None = None

    async def start(self, listening: socket.socket) -> None:
        """Serve on a socket that is bound already. Returns when pages can be opened."""
        self._task = asyncio.create_task(self._serve(listening), name="web server")
        ready = asyncio.create_task(self._server.ready.wait())
        await asyncio.wait({ready, self._task}, return_when=asyncio.FIRST_COMPLETED)
        ready.cancel()
        if self._task.done():
            await self._task
            raise ConfigError("web: the server did not start; the log says why")

    async def _serve(self, listening: socket.socket) -> None:
        try:
            await self._server.serve(sockets=[listening])
        except SystemExit as error:  # uvicorn's way to say that the application failed to start
            raise ConfigError("web: the server did not start; the log says why") from error

    async def close(self) -> None:
        """Stop, with open pages too."""
        if self._task is None:
            return
        self._server.should_exit = True
        await asyncio.gather(self._task, return_exceptions=True)
        for client in list(nicegui_app.clients()):
            client.delete()  # else a page that comes back to a new server in this process would go on with the old one
        nicegui_app.remove_route("/")
