"""What of the simulated Telegram is driven from outside: people, groups, files, updates."""

from base64 import b64decode
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from botcore.testing.server import control
from botcore.testing.server.control import Sent, patience
from botcore.testing.telegram_server.faults import Refuse
from botcore.testing.telegram_server.model import MEDIA, Chat, Json, Message
from botcore.testing.telegram_server.people import Attachment, Group, Person
from botcore.testing.telegram_server.refusals import Refused
from botcore.testing.telegram_server.stage import Stage

_PAGE = Path(__file__).with_name("page.html")
_TYPES = {"photo": "image/jpeg", "video_note": "video/mp4", "document": "application/octet-stream"}  # whatever was said


class Control(control.Control[Person]):
    """The routes below /_simulator/."""

    kinds = MappingProxyType({"refuse": Refuse})
    names = ("method", "chat")
    refusal = Refused

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage.people, stage.calls, stage.faults, _PAGE)
        self._stage = stage
        self.gets |= {"chats": self._chats, "transcript": self._transcript, "answer": self._answer}
        self.posts |= {
            "users": self._user,
            "groups": self._group,
            "says": self._says,
            "sends": self._sends,
            "edits": self._edits,
            "presses": self._presses,
            "blocks": self._blocks,
            "unblocks": self._unblocks,
            "inject": self._inject,
        }

    def find_file(self, query: Mapping[str, str]) -> Sent | None:
        """By `id`; a document is never shown, whatever it is."""
        file = self._stage.world.files.find(query.get("id", ""))
        return None if file is None else Sent(file.content, _TYPES.get(file.kind, file.media_type))

    def find_place(self, given: Json) -> int | None:
        """The chat's id, as it is given."""
        return given.get("chat")

    async def _chats(self, _given: Json) -> Any:
        chats = [chat for chat in self._stage.world.chats.values() if chat.messages or chat.id in self._stage.people]
        people = [{"id": p.id, "name": p.name} for p in self._stage.people.values()]
        return {"bot": self._stage.bot.username, "people": people, "chats": [_chat_json(chat) for chat in chats]}

    async def _transcript(self, given: Json) -> Any:
        chat = self._find_chat(given["chat"])
        shown = [_message_json(message) for message in chat.transcript()]
        draft = chat.draft.text if chat.draft else None
        return {"chat": _chat_json(chat), "messages": shown, "draft": draft, "keyboard": chat.keyboard}

    async def _answer(self, given: Json) -> Any:
        chat = self._find_group(given)
        person = self.find_person(given["user"])
        message = await self._stage.bot.answers(person, chat=chat, timeout=patience(given))
        return _message_json(message)

    async def _user(self, given: Json) -> Any:
        person = self._stage.user(given["name"], username=given.get("username"), language=given.get("language"))
        return {"id": person.id, "name": person.name}

    async def _group(self, given: Json) -> Any:
        members = [self.find_person(name) for name in given["members"]]
        group = self._stage.group(given["title"], members, forum=bool(given.get("forum")))
        return _chat_json(group.chat)

    async def _says(self, given: Json) -> Any:
        group = self._find_group(given)
        person = self.find_person(given["user"])
        place = group.chat if group else person.chat
        replied = place.messages[int(given["reply_to"])] if given.get("reply_to") else None
        thread = place.topics[int(given["thread"])] if given.get("thread") else None
        said = await person.says(given["text"], chat=group, thread=thread, reply_to=replied)
        return _message_json(said)

    async def _sends(self, given: Json) -> Any:
        group = self._find_group(given)
        person = self.find_person(given["user"])
        place = group.chat if group else person.chat
        one = Attachment(
            given["kind"],
            b64decode(given["content"], validate=True),
            given.get("name", ""),
            given.get("media_type", ""),
            int(given.get("duration", 0)),
        )
        if one.kind not in MEDIA:
            raise ValueError(f"no kind of file: {one.kind}")
        replied = place.messages[int(given["reply_to"])] if given.get("reply_to") else None
        thread = place.topics[int(given["thread"])] if given.get("thread") else None
        sent = await person.sends(one, given.get("caption", ""), chat=group, thread=thread, reply_to=replied)
        return _message_json(sent)

    async def _edits(self, given: Json) -> Any:
        message = self._find_message(given)
        await self.find_person(given["user"]).edits(message, given["text"])
        return _message_json(message)

    async def _presses(self, given: Json) -> Any:
        press = await self.find_person(given["user"]).presses(given["button"], on=self._find_message(given))
        return {"id": press.id, "data": press.data}

    async def _blocks(self, given: Json) -> Any:
        await self.find_person(given["user"]).blocks()
        return {}

    async def _unblocks(self, given: Json) -> Any:
        await self.find_person(given["user"]).unblocks()
        return {}

    async def _inject(self, given: Json) -> Any:
        return {"update_id": self._stage.inject(given)}

    def _find_group(self, given: Json) -> Group | None:
        """The group that `chat` names by id or title; None for a private chat."""
        who = given.get("chat")
        if who is None or int(self._find_chat(who).id) > 0:
            return None
        return self._stage.groups[self._find_chat(who).id]

    def _find_chat(self, who: Any) -> Chat:
        for chat in self._stage.world.chats.values():
            if str(who) in {str(chat.id), chat.title}:
                return chat
        raise KeyError(who)

    def _find_message(self, given: Json) -> Message:
        chat = self._find_chat(given["chat"]) if given.get("chat") else self.find_person(given["user"]).chat
        return chat.messages[int(given["message"])]


def _chat_json(chat: Chat) -> Json:
    topics = [{"id": topic.id, "name": topic.name} for topic in chat.topics.values()]
    action = chat.actions[-1] if chat.actions else None
    return {
        "id": chat.id,
        "title": chat.title,
        "kind": chat.kind,
        "members": [{"id": user.id, "name": user.first_name} for user in chat.members.values()],
        "topics": topics,
        "messages": len(chat.messages),
        "action": {"action": action.action, "at": action.at} if action else None,
    }


def _message_json(message: Message) -> Json:
    return {
        "id": message.id,
        "author": message.author.first_name,
        "bot": message.from_bot,
        "text": message.text,
        "entities": message.entities,
        "media": message.media,
        "file": _file_json(message),
        "album": message.album,
        "history": message.history,
        "thread": message.thread,
        "reply_to": message.reply_to,
        "date": message.data["date"],
        "buttons": [[{"label": button.label, "url": button.url} for button in row] for row in message.buttons],
        "reactions": [item.get("emoji") for given in message.reactions.values() for item in given],
    }


def _file_json(message: Message) -> Json | None:
    if message.media is None:
        return None
    held: Any = message.data[message.media]
    file: Json = held[-1] if message.media == "photo" else held
    return {
        "id": file["file_id"],
        "name": file.get("file_name", ""),
        "size": file.get("file_size", 0),
        "duration": file.get("duration"),
    }
