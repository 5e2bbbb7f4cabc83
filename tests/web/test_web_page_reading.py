"""How the page reads: directions of scripts, what a screen reader is told, and that nothing covers the last words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from botcore_web import WebAdapter
    from tests.web.conftest import House, Visiting, Visitor

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

DIRECTION = "element => getComputedStyle(element).direction"
IN_SIGHT = """() => {
    const flow = document.querySelector(".scroll");
    return flow.scrollHeight - flow.scrollTop - flow.clientHeight < 2;
}"""
SALAM = "مرحبا، كيف حالك؟"


async def test_each_text_runs_in_the_direction_of_its_script(house: House, web: WebAdapter, visitor: Visitor) -> None:
    visit = await visitor.opens(web)
    box = visit.page.get_by_label("Your message")
    await box.fill(SALAM)
    assert await box.evaluate(DIRECTION) == "rtl"
    await box.press("Enter")
    await house.hears(SALAM)
    place = await house.reserves(web, visit.chat)
    await house.grows(web, visit.chat, place, "بخير **جدا**")
    growing = visit.page.locator(".growing > p")
    await growing.wait_for()
    assert await growing.evaluate(DIRECTION) == "rtl"
    answer = "بخير!\n\n- واحد\n- اثنان\n\nNow in English.\n\n```python\nprint('سلام')\n```"
    await house.settles(web, visit.chat, place, answer)
    await visit.page.locator(".rich pre").wait_for()
    own = visit.page.locator(".own .text")
    directions = [await one.evaluate(DIRECTION) for one in await visit.page.locator(".rich > *").all()]
    assert await own.evaluate(DIRECTION) == "rtl"
    assert directions == ["rtl", "rtl", "ltr", "ltr"], "paragraph, list, paragraph, code"
    await visit.page.locator(f"a:has-text('{SALAM[:5]}')").first.wait_for()
    assert await visit.page.locator(".sidebar .chat a").first.evaluate(DIRECTION) == "rtl"


async def test_a_reader_finds_one_main_part(web: WebAdapter, visitor: Visitor) -> None:
    visit = await visitor.opens(web)
    assert await visit.page.get_by_role("main").count() == 1


async def test_the_last_words_stay_in_sight_where_something_comes_below_them(
    house: House, web: WebAdapter, visitor: Visitor
) -> None:
    visit = await visitor.opens(web)
    await visit.says("Tell me of the sea")
    await house.hears("Tell me of the sea")
    await house.answers(web, visit.chat, "It is wide.\n\n" * 40 + "The end.")
    last = visit.page.get_by_text("The end.")
    await last.wait_for()
    await visit.page.wait_for_function(IN_SIGHT)
    await visit.picks(("empty.txt", "text/plain", b""))
    await visit.page.get_by_role("alert").get_by_text("is empty").wait_for()
    await visit.page.wait_for_function(IN_SIGHT)
    await visit.attaches(("notes.txt", "text/plain", b"of the sea"))
    await visit.page.wait_for_function(IN_SIGHT)
    await visit.says("And the shore?")
    await house.hears("And the shore?")
    assert await visit.page.get_by_role("alert").count() == 0, "what was said of the draft is over"


async def test_the_notice_of_a_lost_connection_can_be_read(house: House, visitor: Visitor, visiting: Visiting) -> None:
    async with visiting.serving(house) as web:
        visit = await visitor.opens(web)
    await visit.page.locator("#popup[aria-hidden=false]").wait_for()
    sign = await visit.page.locator("#popup > span").first.evaluate("e => getComputedStyle(e, '::before').content")
    assert sign == "none", "no sign lies over the first letter"
