"""The plugin API: what a plugin is and what it registers. What a handler is given stands in `botcore.context`.

A plugin package exports one value, `plugin = Plugin(name, setup, settings)`, named by an entry point of the group
`botcore.plugins` or found in the operator's own plugin folder. `setup(bot, settings)` registers functions on its own
`Bot`; whatever is registered there goes away with the plugin. One typed function is a text command, a slash command, a
menu entry, a help page and (with `tool=True`) a tool of the model, all through one gate: validation, permission, rate
and budget, confirmation, audit.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Concatenate, Literal, ParamSpec, TypeAlias

from pydantic import BaseModel, ConfigDict

from botcore.context import Context, Conversation, Permission, Prompt, Result, Usage
from botcore.errors import PluginError
from botcore.messages import Json, Part

__all__ = [
    "Between",
    "Bot",
    "Command",
    "Context",
    "Conversation",
    "Doc",
    "Handler",
    "Job",
    "Listener",
    "Middleware",
    "ModelFor",
    "Permission",
    "Plugin",
    "Prompt",
    "Rest",
    "Result",
    "Settings",
    "Suggest",
    "Usage",
    "Where",
]

P = ParamSpec("P")

Where: TypeAlias = Literal["private", "group"]


class Settings(BaseModel):
    """Base of a plugin's or adapter's settings: the section `[plugins.NAME]` or `[NAME]` of botcore.toml."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


@dataclass(frozen=True, slots=True)
class ModelFor:
    """In `Annotated[str, ModelFor("pictures")]`: the setting names a model of the API, and what that one is for.

    `botcore doctor` looks whether the endpoint lists it. An empty value, or None, names none.
    """

    purpose: str


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
        self._named("command", name)

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
        self._named("tool", name)

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
        not meant for the bot; `when`: only for parts of which this is true (quick; of none where it fails); `cost`: a
        budget it draws on; `timeout`: seconds. `part` is the first that fits, and `ctx.parts` are all.
        """
        if not kinds or not all(isinstance(kind, type) for kind in kinds):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise PluginError(self.plugin, "bot.on takes the classes of parts it is for, as in @bot.on(Audio)")

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
        if not isinstance(period, timedelta):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise PluginError(self.plugin, "bot.every takes a timedelta, as in @bot.every(timedelta(hours=1))")

        def register(run: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
            self.jobs.append(Job(getattr(run, "__name__", "job"), period, run))
            return run

        return register

    def _named(self, what: str, name: object) -> None:
        """Refuse a decorator without its parentheses, which would register nothing and say nothing."""
        if not isinstance(name, str):
            shown = getattr(name, "__name__", "name")
            raise PluginError(self.plugin, f'bot.{what} takes a name: write @bot.{what}("{shown}") above {shown}')


@dataclass(frozen=True, slots=True)
class Plugin:
    """A plugin package's one value. A value that `settings` does not accept stops the start with one line."""

    name: str
    setup: Callable[[Bot, Any], None]
    settings: type[Settings] = Settings
    description: str = ""
