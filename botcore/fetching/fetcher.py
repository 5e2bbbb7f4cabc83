"""The fetcher: one URL, its redirects, and what is at the end of them."""

import asyncio
import logging
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final

import aiohttp

from botcore.config.sections import FetchSettings
from botcore.fetching.addresses import Address, literal
from botcore.fetching.resolving import Pinned, Resolve, SystemNames, sockets_for
from botcore.fetching.rules import Refused, Rules, Target, shown

log = logging.getLogger(__name__)

_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_HEADERS: Final = {"Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": "botcore"}
TOO_SLOW: Final = "That link took too long."
UNREACHABLE: Final = "I cannot reach that link."


class Download:
    """What a URL led to: iterate over it for its bytes, in pieces as they come.

    `url` is the last one, after redirects; `media_type` is the server's word, in lower case and without parameters;
    `size` in bytes is too, None where it says none. Neither is to be trusted; more than the limit never comes.
    """

    def __init__(self, response: aiohttp.ClientResponse, *, most: int, deadline: float, silence: float) -> None:
        self._response = response
        self._most = most
        self._deadline = deadline
        self._silence = silence
        self.url = response.url
        self.media_type = response.content_type.lower()
        self.size = response.content_length

    async def __aiter__(self) -> AsyncIterator[bytes]:
        come = 0
        while chunk := await self._next():
            come += len(chunk)
            if come > self._most:
                raise too_large(self._most)
            yield chunk

    async def _next(self) -> bytes:
        try:
            async with _until(self._deadline, self._silence):
                return await self._response.content.readany()
        except TimeoutError:
            raise Refused(TOO_SLOW, "it came too slowly") from None
        except (aiohttp.ClientError, OSError) as error:
            raise Refused("That link broke off in the middle.", f"broken: {type(error).__name__}") from None


class Fetcher:
    """Fetches URLs that others supplied. It holds nothing open between two downloads.

    `origins` are URLs whose scheme, host and port are allowed wherever they lead: the API's own, as the operator set
    it. `resolve` and `tls` replace the system's name service and certificate authorities.
    """

    def __init__(
        self,
        settings: FetchSettings | None = None,
        *,
        origins: Iterable[str] = (),
        resolve: Resolve | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._settings = settings or FetchSettings()
        self._rules = Rules(self._settings, origins)
        self._resolve = resolve or SystemNames()
        self._tls = tls

    async def download(self, url: str, *, most: int) -> AsyncIterator[bytes]:
        """Stream what a URL leads to, `most` bytes at most. Raises Unsuitable, with a sentence for the person."""
        async with self.open(url, most=most) as found:
            async for chunk in found:
                yield chunk

    @asynccontextmanager
    async def open(self, url: str, *, most: int) -> AsyncGenerator[Download]:
        """Fetch a URL; `most` bytes at most come of it. Raises Unsuitable, at the start and while it is read.

        Everything together may take `fetch.seconds`; each silence, and each redirect, `fetch.silence_seconds`.
        """
        try:
            async with AsyncExitStack() as stack:
                yield await self._open(url, most, stack)
        except Refused as error:
            log.warning("not fetched: %s: %s", shown(url), error.why)
            raise

    async def _open(self, url: str, most: int, stack: AsyncExitStack) -> Download:
        deadline = asyncio.get_running_loop().time() + self._settings.seconds
        target = self._rules.target(url)
        for _ in range(self._settings.redirects + 1):
            async with AsyncExitStack() as hop:
                response = await self._hop(target, deadline, hop)
                if response.status not in _REDIRECTS:
                    _check(response, most)
                    stack.push_async_exit(hop.pop_all())
                    silence = self._settings.silence_seconds
                    return Download(response, most=most, deadline=deadline, silence=silence)
                target = self._rules.target(response.headers.get("Location", ""), base=target)
        raise Refused("That link leads on to too many others.", f"more than {self._settings.redirects} redirects")

    async def _hop(self, target: Target, deadline: float, stack: AsyncExitStack) -> aiohttp.ClientResponse:
        """Ask one URL, without following where it redirects to."""
        try:
            async with _until(deadline, self._settings.silence_seconds):
                addresses = await self._addresses(target)
                session = await stack.enter_async_context(self._session(addresses))
                return await stack.enter_async_context(session.get(target.url, allow_redirects=False))
        except TimeoutError:
            raise Refused(TOO_SLOW, "no answer in time") from None
        except (aiohttp.ClientError, OSError) as error:
            raise Refused(UNREACHABLE, f"unreachable: {type(error).__name__}") from None

    async def _addresses(self, target: Target) -> Sequence[Address]:
        """Where the target's host is: asked for once, checked, and used for the connection as it was checked."""
        written = literal(target.host) if not target.trusted else None
        if written is not None:
            return self._rules.addresses(target, [str(written)])
        try:
            found = await self._resolve(target.host, target.port)
        except (OSError, UnicodeError):
            found = ()
        if not found:
            raise Refused("I cannot find the host of that link.", "no address")
        return self._rules.addresses(target, found)

    def _session(self, addresses: Sequence[Address]) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(
            resolver=Pinned(addresses),
            use_dns_cache=False,
            force_close=True,
            socket_factory=sockets_for(addresses),
            ssl=self._tls or True,
        )
        return aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            headers=_HEADERS,
            trust_env=False,
            auto_decompress=False,
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=None, sock_read=None),
        )


def too_large(most: int) -> Refused:
    """What is said of something that has more bytes than are taken."""
    return Refused(f"What that link leads to is too large: I take at most {most / 1e6:.1f} MB.", f"over {most} bytes")


def _check(response: aiohttp.ClientResponse, most: int) -> None:
    if response.status != 200:
        raise Refused(f"That link does not work: its server answered with {response.status}.", f"{response.status}")
    if response.headers.get("Content-Encoding", "identity").strip().lower() not in {"", "identity"}:
        raise Refused("That link sends something packed, which I do not unpack.", "packed content")
    if response.content_length is not None and response.content_length > most:
        raise too_large(most)


def _until(deadline: float, silence: float) -> asyncio.Timeout:
    return asyncio.timeout_at(min(deadline, asyncio.get_running_loop().time() + silence))
