"""Which addresses are public, however they are spelt. Nothing here is connected to."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from botcore.config import FetchSettings
from botcore.errors import Unsuitable
from botcore.fetching import Fetcher
from botcore.fetching.addresses import literal, special
from botcore.fetching.rules import Refused, Rules
from tests.fetching.conftest import Names, read

FORBIDDEN = [
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
    "192.0.2.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4",
    "240.0.0.0/4", "168.63.129.16/32",
]  # fmt: skip

forbidden_4 = st.sampled_from([ip_network(network) for network in FORBIDDEN]).flatmap(
    lambda network: st.integers(int(network.network_address), int(network.broadcast_address)).map(IPv4Address)
)


@given(forbidden_4)
def test_no_address_of_a_special_range_is_public(address: IPv4Address) -> None:
    assert special(address) is not None


@given(forbidden_4)
def test_nor_is_one_inside_of_another(address: IPv4Address) -> None:
    number = int(address)
    inner = {
        "mapped": 0xFFFF << 32 | number,
        "compatible": number,
        "NAT64": 0x64FF9B << 96 | number,
        "6to4": 0x2002 << 112 | number << 80 | 1,
        "Teredo": 0x20010000 << 96 | number ^ 0xFFFFFFFF,
        "local NAT64": 0x64FF9B0001 << 80 | number,
    }
    assert {name for name, value in inner.items() if special(IPv6Address(value)) is None} == set()


@given(st.integers(0, 2**128 - 1).map(IPv6Address))
def test_of_ipv6_nothing_is_public_but_what_was_given_out(address: IPv6Address) -> None:
    if special(address) is None:
        assert address in ip_network("2000::/3") or address in ip_network("64:ff9b::/96")
        assert address.is_global or address in ip_network("64:ff9b::/96")


@given(st.integers(0, 2**32 - 1).map(IPv4Address))
def test_of_ipv4_what_python_calls_private_is_not_public(address: IPv4Address) -> None:
    if special(address) is None:
        assert address.is_global
        assert not address.is_multicast


@pytest.mark.parametrize("public", ["1.1.1.1", "93.184.216.34", "2606:4700:4700::1111", "64:ff9b::101:101"])
def test_public_addresses_are_public(public: str) -> None:
    assert special(ip_address(public)) is None


@pytest.mark.parametrize(
    "place", ["169.254.169.254", "100.100.100.200", "192.0.0.192", "fd00:ec2::254", "fe80::1%eth0", "::1", "::"]
)
def test_where_clouds_keep_their_secrets_is_not(place: str) -> None:
    assert special(ip_address(place)) is not None


# ---- spellings -----------------------------------------------------------------------------------------------


def part(value: int, base: str) -> str:
    return {"8": f"0{value:o}", "16": f"0x{value:x}", "10": str(value), "00": f"000{value:o}"}[base]


@st.composite
def spelt(draw: st.DrawFn) -> str:
    """An IPv4 address as inet_aton takes it: one to four parts, the last one filled up, in any base each."""
    number = int(draw(forbidden_4))
    count = draw(st.integers(1, 4))
    values = [number >> 24 - 8 * at & 0xFF for at in range(count - 1)]
    values.append(number & (1 << 32 - 8 * (count - 1)) - 1)
    text = ".".join(part(value, draw(st.sampled_from(["8", "16", "10", "00"]))) for value in values)
    text = draw(st.sampled_from([text, text.upper(), text + "."]))
    if draw(st.booleans()):  # full-width letters and dots, which IDNA folds
        text = text.translate({ord(c): ord(c) + 0xFEE0 for c in "0123456789abcdefxABCDEFX"} | {ord("."): "。"})
    return text


@given(spelt(), st.sampled_from(["https", "http"]))
def test_no_spelling_of_such_an_address_is_let_through(host: str, scheme: str) -> None:
    rules = Rules(FetchSettings(allow_http=True))
    try:
        target = rules.target(f"{scheme}://{host}/")
    except Refused:
        return
    assert literal(target.host) == ip_address(target.host)
    with pytest.raises(Refused):
        rules.addresses(target, [target.host])


@given(forbidden_4, st.integers(0, 65_535))
def test_nor_one_of_ipv6(address: IPv4Address, rest: int) -> None:
    rules = Rules(FetchSettings())
    for host in (f"::ffff:{address}", f"::{address}", f"64:ff9b::{address}", f"fe80::{rest:x}", f"fd00::{rest:x}"):
        with pytest.raises(Refused):
            rules.addresses(rules.target(f"https://[{host}]/"), [host])


@pytest.mark.parametrize(
    "url",
    [
        "", "https://", "https:///etc/passwd", "file:///etc/passwd", "ftp://example.com/", "gopher://example.com:70/_x",
        "data:image/png;base64,AAAA", "javascript:alert(1)", "//example.com/", "/pictures/1", "example.com", "https:/x",
        "https://exa mple.com/", "https://example.com\\@127.0.0.1/", "https://example.com\n.evil/", "https://[::1",
        "https://[fe80::1%25eth0]/", "https://[fe80::1%eth0]/", "https://example.com:99999/", "https://example.com:x/",
        "https://user@example.com/", "https://user:secret@example.com/", "https://:secret@example.com/",
        "https://example.com:22/", "https://example.com:0/", "https://example.com:25/", "https://example.com:80/", "http://example.com/",
        "https://127.1/", "https://0/", "https://2130706433/", "https://0x7f000001/", "https://017700000001/",
        "https://127.0.0.1.:8443/", "https://1.2.3.4.5/", "https://256.256.256.256/", "https://①②⑦.⓪.⓪.①/",
        "https://example.0x10/", "https://" + "a" * 9000 + "/", "https://xn--a/", "https://\x00/",
        "https://" + quote("127.0.0.1", safe="").replace(".", "%2e") + "/",
    ],
)  # fmt: skip
async def test_what_is_no_public_https_url_is_refused_before_a_name_is_looked_up(url: str) -> None:
    names = Names({})
    with pytest.raises(Unsuitable) as refused:
        await read(Fetcher(resolve=names), url)
    assert names.asked == [] or refused.value.said == "I cannot find the host of that link."
    assert refused.value.said.endswith(".")
    assert "\n" not in refused.value.said
