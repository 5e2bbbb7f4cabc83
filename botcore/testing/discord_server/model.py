"""What the simulated Discord knows: users, roles, guilds, channels. Messages are in `messages`."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from botcore.testing.discord_server.snowflakes import iso
from botcore.testing.server.news import News

if TYPE_CHECKING:
    from botcore.testing.discord_server.messages import Message

Json: TypeAlias = dict[str, Any]

TEXT, DM, VOICE, GROUP_DM, CATEGORY, PUBLIC_THREAD, PRIVATE_THREAD, FORUM = 0, 1, 2, 3, 4, 11, 12, 15
THREADS = frozenset({PUBLIC_THREAD, PRIVATE_THREAD})

_MAX_TYPING = 256  # typing indications remembered in each channel
_MAX_UNREAD = 10_000  # messages of the bot that no test has asked for


@dataclass(eq=False, slots=True)
class User:
    """An account: a person's or the bot's. `name` is what is shown, `username` the unique handle."""

    id: int
    name: str
    username: str
    bot: bool = False
    locale: str = "en-US"
    accepts_dms: bool = True
    has_app: bool = False  # the app is installed to the user's account
    data: Json = field(init=False)

    def __post_init__(self) -> None:
        self.data = {
            "id": str(self.id),
            "username": self.username,
            "discriminator": "4242" if self.bot else "0",
            "global_name": None if self.bot else self.name,
            "avatar": None,
            "banner": None,
            "accent_color": None,
            "public_flags": 0,
            "flags": 0,
            "avatar_decoration_data": None,
            "collectibles": None,
            "primary_guild": None,
        }
        if self.bot:
            self.data["bot"] = True

    @property
    def mention(self) -> str:
        """How a message mentions the account."""
        return f"<@{self.id}>"


@dataclass(eq=False, slots=True)
class Role:
    """A role of a guild; the one with the guild's id is @everyone."""

    id: int
    name: str
    permissions: int
    position: int
    mentionable: bool = False
    managed_by: int | None = None

    @property
    def mention(self) -> str:
        """How a message mentions the role."""
        return f"<@&{self.id}>"

    def as_json(self) -> Json:
        """The `Role` object."""
        data: Json = {
            "id": str(self.id),
            "name": self.name,
            "description": None,
            "permissions": str(self.permissions),
            "position": self.position,
            "color": 0,
            "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
            "hoist": False,
            "managed": self.managed_by is not None,
            "mentionable": self.mentionable,
            "icon": None,
            "unicode_emoji": None,
            "flags": 0,
        }
        if self.managed_by is not None:
            data["tags"] = {"bot_id": str(self.managed_by)}
        return data


@dataclass(eq=False, slots=True)
class Member:
    """Somebody in a guild; `roles` holds role ids, without @everyone."""

    user: User
    joined_at: float
    roles: list[int] = field(default_factory=list[int])
    nick: str | None = None

    def as_json(self, *, user: bool = True) -> Json:
        """The `Guild Member` object; without the user as messages carry it."""
        data: Json = {
            "avatar": None,
            "banner": None,
            "communication_disabled_until": None,
            "deaf": False,
            "flags": 0,
            "joined_at": iso(self.joined_at),
            "mute": False,
            "nick": self.nick,
            "pending": False,
            "premium_since": None,
            "roles": [str(role) for role in self.roles],
        }
        if user:
            data["user"] = self.user.data
        return data


@dataclass(eq=False, slots=True)
class Guild:
    """A server: members, roles, channels. Threads that are not archived are in `channels` as well."""

    id: int
    name: str
    owner_id: int
    locale: str = "en-US"
    roles: dict[int, Role] = field(default_factory=dict[int, Role])
    members: dict[int, Member] = field(default_factory=dict[int, Member])
    channels: dict[int, "Channel"] = field(default_factory=dict[int, "Channel"])

    @property
    def threads(self) -> list["Channel"]:
        """The threads, archived ones included."""
        return [channel for channel in self.channels.values() if channel.is_thread]


@dataclass(frozen=True, slots=True)
class Overwrite:
    """What a role or a member may do in one channel in spite of the roles."""

    allow: int
    deny: int
    is_role: bool


@dataclass(frozen=True, slots=True)
class Typing:
    """Somebody started typing, in Unix seconds."""

    user: User
    at: float


@dataclass(slots=True)
class ThreadState:
    """What only threads have. Times are Unix seconds, `auto_archive` is in minutes."""

    created_at: float
    changed_at: float
    auto_archive: int = 1440
    archived: bool = False
    locked: bool = False
    invitable: bool = True
    total_sent: int = 0


@dataclass(eq=False, slots=True)
class Channel:
    """Where people write: a guild's channel or thread, or a private conversation (`guild` is None)."""

    id: int
    kind: int
    name: str
    guild: Guild | None = None
    parent: "Channel | None" = None
    position: int = 0
    topic: str | None = None
    nsfw: bool = False
    owner_id: int | None = None
    recipients: tuple[User, ...] = ()
    overwrites: dict[int, Overwrite] = field(default_factory=dict[int, Overwrite])
    thread: ThreadState | None = None
    thread_members: dict[int, float] = field(default_factory=dict[int, float])
    messages: dict[int, "Message"] = field(default_factory=dict[int, "Message"])
    last_message_id: int | None = None
    deleted: bool = False
    typing: deque[Typing] = field(default_factory=lambda: deque[Typing](maxlen=_MAX_TYPING))
    unread: deque["Message"] = field(default_factory=lambda: deque["Message"](maxlen=_MAX_UNREAD))
    news: News = field(default_factory=News)

    @property
    def is_thread(self) -> bool:
        """Whether this is a thread, a forum post included."""
        return self.kind in THREADS

    @property
    def mention(self) -> str:
        """How a message mentions the channel."""
        return f"<#{self.id}>"

    def transcript(self, as_seen_by: "User | HasUser | None" = None) -> list["Message"]:
        """The messages to be seen here, oldest first: what somebody sees, or without a name what everybody does.

        Deleted messages, system messages and messages for somebody else only ("only you can see this") are left out.
        """
        viewer = as_seen_by if as_seen_by is None or isinstance(as_seen_by, User) else as_seen_by.user
        return [m for m in self.messages.values() if m.is_shown_to(viewer)]

    def lines(self, as_seen_by: "User | HasUser | None" = None) -> list[str]:
        """The transcript as "Name: text" lines; files are shown as [name], voice messages as [voice message]."""
        return [message.line for message in self.transcript(as_seen_by)]

    async def wait_for(
        self,
        predicate: Callable[[list["Message"]], bool],
        *,
        as_seen_by: "User | HasUser | None" = None,
        timeout: float = 5,
    ) -> list["Message"]:
        """Wait until `predicate(transcript)` holds, and return that transcript.

        Raises:
            TimeoutError: after `timeout` seconds, with what is to be seen in the channel.
        """

        def look() -> list[list["Message"]]:
            seen = self.transcript(as_seen_by)
            return [seen] if predicate(seen) else []

        def complaint() -> str:
            shown = "\n".join(self.lines(as_seen_by)) or "(nothing)"
            return f"not within {timeout} s; the channel shows:\n{shown}"

        return (await self.news.wait_for(look, timeout, complaint))[0]


class HasUser(Protocol):
    """Anything that stands for an account, such as a `Person` or the `Bot`."""

    @property
    def user(self) -> User:
        """The account."""
        ...
