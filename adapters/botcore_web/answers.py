"""What every HTTP answer of ours has in common."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, TypeAlias

Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers: TypeAlias = list[tuple[bytes, bytes]]

FIXED: Headers = [
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    # not no-referrer: with that, browsers post our own login form with "Origin: null"
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(self), payment=(), usb=()"),
]


def dressed(fields: Headers, length: int) -> Headers:
    """The headers of an answer of `length` bytes. Without a policy in `fields`, it may do nothing at all."""
    names = {name for name, _ in fields}
    default: Headers = [(b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'")]
    more = [field for field in default if field[0] not in names]
    return [*fields, *FIXED, *more, (b"content-length", str(length).encode())]


async def answer(send: Send, status: int, body: bytes, fields: Headers) -> None:
    """Send a whole answer."""
    await send({"type": "http.response.start", "status": status, "headers": dressed(fields, len(body))})
    await send({"type": "http.response.body", "body": body})


async def say(send: Send, status: int, line: str, fields: Headers | None = None) -> None:
    """Send one line of text."""
    await answer(send, status, f"{line}\n".encode(), [(b"content-type", b"text/plain; charset=utf-8"), *(fields or [])])
