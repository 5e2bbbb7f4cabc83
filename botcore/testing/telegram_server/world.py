"""The state of the simulated Telegram and what can happen in it, whoever causes it."""

import itertools
from dataclasses import dataclass, field
from typing import Any

from botcore.testing.server.clock import Clock
from botcore.testing.server.news import News
from botcore.testing.telegram_server.files import Files
from botcore.testing.telegram_server.keyboards import reply_keys
from botcore.testing.telegram_server.limits import FloodControl, Limits
from botcore.testing.telegram_server.model import Chat, ChatKind, Json, Message, Topic, User
from botcore.testing.telegram_server.updates import Updates

_FIRST_USER = 1_000_001
_FIRST_UPDATE = 70_000_001
_SUPERGROUP = -1_000_000_000_000
_FIRST_GROUP = 4_000_001
TOPIC_COLOUR = 7322096  # 0x6FB9F0
_REPLY_FIELDS = ("reply_to_message",)  # a quoted message does not quote in turn
_RIGHTS = (
    "can_be_edited",
    "is_anonymous",
    "can_manage_chat",
    "can_delete_messages",
    "can_manage_video_chats",
    "can_restrict_members",
    "can_promote_members",
    "can_change_info",
    "can_invite_users",
    "can_post_stories",
    "can_edit_stories",
    "can_delete_stories",
)


@dataclass(eq=False, slots=True)
class Press:
    """A pressed button, and what the bot answered to it with answerCallbackQuery."""

    id: str
    chat: Chat
    data: str
    answered: bool = False
    text: str = ""
    alert: bool = False
    url: str = ""

    async def answer(self, timeout: float = 5) -> "Press":
        """Wait until the bot has answered; then `text` is the toast or, with `alert`, the dialogue shown.

        Raises:
            TimeoutError: after `timeout` seconds.
        """
        return await self.chat.news.wait_for(lambda: self if self.answered else None, timeout)


@dataclass(slots=True)
class Content:
    """What a message is made of, apart from who, where and when."""

    fields: Json
    thread: int | None = None
    reply_to: Message | None = None
    markup: Json | None = None
    extra: Json = field(default_factory=dict[str, Any])


class World:
    """Users, chats, files, pending updates; one bot."""

    def __init__(self, *, bot: User, clock: Clock, limits: Limits, keep: int) -> None:
        self.bot = bot
        self.clock = clock
        self.keep = keep
        self.reads_all_messages = False
        self.mentions_pass_privacy = False
        self.users: dict[int, User] = {bot.id: bot}
        self.chats: dict[int, Chat] = {}
        self.usernames: dict[str, Chat] = {}
        self.files = Files(clock)
        self.flood = FloodControl(limits, clock)
        self.updates = Updates(_FIRST_UPDATE)
        self.commands: dict[tuple[str, str], list[Json]] = {}
        self.presses: dict[str, Press] = {}
        self.news = News()
        self._user_ids = itertools.count(_FIRST_USER)
        self._group_ids = itertools.count(_FIRST_GROUP)
        self._albums = itertools.count(13_000_000_000_000_001)
        self._presses = itertools.count(4_380_000_000_000_000_001)
        self._last_message = 0

    def now(self) -> int:
        """The time as messages carry it: Unix seconds."""
        return int(self.clock.now())

    def add_user(self, name: str, *, username: str | None, language: str | None) -> User:
        """A new person, unknown to the bot until they write or share a group with it."""
        user = User(next(self._user_ids), name, username, language)
        self.users[user.id] = user
        self.chats[user.id] = Chat(user.id, "private", name, user=user, opened=False)
        return user

    def add_group(self, title: str, *, kind: ChatKind, forum: bool, username: str | None) -> Chat:
        """A new group without members; the bot is in it."""
        number = next(self._group_ids)
        chat_id = _SUPERGROUP - number if kind == "supergroup" else -number
        chat = Chat(chat_id, kind, title, forum=forum, username=username)
        chat.last_id = 1  # the message about its creation, which this bot has not seen
        self.chats[chat.id] = chat
        if username:
            self.usernames[username.lower()] = chat
        return chat

    def add_topic(self, chat: Chat, name: str, author: User) -> Topic:
        """Create a forum topic; its id is that of the service message that announces it."""
        created = {"forum_topic_created": {"name": name, "icon_color": TOPIC_COLOUR}}
        message = self.post(chat, author, Content(created))
        message.data["message_thread_id"] = message.id
        message.data["is_topic_message"] = True
        chat.topics[message.id] = topic = Topic(message.id, name)
        if author != self.bot:
            self.updates.push("message", message.data)
        return topic

    def next_album(self) -> str:
        """A fresh `media_group_id`."""
        return str(next(self._albums))

    def press(self, user: User, message: Message, data: str) -> Press:
        """Somebody pressed an inline button: the bot gets a callback query."""
        press = Press(str(next(self._presses)), message.chat, data)
        self.presses[press.id] = press
        query: Json = {
            "id": press.id,
            "from": user.as_json(),
            "message": message.data,
            "chat_instance": str(7_000_000_000 + abs(message.chat.id)),
            "data": data,
        }
        if message.deleted:
            query["message"] = {"message_id": message.id, "chat": message.chat.as_json(), "date": 0}
        self.updates.push("callback_query", query)
        self.changed(message.chat)
        return press

    def post(self, chat: Chat, author: User, content: Content) -> Message:
        """Put a message into a chat. The bot is told of people's messages by `Privacy`, not here."""
        number = self._next_id(chat)
        data: Json = {
            "message_id": number,
            "from": author.as_json(),
            "chat": chat.as_json(),
            "date": self.now(),
        }
        self._place(chat, data, content)
        data |= content.fields
        data |= content.extra
        if content.markup is not None:
            if "inline_keyboard" in content.markup:
                data["reply_markup"] = content.markup
            keys = reply_keys(content.markup)
            chat.keyboard = chat.keyboard if keys is None else keys
        message = Message(number, chat, author, data)
        chat.messages[number] = message
        if len(chat.messages) > self.keep:
            del chat.messages[next(iter(chat.messages))]
        if author.is_bot and not message.is_service:
            chat.unread.append(message)
            chat.draft = None
        self.changed(chat)
        return message

    def _next_id(self, chat: Chat) -> int:
        """Supergroups count their own messages; private chats and basic groups share the account's numbers."""
        if chat.kind == "supergroup":
            chat.last_id += 1
            return chat.last_id
        self._last_message += 1
        return self._last_message

    @staticmethod
    def _place(chat: Chat, data: Json, content: Content) -> None:
        replied = content.reply_to
        thread = content.thread
        if chat.forum and thread in chat.topics:
            data["message_thread_id"] = thread
            data["is_topic_message"] = True
            if replied is None:
                replied = chat.messages.get(thread)  # as really done: the message that created the topic
        elif replied is not None and chat.kind == "supergroup" and not chat.forum:
            data["message_thread_id"] = replied.data.get("message_thread_id", replied.id)
        if replied is not None:
            data["reply_to_message"] = {k: v for k, v in replied.data.items() if k not in _REPLY_FIELDS}

    def rewrite(self, message: Message, fields: Json, markup: Json | None) -> None:
        """Edit a message: `fields` are its new text or caption with entities; None as markup removes the keyboard."""
        if fields:
            message.edits.append(message.text)
        changes = {**fields, "reply_markup": markup}
        for name, value in changes.items():
            if value:
                message.data[name] = value
            else:
                message.data.pop(name, None)
        message.data["edit_date"] = self.now()
        self.changed(message.chat)

    def delete(self, message: Message) -> None:
        """Remove a message for everybody."""
        message.deleted = True
        self.changed(message.chat)

    def changed(self, chat: Chat) -> None:
        """Wake everybody who waits for something in that chat."""
        chat.news.tell()
        self.news.tell()

    def member_changed(self, chat: Chat, by: User, old: str, new: str) -> None:
        """Tell the bot about its own membership (`my_chat_member`)."""
        self.updates.push(
            "my_chat_member",
            {
                "chat": chat.as_json(),
                "from": by.as_json(),
                "date": self.now(),
                "old_chat_member": member_json(self.bot, old),
                "new_chat_member": member_json(self.bot, new),
            },
        )


def member_json(user: User, status: str, *, topics: bool = False) -> Json:
    """A `ChatMember` object. `topics`: an administrator that may manage them."""
    data: Json = {"user": user.as_json(), "status": status}
    if status == "creator":
        data["is_anonymous"] = False
    elif status == "kicked":
        data["until_date"] = 0
    elif status == "administrator":
        data |= dict.fromkeys(_RIGHTS, False)
        data |= {"can_manage_chat": True, "can_delete_messages": True, "can_manage_topics": topics}
    return data


def entity_fields(text: str, entities: list[Json], *, caption: bool = False) -> Json:
    """Text or caption with entities as fields of a `Message`."""
    name, entities_name = ("caption", "caption_entities") if caption else ("text", "entities")
    fields: Json = {name: text} if text or not caption else {}
    if entities:
        fields[entities_name] = entities
    return fields
