"""The terminal as a platform: `botcore chat` talks with the same engine as Telegram and the browser do."""

import asyncio
import getpass
import re
import threading
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.markdown import Markdown
from rich.text import Text as Styled

from botcore.adapter import Finding, Gateway, Limits, Outlet
from botcore.cli.folder import Folder
from botcore.errors import Unsuitable
from botcore.messages import (
    Address,
    Audio,
    Button,
    Chat,
    File,
    Image,
    Incoming,
    Message,
    Piece,
    Press,
    Reply,
    Sender,
    Text,
    Video,
)

PLATFORM = "terminal"
FRAMES_PER_SECOND = 15
"""How often a growing answer is drawn again; more flickers over slow connections."""
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
LEAVE = frozenset({"/exit", "/quit"})


class TerminalOutlet:
    """Writes answers to a console: growing ones are redrawn in place, finished ones stay.

    `placeholder` is the text that reserves an answer's place; it is not shown as an answer. What comes with an answer
    is kept in `folder`.
    """

    limits = Limits(
        text=1_000_000, edits=True, idempotent=False, typing_seconds=10.0, upload_bytes=2**30, fetch_bytes=0
    )

    def __init__(self, console: Console, *, placeholder: str, folder: Folder) -> None:
        self._console = console
        self._folder = folder
        self._placeholder = placeholder
        self._live: Live | None = None
        self._below: tuple[str, Piece] | None = None
        self.answered = asyncio.Event()
        """Set when an answer is complete; whoever waits for one clears it first."""

    def split(self, reply: Reply) -> Sequence[Piece]:
        """A terminal scrolls: one piece, however long."""
        texts = [part for part in reply.parts if isinstance(part, Text)]
        markup = None if texts and all(part.plain for part in texts) else "markdown"
        files = tuple(part for part in reply.parts if not isinstance(part, Text))
        return [Piece(reply.text, markup, files, reply.buttons, reply.ephemeral)]

    async def send(self, address: Address, piece: Piece, *, key: str) -> str:  # noqa: ARG002 - one place to write to
        """Write a message; a placeholder only begins the answer."""
        if piece.text == self._placeholder:
            self._draw(Styled(self._placeholder, style="dim"))
        else:
            await self._finish(key, piece)
        return key

    async def edit(self, address: Address, external_id: str, piece: Piece) -> None:  # noqa: ARG002 - as above
        """Write the final form of what was drawn so far."""
        await self._finish(external_id, piece)

    async def frame_slot(self, address: Address) -> None:  # noqa: ARG002
        """Wait for the next redraw."""
        await asyncio.sleep(1 / FRAMES_PER_SECOND)

    async def frame(
        self,
        address: Address,  # noqa: ARG002
        external_id: str,  # noqa: ARG002
        text: str,
        buttons: Sequence[Sequence[Button]] = (),  # noqa: ARG002
    ) -> None:
        """Draw an answer so far. Only a terminal shows it: a file would get every state of it."""
        self._draw(Styled(harmless(text)))

    async def delete(self, address: Address, external_id: str) -> None:  # noqa: ARG002
        """Take away what is being drawn; what was written stays written."""
        self.stop()

    async def typing(self, address: Address) -> None:
        """The growing answer says as much."""

    async def fetch(self, ref: str, *, most: int) -> AsyncIterator[bytes]:  # noqa: ARG002
        """Nobody attaches files in a terminal. Raises Unsuitable."""
        raise Unsuitable("There are no attachments in the terminal.")
        yield b""  # pragma: no cover - makes this a generator

    def stop(self) -> None:
        """End the drawing of an answer that will not be finished."""
        if self._live is not None:
            self._live.stop()
            self._live = None

    def _draw(self, what: RenderableType) -> None:
        if not self._console.is_terminal:
            return
        if self._live is None:
            self._live = Live(
                what,
                console=self._console,
                transient=True,  # the finished answer is written below, whole and formatted
                auto_refresh=False,
                vertical_overflow="crop",
            )
            self._live.start()
        self._live.update(what, refresh=True)

    def pressed(self, text: str) -> Press | None:
        """The button of the last answer that says this. None: it has no such button, and the text is a message."""
        if self._below is None:
            return None
        external_id, piece = self._below
        says = [button.says for row in piece.buttons for button in row]
        return Press(external_id, text, (Text(piece.text),) if piece.text else ()) if text in says else None

    async def _finish(self, external_id: str, piece: Piece) -> None:
        self._below = (external_id, piece)
        kept = [await self._kept(file) for file in piece.attachments]
        self.stop()
        self._console.print(rendered(piece, kept))
        self._console.print()
        self.answered.set()

    async def _kept(self, file: Image | Audio | Video | File) -> str:
        try:
            path = await self._folder.keep(file)
        except Unsuitable as error:
            return f"{described(file)} could not be saved: {error.said}"
        return f"{described(file)} saved as {path}"


def harmless(text: str) -> str:
    """Text without control characters: a terminal obeys some of them, and a model may be talked into writing them."""
    return _CONTROL.sub("\ufffd", text)


def rendered(piece: Piece, files: Sequence[str] = ()) -> RenderableType:
    """A piece as rich shows it: Markdown formatted, buttons named, below it what there is to say of its files."""
    lines: list[RenderableType] = []
    if piece.text:
        text = harmless(piece.text)
        lines.append(Markdown(text) if piece.markup == "markdown" else Styled(text))
    lines += [Styled(harmless(file), style="cyan", overflow="fold") for file in files]
    for row in piece.buttons:
        labels = (f"[{button.label}] {button.says or button.url}" for button in row)
        lines.append(Styled(harmless("  ".join(labels)), style="cyan"))
    return Group(*lines)


def described(file: Image | Audio | Video | File) -> str:
    """A file in one line: kind, name and size in bytes."""
    size = len(file.data) if file.data is not None else file.size
    facts = [file.kind, file.name or file.media_type or "", f"{size:,} bytes" if size is not None else ""]
    return f"[{', '.join(fact for fact in facts if fact)}]"


class Terminal:
    """One person at one terminal, who is the bot's owner. `read` blocks for a line and raises EOFError at the end."""

    platform = PLATFORM

    def __init__(self, console: Console, *, placeholder: str, folder: Folder, read: Callable[[], str]) -> None:
        self._outlet = TerminalOutlet(console, placeholder=placeholder, folder=folder)
        self.outlet: Outlet = self._outlet
        self._read = read
        self._gateway: Gateway | None = None
        self._waiting = False
        self._left = asyncio.Event()
        self._user = getpass.getuser()

    async def start(self, gateway: Gateway) -> None:
        """Remember the way in; `converse` does the rest."""
        self._gateway = gateway

    async def stop_receiving(self) -> None:
        """Stop reading lines."""
        self._left.set()

    async def close(self) -> None:
        """Nothing is open."""
        self._outlet.stop()

    async def check(self) -> Sequence[Finding]:
        """A terminal is always there."""
        return [Finding(PLATFORM, "ok", "botcore chat talks here")]

    async def converse(self) -> None:
        """Read a line, show the answer, and again, until /exit, the end of the input, or `interrupt`."""
        while (line := await self._line()) is not None:
            text = line.strip()
            if text in LEAVE:
                return
            if text:
                await self.say(text)

    async def say(self, text: str) -> None:
        """Put one message in and wait for its answer. StoreUnavailable passes through."""
        if self._gateway is None:
            raise RuntimeError("start the terminal first")
        self._outlet.answered.clear()
        self._waiting = True
        try:
            await self._gateway.accept(self._incoming(text))
            await _first(self._outlet.answered, self._left)
        finally:
            self._waiting = False

    async def interrupt(self) -> None:
        """What Ctrl-C does: stop the answer that is being written, else leave."""
        if self._waiting and self._gateway is not None:
            self._waiting = False  # a second one leaves
            await self._gateway.accept(self._incoming("/stop"))
        else:
            self.leave()

    def leave(self) -> None:
        """End the conversation; an answer that is being written is left to the engine's drain."""
        self._left.set()

    async def _line(self) -> str | None:
        """The next line, or None at the end. A thread waits for it, which ends with the program."""
        loop = asyncio.get_running_loop()
        line: asyncio.Future[str | None] = loop.create_future()

        def put(said: str | None) -> None:
            if not line.done():
                line.set_result(said)
                arrived.set()

        def wait() -> None:
            try:
                said: str | None = self._read()
            except EOFError:
                said = None
            with suppress(RuntimeError):  # the program ended meanwhile and its loop with it
                loop.call_soon_threadsafe(put, said)

        arrived = asyncio.Event()
        threading.Thread(target=wait, name="terminal-input", daemon=True).start()
        await _first(arrived, self._left)
        return line.result() if line.done() else None

    def _incoming(self, text: str) -> Incoming:
        name = uuid.uuid4().hex
        return Incoming(
            id=name,
            address=Address(PLATFORM, PLATFORM, self._user),
            chat=Chat(PLATFORM, self._user, "private"),
            sender=Sender(self._user, self._user, trusted=True),
            event=self._outlet.pressed(text) or Message(name, (Text(text, plain=True),)),
            received_at=datetime.now(UTC),
        )


async def _first(*events: asyncio.Event) -> None:
    waits = [asyncio.ensure_future(event.wait()) for event in events]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
