"""Driving the server from outside: JSON below /_simulator/ for tests in another process and for curl, and a page.

Requests with a body must be `application/json`; a foreign web page cannot send that without being allowed to.
"""

from base64 import b64decode
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import orjson
from aiohttp import web

from botcore.testing.telegram_server.faults import Delay, Fault, Garble, Hold, Refuse, Reset, Silence
from botcore.testing.telegram_server.model import MEDIA, Chat, Json, Message
from botcore.testing.telegram_server.people import Attachment, Group, Person
from botcore.testing.telegram_server.refusals import Refused
from botcore.testing.telegram_server.stage import Stage

PREFIX = "/_simulator"
_PAGE = Path(__file__).with_name("page.html")
_FAULTS: dict[str, type[Refuse | Garble | Silence | Reset | Delay]] = {
    "refuse": Refuse,
    "garble": Garble,
    "lose": Silence,
    "reset": Reset,
    "delay": Delay,
}
_PLAYED = {"photo": "image/jpeg", "video_note": "video/mp4"}  # kinds that are of one type
_MAX_WAIT = 60.0  # seconds

Action = Callable[[Json], Awaitable[Any]]


class Control:
    """The routes below /_simulator/."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._holds: list[Hold] = []
        self._gets: dict[str, Action] = {
            "chats": self._chats,
            "transcript": self._transcript,
            "answer": self._answer,
            "calls": self._calls,
            "holds": self._list_holds,
        }
        self._posts: dict[str, Action] = {
            "users": self._user,
            "groups": self._group,
            "says": self._says,
            "sends": self._sends,
            "edits": self._edits,
            "presses": self._presses,
            "blocks": self._blocks,
            "unblocks": self._unblocks,
            "inject": self._inject,
            "faults": self._fault,
            "faults/clear": self._clear,
            "holds": self._hold,
            "holds/release": self._release,
        }

    async def handle(self, request: web.BaseRequest, path: str, query: str) -> web.StreamResponse:
        """Answer one request."""
        name = path.removeprefix(PREFIX).strip("/")
        if request.method == "GET" and name == "file":
            return self._file(dict(parse_qsl(query)).get("id", ""))
        if request.method == "GET" and not name:
            return web.Response(text=_PAGE.read_text(encoding="utf-8"), content_type="text/html")
        actions = self._gets if request.method == "GET" else self._posts
        action = actions.get(name)
        if action is None:
            return _json({"error": f"no such thing: {request.method} {path}"}, 404)
        try:
            given: Any = dict(parse_qsl(query))
            if request.method != "GET":
                if not request.headers.get("Content-Type", "").startswith("application/json"):
                    return _json({"error": "send application/json"}, 415)
                given = orjson.loads(await request.content.read() or b"{}")
            return _json(await action(given))
        except TimeoutError as late:
            return _json({"error": str(late)}, 408)
        except Refused as refused:
            return _json({"error": refused.description}, 400)
        except (KeyError, ValueError, TypeError) as wrong:
            return _json({"error": f"{type(wrong).__name__}: {wrong}"}, 400)

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
        wait = min(float(given.get("timeout", 5)), _MAX_WAIT)
        message = await self._stage.bot.answers(self._find_person(given["user"]), chat=chat, timeout=wait)
        return _message_json(message)

    async def _calls(self, given: Json) -> Any:
        wanted = given.get("method")
        calls = self._stage.calls.of(wanted) if wanted else list(self._stage.calls)
        return [
            {"method": c.method, "params": c.params, "at": c.at, "status": c.status, "description": c.description}
            for c in calls
        ]

    async def _user(self, given: Json) -> Any:
        person = self._stage.user(given["name"], username=given.get("username"), language=given.get("language"))
        return {"id": person.id, "name": person.name}

    async def _group(self, given: Json) -> Any:
        members = [self._find_person(name) for name in given["members"]]
        group = self._stage.group(given["title"], members, forum=bool(given.get("forum")))
        return _chat_json(group.chat)

    async def _says(self, given: Json) -> Any:
        group = self._find_group(given)
        person = self._find_person(given["user"])
        place = group.chat if group else person.chat
        replied = place.messages[int(given["reply_to"])] if given.get("reply_to") else None
        thread = place.topics[int(given["thread"])] if given.get("thread") else None
        said = await person.says(given["text"], chat=group, thread=thread, reply_to=replied)
        return _message_json(said)

    async def _sends(self, given: Json) -> Any:
        group = self._find_group(given)
        person = self._find_person(given["user"])
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

    def _file(self, file_id: str) -> web.Response:
        """A file for the page; only what a page plays is shown in it, anything else is saved."""
        file = self._stage.world.files.find(file_id)
        if file is None:
            return _json({"error": "no such file"}, 404)
        if file.kind == "document":
            headers = {"Content-Disposition": "attachment"}
            return web.Response(body=file.content, content_type="application/octet-stream", headers=headers)
        return web.Response(body=file.content, content_type=_PLAYED.get(file.kind, file.media_type))

    async def _edits(self, given: Json) -> Any:
        message = self._find_message(given)
        await self._find_person(given["user"]).edits(message, given["text"])
        return _message_json(message)

    async def _presses(self, given: Json) -> Any:
        press = await self._find_person(given["user"]).presses(given["button"], on=self._find_message(given))
        return {"id": press.id, "data": press.data}

    async def _blocks(self, given: Json) -> Any:
        await self._find_person(given["user"]).blocks()
        return {}

    async def _unblocks(self, given: Json) -> Any:
        await self._find_person(given["user"]).unblocks()
        return {}

    async def _inject(self, given: Json) -> Any:
        return {"update_id": self._stage.inject(given)}

    async def _fault(self, given: Json) -> Any:
        fields = {name: value for name, value in given.items() if name not in {"kind", "method", "times", "chat"}}
        fault: Fault = _FAULTS[given["kind"]](**fields)
        self._stage.faults.plan(given["method"], fault, times=int(given.get("times", 1)), chat=given.get("chat"))
        return {}

    async def _clear(self, _given: Json) -> Any:
        self._stage.faults.clear()
        return {}

    async def _hold(self, given: Json) -> Any:
        hold = self._stage.faults.hold(given["method"], landed=bool(given.get("landed")), chat=given.get("chat"))
        self._holds.append(hold)
        return {"hold": len(self._holds) - 1}

    async def _list_holds(self, given: Json) -> Any:
        """With `?hold=0&timeout=5` wait until that hold is reached; without, list all."""
        if "hold" in given:
            await self._holds[int(given["hold"])].reached(min(float(given.get("timeout", 5)), _MAX_WAIT))
        return [{"hold": number, "reached": hold.is_reached} for number, hold in enumerate(self._holds)]

    async def _release(self, given: Json) -> Any:
        self._holds[int(given["hold"])].release()
        return {}

    def _find_person(self, who: Any) -> Person:
        """By id or by name."""
        for person in self._stage.people.values():
            if str(who) in {str(person.id), person.name}:
                return person
        raise KeyError(who)

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
        chat = self._find_chat(given["chat"]) if given.get("chat") else self._find_person(given["user"]).chat
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


def _json(value: Any, status: int = 200) -> web.Response:
    return web.Response(status=status, body=orjson.dumps(value), content_type="application/json")
