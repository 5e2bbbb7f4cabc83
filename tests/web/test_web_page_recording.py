"""Voice messages: spoken into a browser whose microphone plays a file, and understood by the stand-in's recogniser."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from botcore import openai
from botcore.messages import Audio
from botcore.openai.audio_request import TranscriptionRequest
from botcore.testing.openai_server import OfflineSettings, offline_api
from botcore.testing.openai_server.hearing import can_hear
from tests.browsers import chromium
from tests.sounds import BRIEFLY, wrong_words

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from playwright.async_api import Browser

    from botcore_web import WebAdapter
    from tests.web.conftest import House, Visit, Visiting, Visitor

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

WRONG_AT_MOST = 0.25  # of the words: one of five more than from the file itself, as the browser compresses and filters
RECORD = "Record a voice message"
SEND = "Send the recording"
MICROPHONE = "--use-fake-device-for-media-stream"
ALLOWED = "--use-fake-ui-for-media-stream"


@pytest.fixture(scope="module")
def speech(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the microphone hears, once for each recording."""
    flite = shutil.which("flite")
    if flite is None or not can_hear():
        pytest.skip("flite or pocketsphinx is not installed: make system")
    path = tmp_path_factory.mktemp("speech") / "brief.wav"
    subprocess.run([flite, "-voice", "rms", "-t", BRIEFLY, "-o", str(path)], check=True, timeout=60)
    return path


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def speaker(speech: Path) -> AsyncIterator[Browser]:
    """A browser whose microphone speaks, and which asks nobody whether it may."""
    async with chromium(MICROPHONE, ALLOWED, f"--use-file-for-fake-audio-capture={speech}%noloop") as one:
        yield one


@pytest_asyncio.fixture(loop_scope="module")
async def guest(speaker: Browser, visiting: Visiting) -> AsyncIterator[Visitor]:
    """Somebody with a microphone."""
    async with visiting.profile(speaker) as one:
        yield one
        assert one.foreign == []


async def records(visit: Visit, seconds: int) -> None:
    """Begin to record, and go on for so long."""
    await visit.page.get_by_role("button", name=RECORD).click()
    await visit.page.get_by_role("timer").get_by_text(f"0:0{seconds}").wait_for()


async def told(visit: Visit, text: str) -> None:
    """Wait until the page says why nothing is recorded, and offers the box again."""
    await visit.page.locator(".told").get_by_text(text).wait_for()
    await visit.page.get_by_role("button", name=RECORD).wait_for()


async def test_what_is_spoken_arrives_as_a_voice_message(house: House, web: WebAdapter, guest: Visitor) -> None:
    visit = await guest.opens(web)
    await records(visit, 3)
    assert (
        await visit.page.evaluate("Math.max(...[...document.querySelectorAll('.levels i')].map(i => i.clientHeight))")
        > 8
    )
    await visit.page.get_by_role("button", name=SEND).click()
    message = await house.receives()
    [voice] = message.parts
    assert isinstance(voice, Audio)
    assert (voice.voice, voice.media_type, voice.name) == (True, "audio/webm", "recording.webm")
    assert voice.duration == pytest.approx(3.2, abs=0.7)
    data = b"".join([block async for block in web.outlet.fetch(voice.ref or "", most=10**6)])
    assert len(data) == voice.size
    async with offline_api(OfflineSettings(introduce=False)) as api:
        settings = openai.ApiSettings(base_url=api.url, api_key=openai.Secret("any"))
        async with openai.Api(settings) as client:
            upload = openai.Upload.of(data, name="recording.webm")
            heard = await client.audio.transcribe(TranscriptionRequest(file=upload, model="whisper-1"))
    assert wrong_words(heard.text, BRIEFLY) <= WRONG_AT_MOST, heard.text
    for _ in range(2):
        player = visit.page.locator(".own").get_by_role("group", name="voice message")
        await player.get_by_text("0:03").wait_for()
        await player.get_by_role("button", name="Play voice message").click()
        await player.get_by_role("button", name="Pause voice message").wait_for()
        await visit.page.reload()
    assert visit.errors == []


async def test_a_recording_is_cancelled_and_the_microphone_let_go(
    house: House, web: WebAdapter, guest: Visitor
) -> None:
    await guest.context.add_init_script(
        """const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
        navigator.mediaDevices.getUserMedia = async (wish) => (window.stream = await ask(wish));"""
    )
    visit = await guest.opens(web)
    page = visit.page
    open_ = "window.stream.getTracks().filter((track) => track.readyState === 'live').length"
    await records(visit, 1)
    assert await page.evaluate(open_) == 1
    await page.get_by_role("button", name="Cancel the recording").click()
    await page.get_by_role("button", name=RECORD).wait_for()
    assert await page.evaluate(open_) == 0
    await records(visit, 1)
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name=RECORD).wait_for()
    assert await page.evaluate(open_) == 0
    await visit.says("Never mind")
    await house.hears("Never mind")
    assert len(house.inbox) == 1
    assert visit.errors == []


async def test_a_draft_stays_while_one_speaks(house: House, web: WebAdapter, guest: Visitor) -> None:
    """Also a message that is replied to: it is the recording that replies."""
    visit = await guest.opens(web)
    key = await house.answers(web, visit.chat, "What did they say?")
    answer = visit.page.locator(".message.bot")
    await answer.hover()
    await answer.get_by_role("button", name="Reply to this answer").click()
    await records(visit, 1)
    await visit.page.keyboard.press("Enter")  # the button to send has the focus
    message = await house.receives()
    assert message.reply_to is not None
    assert message.reply_to.external_id == key


SLIP = """() => {
  const watch = new MutationObserver(() => {
    if (!document.querySelector(".lamp.live")) return;
    watch.disconnect();
    document.querySelector(".recorder .round").click();
  });
  watch.observe(document.body, { subtree: true, childList: true, attributes: true });
}"""
"""Sends as soon as it records: a test is too slow for that on a busy machine."""


async def test_a_slip_of_the_finger_sends_nothing(house: House, web: WebAdapter, guest: Visitor) -> None:
    visit = await guest.opens(web)
    await visit.page.evaluate(SLIP)
    await visit.page.get_by_role("button", name=RECORD).click()
    await told(visit, "That was too short.")
    assert house.inbox == []


async def test_who_refuses_the_microphone_is_told_so(house: House, web: WebAdapter, visiting: Visiting) -> None:
    async with chromium(MICROPHONE, "--deny-permission-prompts") as shy, visiting.profile(shy) as visitor:
        visit = await visitor.opens(web)
        await visit.page.get_by_role("button", name=RECORD).click()
        await told(visit, "This page may not use the microphone. Allow it in the browser")
        assert house.inbox == []


async def test_without_a_microphone_it_says_so(web: WebAdapter, browser: Browser, visiting: Visiting) -> None:
    async with visiting.profile(browser, permissions=["microphone"]) as visitor:
        visit = await visitor.opens(web)
        await visit.page.get_by_role("button", name=RECORD).click()
        await told(visit, "No microphone was found.")


async def test_at_an_address_that_is_not_secure_it_says_what_is(house: House, visiting: Visiting) -> None:
    token = "not-a-real-token-0123"
    switch = "--host-resolver-rules=MAP chat.example.org 127.0.0.1"
    async with (
        visiting.serving(house, token=token, hosts=("chat.example.org",)) as web,
        chromium(MICROPHONE, ALLOWED, switch) as far,
    ):
        page = await far.new_page()
        page.set_default_timeout(10_000)
        await page.goto(f"{web.url.replace('127.0.0.1', 'chat.example.org')}/?token={token}")
        await page.get_by_role("button", name=RECORD).click()
        await page.get_by_text("Browsers let a page record only at a secure address").wait_for()
        assert await page.evaluate("isSecureContext") is False


async def test_the_recording_stays_in_the_box_where_it_cannot_be_sent(
    house: House, web: WebAdapter, guest: Visitor
) -> None:
    visit = await guest.opens(web)
    page = visit.page
    await guest.context.route("**/upload?*", lambda route: route.abort())
    await records(visit, 1)
    await page.get_by_role("button", name=SEND).click()
    await page.locator(".attached.failed").wait_for()
    await guest.context.unroute("**/upload?*")
    await page.get_by_role("button", name="Try Voice message again").click()
    await page.locator(".attached.ready").wait_for()
    await page.get_by_role("button", name="Send", exact=True).click()
    message = await house.receives()
    [voice] = message.parts
    assert isinstance(voice, Audio)
    assert voice.voice
    guest.errors.clear()  # the browser complains of the request that we broke


async def test_two_recordings_keep_their_order(house: House, web: WebAdapter, guest: Visitor) -> None:
    visit = await guest.opens(web)
    for _ in range(2):
        await records(visit, 1)
        await visit.page.get_by_role("button", name=SEND).click()
    await house.receives(2)
    players = visit.page.locator(".own .player")
    await players.nth(1).wait_for()
    assert await players.count() == 2
