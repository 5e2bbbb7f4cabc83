"""Fixtures for pytest: `pytest_plugins = ["botcore.testing.fixtures"]` in a conftest.py switches them on.

They need pytest-asyncio, in auto mode or with `@pytest.mark.asyncio` on the tests.
"""

from collections.abc import AsyncIterator

import pytest_asyncio

from botcore.testing.openai_server import OfflineApi, OfflineSettings
from botcore.testing.openai_server import offline_api as serving_api
from botcore.testing.telegram_server import TelegramServer
from botcore.testing.telegram_server import telegram_server as serving_telegram


@pytest_asyncio.fixture
async def offline_api() -> AsyncIterator[OfflineApi]:
    """The stand-in for an OpenAI-style API, without its introduction, so that answers can be compared."""
    async with serving_api(OfflineSettings(introduce=False)) as server:
        yield server


@pytest_asyncio.fixture
async def simulated_telegram() -> AsyncIterator[TelegramServer]:
    """A simulated Telegram."""
    async with serving_telegram() as server:
        yield server
