"""What the simulated Telegram knows: users, chats, topics, messages."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from botcore.testing.server.news import News

ChatKind: TypeAlias = Literal["private", "group", "supergroup"]
BotStatus: TypeAlias = Literal["member", "administrator", "left", "kicked"]
Json: TypeAlias = dict[str, Any]

MEDIA = ("photo", "document", "audio", "voice", "video", "video_note")  # fields of a message that hold a file
GENERAL_TOPIC = 1  # thread id of a forum's General topic; messages in it carry no thread id
_MAX_ACTIONS = 256  # chat actions and drafts remembered in each chat
_MAX_UNREAD = 10_000  # messages of the bot that no test has asked for


@dataclass(frozen=True, slots=True)
class User:
    """An account: a person's or the bot's."""

    id: int
    first_name: str
    username: str | None = None
    language: str | None = None
    is_bot: bool = False

    def as_json(self) -> Json:
        """The `User` object."""
        data: Json = {"id": self.id, "is_bot": self.is_bot, "first_name": self.first_name}
        if self.username:
            data["username"] = self.username
        if self.language:
            data["language_code"] = self.language
        return data


@dataclass(frozen=True, slots=True)
class Button:
    """A button under a message. `data` is its callback data; None for links and for keys of a reply keyboard."""

    label: str
    data: str | None = None
    url: str | None = None


@dataclass(eq=False, slots=True)
class Message:
    """One message as the server holds it; `data` is the Bot API's `Message` object as it is now."""

    id: int
    chat: "Chat"
    author: User
    data: Json
    edits: list[str] = field(default_factory=list[str])
    deleted: bool = False
    reactions: dict[int, list[Json]] = field(default_factory=dict[int, list[Json]])

    @property
    def text(self) -> str:
        """What can be read now: the text, or the caption of a picture or file."""
        return str(self.data.get("text", self.data.get("caption", "")))

    @property
    def entities(self) -> list[Json]:
        """The `MessageEntity` objects of the text or caption."""
        entities: list[Json] = self.data.get("entities") or self.data.get("caption_entities") or []
        return entities

    @property
    def history(self) -> list[str]:
        """Every text this message ever had, the present one last."""
        return [*self.edits, self.text]

    @property
    def thread(self) -> int | None:
        """The forum topic, None outside forums and in the General topic."""
        return self.data.get("message_thread_id") if self.data.get("is_topic_message") else None

    @property
    def reply_to(self) -> int | None:
        """The id of the message this one answers, if it does; the opening of its topic does not count."""
        replied: Json | None = self.data.get("reply_to_message")
        return None if replied is None or "forum_topic_created" in replied else int(replied["message_id"])

    @property
    def from_bot(self) -> bool:
        """Whether the bot wrote it."""
        return self.author.is_bot

    @property
    def is_service(self) -> bool:
        """Whether it reports something (a topic created, a member joined) instead of saying something."""
        return not (self.text or self.media)

    @property
    def media(self) -> str | None:
        """What kind of file it carries (photo, document, audio, voice, video, video_note), if any."""
        return next((kind for kind in MEDIA if kind in self.data), None)

    @property
    def album(self) -> str | None:
        """What the messages of one album have in common."""
        return self.data.get("media_group_id")

    @property
    def file_id(self) -> str | None:
        """The id of the file it carries, the largest size of a photo."""
        kind = self.media
        if kind is None:
            return None
        held = self.data[kind]
        return str((held[-1] if kind == "photo" else held)["file_id"])

    @property
    def buttons(self) -> list[list[Button]]:
        """The rows of buttons under the message."""
        markup: Json = self.data.get("reply_markup", {})
        rows: list[list[Json]] = markup.get("inline_keyboard", [])
        return [[Button(b["text"], b.get("callback_data"), b.get("url")) for b in row] for row in rows]


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic of a forum; `id` is its `message_thread_id`."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class Action:
    """A chat action ("typing") and when it came, in Unix seconds."""

    action: str
    thread: int | None
    at: float


@dataclass(frozen=True, slots=True)
class Draft:
    """What a bot streams with sendMessageDraft before the message proper."""

    id: int
    text: str
    entities: list[Json]
    at: float


@dataclass(eq=False, slots=True)
class Chat:
    """A private chat, a basic group or a supergroup (which may be a forum)."""

    id: int
    kind: ChatKind
    title: str
    user: User | None = None
    username: str | None = None
    forum: bool = False
    opened: bool = True
    blocked: bool = False
    deactivated: bool = False
    upgraded_to: int | None = None
    bot_status: BotStatus = "member"
    bot_manages_topics: bool = False
    members: dict[int, User] = field(default_factory=dict[int, User])
    topics: dict[int, Topic] = field(default_factory=dict[int, Topic])
    closed_topics: set[int] = field(default_factory=set[int])
    messages: dict[int, Message] = field(default_factory=dict[int, Message])
    last_id: int = 0
    draft: Draft | None = None
    drafts: deque[Draft] = field(default_factory=lambda: deque[Draft](maxlen=_MAX_ACTIONS))
    keyboard: list[list[str]] = field(default_factory=list[list[str]])
    actions: deque[Action] = field(default_factory=lambda: deque[Action](maxlen=_MAX_ACTIONS))
    news: News = field(default_factory=News)
    unread: deque[Message] = field(default_factory=lambda: deque[Message](maxlen=_MAX_UNREAD))

    @property
    def is_group(self) -> bool:
        """Whether several people write here."""
        return self.kind != "private"

    def as_json(self) -> Json:
        """The `Chat` object."""
        data: Json = {"id": self.id, "type": self.kind}
        if self.user is not None:
            data["first_name"] = self.user.first_name
            if self.user.username:
                data["username"] = self.user.username
            return data
        data["title"] = self.title
        if self.username:
            data["username"] = self.username
        if self.forum:
            data["is_forum"] = True
        return data

    def transcript(self) -> list[Message]:
        """The messages a person sees here, oldest first; deleted ones and service messages are left out."""
        return [message for message in self.messages.values() if not message.deleted and not message.is_service]

    def lines(self) -> list[str]:
        """The transcript as "Name: text" lines; files are shown as [photo], [voice] and so on."""
        return [
            f"{message.author.first_name}: {f'[{message.media}] ' if message.media else ''}{message.text}".rstrip()
            for message in self.transcript()
        ]

    async def wait_for(self, predicate: Callable[[list[Message]], bool], timeout: float = 5) -> list[Message]:
        """Wait until `predicate(transcript)` holds, and return that transcript.

        Raises:
            TimeoutError: after `timeout` seconds, with what is to be seen in the chat.
        """

        def look() -> list[list[Message]]:
            seen = self.transcript()
            return [seen] if predicate(seen) else []

        def complaint() -> str:
            return f"not within {timeout} s; the chat shows:\n" + "\n".join(self.lines())

        return (await self.news.wait_for(look, timeout, complaint))[0]
