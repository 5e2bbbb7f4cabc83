"""What travels between platforms, the engine and plugins.

Frozen, slotted dataclasses without behaviour. Every one survives a trip through JSON (`botcore.codec`), because a
message may be accepted in one process and answered in another, or after a restart. Times are aware and in UTC,
sizes are bytes, durations are seconds. Text is cleaned where it enters: no lone surrogate and no NUL gets past a
constructor, since UTF-8 cannot carry the one and PostgreSQL cannot store the other.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Final, Literal, TypeAlias

Json: TypeAlias = Any
"""A value that `json` can carry: None, bool, int, float, str, list, dict with string keys."""

SPOKEN: Final = "[spoken, as it was understood] "
"""Before a transcript in the history: its words may be misheard, which the model and a later reader should know."""

_UNFIT = re.compile("[\ud800-\udfff\x00]")


def clean(text: str) -> str:
    """Replace lone surrogates and NUL by U+FFFD, so that the text can be stored, logged and sent."""
    return text if text.isascii() and "\x00" not in text else _UNFIT.sub("\ufffd", text)


@dataclass(frozen=True, slots=True)
class Text:
    """Text. Markdown as language models write it, unless `plain`: then it is shown letter by letter.

    `spoken`: it is the transcript of speech, and may be misheard.
    """

    text: str
    plain: bool = False
    spoken: bool = False
    kind: Literal["text"] = field(default="text", kw_only=True, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", clean(self.text))


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file, by reference (incoming: `ref` is fetched through the adapter's outlet) or with its bytes (outgoing).

    `size` is what the platform declares, in bytes, and is not to be trusted before the fetch is over.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = {"ser_json_bytes": "base64", "val_json_bytes": "base64"}

    ref: str | None = None
    data: bytes | None = None
    media_type: str | None = None
    name: str | None = None
    size: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Image(Attachment):
    """A picture; `width` and `height` in pixels where known, `caption` is Markdown."""

    width: int | None = None
    height: int | None = None
    caption: str = ""
    kind: Literal["image"] = field(default="image", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Audio(Attachment):
    """Sound; `voice` marks a voice message, `duration` is in seconds as declared."""

    duration: float | None = None
    voice: bool = False
    kind: Literal["audio"] = field(default="audio", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Video(Attachment):
    """A film; `note` marks a round video note, `duration` is in seconds as declared."""

    duration: float | None = None
    note: bool = False
    kind: Literal["video"] = field(default="video", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class File(Attachment):
    """Any other file."""

    kind: Literal["file"] = field(default="file", repr=False)


Part: TypeAlias = Text | Image | Audio | Video | File


@dataclass(frozen=True, slots=True)
class User:
    """A person of the platform, as a command's argument. `name` is for show, and empty where it is not known."""

    id: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Channel:
    """A chat of the platform, as a command's argument. `name` is for show, and empty where it is not known."""

    id: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Sender:
    """Who wrote. `id` is the platform's unchangeable one; names are for show and never decide about access.

    `trusted` is set by an adapter that itself vouches for the person (the loopback browser is the owner).
    `locale` is a BCP 47 tag where the platform tells.
    """

    id: str
    name: str
    username: str | None = None
    locale: str | None = None
    is_bot: bool = False
    trusted: bool = False

    def __post_init__(self) -> None:
        # A newline in a display name must not forge a turn in the prompt or a line in the log.
        object.__setattr__(self, "name", " ".join(clean(self.name).split())[:128] or self.id)


@dataclass(frozen=True, slots=True)
class Chat:
    """Where it was written. A forum topic or thread (`thread`) is a place of its own."""

    platform: str
    id: str
    kind: Literal["private", "group"]
    thread: str | None = None
    title: str = ""


@dataclass(frozen=True, slots=True)
class Address:
    """All that is needed to answer later, in another process too.

    `reply_to` is the platform's id of the message that is answered; `token` is an interaction's, valid until
    `expires_at`. `place` is the message that the platform has set aside for the answer already, in the adapter's words.
    """

    platform: str
    bot: str
    chat: str
    thread: str | None = None
    reply_to: str | None = None
    token: str | None = None
    expires_at: datetime | None = None
    place: str | None = None


@dataclass(frozen=True, slots=True)
class ConversationKey:
    """Whose history it is: one chat (and thread), and one user of it unless the chat shares its history (`user` '')."""

    platform: str
    chat: str
    thread: str = ""
    user: str = ""

    def __str__(self) -> str:
        return f"{self.platform}/{self.chat}/{self.thread}/{self.user}".rstrip("/")


@dataclass(frozen=True, slots=True)
class Quote:
    """The message that is replied to. `mine`: this bot wrote it. `reply_to`: what that one replied to in turn."""

    external_id: str
    author: str = ""
    mine: bool = False
    parts: tuple[Part, ...] = ()
    reply_to: "Quote | None" = None


@dataclass(frozen=True, slots=True)
class Message:
    """A person wrote something.

    `addressed`: the platform shows that the bot is meant (private chat, mention, reply to it, command for it).
    `joins`: messages of one sender with the same value belong together (an album, a long paste that the platform cut).
    `named`: it names the bot or replies to it, so that even a command that nobody knows is meant for it.
    """

    external_id: str
    parts: tuple[Part, ...]
    addressed: bool = True
    reply_to: Quote | None = None
    joins: str | None = None
    named: bool = False
    kind: Literal["message"] = field(default="message", kw_only=True, repr=False)

    @property
    def text(self) -> str:
        """The text parts (and captions) in one string."""
        return text_of(self.parts)


@dataclass(frozen=True, slots=True)
class Edit:
    """A person changed an earlier message; `parts` is the new content."""

    external_id: str
    parts: tuple[Part, ...]
    addressed: bool = True
    kind: Literal["edit"] = field(default="edit", kw_only=True, repr=False)

    @property
    def text(self) -> str:
        """The text parts (and captions) in one string."""
        return text_of(self.parts)


@dataclass(frozen=True, slots=True)
class Press:
    """A person pressed a button under the bot's message `external_id`. `says` is the button's.

    `parts` is what stands in that message: what the button is about.
    """

    external_id: str
    says: str
    parts: tuple[Part, ...] = ()
    kind: Literal["press"] = field(default="press", kw_only=True, repr=False)


@dataclass(frozen=True, slots=True)
class Invocation:
    """A command with options that the platform has parsed (a slash command, an entry of a menu).

    `reply_to`: the message from whose menu it was chosen, as a reply would quote it; `person`: the person from whose.
    """

    command: str
    options: Mapping[str, Json]
    external_id: str = ""
    reply_to: Quote | None = None
    person: User | None = None
    kind: Literal["invocation"] = field(default="invocation", kw_only=True, repr=False)


@dataclass(frozen=True, slots=True)
class Reaction:
    """A person's emojis on the bot's message `external_id`: all that stand there now, none where they were taken away.

    It is kept as a rating where it is a thumb, and never answered.
    """

    external_id: str
    emojis: tuple[str, ...] = ()
    kind: Literal["reaction"] = field(default="reaction", kw_only=True, repr=False)


Event: TypeAlias = Message | Edit | Press | Invocation | Reaction


@dataclass(frozen=True, slots=True)
class Incoming:
    """One thing that happened on a platform. `id` is unique per platform and bot: it deduplicates redeliveries."""

    id: str
    address: Address
    chat: Chat
    sender: Sender
    event: Event
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Button:
    """A button under an answer. Pressing is the same as saying `says` (64 UTF-8 bytes at most), or opens `url`."""

    label: str
    says: str = ""
    url: str = ""

    def __post_init__(self) -> None:
        if bool(self.says) == bool(self.url):
            raise ValueError("a button either says something or opens a URL")
        if len(self.says.encode()) > 64:  # Telegram's callback_data; the narrowest of the platforms
            raise ValueError(f"a button says at most 64 bytes, this one {len(self.says.encode())}")


@dataclass(frozen=True, slots=True)
class Reply:
    """What the bot answers: parts in order, rows of buttons below the last; `ephemeral` for the asker's eyes only."""

    parts: tuple[Part, ...]
    buttons: tuple[tuple[Button, ...], ...] = ()
    ephemeral: bool = False

    @classmethod
    def of(cls, *parts: Part | str, buttons: Sequence[Sequence[Button]] = (), ephemeral: bool = False) -> "Reply":
        """Build a reply; a plain string is Markdown text."""
        return cls(
            tuple(Text(part) if isinstance(part, str) else part for part in parts),
            tuple(tuple(row) for row in buttons),
            ephemeral,
        )

    @property
    def text(self) -> str:
        """The text parts (and captions) in one string."""
        return text_of(self.parts)


@dataclass(frozen=True, slots=True)
class Piece:
    """One message as a platform will show it: the adapter cut it from a `Reply` and knows what `markup` means.

    Stored in the outbox before it is sent. `text` is rendered text without markup, `markup` is the platform's own
    JSON (Telegram: entities), `attachments` travel with it.
    """

    text: str = ""
    markup: Json = None
    attachments: tuple[Image | Audio | Video | File, ...] = ()
    buttons: tuple[tuple[Button, ...], ...] = ()
    ephemeral: bool = False


def quote_of(event: Event) -> Quote | None:
    """The message that a command is about beside its own: replied to, with the button, or with the menu."""
    match event:
        case Message() | Invocation():
            return event.reply_to
        case Press():
            return Quote(event.external_id, mine=True, parts=event.parts)
        case Edit() | Reaction():
            return None


def quoted_text(event: Event) -> str:
    """The text of that message; "" where there is none."""
    quote = quote_of(event)
    return text_of(quote.parts).strip() if quote is not None else ""


def text_of(parts: Sequence[Part]) -> str:
    """The text parts and captions of `parts`, joined by newlines."""
    texts = (part.text if isinstance(part, Text) else part.caption if isinstance(part, Image) else "" for part in parts)
    return "\n".join(text for text in texts if text)
