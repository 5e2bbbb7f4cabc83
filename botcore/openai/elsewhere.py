"""Reads what an answer links to. The key goes along only to the API's own origin."""

import asyncio
from dataclasses import replace

from botcore import errors
from botcore.openai.call import Call, Endpoint
from botcore.openai.exchange import Reply
from botcore.openai.transport import Transport

LINK = Endpoint("images.fetch", "GET", "")


async def fetch(transport: Transport, url: str, *, most: int | None) -> bytes:
    """Give what a URL of an answer holds, at most `most` bytes, or `ApiSettings.max_body_bytes`.

    Raises `NotFound` if it is gone or expired, `BadResponse` if it is no http(s) URL, leads to another host or holds a
    web page, and what any call raises.
    """
    try:
        settings = replace(transport.settings, base_url=url)
    except errors.ConfigError:
        settings = None
    if settings is None:
        raise errors.BadResponse(f"{LINK}: the answer links to something that is no http(s) URL")
    # Reading the certificate authorities takes up to 40 ms, in which the loop would stand still.
    there = await asyncio.to_thread(Transport, settings)
    if there.origin != transport.origin:
        await there.aclose()
        there = await asyncio.to_thread(Transport, replace(settings, api_key=None, organization=None, project=None))
    reply: Reply | None = None
    try:
        reply = await there.send(Call(LINK, accept="*/*", most=most))
    except (errors.EndpointMissing, errors.NotFound, errors.AuthFailed):
        pass  # told below, outside, where the answer's own words are not chained to it
    finally:
        await there.aclose()
    if reply is None:
        raise errors.NotFound(f"{LINK}: the link in the answer leads nowhere, or has expired")
    if reply.headers.get("content-type", "").lower().startswith("text/html"):
        raise reply.bad("a web page instead of the linked file")
    return reply.content
