"""The one place that talks httpx: requests out, answers and translated errors in."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final, TypeVar

import httpx

from botcore import errors
from botcore.openai import classify, codec
from botcore.openai.call import Body, Call, Endpoint, Payload
from botcore.openai.capabilities import Capabilities
from botcore.openai.connection import aiohttp_backed
from botcore.openai.exchange import Exchange, Reply
from botcore.openai.foreign import FOREIGN, translate
from botcore.openai.limits import request_id
from botcore.openai.outgoing import Outgoing
from botcore.openai.redact import scrub
from botcore.openai.retry import persist
from botcore.openai.secret import Secret
from botcore.openai.settings import ApiSettings, api_root

Result = TypeVar("Result")

_WRITTEN_AT_ONCE: Final = 64 * 1024  # bytes; smaller bodies fit the socket's buffers, and no write can stall
_REDIRECTS: Final = 3  # within the own origin


class Transport:
    """Sends calls to one server. `http` replaces what is below httpx, for tests and benchmarks."""

    def __init__(self, settings: ApiSettings, *, http: httpx.AsyncBaseTransport | None = None) -> None:
        self.settings = settings
        self.capabilities = Capabilities(forget_after=settings.missing_for)
        self._root, self._query = api_root(settings.base_url)
        self.origin = origin(httpx.URL(self._root))
        self._agent = _agent()
        self._urls: dict[str, httpx.URL] = {}  # of the endpoints without an id; parsing a URL takes 20 us
        times = settings.timeouts
        timeout = httpx.Timeout(connect=times.connect, read=times.read, write=times.write, pool=times.pool)
        self._extensions = {"timeout": timeout.as_dict()}
        self._http = httpx.AsyncClient(
            transport=http or aiohttp_backed(settings), follow_redirects=False, trust_env=False, timeout=timeout
        )

    def __repr__(self) -> str:
        return f"Transport({self._root!r})"

    async def aclose(self) -> None:
        """Close all connections."""
        await self._http.aclose()

    async def send(self, call: Call, *, attempts: int | None = None) -> Reply:
        """Send a call, repeating it as the settings say, and read its whole answer. Raises `ApiError`."""

        async def exchange() -> Reply:
            async with await self.open(call) as opened:
                return Reply(call, opened.status, opened.headers, await opened.read())

        return await self.persist(call.endpoint, exchange, attempts=attempts, body=call.payload)

    def expect(self, reply: Reply, name: str) -> codec.JsonObject:
        """Read a JSON object that has to have the named field.

        Raises `BadResponse`, or the classified error where a success turns out to carry an error object.
        """
        value: Any = None
        fault = f"an answer that is not JSON ({reply.headers.get('content-type', 'of no stated type')})"
        with suppress(ValueError):
            value = codec.decode(reply.content)
            fault = f"an answer without {name!r}"
        if isinstance(value, dict) and name in value:
            return value
        if isinstance(value, dict) and value.get("error"):
            raise classify.from_object(value, reply.headers, call=reply.call, key=self.settings.api_key)
        raise reply.bad(fault)

    async def persist(
        self,
        endpoint: Endpoint,
        attempt: Callable[[], Awaitable[Result]],
        *,
        attempts: int | None = None,
        body: Body | None = None,
    ) -> Result:
        """Repeat an attempt as the settings say, and remember whether the server has the endpoint.

        Raises `EndpointMissing` without asking if it lately had not; otherwise the last attempt's `ApiError`.
        """
        self.capabilities.require(endpoint)
        try:
            result = await persist(attempt, endpoint=endpoint, settings=self.settings, attempts=attempts, body=body)
        except errors.EndpointMissing:
            self.capabilities.note_missing(endpoint)
            raise
        self.capabilities.note_present(endpoint)
        return result

    async def open(self, call: Call) -> Exchange:
        """Send a call once and give its answer while the body is still to come.

        Raises the classified `ApiError` if the answer is no success. A redirect is followed only within the server's
        own origin, because the key goes with it.
        """
        url = self._url(call)
        method = call.endpoint.method
        for _ in range(_REDIRECTS):
            exchange = await self._exchange(call, method, url)
            if 200 <= exchange.status < 300:
                return exchange
            try:
                location = exchange.headers.get("location") if 300 <= exchange.status < 400 else None
                if location is None:
                    raise await self._failure(exchange)
                url = self._redirected(exchange, url, location)
            finally:
                await exchange.aclose()
        raise errors.BadResponse(f"{call.endpoint}: redirected more than {_REDIRECTS} times")

    async def _exchange(self, call: Call, method: str, url: httpx.URL) -> Exchange:
        payload = call.payload  # what it holds stays out of this frame: tracebacks may show local variables
        pieces = None if payload is None or _at_once(payload) else await payload.open()
        outgoing = Outgoing(pieces, self.settings.timeouts.write, payload.progress) if payload and pieces else None
        response: httpx.Response | None = None
        try:
            async with asyncio.timeout(None) as watch:  # set by the upload, while it waits for the server
                body = outgoing.watched(watch) if outgoing else None
                response = await self._http.send(self._request(call, method, url, body), stream=True)
        except FOREIGN as error:
            failure = translate(error, during=f"{call.endpoint} at {self.origin}")
        else:
            return Exchange(response, call, self.settings.max_body_bytes, outgoing)
        finally:
            if outgoing:
                outgoing.unwatched()
                if response is None:
                    outgoing.close()
        raise (outgoing and outgoing.failure) or failure

    def _request(self, call: Call, method: str, url: httpx.URL, outgoing: Outgoing | None) -> httpx.Request:
        headers = {
            "accept": "text/event-stream" if call.stream else call.accept,
            "accept-encoding": "gzip, deflate" if call.accept == "application/json" and not call.stream else "identity",
            "user-agent": self._agent,
        }
        settings = self.settings
        if settings.api_key:
            headers["authorization"] = f"Bearer {settings.api_key.reveal()}"
        if settings.organization:
            headers["openai-organization"] = settings.organization
        if settings.project:
            headers["openai-project"] = settings.project
        content: bytes | Outgoing | None = outgoing
        if payload := call.payload:
            headers["content-type"] = payload.media_type
            if isinstance(payload, Payload) and not outgoing:
                content = payload.content
        if outgoing and outgoing.size is not None:
            headers["content-length"] = str(outgoing.size)
        return httpx.Request(method, url, headers=headers, content=content, extensions=self._extensions)

    def _url(self, call: Call) -> httpx.URL:
        path = call.path
        url = None if call.query else self._urls.get(path)
        if url is None:
            query = "&".join(filter(None, (self._query, call.search)))
            url = httpx.URL(f"{self._root}{path}{'?' if query else ''}{query}")
            if not (call.endpoint.of_item or call.query):
                self._urls[path] = url
        return url

    def _redirected(self, exchange: Exchange, url: httpx.URL, location: str) -> httpx.URL:
        try:
            target = url.join(location)
        except httpx.InvalidURL:
            target = None
        call = exchange.call
        if target is None:
            problem = "redirected to something that is no URL"
        elif origin(target) != self.origin:
            elsewhere = scrub(origin(target), self.settings.api_key, call.payload)
            problem = f"redirected to {elsewhere}: not followed, the key stays with {self.origin}; check the base URL"
        elif call.payload and not call.payload.repeatable:
            problem = "redirected, and what was sent can be read only once; check the base URL"
        elif call.endpoint.method == "GET" or exchange.status in {307, 308}:
            return target
        else:
            problem = f"redirected with {exchange.status}, which would lose the request; check the base URL"
        raise errors.BadResponse(
            f"{call.endpoint}: {problem}", status=exchange.status, request_id=request_id(exchange.headers)
        )

    async def _failure(self, exchange: Exchange) -> errors.ApiError:
        key: Secret | None = self.settings.api_key
        try:
            body = codec.decode(await exchange.read())
        except (errors.ApiError, ValueError):
            body = None  # an HTML page of a proxy, or a body that broke off: the status says enough
        return classify.from_response(exchange.status, exchange.headers, body, call=exchange.call, key=key)


def _at_once(payload: Body) -> bool:
    return isinstance(payload, Payload) and len(payload.content) <= _WRITTEN_AT_ONCE


def origin(url: httpx.URL) -> str:
    """Give scheme, host and port."""
    port = url.port or {"http": 80, "https": 443}.get(url.scheme, 0)
    return f"{url.scheme}://{url.host}:{port}"


def _agent() -> str:
    try:
        return f"botcore/{version('botcore-framework')}"
    except PackageNotFoundError:  # run from a checkout that was never installed
        return "botcore"
