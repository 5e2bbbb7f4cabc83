"""Files through the whole bot: the page in a browser, the engine with its database, the stand-in for the API."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from botcore.app import Engine, build_adapters
from botcore.config import load_config
from botcore.messages import Button, Image, Reply
from botcore.plugin import Bot, Context
from botcore.testing.openai_server import OfflineApi, OfflineSettings, offline_api
from botcore_web import WebAdapter
from tests.web.test_web_page_files import RED

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Callable
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from tests.web.conftest import Visit, Visitor

    Run = Callable[[], AbstractAsyncContextManager[WebAdapter]]

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

WEIGHT = f"It weighs {len(RED)} bytes."


def studio() -> Bot:
    """A plugin that draws, and weighs what it is shown."""
    bot = Bot("studio")

    @bot.command("draw")
    async def draw(ctx: Context) -> Reply:
        """Draw a fox."""
        picture = Image(data=RED, media_type="image/png", name="fox.png")
        return Reply.of("A fox", picture, buttons=[[Button("Weigh", says="/weigh")]])

    @bot.command("weigh")
    async def weigh(ctx: Context, picture: Image) -> Reply:
        """Weigh a picture."""
        data = b"".join([chunk async for chunk in ctx.fetch(picture, most=10**6)])
        assert data == RED
        return Reply.of(f"It weighs {len(data)} bytes.")

    return bot


@pytest_asyncio.fixture(loop_scope="module")
async def api() -> AsyncIterator[OfflineApi]:
    async with offline_api(OfflineSettings(introduce=False)) as one:
        yield one


@pytest.fixture
def run(tmp_path: Path, api: OfflineApi) -> Run:
    """Run the bot, again and again on the same database and files."""

    @asynccontextmanager
    async def running() -> AsyncGenerator[WebAdapter]:
        env = {
            "OPENAI_BASE_URL": api.url,
            "OPENAI_API_KEY": "any",
            "DATABASE_URL": f"sqlite:///{tmp_path / 'bot.db'}",
            "BOTCORE_DELIVERY__JOIN_SECONDS": "0",
            "BOTCORE_STORE__FOLDER": str(tmp_path / "kept"),
            "BOTCORE_WEB__PORT": "0",
        }
        config = load_config(env=env, directory=tmp_path)
        [web] = build_adapters(config)
        assert isinstance(web, WebAdapter)
        engine = Engine(config, adapters=[web])
        engine.registry.add(studio())
        async with engine:
            yield web

    return running


async def answer(visit: Visit, text: str, number: int) -> None:
    """Wait for the answer of this text, the one of so many."""
    await visit.page.locator(".message.bot .text").get_by_text(text).nth(number - 1).wait_for()


async def test_pictures_reach_commands_by_attaching_pressing_and_replying(
    run: Run, visitor: Visitor, tmp_path: Path
) -> None:
    async with run() as web:
        visit = await visitor.opens(web)
        await visit.attaches(("red.png", "image/png", RED))
        await visit.says("/weigh")
        await answer(visit, WEIGHT, 1)
        await visit.says("/draw")
        await answer(visit, "A fox", 1)
        await visit.page.get_by_role("button", name="Weigh", exact=True).click()
        await answer(visit, WEIGHT, 2)
        chat = visit.chat
        await visit.page.close()
    async with run() as web:
        visit = await visitor.opens(web, f"/#{chat}")
        await answer(visit, WEIGHT, 2)
        await visit.page.get_by_role("button", name="Weigh", exact=True).click()
        await answer(visit, WEIGHT, 3)
        drawn = visit.page.locator(".message.bot").filter(has_text="A fox")
        await drawn.hover()
        await drawn.get_by_role("button", name="Reply to this answer").click()
        await visit.says("/weigh")
        await answer(visit, WEIGHT, 4)
        await visit.page.reload()
        await visit.page.locator(".own .quote img").wait_for()
        await visit.page.locator(".own .picture img").wait_for()
        assert len(list((tmp_path / "kept" / "web" / chat).glob("*.json"))) == 2
        await visit.page.locator(".sidebar .chat").first.hover()
        await visit.page.locator(".sidebar .chat button").first.click()
        await visit.page.get_by_role("button", name="Delete", exact=True).last.click()
        await visit.page.locator(".welcome").wait_for()
        assert not (tmp_path / "kept" / "web" / chat).exists()
        assert visit.errors == []


async def test_the_model_is_shown_the_pictures(run: Run, visitor: Visitor, api: OfflineApi) -> None:
    async with run() as web:
        visit = await visitor.opens(web)
        await visit.attaches(("red.png", "image/png", RED))
        await visit.says("What is this?")
        await visit.page.locator(".message.bot .tools").wait_for()
        request = api.requests.to("/chat/completions")[-1]
        text, image = request.json["messages"][-1]["content"]
        assert text["text"] == "What is this?"
        assert image["image_url"]["url"].startswith("data:image/png;base64,")
