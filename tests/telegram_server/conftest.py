"""A simulated Telegram for each test; whatever it answers is checked against the description of the Bot API."""

from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import aiohttp
import pytest
from telegram import Bot

from botcore.testing.telegram_server import BotApi, Limits, TelegramServer, telegram_server
from tests.descriptions import SPECS, bot_api

Caller = Callable[..., Coroutine[Any, Any, Any]]


@pytest.fixture(autouse=True)
def _durations_as_timedelta(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library's future behaviour; without it every RetryAfter warns, and warnings are errors here."""
    monkeypatch.setenv("PTB_TIMEDELTA", "true")


@pytest.fixture
def described() -> BotApi:
    """The description of the Bot API."""
    api = bot_api()
    if api is None:
        pytest.skip(f"no description of the Bot API in {SPECS}: set BOTCORE_SHARED")
    return api


@pytest.fixture
async def telegram() -> AsyncIterator[TelegramServer]:
    """A running server without flood control."""
    async with telegram_server(limits=Limits.none(), description=bot_api()) as server:
        yield server
        assert server.violations == []


@pytest.fixture
async def bot(telegram: TelegramServer) -> AsyncIterator[Bot]:
    """The real library, pointed at the server."""
    async with Bot(telegram.token, base_url=telegram.base_url, base_file_url=telegram.base_file_url) as bot:
        yield bot


@pytest.fixture
async def call(telegram: TelegramServer) -> AsyncIterator[Caller]:
    """Call a method with form parameters and get the JSON answer, errors included."""
    async with aiohttp.ClientSession() as session:

        async def ask(method: str, *, token: str = telegram.token, **params: Any) -> Any:
            form = {name: str(value) for name, value in params.items()}
            async with session.post(f"{telegram.url}/bot{token}/{method}", data=form) as answer:
                body = await answer.json()
                assert body["ok"] == (answer.status == 200)
                assert body["ok"] or body["error_code"] == answer.status
                return body

        yield ask
