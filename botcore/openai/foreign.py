"""The errors of the libraries below, translated into our tree at one seam.

A foreign error is never chained: its traceback would hold the headers with the key, and the body with the prompt.
"""

from typing import Final

import aiohttp
import httpx

from botcore import errors
from botcore.openai.redact import scrub

FOREIGN: Final = (
    httpx.HTTPError,
    httpx.InvalidURL,
    httpx.CookieConflict,
    httpx.StreamError,
    aiohttp.ClientError,  # httpx-aiohttp lets through what it has no name for
    OSError,  # with TimeoutError and ssl.SSLError
)
"""Everything that may come out of the libraries below."""
_TIMED_OUT: Final = (httpx.ReadTimeout, httpx.WriteTimeout, TimeoutError)
_NOT_CONNECTED: Final = (
    httpx.TimeoutException,  # connect and pool: the request was not sent
    httpx.NetworkError,
    httpx.RemoteProtocolError,
    httpx.ProxyError,
    aiohttp.ClientConnectionError,
    aiohttp.ClientPayloadError,
    OSError,
)
_OUR_DOING: Final = (httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.LocalProtocolError)


def translate(error: BaseException, *, during: str) -> errors.ApiError:
    """Turn a foreign error into one of our tree: unreachable, timed out, our own fault, or a bad answer."""
    cause = error.__cause__ if isinstance(error.__cause__, aiohttp.ClientError) else error
    what = f"{during}: {type(cause).__name__}: {scrub(str(cause), None, None) or 'no details'}"
    if isinstance(error, _TIMED_OUT) or type(error) is httpx.TimeoutException:
        return errors.ApiTimeout(what)
    if isinstance(error, _NOT_CONNECTED):
        return errors.ApiUnreachable(what)
    if isinstance(error, _OUR_DOING):
        return errors.BadRequest(what)
    return errors.BadResponse(what)
