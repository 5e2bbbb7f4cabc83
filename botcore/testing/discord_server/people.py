"""People: a test drives the simulated Discord as they would.

Everything a person does is a coroutine in the present tense: `await ada.says("hi", channel=general)`.
"""

import base64
from collections.abc import Mapping, Sequence
from typing import Any

from botcore.testing.discord_server.happenings import join_thread, open_thread, react, unreact
from botcore.testing.discord_server.interactions import COMMAND, Interaction
from botcore.testing.discord_server.invoking import invoke, resolved_user
from botcore.testing.discord_server.mentions import EVERYTHING, Allowed
from botcore.testing.discord_server.messages import VOICE_MESSAGE, Button, Message
from botcore.testing.discord_server.model import FORUM, Channel, HasUser, Json, Typing, User
from botcore.testing.discord_server.permissions import Permission, may, sees
from botcore.testing.discord_server.refusals import NotSent
from botcore.testing.discord_server.registry import MESSAGE_MENU, USER_MENU
from botcore.testing.discord_server.slash import Attachment, fill, find_command, usable, user_of
from botcore.testing.discord_server.suggestions import suggestions
from botcore.testing.discord_server.touching import fill_modal, press_button, select_options
from botcore.testing.discord_server.world import Content, World

_MAX_TEXT = 2000  # characters that an app sends without a subscription
_MAX_WAVEFORM = 256  # points


class Person:
    """Somebody who uses Discord."""

    def __init__(self, world: World, user: User) -> None:
        self._world = world
        self.user = user

    @property
    def id(self) -> int:
        """The user id."""
        return self.user.id

    @property
    def name(self) -> str:
        """The display name."""
        return self.user.name

    @property
    def mention(self) -> str:
        """How a message mentions the person."""
        return self.user.mention

    @property
    def dms(self) -> Channel:
        """The private conversation with the bot."""
        return self._world.dm_with(self.user)

    async def says(
        self,
        text: str,
        *,
        channel: Channel,
        reply_to: Message | None = None,
        ping: bool = True,
        attachments: Sequence[Attachment] = (),
    ) -> Message:
        """Write a message; `ping=False` answers without notifying the author of the other message.

        Raises:
            NotSent: for what an app does not send, and where the person cannot write.
        """
        self._check(channel, text, attachments)
        files = [
            self._world.files.store(a.content, a.name, channel_id=channel.id, media_type=a.media_type, size=a.size)
            for a in attachments
        ]
        content = Content(text.strip(), reply_to=reply_to, allowed=EVERYTHING if ping else Allowed(replied=False))
        for file, given in zip(files, attachments, strict=True):
            described = self._world.files.describe(file)
            if given.description:
                described["description"] = given.description
            if given.duration is not None:
                described |= {"duration_secs": given.duration, "waveform": given.waveform}
                content.flags |= VOICE_MESSAGE
            content.attachments.append(described)
            content.files[file.id] = file
        if channel.thread is not None:
            join_thread(self._world, channel, self.user)
        return self._world.post(channel, self.user, content)

    async def dm(self, text: str, **more: Any) -> Message:
        """Write to the bot in private."""
        return await self.says(text, channel=self.dms, **more)

    async def mentions(self, whom: HasUser, text: str, *, channel: Channel, **more: Any) -> Message:
        """Write a message that starts with a mention: `await ada.mentions(discord.bot, "why?", channel=general)`."""
        return await self.says(f"{user_of(whom).mention} {text}", channel=channel, **more)

    async def attaches(self, *files: Attachment, text: str = "", channel: Channel, **more: Any) -> Message:
        """Send files, with or without a text."""
        return await self.says(text, channel=channel, attachments=files, **more)

    async def sends_voice_message(
        self,
        content: bytes,
        duration: float,
        *,
        channel: Channel,
        waveform: bytes = b"",
        name: str = "voice-message.ogg",
        size: int | None = None,
    ) -> Message:
        """Send a native voice message; `duration` in seconds, `waveform` with one byte for each point."""
        points = waveform[:_MAX_WAVEFORM] or bytes(min(_MAX_WAVEFORM, max(1, int(duration * 10))))
        shape = base64.b64encode(points).decode()
        voice = Attachment(content, name, "audio/ogg", size, duration=duration, waveform=shape)
        if not may(channel, self.user, Permission.SEND_VOICE_MESSAGES):
            raise NotSent(f"{self.name} cannot send voice messages in {channel.name}")
        return await self.says("", channel=channel, attachments=(voice,))

    async def edits(self, message: Message, text: str) -> Message:
        """Change the text of an own message.

        Raises:
            NotSent: for somebody else's message.
        """
        if message.author is not self.user:
            raise NotSent(f"{self.name} did not write that message")
        self._check(message.channel, text, message.attachments)
        self._world.rewrite(message, {"content": text.strip()}, Allowed(replied=self._pinged_reply(message)))
        return message

    @staticmethod
    def _pinged_reply(message: Message) -> bool:
        return message.replied is not None and message.replied.author in message.pings.users

    async def deletes(self, message: Message) -> None:
        """Delete a message: an own one, or with the permission any."""
        if message.author is not self.user and not may(message.channel, self.user, Permission.MANAGE_MESSAGES):
            raise NotSent(f"{self.name} cannot delete that message")
        self._world.delete(message)

    async def types(self, *, channel: Channel) -> None:
        """Start typing."""
        self._check(channel, "…", ())
        now = self._world.clock.now()
        channel.typing.append(Typing(self.user, now))
        data: Json = {"channel_id": str(channel.id), "user_id": str(self.id), "timestamp": int(now)}
        if channel.guild is not None:
            data |= {"guild_id": str(channel.guild.id), "member": channel.guild.members[self.id].as_json()}
        self._world.emit("TYPING_START", data, guild=channel.guild, channel=channel)

    async def reacts(self, emoji: str, message: Message) -> None:
        """Put an emoji on a message."""
        react(self._world, message, self.user, emoji)

    async def takes_back(self, emoji: str, message: Message) -> None:
        """Take an own emoji off a message."""
        unreact(self._world, message, self.user, emoji)

    async def opens_thread(
        self, name: str, *, on: Message | None = None, channel: Channel | None = None, private: bool = False
    ) -> Channel:
        """Open a thread on a message, or in a channel on its own.

        Raises:
            NotSent: without a place, or where the person may not.
        """
        parent = on.channel if on is not None else channel
        if parent is None:
            raise NotSent("a thread is opened on a message or in a channel")
        needed = Permission.CREATE_PRIVATE_THREADS if private else Permission.CREATE_PUBLIC_THREADS
        if not may(parent, self.user, needed):
            raise NotSent(f"{self.name} cannot open threads in {parent.name}")
        return open_thread(self._world, parent, name, self.user, starter=on, private=private)

    async def posts(self, title: str, text: str, *, forum: Channel) -> Channel:
        """Post in a forum: opens a thread with a first message.

        Raises:
            NotSent: where the channel is no forum.
        """
        if forum.kind != FORUM:
            raise NotSent(f"{forum.name} is no forum")
        thread = open_thread(self._world, forum, title, self.user)
        await self.says(text, channel=thread)
        return thread

    async def adds_to_thread(self, whom: HasUser, thread: Channel) -> None:
        """Take somebody, or the bot, into a thread."""
        join_thread(self._world, thread, user_of(whom))

    def commands(self, channel: Channel | None = None) -> list[str]:
        """The names that the app offers after a slash, and in its context menus."""
        return [one["name"] for one in usable(self._world, self.user, channel or self.dms)]

    async def slash(
        self, command: str, /, *, channel: Channel | None = None, options: Mapping[str, Any] | None = None, **given: Any
    ) -> Interaction:
        """Use a slash command, in private where no channel is named; a subcommand is written "group name".

        Options whose names are taken here ("channel", "options") go into `options`.

        Raises:
            NotSent: for what the app would not send: an unknown command or option, a wrong type, a value out of
                range.
        """
        place = channel or self.dms
        self._check_sight(place)
        data, types = fill(self._world, self.user, place, command, {**(options or {}), **given})
        return invoke(self._world, COMMAND, self.user, place, command, data, types=types)

    async def autocompletes(
        self,
        command: str,
        option: str,
        typed: str,
        /,
        *,
        channel: Channel | None = None,
        options: Mapping[str, Any] | None = None,
        timeout: float = 5,
        **given: Any,
    ) -> list[Json]:
        """Type into an option and wait for what the bot suggests: `[{"name": ..., "value": ...}]`.

        Raises:
            TimeoutError: where no suggestions come within `timeout` seconds.
            NotSent: for options that have no suggestions.
        """
        values = {**(options or {}), **given, option: typed}
        return await suggestions(self._world, self.user, channel or self.dms, command, option, values, timeout)

    async def uses(self, command: str, *, on: "Message | HasUser", channel: Channel | None = None) -> Interaction:
        """Use a context menu command on a message, or on somebody.

        Raises:
            NotSent: where the app does not offer it.
        """
        resolved: Json = {}
        message = on if isinstance(on, Message) else None
        if isinstance(on, Message):
            place, kind, target = channel or on.channel, MESSAGE_MENU, on.id
            resolved["messages"] = {str(on.id): self._world.renderer.message(on)}
        else:
            place, kind, target = channel or self.dms, USER_MENU, user_of(on).id
            resolved_user(place, user_of(on), resolved)
        self._check_sight(place)
        found = find_command(self._world, self.user, place, command, kind)
        data: Json = {"id": found["id"], "name": command, "type": kind, "target_id": str(target), "resolved": resolved}
        if "guild_id" in found:
            data["guild_id"] = found["guild_id"]
        types = found["integration_types"]
        return invoke(self._world, COMMAND, self.user, place, command, data, target=message, types=types)

    async def presses(self, button: Button | str, *, on: Message) -> Interaction:
        """Press a button under a message: a label, an emoji or a `Button`.

        Raises:
            NotSent: where there is no such button, it is disabled, or it only opens a link.
        """
        self._check_sight(on.channel)
        return press_button(self._world, self.user, on, button)

    async def selects(self, *values: str, on: Message, menu: str | None = None) -> Interaction:
        """Choose from a select menu by label or value; `menu` is its placeholder or custom id where there are several.

        Raises:
            NotSent: where there is no such menu or value.
        """
        self._check_sight(on.channel)
        return select_options(self._world, self.user, on, values, menu)

    async def submits(self, interaction: Interaction, **fields: str) -> Interaction:
        """Fill in the dialogue that an interaction opened; fields by custom id.

        Raises:
            NotSent: where no dialogue is open, and for fields that it does not have.
        """
        return fill_modal(self._world, self.user, interaction, fields)

    async def closes_dms(self) -> None:
        """Take no more private messages: the bot gets 403 with 50007."""
        self.user.accepts_dms = False

    async def installs_app(self) -> None:
        """Install the app to the own account: its commands are there in every guild and conversation."""
        self.user.has_app = True

    def _check(self, channel: Channel, text: str, attachments: Sequence[Any]) -> None:
        self._check_sight(channel)
        if channel.kind == FORUM:
            raise NotSent(f"{channel.name} is a forum; use posts()")
        if not may(channel, self.user, Permission.SEND_MESSAGES):
            raise NotSent(f"{self.name} cannot write in {channel.name}")
        if len(text) > _MAX_TEXT:
            raise NotSent(f"an app sends at most {_MAX_TEXT} characters in one message")
        if not text.strip() and not attachments:
            raise NotSent("an app sends no empty messages")
        try:
            text.encode()
        except UnicodeEncodeError:
            raise NotSent("an app sends no half of a surrogate pair; use inject()") from None

    def _check_sight(self, channel: Channel) -> None:
        if channel.deleted or not sees(channel, self.user):
            raise NotSent(f"{self.name} does not see {channel.name}")
