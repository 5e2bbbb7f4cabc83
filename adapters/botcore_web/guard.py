"""The door: an ASGI application around the chat that sees every request before NiceGUI does."""

import html
import math
import re
import secrets
from collections.abc import Callable, Iterable, MutableMapping
from typing import Any
from urllib.parse import parse_qs

from botcore_web.answers import FIXED, App, Receive, Scope, Send, answer, say
from botcore_web.login import Pass, Tries, onward, page
from botcore_web.policy import Policy, Refused
from botcore_web.transfer import Transfer

FORM_MOST = 4_096  # bytes of a login form

_SCRIPT = re.compile(rb"<script(?=[\s>])")


def content_policy(nonce: str, host: str) -> str:
    """The Content-Security-Policy of the page.

    'unsafe-eval' is NiceGUI's (Vue compiles templates in the browser, NiceGUI evaluates its messages), 'unsafe-inline'
    for styles Quasar's. Inline scripts and event handlers that came in with a message do not run: they lack the nonce.
    Safari before 15.4 does not count web sockets as 'self', so they are named.
    """
    return (
        f"default-src 'none'; script-src 'self' 'nonce-{nonce}' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
        f"img-src 'self' data: blob:; media-src 'self' blob:; font-src 'self' data:; "
        f"connect-src 'self' ws://{host} wss://{host}; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
    )


class Guard:
    """Lets a request through where `policy` and, with a token, the cookie allow; serves login and files itself."""

    def __init__(self, app: App, *, policy: Policy, door: Pass | None, transfer: Transfer, title: str) -> None:
        self._app = app
        self._policy = policy
        self._door = door
        self._transfer = transfer
        self._title = html.escape(title)
        self._tries = Tries()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer or pass on one connection."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        path, method = str(scope["path"]), str(scope.get("method", "GET"))
        refused = self._policy.refuse(scope["type"], method, path, headers)
        if refused is None and sum(name == b"host" for name, _ in scope["headers"]) > 1:
            refused = Refused(400, "This request has two Host headers.")
        if refused is None and self._door is not None and await self._login(self._door, scope, receive, send, headers):
            return
        if refused is not None:
            await _refuse(scope, send, refused)
        elif scope["type"] == "http" and path == "/upload":
            await self._transfer.upload(scope, headers, receive, send)
        elif scope["type"] == "http" and path.startswith("/files/"):
            await self._transfer.download(path.removeprefix("/files/"), headers, send)
        else:
            await self._pass_on(scope, receive, send, headers["host"])

    # ---- the token ----

    async def _login(self, door: Pass, scope: Scope, receive: Receive, send: Send, headers: dict[str, str]) -> bool:
        """Whether the connection was dealt with here: it has no cookie, or it brings the token."""
        path, method = scope["path"], scope.get("method")
        token = parse_qs(scope["query_string"].decode("latin-1")).get("token")
        if scope["type"] == "http" and method == "GET" and path == "/" and token:
            await self._try(door, token[0], scope, send)
        elif scope["type"] == "http" and method == "POST" and path == "/login":
            form = await _body(receive, FORM_MOST)
            await self._try(door, (parse_qs(form.decode("latin-1")).get("token") or [""])[0], scope, send)
        elif door.holds(headers.get("cookie", "")):
            return False
        elif scope["type"] == "http" and path in {"/", "/login"}:
            # A link on another site opened the page: the browser withheld our cookie. Ask again from our own page.
            foreign = headers.get("sec-fetch-site") == "cross-site"
            await self._page(send, 200 if foreign else 401, onward if foreign else None)
        else:
            await _refuse(scope, send, Refused(401, "This needs the access token: log in at / first."))
        return True

    async def _try(self, door: Pass, token: str, scope: Scope, send: Send) -> None:
        address = str((scope.get("client") or ("",))[0])
        if (wait := self._tries.wait(address)) > 0:
            wrong = f"Too many wrong tokens. Try again in {math.ceil(wait)} seconds."
            await self._page(send, 429, wrong=wrong, fields=[(b"retry-after", str(math.ceil(wait)).encode())])
        elif door.admits(token):
            cookie = door.issue(secure=scope.get("scheme") == "https")
            await self._page(send, 200, onward, fields=[(b"set-cookie", cookie.encode())])
        else:
            self._tries.wrong(address)
            await self._page(send, 401, wrong="That is not the token.")

    async def _page(
        self,
        send: Send,
        status: int,
        make: Callable[[str], str] | None = None,
        *,
        wrong: str = "",
        fields: Iterable[tuple[bytes, bytes]] = (),
    ) -> None:
        nonce = secrets.token_urlsafe(16)
        text = make(nonce) if make else page(self._title, nonce, wrong=wrong)
        policy = f"default-src 'none'; style-src 'nonce-{nonce}'; form-action 'self'; frame-ancestors 'none'"
        more = [
            (b"content-type", b"text/html; charset=utf-8"),
            (b"content-security-policy", policy.encode()),
            (b"cache-control", b"no-store"),
            *fields,
        ]
        await answer(send, status, text.encode(), more)

    # ---- the chat ----

    async def _pass_on(self, scope: Scope, receive: Receive, send: Send, host: str) -> None:
        """Hand the request to NiceGUI; put the headers on the answer and the nonce on the page's own scripts."""
        unwanted = {b"x-forwarded-prefix"}  # NiceGUI writes it into the page
        if scope["path"] == "/":
            unwanted.add(b"accept-encoding")  # the page is rewritten below
        scope["headers"] = [(name, value) for name, value in scope["headers"] if name.lower() not in unwanted]
        if scope["type"] == "websocket":
            await self._app(scope, receive, send)
            return
        await self._app(scope, receive, _Dressed(send, scope["path"], host))


class _Dressed:
    """Sends an answer on with our headers; a page of HTML is held until it is whole and gets its nonces."""

    def __init__(self, send: Send, path: str, host: str) -> None:
        self._send = send
        self._path = path
        self._nonce = secrets.token_urlsafe(16)
        self._policy = content_policy(self._nonce, host).encode()
        self._start: MutableMapping[str, Any] | None = None
        self._body = b""

    async def __call__(self, message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            own = {name for name, _ in FIXED} | {b"content-security-policy"}
            kept = [(name.lower(), value) for name, value in message["headers"] if name.lower() not in own]
            if "/esm/" in self._path or "/components/" in self._path:  # ours: their addresses outlive an upgrade
                kept = [field for field in kept if field[0] != b"cache-control"] + [(b"cache-control", b"no-cache")]
            message["headers"] = [*kept, *FIXED, (b"content-security-policy", self._policy)]
            if dict(kept).get(b"content-type", b"").startswith(b"text/html"):
                self._start = message
                return
        if self._start is None or message["type"] != "http.response.body":
            await self._send(message)
            return
        self._body += message.get("body", b"")
        if message.get("more_body", False):
            return
        body = _SCRIPT.sub(b'<script nonce="%s"' % self._nonce.encode(), self._body)
        kept = [field for field in self._start["headers"] if field[0] != b"content-length"]
        self._start["headers"] = [*kept, (b"content-length", str(len(body)).encode())]
        start, self._start = self._start, None
        await self._send(start)
        await self._send({"type": "http.response.body", "body": body})


async def _refuse(scope: Scope, send: Send, refused: Refused) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008, "reason": refused.line})  # before accept: HTTP 403
        return
    await say(send, refused.status, refused.line)


async def _body(receive: Receive, most: int) -> bytes:
    """A request's body, cut off at `most` bytes."""
    body = b""
    while True:
        message = await receive()
        body += bytes(message.get("body", b""))
        if message["type"] == "http.disconnect" or not message.get("more_body", False) or len(body) > most:
            return body[:most]
