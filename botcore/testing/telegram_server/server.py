"""The HTTP side: `/bot<token>/<method>`, `/file/bot<token>/<path>` and the control pages."""

import re
from functools import partial
from typing import Self
from urllib.parse import unquote

import orjson
from aiohttp import web

from botcore.testing.server.clock import Clock
from botcore.testing.server.control import PREFIX
from botcore.testing.server.faults import spoil
from botcore.testing.server.listener import Listener
from botcore.testing.telegram_server.control import Control
from botcore.testing.telegram_server.description import BotApi
from botcore.testing.telegram_server.faults import Refuse
from botcore.testing.telegram_server.files import MAX_UPLOAD
from botcore.testing.telegram_server.limits import Limits
from botcore.testing.telegram_server.methods import METHODS
from botcore.testing.telegram_server.model import Json
from botcore.testing.telegram_server.params import Params
from botcore.testing.telegram_server.refusals import Refused, not_found
from botcore.testing.telegram_server.stage import SIMULATED_TOKEN, Stage
from botcore.testing.telegram_server.updates import Update
from botcore.testing.telegram_server.webhook import Webhook
from botcore.testing.telegram_server.wire import read_params

_TOKEN = re.compile(r"[1-9]\d*:[A-Za-z0-9_-]+")
_JSON = {"Content-Type": "application/json"}
_MAX_LINE = 1 << 19  # bytes of a request line: everything may be sent as a query


class TelegramServer(Stage):
    """A simulated Telegram with one bot, listening on loopback.

    ```python
    async with telegram_server(limits=Limits.none()) as telegram:
        ada = telegram.user("Ada", language="en")
        ...  # start the bot with telegram.url or telegram.base_url, and telegram.token
        await ada.says("hi")
        assert (await telegram.bot.answers(ada)).text == "Hello Ada"
    ```

    Args:
        token: what the bot must call itself with; the digits before the colon are its user id.
        bot_name: its first name.
        bot_username: its user name, without the @.
        limits: flood control; `Limits.real()` by default, `Limits.none()` for tests of other things and benchmarks.
        clock: the source of time for dates, flood control and links; a `ManualClock` makes waiting unnecessary.
        record: how many calls to remember; 0 switches recording off.
        keep: how many messages to remember in each chat.
        reads_all_messages: privacy mode is off: the bot sees everything in its groups.
        mentions_pass_privacy: with privacy mode on, deliver messages that mention the bot, too.
        description: where given, every call, answer and update is checked against it; see `violations`.
        host: address to listen on.
        port: port to listen on; 0 takes a free one.
    """

    def __init__(
        self,
        *,
        token: str = SIMULATED_TOKEN,
        bot_name: str = "Helper",
        bot_username: str = "helper_bot",
        limits: Limits | None = None,
        clock: Clock | None = None,
        record: int = 10_000,
        keep: int = 10_000,
        reads_all_messages: bool = False,
        mentions_pass_privacy: bool = False,
        description: BotApi | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        super().__init__(
            token=token,
            bot_name=bot_name,
            bot_username=bot_username,
            limits=limits,
            clock=clock,
            record=record,
            keep=keep,
        )
        self.world.reads_all_messages = reads_all_messages
        self.world.mentions_pass_privacy = mentions_pass_privacy
        self.violations: list[str] = []
        self._description = description
        if description is not None:
            self.world.updates.on_update = self._check_update
        self._webhook = Webhook(self.world)
        self._control = Control(self)
        self._listener = Listener(self._handle, host, port, max_body=MAX_UPLOAD, max_line=_MAX_LINE)

    @property
    def url(self) -> str:
        """The root below which /bot<token>/<method> and /file/bot<token>/<path> lie."""
        return self._listener.origin

    @property
    def base_url(self) -> str:
        """What python-telegram-bot calls base_url."""
        return f"{self.url}/bot"

    @property
    def base_file_url(self) -> str:
        """What python-telegram-bot calls base_file_url."""
        return f"{self.url}/file/bot"

    async def start(self) -> Self:
        """Listen.

        Raises:
            OSError: where the port is taken.
        """
        await self._listener.start()
        return self

    async def stop(self) -> None:
        """Let go of everything held, close the connections, and stop listening."""
        self.faults.clear()
        self.world.updates.wake_poll()
        await self._webhook.stop()
        await self._listener.stop()

    async def __aenter__(self) -> Self:
        return await self.start()

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        path, _, query = request.raw_path.partition("?")
        if path.startswith("/bot"):
            token, _, method = path[4:].partition("/")
            return await self._call(request, unquote(token), unquote(method), query)
        if path.startswith("/file/bot"):
            token, _, name = path[9:].partition("/")
            return self._download(unquote(token), unquote(name))
        if path == PREFIX or path.startswith(PREFIX + "/"):
            return await self._control.handle(request, path, query)
        return _answer(404, orjson.dumps(not_found().as_json()))

    def _check_token(self, token: str) -> None:
        if token != self.token:
            raise Refused(401, "Unauthorized") if _TOKEN.fullmatch(token) else not_found()

    async def _call(self, request: web.BaseRequest, token: str, method: str, query: str) -> web.StreamResponse:
        params = Params({})
        try:
            self._check_token(token)
            params = await read_params(request, query)
            method = method or params.text("method")
        except Refused as refused:
            return self._refuse(method, params, refused)
        fault = self.faults.take(method, params.text("chat_id")) if self.faults.planned else None
        if isinstance(fault, Refuse):
            after = {"retry_after": fault.retry_after} if fault.retry_after is not None else None
            return self._refuse(method, params, Refused(fault.status, fault.description, after))
        if fault is not None:
            return await spoil(request, fault, partial(self._perform, method, params))
        return await self._perform(method, params)

    async def _perform(self, method: str, params: Params) -> web.Response:
        try:
            body = await self._result(method, params)
        except Refused as refused:
            return self._refuse(method, params, refused)
        self.calls.note(method, params, self.world.clock.now(), 200)
        return _answer(200, b'{"ok":true,"result":' + body + b"}")

    async def _result(self, method: str, params: Params) -> bytes:
        name = method.lower()
        if name == "getupdates":
            return await self.world.updates.fetch(params)
        plain = METHODS.get(name)
        if plain is not None:
            result = plain(self.world, params)
        elif name == "setwebhook":
            result = await self._webhook.set(params)
        elif name == "deletewebhook":
            result = await self._webhook.delete(params)
        elif name == "getwebhookinfo":
            result = self._webhook.info()
        else:
            raise not_found()
        if self._description is not None:
            given = {**params.values, **dict.fromkeys(params.uploads, b"")}
            self.violations += self._description.check_call(method, given)
            self.violations += self._description.check_result(method, result)
        return orjson.dumps(result)

    def _refuse(self, method: str, params: Params, refused: Refused) -> web.Response:
        self.calls.note(method, params, self.world.clock.now(), refused.code, refused.description)
        answer = _answer(refused.code, orjson.dumps(refused.as_json()))
        if refused.parameters and "retry_after" in refused.parameters:
            answer.headers["Retry-After"] = str(refused.parameters["retry_after"])
        return answer

    def _download(self, token: str, name: str) -> web.Response:
        try:
            self._check_token(token)
        except Refused as refused:
            return _answer(refused.code, orjson.dumps(refused.as_json()))
        file = self.world.files.download(name)
        if file is None:
            return _answer(404, orjson.dumps(not_found().as_json()))
        return web.Response(body=file.content, content_type="application/octet-stream")

    def _check_update(self, _update: Update, payload: Json) -> None:
        if self._description is not None:
            self.violations += self._description.check_object("Update", payload)


def _answer(status: int, body: bytes) -> web.Response:
    return web.Response(status=status, body=body, headers=_JSON)
