"""Who is meant, and who may speak: the gate before a conversation."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from botcore.commands.registry import Found, Registry, Unknown
from botcore.config.sections import AccessSettings, ChatSettings, HistorySettings
from botcore.errors import NotAllowed
from botcore.messages import ConversationKey, Edit, Incoming, Invocation, Message, Press, Reaction
from botcore.plugin import Permission

CLOSED = "I am private and do not know you yet. Please ask my owner to let you in; your id is {platform}:{id}."
IN_GROUP = "I do not know you yet, {name}. Write to me in a private chat to ask for access."
WAITING = (
    "Hello {name}! I only talk to people my owner knows. Please give my owner this code: **{code}**\n\n"
    "They let you in with `botcore access approve {code}`, or in the browser. Then write to me again."
)
TURNED_DOWN = "My owner has not let you in."


@dataclass(frozen=True, slots=True)
class Person:
    """A sender as the store knows them. `user_id` is the row of their account, `identity_id` that of this platform."""

    user_id: int
    identity_id: int
    access: str = ""
    role: Permission = "user"


class Admission:
    """Decides from settings and what the store knows; asks nobody."""

    def __init__(
        self, access: AccessSettings, chat: ChatSettings, history: HistorySettings, registry: Registry
    ) -> None:
        self._access = access
        self._prefixes = tuple(prefix.casefold() for prefix in map(str.strip, chat.prefixes) if prefix)
        self._registry = registry
        self._scope: Literal["user", "chat"] = history.scope

    @property
    def scope(self) -> Literal["user", "chat"]:
        """Whether people of one chat have histories of their own."""
        return self._scope

    def key(self, incoming: Incoming) -> ConversationKey:
        """Whose history it belongs to: in a private chat, or where the chat shares one, nobody's in particular."""
        chat = incoming.chat
        own = self._scope == "user" and chat.kind == "group"
        return ConversationKey(chat.platform, chat.id, chat.thread or "", incoming.sender.id if own else "")

    def wanted(self, incoming: Incoming) -> bool:
        """Whether a message is meant for the bot, or for a plugin that listens to its kind."""
        if incoming.sender.is_bot:
            return False  # two bots that answer each other never stop
        event = incoming.event
        if isinstance(event, Press | Invocation | Reaction) or incoming.chat.kind == "private":
            return True
        unknown = self._registry.find(event.text)
        named = isinstance(event, Message) and event.named
        if isinstance(unknown, Unknown) and unknown.target is None and not named:
            return False  # in a group, a command that is nobody's here is another bot's
        if self.addressed(incoming):
            return True
        return isinstance(event, Message) and bool(self._registry.handlers(event.parts, addressed=False))

    def without_prefix(self, text: str) -> str:
        """The text without the configured word that addresses the bot."""
        for prefix in self._prefixes:
            # Folding may lengthen a text ("ß" becomes "ss"): the prefix ends where as much of it has been folded.
            folded, end = "", 0
            while end < len(text) and len(folded) < len(prefix):
                folded, end = folded + text[end].casefold(), end + 1
            rest = text[end:]
            if folded == prefix and (not rest or not prefix[-1].isalnum() or not rest[0].isalnum()):
                return rest.lstrip(" ,:;-\n")
        return text

    def addressed(self, incoming: Incoming) -> bool:
        """Whether the bot is meant. Others are heard only where a plugin listens to everything of their kind."""
        event = incoming.event
        if incoming.chat.kind == "private" or not isinstance(event, Message | Edit):
            return True
        return event.addressed or self.without_prefix(event.text) != event.text

    def urgent(self, incoming: Incoming) -> bool:
        """Whether it is a command that overtakes waiting messages."""
        found = self._registry.find(self.line(incoming))
        return isinstance(found, Found) and found.registered.command.urgent

    @staticmethod
    def line(incoming: Incoming) -> str:
        """The text in which a command may stand, '' where the event has none of its own."""
        event = incoming.event
        if isinstance(event, Press):
            return event.says
        if isinstance(event, Invocation):
            return f"/{event.command}"
        return "" if isinstance(event, Edit | Reaction) else event.text

    def role(self, incoming: Incoming, person: Person) -> Permission:
        """What the sender may do, once admitted."""
        if (
            incoming.sender.trusted
            or person.role == "owner"
            or self._listed(incoming, self._access.owners, chats=False)
        ):
            return "owner"
        if person.role == "admin" or self._listed(incoming, self._access.admins, chats=False):
            return "admin"
        return "user"

    def admit(self, incoming: Incoming, person: Person) -> bool:
        """Whether the sender may talk to the bot. False: they may ask for access (pairing).

        Raises NotAllowed with what to tell them where asking is no use.
        """
        access = self._access
        if access.mode == "open" or self.role(incoming, person) != "user":
            return True
        if person.access == "approved" or self._listed(incoming, access.allow, chats=True):
            return True
        sender = incoming.sender
        if access.mode == "allowlist":
            raise NotAllowed(CLOSED.format(platform=incoming.address.platform, id=sender.id))
        if person.access == "refused":
            raise NotAllowed(TURNED_DOWN)
        if incoming.chat.kind == "group":
            raise NotAllowed(IN_GROUP.format(name=sender.name))
        return False

    @staticmethod
    def _listed(incoming: Incoming, ids: Sequence[str], *, chats: bool) -> bool:
        platform = incoming.address.platform
        names = {incoming.sender.id, f"{platform}:{incoming.sender.id}"}
        if chats:
            names |= {incoming.chat.id, f"{platform}:{incoming.chat.id}"}
        return any(one in names for one in ids)
