"""How python-telegram-bot reaches the Bot API: over aiohttp.

The library's own HTTPXRequest spends most of a message's time in httpx's connection pool, whose work grows with the
number of open connections; aiohttp's does not. Errors are translated here, once, and without the URL: it holds the
token.
"""

import asyncio
import json
import re
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from functools import lru_cache
from http import HTTPStatus
from ssl import SSLContext
from typing import Any, Final, cast

import aiohttp
import orjson
from telegram.error import BadRequest, NetworkError
from telegram.request import BaseRequest, RequestData

from botcore_telegram.network import BadAnswer, FloodWait, NotSent, NotSentInTime, Unanswered, UnansweredInTime
from botcore_telegram.redaction import redact, token_in
from botcore_telegram.upload import Upload

_JSON_HEADERS: Final = {"Content-Type": "application/json"}

_KEEP_ALIVE_S: Final = 30.0
"""Shorter than the 75 s after which common front ends (nginx) drop an idle connection, so that a send rarely meets a
connection that is being closed."""

_DNS_TTL_S: Final = 300

_UNTOLD_WAIT_S: Final = 5
"""Seconds to wait after a 429 that does not say how long (a front end's)."""

_PIECE: Final = 1 << 16
"""Bytes of a download that are handed on at once, at most."""

_SUCCESS: Final = re.compile(rb'\s*\{\s*"ok"\s*:\s*true\b')


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds for each phase of a request; None waits for ever. The defaults are HTTPXRequest's, but for `pool`.

    connect: for a connection, TLS included. read: for the answer, and between two pieces of it. write: for each piece
    of an upload (a request without files is written at once). pool: for a free connection.
    """

    connect: float | None = 5.0
    read: float | None = 5.0
    write: float | None = 20.0
    pool: float | None = 10.0


class AiohttpRequest(BaseRequest):
    """A `BaseRequest` on one aiohttp session. Give the bot two: one for getUpdates, one for everything else.

    connections: how many at once (0: no limit); a request beyond them waits up to the pool timeout. proxy: the URL of
    an HTTP proxy. ssl: a TLS context of the operator's own (a private Bot API server's certificate).

    Raises telegram.error.NetworkError in the forms of `botcore_telegram.network`.
    """

    __slots__ = ("_defaults", "_free", "_proxy", "_session", "_ssl")

    def __init__(
        self,
        *,
        connections: int = 256,
        timeouts: Timeouts = Timeouts(),
        proxy: str | None = None,
        ssl: SSLContext | None = None,
    ) -> None:
        self._defaults = timeouts
        self._free = asyncio.Semaphore(connections) if connections else None
        self._proxy = proxy
        self._ssl: SSLContext | bool = ssl or True
        self._session: aiohttp.ClientSession | None = None

    @property
    def read_timeout(self) -> float | None:
        """The default read timeout in seconds."""
        return self._defaults.read

    async def initialize(self) -> None:
        """Open the session; once open, nothing happens. After `shutdown` it may be opened again."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=_KEEP_ALIVE_S, ttl_dns_cache=_DNS_TTL_S),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"User-Agent": self.USER_AGENT},
            )

    async def shutdown(self) -> None:
        """Close the session and its connections; once closed, nothing happens."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """The Bot API's answer as a dict.

        Raises:
            BadAnswer: it is no JSON object. The text is neither logged nor quoted: it may be a proxy's error page with
                the URL in it.
        """
        try:
            answer = orjson.loads(payload)
        except ValueError:
            answer = _read_leniently(payload)
        if not isinstance(answer, dict):
            raise BadAnswer("The answer is not a JSON object")
        return cast("dict[str, Any]", answer)

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: Any = BaseRequest.DEFAULT_NONE,
        write_timeout: Any = BaseRequest.DEFAULT_NONE,
        connect_timeout: Any = BaseRequest.DEFAULT_NONE,
        pool_timeout: Any = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        """One request. Returns the HTTP status and the body.

        Raises:
            NotSent: it never reached the server.
            Unanswered: it may have.
            FloodWait: too many of them.
            BadRequest: it is larger than the server takes.
            RuntimeError: `initialize` was not called.
        """
        session = self._session
        if session is None:
            raise RuntimeError("This AiohttpRequest is not initialized!")
        defaults, unset = self._defaults, BaseRequest.DEFAULT_NONE
        body, headers = self._body(request_data, write_timeout)
        await self._take_connection(defaults.pool if pool_timeout is unset else pool_timeout)
        try:
            response = await session.request(
                method,
                url,
                data=body,
                headers=headers,
                allow_redirects=False,
                proxy=self._proxy,
                ssl=self._ssl,
                timeout=_client_timeout(
                    defaults.connect if connect_timeout is unset else connect_timeout,
                    defaults.read if read_timeout is unset else read_timeout,
                ),
            )
            # read() gives the connection back, or closes it where it fails
            return _checked(method, url, response.status, await response.read())
        except (aiohttp.ClientError, OSError, ValueError) as error:
            failure = _translated(error, url)
        finally:
            if self._free is not None:
                self._free.release()
        # Raised outside the handler: a chained original would print its URL, and the token in it, with every traceback.
        raise failure

    async def download(self, url: str) -> AsyncGenerator[bytes, None]:
        """Stream what is at `url`, as it comes.

        Raises:
            NetworkError: as `do_request`; after the first bytes, too.
            BadRequest: the server does not give it.
            RuntimeError: `initialize` was not called.
        """
        session = self._session
        if session is None:
            raise RuntimeError("This AiohttpRequest is not initialized!")
        await self._take_connection(self._defaults.pool)
        timeout = _client_timeout(self._defaults.connect, self._defaults.read)
        try:
            async with session.get(
                url, allow_redirects=False, proxy=self._proxy, ssl=self._ssl, timeout=timeout
            ) as response:
                if response.status != HTTPStatus.OK:
                    raise BadRequest(f"the file server answered {response.status}")
                async for piece in response.content.iter_chunked(_PIECE):
                    yield piece
                return
        except (aiohttp.ClientError, OSError, ValueError) as error:
            failure = _translated(error, url)
        finally:
            if self._free is not None:
                self._free.release()
        raise failure  # outside the handler, as above

    def _body(
        self, data: RequestData | None, write_timeout: Any
    ) -> tuple[bytes | Upload | None, dict[str, str] | None]:
        if data is None:
            return None, None
        if not data.contains_files:
            return _json_body(data), _JSON_HEADERS
        unset = write_timeout is BaseRequest.DEFAULT_NONE
        upload = Upload(
            data.json_parameters,
            data.multipart_data,
            piece_timeout=self._defaults.write if unset else write_timeout,
        )
        return upload, None

    async def _take_connection(self, patience: float | None) -> None:
        if self._free is None:
            return
        if not self._free.locked():
            await self._free.acquire()
            return
        failed = False
        try:
            async with asyncio.timeout(patience):
                await self._free.acquire()
        except TimeoutError:
            failed = True
        if failed:
            raise NotSentInTime("All connections are in use; the request was not sent")


@lru_cache(maxsize=32)
def _client_timeout(connect: float | None, read: float | None) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(total=None, connect=connect, sock_read=read)


def _json_body(data: RequestData) -> bytes:
    """The parameters as a JSON object: a fraction of the work and of the size of a form for text that is not ASCII."""
    try:
        return orjson.dumps(data.parameters)
    except TypeError:  # lone surrogates, integers beyond 64 bits
        return json.dumps(data.parameters, ensure_ascii=False).encode("utf-8", "replace")


def _read_leniently(payload: bytes) -> Any:
    """As `orjson.loads`, with bytes that are not UTF-8 replaced (the Bot API cuts some texts inside a character)."""
    broken = False
    answer: Any = None
    try:
        answer = json.loads(payload.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        broken = True
    if broken:
        raise BadAnswer("The answer is not JSON")
    return answer


def _checked(method: str, url: str, status: int, body: bytes) -> tuple[int, bytes]:
    """`status` and `body` as the library expects them, whatever stands between us and the Bot API made of them."""
    if status < HTTPStatus.MULTIPLE_CHOICES:
        return (status, body) if method == "GET" else _checked_success(status, body)  # GET: a file's bytes
    if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:  # a front end's page; nothing was processed
        raise BadRequest("Request Entity Too Large")
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        raise FloodWait(_retry_after(body))
    token = token_in(url)
    if token is not None and token.encode() in body:
        body = redact(body.decode("utf-8", "replace"), token).encode()
    return status, body


def _retry_after(body: bytes) -> int:
    """Seconds to wait (https://core.telegram.org/bots/api#responseparameters)."""
    try:
        seconds = orjson.loads(body)["parameters"]["retry_after"]
    except (ValueError, LookupError, TypeError):
        return _UNTOLD_WAIT_S
    return seconds if isinstance(seconds, int) and seconds > 0 else _UNTOLD_WAIT_S


def _checked_success(status: int, body: bytes) -> tuple[int, bytes]:
    if _SUCCESS.match(body):
        return status, body
    answer = AiohttpRequest.parse_json_payload(body)
    if answer.get("ok") is False:
        code = answer.get("error_code")
        return code if isinstance(code, int) and code >= HTTPStatus.BAD_REQUEST else HTTPStatus.BAD_REQUEST, body
    if "result" not in answer:
        raise BadAnswer("The answer has no result")
    return status, body


def _translated(error: Exception, url: str) -> NetworkError:
    said = f"aiohttp.{type(error).__name__}: {redact(str(error), token_in(url))}"
    match error:
        case aiohttp.ConnectionTimeoutError():
            return NotSentInTime(said)
        case (
            aiohttp.ClientConnectorError()
            | aiohttp.ClientConnectorCertificateError()
            | aiohttp.ClientHttpProxyError()
            | aiohttp.InvalidURL()
            | aiohttp.NonHttpUrlClientError()
        ):
            return NotSent(said)
        case TimeoutError():
            return UnansweredInTime(said)
        case _:
            return Unanswered(said)
