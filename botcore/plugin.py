"""The plugin API, on one screen.

A plugin package exports one value, `plugin = Plugin(name, setup, settings)`, named by an entry point of the group
`botcore.plugins` or found in the operator's own plugin folder. `setup(bot, settings)` registers functions on its own
`Bot`; whatever is registered there goes away with the plugin. One typed function is a text command, a slash command, a
menu entry, a help page and (with `tool=True`) a tool of the model, all through one gate: validation, permission, rate
and budget, confirmation, audit.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Concatenate, Literal, ParamSpec, Protocol, TypeAlias, TypeVar

from pydantic import BaseModel, ConfigDict

from botcore.messages import Chat, ConversationKey, Incoming, Json, Part, Reply, Sender

if TYPE_CHECKING:
    from botcore.openai import Api

P = ParamSpec("P")
T = TypeVar("T")

Permission: TypeAlias = Literal["user", "admin", "owner"]
Where: TypeAlias = Literal["private", "group"]


class Settings(BaseModel):
    """Base of a plugin's or adapter's settings: the section `[plugins.NAME]` or `[NAME]` of botcore.toml."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


# ---- what a parameter may say about itself, in Annotated[...] -------------------------------------------------


@dataclass(frozen=True, slots=True)
class Doc:
    """What a parameter is for; the help, the slash option and the tool schema show it."""

    text: str


@dataclass(frozen=True, slots=True)
class Rest:
    """The parameter takes the rest of the line as it is. At most one, of type str."""

    text: str = ""


@dataclass(frozen=True, slots=True)
class Between:
    """The smallest and largest number allowed, or the shortest and longest text."""

    least: float
    most: float


@dataclass(frozen=True, slots=True)
class Suggest:
    """Autocompletion: called with what was typed so far, returns up to 25 suggestions."""

    values: Callable[[str], Awaitable[Sequence[str]]]


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


Handler: TypeAlias = Callable[..., Awaitable[Result]]
Middleware: TypeAlias = Callable[[Context, Callable[[], Awaitable[Result]]], Awaitable[Result]]


# ---- registration ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Command:
    """One typed function with all that was said about it."""

    name: str
    plugin: str
    handler: Handler
    command: bool = True
    tool: bool = False
    changes: bool = False
    confirm: bool = False
    permission: Permission = "user"
    cost: str | None = None
    urgent: bool = False
    hidden: bool = False
    ephemeral: bool = False
    aliases: tuple[str, ...] = ()
    descriptions: Mapping[str, str] = field(default_factory=dict[str, str])
    timeout: float = 120.0
    where: tuple[Where, ...] = ("private", "group")


@dataclass(frozen=True, slots=True)
class Listener:
    """A function for messages with a part of one class."""

    kind: type[Any]
    plugin: str
    handler: Handler
    unaddressed: bool = False
    when: Callable[[Any], bool] | None = None
    cost: str | None = None
    timeout: float = 300.0

    def takes(self, part: Part) -> bool:
        """Whether it is for this part."""
        return isinstance(part, self.kind) and (self.when is None or self.when(part))


@dataclass(frozen=True, slots=True)
class Job:
    """A function that runs every `period`."""

    name: str
    period: timedelta
    run: Callable[[], Awaitable[None]]


class Bot:
    """What one plugin registers. Names are checked against the other plugins' when the plugin is loaded."""

    def __init__(self, plugin: str) -> None:
        self.plugin = plugin
        self.commands: list[Command] = []
        self.handlers: list[Listener] = []
        self.middlewares: list[Middleware] = []
        self.contexts: list[Callable[[Context], Awaitable[str | None]]] = []
        self.exporters: list[Callable[[str], Awaitable[Json]]] = []
        self.erasers: list[Callable[[str], Awaitable[int]]] = []
        self.jobs: list[Job] = []

    def command(
        self,
        name: str,
        *,
        tool: bool = False,
        changes: bool = False,
        confirm: bool = False,
        permission: Permission = "user",
        cost: str | None = None,
        urgent: bool = False,
        hidden: bool = False,
        ephemeral: bool = False,
        aliases: Sequence[str] = (),
        descriptions: Mapping[str, str] | None = None,
        timeout: float = 120.0,
        where: Sequence[Where] = ("private", "group"),
    ) -> Callable[[Callable[Concatenate[Any, P], Awaitable[Result]]], Callable[Concatenate[Any, P], Awaitable[Result]]]:
        """Register `async def f(ctx, ...)` as the command /name.

        `tool`: the model may call it too; `changes`: it changes something, so the model sees it only when granted;
        `confirm`: the person is asked before it runs; `cost`: a budget it draws on; `urgent`: it overtakes the
        messages that wait (as /stop must); `ephemeral`: the answer is for the asker's eyes only where the platform
        can; `descriptions`: the first docstring line in other languages, by language code; `timeout`: seconds;
        `where`: the kinds of chat in which people may use it.
        """

        def register(
            handler: Callable[Concatenate[Any, P], Awaitable[Result]],
        ) -> Callable[Concatenate[Any, P], Awaitable[Result]]:
            self.commands.append(
                Command(
                    name,
                    self.plugin,
                    handler,
                    tool=tool,
                    changes=changes,
                    confirm=confirm,
                    permission=permission,
                    cost=cost,
                    urgent=urgent,
                    hidden=hidden,
                    ephemeral=ephemeral,
                    aliases=tuple(aliases),
                    descriptions=dict(descriptions or {}),
                    timeout=timeout,
                    where=tuple(where),
                )
            )
            return handler

        return register

    def tool(
        self, name: str, *, changes: bool = False, permission: Permission = "user", cost: str | None = None
    ) -> Callable[[Callable[Concatenate[Any, P], Awaitable[Result]]], Callable[Concatenate[Any, P], Awaitable[Result]]]:
        """Register a function that only the model calls."""

        def register(
            handler: Callable[Concatenate[Any, P], Awaitable[Result]],
        ) -> Callable[Concatenate[Any, P], Awaitable[Result]]:
            self.commands.append(
                Command(
                    name,
                    self.plugin,
                    handler,
                    command=False,
                    tool=True,
                    changes=changes,
                    permission=permission,
                    cost=cost,
                    hidden=True,
                )
            )
            return handler

        return register

    def on(
        self,
        *kinds: type[Part],
        unaddressed: bool = False,
        when: Callable[[Any], bool] | None = None,
        cost: str | None = None,
        timeout: float = 300.0,
    ) -> Callable[[Handler], Handler]:
        """Register `async def f(ctx, part)` for messages with a part of these classes.

        It answers instead of the model, unless it returns a Prompt. `unaddressed`: also for group messages that are
        not meant for the bot; `when`: only for parts of which this is true (quick, and never raises); `cost`: a budget
        it draws on; `timeout`: seconds. `part` is the first that fits, and `ctx.parts` are all.
        """

        def register(handler: Handler) -> Handler:
            self.handlers.extend(
                Listener(kind, self.plugin, handler, unaddressed, when, cost, timeout) for kind in kinds
            )
            return handler

        return register

    def middleware(self, wrap: Middleware) -> Middleware:
        """Register `async def f(ctx, call_next)`, wrapped around every turn; the first registered is the outermost."""
        self.middlewares.append(wrap)
        return wrap

    def context(self, contribute: Callable[[Context], Awaitable[str | None]]) -> None:
        """Register a function whose text is added to the prompt, marked as data."""
        self.contexts.append(contribute)

    def exports(self, export: Callable[[str], Awaitable[Json]]) -> None:
        """Register a function that returns all data this plugin keeps of a user id."""
        self.exporters.append(export)

    def erases(self, erase: Callable[[str], Awaitable[int]]) -> None:
        """Register a function that deletes all data this plugin keeps of a user id and returns how much."""
        self.erasers.append(erase)

    def every(self, period: timedelta) -> Callable[[Callable[[], Awaitable[None]]], Callable[[], Awaitable[None]]]:
        """Register a job that runs every `period` while the bot runs; a run that fails is logged, the next one runs."""

        def register(run: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
            self.jobs.append(Job(getattr(run, "__name__", "job"), period, run))
            return run

        return register


@dataclass(frozen=True, slots=True)
class Plugin:
    """A plugin package's one value. A value that `settings` does not accept stops the start with one line."""

    name: str
    setup: Callable[[Bot, Any], None]
    settings: type[Settings] = Settings
    description: str = ""
