"""An engine in memory (`House`), the real web adapter on a free port, and a real browser."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias
from uuid import uuid4

import aiohttp
import pytest
import pytest_asyncio

from botcore.adapter import AccessRequest, ChatSummary, Entry, Setup
from botcore.errors import StoreUnavailable
from botcore.messages import (
    Address,
    Audio,
    Button,
    Chat,
    File,
    Image,
    Incoming,
    Message,
    Part,
    Piece,
    Press,
    Reaction,
    Reply,
    Sender,
    Text,
    Video,
)
from botcore.plugin import Bot, Command, Context
from botcore_web import WebAdapter, WebSettings, build
from tests.browsers import chromium
from tests.gateways import Unasked

if TYPE_CHECKING:
    from playwright.async_api import Browser, BrowserContext, Page


def _commands() -> list[Command]:
    bot = Bot("basics")

    @bot.command("help")
    async def help_(ctx: Context) -> None:
        """Show what I can do."""

    @bot.command("model")
    async def model(ctx: Context, name: str = "") -> None:
        """Show or choose the model."""

    @bot.command("retry")
    async def retry(ctx: Context) -> None:
        """Answer the last question again."""

    @bot.command("reset")
    async def reset(ctx: Context) -> None:
        """Forget this conversation."""

    @bot.command("stop", urgent=True)
    async def stop(ctx: Context) -> None:
        """Stop the answer that is being written."""

    @bot.command("secret", hidden=True)
    async def secret(ctx: Context) -> None:
        """Not for menus."""

    return sorted(bot.commands, key=lambda command: command.name)


def _said(incoming: Incoming) -> Entry:
    at = incoming.received_at
    match incoming.event:
        case Message() as message:
            piece = Piece(message.text, attachments=tuple(part for part in message.parts if not isinstance(part, Text)))
            return Entry(message.external_id, mine=False, piece=piece, at=at, reply_to=message.reply_to)
        case Press(says=says):
            return Entry(f"press/{incoming.id}", mine=False, piece=Piece(says), at=at)
        case event:
            raise AssertionError(f"the page sent {event}")


def _light(entry: Entry) -> Entry:
    """Without the bytes of its files, as the engine gives it."""
    files = tuple(replace(one, data=None) for one in entry.piece.attachments)
    return replace(entry, piece=replace(entry.piece, attachments=files))


@dataclass
class House(Unasked):
    """A gateway that keeps its inbox and outbox in memory, and the engine's side of a turn for tests to act out."""

    folder: Path  # where the adapter keeps its files
    inbox: list[Incoming] = field(default_factory=list)
    outbox: list[tuple[str, Entry]] = field(default_factory=list)  # chat and what is visible
    strangers: list[AccessRequest] = field(default_factory=list)
    decisions: list[tuple[str, bool]] = field(default_factory=list)
    thumbs: list[Reaction] = field(default_factory=list)
    transcripts: list[int] = field(default_factory=list)
    down: bool = False
    fault: Exception | None = None  # what accepting raises
    late: asyncio.Event | None = None  # accepting waits for it

    # ---- botcore.adapter.Gateway ----

    async def accept(self, *incoming: Incoming) -> None:
        if self.late is not None:
            await self.late.wait()
        self._up()
        if self.fault is not None:
            raise self.fault
        for one in incoming:
            if isinstance(one.event, Reaction):
                self.thumbs.append(one.event)
                self._rate(one.event)
        known = {one.id for one in self.inbox}
        self.inbox.extend(one for one in incoming if one.id not in known and not isinstance(one.event, Reaction))

    def _rate(self, thumb: Reaction) -> None:
        """Keep a rating, as the engine does."""
        value = {"👍": 1, "👎": -1}.get("".join(thumb.emojis), 0)
        self.outbox = [
            (place, replace(entry, rating=value) if entry.external_id == thumb.external_id else entry)
            for place, entry in self.outbox
        ]

    def commands(self) -> Sequence[Command]:
        return _commands()

    async def transcript(self, chat: Chat, *, most: int = 200) -> Sequence[Entry]:
        self._up()
        self.transcripts.append(most)
        said = [one for one in self.inbox if one.chat.id == chat.id][-most:]
        entries = [_said(one) for one in said]
        first = entries[0].at if len(said) == most else datetime.min.replace(tzinfo=UTC)
        entries += [_light(entry) for place, entry in self.outbox if place == chat.id and entry.at >= first]
        return sorted(entries, key=lambda entry: entry.at)

    async def files(self, chat: Chat, external_id: str) -> Sequence[Image | Audio | Video | File]:
        """Like the engine, the transcript tells of files, and this gives them."""
        self._up()
        pieces = [e.piece for place, e in self.outbox if (place, e.external_id) == (chat.id, external_id)]
        return pieces[-1].attachments if pieces else ()

    async def chats(self, platform: str, sender: Sender) -> Sequence[ChatSummary]:
        self._up()
        found: dict[str, ChatSummary] = {}
        for one in self.inbox:
            if (one.chat.platform, one.sender.id) != (platform, sender.id) or not isinstance(one.event, Message):
                continue
            title = found[one.chat.id].title if one.chat.id in found else one.event.text[:60]
            found[one.chat.id] = ChatSummary(one.chat.id, title, one.received_at)
        return sorted(found.values(), key=lambda chat: chat.last, reverse=True)

    async def forget_chat(self, chat: Chat) -> None:
        self._up()
        self.inbox = [one for one in self.inbox if one.chat.id != chat.id]
        self.outbox = [(place, entry) for place, entry in self.outbox if place != chat.id]

    async def access_requests(self) -> Sequence[AccessRequest]:
        self._up()
        return tuple(self.strangers)

    async def decide_access(self, code: str, *, approve: bool) -> bool:
        known = any(one.code == code for one in self.strangers)
        self.strangers = [one for one in self.strangers if one.code != code]
        if known:
            self.decisions.append((code, approve))
        return known

    def _up(self) -> None:
        if self.down:
            raise StoreUnavailable("the test took the database away")

    # ---- what tests look at ----

    @property
    def texts(self) -> list[str]:
        return [one.event.text for one in self.inbox if isinstance(one.event, Message)]

    @property
    def presses(self) -> list[str]:
        return [one.event.says for one in self.inbox if isinstance(one.event, Press)]

    async def until(self, condition: Callable[[], bool], *, within: float = 10.0) -> None:
        """Wait for a condition."""
        async with asyncio.timeout(within):
            while not condition():
                await asyncio.sleep(0.01)

    async def hears(self, text: str) -> Incoming:
        """Wait for a message with this text; return the last such."""
        await self.until(lambda: text in self.texts)
        found = [one for one in self.inbox if isinstance(one.event, Message) and one.event.text == text]
        return found[-1]

    async def receives(self, number: int = 1) -> Any:
        """Wait for the first (second, ...) thing that comes; return its event, of whatever kind."""
        await self.until(lambda: len(self.inbox) >= number)
        return self.inbox[number - 1].event

    async def takes(self, text: str) -> Any:
        """Wait for a message with this text; return its event."""
        return (await self.hears(text)).event

    @property
    def last(self) -> Any:
        """The last event."""
        return self.inbox[-1].event

    # ---- the engine's side of a turn ----

    def address(self, chat: str) -> Address:
        return Address("web", "web", chat)

    async def reserves(self, web: WebAdapter, chat: str, notice: str = "…") -> str:
        """Take the place of an answer."""
        key = f"{uuid4().hex}/0"
        piece = Piece(notice)
        self.outbox.append((chat, Entry(key, mine=True, piece=piece, at=datetime.now(UTC), settled=False)))
        assert await web.outlet.send(self.address(chat), piece, key=key) == key
        return key

    async def grows(self, web: WebAdapter, chat: str, key: str, text: str) -> None:
        await web.outlet.frame_slot(self.address(chat))
        await web.outlet.frame(self.address(chat), key, text)

    async def settles(self, web: WebAdapter, chat: str, key: str, *parts: Part | str, **more: Any) -> None:
        """Replace a place by the answer: committed first, shown then."""
        [piece] = web.outlet.split(Reply.of(*parts, **more))
        self.outbox = [
            (place, replace(entry, piece=piece, settled=True) if entry.external_id == key else entry)
            for place, entry in self.outbox
        ]
        await web.outlet.edit(self.address(chat), key, piece)

    async def answers(
        self, web: WebAdapter, chat: str, *parts: Part | str, buttons: Sequence[Sequence[Button]] = ()
    ) -> str:
        key = await self.reserves(web, chat)
        await self.settles(web, chat, key, *parts, buttons=buttons)
        return key

    def remembers(self, chat: str, question: str, answer: str) -> None:
        """A turn of the past."""
        event_id = uuid4().hex
        place = Chat("web", chat, "private")
        owner = Sender("owner", "You", trusted=True)
        message = Message(event_id, Reply.of(question).parts)
        self.inbox.append(Incoming(event_id, self.address(chat), place, owner, message, datetime.now(UTC)))
        piece = Piece(answer, {"format": "markdown"})
        self.outbox.append((chat, Entry(uuid4().hex, mine=True, piece=piece, at=datetime.now(UTC))))


Serve: TypeAlias = "Callable[..., Awaitable[WebAdapter]]"


@asynccontextmanager
async def serving(house: House, *, offline: bool = False, **settings: Any) -> AsyncGenerator[WebAdapter]:
    chosen = WebSettings.model_validate({"port": 0, "title": "Robin"} | settings)
    web = build(Setup(chosen, {}, offline=offline, data_dir=str(house.folder)))
    await web.start(house)
    try:
        yield web
    finally:
        await web.stop_receiving()
        await web.close()


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


@pytest_asyncio.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest_asyncio.fixture
async def serve(house: House) -> AsyncIterator[Serve]:
    """Start the adapter; it is stopped with the test."""
    async with AsyncExitStack() as stack:

        async def start(**settings: Any) -> WebAdapter:
            return await stack.enter_async_context(serving(house, **settings))

        yield start


# ---- the browser: one for a module, a fresh profile for each test ----


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as running:
        yield running


@dataclass
class Visit:
    """A page, opened as a person would, and what went wrong in it."""

    page: Page
    web: WebAdapter
    errors: list[str]

    @property
    def chat(self) -> str:
        found = re.search(r"#([0-9a-f]{32})$", self.page.url)
        assert found, self.page.url
        return found[1]

    async def picks(self, *files: tuple[str, str, bytes]) -> None:
        """Pick files (name, media type, content) by the button."""
        chosen: Any = [{"name": name, "mimeType": media_type, "buffer": data} for name, media_type, data in files]
        async with self.page.expect_file_chooser() as picker:
            await self.page.get_by_role("button", name="Attach files").click()
        await (await picker.value).set_files(chosen)

    async def attaches(self, *files: tuple[str, str, bytes]) -> None:
        """Pick files; they are there when this returns."""
        before = await self.page.locator(".attached").count()
        await self.picks(*files)
        await self.page.locator(".attached.ready").nth(before + len(files) - 1).wait_for()

    async def says(self, text: str) -> None:
        box = self.page.get_by_label("Your message")
        await box.fill(text)
        await box.press("Enter")

    async def shows(self, *texts: str) -> None:
        """Wait until the messages read exactly so."""

        async def read() -> list[str]:
            found: list[str] = await self.page.locator(".message .text").all_inner_texts()
            return [text.strip() for text in found]

        deadline = asyncio.get_running_loop().time() + 10
        while (seen := await read()) != list(texts):
            assert asyncio.get_running_loop().time() < deadline, f"it shows {seen}"
            await asyncio.sleep(0.02)


class Visitor:
    """Opens pages on an adapter, each in a profile of its own unless told otherwise."""

    def __init__(self, context: BrowserContext) -> None:
        self.context = context
        self.foreign: list[str] = []  # requests that wanted to leave this machine
        self.errors: list[str] = []

    async def opens(self, web: WebAdapter, path: str = "/") -> Visit:
        page = await self.context.new_page()
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda said: self.errors.append(said.text) if said.type == "error" else None)
        await page.goto(web.url + path)
        await page.locator("main[aria-busy=false]").wait_for()
        return Visit(page, web, self.errors)


@asynccontextmanager
async def visiting(browser: Browser, **options: Any) -> AsyncGenerator[Visitor]:
    """A profile whose every request to another machine is refused and remembered."""
    options.setdefault("viewport", {"width": 1200, "height": 800})
    context = await browser.new_context(**options)
    context.set_default_timeout(10_000)
    visitor = Visitor(context)

    async def refuse(route: Any) -> None:
        visitor.foreign.append(route.request.url)
        await route.abort()

    await context.route(
        lambda url: not re.match(r"(https?|wss?)://(127\.0\.0\.1|localhost)[:/]|data:|blob:", url), refuse
    )
    try:
        yield visitor
    finally:
        await context.close()


@pytest_asyncio.fixture(loop_scope="module")
async def visitor(browser: Browser) -> AsyncIterator[Visitor]:
    async with visiting(browser) as one:
        yield one
        assert one.foreign == [], "a page wanted something from elsewhere"


class Visiting:
    """For tests that need more than one profile or more than one run of the bot."""

    serving = staticmethod(serving)
    profile = staticmethod(visiting)


@pytest.fixture(name="visiting")
def _visiting() -> Visiting:
    return Visiting()


@pytest_asyncio.fixture(loop_scope="module")
async def web(house: House) -> AsyncIterator[WebAdapter]:
    """The adapter as it comes, on the loop of the browser."""
    async with serving(house) as one:
        yield one
