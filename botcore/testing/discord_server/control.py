"""Driving the server from outside: JSON below /_simulator/ for tests in another process and for curl, and a page.

Requests with a body must be `application/json`; a foreign web page cannot send that without being allowed to.
"""

import base64
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote

import orjson
from aiohttp import web

from botcore.testing.discord_server.faults import Fault, Refuse
from botcore.testing.discord_server.messages import Message
from botcore.testing.discord_server.model import Channel, Json
from botcore.testing.discord_server.people import Person
from botcore.testing.discord_server.refusals import Refused
from botcore.testing.discord_server.registry import MESSAGE_MENU, USER_MENU
from botcore.testing.discord_server.shown import channel_json, interaction_json, message_json, offers
from botcore.testing.discord_server.slash import Attachment, usable
from botcore.testing.discord_server.stage import Stage
from botcore.testing.telegram_server.faults import Delay, Garble, Hold, Reset, Silence

PREFIX = "/_simulator"
_SHOWN = re.compile(r"image/(png|jpeg|gif|webp)|(audio|video)/[\w.+-]+")
_PAGE = Path(__file__).with_name("page.html")
_FAULTS: dict[str, type[Refuse | Garble | Silence | Reset | Delay]] = {
    "refuse": Refuse,
    "garble": Garble,
    "lose": Silence,
    "reset": Reset,
    "delay": Delay,
}
_MAX_WAIT = 60.0  # seconds

Action = Callable[[Json], Awaitable[Any]]


class Control:
    """The routes below /_simulator/."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._holds: list[Hold] = []
        self._gets: dict[str, Action] = {
            "places": self._places,
            "transcript": self._transcript,
            "answer": self._answer,
            "calls": self._calls,
            "holds": self._list_holds,
            "commands": self._commands,
            "offers": self._offers,
            "menus": self._menus,
            "online": self._online,
        }
        self._posts: dict[str, Action] = {
            "users": self._user,
            "guilds": self._guild,
            "channels": self._channel,
            "threads": self._thread,
            "says": self._says,
            "speaks": self._speaks,
            "edits": self._edits,
            "deletes": self._deletes,
            "reacts": self._reacts,
            "slash": self._slash,
            "autocompletes": self._autocompletes,
            "uses": self._uses,
            "presses": self._presses,
            "selects": self._selects,
            "inject": self._inject,
            "gateway": self._gateway,
            "faults": self._fault,
            "faults/clear": self._clear,
            "holds": self._hold,
            "holds/release": self._release,
        }

    async def handle(self, request: web.BaseRequest, path: str, query: str) -> web.StreamResponse:
        """Answer one request."""
        name = path.removeprefix(PREFIX).strip("/")
        if request.method == "GET" and not name:
            return web.Response(text=_PAGE.read_text(encoding="utf-8"), content_type="text/html")
        if request.method == "GET" and name == "file":
            return self._file(dict(parse_qsl(query)).get("path", ""))
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
            return _json({"error": str(refused)}, 400)
        except (LookupError, ValueError, TypeError) as wrong:
            return _json({"error": f"{type(wrong).__name__}: {wrong}"}, 400)

    def _file(self, path: str) -> web.Response:
        """A file for the page, which needs no signed link; what it does not show is saved."""
        file = self._stage.world.files.find(unquote(path))
        if file is None:
            return _json({"error": "no such file"}, 404)
        shown = _SHOWN.fullmatch(file.media_type)
        headers = {"Content-Disposition": "inline" if shown else "attachment", "X-Content-Type-Options": "nosniff"}
        kind = file.media_type if shown else "application/octet-stream"
        return web.Response(body=file.content, content_type=kind, headers=headers)

    async def _places(self, _given: Json) -> Any:
        stage = self._stage
        people = [{"id": str(p.id), "name": p.name} for p in stage.people.values()]
        guilds = [
            {
                "id": str(server.id),
                "name": server.name,
                "members": [str(number) for number in server.guild.members],
                "channels": [channel_json(stage.world, one) for one in server.channels],
            }
            for server in stage.guilds.values()
        ]
        dms = [channel_json(stage.world, one.dms) for one in stage.people.values()]
        bot = {"id": str(stage.bot.id), "name": stage.world.bot.name, "online": stage.bot.is_online}
        return {"bot": bot, "people": people, "guilds": guilds, "dms": dms}

    async def _transcript(self, given: Json) -> Any:
        channel = self._find_channel(given)
        viewer = self._find_person(given["user"]) if given.get("user") else None
        shown = [message_json(message) for message in channel.transcript(viewer)]
        return {"channel": channel_json(self._stage.world, channel), "messages": shown}

    async def _answer(self, given: Json) -> Any:
        viewer = self._find_person(given["user"]) if given.get("user") else None
        wait = min(float(given.get("timeout", 5)), _MAX_WAIT)
        message = await self._stage.bot.answers(self._find_channel(given), seen_by=viewer, timeout=wait)
        return message_json(message)

    async def _calls(self, given: Json) -> Any:
        wanted = given.get("route")
        calls = self._stage.calls.of(wanted) if wanted else list(self._stage.calls)
        names = ("method", "path", "route", "at", "status", "code", "message", "query", "body", "files")
        return [{name: getattr(call, name) for name in names} for call in calls]

    async def _commands(self, given: Json) -> Any:
        """What is registered for everywhere, or for a guild by id."""
        return self._stage.bot.commands(int(given["guild"]) if given.get("guild") else None)

    async def _offers(self, given: Json) -> Any:
        """The slash commands that a person's app offers in a channel, subcommands by their full names."""
        person, channel = self._find_person(given["user"]), self._find_channel(given)
        return [one for command in usable(self._stage.world, person.user, channel) for one in offers(command)]

    async def _menus(self, given: Json) -> Any:
        """What a person's app has in the menus of messages and of people there, by name."""
        person, channel = self._find_person(given["user"]), self._find_channel(given)
        found = usable(self._stage.world, person.user, channel)
        kinds = {"message": MESSAGE_MENU, "person": USER_MENU}
        return {menu: [one["name"] for one in found if one["type"] == kind] for menu, kind in kinds.items()}

    async def _online(self, given: Json) -> Any:
        await self._stage.bot.comes_online(min(float(given.get("timeout", 5)), _MAX_WAIT))
        return {"online": True}

    async def _user(self, given: Json) -> Any:
        person = self._stage.user(given["name"], locale=given.get("locale", "en-US"))
        return {"id": str(person.id), "name": person.name, "dms": str(person.dms.id)}

    async def _guild(self, given: Json) -> Any:
        server = self._stage.guild(given["name"], [self._find_person(name) for name in given.get("members", ())])
        channels = [server.text_channel(name) for name in given.get("channels", ["general"])]
        return {"id": str(server.id), "channels": [channel_json(self._stage.world, one) for one in channels]}

    async def _channel(self, given: Json) -> Any:
        wanted = str(given["guild"])
        server = next(s for s in self._stage.guilds.values() if wanted in {str(s.id), s.name})
        make = server.forum if given.get("kind") == "forum" else server.text_channel
        return channel_json(self._stage.world, make(given["name"]))

    async def _thread(self, given: Json) -> Any:
        person, channel = self._find_person(given["user"]), self._find_channel(given)
        on = self._find_message(given) if given.get("message") else None
        thread = await person.opens_thread(given["name"], on=on, channel=channel, private=bool(given.get("private")))
        return channel_json(self._stage.world, thread)

    async def _says(self, given: Json) -> Any:
        channel = self._find_channel(given)
        replied = channel.messages[int(given["reply_to"])] if given.get("reply_to") else None
        files = [_file(one) for one in given.get("files", ())]
        person = self._find_person(given["user"])
        said = await person.says(given.get("text", ""), channel=channel, reply_to=replied, attachments=files)
        return message_json(said)

    async def _speaks(self, given: Json) -> Any:
        """A voice message: `content` in base64, `duration` in seconds."""
        channel, sound = self._find_channel(given), base64.b64decode(given["content"])
        person = self._find_person(given["user"])
        return message_json(await person.sends_voice_message(sound, float(given["duration"]), channel=channel))

    async def _edits(self, given: Json) -> Any:
        return message_json(await self._find_person(given["user"]).edits(self._find_message(given), given["text"]))

    async def _deletes(self, given: Json) -> Any:
        await self._find_person(given["user"]).deletes(self._find_message(given))
        return {}

    async def _reacts(self, given: Json) -> Any:
        await self._find_person(given["user"]).reacts(given["emoji"], self._find_message(given))
        return {}

    async def _slash(self, given: Json) -> Any:
        person, channel = self._find_person(given["user"]), self._find_channel(given)
        options = {k: self._option(v) for k, v in given.get("options", {}).items()}
        return interaction_json(await person.slash(given["command"], channel=channel, options=options))

    def _option(self, value: Any) -> Any:
        """People, channels and files are given as `{"user": ...}`, `{"channel": ...}`, `{"file": {...}}`."""
        if not isinstance(value, dict):
            return value
        if "user" in value:
            return self._find_person(value["user"])
        return self._find_channel(value) if "channel" in value else _file(value["file"])

    async def _autocompletes(self, given: Json) -> Any:
        person, channel = self._find_person(given["user"]), self._find_channel(given)
        return await person.autocompletes(given["command"], given["option"], given["typed"], channel=channel)

    async def _uses(self, given: Json) -> Any:
        """From the menu of a message, or of a person (`whom`)."""
        person = self._find_person(given["user"])
        if "whom" in given:
            on, channel = self._find_person(given["whom"]), self._find_channel(given)
            return interaction_json(await person.uses(given["command"], on=on, channel=channel))
        return interaction_json(await person.uses(given["command"], on=self._find_message(given)))

    async def _presses(self, given: Json) -> Any:
        person = self._find_person(given["user"])
        return interaction_json(await person.presses(given["button"], on=self._find_message(given)))

    async def _selects(self, given: Json) -> Any:
        person = self._find_person(given["user"])
        chosen = await person.selects(*given["values"], on=self._find_message(given), menu=given.get("menu"))
        return interaction_json(chosen)

    async def _inject(self, given: Json) -> Any:
        self._stage.inject(given["event"], given["data"])
        return {}

    async def _gateway(self, given: Json) -> Any:
        gateway = self._stage.gateway
        match given["action"]:
            case "reconnect":
                gateway.asks_to_reconnect()
            case "invalidate":
                gateway.invalidates(resumable=bool(given.get("resumable")))
            case "close":
                gateway.closes(int(given.get("code", 4000)))
            case "drop":
                gateway.drops()
            case "silence":
                gateway.goes_silent()
            case unknown:
                raise ValueError(f"{unknown!r} is none of reconnect, invalidate, close, drop, silence")
        return {}

    async def _fault(self, given: Json) -> Any:
        fields = {name: value for name, value in given.items() if name not in {"kind", "route", "times", "channel"}}
        fault: Fault = _FAULTS[given["kind"]](**fields)
        channel = self._find_channel(given).id if given.get("channel") else None
        self._stage.faults.plan(given["route"], fault, times=int(given.get("times", 1)), channel=channel)
        return {}

    async def _clear(self, _given: Json) -> Any:
        self._stage.faults.clear()
        return {}

    async def _hold(self, given: Json) -> Any:
        channel = self._find_channel(given).id if given.get("channel") else None
        hold = self._stage.faults.hold(given["route"], landed=bool(given.get("landed")), channel=channel)
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
        raise LookupError(f"nobody is called {who}")

    def _find_channel(self, given: Json) -> Channel:
        """By id or name; the person's private conversation where no channel is named."""
        wanted = given.get("channel")
        if wanted is None:
            return self._find_person(given["user"]).dms
        named = [one for one in self._stage.world.channels.values() if one.guild is not None and not one.deleted]
        for channel in [*named, *self._stage.world.dms.values()]:
            if str(wanted) in {str(channel.id), channel.name}:
                return channel
        raise LookupError(f"no channel {wanted}")

    def _find_message(self, given: Json) -> Message:
        return self._find_channel(given).messages[int(given["message"])]


def _file(given: Json) -> Attachment:
    return Attachment(base64.b64decode(given["content"]), given["name"], given.get("media_type", ""))


def _json(value: Any, status: int = 200) -> web.Response:
    return web.Response(status=status, body=orjson.dumps(value), content_type="application/json")
