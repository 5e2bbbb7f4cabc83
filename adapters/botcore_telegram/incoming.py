"""From Telegram's updates to what travels in the engine."""

import re
from collections import OrderedDict
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

from telegram import (
    CallbackQuery,
    Message,
    MessageEntity,
    MessageReactionUpdated,
    ReactionTypeEmoji,
    Update,
    User,
)

from botcore import messages as m
from botcore_telegram.content import name_of, parts_of, pressed_parts, quote_of

PLATFORM: Final = "telegram"
GENERAL: Final = "1"
"""The General topic of a forum. Messages in it carry no thread id, and none is sent with theirs; typing wants this."""

PASTE_CUT: Final = 4000
"""Characters from which a message may be a piece of a longer paste: clients cut at 4096, sometimes a little earlier."""
PASTE_GAP: Final = timedelta(seconds=2)
"""The pieces of a paste come at once; `date` has whole seconds."""
_REMEMBERED: Final = 1000

_NAMING: Final = (MessageEntity.BOT_COMMAND, MessageEntity.MENTION, MessageEntity.TEXT_MENTION)


class Receiver:
    """Converts updates for one bot. Remembers recent long messages, whose rest may follow."""

    def __init__(self, bot: User) -> None:
        self._bot = bot
        self._mention = f"@{bot.username}".casefold()
        name = re.escape(self._mention)
        self._behind_command = re.compile(rf"\A(/\w+){name}(?!\w)", re.IGNORECASE)
        self._at_start = re.compile(rf"\A{name}(?!\w)[\s,:]*", re.IGNORECASE)
        self._at_end = re.compile(rf"[\s,]*(?<!\w){name}\Z", re.IGNORECASE)
        self._pastes: OrderedDict[tuple[int, int, int], tuple[str, datetime]] = OrderedDict()

    def convert(self, update: Update) -> m.Incoming | None:
        """The update as the engine sees it; None where there is nothing in it for a conversation."""
        if update.callback_query is not None:
            return self._press(update.update_id, update.callback_query)
        if update.message_reaction is not None:
            return self._reaction(update.update_id, update.message_reaction)
        message = update.message or update.edited_message
        if message is None or message.is_automatic_forward:  # a channel's post in its discussion group: nobody asks
            return None
        sender, parts = _sender(message), parts_of(message)
        if sender is None or parts is None:
            return None
        parts, addressed, foreign = self._addressed(message, parts)
        if foreign:
            return None
        event: m.Event
        number = str(message.message_id)
        if update.edited_message is None:
            quote = quote_of(message, self._bot.id)
            event = m.Message(number, parts, addressed, quote, self._joins(message), self._is_named(message))
        elif message.location is not None:
            return None  # a live location moves; nobody wrote anything
        else:
            event = m.Edit(number, parts, addressed)
        return m.Incoming(
            id=str(update.update_id),
            address=self._address(message),
            chat=_chat(message),
            sender=sender,
            event=event,
            received_at=datetime.now(UTC),
        )

    def _press(self, update_id: int, query: CallbackQuery) -> m.Incoming | None:
        message = query.message
        if not isinstance(message, Message) or query.data is None:
            return None  # under a message too old to be known: which topic it stood in is not known either
        return m.Incoming(
            id=str(update_id),
            address=self._address(message, reply=False),
            chat=_chat(message),
            sender=_person(query.from_user),
            event=m.Press(str(message.message_id), query.data, pressed_parts(message, self._bot.id)),
            received_at=datetime.now(UTC),
        )

    def _reaction(self, update_id: int, changed: MessageReactionUpdated) -> m.Incoming | None:
        if changed.user is None:
            return None  # an anonymous administrator: nobody whose opinion could be asked for
        chat = changed.chat  # in a forum Telegram does not say which topic; the message's id is unique in the chat
        kind: Literal["private", "group"] = "private" if chat.type == "private" else "group"
        emojis = tuple(one.emoji for one in changed.new_reaction if isinstance(one, ReactionTypeEmoji))
        return m.Incoming(
            id=str(update_id),
            address=m.Address(PLATFORM, str(self._bot.id), str(chat.id)),
            chat=m.Chat(PLATFORM, str(chat.id), kind, None, name_of(chat.title)),
            sender=_person(changed.user),
            event=m.Reaction(str(changed.message_id), emojis),
            received_at=datetime.now(UTC),
        )

    def _address(self, message: Message, *, reply: bool = True) -> m.Address:
        group = message.chat.type != "private"
        return m.Address(
            platform=PLATFORM,
            bot=str(self._bot.id),
            chat=str(message.chat.id),
            thread=_thread(message),
            reply_to=str(message.message_id) if group and reply else None,
        )

    def _addressed(self, message: Message, parts: tuple[m.Part, ...]) -> tuple[tuple[m.Part, ...], bool, bool]:
        """The parts without the bot's name around them, whether the bot is meant, and whether another bot is."""
        private = message.chat.type == "private"
        meant = private or _is_reply_to(message, self._bot.id)
        entities = message.entities or message.caption_entities
        if not entities:
            return parts, meant, False
        text = message.text or message.caption or ""
        units = text.encode("utf-16-le", "surrogatepass")
        for entity in entities:
            if entity.type not in _NAMING:
                continue
            shown = _cut(units, entity.offset, entity.offset + entity.length)
            if entity.type == MessageEntity.TEXT_MENTION:
                meant = meant or (entity.user is not None and entity.user.id == self._bot.id)
            elif entity.type == MessageEntity.MENTION:
                meant = meant or shown.casefold() == self._mention
            elif entity.offset == 0:
                _, at, target = shown.partition("@")
                if at and f"@{target}".casefold() != self._mention and not private:
                    return parts, False, True
                meant = True
        return tuple(self._unnamed(part) for part in parts) if meant else parts, meant, False

    def _is_named(self, message: Message) -> bool:
        """Whether it replies to the bot or mentions it; a bare command may be anybody's."""
        text = message.text or message.caption or ""
        return _is_reply_to(message, self._bot.id) or self._mention in text.casefold()

    def _unnamed(self, part: m.Part) -> m.Part:
        """A text without the bot's name before or behind it, or behind its command: an address, and no content."""
        if not isinstance(part, m.Text):
            return part
        text = self._behind_command.sub(r"\1", part.text, count=1)
        return m.Text(self._at_end.sub("", self._at_start.sub("", text)))

    def _joins(self, message: Message) -> str | None:
        """What several messages have in common that are one: an album, or the pieces of a long paste."""
        if message.media_group_id is not None:
            return f"album/{message.media_group_id}"
        key = (message.chat.id, message.from_user.id if message.from_user else 0, message.message_thread_id or 0)
        before = self._pastes.pop(key, None)
        continues = before is not None and message.text is not None and message.date - before[1] <= PASTE_GAP
        joins = before[0] if before is not None and continues else f"paste/{message.message_id}"
        if message.text is not None and len(message.text) >= PASTE_CUT:
            self._pastes[key] = (joins, message.date)
            if len(self._pastes) > _REMEMBERED:
                self._pastes.popitem(last=False)
            return joins
        return joins if continues else None


def _cut(units: bytes, start: int, end: int) -> str:
    """A stretch given in UTF-16 code units."""
    return units[2 * start : 2 * end].decode("utf-16-le", "surrogatepass")


def _is_reply_to(message: Message, bot_id: int) -> bool:
    replied = message.reply_to_message
    return (
        replied is not None
        and replied.from_user is not None
        and replied.from_user.id == bot_id
        and replied.forum_topic_created is None
    )


def _chat(message: Message) -> m.Chat:
    chat = message.chat
    kind: Literal["private", "group"] = "private" if chat.type == "private" else "group"
    return m.Chat(PLATFORM, str(chat.id), kind, _thread(message), name_of(chat.title))


def _thread(message: Message) -> str | None:
    """The forum topic. A thread of replies in a plain group is none."""
    if message.is_topic_message and message.message_thread_id is not None:
        return str(message.message_thread_id)
    return GENERAL if message.chat.is_forum else None


def _sender(message: Message) -> m.Sender | None:
    """Who wrote; an administrator who writes in the name of the chat is that chat."""
    if message.sender_chat is not None:
        return m.Sender(str(message.sender_chat.id), message.sender_chat.title or "", message.sender_chat.username)
    return _person(message.from_user) if message.from_user is not None else None


def _person(user: User) -> m.Sender:
    return m.Sender(str(user.id), user.full_name, user.username, user.language_code, user.is_bot)
