"""People and groups: a test drives the simulated Telegram as they would.

Everything a person does is a coroutine in the present tense: `await ada.says("hi")`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from botcore.testing.server.pictures import png
from botcore.testing.telegram_server.methods.media import describe
from botcore.testing.telegram_server.model import MEDIA, Button, Chat, Json, Message, Topic, User
from botcore.testing.telegram_server.params import Params
from botcore.testing.telegram_server.privacy import reaches_bot
from botcore.testing.telegram_server.text import MAX_TEXT, given_entities, human_text
from botcore.testing.telegram_server.world import Content, Press, World, entity_fields


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that a person sends; `size` declares another number of bytes than `content` has."""

    kind: str
    content: bytes
    name: str = ""
    media_type: str = ""
    duration: int = 0
    size: int | None = None


class Group:
    """A group that people and the bot share."""

    def __init__(self, world: World, chat: Chat) -> None:
        self._world = world
        self.chat = chat

    @property
    def id(self) -> int:
        """The chat id."""
        return self.chat.id

    def transcript(self) -> list[Message]:
        """The visible messages, oldest first."""
        return self.chat.transcript()

    def lines(self) -> list[str]:
        """The transcript as "Name: text"."""
        return self.chat.lines()

    async def adds(self, person: "Person") -> None:
        """Somebody joins."""
        self.chat.members[person.id] = person.user
        joined = Content({"new_chat_members": [person.user.as_json()]})
        self._announce(self._world.post(self.chat, person.user, joined))

    async def topic(self, name: str) -> Topic:
        """Create a topic in a forum.

        Raises:
            ValueError: where the group is no forum.
        """
        if not self.chat.forum:
            raise ValueError(f"{self.chat.title} is not a forum")
        return self._world.add_topic(self.chat, name, self._owner())

    async def closes(self, topic: Topic) -> None:
        """Close a topic: nobody can write to it."""
        self.chat.closed_topics.add(topic.id)

    async def kicks_bot(self) -> None:
        """Remove and ban the bot."""
        self._bot_becomes("kicked")

    async def becomes_supergroup(self) -> "Group":
        """Upgrade a basic group: from now on it has another id, and calls with the old one are told the new."""
        old = self.chat
        chat = self._world.add_group(old.title, kind="supergroup", forum=False, username=None)
        chat.members, old.upgraded_to = dict(old.members), chat.id
        self._announce(self._world.post(old, self._owner(), Content({"migrate_to_chat_id": chat.id})))
        self._announce(self._world.post(chat, self._owner(), Content({"migrate_from_chat_id": old.id})))
        return Group(self._world, chat)

    async def promotes_bot(self, *, topics: bool = False) -> None:
        """Make the bot an administrator: privacy mode no longer applies here. `topics`: it may manage them."""
        self.chat.bot_manages_topics = topics
        self._bot_becomes("administrator")

    async def adds_bot(self) -> None:
        """Take the bot (back) in as an ordinary member."""
        self._bot_becomes("member")

    def _bot_becomes(self, status: Any) -> None:
        old, self.chat.bot_status = self.chat.bot_status, status
        self._world.member_changed(self.chat, self._owner(), old, status)
        self._world.changed(self.chat)

    def _owner(self) -> User:
        return next(iter(self.chat.members.values()), self._world.bot)

    def _announce(self, message: Message) -> None:
        if reaches_bot(self._world, message):
            self._world.updates.push("message", message.data)


class Person:
    """Somebody who writes to the bot."""

    def __init__(self, world: World, user: User) -> None:
        self._world = world
        self.user = user

    @property
    def id(self) -> int:
        """The user id, which is the id of the private chat as well."""
        return self.user.id

    @property
    def name(self) -> str:
        """The first name."""
        return self.user.first_name

    @property
    def language(self) -> str | None:
        """The language of the person's app."""
        return self.user.language

    @property
    def chat(self) -> Chat:
        """The private chat with the bot."""
        return self._world.chats[self.id]

    async def says(
        self,
        text: str,
        *,
        chat: Group | None = None,
        thread: Topic | None = None,
        reply_to: Message | None = None,
        entities: Sequence[Json] = (),
    ) -> Message:
        """Write a message; commands, mentions and links get their entities as in a real app.

        Raises:
            Refused: where nothing visible is left of the text.
            ValueError: for what an app does not send: more than 4096 characters (see `pastes`), broken Unicode; and for
                groups the person is not in.
        """
        if len(text) > MAX_TEXT:
            raise ValueError(f"an app sends at most {MAX_TEXT} characters in one message; use pastes()")
        fields = self._text(text, entities)
        return self._sends(self._place(chat), Content(fields, thread.id if thread else None, reply_to))

    async def pastes(self, text: str, *, chat: Group | None = None) -> list[Message]:
        """Write a text of any length: apps cut it into messages of 4096 characters."""
        place = self._place(chat)
        parts = [text[at : at + MAX_TEXT] for at in range(0, len(text), MAX_TEXT)]
        return [self._sends(place, Content(self._text(part, ()))) for part in parts if part.strip()]

    async def edits(self, message: Message, text: str) -> None:
        """Change the text (or caption) of an own message."""
        if message.author != self.user:
            raise ValueError(f"{self.name} did not write that message")
        name = "text" if "text" in message.data else "caption"
        fields = self._text(text, ())
        changed = {name: fields["text"], "entities" if name == "text" else "caption_entities": fields.get("entities")}
        self._world.rewrite(message, changed, message.data.get("reply_markup"))
        if reaches_bot(self._world, message):
            self._world.updates.push("edited_message", message.data)

    async def deletes(self, message: Message) -> None:
        """Delete a message; bots are not told."""
        self._world.delete(message)

    async def presses(self, button: Button | str, *, on: Message) -> Press:
        """Press a button under a message; `await press.answer()` waits for what the bot makes of it.

        Raises:
            ValueError: where there is no such button, or it only opens a link.
        """
        label = button.label if isinstance(button, Button) else button
        found = next((b for row in on.buttons for b in row if b.label == label), None)
        if found is None or found.data is None:
            raise ValueError(f"no button {label!r} to press on {on.text!r}")
        return self._world.press(self.user, on, found.data)

    async def taps(self, label: str, *, chat: Group | None = None) -> Message:
        """Tap a key of the reply keyboard that the bot has put up: sends its label.

        Raises:
            ValueError: where no such key is shown.
        """
        place = self._place(chat)
        if not any(label in row for row in place.keyboard):
            raise ValueError(f"no key {label!r} in {place.keyboard}")
        return await self.says(label, chat=chat)

    async def sends(
        self,
        attachment: Attachment,
        caption: str = "",
        *,
        chat: Group | None = None,
        thread: Topic | None = None,
        reply_to: Message | None = None,
    ) -> Message:
        """Send a file of any kind."""
        content = Content(self._file(attachment, caption), thread.id if thread else None, reply_to)
        return self._sends(self._place(chat), content)

    async def sends_photo(self, content: bytes | None = None, caption: str = "", **where: Any) -> Message:
        """Send a picture (a small PNG where none is given)."""
        return await self.sends(Attachment("photo", png() if content is None else content), caption, **where)

    async def sends_document(
        self,
        content: bytes,
        name: str,
        caption: str = "",
        *,
        media_type: str = "",
        size: int | None = None,
        **where: Any,
    ) -> Message:
        """Send a file."""
        return await self.sends(Attachment("document", content, name, media_type, size=size), caption, **where)

    async def sends_voice(
        self, content: bytes, duration: int, *, media_type: str = "audio/ogg", size: int | None = None, **where: Any
    ) -> Message:
        """Send a voice message; `duration` in seconds."""
        voice = Attachment("voice", content, media_type=media_type, duration=duration, size=size)
        return await self.sends(voice, **where)

    async def sends_video_note(
        self, content: bytes, duration: int, *, size: int | None = None, **where: Any
    ) -> Message:
        """Send a round video note; `duration` in seconds."""
        return await self.sends(Attachment("video_note", content, duration=duration, size=size), **where)

    async def sends_album(
        self, *attachments: Attachment, caption: str = "", chat: Group | None = None
    ) -> list[Message]:
        """Send pictures or files as one album: several messages with one media_group_id; the first has the caption."""
        place, album = self._place(chat), self._world.next_album()
        return [
            self._sends(place, Content({**self._file(one, "" if index else caption), "media_group_id": album}))
            for index, one in enumerate(attachments)
        ]

    async def forwards(self, message: Message, *, chat: Group | None = None) -> Message:
        """Forward a message."""
        kept = ("text", "entities", "caption", "caption_entities", *MEDIA)
        fields = {name: message.data[name] for name in kept if name in message.data}
        fields["forward_origin"] = {
            "type": "user",
            "date": message.data["date"],
            "sender_user": message.author.as_json(),
        }
        return self._sends(self._place(chat), Content(fields))

    async def reacts(self, emoji: str | None, message: Message) -> None:
        """Put an emoji on a message (None takes it away). Bots learn of it where they asked for `message_reaction`."""
        old = message.reactions.get(self.id, [])
        new: list[Json] = [{"type": "emoji", "emoji": emoji}] if emoji else []
        message.reactions[self.id] = new
        chat = message.chat
        if not chat.is_group or chat.bot_status == "administrator":
            self._world.updates.push(
                "message_reaction",
                {
                    "chat": chat.as_json(),
                    "message_id": message.id,
                    "user": self.user.as_json(),
                    "date": self._world.now(),
                    "old_reaction": old,
                    "new_reaction": new,
                },
            )
        self._world.changed(chat)

    async def blocks(self) -> None:
        """Block the bot: from now on it gets 403."""
        self.chat.blocked = True
        self._world.member_changed(self.chat, self.user, "member", "kicked")

    async def unblocks(self) -> None:
        """Let the bot write again."""
        self.chat.blocked = False
        self._world.member_changed(self.chat, self.user, "kicked", "member")

    async def deletes_account(self) -> None:
        """Leave Telegram: the bot gets 403."""
        self.chat.deactivated = True

    def _place(self, group: Group | None) -> Chat:
        if group is None:
            if self.chat.blocked:
                raise ValueError(f"{self.name} has blocked the bot")
            self.chat.opened = True
            return self.chat
        if self.id not in group.chat.members:
            raise ValueError(f"{self.name} is not in {group.chat.title}")
        return group.chat

    def _text(self, text: str, entities: Sequence[Json]) -> Json:
        try:
            text.encode()
        except UnicodeEncodeError:
            raise ValueError("an app sends no half of a surrogate pair; use inject()") from None
        return entity_fields(*human_text(text, given_entities(list(entities)), self._world.users.get))

    def _file(self, one: Attachment, caption: str) -> Json:
        stored = self._world.files.store(
            one.content, kind=one.kind, name=one.name, media_type=one.media_type, size=one.size
        )
        fields: Json = {one.kind: describe(self._world, stored, Params({"duration": one.duration}))}
        if caption:
            text = self._text(caption, ())
            fields |= entity_fields(text["text"], text.get("entities", []), caption=True)
        return fields

    def _sends(self, chat: Chat, content: Content) -> Message:
        message = self._world.post(chat, self.user, content)
        if reaches_bot(self._world, message):
            self._world.updates.push("message", message.data)
        return message
