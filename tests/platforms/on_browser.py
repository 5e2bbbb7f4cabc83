"""A person at the page in a real browser, whose microphone plays what was recorded."""

from __future__ import annotations

import base64
import math
import re
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from tests.browsers import chromium
from tests.e2e.surroundings import PATIENCE
from tests.ports import free_port

from .talking import Recording, Seen

if TYPE_CHECKING:
    from playwright.async_api import Locator, Page

_THERE = "document.querySelector('main[aria-busy=false]') !== null"
_READ = """() => [...document.querySelectorAll(".message.bot")].map((one) => ({
    id: one.dataset.id,
    text: one.querySelector(".text")?.innerText.trim() ?? "",
    pictures: [...one.querySelectorAll(".pictures img")].map((picture) => picture.src),
    buttons: [...one.querySelectorAll(".choice, .tools button[aria-label='Try again']")].map(
        (button) => button.ariaLabel ?? button.innerText),
    growing: one.querySelector(".growing, .dots") !== null || one.querySelector(".tools") === null,
}))"""
_FETCH = """async (url) => {
    const bytes = new Uint8Array(await (await fetch(url)).arrayBuffer());
    return btoa(bytes.reduce((text, byte) => text + String.fromCharCode(byte), ""));
}"""


class OnBrowser:
    """The page of a bot at one port, over all its restarts."""

    def __init__(self, page: Page, recording: Recording | None = None, port: int = 0) -> None:
        self.page = page
        self.errors: list[str] = []
        self._recording = recording
        self.port = port or free_port()
        self._pictures: dict[str, bytes] = {}
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    @property
    def env(self) -> Mapping[str, str]:
        return {"BOTCORE_WEB__ENABLED": "true", "BOTCORE_WEB__PORT": str(self.port)}

    async def meets(self) -> None:
        """Open the page the first time; later it finds back by itself, and loads anew."""
        if self.page.url == "about:blank":
            await self.page.goto(f"http://127.0.0.1:{self.port}/")
        await self.page.wait_for_function(f"!window.met && {_THERE}")
        await self.page.evaluate("window.met = true")

    async def says(self, text: str) -> None:
        box = self.page.get_by_label("Your message")
        await box.fill(text)
        await box.press("Enter")

    async def uses(self, command: str, **options: str) -> None:
        await self.says(" ".join([f"/{command}", *options.values()]))

    async def replies(self, to: Seen, text: str) -> None:
        message = self._message(to)
        await message.hover()
        await message.get_by_role("button", name="Reply to this answer").click()
        await self.says(text)

    async def speaks(self) -> None:
        assert self._recording is not None
        await self.page.get_by_role("button", name="Record a voice message").click()
        seconds = math.ceil(self._recording.seconds)
        await self.page.get_by_role("timer").get_by_text(f"0:{seconds:02}").wait_for()
        await self.page.get_by_role("button", name="Send the recording").click()

    async def presses(self, label: str, on: Seen) -> None:
        if label == "Stop":  # an answer that grows is stopped beside the box
            await self.page.get_by_role("button", name="Stop the answer").click()
        else:
            named = re.compile(f"^({label}|Try again)$" if label == "Retry" else f"^{label}$")
            await self._message(on).get_by_role("button", name=named).first.click()

    async def seen(self) -> Sequence[Seen]:
        return [await self._seen(one) for one in await self.page.evaluate(_READ)]

    async def _seen(self, one: Any) -> Seen:
        pictures = tuple([await self._picture(url) for url in one["pictures"]])
        buttons = tuple("Retry" if label == "Try again" else label for label in one["buttons"])
        if one["growing"] and one["text"]:
            buttons = (*buttons, "Stop")  # it stands beside the box
        return Seen(one["id"], one["text"], pictures, buttons, one["growing"])

    async def _picture(self, url: str) -> bytes:
        if url not in self._pictures:
            self._pictures[url] = base64.b64decode(await self.page.evaluate(_FETCH, url))
        return self._pictures[url]

    def _message(self, one: Seen) -> Locator:
        return self.page.locator(f'.message[data-id="{one.id}"]')

    async def loses_touch(self) -> None:
        await self.page.reload()
        await self.meets()

    def check(self) -> None:
        assert self.errors == []


@asynccontextmanager
async def on_browser(recording: Recording | None = None) -> AsyncGenerator[OnBrowser]:
    """A browser and a person at it. The test is skipped where there is none."""
    switches: list[str] = []
    if recording is not None:
        switches += ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
        switches.append(f"--use-file-for-fake-audio-capture={recording.wav}%noloop")
    async with chromium(*switches) as browser:
        context = await browser.new_context(viewport={"width": 1200, "height": 800})
        context.set_default_timeout(PATIENCE * 1000)
        yield OnBrowser(await context.new_page(), recording)
