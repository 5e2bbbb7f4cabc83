"""A real browser."""

from __future__ import annotations

import shutil
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from tests.requirements import missing

if TYPE_CHECKING:
    from playwright.async_api import Browser

SWITCHES = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@asynccontextmanager
async def chromium(*switches: str) -> AsyncGenerator[Browser]:
    """Headless Chromium; the test is skipped where there is none, or fails if BOTCORE_REQUIRE_BROWSER is set."""
    playwright = pytest.importorskip("playwright.async_api")
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        missing("needs Chromium: make system", "BOTCORE_REQUIRE_BROWSER")
    async with playwright.async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=path, args=[*SWITCHES, *switches])
        try:
            yield browser
        finally:
            await browser.close()
