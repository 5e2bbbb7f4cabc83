"""The server: starting, stopping, and the parts that a test talks to."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Self

from aiohttp import web

from botcore.testing.openai_server import (
    audio,
    chat,
    completions,
    edits,
    embeddings,
    files,
    fine_tunes,
    fine_tuning,
    images,
    models,
    moderations,
    speech,
)
from botcore.testing.openai_server.control import Control
from botcore.testing.openai_server.exchange import Exchange
from botcore.testing.openai_server.faults import Faults
from botcore.testing.openai_server.holds import Hold
from botcore.testing.openai_server.recording import RequestLog
from botcore.testing.openai_server.script import Script
from botcore.testing.openai_server.settings import ModelCard, OfflineSettings, Pace
from botcore.testing.openai_server.state import Router, State
from botcore.testing.server.listener import Listener

# A new resource is a module with ROUTES and one more name here.
_ROUTES = (
    *audio.ROUTES,
    *chat.ROUTES,
    *completions.ROUTES,
    *edits.ROUTES,
    *embeddings.ROUTES,
    *files.ROUTES,
    *fine_tunes.ROUTES,
    *fine_tuning.ROUTES,
    *images.ROUTES,
    *models.ROUTES,
    *moderations.ROUTES,
    *speech.ROUTES,
)


class OfflineApi:
    """The offline stand-in for an OpenAI-style API.

    server = OfflineApi(OfflineSettings())
    await server.start()
    server.url  # http://127.0.0.1:54321/v1
    await server.stop()
    """

    def __init__(self, settings: OfflineSettings | None = None) -> None:
        self.settings = settings or OfflineSettings()
        self._state = State(self.settings)
        self._router = Router(_ROUTES)
        self._control = Control(self._state)
        self._running: set[asyncio.Task[object]] = set()
        self._listener: Listener | None = None

    @property
    def url(self) -> str:
        """The base URL for a client, with the prefix and without a slash at its end. Empty before `start`."""
        return self._listener.origin + self.settings.prefix if self._listener else ""

    @property
    def control_url(self) -> str:
        """Where the control endpoint lies. Empty before `start`."""
        return f"{self._listener.origin}/_offline" if self._listener else ""

    @property
    def requests(self) -> RequestLog:
        """What was received."""
        return self._state.requests

    @property
    def faults(self) -> Faults:
        """What is to go wrong."""
        return self._state.faults

    @property
    def script(self) -> Script:
        """What the model is to say."""
        return self._state.script

    @property
    def models(self) -> dict[str, ModelCard]:
        """The models on offer, by id; may be changed while the server runs."""
        return self._state.models

    @property
    def pace(self) -> Pace:
        """How fast answers come; may be set while the server runs."""
        return self._state.pace

    @pace.setter
    def pace(self, pace: Pace) -> None:
        self._state.pace = pace

    def hold(self, *, after_chunks: int | None = None, path: str | None = "/chat/completions", times: int = 1) -> Hold:
        """Let the next `times` answers wait: after so many text chunks, or (None) before the response headers."""
        return self._state.holds.add(after_chunks=after_chunks, path=path, times=times)

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Listen. Port 0 takes a free one.

        Raises:
            OSError: the port is taken.
            RuntimeError: the server runs already.
        """
        if self._listener is not None and self._listener.is_open:
            raise RuntimeError("the server runs already")
        await self._state.open()
        exchange = Exchange(self._state, self._router)
        listener = Listener(partial(self._handle, exchange), host, port, shutdown=self.settings.shutdown_timeout)
        try:
            await listener.start()
        except OSError:
            await self._state.close()
            raise
        self._listener = listener

    async def stop(self) -> None:
        """Stop: answers that wait for ever end now, running ones get `shutdown_timeout` seconds. Twice is harmless."""
        if self._listener is None or not self._listener.is_open:
            return
        await self._listener.refuse()
        for task in tuple(self._state.parked):
            task.cancel()
        if self._running:
            await asyncio.wait(tuple(self._running), timeout=self.settings.shutdown_timeout)
        for task in tuple(self._running):
            task.cancel()
        if self._running:
            await asyncio.wait(tuple(self._running))
        await self._listener.stop()
        await self._state.close()

    async def __aenter__(self) -> Self:
        if self._listener is None or not self._listener.is_open:
            await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def _handle(self, exchange: Exchange, request: web.BaseRequest) -> web.StreamResponse:
        task = asyncio.current_task()
        assert task is not None
        self._running.add(task)
        try:
            if self.settings.control and request.raw_path.startswith("/_offline"):
                return await self._control.handle(request)
            return await exchange.handle(request)
        finally:
            self._running.discard(task)


@asynccontextmanager
async def offline_api(
    settings: OfflineSettings | None = None, *, host: str = "127.0.0.1", port: int = 0
) -> AsyncGenerator[OfflineApi]:
    """A running server for the length of a `with` block."""
    server = OfflineApi(settings)
    await server.start(host, port)
    try:
        yield server
    finally:
        await server.stop()


async def serve(
    port: int,
    host: str = "127.0.0.1",
    settings: OfflineSettings | None = None,
    *,
    ready: Callable[[str], None] | None = None,
) -> None:
    """Serve until cancelled; then running answers are finished within `shutdown_timeout`. `ready` is told the URL.

    Raises:
        OSError: the port is taken.
    """
    async with offline_api(settings, host=host, port=port) as server:
        if ready is not None:
            ready(server.url)
        await asyncio.Event().wait()
