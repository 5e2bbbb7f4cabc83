"""The page in a browser, as a person uses it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from botcore.adapter import AccessRequest
from botcore.messages import Button, File, Image, Text

if TYPE_CHECKING:
    from playwright.async_api import Browser

    from botcore_web import WebAdapter
    from tests.web.conftest import House, Visiting, Visitor

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

ANSWER = """Use **sorted**:

```python
for x in sorted(xs):
    print(x)
```

| Call | Returns |
|---|---|
| sorted | a list |

- one
- two
"""

PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c626001000000ffff03000006000557bfabd40000000049454e44ae426082"
)


async def test_a_question_is_asked_and_the_answer_grows(house: House, web: WebAdapter, visitor: Visitor) -> None:
    visit = await visitor.opens(web)
    page = visit.page
    stop = page.get_by_role("button", name="Stop the answer")
    await visit.says("How do I sort?")
    await house.hears("How do I sort?")
    await stop.wait_for()
    place = await house.reserves(web, visit.chat)
    await page.get_by_label("An answer is being written").wait_for()
    await house.grows(web, visit.chat, place, "Use **sort")
    await visit.shows("How do I sort?", "Use **sort")
    await house.grows(web, visit.chat, place, "Use **sorted**:")
    await visit.shows("How do I sort?", "Use sorted:")
    assert await page.locator(".growing strong").inner_text() == "sorted"
    assert await stop.is_visible()
    await house.settles(web, visit.chat, place, ANSWER)
    await page.locator(".rich pre").wait_for()
    await stop.wait_for(state="hidden")
    assert await page.locator(".code .k").first.inner_text() == "for"
    assert await page.locator(".rich td").all_inner_texts() == ["sorted", "a list"]
    assert await page.locator(".rich li").all_inner_texts() == ["one", "two"]
    assert await page.locator(".growing").count() == 0
    assert visitor.errors == []


async def test_code_can_be_copied(house: House, web: WebAdapter, visitor: Visitor) -> None:
    await visitor.context.grant_permissions(["clipboard-read", "clipboard-write"])
    visit = await visitor.opens(web)
    await house.answers(web, visit.chat, ANSWER)
    await visit.page.get_by_role("button", name="Copy", exact=True).click()
    await visit.page.get_by_role("button", name="Copied", exact=True).wait_for()
    assert await visit.page.evaluate("navigator.clipboard.readText()") == "for x in sorted(xs):\n    print(x)\n"
    await visit.page.get_by_role("button", name="Copy the answer").click()
    await visit.page.get_by_role("button", name="Copied").first.wait_for()
    await visit.page.wait_for_function("async (text) => (await navigator.clipboard.readText()) === text", arg=ANSWER)


async def test_stop_and_retry_are_pressed(house: House, web: WebAdapter, visitor: Visitor) -> None:
    visit = await visitor.opens(web)
    await visit.says("Tell me a story")
    await house.hears("Tell me a story")
    place = await house.reserves(web, visit.chat)
    await house.grows(web, visit.chat, place, "Once upon")
    await visit.page.get_by_role("button", name="Stop the answer").click()
    await house.until(lambda: house.presses == ["/stop"])
    assert await visit.page.get_by_role("button", name="Try again").count() == 0
    await house.settles(web, visit.chat, place, "Once upon… (stopped)")
    await visit.page.get_by_role("button", name="Try again").click()
    await house.until(lambda: house.presses == ["/stop", "/retry"])
    press = house.inbox[-1].event
    assert press.external_id == place
    await visit.page.get_by_role("button", name="Stop the answer").wait_for()
    await house.answers(web, visit.chat, "Once upon a time.")
    story = ("Tell me a story", "Once upon… (stopped)", "Once upon a time.")
    await visit.shows(*story)
    await visit.page.reload()
    await visit.shows(*story)
    await visit.page.get_by_role("button", name="Try again").wait_for()
    await visit.says("/help")
    await house.hears("/help")
    await house.answers(web, visit.chat, "I can do this.")
    await visit.shows(*story, "/help", "I can do this.")
    assert await visit.page.get_by_role("button", name="Try again").count() == 0, "a command is not the model's"


async def test_an_answer_is_rated_and_the_rating_is_kept(house: House, web: WebAdapter, visitor: Visitor) -> None:
    visit = await visitor.opens(web)
    await visit.says("hello")
    await house.hears("hello")
    answer = await house.answers(web, visit.chat, "Hello there!")
    good = visit.page.get_by_role("button", name="Good answer")
    bad = visit.page.get_by_role("button", name="Bad answer")
    await good.click()
    await visit.page.locator("button[aria-pressed=true][title='Good answer']").wait_for()
    await bad.click()
    await visit.page.locator("button[aria-pressed=true][title='Bad answer']").wait_for()
    assert await good.get_attribute("aria-pressed") == "false"
    await visit.page.reload()
    await visit.page.locator("button[aria-pressed=true][title='Bad answer']").wait_for()
    await bad.click()  # once more takes it back
    await house.until(lambda: len(house.thumbs) == 3)
    assert [thumb.emojis for thumb in house.thumbs] == [("👍",), ("👎",), ()]
    assert {thumb.external_id for thumb in house.thumbs} == {answer}
    assert house.presses == []  # nothing that the bot would answer
    assert visitor.errors == []


async def test_enter_sends_and_shift_enter_starts_a_line(house: House, web: WebAdapter, visitor: Visitor) -> None:
    visit = await visitor.opens(web)
    box = visit.page.get_by_label("Your message")
    await box.press_sequentially("one")
    await box.press("Shift+Enter")
    await box.press_sequentially("two")
    assert house.inbox == []
    await box.press("Enter")
    await house.hears("one\ntwo")
    await visit.shows("one\ntwo")
    await box.press("Enter")
    await box.press_sequentially("   ")
    await box.press("Enter")
    await visit.says("three")
    await house.hears("three")
    assert house.texts == ["one\ntwo", "three"], "nothing empty was sent"


async def test_quick_messages_keep_their_order(house: House, web: WebAdapter, visitor: Visitor) -> None:
    visit = await visitor.opens(web)
    words = [f"message {number}" for number in range(8)]
    for word in words:
        await visit.says(word)
    await house.hears(words[-1])
    assert house.texts == words
    await visit.shows(*words)


async def test_commands_are_suggested(house: House, web: WebAdapter, visitor: Visitor) -> None:
    visit = await visitor.opens(web)
    box = visit.page.get_by_label("Your message")
    await box.press_sequentially("/")
    options = visit.page.get_by_role("option")
    await options.first.wait_for()
    assert [text.split("\n")[0] for text in await options.all_inner_texts()] == [
        "/help", "/model", "/reset", "/retry", "/stop",
    ]  # fmt: skip
    assert "Show what I can do." in (await options.all_inner_texts())[0]
    await box.press_sequentially("re")
    await box.press("ArrowDown")
    await box.press("Enter")
    assert await box.input_value() == "/retry "
    assert house.inbox == []
    await box.fill("/help")
    await box.press("Enter")
    await house.hears("/help")


async def test_tabs_are_in_step(house: House, web: WebAdapter, visitor: Visitor) -> None:
    first = await visitor.opens(web)
    await first.says("Hello")
    await house.hears("Hello")
    second = await visitor.opens(web, f"/#{first.chat}")
    await second.shows("Hello")
    place = await house.reserves(web, first.chat)
    await house.grows(web, first.chat, place, "Hi th")
    await asyncio.gather(first.shows("Hello", "Hi th"), second.shows("Hello", "Hi th"))
    third = await visitor.opens(web, f"/#{first.chat}")
    await third.shows("Hello", "Hi th")
    await house.settles(web, first.chat, place, "Hi there!")
    await second.says("How are you?")
    for visit in (first, second, third):
        await visit.shows("Hello", "Hi there!", "How are you?")
    await visit.page.locator(".sidebar .chat.on").wait_for()


async def test_conversations_are_listed_opened_and_deleted(house: House, web: WebAdapter, visitor: Visitor) -> None:
    visit = await visitor.opens(web)
    page, listed = visit.page, visit.page.locator(".sidebar .chat a")
    await visit.says("About foxes")
    await listed.get_by_text("About foxes").wait_for()
    foxes = visit.chat
    await page.get_by_role("button", name="New conversation").first.click()
    assert visit.chat != foxes
    await visit.shows()
    await visit.says("About trees")
    await listed.get_by_text("About trees").wait_for()
    assert await listed.all_inner_texts() == ["About trees", "About foxes"]
    await listed.get_by_text("About foxes").click()
    await visit.shows("About foxes")
    assert visit.chat == foxes
    await page.go_back()
    await visit.shows("About trees")
    await page.locator(".sidebar .chat", has_text="About foxes").hover()
    await page.get_by_role("button", name="Delete About foxes").click()
    dialog = page.get_by_role("alertdialog")
    await dialog.get_by_role("button", name="Keep").click()
    assert len(house.texts) == 2
    await page.get_by_role("button", name="Delete About foxes").click()
    await dialog.get_by_role("button", name="Delete").click()
    await listed.get_by_text("About foxes").wait_for(state="detached")
    assert house.texts == ["About trees"]
    await visit.shows("About trees")


async def test_a_reload_keeps_history_and_draft(house: House, web: WebAdapter, visitor: Visitor) -> None:
    visit = await visitor.opens(web)
    await visit.says("Remember me")
    await house.hears("Remember me")
    await house.answers(web, visit.chat, "I **do**.")
    await visit.page.get_by_label("Your message").fill("half a thought")
    await visit.page.reload()
    await visit.shows("Remember me", "I do.")
    assert await visit.page.get_by_label("Your message").input_value() == "half a thought"


async def test_a_store_that_is_down_costs_no_message(house: House, web: WebAdapter, visitor: Visitor) -> None:
    visit = await visitor.opens(web)
    await visit.says("First")
    await house.hears("First")
    house.down = True
    await visit.says("Precious words")
    await visit.page.get_by_role("alert").get_by_text("My memory does not answer").wait_for()
    box = visit.page.get_by_label("Your message")
    assert await box.input_value() == "Precious words"
    await visit.shows("First")
    house.down = False
    await box.press("Enter")
    await house.hears("Precious words")
    await visit.shows("First", "Precious words")
    assert await box.input_value() == ""


async def test_a_fault_of_the_engine_costs_no_message(
    house: House, web: WebAdapter, visitor: Visitor, caplog: pytest.LogCaptureFixture
) -> None:
    visit = await visitor.opens(web)
    house.fault = RuntimeError("a bug")
    await visit.says("Precious words")
    await visit.page.get_by_role("alert").get_by_text("Something went wrong on my side").wait_for()
    assert await visit.page.get_by_label("Your message").input_value() == "Precious words"
    assert "a bug" in caplog.text, "the operator can see why"
    assert "Precious words" not in caplog.text


async def test_a_history_that_cannot_be_read_is_told(house: House, web: WebAdapter, visitor: Visitor) -> None:
    chat = uuid4().hex
    house.remembers(chat, "Old question", "Old answer")
    house.down = True
    visit = await visitor.opens(web, f"/#{chat}")
    await visit.page.locator(".welcome").get_by_text("My memory does not answer").wait_for()
    house.down = False
    await visit.page.get_by_role("button", name="Try again").click()
    await visit.shows("Old question", "Old answer")


async def test_a_message_on_its_way_survives_a_reload_and_counts_once(
    house: House, web: WebAdapter, visitor: Visitor
) -> None:
    visit = await visitor.opens(web)
    house.late = asyncio.Event()
    await visit.says("Only once")
    await visit.page.locator(".message.pending").wait_for()
    await visit.page.reload()
    await visit.page.locator(".message.pending").wait_for()
    house.late.set()
    await visit.page.locator(".message:not(.pending)").wait_for()
    await visit.shows("Only once")
    assert house.texts == ["Only once"]
    await visit.page.reload()
    await visit.shows("Only once")


async def test_a_bot_that_is_stopping_takes_nothing_and_loses_nothing(
    house: House, web: WebAdapter, visitor: Visitor
) -> None:
    visit = await visitor.opens(web)
    await visit.says("First")
    await house.hears("First")
    place = await house.reserves(web, visit.chat)
    await web.stop_receiving()
    await visit.says("Second")
    await visit.page.get_by_role("alert").get_by_text("being restarted").wait_for()
    assert await visit.page.get_by_label("Your message").input_value() == "Second"
    await house.settles(web, visit.chat, place, "The last answer")
    await visit.shows("First", "The last answer")


async def test_buttons_are_pressed_and_links_open_elsewhere(house: House, web: WebAdapter, visitor: Visitor) -> None:
    visit = await visitor.opens(web)
    buttons = [[Button("Yes", says="yes please"), Button("Read", url="https://example.org/a")]]
    place = await house.answers(web, visit.chat, "Sure?", buttons=buttons)
    await visit.page.get_by_role("button", name="Yes").click()
    await house.until(lambda: house.presses == ["yes please"])
    assert house.inbox[-1].event.external_id == place
    await visit.shows("Sure?", "yes please")
    await visit.page.reload()
    await visit.shows("Sure?", "yes please")
    link = visit.page.get_by_role("link", name="Read")
    assert await link.get_attribute("href") == "https://example.org/a"
    assert await link.get_attribute("target") == "_blank"
    assert "noopener" in (await link.get_attribute("rel") or "")


async def test_pictures_are_shown_and_files_downloaded(house: House, web: WebAdapter, visitor: Visitor) -> None:
    visit = await visitor.opens(web)
    picture = Image(data=PIXEL, media_type="image/png", name="dot.png", caption="A *dot*")
    notes = File(data=b"<script>alert(1)</script>", media_type="text/html", name="notes.html")
    await house.answers(web, visit.chat, "Here:", picture, notes)
    image = visit.page.locator(".message img")
    await image.wait_for()
    await visit.page.wait_for_function("document.querySelector('.message img').naturalWidth === 1")
    assert await visit.page.locator("figcaption em").inner_text() == "dot"
    async with visit.page.expect_download() as download:
        await visit.page.get_by_text("notes.html").click()
    got = await download.value
    assert got.suggested_filename == "notes.html"
    assert (await got.path()).read_bytes() == b"<script>alert(1)</script>"
    await visit.page.reload()
    await visit.page.wait_for_function("document.querySelector('.message img')?.naturalWidth === 1")


async def test_the_owner_lets_strangers_in(house: House, web: WebAdapter, visitor: Visitor) -> None:
    now = datetime.now(UTC)
    house.strangers = [
        AccessRequest("AAAA", "telegram", "123", "Maria", now),
        AccessRequest("BBBB", "telegram", "456", "Eve <b>", now),
    ]
    visit = await visitor.opens(web)
    section = visit.page.get_by_label("Access requests")
    await section.get_by_text("Maria").wait_for()
    await section.get_by_role("button", name="Approve").first.click()
    await section.get_by_text("Maria").wait_for(state="detached")
    await section.get_by_role("button", name="Refuse").click()
    await section.wait_for(state="detached")
    assert house.decisions == [("AAAA", True), ("BBBB", False)]


@pytest.mark.slow
async def test_a_stranger_appears_on_a_page_that_is_open(house: House, web: WebAdapter, visitor: Visitor) -> None:
    visit = await visitor.opens(web)
    house.strangers = [AccessRequest("CCCC", "discord", "789", "Ada", datetime.now(UTC))]
    await visit.page.get_by_label("Access requests").get_by_text("Ada").wait_for()
    house.strangers = []  # approved elsewhere
    await visit.page.get_by_role("button", name="Approve").click()
    await visit.page.get_by_text("no longer waiting").wait_for()
    assert house.decisions == []


async def test_the_stand_in_is_labelled(house: House, visitor: Visitor, visiting: Visiting) -> None:
    async with visiting.serving(house, offline=True) as web:
        visit = await visitor.opens(web)
        await visit.page.get_by_text("Offline stand-in").wait_for()
        await visit.page.get_by_text("a built-in stand-in answers").wait_for()


async def test_the_real_thing_is_not_labelled(web: WebAdapter, visitor: Visitor) -> None:
    visit = await visitor.opens(web)
    assert await visit.page.get_by_text("Offline stand-in").count() == 0
    assert await visit.page.title() == "Robin"


async def test_waiting_is_shown(house: House, web: WebAdapter, visitor: Visitor) -> None:
    visit = await visitor.opens(web)
    await web.outlet.typing(house.address(visit.chat))
    await visit.page.get_by_label("An answer is being written").wait_for()
    place = await house.reserves(web, visit.chat, "… (waiting behind 3 of your messages)")
    await visit.shows("(waiting behind 3 of your messages)")
    assert await visit.page.get_by_label("An answer is being written").count() == 1
    await web.outlet.delete(house.address(visit.chat), place)
    await visit.shows()


async def test_plain_text_is_shown_letter_by_letter(house: House, web: WebAdapter, visitor: Visitor) -> None:
    visit = await visitor.opens(web)
    await house.answers(web, visit.chat, Text("*not* <b>bold</b>\n  see https://example.org.", plain=True))
    await visit.shows("*not* <b>bold</b>\n  see https://example.org.")
    assert await visit.page.locator(".message a").get_attribute("href") == "https://example.org"


async def test_older_messages_load_on_demand(house: House, web: WebAdapter, visitor: Visitor) -> None:
    chat = uuid4().hex
    for number in range(80):
        house.remembers(chat, f"question {number}", f"answer {number}")
    visit = await visitor.opens(web, f"/#{chat}")
    await visit.page.locator(".message").nth(99).wait_for()
    assert await visit.page.locator(".message").count() == 100
    assert await visit.page.locator(".message .text").last.inner_text() == "answer 79"
    await visit.page.wait_for_function("document.querySelector('.scroll').scrollTop > 0")
    await visit.page.get_by_role("button", name="Load older messages").click()
    await visit.page.locator(".message").nth(159).wait_for()
    texts = await visit.page.locator(".message .text").all_inner_texts()
    assert texts == [f"{kind} {number}" for number in range(80) for kind in ("question", "answer")]
    await visit.page.get_by_role("button", name="Load older messages").wait_for(state="detached")


async def test_reading_above_is_not_disturbed(house: House, web: WebAdapter, visitor: Visitor) -> None:
    chat = uuid4().hex
    for number in range(20):
        house.remembers(chat, f"question {number}", f"answer {number}")
    visit = await visitor.opens(web, f"/#{chat}")
    await visit.page.locator(".message").nth(39).wait_for()
    await visit.page.locator(".scroll").evaluate("element => (element.scrollTop = 0)")
    down = visit.page.get_by_role("button", name="To the end")
    await down.wait_for()
    await house.answers(web, chat, "news\n\n" * 30)
    await visit.page.locator(".message").nth(40).wait_for()
    assert await visit.page.locator(".scroll").evaluate("element => element.scrollTop") == 0
    await down.click()
    await down.wait_for(state="detached")


async def test_the_theme_is_chosen_and_kept(web: WebAdapter, visitor: Visitor) -> None:
    visit = await visitor.opens(web)
    before = await visit.page.evaluate("getComputedStyle(document.body).backgroundColor")
    await visit.page.get_by_role("button", name="Dark theme").click()
    await visit.page.reload()
    await visit.page.get_by_role("button", name="Light theme").wait_for()
    assert await visit.page.evaluate("getComputedStyle(document.body).backgroundColor") != before


async def test_it_fits_a_phone(house: House, web: WebAdapter, browser: Browser, visiting: Visiting) -> None:
    chat = uuid4().hex
    house.remembers(chat, "Old question", ANSWER + "\n\n`" + "long" * 60 + "`")
    async with visiting.profile(browser, viewport={"width": 360, "height": 700}, has_touch=True) as phone:
        visit = await phone.opens(web, f"/#{chat}")
        await visit.page.locator(".rich pre").wait_for()
        assert await visit.page.evaluate("document.documentElement.scrollWidth") <= 360
        assert not await visit.page.locator(".sidebar").is_visible()
        await visit.page.get_by_role("button", name="Conversations").click()
        await visit.page.locator(".sidebar .chat", has_text="Old question").wait_for()
        await visit.page.get_by_role("button", name="New conversation").first.click()
        await visit.page.locator(".sidebar").wait_for(state="hidden")
        await visit.shows()
        assert phone.foreign == []


async def test_a_text_that_is_too_long_stays_in_the_box(house: House, web: WebAdapter, visitor: Visitor) -> None:
    visit = await visitor.opens(web)
    await visit.says("x" * 100_007)
    await visit.page.get_by_role("alert").get_by_text("7 characters too long").wait_for()
    assert len(await visit.page.get_by_label("Your message").input_value()) == 100_007
    await visit.says("\\" * 100_000)
    await house.hears("\\" * 100_000)


@pytest.mark.slow
async def test_after_a_restart_the_page_comes_back_by_itself(
    house: House, visitor: Visitor, visiting: Visiting
) -> None:
    async with visiting.serving(house) as web:
        port = int(web.url.rpartition(":")[2])
        visit = await visitor.opens(web)
        await visit.says("Before")
        await house.hears("Before")
        await house.answers(web, visit.chat, "Noted.")
        await visit.shows("Before", "Noted.")
        await visit.page.get_by_label("Your message").fill("unfinished")
    await visit.page.locator("#popup[aria-hidden=false]").wait_for()
    async with visiting.serving(house, port=port) as web:
        await visit.page.locator("#popup[aria-hidden=true]").wait_for(state="attached", timeout=20_000)
        await visit.shows("Before", "Noted.")
        assert await visit.page.get_by_label("Your message").input_value() == "unfinished"
        await house.answers(web, visit.chat, "Still here.")
        await visit.shows("Before", "Noted.", "Still here.")
