"""The door, over raw HTTP: names, foreign pages, the token, and the headers of every answer."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from botcore_web.login import DAYS, PERIOD, TRIES, Pass, Tries
from botcore_web.policy import Policy

if TYPE_CHECKING:
    from botcore_web import WebAdapter
    from tests.web.conftest import Serve

TOKEN = "not-a-real-token-0123"
SOCKET = "/_nicegui_ws/socket.io/?EIO=4&transport=websocket"
POLLING = "/_nicegui_ws/socket.io/?EIO=4&transport=polling"


async def ask(
    http: aiohttp.ClientSession, web: WebAdapter, path: str = "/", method: str = "GET", **headers: str
) -> tuple[int, str]:
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    async with http.request(method, web.url + path, headers=fields, allow_redirects=False) as response:
        return response.status, await response.text()


async def shakes_hands(http: aiohttp.ClientSession, web: WebAdapter, **headers: str) -> bool:
    """Whether the web socket opens."""
    upgrade = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }
    async with http.get(web.url + SOCKET, headers=upgrade | headers) as response:
        assert response.status in {101, 403}
        return response.status == 101


# ---- names ----


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "localhost:9000", "[::1]:80", "LOCALHOST"])
async def test_the_page_opens_by_its_own_names(serve: Serve, http: aiohttp.ClientSession, host: str) -> None:
    status, page = await ask(http, await serve(), Host=host)
    assert status == 200
    assert "botcore_chat.js" in page


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:8080", "127.0.0.1.evil.example", "localhost.evil.example", "10.0.0.1", "",
     "user@127.0.0.1", "127.0.0.1/x", "127.0.0.1:port", "[::1", "0.0.0.0"],
)  # fmt: skip
async def test_a_rebound_name_is_turned_away(serve: Serve, http: aiohttp.ClientSession, host: str) -> None:
    web = await serve()
    for path in ("/", "/_nicegui_ws/socket.io/", "/files/00", POLLING):
        status, line = await ask(http, web, path, Host=host)
        assert status in {400, 421}  # 400: the server itself refuses a Host that is none
        assert status == 400 or line.count("\n") == 1
    assert not await shakes_hands(http, web, Host=host, Origin=f"http://{host}")


async def test_a_web_socket_of_the_own_page_opens(serve: Serve, http: aiohttp.ClientSession) -> None:
    web = await serve()
    assert await shakes_hands(http, web, Origin=web.url)


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1", "file://", "http://127.0.0.1:1"])
async def test_foreign_pages_get_no_web_socket(serve: Serve, http: aiohttp.ClientSession, origin: str) -> None:
    web = await serve()
    assert not await shakes_hands(http, web, Origin=origin)
    status, line = await ask(http, web, POLLING, Origin=origin)
    assert (status, line.count("\n")) == (403, 1)


async def test_a_web_socket_without_an_origin_stays_shut(serve: Serve, http: aiohttp.ClientSession) -> None:
    assert not await shakes_hands(http, await serve())


async def test_a_post_without_an_origin_is_refused(serve: Serve, http: aiohttp.ClientSession) -> None:
    status, _ = await ask(http, await serve(), POLLING, "POST")
    assert status == 403


@pytest.mark.parametrize(
    ("mode", "dest", "status"),
    [("navigate", "document", 200), ("navigate", "iframe", 403), ("no-cors", "script", 403), ("cors", "empty", 403)],
)
async def test_another_site_may_link_here_and_no_more(
    serve: Serve, http: aiohttp.ClientSession, mode: str, dest: str, status: int
) -> None:
    fetch = {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": mode, "Sec_Fetch_Dest": dest}
    assert (await ask(http, await serve(), **fetch))[0] == status


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"])
async def test_a_proxy_without_a_token_is_refused(serve: Serve, http: aiohttp.ClientSession, header: str) -> None:
    """Else everybody who reaches the proxy would be the owner."""
    status, line = await ask(http, await serve(), **{header: "203.0.113.7"})
    assert status == 403
    assert "web.token" in line


async def test_there_is_nothing_but_the_chat(serve: Serve, http: aiohttp.ClientSession) -> None:
    web = await serve()
    for path in ("/docs", "/openapi.json", "/redoc", "/x", "/.env", "/_nicegui", "//evil.example"):
        assert (await ask(http, web, path))[0] == 404
    for method in ("PUT", "DELETE", "OPTIONS", "PATCH"):
        assert (await ask(http, web, "/", method, Origin=web.url))[0] == 405


@given(st.text(max_size=40))
def test_no_odd_host_is_taken_for_ours(host: str) -> None:
    policy = Policy.of("127.0.0.1", (), loopback=True, token=False)
    if policy.refuse("http", "GET", "/", {"host": host}) is None:
        assert re.fullmatch(r"(localhost|127\.0\.0\.1|\[::1\]|::1)?(:\d*)?", host.strip().lower()), host


# ---- headers ----


async def test_every_answer_wears_the_headers(serve: Serve, http: aiohttp.ClientSession) -> None:
    web = await serve()
    async with http.get(web.url) as response:
        page, headers = await response.text(), response.headers
    policy = headers["Content-Security-Policy"]
    nonce = re.search(r"'nonce-([\w-]+)'", policy)
    assert nonce
    assert "'unsafe-inline'" not in policy.split("script-src")[1].split(";")[0]
    for part in ("default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "object-src 'none'"):
        assert part in policy
    assert page.count("<script") == page.count(f'<script nonce="{nonce[1]}"')
    script = re.search(r'"(/_nicegui/[^"]+/botcore_chat\.js)"', page)
    assert script
    for path in ("/", "/nothing", script[1], "/files/00"):
        async with http.get(web.url + path) as response:
            assert response.headers["X-Content-Type-Options"] == "nosniff"
            assert response.headers["Referrer-Policy"] == "same-origin"
            assert response.headers["X-Frame-Options"] == "DENY"
            assert "Content-Security-Policy" in response.headers
            assert "Server" not in response.headers
            assert "Set-Cookie" not in response.headers


async def test_each_page_has_its_own_nonce(serve: Serve, http: aiohttp.ClientSession) -> None:
    web = await serve()
    pages = [(await ask(http, web))[1] for _ in range(2)]
    first, second = (re.findall(r'nonce="([\w-]+)"', page)[0] for page in pages)
    assert first != second


async def test_a_prefix_of_a_client_does_not_reach_the_page(serve: Serve, http: aiohttp.ClientSession) -> None:
    _, page = await ask(http, await serve(), X_Forwarded_Prefix="//evil.example")
    assert "evil.example" not in page


# ---- the token ----


async def test_without_the_token_there_is_only_the_login(serve: Serve, http: aiohttp.ClientSession) -> None:
    web = await serve(token=TOKEN)
    status, page = await ask(http, web)
    assert status == 401
    assert '<input type="password"' in page
    assert "botcore_chat.js" not in page
    assert (await ask(http, web, "/_nicegui/x"))[0] == 401
    assert (await ask(http, web, POLLING))[0] == 401
    assert (await ask(http, web, "/files/00"))[0] == 401
    assert not await shakes_hands(http, web, Origin=web.url)


def cookie_of(response: aiohttp.ClientResponse) -> str:
    cookie = response.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert TOKEN not in cookie
    return cookie.partition(";")[0]


async def log_in(http: aiohttp.ClientSession, web: WebAdapter) -> str:
    data = {"token": TOKEN}
    async with http.post(f"{web.url}/login", data=data, headers={"Origin": web.url}) as response:
        assert response.status == 200
        return cookie_of(response)


async def test_the_token_opens_the_page(serve: Serve, http: aiohttp.ClientSession) -> None:
    web = await serve(token=TOKEN)
    cookie = await log_in(http, web)
    assert "botcore_chat.js" in (await ask(http, web, Cookie=cookie))[1]
    assert await shakes_hands(http, web, Origin=web.url, Cookie=cookie)
    assert not await shakes_hands(http, web, Origin="http://evil.example", Cookie=cookie)


async def test_a_link_with_the_token_opens_it_and_drops_the_token(serve: Serve, http: aiohttp.ClientSession) -> None:
    web = await serve(token=TOKEN)
    async with http.get(f"{web.url}/?token={TOKEN}", allow_redirects=False) as response:
        page = await response.text()
        cookie = cookie_of(response)
        assert response.headers["Cache-Control"] == "no-store"
    assert 'content="0;url=/"' in page
    assert TOKEN not in page
    assert (await ask(http, web, Cookie=cookie))[0] == 200


async def test_a_link_from_another_site_finds_its_cookie(serve: Serve, http: aiohttp.ClientSession) -> None:
    """Browsers withhold it from the first request; the second comes from our own page."""
    web = await serve(token=TOKEN)
    visit = {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "navigate", "Sec_Fetch_Dest": "document"}
    status, page = await ask(http, web, **visit)
    assert status == 200
    assert 'content="0;url=/"' in page
    assert '<input type="password"' in (await ask(http, web))[1]


async def test_guessing_is_slow(serve: Serve, http: aiohttp.ClientSession) -> None:
    web = await serve(token=TOKEN)
    cookie = await log_in(http, web)
    for _ in range(TRIES):
        assert (await ask(http, web, "/?token=wrong-guess-0123456"))[0] == 401
    async with http.get(f"{web.url}/?token={TOKEN}") as response:
        assert response.status == 429
        assert 0 < int(response.headers["Retry-After"]) <= PERIOD
        assert "Set-Cookie" not in response.headers
    assert (await ask(http, web, Cookie=cookie))[0] == 200, "who is in stays in"


async def test_odd_logins_are_refused(serve: Serve, http: aiohttp.ClientSession) -> None:
    web = await serve(token=TOKEN)
    for data in (b"", b"token=", b"token=%ff%00", b"x" * 100_000):
        async with http.post(f"{web.url}/login", data=data, headers={"Origin": web.url}) as response:
            assert response.status in {401, 429}
    async with http.post(f"{web.url}/login", data={"token": TOKEN}) as response:
        assert response.status == 403, "a form of another page"


async def test_a_named_proxy_is_let_through(serve: Serve, http: aiohttp.ClientSession) -> None:
    web = await serve(token=TOKEN, hosts=("chat.example.org",))
    proxied = {
        "Host": "chat.example.org",
        "Origin": "https://chat.example.org",
        "X-Forwarded-For": "203.0.113.7",
        "X-Forwarded-Proto": "https",
    }
    async with http.post(f"{web.url}/login", data={"token": TOKEN}, headers=proxied) as response:
        assert response.status == 200
        assert "Secure" in response.headers["Set-Cookie"]
        cookie = cookie_of(response)
    assert await shakes_hands(http, web, Cookie=cookie, **proxied)


async def test_on_all_addresses_numbers_are_fine_and_names_are_not(serve: Serve, http: aiohttp.ClientSession) -> None:
    web = await serve(host="0.0.0.0", token=TOKEN)
    local = str(URL(web.url).with_host("127.0.0.1"))
    for host, status in [("192.168.1.5:8080", 401), ("[2001:db8::1]", 401), ("evil.example", 421), ("mybox", 421)]:
        async with http.get(local, headers={"Host": host}) as response:
            assert response.status == status, host


# ---- the pass and the tries by themselves ----


class Clock:
    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize("other", ['theme={"dark": true}', "said=hello there", "flag", "=", "a[0]=1", "name=\xe9"])
def test_cookies_of_other_programs_on_this_machine_keep_nobody_out(other: str) -> None:
    door = Pass(TOKEN, 8080)
    cookie = door.issue(secure=False).partition(";")[0]
    assert door.holds(f"{other}; {cookie}")
    assert door.holds(f"{cookie}; {other}")
    assert door.holds(f"{door.cookie}=1.of another path; {cookie}")
    assert not door.holds(f"{other}; x{cookie}")


def test_a_cookie_ends_with_its_month_and_with_the_token() -> None:
    clock = Clock()
    door = Pass(TOKEN, 8080, clock)
    cookie = door.issue(secure=False).partition(";")[0]
    assert door.holds(f"other=1; {cookie}")
    assert not Pass("another-token-456789", 8080, clock).holds(cookie)
    assert not Pass(TOKEN, 8081, clock).holds(cookie)
    clock.now += DAYS * 86_400 + 1
    assert not door.holds(cookie)


@given(st.text(max_size=100))
def test_no_made_up_cookie_opens(value: str) -> None:
    door = Pass(TOKEN, 8080)
    assert not door.holds(f"{door.cookie}={value}")
    assert not door.holds(value)


def test_one_guesser_does_not_lock_out_another() -> None:
    clock = Clock()
    tries = Tries(clock)
    for _ in range(TRIES):
        assert tries.wait("203.0.113.7") == 0
        tries.wrong("203.0.113.7")
    assert tries.wait("203.0.113.7") == PERIOD
    assert tries.wait("203.0.113.8") == 0
    clock.now += PERIOD
    assert tries.wait("203.0.113.7") == 0


def test_many_guessers_together_are_slowed_too() -> None:
    tries = Tries(Clock())
    for number in range(50):
        tries.wrong(f"203.0.113.{number}")
    assert tries.wait("198.51.100.1") == PERIOD
