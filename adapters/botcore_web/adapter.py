"""The browser chat as an adapter: starts the server late, stops it quickly."""

import asyncio
import errno
import importlib
import importlib.util
import logging
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from botcore.adapter import Finding, Gateway, Outlet, Setup
from botcore.errors import ConfigError
from botcore_web.answers import App
from botcore_web.files import Files
from botcore_web.guard import Guard
from botcore_web.hub import Hub
from botcore_web.login import Pass
from botcore_web.outlet import WebOutlet
from botcore_web.policy import Policy
from botcore_web.render import Renderer
from botcore_web.room import PLATFORM, Room
from botcore_web.settings import WebSettings, checked
from botcore_web.transfer import Transfer
from botcore_web.view import Views

if TYPE_CHECKING:
    from botcore_web.server import Server

log = logging.getLogger(__name__)


def build(setup: Setup) -> "WebAdapter":
    """The adapter. Raises ConfigError where the settings would open the page to strangers."""
    if not isinstance(setup.settings, WebSettings):
        raise ConfigError("web: the settings are not those of [web]")
    settings = checked(setup.settings)
    return WebAdapter(settings, title=settings.title, offline=setup.offline, data_dir=setup.data_dir)


class WebAdapter:
    """Implements `botcore.adapter.Adapter` for the browser."""

    platform = PLATFORM

    def __init__(self, settings: WebSettings, *, title: str, offline: bool, data_dir: str = "data") -> None:
        self._settings = settings
        self._title = title
        self._offline = offline
        self._files = Files(Path(data_dir) / "web")
        self._transfer = Transfer(self._files, settings.upload_mb * 1_000_000)
        self._renderer = Renderer()
        self._hub = Hub()
        self._views = Views(self._renderer, self._files)
        self.outlet: Outlet = WebOutlet(self._hub, self._views, self._files, fetch_bytes=self._transfer.most)
        self._room: Room | None = None
        self._server: Server | None = None
        self.url = ""
        """Where the page is, once `start` has returned."""

    async def start(self, gateway: Gateway) -> None:
        """See `Adapter.start`. Raises ConfigError where the port is taken or the address is not this machine's."""
        listening = _listen(self._settings)
        try:
            await self._start(gateway, listening)
        except BaseException:
            listening.close()
            raise
        log.info("the browser chat is at %s", self.url)

    async def _start(self, gateway: Gateway, listening: socket.socket) -> None:
        try:  # in a thread: the bot's other platforms receive meanwhile
            page = await asyncio.to_thread(importlib.import_module, "botcore_web.page")
            server = await asyncio.to_thread(importlib.import_module, "botcore_web.server")
            await asyncio.to_thread(page.prepare)
        except ModuleNotFoundError as error:
            raise ConfigError(
                f"web: {error.name} is not installed: install botcore-framework[web], or set BOTCORE_WEB__ENABLED=false"
            ) from error
        settings = self._settings
        self._room = Room(gateway, self._hub, self._views, self._files, days=settings.files_days)
        about = page.About(self._title, offline=self._offline, history=settings.history, file_most=self._transfer.most)
        build_page = page.builder(self._room, about)
        host, port = listening.getsockname()[:2]
        running: Server = server.Server(build_page, lambda app: self._guard(app, port), title=self._title)
        self._server = running
        await running.start(listening)
        self._room.watch()
        self.url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    def _guard(self, app: App, port: int) -> App:
        settings = self._settings
        token = settings.token.get_secret_value()
        policy = Policy.of(settings.host, settings.hosts, loopback=settings.on_loopback, token=bool(token))
        door = Pass(token, port) if token else None
        return Guard(app, policy=policy, door=door, transfer=self._transfer, title=self._title)

    async def stop_receiving(self) -> None:
        """See `Adapter.stop_receiving`. Pages stay open and see the answers that are still under way."""
        if self._room is not None:
            self._room.receiving = False

    async def close(self) -> None:
        """See `Adapter.close`. Open pages say that the connection is lost and come back by themselves."""
        if self._room is not None:
            await self._room.close()
        if self._server is not None:
            await self._server.close()
        self._hub.close()
        self._renderer.close()

    async def check(self) -> Sequence[Finding]:
        """See `Adapter.check`."""
        settings = self._settings
        findings: list[Finding] = []
        if importlib.util.find_spec("nicegui") is None:
            remedy = "install botcore-framework[web], or set BOTCORE_WEB__ENABLED=false"
            findings.append(Finding("browser chat", "fail", "NiceGUI is not installed", remedy))
        place = f"{settings.host}:{settings.port}"
        try:
            _listen(settings).close()
            findings.append(Finding("browser chat", "ok", f"{place} is free"))
        except ConfigError as error:
            text, _, remedy = str(error).partition(": ")[2].partition(": ")
            findings.append(Finding("browser chat", "note", text, remedy))
        if settings.token.get_secret_value():
            findings.append(Finding("browser chat access", "ok", "asks for the access token"))
        else:
            findings.append(Finding("browser chat access", "ok", "this machine only; whoever uses it is the owner"))
        return findings


def _listen(settings: WebSettings) -> socket.socket:
    """A bound socket. Raises ConfigError, with what to do, where that is not possible."""
    host, port = settings.host, settings.port
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except socket.gaierror as error:
        raise ConfigError(f"web: web.host {host!r} is not an address: set BOTCORE_WEB__HOST=127.0.0.1") from error
    listening = socket.socket(family, kind, protocol)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen()  # so that a second bot on the port is told now, not when its server starts
    except OSError as error:
        listening.close()
        raise _refused(host, port, error) from error
    return listening


def _refused(host: str, port: int, error: OSError) -> ConfigError:
    if error.errno == errno.EADDRINUSE:
        return ConfigError(
            f"web: port {port} is in use: stop the other program, take another port by BOTCORE_WEB__PORT={port + 1}, "
            "or switch the browser chat off by BOTCORE_WEB__ENABLED=false"
        )
    if error.errno == errno.EACCES:
        return ConfigError(f"web: port {port} is reserved to the system: take one above 1023 by BOTCORE_WEB__PORT=8080")
    return ConfigError(f"web: cannot listen on {host}:{port} ({error.strerror}): set BOTCORE_WEB__HOST=127.0.0.1")
