"""What a platform must offer, and what it is offered.

An adapter package exports one value, `adapter = Platform(...)`, named by an entry point of the group
`botcore.adapters`. The engine builds an `Adapter` from it, hands it a `Gateway` and answers through its `Outlet`.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal, Protocol, runtime_checkable

from botcore.messages import (
    Address,
    Audio,
    Button,
    Chat,
    Event,
    File,
    Image,
    Incoming,
    Json,
    Piece,
    Quote,
    Reply,
    Sender,
    Video,
)

if TYPE_CHECKING:
    from botcore.plugin import Command, Settings


@dataclass(frozen=True, slots=True)
class Limits:
    """What a platform can do.

    `edits`: a sent message can be replaced, so a place is reserved before the answer is known.
    `idempotent`: `Outlet.send` with the same key never shows a second message.
    `typing_seconds`: how long one typing pulse shows. `text`: characters of one message (the adapter's `split`
    counts in the platform's own unit). `upload_bytes`: the largest file sent; `fetch_bytes`: the largest fetched.
    `transcript`: it shows chats from `Gateway.transcript`, so that their messages are kept as long as the chat.
    """

    text: int
    edits: bool
    idempotent: bool
    typing_seconds: float
    upload_bytes: int
    fetch_bytes: int
    transcript: bool = False


class Outlet(Protocol):
    """The way out: one per adapter, used by many conversations at once.

    Every method may raise `SendLater` (flood control beyond what pacing foresaw), `SendUnknown` (it may have
    landed), `SendFailed` (refused for good) or `MessageGone`; nothing else. A message that is already as wanted
    counts as success.
    """

    @property
    def limits(self) -> Limits:
        """What the platform can do."""
        ...

    def split(self, reply: Reply) -> Sequence[Piece]:
        """Cut a reply into the messages this platform will show, in order. At least one. Must not block (50 ms)."""
        ...

    async def send(self, address: Address, piece: Piece, *, key: str) -> str:
        """Send a message, waiting for the chat's turn; return the platform's id of it.

        `key` identifies the send: the message's number and the part's, `12/0`. Where the address has a `place`, that
        is the message of part 0, and nothing is sent.
        """
        ...

    async def edit(self, address: Address, external_id: str, piece: Piece) -> None:
        """Replace a sent message by its final form, waiting for the chat's turn. Never dropped."""
        ...

    async def frame_slot(self, address: Address) -> None:
        """Wait until this chat may be shown another intermediate frame of a growing answer."""
        ...

    async def frame(
        self, address: Address, external_id: str, text: str, buttons: Sequence[Sequence[Button]] = ()
    ) -> None:
        """Show an answer so far, as plain text, with the buttons that it has while it grows. May be dropped."""
        ...

    async def delete(self, address: Address, external_id: str) -> None:
        """Remove a sent message; one that is gone is fine."""
        ...

    async def typing(self, address: Address) -> None:
        """Show once that an answer is being written. May be dropped."""
        ...

    def fetch(self, ref: str, *, most: int) -> AsyncIterator[bytes]:
        """Stream an incoming attachment. Raises Unsuitable where it has more than `most` bytes."""
        ...


@dataclass(frozen=True, slots=True)
class Thread:
    """A thread that was opened: its id, and how a message refers to it (Markdown, or the platform's own form)."""

    id: str
    shown: str


@runtime_checkable
class ThreadOutlet(Protocol):
    """An outlet of a platform on which a bot can open threads (topics), each a conversation of its own."""

    async def open_thread(self, address: Address, title: str, *, key: str) -> Thread:
        """Open a thread near the message that is answered; `key` identifies the call, as a send's.

        Raises what `Outlet` names, and Unsuitable where there can be none.
        """
        ...


@dataclass(frozen=True, slots=True)
class Entry:
    """One visible message of a chat, for adapters that show the chat themselves (the browser).

    `mine`: the bot wrote it. `external_id` is what `Outlet.send` returned, or the incoming message's.
    `settled`: the answer is final; otherwise a place that is still being filled. `rating` is what the person thinks of
    the answer: 1 (good), -1 (bad), 0 (not said). `reply_to` is the message that the person replied to.
    """

    external_id: str
    mine: bool
    piece: Piece
    at: datetime
    settled: bool = True
    rating: int = 0
    reply_to: Quote | None = None


@dataclass(frozen=True, slots=True)
class ChatSummary:
    """One chat in a list: `title` is its first message, shortened; `last` is the time of its last message."""

    id: str
    title: str
    last: datetime


@dataclass(frozen=True, slots=True)
class AccessRequest:
    """A stranger who waits for the owner's approval."""

    code: str
    platform: str
    user: str
    name: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Seen:
    """The last message accepted from one chat (and thread), by the platform's ids."""

    chat: str
    thread: str | None
    external_id: str


class Gateway(Protocol):
    """The way in: what the engine offers an adapter."""

    async def accept(self, *incoming: Incoming) -> None:
        """Make these durable, in order, in one transaction; only then confirm them to the platform.

        Redelivered ones (same platform, bot and id) and ones that are not meant for the bot are dropped silently.
        Waits while too much is open. Raises StoreUnavailable: then nothing of it is stored; do not confirm.
        """
        ...

    def commands(self) -> Sequence["Command"]:
        """The commands of all loaded plugins, for menus, sorted by name."""
        ...

    def slash(self) -> Sequence[Mapping[str, Json]]:
        """The same as Discord's application commands: bodies of "create application command", sorted by name."""
        ...

    def menus(self) -> Mapping[str, Mapping[str, Json]]:
        """Those of them that need nothing but a message, or a person: as entries of Discord's context menus.

        By the command's name; type 3 is the menu of a message, 2 that of a person.
        """
        ...

    async def suggest(self, command: str, option: str, typed: str) -> Sequence[str]:
        """Up to 25 values for a slash command's option that is being typed. Never fails: then there are none."""
        ...

    def is_ephemeral(self, event: Event) -> bool:
        """Whether the answer will be for the asker's eyes only, as far as that is known at once.

        A command says so of itself, and so it is where the arguments are refused.
        """
        ...

    async def transcript(self, chat: Chat, *, most: int = 200) -> Sequence[Entry]:
        """The last visible messages of a chat, oldest first; `most` counts the people's, each comes with its answer.

        The files of answers come without their bytes, which `files` gives: a chat may hold hundreds of megabytes.
        """
        ...

    async def files(self, chat: Chat, external_id: str) -> Sequence[Image | Audio | Video | File]:
        """The files of one answer of a transcript, with their bytes; none where it is gone."""
        ...

    async def chats(self, platform: str, sender: Sender) -> Sequence[ChatSummary]:
        """The chats in which this person wrote, latest first."""
        ...

    async def forget_chat(self, chat: Chat) -> None:
        """Delete a chat with all its messages."""
        ...

    async def seen(self, platform: str, bot: str) -> Sequence[Seen]:
        """The last message accepted from each chat, to catch up after a restart."""
        ...

    async def access_requests(self) -> Sequence[AccessRequest]:
        """Strangers who wait for approval, oldest first."""
        ...

    async def decide_access(self, code: str, *, approve: bool) -> bool:
        """Approve or refuse a waiting stranger. False: no such code."""
        ...


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of `botcore doctor`: what was checked, how it stands, and what to do about it."""

    name: str
    state: Literal["ok", "note", "fail"]
    text: str
    remedy: str = ""


class Adapter(Protocol):
    """A platform connection: `start` returns once messages come in; `stop_receiving`, the drain, then `close`."""

    @property
    def platform(self) -> str:
        """The platform's name, as messages carry it."""
        ...

    @property
    def outlet(self) -> Outlet:
        """The way out."""
        ...

    async def start(self, gateway: Gateway) -> None:
        """Connect and begin to receive. Raises ConfigError where the token or an address is wrong."""
        ...

    async def stop_receiving(self) -> None:
        """Take no further messages; sending still works."""
        ...

    async def close(self) -> None:
        """Close every connection."""
        ...

    async def check(self) -> Sequence[Finding]:
        """What `botcore doctor` says of this platform, without receiving anything."""
        ...


@dataclass(frozen=True, slots=True)
class Setup:
    """What an adapter is built from: its own settings, the secrets it named, and what holds for the whole bot.

    `offline`: the stand-in answers; `data_dir`: the folder for files that the database does not hold.
    """

    settings: "Settings"
    secrets: Mapping[str, str]
    offline: bool = False
    data_dir: str = "data"


@dataclass(frozen=True, slots=True)
class Platform:
    """An adapter package's one value.

    `secrets` names the environment variables it reads; it is started when all of `needs` are present (empty: always,
    unless its settings have `enabled` false). `build` makes the adapter and may raise ConfigError.
    """

    name: str
    settings: type["Settings"]
    build: Callable[[Setup], Adapter]
    secrets: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
