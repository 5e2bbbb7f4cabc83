"""The state of the simulated Discord and what can happen in it, whoever causes it."""

from dataclasses import dataclass, field

from botcore.testing.discord_server.files import Files, StoredFile
from botcore.testing.discord_server.gateway import PRIVILEGED, Gateway, Intent
from botcore.testing.discord_server.interactions import Interactions
from botcore.testing.discord_server.limits import Limits, RateLimiter
from botcore.testing.discord_server.mentions import EVERYTHING, Allowed, find_pings
from botcore.testing.discord_server.messages import CONTEXT_MENU_COMMAND, DEFAULT, REPLY, Message, Pings
from botcore.testing.discord_server.model import DM, GROUP_DM, Channel, Guild, Json, Member, Role, User
from botcore.testing.discord_server.permissions import ORDINARY, sees
from botcore.testing.discord_server.registry import Commands
from botcore.testing.discord_server.render import Renderer
from botcore.testing.discord_server.snowflakes import Snowflakes, iso
from botcore.testing.server.clock import Clock
from botcore.testing.server.news import News

_NONCE_LIFE = 300.0  # seconds: "the past few minutes"


@dataclass(slots=True)
class Content:
    """What a message is made of, apart from who, where and when."""

    text: str = ""
    embeds: list[Json] = field(default_factory=list[Json])
    components: list[Json] = field(default_factory=list[Json])
    attachments: list[Json] = field(default_factory=list[Json])
    files: dict[int, StoredFile] = field(default_factory=dict[int, StoredFile])
    flags: int = 0
    kind: int = DEFAULT
    tts: bool = False
    allowed: Allowed = EVERYTHING
    reply_to: Message | None = None
    nonce: str | int | None = None
    only_for: User | None = None
    extra: Json = field(default_factory=dict[str, object])
    token: str | None = None

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to show."""
        return not (self.text or self.embeds or self.components or self.attachments)


class World:
    """Users, guilds, channels, messages, files, commands, interactions; one bot."""

    def __init__(
        self, *, bot: User, clock: Clock, limits: Limits, keep: int, max_file: int, privileged: Intent = PRIVILEGED
    ) -> None:
        self.bot = bot
        self.clock = clock
        self.keep = keep
        self.max_file = max_file
        self.privileged = privileged
        self.ids = Snowflakes(clock)
        self.files = Files(clock, self.ids)
        self.limiter = RateLimiter(limits, clock)
        self.gateway = Gateway(clock)
        self.renderer = Renderer(bot, self.files)
        self.commands = Commands(clock, self.ids, bot.id)
        self.interactions = Interactions(clock, self.ids)
        self.users: dict[int, User] = {bot.id: bot}
        self.guilds: dict[int, Guild] = {}
        self.channels: dict[int, Channel] = {}
        self.dms: dict[int, Channel] = {}
        self.news = News()
        self._nonces: dict[tuple[int, str], tuple[float, Message]] = {}

    def now(self) -> str:
        """The time as the API writes it."""
        return iso(self.clock.now())

    def add_user(self, name: str, *, locale: str) -> User:
        """A new person."""
        taken = {user.username for user in self.users.values()}
        plain = "".join(c if c.isascii() and c.isalnum() else "_" for c in name.lower()) or "person"
        username = next(n for n in (plain, *(f"{plain}{i}" for i in range(2, len(taken) + 3))) if n not in taken)
        user = User(self.ids.next(), name, username, locale=locale)
        self.users[user.id] = user
        return user

    def add_guild(self, name: str, owner: User, *, locale: str) -> Guild:
        """A new guild with nobody in it but its owner."""
        number = self.ids.next()
        guild = Guild(number, name, owner.id, locale)
        guild.roles[number] = Role(number, "@everyone", ORDINARY, 0)
        guild.members[owner.id] = Member(owner, self.clock.now())
        self.guilds[number] = guild
        return guild

    def add_channel(self, guild: Guild, name: str, kind: int, *, parent: Channel | None = None) -> Channel:
        """A new channel in a guild; whoever made it tells the bot."""
        channel = Channel(self.ids.next(), kind, name, guild, parent, position=len(guild.channels))
        guild.channels[channel.id] = self.channels[channel.id] = channel
        return channel

    def dm_with(self, user: User) -> Channel:
        """The private conversation of somebody with the bot; there is one from the first moment it is asked for."""
        channel = self.dms.get(user.id)
        if channel is None:
            channel = Channel(self.ids.next(), DM, user.name, recipients=(user, self.bot))
            self.dms[user.id] = self.channels[channel.id] = channel
        return channel

    def add_private(self, people: tuple[User, ...]) -> Channel:
        """A conversation of people among themselves, which the bot has no part in."""
        kind = DM if len(people) == 2 else GROUP_DM
        channel = Channel(self.ids.next(), kind, ", ".join(one.name for one in people), recipients=people)
        self.channels[channel.id] = channel
        return channel

    def emit(self, event: str, data: Json, *, guild: Guild | None, channel: Channel | None = None) -> None:
        """Tell the bot, where it can see the channel and wants such events."""
        if guild is not None and self.bot.id not in guild.members:
            return
        if channel is None or sees(channel, self.bot):
            # told of itself without the intent, too: https://discord.com/developers/docs/events/gateway#caveats
            always = event == "GUILD_MEMBER_UPDATE" and data["user"] is self.bot.data
            self.gateway.dispatch(event, data, guild_id=None if guild is None else guild.id, always=always)

    def post(self, channel: Channel, author: User, content: Content) -> Message:
        """Put a message into a channel and tell the bot."""
        number = self.ids.next()
        pings = self._pings(channel, author, content)
        data: Json = {
            "id": str(number),
            "type": REPLY if content.reply_to and content.kind == DEFAULT else content.kind,
            "channel_id": str(channel.id),
            "author": author.data,
            "content": content.text,
            "timestamp": self.now(),
            "edited_timestamp": None,
            "tts": content.tts,
            "pinned": False,
            "flags": content.flags,
            "embeds": content.embeds,
            "components": content.components,
            "attachments": content.attachments,
            **_pinged(pings),
            **content.extra,
        }
        if content.reply_to is not None:
            data["message_reference"] = reference_to(content.reply_to)
        message = Message(number, channel, author, data, pings, content.files, content.only_for, content.nonce)
        message.replied, message.interaction_token = content.reply_to, content.token
        self._keep(channel, message)
        if not message.is_ephemeral:
            self._announce("MESSAGE_CREATE", message)
        self.changed(channel)
        return message

    def _pings(self, channel: Channel, author: User, content: Content) -> Pings:
        return find_pings(
            content.text or "\n".join(str(one.get("content", "")) for one in content.components),
            channel=channel,
            author=author,
            allowed=content.allowed,
            users=self.users,
            replied=None if content.kind == CONTEXT_MENU_COMMAND else content.reply_to,
        )

    def _keep(self, channel: Channel, message: Message) -> None:
        channel.messages[message.id] = message
        channel.last_message_id = message.id
        if len(channel.messages) > self.keep:
            del channel.messages[next(iter(channel.messages))]
        if channel.thread is not None:
            message.data["position"] = channel.thread.total_sent
            channel.thread.total_sent += 1
            channel.thread.archived = channel.thread.archived and message.is_system
        if message.from_bot and not message.is_system:
            channel.unread.append(message)

    def rewrite(self, message: Message, changes: Json, allowed: Allowed = EVERYTHING) -> None:
        """Edit a message. A loading response that gets its content counts as new rather than edited."""
        fresh = message.is_loading
        if "content" in changes or "components" in changes:
            if not fresh and message.text != changes.get("content", message.data["content"]):
                message.edits.append(message.text)
            after = {**message.data, **changes}
            content = Content(after["content"], components=after["components"], allowed=allowed)
            content.reply_to, content.kind = message.replied, message.data["type"]
            pings = self._pings(message.channel, message.author, content)
            message.data |= _pinged(pings)
            if fresh:
                message.pings = pings
        message.data |= changes
        message.data["edited_timestamp"] = None if fresh else self.now()
        self.updated(message)

    def updated(self, message: Message) -> None:
        """A message looks different now: tell the bot and everybody who waits."""
        if not message.is_ephemeral:
            self._announce("MESSAGE_UPDATE", message)
        self.changed(message.channel)

    def delete(self, message: Message) -> None:
        """Remove a message for everybody."""
        message.deleted = True
        channel, guild = message.channel, message.channel.guild
        data: Json = {"id": str(message.id), "channel_id": str(channel.id)}
        if guild is not None:
            data["guild_id"] = str(guild.id)
        if not message.is_ephemeral:
            self.emit("MESSAGE_DELETE", data, guild=guild, channel=channel)
        self.changed(channel)

    def _announce(self, event: str, message: Message) -> None:
        gateway, channel, guild = self.gateway, message.channel, message.channel.guild
        if not gateway.sessions or not sees(channel, self.bot):
            return
        more: Json = {}
        if guild is not None:
            more["guild_id"] = str(guild.id)
            if (member := guild.members.get(message.author.id)) is not None:
                more["member"] = member.as_json(user=False)
        if message.nonce is not None and event == "MESSAGE_CREATE":
            more["nonce"] = message.nonce
        data = self.renderer.message(message) | more
        hides = self.renderer.hides(message)
        redacted = self.renderer.message(message, content=False) | more if hides else None
        gateway.dispatch(event, data, guild_id=None if guild is None else guild.id, redacted=redacted)

    def reads_content(self) -> bool:
        """Whether HTTP answers carry everybody's message content: it goes by what the app may, not by intents."""
        return bool(self.privileged & Intent.MESSAGE_CONTENT)

    def shown(self, message: Message) -> Json:
        """A message as an HTTP answer carries it."""
        return self.renderer.message(message, content=self.reads_content())

    def find_nonce(self, author: User, nonce: str | int) -> Message | None:
        """The message that somebody sent with that nonce in the past few minutes."""
        sent_at, message = self._nonces.get((author.id, str(nonce)), (0.0, None))
        recent = message is not None and not message.deleted and self.clock.now() - sent_at < _NONCE_LIFE
        return message if recent else None

    def remember_nonce(self, message: Message) -> None:
        """Let a later message with the same nonce find this one; forgets those that are over."""
        now = self.clock.now()
        for key, (sent_at, _) in list(self._nonces.items()):
            if now - sent_at < _NONCE_LIFE:
                break
            del self._nonces[key]
        self._nonces[message.author.id, str(message.nonce)] = (now, message)

    def changed(self, channel: Channel) -> None:
        """Wake everybody who waits for something in that channel."""
        channel.news.tell()
        self.news.tell()


def reference_to(message: Message) -> Json:
    """The `message_reference` of a reply."""
    data: Json = {"type": 0, "channel_id": str(message.channel.id), "message_id": str(message.id)}
    if message.channel.guild is not None:
        data["guild_id"] = str(message.channel.guild.id)
    return data


def _pinged(pings: Pings) -> Json:
    return {
        "mentions": [user.data for user in pings.users],
        "mention_roles": [str(role.id) for role in pings.roles],
        "mention_everyone": pings.everyone,
    }
