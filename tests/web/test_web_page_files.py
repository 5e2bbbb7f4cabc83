"""Files in the page: sent, shown, enlarged, played, replied to."""

from __future__ import annotations

import base64
import io
import math
import struct
import wave
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image as Picture

from botcore.messages import Audio, Button, File, Image, Video

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page

    from botcore_web import WebAdapter
    from tests.web.conftest import House, Visiting, Visitor

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


def picture(colour: str, size: tuple[int, int] = (320, 240)) -> bytes:
    held = io.BytesIO()
    Picture.new("RGB", size, colour).save(held, "PNG")
    return held.getvalue()


def tone(seconds: float) -> bytes:
    held = io.BytesIO()
    with wave.open(held, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        waves = (int(8000 * math.sin(at / 5)) for at in range(int(8000 * seconds)))
        sound.writeframes(b"".join(struct.pack("<h", value) for value in waves))
    return held.getvalue()


RED, BLUE = picture("red"), picture("blue", (640, 200))

GIVE = """([kind, name, type, base64]) => {
    const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
    const data = new DataTransfer();
    data.items.add(new File([bytes], name, { type }));
    const target = document.querySelector(kind === "paste" ? "textarea" : ".page");
    const about = { bubbles: true, cancelable: true };
    const event = kind === "paste"
        ? new ClipboardEvent("paste", { ...about, clipboardData: data })
        : new DragEvent(kind, { ...about, dataTransfer: data });
    target.dispatchEvent(event);
    return event.defaultPrevented;
}"""


async def loaded(page: Page, selector: str, count: int) -> list[list[int]]:
    """Wait until so many pictures are there; their sizes."""
    ask = """([selector, count]) => {
        const found = [...document.querySelectorAll(selector)];
        const all = found.length === count && found.every((one) => one.complete && one.naturalWidth);
        return all && found.map((one) => [one.naturalWidth, one.naturalHeight]);
    }"""
    sizes: list[list[int]] = await (await page.wait_for_function(ask, arg=[selector, count])).json_value()
    return sizes


async def test_pictures_and_documents_go_with_a_message(house: House, web: WebAdapter, visitor: Visitor) -> None:
    visit = await visitor.opens(web)
    page = visit.page
    await visit.attaches(("red.png", "image/png", RED), ("notes.txt", "text/plain", b"one two"))
    assert await loaded(page, ".attached img", 1) == [[320, 240]]
    assert "7 bytes" in await page.locator(".attached").nth(1).inner_text()
    await visit.attaches(("blue.png", "image/png", BLUE))
    await page.get_by_role("button", name="Remove notes.txt").click()
    await visit.says("What is this?")
    message = await house.takes("What is this?")
    text, red, blue = message.parts
    assert (text.text, red.name, blue.name) == ("What is this?", "red.png", "blue.png")
    assert (red.kind, red.media_type, red.size) == ("image", "image/png", len(RED))
    assert b"".join([block async for block in web.outlet.fetch(blue.ref, most=10**6)]) == BLUE
    assert await page.locator(".attached").count() == 0
    for _ in range(2):
        assert await loaded(page, ".own .album img", 2) == [[320, 240], [640, 200]]
        await page.reload()
    assert visit.errors == []


async def test_a_picture_alone_is_a_message(house: House, web: WebAdapter, visitor: Visitor) -> None:
    visit = await visitor.opens(web)
    send = visit.page.get_by_role("button", name="Send", exact=True)
    assert await send.is_disabled()
    await visit.attaches(("red.png", "image/png", RED))
    await send.click()
    message = await house.receives()
    assert [part.kind for part in message.parts] == ["image"]


async def test_pictures_are_pasted_and_files_dropped(house: House, web: WebAdapter, visitor: Visitor) -> None:
    visit = await visitor.opens(web)
    page = visit.page
    picture_, text = ("image.png", "image/png", _base64(RED)), ("a.txt", "text/plain", _base64(b"text"))
    assert await page.evaluate(GIVE, ["paste", *picture_])
    await page.locator(".attached.image.ready").wait_for()
    assert await page.evaluate(GIVE, ["dragover", *text])
    await page.locator(".drop").wait_for()
    assert await page.evaluate(GIVE, ["drop", *text])
    await page.locator(".attached.ready").nth(1).wait_for()
    assert await page.locator(".drop").count() == 0
    await page.get_by_label("Your message").press("Enter")
    message = await house.receives()
    assert [(part.kind, part.name) for part in message.parts] == [("image", "image.png"), ("file", "a.txt")]


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


async def test_what_cannot_be_sent_is_said_before_it_is_sent(
    house: House, visitor: Visitor, visiting: Visiting
) -> None:
    async with visiting.serving(house, upload_mb=1) as web:
        visit = await visitor.opens(web)
        page = visit.page
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        await visit.picks(("film.bin", "video/mp4", bytes(1_000_001)))
        await page.get_by_text("“film.bin” has 1.0 MB. I take 1.0 MB at most.").wait_for()
        await visit.picks(("nothing.txt", "text/plain", b""))
        await page.get_by_text("“nothing.txt” is empty, or a folder.").wait_for()
        await visit.attaches(*((f"{number}.txt", "text/plain", b"x") for number in range(10)))
        await visit.picks(("x.txt", "text/plain", b"x"))
        await page.get_by_text("A message has at most 10 files.").wait_for()
        assert await page.locator(".attached").count() == 10
        assert sum("/upload" in url for url in asked) == 10
        assert visit.errors == []


async def test_an_upload_that_fails_stays_and_is_tried_again(house: House, web: WebAdapter, visitor: Visitor) -> None:
    visit = await visitor.opens(web)
    page = visit.page
    await visitor.context.route("**/upload?*", lambda route: route.abort())
    await visit.picks(("red.png", "image/png", RED))
    await page.locator(".attached.failed").wait_for()
    await visit.says("Look at this")
    await page.get_by_text("“red.png” did not get through: try it again, or remove it.").wait_for()
    assert house.inbox == []
    await visitor.context.unroute("**/upload?*")
    await page.get_by_role("button", name="Try red.png again").click()
    await page.locator(".attached.ready").wait_for()
    await page.get_by_label("Your message").press("Enter")
    message = await house.takes("Look at this")
    assert message.parts[1].name == "red.png"
    visitor.errors.clear()  # the browser complains of the request that we broke


async def test_nothing_lies_over_the_name_of_a_file_that_failed(web: WebAdapter, visitor: Visitor) -> None:
    visit = await visitor.opens(web)
    await visitor.context.route("**/upload?*", lambda route: route.abort())
    await visit.picks(("a.txt", "text/plain", b"hello"))
    tile = visit.page.locator(".attached.failed")
    await tile.wait_for()
    said = [await one.bounding_box() for one in await tile.locator(".what .icon, .about > *").all()]
    above = [await one.bounding_box() for one in await tile.locator(".far, .again, .off").all()]
    assert (len(said), len(above)) == (3, 3)
    for below in said:
        assert not [over for over in above if meet(below, over)], below
    visitor.errors.clear()  # the browser complains of the request that we broke


def meet(one: Any, other: Any) -> bool:
    """Whether two boxes have a point in common."""
    return all(
        one[start] < other[start] + other[size] and other[start] < one[start] + one[size]
        for start, size in (("x", "width"), ("y", "height"))
    )


async def test_enter_waits_for_what_is_still_coming(house: House, web: WebAdapter, visitor: Visitor) -> None:
    visit = await visitor.opens(web)
    page = visit.page
    held: list[Any] = []

    async def hold(route: Any) -> None:
        held.append(route)

    await visitor.context.route("**/upload?*", hold)
    await visit.picks(("red.png", "image/png", RED))
    await page.locator(".attached.coming").wait_for()
    await visit.says("Look at this")
    await house.until(lambda: len(held) == 1)
    assert house.inbox == []
    [route] = held
    await route.continue_()
    message = await house.takes("Look at this")
    assert [part.kind for part in message.parts] == ["text", "image"]


async def test_files_stay_with_the_draft_and_come_back_with_a_refused_message(
    house: House, web: WebAdapter, visitor: Visitor
) -> None:
    visit = await visitor.opens(web)
    page = visit.page
    await visit.attaches(("red.png", "image/png", RED))
    await page.reload()
    assert await loaded(page, ".attached img", 1) == [[320, 240]]
    house.down = True
    await visit.says("Look")
    await page.locator(".told").wait_for()
    assert await page.locator(".attached").count() == 1
    house.down = False
    await page.get_by_label("Your message").press("Enter")
    message = await house.takes("Look")
    assert message.parts[1].name == "red.png"
    await page.get_by_role("button", name="New conversation").first.click()
    await page.locator(".welcome").wait_for()
    assert await page.locator(".attached").count() == 0


async def test_an_album_is_a_grid_that_a_click_enlarges(house: House, web: WebAdapter, visitor: Visitor) -> None:
    visit = await visitor.opens(web)
    page = visit.page
    four = [Image(data=picture(colour), media_type="image/png") for colour in ("red", "green", "blue", "gold")]
    await house.answers(web, visit.chat, "Four foxes", *four)
    await page.get_by_role("group", name="4 pictures").wait_for()
    await loaded(page, ".album img", 4)
    places = [await one.bounding_box() for one in await page.locator(".album img").all()]
    corners = {(round(box["x"]), round(box["y"])) for box in places if box}
    assert len({x for x, _ in corners}) == len({y for _, y in corners}) == 2, "two by two"
    await page.get_by_role("button", name="Enlarge the picture").nth(1).click()
    large = page.get_by_role("dialog")
    await large.get_by_text("2 of 4").wait_for()
    await page.keyboard.press("ArrowRight")
    await large.get_by_text("3 of 4").wait_for()
    for _ in range(9):  # whoever goes on by Tab stays within
        await page.keyboard.press("Tab")
        assert await page.evaluate("document.activeElement.closest('.lightbox') !== null")
    await page.keyboard.press("Escape")
    await large.wait_for(state="detached")
    assert await page.evaluate("document.activeElement.className") == "picture", "one goes on where one was"
    assert visit.errors == []


async def test_sound_is_played_and_says_how_long_it_is(house: House, web: WebAdapter, visitor: Visitor) -> None:
    visit = await visitor.opens(web)
    page = visit.page
    await house.answers(web, visit.chat, Audio(data=tone(1.2), media_type="audio/wav", voice=True, duration=1.2))
    player = page.get_by_role("group", name="voice message")
    await player.get_by_text("0:01").wait_for()
    await player.get_by_role("button", name="Play voice message").click()
    await player.get_by_role("button", name="Pause voice message").wait_for()
    await player.get_by_role("button", name="Play voice message").wait_for()  # it has come to its end
    heard = await page.evaluate("document.querySelector('.player audio').currentTime")
    assert heard == pytest.approx(1.2, abs=0.1)
    assert visit.errors == []


async def test_films_are_shown_and_other_files_downloaded(house: House, web: WebAdapter, visitor: Visitor) -> None:
    visit = await visitor.opens(web)
    page = visit.page
    page_ = File(data=b"<script>window.owned = 1</script>", media_type="text/html", name="page.html")
    film = Video(data=bytes.fromhex("1a45dfa3") + b"webm V_VP9", media_type="video/webm")
    await house.answers(web, visit.chat, "Two files", page_, film)
    await page.locator("video[controls]").wait_for()
    async with page.expect_download() as download:
        await page.get_by_role("link", name="page.html").click()
    assert (await download.value).suggested_filename == "page.html"
    visitor.errors.clear()  # the film is none that could be played


async def test_a_message_is_replied_to(house: House, web: WebAdapter, visitor: Visitor) -> None:
    visit = await visitor.opens(web)
    page = visit.page
    key = await house.answers(web, visit.chat, "A **red** fox", Image(data=RED, media_type="image/png"))
    answer = page.locator(".message.bot")
    await answer.hover()
    await answer.get_by_role("button", name="Reply to this answer").click()
    await page.locator(".composer .quote").get_by_text("A red fox").wait_for()
    await page.keyboard.press("Escape")
    await page.locator(".composer .quote").wait_for(state="detached")
    await answer.get_by_role("button", name="Reply to this answer").click()
    await visit.says("Make it blue")
    message = await house.takes("Make it blue")
    assert (message.reply_to.external_id, message.reply_to.mine) == (key, True)
    assert [part.kind for part in message.reply_to.parts] == ["text", "image"]
    assert await page.locator(".composer .quote").count() == 0
    for _ in range(2):
        await page.locator(".own .quote").get_by_text("A red fox").wait_for()
        assert await loaded(page, ".own .quote img", 1) == [[320, 240]]
        await page.reload()
    own = page.locator(".message.own")
    await own.hover()
    await own.get_by_role("button", name="Reply to what you said").click()
    await visit.says("No, green")
    message = await house.takes("No, green")
    assert (message.reply_to.mine, message.reply_to.parts[0].text) == (False, "Make it blue")
    assert visit.errors == []


async def test_buttons_below_a_picture_are_about_the_picture(house: House, web: WebAdapter, visitor: Visitor) -> None:
    visit = await visitor.opens(web)
    page = visit.page
    await visit.says("Draw a fox")
    await house.hears("Draw a fox")
    rows = [[Button("Variation", says="/vary"), Button("Retry", says="/retry")]]
    await house.answers(web, visit.chat, "A fox", Image(data=RED, media_type="image/png"), buttons=rows)
    await page.get_by_role("button", name="Variation").click()
    await house.until(lambda: house.presses == ["/vary"])
    press = house.last
    assert [part.kind for part in press.parts] == ["text", "image"]
    assert b"".join([block async for block in web.outlet.fetch(press.parts[1].ref, most=10**6)]) == RED
    assert await page.get_by_role("button", name="Try again").count() == 0, "there is a button of the answer's own"
    await page.reload()
    await page.get_by_role("button", name="Retry").click()
    await house.until(lambda: house.presses == ["/vary", "/retry"])
    await visit.shows("Draw a fox", "A fox", "/vary")


async def test_the_page_sends_files_with_a_token(house: House, browser: Browser, visiting: Visiting) -> None:
    token = "not-a-real-token-0123"
    async with visiting.serving(house, token=token) as web, visiting.profile(browser) as visitor:
        page = await visitor.context.new_page()
        await page.goto(f"{web.url}/?token={token}")
        await page.get_by_label("Your message").wait_for()
        visit = await visitor.opens(web)
        await visit.attaches(("red.png", "image/png", RED))
        await visit.says("Look")
        await house.hears("Look")
        assert await loaded(visit.page, ".own img", 1) == [[320, 240]]
        assert visitor.foreign == []


async def test_it_fits_a_phone(house: House, browser: Browser, web: WebAdapter, visiting: Visiting) -> None:
    async with visiting.profile(browser, viewport={"width": 360, "height": 640}) as visitor:
        visit = await visitor.opens(web)
        await visit.attaches(("a rather long name of a file.txt", "text/plain", b"x"), ("red.png", "image/png", RED))
        await visit.says("Look")
        await house.hears("Look")
        await house.answers(web, visit.chat, *[Image(data=BLUE, media_type="image/png") for _ in range(6)])
        await house.answers(web, visit.chat, Audio(data=tone(1), media_type="audio/wav", name="an answer.wav"))
        await visit.page.locator(".message.bot .player").wait_for()
        assert await visit.page.evaluate("document.querySelector('.scroll').scrollWidth") <= 360
