"""What of the simulated Discord is driven from outside: people, places, commands, events, the gateway."""

import base64
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import unquote

from botcore.testing.discord_server.faults import Refuse
from botcore.testing.discord_server.messages import Message
from botcore.testing.discord_server.model import Channel, Json
from botcore.testing.discord_server.people import Person
from botcore.testing.discord_server.refusals import Refused
from botcore.testing.discord_server.registry import MESSAGE_MENU, USER_MENU
from botcore.testing.discord_server.shown import channel_json, interaction_json, message_json, offers
from botcore.testing.discord_server.slash import Attachment, usable
from botcore.testing.discord_server.stage import Stage
from botcore.testing.server import control
from botcore.testing.server.control import Sent, patience

_PAGE = Path(__file__).with_name("page.html")


class Control(control.Control[Person]):
    """The routes below /_simulator/."""

    kinds = MappingProxyType({"refuse": Refuse})
    names = ("route", "channel")
    refusal = Refused

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage.people, stage.calls, stage.faults, _PAGE)
        self._stage = stage
        self.gets |= {
            "places": self._places,
            "transcript": self._transcript,
            "answer": self._answer,
            "commands": self._commands,
            "offers": self._offers,
            "menus": self._menus,
            "online": self._online,
        }
        self.posts |= {
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
        }

    def find_file(self, query: Mapping[str, str]) -> Sent | None:
        """By the `path` of its address; no signature is needed."""
        file = self._stage.world.files.find(unquote(query.get("path", "")))
        return None if file is None else Sent(file.content, file.media_type)

    def find_place(self, given: Json) -> int | None:
        """The id of the channel, which may be given by its name."""
        return self._find_channel(given).id if given.get("channel") else None

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
        viewer = self.find_person(given["user"]) if given.get("user") else None
        shown = [message_json(message) for message in channel.transcript(viewer)]
        return {"channel": channel_json(self._stage.world, channel), "messages": shown}

    async def _answer(self, given: Json) -> Any:
        viewer = self.find_person(given["user"]) if given.get("user") else None
        channel = self._find_channel(given)
        message = await self._stage.bot.answers(channel, seen_by=viewer, timeout=patience(given))
        return message_json(message)

    async def _commands(self, given: Json) -> Any:
        """What is registered for everywhere, or for a guild by id."""
        return self._stage.bot.commands(int(given["guild"]) if given.get("guild") else None)

    async def _offers(self, given: Json) -> Any:
        """The slash commands that a person's app offers in a channel, subcommands by their full names."""
        person, channel = self.find_person(given["user"]), self._find_channel(given)
        return [one for command in usable(self._stage.world, person.user, channel) for one in offers(command)]

    async def _menus(self, given: Json) -> Any:
        """What a person's app has in the menus of messages and of people there, by name."""
        person, channel = self.find_person(given["user"]), self._find_channel(given)
        found = usable(self._stage.world, person.user, channel)
        kinds = {"message": MESSAGE_MENU, "person": USER_MENU}
        return {menu: [one["name"] for one in found if one["type"] == kind] for menu, kind in kinds.items()}

    async def _online(self, given: Json) -> Any:
        await self._stage.bot.comes_online(patience(given))
        return {"online": True}

    async def _user(self, given: Json) -> Any:
        person = self._stage.user(given["name"], locale=given.get("locale", "en-US"))
        return {"id": str(person.id), "name": person.name, "dms": str(person.dms.id)}

    async def _guild(self, given: Json) -> Any:
        server = self._stage.guild(given["name"], [self.find_person(name) for name in given.get("members", ())])
        channels = [server.text_channel(name) for name in given.get("channels", ["general"])]
        return {"id": str(server.id), "channels": [channel_json(self._stage.world, one) for one in channels]}

    async def _channel(self, given: Json) -> Any:
        wanted = str(given["guild"])
        server = next(s for s in self._stage.guilds.values() if wanted in {str(s.id), s.name})
        make = server.forum if given.get("kind") == "forum" else server.text_channel
        return channel_json(self._stage.world, make(given["name"]))

    async def _thread(self, given: Json) -> Any:
        person, channel = self.find_person(given["user"]), self._find_channel(given)
        on = self._find_message(given) if given.get("message") else None
        thread = await person.opens_thread(given["name"], on=on, channel=channel, private=bool(given.get("private")))
        return channel_json(self._stage.world, thread)

    async def _says(self, given: Json) -> Any:
        channel = self._find_channel(given)
        replied = channel.messages[int(given["reply_to"])] if given.get("reply_to") else None
        files = [_file(one) for one in given.get("files", ())]
        person = self.find_person(given["user"])
        said = await person.says(given.get("text", ""), channel=channel, reply_to=replied, attachments=files)
        return message_json(said)

    async def _speaks(self, given: Json) -> Any:
        """A voice message: `content` in base64, `duration` in seconds."""
        channel, sound = self._find_channel(given), base64.b64decode(given["content"])
        person = self.find_person(given["user"])
        return message_json(await person.sends_voice_message(sound, float(given["duration"]), channel=channel))

    async def _edits(self, given: Json) -> Any:
        return message_json(await self.find_person(given["user"]).edits(self._find_message(given), given["text"]))

    async def _deletes(self, given: Json) -> Any:
        await self.find_person(given["user"]).deletes(self._find_message(given))
        return {}

    async def _reacts(self, given: Json) -> Any:
        await self.find_person(given["user"]).reacts(given["emoji"], self._find_message(given))
        return {}

    async def _slash(self, given: Json) -> Any:
        person, channel = self.find_person(given["user"]), self._find_channel(given)
        options = {k: self._option(v) for k, v in given.get("options", {}).items()}
        return interaction_json(await person.slash(given["command"], channel=channel, options=options))

    def _option(self, value: Any) -> Any:
        """People, channels and files are given as `{"user": ...}`, `{"channel": ...}`, `{"file": {...}}`."""
        if not isinstance(value, dict):
            return value
        if "user" in value:
            return self.find_person(value["user"])
        return self._find_channel(value) if "channel" in value else _file(value["file"])

    async def _autocompletes(self, given: Json) -> Any:
        person, channel = self.find_person(given["user"]), self._find_channel(given)
        return await person.autocompletes(given["command"], given["option"], given["typed"], channel=channel)

    async def _uses(self, given: Json) -> Any:
        """From the menu of a message, or of a person (`whom`)."""
        person = self.find_person(given["user"])
        if "whom" in given:
            on, channel = self.find_person(given["whom"]), self._find_channel(given)
            return interaction_json(await person.uses(given["command"], on=on, channel=channel))
        return interaction_json(await person.uses(given["command"], on=self._find_message(given)))

    async def _presses(self, given: Json) -> Any:
        person = self.find_person(given["user"])
        return interaction_json(await person.presses(given["button"], on=self._find_message(given)))

    async def _selects(self, given: Json) -> Any:
        person = self.find_person(given["user"])
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

    def _find_channel(self, given: Json) -> Channel:
        """By id or name; the person's private conversation where no channel is named."""
        wanted = given.get("channel")
        if wanted is None:
            return self.find_person(given["user"]).dms
        named = [one for one in self._stage.world.channels.values() if one.guild is not None and not one.deleted]
        for channel in [*named, *self._stage.world.dms.values()]:
            if str(wanted) in {str(channel.id), channel.name}:
                return channel
        raise LookupError(f"no channel {wanted}")

    def _find_message(self, given: Json) -> Message:
        return self._find_channel(given).messages[int(given["message"])]


def _file(given: Json) -> Attachment:
    return Attachment(base64.b64decode(given["content"]), given["name"], given.get("media_type", ""))
