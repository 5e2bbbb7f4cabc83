"""One message, its attachments and buttons, and whom it pings."""

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botcore.testing.discord_server.model import Channel, HasUser, Json, Role, User

if TYPE_CHECKING:
    from botcore.testing.discord_server.files import StoredFile

SUPPRESS_EMBEDS, HAS_THREAD, EPHEMERAL, LOADING = 1 << 2, 1 << 5, 1 << 6, 1 << 7
SUPPRESS_NOTIFICATIONS, VOICE_MESSAGE, COMPONENTS_V2 = 1 << 12, 1 << 13, 1 << 15

DEFAULT, THREAD_CREATED, REPLY, CHAT_INPUT_COMMAND, THREAD_STARTER, CONTEXT_MENU_COMMAND = 0, 18, 19, 20, 21, 23
_SYSTEM = frozenset({THREAD_CREATED, THREAD_STARTER})

_ROW, _BUTTON, _SECTION = 1, 2, 9
SELECTS = {3: "string", 5: "user", 6: "role", 7: "mentionable", 8: "channel"}


_MAX_EDITS = 1_000  # earlier texts remembered of each message


@dataclass(frozen=True, slots=True)
class Button:
    """A button under a message. `custom_id` is None for links."""

    label: str
    custom_id: str | None
    style: int
    url: str | None = None
    disabled: bool = False
    emoji: str = ""


@dataclass(frozen=True, slots=True)
class Menu:
    """A select menu under a message; `kind` is string, user, role, mentionable or channel."""

    custom_id: str
    kind: str
    placeholder: str
    options: tuple[Json, ...]
    min_values: int
    max_values: int
    disabled: bool = False


@dataclass(frozen=True, slots=True)
class Pings:
    """Who got a notification from a message."""

    everyone: bool = False
    users: tuple[User, ...] = ()
    roles: tuple[Role, ...] = ()

    def __bool__(self) -> bool:
        return self.everyone or bool(self.users) or bool(self.roles)


@dataclass(eq=False, slots=True)
class Message:
    """One message as the server holds it; `data` is the API's `Message` object as it is now, without link signatures.

    `only_for` is the one person who sees an ephemeral message. `edits` holds earlier texts. `pings` is whom the
    message notified when it was sent.
    """

    id: int
    channel: Channel
    author: User
    data: Json
    pings: Pings = field(default_factory=Pings)
    files: dict[int, "StoredFile"] = field(default_factory=dict[int, "StoredFile"])
    only_for: User | None = None
    nonce: str | int | None = None
    replied: "Message | None" = None
    interaction_token: str | None = None
    edits: deque[str] = field(default_factory=lambda: deque[str](maxlen=_MAX_EDITS))
    deleted: bool = False
    reactions: dict[str, list[User]] = field(default_factory=dict[str, list[User]])

    @property
    def text(self) -> str:
        """What can be read now: the content, or the text of components where the message is made of them."""
        return str(self.data["content"]) or "\n".join(_texts(self.data["components"]))

    @property
    def history(self) -> list[str]:
        """Every text this message ever had, the present one last; a loading state is not one."""
        return [*self.edits, self.text]

    @property
    def flags(self) -> int:
        """The message flags."""
        return int(self.data["flags"])

    @property
    def is_loading(self) -> bool:
        """Whether it says "… is thinking": a deferred response without its content."""
        return bool(self.flags & LOADING)

    @property
    def is_ephemeral(self) -> bool:
        """Whether only one person sees it."""
        return self.only_for is not None

    @property
    def is_system(self) -> bool:
        """Whether it reports something (a thread was opened) instead of saying something."""
        return self.data["type"] in _SYSTEM

    @property
    def from_bot(self) -> bool:
        """Whether the bot wrote it."""
        return self.author.bot

    @property
    def reply_to(self) -> int | None:
        """The id of the message this one answers, if it does."""
        reference: Json | None = self.data.get("message_reference")
        return None if reference is None or self.is_system else int(reference["message_id"])

    @property
    def attachments(self) -> list[Json]:
        """The `Attachment` objects."""
        found: list[Json] = self.data["attachments"]
        return found

    @property
    def embeds(self) -> list[Json]:
        """The `Embed` objects."""
        found: list[Json] = self.data["embeds"]
        return found

    @property
    def contents(self) -> list[bytes]:
        """What is in the attached files, in order."""
        return [self.files[int(one["id"])].content for one in self.attachments]

    @property
    def buttons(self) -> list[list[Button]]:
        """The rows of buttons."""
        rows = [[c for c in row if c["type"] == _BUTTON] for row in _rows(self.data["components"])]
        return [[_button(c) for c in row] for row in rows if row]

    @property
    def menus(self) -> list[Menu]:
        """The select menus."""
        return [_menu(c) for row in _rows(self.data["components"]) for c in row if c["type"] in SELECTS]

    @property
    def thread_id(self) -> int | None:
        """The id of the thread that was opened on this message, if one was."""
        return self.id if self.flags & HAS_THREAD else None

    @property
    def is_voice(self) -> bool:
        """Whether it is a native voice message."""
        return bool(self.flags & VOICE_MESSAGE)

    @property
    def line(self) -> str:
        """One line of a transcript: "Name: [file] text"."""
        files = ["voice message"] if self.is_voice else [str(one["filename"]) for one in self.attachments]
        shown = "".join(f"[{name}] " for name in files)
        text = "(thinking)" if self.is_loading else self.text
        where = f" (only to {self.only_for.name})" if self.only_for else ""
        return f"{self.author.name}{where}: {shown}{text}".rstrip()

    def is_shown_to(self, viewer: User | None) -> bool:
        """Whether somebody sees it (None: whether everybody does)."""
        return not self.deleted and not self.is_system and (self.only_for is None or self.only_for is viewer)

    def pinged(self, person: User | HasUser) -> bool:
        """Whether somebody was notified of it: by name, as everyone, by one of their roles, or as replied to."""
        user = person if isinstance(person, User) else person.user
        if self.pings.everyone and user is not self.author:
            return True
        guild = self.channel.guild
        member = guild.members.get(user.id) if guild else None
        by_role = member is not None and any(role.id in member.roles for role in self.pings.roles)
        return by_role or user in self.pings.users

    def __repr__(self) -> str:
        return f"<Message {self.id} {self.line!r}>"


def _rows(components: list[Json]) -> list[list[Json]]:
    """What can be pressed, by row; containers and sections are looked into."""
    rows: list[list[Json]] = []
    for one in components:
        if one["type"] == _ROW:
            rows.append(one["components"])
        elif one["type"] == _SECTION:
            rows.append([one["accessory"]])
        elif "components" in one:
            rows += _rows(one["components"])
    return rows


def _texts(components: list[Json]) -> list[str]:
    found: list[str] = []
    for one in components:
        if "content" in one:
            found.append(str(one["content"]))
        found += _texts(one.get("components", []))
    return found


def _button(component: Json) -> Button:
    emoji: dict[str, Any] = component.get("emoji") or {}
    return Button(
        component.get("label", ""),
        component.get("custom_id"),
        component["style"],
        component.get("url"),
        component.get("disabled", False),
        emoji.get("name") or "",
    )


def _menu(component: Json) -> Menu:
    return Menu(
        component["custom_id"],
        SELECTS[component["type"]],
        component.get("placeholder", ""),
        tuple(component.get("options", ())),
        component["min_values"],
        component["max_values"],
        component.get("disabled", False),
    )
