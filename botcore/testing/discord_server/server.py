"""The HTTP side: the API below /api/v10, the gateway, the files, and the control pages."""

from functools import partial
from typing import Any, Self
from urllib.parse import unquote

import orjson
from aiohttp import web

from botcore.testing.discord_server.control import Control
from botcore.testing.discord_server.description import Checker, Described
from botcore.testing.discord_server.faults import Refuse
from botcore.testing.discord_server.files import DEFAULT_MAX_FILE, MAX_REQUEST
from botcore.testing.discord_server.gateway import PRIVILEGED, Intent
from botcore.testing.discord_server.limits import Limits
from botcore.testing.discord_server.refusals import Refused, unauthorized
from botcore.testing.discord_server.requests import Request, read_body, read_query
from botcore.testing.discord_server.routes import ROUTES, WITHOUT_TOKEN, Answer
from botcore.testing.discord_server.routing import Router
from botcore.testing.discord_server.socket import Connection
from botcore.testing.discord_server.stage import SIMULATED_TOKEN, Stage
from botcore.testing.server.clock import Clock
from botcore.testing.server.control import PREFIX
from botcore.testing.server.faults import spoil
from botcore.testing.server.listener import Listener

API = "/api/v10"
_ROUTER = Router(ROUTES)
_VIA = {"Via": "1.1 simulator"}  # without it, discord.py takes a 429 for a ban by the proxy
_JSON = {"Content-Type": "application/json", **_VIA}
_EMPTY = {"Content-Type": "text/html; charset=utf-8", **_VIA}


class DiscordServer(Stage):
    """A simulated Discord with one bot, listening on loopback.

    ```python
    async with discord_server(limits=Limits.none()) as discord:
        ada = discord.user("Ada")
        general = discord.guild("Friends", members=[ada]).text_channel("general")
        ...  # start the bot with discord.url and discord.token
        await ada.says("hi", channel=general)
        assert (await discord.bot.answers(general)).text == "Hello Ada"
    ```

    Args:
        token: what the bot must call itself with.
        bot_name: its name.
        limits: rate limits; `Limits.real()` by default, `Limits.none()` for tests of other things and benchmarks.
        clock: the source of time for ids, dates, limits, links and interaction tokens; a `ManualClock` stands still.
        record: how many calls to remember; 0 switches recording off.
        keep: how many messages to remember in each channel.
        privileged_intents: what is switched on for the app; asking for another privileged intent closes with 4014.
        max_file: bytes of one attachment of the bot.
        heartbeat_interval: seconds between heartbeats, as HELLO tells the bot.
        description: a `botcore.testing.openapi.Description`; every call, answer and event is checked against it, see
            `violations`.
        host: address to listen on.
        port: port to listen on; 0 takes a free one.
    """

    def __init__(
        self,
        *,
        token: str = SIMULATED_TOKEN,
        bot_name: str = "Helper",
        limits: Limits | None = None,
        clock: Clock | None = None,
        record: int = 10_000,
        keep: int = 10_000,
        privileged_intents: Intent = PRIVILEGED,
        max_file: int = DEFAULT_MAX_FILE,
        heartbeat_interval: float = 41.25,
        description: Described | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        super().__init__(
            token=token,
            bot_name=bot_name,
            limits=limits,
            clock=clock,
            record=record,
            keep=keep,
            privileged=privileged_intents,
            max_file=max_file,
        )
        self._checker = None if description is None else Checker(description)
        if self._checker is not None:
            self.gateway.on_event = self._checker.event
        self._heartbeat_interval = heartbeat_interval
        self._control = Control(self)
        self._listener = Listener(self._handle, host, port, max_body=2 * MAX_REQUEST)
        self._connections: set[Connection] = set()

    @property
    def root(self) -> str:
        """Where everything lies."""
        return self._listener.origin

    @property
    def url(self) -> str:
        """The root of API v10: what DISCORD_API_URL holds, and what discord.py calls `Route.BASE`."""
        return self.root + API

    @property
    def gateway_url(self) -> str:
        """The gateway's address, as GET /gateway/bot tells it."""
        return f"{self.root.replace('http', 'ws', 1)}/gateway"

    @property
    def violations(self) -> list[str]:
        """What did not fit the description."""
        return [] if self._checker is None else self._checker.problems

    async def start(self) -> Self:
        """Listen.

        Raises:
            OSError: where the port is taken.
        """
        await self._listener.start()
        self.world.files.root = self.root
        return self

    async def stop(self) -> None:
        """Let go of everything held, close the connections, and stop listening."""
        self.faults.clear()
        for connection in list(self._connections):
            connection.close(1001)
        await self._listener.stop()

    async def __aenter__(self) -> Self:
        return await self.start()

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        path, _, query = request.raw_path.partition("?")
        if path.startswith(API + "/"):
            return await self._call(request, path[len(API) :], query)
        if path.rstrip("/") == "/gateway":
            return await self._connect(request, read_query(query))
        if path.startswith("/attachments/"):
            return self._download(unquote(path), query)
        if path == PREFIX or path.startswith(PREFIX + "/"):
            return await self._control.handle(request, path, query)
        return _answer(404, orjson.dumps({"message": "404: Not Found", "code": 0}))

    async def _connect(self, request: web.BaseRequest, query: dict[str, str]) -> web.StreamResponse:
        if request.headers.get("Upgrade", "").lower() != "websocket":
            return web.Response(status=426, text="the gateway speaks WebSocket")
        connection = Connection(self.world, self.token, self._heartbeat_interval, request)
        self._connections.add(connection)
        try:
            return await connection.run(query)
        finally:
            self._connections.discard(connection)

    async def _call(self, http: web.BaseRequest, path: str, query: str) -> web.StreamResponse:
        shut_out = self.world.limiter.ban()
        if shut_out > 0:  # the proxy in front of the API answers this, not the API
            return web.Response(status=429, text="error code: 1015", headers={"Retry-After": str(int(shut_out) + 1)})
        request = Request("", path, query=read_query(query))
        headers: dict[str, str] = {}
        try:
            match = _ROUTER.match(http.method, path)
            request.route, request.ids, request.names = match.route, match.ids, match.names
            self._check_token(http, path)
            headers = self.world.limiter.spend(match.route, match.major)
            request.body, request.files = await read_body(http)
        except Refused as refused:
            return self._refuse(http.method, request, refused, headers)
        place = str(match.ids.get("channel_id", ""))
        fault = self.faults.take(match.route, place) if self.faults.planned else None
        if isinstance(fault, Refuse):
            return self._refuse(http.method, request, _planned(fault), headers, planned=True)
        if fault is not None:
            return await spoil(http, fault, partial(self._perform, http.method, request, headers))
        return await self._perform(http.method, request, headers)

    def _check_token(self, http: web.BaseRequest, path: str) -> None:
        if not path.startswith(WITHOUT_TOKEN) and http.headers.get("Authorization") != f"Bot {self.token}":
            raise unauthorized()

    async def _perform(self, method: str, request: Request, headers: dict[str, str]) -> web.Response:
        try:
            answer: Answer = ROUTES[request.route](self.world, request)
        except Refused as refused:
            return self._refuse(method, request, refused, headers)
        if self._checker is not None:
            self._checker.call(method, request, answer.status, answer.body)
        self.calls.note(method, request, self.world.clock.now(), answer.status)
        body = b"" if answer.status == 204 else orjson.dumps(answer.body)
        return _answer(answer.status, body, headers)

    def _refuse(
        self, method: str, request: Request, refused: Refused, headers: dict[str, str], *, planned: bool = False
    ) -> web.Response:
        """An error answer; `planned` ones are a test's own words, and are not held against the description."""
        shared = refused.headers.get("X-RateLimit-Scope") == "shared"
        self.world.limiter.note(refused.status, shared=shared)
        body = refused.as_json()
        if self._checker is not None and request.route and not planned:
            self._checker.call(method, request, refused.status, body)
        self.calls.note(method, request, self.world.clock.now(), refused.status, refused.code, refused.message)
        return _answer(refused.status, orjson.dumps(body), {**headers, **refused.headers})

    def _download(self, path: str, query: str) -> web.Response:
        file = self.world.files.download(path, query)
        if file is None:
            return web.Response(status=404, text="This content is no longer available.")
        return web.Response(body=file.content, content_type=file.media_type)


def _answer(status: int, body: bytes, headers: dict[str, str] | None = None) -> web.Response:
    return web.Response(status=status, body=body or None, headers={**(_JSON if body else _EMPTY), **(headers or {})})


def _planned(fault: Refuse) -> Refused:
    extra: dict[str, Any] = {} if fault.retry_after is None else {"retry_after": fault.retry_after, "global": False}
    after = {} if fault.retry_after is None else {"Retry-After": str(int(fault.retry_after) + 1)}
    return Refused(fault.status, fault.code, fault.message, extra=extra | dict(fault.more or {}), headers=after)
