"""Settings that would open the page to strangers stop the start, with one line that says what to do."""

from __future__ import annotations

import logging
import signal
import socket
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError

from botcore.adapter import Setup
from botcore.errors import ConfigError
from botcore_web import WebSettings, adapter, build

if TYPE_CHECKING:
    from tests.web.conftest import House, Serve

TOKEN = "not-a-real-token-0123"


def setup(**settings: Any) -> Setup:
    return Setup(WebSettings.model_validate(settings), {})


def refusal(**settings: Any) -> str:
    with pytest.raises(ConfigError) as caught:
        build(setup(**settings))
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_the_platform_needs_no_secret() -> None:
    assert (adapter.name, adapter.needs, adapter.secrets) == ("web", (), ())
    assert adapter.settings is WebSettings
    assert WebSettings().enabled


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "chat.example.org"])
def test_an_address_that_others_reach_needs_a_token(host: str) -> None:
    line = refusal(host=host)
    assert "web.host" in line
    assert "BOTCORE_WEB__TOKEN" in line
    assert build(setup(host=host, token=TOKEN)).platform == "web"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.0.0.7"])
def test_loopback_needs_none(host: str) -> None:
    assert build(setup(host=host)).platform == "web"


def test_a_short_token_is_refused() -> None:
    assert "16" in refusal(host="0.0.0.0", token="short")
    assert "web.token" in refusal(token="short")


def test_names_of_a_proxy_need_a_token() -> None:
    assert "web.hosts" in refusal(hosts=["chat.example.org"])
    assert build(setup(hosts=("chat.example.org",), token=TOKEN)).platform == "web"


@pytest.mark.parametrize("name", ["https://chat.example.org", "chat.example.org:443", "a b", ""])
def test_a_host_is_a_bare_name(name: str) -> None:
    with pytest.raises(ValidationError, match="host name"):
        setup(hosts=(name,), token=TOKEN)


def test_the_token_is_not_printed() -> None:
    assert TOKEN not in repr(setup(token=TOKEN))


async def test_a_taken_port_is_told_with_the_remedy(serve: Serve) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(ConfigError, match=f"port {port} is in use.*BOTCORE_WEB__PORT={port + 1}"):
            await serve(port=port)


async def test_an_address_of_another_machine_is_told(serve: Serve) -> None:
    with pytest.raises(ConfigError, match=r"cannot listen on 192\.0\.2\.1.*BOTCORE_WEB__HOST=127\.0\.0\.1"):
        await serve(host="192.0.2.1", token=TOKEN)


async def test_one_chat_at_a_time(serve: Serve) -> None:
    await serve()
    with pytest.raises(ConfigError, match="another browser chat"):
        await serve()


async def test_doctor_looks_without_starting(house: House) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        taken = await build(setup(port=port)).check()
    free = await build(setup(port=port, token=TOKEN)).check()
    assert [finding.state for finding in taken] == ["note", "ok"]
    assert "in use" in taken[0].text
    assert "BOTCORE_WEB__PORT" in taken[0].remedy
    assert [finding.state for finding in free] == ["ok", "ok"]
    assert "token" in free[1].text


async def test_signals_and_logging_are_left_alone(serve: Serve) -> None:
    handlers = {one: signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)}
    loggers = {name: list(logging.getLogger(name).handlers) for name in ("", "uvicorn", "uvicorn.error", "nicegui")}
    await serve()
    assert {one: signal.getsignal(one) for one in handlers} == handlers
    assert {name: list(logging.getLogger(name).handlers) for name in loggers} == loggers
