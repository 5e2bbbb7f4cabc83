"""A guild, as a test arranges it: channels, roles, members, permissions. Changes are told to the bot."""

from collections.abc import Sequence

from botcore.testing.discord_server.happenings import remove_channel
from botcore.testing.discord_server.model import (
    CATEGORY,
    FORUM,
    TEXT,
    VOICE,
    Channel,
    Guild,
    HasUser,
    Json,
    Member,
    Overwrite,
    Role,
)
from botcore.testing.discord_server.people import Person
from botcore.testing.discord_server.permissions import NO_MORE, Permission
from botcore.testing.discord_server.slash import user_of
from botcore.testing.discord_server.world import World


class Server:
    """A guild with its people. Discord's own name for it is guild, that of the app is server."""

    def __init__(self, world: World, guild: Guild) -> None:
        self._world = world
        self.guild = guild

    @property
    def id(self) -> int:
        """The guild id."""
        return self.guild.id

    @property
    def name(self) -> str:
        """The name."""
        return self.guild.name

    @property
    def everyone(self) -> Role:
        """The role that everybody has."""
        return self.guild.roles[self.guild.id]

    @property
    def channels(self) -> list[Channel]:
        """The channels, threads included."""
        return list(self.guild.channels.values())

    def text_channel(self, name: str, *, topic: str | None = None, nsfw: bool = False) -> Channel:
        """A new channel for messages."""
        return self._channel(name, TEXT, topic=topic, nsfw=nsfw)

    def forum(self, name: str, *, topic: str | None = None) -> Channel:
        """A new forum: people post threads in it."""
        return self._channel(name, FORUM, topic=topic)

    def voice_channel(self, name: str) -> Channel:
        """A new voice channel; only its text chat works."""
        return self._channel(name, VOICE)

    def category(self, name: str) -> Channel:
        """A new heading over channels."""
        return self._channel(name, CATEGORY)

    def _channel(self, name: str, kind: int, *, topic: str | None = None, nsfw: bool = False) -> Channel:
        channel = self._world.add_channel(self.guild, name, kind)
        channel.topic, channel.nsfw = topic, nsfw
        self._world.emit("CHANNEL_CREATE", self._world.renderer.channel(channel), guild=self.guild)
        return channel

    def role(
        self,
        name: str,
        members: Sequence[HasUser] = (),
        *,
        permissions: Permission = NO_MORE,
        mentionable: bool = False,
    ) -> Role:
        """A new role; the permissions come on top of everybody's."""
        role = Role(self._world.ids.next(), name, int(permissions), len(self.guild.roles), mentionable)
        self.guild.roles[role.id] = role
        self._world.emit("GUILD_ROLE_CREATE", self._named(role.as_json()), guild=self.guild)
        for one in members:
            self.gives(one, role)
        return role

    def _named(self, role: Json) -> Json:
        return {"guild_id": str(self.id), "role": role}

    def gives(self, whom: HasUser, role: Role) -> None:
        """Give somebody a role."""
        member = self.guild.members[user_of(whom).id]
        member.roles.append(role.id)
        self._member_changed(member)

    def takes(self, whom: HasUser, role: Role) -> None:
        """Take a role from somebody."""
        member = self.guild.members[user_of(whom).id]
        member.roles.remove(role.id)
        self._member_changed(member)

    def permits(self, whom: "Role | HasUser", permissions: Permission, *, channel: Channel | None = None) -> None:
        """Allow a role or somebody something, everywhere (roles only) or in one channel."""
        self._permit(whom, permissions, channel, allow=True)

    def forbids(self, whom: "Role | HasUser", permissions: Permission, *, channel: Channel | None = None) -> None:
        """Deny a role or somebody something, everywhere (roles only) or in one channel."""
        self._permit(whom, permissions, channel, allow=False)

    def _permit(self, whom: "Role | HasUser", permissions: Permission, channel: Channel | None, *, allow: bool) -> None:
        bits = int(permissions)
        if channel is None:
            if not isinstance(whom, Role):
                raise ValueError("members have permissions of their own in channels only; give them a role")
            whom.permissions = whom.permissions | bits if allow else whom.permissions & ~bits
            self._world.emit("GUILD_ROLE_UPDATE", self._named(whom.as_json()), guild=self.guild)
            return
        is_role = isinstance(whom, Role)
        key = whom.id if isinstance(whom, Role) else user_of(whom).id
        old = channel.overwrites.get(key, Overwrite(0, 0, is_role))
        allowed, denied = (old.allow | bits, old.deny & ~bits) if allow else (old.allow & ~bits, old.deny | bits)
        channel.overwrites[key] = Overwrite(allowed, denied, is_role)
        self._world.emit("CHANNEL_UPDATE", self._world.renderer.channel(channel), guild=self.guild)

    async def deletes(self, channel: Channel) -> None:
        """Delete a channel with its threads, or a thread."""
        remove_channel(self._world, channel)

    async def admits(self, person: Person) -> None:
        """Somebody joins."""
        member = Member(person.user, self._world.clock.now())
        self.guild.members[person.id] = member
        self._world.emit("GUILD_MEMBER_ADD", {**member.as_json(), "guild_id": str(self.id)}, guild=self.guild)

    async def kicks(self, whom: HasUser) -> None:
        """Somebody, or the bot, is removed."""
        user = user_of(whom)
        if user is self._world.bot:
            self._world.emit("GUILD_DELETE", {"id": str(self.id)}, guild=self.guild)
        del self.guild.members[user.id]
        self._world.emit("GUILD_MEMBER_REMOVE", {"guild_id": str(self.id), "user": user.data}, guild=self.guild)

    def invites_bot(self, permissions: Permission = NO_MORE) -> None:
        """Take the bot in, with a role of its own."""
        world = self._world
        role = Role(world.ids.next(), world.bot.name, int(permissions), len(self.guild.roles), managed_by=world.bot.id)
        self.guild.roles[role.id] = role
        self.guild.members[world.bot.id] = Member(world.bot, world.clock.now(), [role.id])
        data = world.renderer.available_guild(self.guild, everybody=False, joined=True)
        world.emit("GUILD_CREATE", data, guild=self.guild)

    def _member_changed(self, member: Member) -> None:
        self._world.emit("GUILD_MEMBER_UPDATE", {**member.as_json(), "guild_id": str(self.id)}, guild=self.guild)
