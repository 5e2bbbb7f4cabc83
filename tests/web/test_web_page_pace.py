"""The event loop stays free: long histories and fast answers, measured as CPU time of the loop's thread."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from botcore_web import WebAdapter
    from tests.web.conftest import House, Visitor

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

PARAGRAPH = "Some **bold** words, `code`, and [a link](https://example.org).\n\n"
LONG = PARAGRAPH * 40 + "```python\n" + "for x in range(10):\n    print(x)\n" * 60 + "```\n"


@asynccontextmanager
async def never_blocked(most: float) -> AsyncGenerator[None]:
    """Fail where one round of the loop takes more than `most` seconds of CPU.

    CPU of this thread, not time: other programs on the machine do not count.
    """
    worst = 0.0

    async def watch() -> None:
        nonlocal worst
        while True:
            before = time.thread_time()
            await asyncio.sleep(0)
            worst = max(worst, time.thread_time() - before)

    watching = asyncio.create_task(watch())
    try:
        yield
    finally:
        watching.cancel()
    assert worst < most, f"the loop was busy for {worst * 1000:.0f} ms"


@pytest.mark.slow
async def test_a_long_history_opens_without_blocking(house: House, web: WebAdapter, visitor: Visitor) -> None:
    chat = uuid4().hex
    for number in range(200):
        house.remembers(chat, f"question {number}", f"{LONG}\nanswer {number}")
    await visitor.opens(web)  # the first page of a process also loads templates
    async with never_blocked(0.05):
        visit = await visitor.opens(web, f"/#{chat}")
        await visit.page.locator(".message").nth(99).wait_for()
        await visit.page.get_by_role("button", name="Load older messages").click()
        await visit.page.locator(".message").nth(299).wait_for(timeout=20_000)


async def test_a_hostile_answer_does_not_block(house: House, web: WebAdapter, visitor: Visitor) -> None:
    visit = await visitor.opens(web)
    async with never_blocked(0.05):
        await house.answers(web, visit.chat, "![a" * 10_000)
        await visit.page.locator(".message").wait_for()


async def test_a_streamed_answer_costs_little(house: House, web: WebAdapter, visitor: Visitor) -> None:
    visit = await visitor.opens(web)
    place = await house.reserves(web, visit.chat)
    text = LONG * 4
    frames = 40
    cpu = time.thread_time()
    async with asyncio.timeout(20):
        for number in range(1, frames + 1):
            await house.grows(web, visit.chat, place, text[: len(text) * number // frames])
    cpu = time.thread_time() - cpu
    await house.settles(web, visit.chat, place, text)
    await visit.page.locator(".growing").wait_for(state="detached")
    assert cpu / frames < 0.01, f"{cpu / frames * 1000:.1f} ms a frame"
