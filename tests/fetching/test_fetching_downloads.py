"""Downloads over real sockets: what comes, what does not, and where nobody is to be connected to."""

import asyncio
import logging
import shutil
import ssl
import subprocess
import zlib
from ipaddress import ip_address
from pathlib import Path

import pytest

from botcore.config import FetchSettings, load_config
from botcore.errors import ConfigError, Unsuitable
from botcore.fetching import Fetcher
from botcore.fetching.addresses import special
from botcore.fetching.resolving import sockets_for
from tests.fetching.conftest import Names, OpenSite, answer, fetcher, read, to

PUBLIC, PRIVATE = "127.0.0.2", "127.0.0.1"
"""The tests' public address is one of the loopback network that the operator has allowed."""


async def refused(fetch: Fetcher, url: str, most: int = 1_000_000) -> str:
    with pytest.raises(Unsuitable) as error:
        await read(fetch, url, most)
    return error.value.said


async def test_a_page_is_fetched(open_site: OpenSite) -> None:
    site = await open_site(PUBLIC)
    site.pages["/a.png"] = answer(b"picture", content_type="Image/PNG; charset=x")
    fetch = fetcher(PUBLIC)
    assert await read(fetch, site.url("/a.png?size=2")) == b"picture"
    async with fetch.open(site.url("/a.png"), most=7) as found:
        assert (found.media_type, found.size, str(found.url)) == ("image/png", 7, site.url("/a.png"))
        assert b"".join([chunk async for chunk in found]) == b"picture"


async def test_nothing_of_ours_goes_along(open_site: OpenSite, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    site, proxy = await open_site(PUBLIC), await open_site(PRIVATE)
    site.pages["/"] = answer(b"ok", set_cookie="id=1; Path=/")
    netrc = tmp_path / "netrc"
    netrc.write_text(f"machine {PUBLIC} login me password hush\n")
    monkeypatch.setenv("NETRC", str(netrc))
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, proxy.url())
    fetch = fetcher(PUBLIC)
    for _ in range(2):
        assert await read(fetch, site.url()) == b"ok"
    assert proxy.connections == 0
    for request in site.asked:
        sent = {line.partition(":")[0].lower() for line in request.split("\r\n")[1:] if line}
        assert sent == {"host", "accept", "accept-encoding", "user-agent", "connection"}
        assert "Accept-Encoding: identity" in request


# ---- where it leads ------------------------------------------------------------------------------------------


async def test_a_private_address_is_never_connected_to(open_site: OpenSite, caplog: pytest.LogCaptureFixture) -> None:
    site = await open_site(PRIVATE)
    fetch = fetcher(names=Names({"inside.example": [[PRIVATE]], "both.example": [["127.0.0.2", PRIVATE]]}))
    with caplog.at_level(logging.WARNING):
        for host in (PRIVATE, "inside.example", "both.example", "inside.example."):
            said = await refused(fetch, site.url("/secret?token=hush", host))
            assert said == "I do not follow that link: it leads into a private network."
    assert site.connections == 0
    lines = [record.getMessage() for record in caplog.records]
    assert lines[1] == (f"not fetched: http://inside.example:{site.port}/secret: it leads to 127.0.0.1 (loopback)")
    assert len(lines) == 4
    assert "hush" not in caplog.text


async def test_a_name_that_changes_its_address_leads_nowhere_else(open_site: OpenSite) -> None:
    """DNS rebinding: a public answer for the check, a private one for the connection."""
    outside = await open_site(PUBLIC)
    inside = await open_site(PRIVATE, outside.port)
    outside.pages["/"] = answer(b"outside")
    outside.pages["/again"] = to("/")
    names = Names({"rebinding.example": [[PUBLIC], [PRIVATE]]})
    fetch = fetcher(f"{PUBLIC}/32", names=names)
    assert await read(fetch, outside.url("/", "rebinding.example")) == b"outside"
    assert names.asked == ["rebinding.example"]
    assert "private network" in await refused(fetch, outside.url("/", "rebinding.example"))
    names.answers["rebinding.example"] = [[PUBLIC], [PRIVATE]]
    assert "private network" in await refused(fetch, outside.url("/again", "rebinding.example"))
    assert inside.connections == 0


def test_a_socket_is_made_for_checked_addresses_alone() -> None:
    make = sockets_for([])
    with pytest.raises(OSError, match="not checked"):
        make((2, 1, 6, "", ("127.0.0.1", 80)))


@pytest.mark.parametrize(
    "location",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://[::ffff:169.254.169.254]/",
        "http://2852039166/",
        "//127.0.0.1/",
        "http://metadata.example/",
        "http://user:password@public.example/",
        "file:///etc/passwd",
        "http://127.0.0.2\\@127.0.0.1/",
        "",
    ],
)
async def test_a_redirect_is_checked_like_a_url(open_site: OpenSite, location: str) -> None:
    site = await open_site(PUBLIC)
    site.pages["/"] = to(location)
    names = Names({"metadata.example": [["169.254.169.254"]], "public.example": [[PUBLIC]]})
    said = await refused(fetcher(PUBLIC, names=names), site.url())
    assert said.startswith(("I do not follow that link", "I only follow links", "That is no link"))
    assert site.connections == 1


async def test_redirects_are_followed_so_far(open_site: OpenSite) -> None:
    site = await open_site(PUBLIC)
    site.pages |= {"/1": to("/2"), "/2": to("3", 307), "/3": to(site.url("/4"), 308), "/4": answer(b"there")}
    assert await read(fetcher(PUBLIC), site.url("/1")) == b"there"
    assert "too many" in await refused(fetcher(PUBLIC, redirects=2), site.url("/1"))
    site.pages["/loop"] = to("/loop")
    assert "too many" in await refused(fetcher(PUBLIC), site.url("/loop"))


async def test_the_operators_own_origin_may_be_private(open_site: OpenSite) -> None:
    api, other = await open_site(PRIVATE), await open_site(PRIVATE)
    api.pages |= {"/picture": answer(b"drawn"), "/moved": to("/picture"), "/out": to(other.url())}
    fetch = fetcher(http=False, origins=[api.url("/v1")])
    assert await read(fetch, api.url("/picture")) == b"drawn"
    assert await read(fetch, api.url("/moved")) == b"drawn"
    assert "https://" in await refused(fetch, api.url("/out"))
    assert "https://" in await refused(fetch, other.url())
    assert other.connections == 0


async def test_nobody_else_redirects_to_it(open_site: OpenSite) -> None:
    api, site = await open_site(PRIVATE), await open_site(PUBLIC)
    site.pages["/"] = to(api.url("/v1/models"))
    assert "private" in await refused(fetcher(PUBLIC, origins=[api.url("/v1")]), site.url())
    assert api.connections == 0


async def test_a_name_may_be_allowed(open_site: OpenSite) -> None:
    site = await open_site(PRIVATE)
    site.pages["/"] = answer(b"intern")
    names = Names({"files.intern": [[PRIVATE]], "other.intern": [[PRIVATE]]})
    fetch = fetcher("files.intern", names=names)
    assert await read(fetch, site.url("/", "files.intern")) == b"intern"
    assert "private" in await refused(fetch, site.url("/", "other.intern"))


async def test_the_systems_names_are_looked_up(open_site: OpenSite) -> None:
    site = await open_site(PRIVATE)
    site.pages["/"] = answer(b"local")
    assert "private" in await refused(fetcher(), site.url("/", "localhost"))
    assert await read(fetcher("127.0.0.1", "::1"), site.url("/", "localhost")) == b"local"
    assert "cannot find" in await refused(fetcher(names=Names({})), "https://nowhere.example/")


# ---- what comes ----------------------------------------------------------------------------------------------


async def test_a_declared_size_is_refused_at_once(open_site: OpenSite) -> None:
    site = await open_site(PUBLIC)
    site.pages["/"] = answer(content_length="2000000")
    assert await refused(fetcher(PUBLIC), site.url()) == "What that link leads to is too large: I take at most 1.0 MB."


async def test_an_endless_body_is_cut_at_the_limit(open_site: OpenSite) -> None:
    site = await open_site(PUBLIC)
    sent = 0

    async def endless(writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(answer(transfer_encoding="chunked"))
        while True:
            writer.write(b"2000\r\n" + bytes(0x2000) + b"\r\n")
            sent += 0x2000
            await writer.drain()

    site.pages["/"] = endless
    come = 0

    async def take() -> None:
        nonlocal come
        async for chunk in fetcher(PUBLIC).download(site.url(), most=100_000):
            come += len(chunk)

    with pytest.raises(Unsuitable, match="too large"):
        await take()
    assert come <= 100_000
    assert sent < 20_000_000  # what the buffers between the two take, and no more


async def test_a_slow_body_is_cut_at_the_deadline(open_site: OpenSite) -> None:
    site = await open_site(PUBLIC)

    async def trickle(writer: asyncio.StreamWriter) -> None:
        writer.write(answer(content_length="100000"))
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.02)

    async def silent(writer: asyncio.StreamWriter) -> None:
        writer.write(answer(content_length="100000") + b"x")
        await asyncio.Event().wait()

    async def mute(_: asyncio.StreamWriter) -> None:
        await asyncio.Event().wait()

    async def headers(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n")
        while True:
            writer.write(b"x-a: b\r\n")
            await writer.drain()
            await asyncio.sleep(0.02)

    site.pages |= {"/trickle": trickle, "/silent": silent, "/mute": mute, "/headers": headers}
    clock = asyncio.get_running_loop().time
    for path, fetch in (
        ("/trickle", fetcher(PUBLIC, seconds=0.3)),
        ("/silent", fetcher(PUBLIC, silence_seconds=0.3)),
        ("/mute", fetcher(PUBLIC, silence_seconds=0.3)),
        ("/headers", fetcher(PUBLIC, seconds=0.3)),
    ):
        started = clock()
        assert await refused(fetch, site.url(path)) == "That link took too long."
        assert 0.25 < clock() - started < 30


async def test_time_that_the_reader_takes_counts_too(open_site: OpenSite) -> None:
    site = await open_site(PUBLIC)

    async def two_parts(writer: asyncio.StreamWriter) -> None:
        writer.write(answer(content_length="100000") + b"x")
        await writer.drain()
        await asyncio.Event().wait()

    site.pages["/"] = two_parts

    async def dawdle() -> None:
        async for _ in fetcher(PUBLIC, seconds=0.2).download(site.url(), most=1_000_000):
            await asyncio.sleep(0.3)

    with pytest.raises(Unsuitable, match="too long"):
        await dawdle()


async def test_packed_content_is_refused(open_site: OpenSite) -> None:
    site = await open_site(PUBLIC)
    bomb = zlib.compress(bytes(50_000_000))
    for coding in ("deflate", "gzip", "br", "identity, gzip"):
        site.pages["/"] = answer(bomb, content_encoding=coding)
        assert "packed" in await refused(fetcher(PUBLIC), site.url())
    site.pages["/"] = answer(b"plain", content_encoding="identity")
    assert await read(fetcher(PUBLIC), site.url()) == b"plain"


@pytest.mark.parametrize(
    ("page", "said"),
    [
        (answer(status=404, content_length="0"), "That link does not work: its server answered with 404."),
        (answer(status=204), "That link does not work: its server answered with 204."),
        (answer(status=206, content_length="0"), "That link does not work: its server answered with 206."),
        (answer(b"half", content_length="100"), "That link broke off in the middle."),
        (answer(b"5\r\nhel", transfer_encoding="chunked"), "That link broke off in the middle."),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "I cannot reach that link."),
        (b"HTTP/1.1 200 OK\r\n" + b"x: " + b"y" * 100_000 + b"\r\n\r\n", "I cannot reach that link."),
        (b"", "I cannot reach that link."),
    ],
)
async def test_a_server_that_fails_is_told_in_a_sentence(open_site: OpenSite, page: bytes, said: str) -> None:
    site = await open_site(PUBLIC)
    site.pages["/"] = page
    assert await refused(fetcher(PUBLIC), site.url()) == said


async def test_nobody_there(open_site: OpenSite) -> None:
    site = await open_site(PUBLIC)
    assert await refused(fetcher("127.0.0.3"), site.url("/", "127.0.0.3")) == "I cannot reach that link."


async def test_a_download_that_is_given_up_closes_its_connection(open_site: OpenSite) -> None:
    site = await open_site(PUBLIC)
    closed = asyncio.Event()

    async def long(writer: asyncio.StreamWriter) -> None:
        writer.write(answer(content_length="100000000"))
        try:
            while True:
                writer.write(bytes(65_536))
                await writer.drain()
        finally:
            closed.set()

    site.pages["/"] = long
    async with fetcher(PUBLIC).open(site.url(), most=100_000_000) as found:
        async for _ in found:
            break
    await asyncio.wait_for(closed.wait(), 20)


# ---- TLS -----------------------------------------------------------------------------------------------------


@pytest.fixture
def certified(tmp_path: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's context with a certificate for pictures.example, and a client's that trusts it."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("needs openssl: apt-get install openssl")
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    command = [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=pictures.example"]
    names = ["-addext", "subjectAltName=DNS:pictures.example", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run([*command, *names], check=True, capture_output=True)
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(certificate, key)
    return server, ssl.create_default_context(cafile=str(certificate))


async def test_https_is_pinned_and_still_checks_the_name(
    open_site: OpenSite, certified: tuple[ssl.SSLContext, ssl.SSLContext]
) -> None:
    server, client = certified
    site, plain = await open_site(PUBLIC, tls=server), await open_site(PUBLIC)
    site.pages |= {"/": answer(b"picture"), "/down": to(plain.url("/", "pictures.example"))}
    names = Names({name: [[PUBLIC]] for name in ("pictures.example", "other.example")})
    fetch = Fetcher(FetchSettings(allow_private=(PUBLIC,)), resolve=names, tls=client)
    assert await read(fetch, site.url("/", "pictures.example")) == b"picture"
    assert await refused(fetch, site.url("/", "other.example")) == "I cannot reach that link."
    assert (
        await refused(Fetcher(FetchSettings(allow_private=(PUBLIC,)), resolve=names), site.url("/", "pictures.example"))
        == "I cannot reach that link."
    )
    assert await refused(fetch, site.url("/down", "pictures.example")) == (
        "I only follow links that begin with https://."
    )
    assert plain.connections == 0


# ---- settings ------------------------------------------------------------------------------------------------


def test_the_settings_say_what_is_wrong(tmp_path: Path) -> None:
    right = load_config(env={"BOTCORE_FETCH__ALLOW_PRIVATE": "files.intern,10.1.2.0/24,fd00::/8"}, directory=tmp_path)
    assert right.fetch.allow_private == ("files.intern", "10.1.2.0/24", "fd00::/8")
    for wrong in ("https://files.intern/", "10.1.2.0/240", "files intern", "1.2.3"):
        with pytest.raises(ConfigError, match=r"fetch\.allow_private"):
            load_config(env={"BOTCORE_FETCH__ALLOW_PRIVATE": wrong}, directory=tmp_path)


def test_the_tests_public_address_is_not_public() -> None:
    assert special(ip_address(PUBLIC)) == "loopback"
