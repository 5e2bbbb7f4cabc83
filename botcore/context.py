"""What a handler is given and what it may return: the inside of the plugin API, which `botcore.plugin` offers whole."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

from botcore.messages import Chat, ConversationKey, Incoming, Json, Part, Reply, Sender

if TYPE_CHECKING:
    from botcore.openai import Api
    from botcore.plugin import Command

Permission: TypeAlias = Literal["user", "admin", "owner"]


# ---- what a handler may return --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Prompt:
    """Hand this to the model as if the person had said it, and let its answer be the answer.

    `preface` is Markdown that is shown above the answer and not put to the model.
    """

    parts: tuple[Part, ...]
    preface: str = ""


Result: TypeAlias = Reply | str | Prompt | None
"""None: done, nothing to add (the person gets a short confirmation, so that every message is answered)."""


# ---- what a handler is given ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens, cost in integer micro-dollars, and requests to the model in a period."""

    input_tokens: int = 0
    output_tokens: int = 0
    cost_microusd: int = 0
    requests: int = 0


class Conversation(Protocol):
    """The conversation a handler works in. Every change is durable when the call returns."""

    @property
    def key(self) -> ConversationKey:
        """Which one."""
        ...

    async def reset(self) -> int:
        """Forget the history; return how many messages were forgotten."""
        ...

    async def stop(self) -> bool:
        """Cancel the answer that is being written. False: none was."""
        ...

    async def retry(self) -> Prompt:
        """Take the last question and its answer out of the history and return the question. Raises Unsuitable."""
        ...

    async def usage(self, *, within: timedelta, everywhere: bool = False) -> Usage:
        """What this conversation used, or (`everywhere`) its user in all conversations."""
        ...

    @property
    def model(self) -> str:
        """The model in force."""
        ...

    @property
    def persona(self) -> str:
        """The name of the persona in force."""
        ...

    @property
    def personas(self) -> Mapping[str, str]:
        """Name and description of each persona that may be chosen."""
        ...

    async def choose(self, *, model: str | None = None, persona: str | None = None) -> None:
        """Change the model or persona of this conversation. '' returns to the default. Raises Unsuitable."""
        ...


class Context(Protocol):
    """One call of a handler: who asks, where, and what the engine offers."""

    @property
    def incoming(self) -> Incoming:
        """What happened."""
        ...

    @property
    def parts(self) -> Sequence[Part]:
        """All that was sent: several messages may belong together, as those of an album do."""
        ...

    @property
    def conversation(self) -> Conversation:
        """The conversation it belongs to."""
        ...

    @property
    def api(self) -> "Api":
        """The OpenAI-style API."""
        ...

    @property
    def key(self) -> str:
        """The idempotency key of this call: the same when a restarted turn runs it again."""
        ...

    @property
    def role(self) -> Permission:
        """What the sender may do."""
        ...

    @property
    def sender(self) -> Sender:
        """Who asks."""
        ...

    @property
    def chat(self) -> Chat:
        """Where."""
        ...

    @property
    def commands(self) -> "Sequence[Command]":
        """The commands this person may use here, sorted by name."""
        ...

    def help(self, name: str = "") -> Reply:
        """The help page of one command, or of all. Raises Unsuitable for an unknown one."""
        ...

    async def progress(self, text: str) -> None:
        """Show how far it is in the place reserved for the answer."""
        ...

    async def step(self, name: str, work: Callable[[], Awaitable[Json]]) -> Json:
        """Run `work` at most once to its end: a restarted turn gets the recorded result. `name` is unique here."""
        ...

    async def ask(self, question: Reply | str, *, choices: Sequence[str] = ()) -> str:
        """Ask the person and wait for the next message, across restarts.

        The handler is run again from its start when the answer comes; earlier `ask`s and `step`s return what they
        returned before. So whatever changes something stands inside a `step` or after the last `ask`.
        """
        ...

    async def charge(self, name: str, model: str, *, input_tokens: int = 0, output_tokens: int = 0) -> None:
        """Count what a request to the API used against the person's budget; once for each `name` (unique here)."""
        ...

    async def consented(self) -> bool:
        """Whether the person lets their conversations be used for training a model. Nobody does unasked."""
        ...

    async def consent(self, *, given: bool) -> None:
        """Note that the person lets them be used, or no longer does."""
        ...

    def fetch(self, part: Part, *, most: int) -> AsyncIterator[bytes]:
        """Stream an attachment's bytes, `most` at most. Raises Unsuitable beyond."""
        ...

    def download(self, url: str, *, most: int) -> AsyncIterator[bytes]:
        """Stream what is behind a URL that a person, the model or the API gave, `most` bytes at most.

        Raises Unsuitable, for addresses that are not public as well, and for what `[fetch]` does not allow.
        """
        ...

    async def run(self, name: str, options: Mapping[str, Json]) -> "Reply | Prompt | None":
        """Run a command for this message, as if the person had used it with these options; attachments are found.

        It goes through the gate: permission, budget, deadline and audit are the command's. Raises what it raises.
        """
        ...

    async def answer_at(self, external_id: str) -> tuple[Part, ...]:
        """The attachments of the whole answer of which a message of the bot's in this chat is a part.

        Of an album, platforms tell only a part with a button or a reply. Empty where it is no longer kept.
        """
        ...

    async def moderate(self, text: str) -> str | None:
        """Check what a person wants made, by this chat's rule for input: a warning to show with it, or None.

        Raises Moderated where it is blocked.
        """
        ...

    async def keep(self, name: str, value: Json) -> None:
        """Keep a small value for this chat (all its threads and people), as long as the chat; None removes it.

        `name` begins with your plugin's: `voice.mode`.
        """
        ...

    async def kept(self, name: str, default: Json = None) -> Json:
        """What `keep` kept for this chat."""
        ...

    async def open_thread(self, title: str, first: str = "") -> str:
        """Open a thread, a conversation of its own, and return how a message refers to it.

        `first` is answered in it as if the person had written it there. Raises Unsuitable where there are no threads.
        """
        ...
