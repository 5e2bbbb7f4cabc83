"""httpx on top of aiohttp's connections.

httpx's own pool walks over all connections for every request: at 200 outstanding requests a bot on it reached a tenth
of the throughput (docs of this project, "Performance"). aiohttp's pool does not.
"""

import ipaddress
import ssl
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport

from botcore.errors import ConfigError
from botcore.openai.settings import ApiSettings, api_root

_KEEP_ALIVE = 60.0  # seconds; a connection that the server closed meanwhile costs one repeated attempt
_DNS_CACHE = 300  # seconds


def aiohttp_backed(settings: ApiSettings) -> AiohttpTransport:
    """Build the transport: as many connections as there are streams, kept alive, names cached.

    The session is made with the first request, because it belongs to the event loop that then runs.
    """
    root, _ = api_root(settings.base_url)
    # Loading the certificate authorities takes 20 to 40 ms, for which a local http:// server has no use. A bare client
    # context verifies too, it only trusts nobody.
    context = httpx.create_ssl_context() if root.startswith("https:") else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    proxy = settings.proxy or environment_proxy(root)

    def session() -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=0, limit_per_host=0, keepalive_timeout=_KEEP_ALIVE, ttl_dns_cache=_DNS_CACHE, ssl=context
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
        )

    return AiohttpTransport(verify=context, client=session, proxy=_proxy(proxy) if proxy else None)


def environment_proxy(root: str) -> str | None:
    """Give the proxy that the environment sets for this URL, or None; a loopback address never has one."""
    parts = urlsplit(root)
    host = parts.hostname or ""
    if _is_loopback(host) or proxy_bypass(host):
        return None
    proxies = getproxies()
    return proxies.get(parts.scheme) or proxies.get("all")


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _proxy(url: str) -> httpx.Proxy:
    if urlsplit(url).scheme not in {"http", "https"}:
        raise ConfigError("proxy: only http:// and https:// proxies are supported; set the API's proxy or NO_PROXY")
    return httpx.Proxy(url)
