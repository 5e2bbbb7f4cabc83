"""What the loaded plugins registered: who owns which name, and which command a line of text means."""

import inspect
import re
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Final, Generic, TypeAlias, TypeVar, get_args

import structlog

from botcore.commands.hints import label
from botcore.commands.kinds import PART_CLASSES
from botcore.commands.signature import Signature, signature_of
from botcore.errors import NameTaken, PluginError
from botcore.messages import Json, Part, Text
from botcore.plugin import Bot, Command, Context, Job, Listener, Middleware, Permission, Where

T = TypeVar("T")

_log: Final = structlog.get_logger("botcore.plugins")

Contributor: TypeAlias = Callable[[Context], Awaitable[str | None]]
Exporter: TypeAlias = Callable[[str], Awaitable[Json]]
Eraser: TypeAlias = Callable[[str], Awaitable[int]]

ROLES: Final[dict[Permission, int]] = {"user": 0, "admin": 1, "owner": 2}

_NAME: Final = re.compile(r"[a-z0-9_]{1,32}")
_LINE: Final = re.compile(r"\s*/(\w{1,64})(?:@(\w{1,64}))?(?:\s+|\Z)")


@dataclass(frozen=True, slots=True)
class Registered:
    """A command with what its handler's parameters say."""

    command: Command
    signature: Signature

    @classmethod
    def of(cls, command: Command) -> "Registered":
        """Inspect a command's handler. Raises PluginError."""
        return cls(command, signature_of(command))


@dataclass(frozen=True, slots=True)
class Found:
    """A line that names a command. `text`: what follows; `target`: the bot in `/name@bot`, as it was typed."""

    registered: Registered
    text: str
    target: str | None = None


@dataclass(frozen=True, slots=True)
class Unknown:
    """A line that looks like a command and is none here. `nearest`: what was probably meant."""

    name: str
    target: str | None = None
    nearest: str | None = None


@dataclass(frozen=True, slots=True)
class Owned(Generic[T]):
    """Something that a plugin registered."""

    plugin: str
    value: T


def allows(role: Permission, needed: Permission) -> bool:
    """Whether a role may do what needs another: user < admin < owner."""
    return ROLES[role] >= ROLES[needed]


class Registry:
    """The loaded plugins' `Bot`s. Looking up is on every message's path; adding and removing is not."""

    def __init__(self) -> None:
        self._bots: dict[str, Bot] = {}
        self._words: dict[str, Registered] = {}
        self._tools: dict[str, Registered] = {}
        self._listed: tuple[Registered, ...] = ()

    def add(self, bot: Bot) -> None:
        """Take everything a plugin registered, or nothing of it. Raises PluginError, NameTaken."""
        if bot.plugin in self._bots:
            raise NameTaken(bot.plugin, "the name", bot.plugin, bot.plugin)
        words, tools = dict(self._words), dict(self._tools)
        for command in bot.commands:
            registered = Registered.of(_checked(command))
            if command.command:
                for name in (command.name, *command.aliases):
                    _claim(words, f"/{name}", name, registered, "command")
            if command.tool:
                _claim(tools, command.name, command.name, registered, "tool")
        _check_functions(bot)
        self._bots[bot.plugin] = bot
        self._install(words, tools)

    def remove(self, plugin: str) -> bool:
        """Take away everything a plugin registered. False: it is not loaded."""
        if self._bots.pop(plugin, None) is None:
            return False
        self._install(
            {name: known for name, known in self._words.items() if known.command.plugin != plugin},
            {name: known for name, known in self._tools.items() if known.command.plugin != plugin},
        )
        return True

    def _install(self, words: dict[str, Registered], tools: dict[str, Registered]) -> None:
        self._words, self._tools = words, tools
        canonical = {known.command.name: known for known in words.values()}
        self._listed = tuple(canonical[name] for name in sorted(canonical))

    @property
    def plugins(self) -> tuple[str, ...]:
        """The names of the loaded plugins, in the order of their loading."""
        return tuple(self._bots)

    def find(self, text: str) -> Found | Unknown | None:
        """The command that a line means. None: it is no command line.

        >>> Registry().find("/halp me")
        Unknown(name='halp', target=None, nearest=None)
        >>> Registry().find("and/or") is None
        True
        """
        if "/" not in text[:64] or (match := _LINE.match(text)) is None:
            return None
        name = match[1]
        known = self._words.get(name) or self._words.get(name.lower())
        if known is not None:
            return Found(known, text[match.end() :], match[2])
        return Unknown(name, match[2], self.nearest(name))

    def command(self, name: str) -> Registered | None:
        """The command of this name or alias, with or without its slash."""
        return self._words.get(name.removeprefix("/").lower())

    def nearest(self, name: str, role: Permission = "user") -> str | None:
        """The command of this role whose name looks most like `name`; a hidden one is never given away."""
        names = [
            word
            for word, known in self._words.items()
            if not known.command.hidden and allows(role, known.command.permission)
        ]
        return next(iter(get_close_matches(name[:64].lower(), names, n=1)), None)

    def commands(self, role: Permission = "owner") -> tuple[Registered, ...]:
        """The commands that someone of this role sees in menus and help, sorted by name."""
        return tuple(
            known for known in self._listed if not known.command.hidden and allows(role, known.command.permission)
        )

    def tool(self, name: str) -> Registered | None:
        """The tool of this name, granted or not."""
        return self._tools.get(name)

    def tools(
        self, granted: Collection[str] = (), role: Permission = "user", disabled: Collection[str] = ()
    ) -> tuple[Registered, ...]:
        """The tools that the model may see, sorted by name: those that change something only when granted."""
        return tuple(
            known
            for name, known in sorted(self._tools.items())
            if allows(role, known.command.permission) and is_granted(known.command, granted) and name not in disabled
        )

    def handlers(self, parts: Sequence[Part], *, addressed: bool = True) -> list[tuple[Listener, Part]]:
        """The handlers for a message's parts, in the order of registration, each with the first part it is for."""
        return [
            (listener, part)
            for bot in self._bots.values()
            for listener in bot.handlers
            if addressed or listener.unaddressed
            for part in [next((part for part in parts if _takes(listener, part)), None)]
            if part is not None
        ]

    @property
    def longest(self) -> float:
        """Seconds that the slowest command or handler may take."""
        listeners = [listener.timeout for bot in self._bots.values() for listener in bot.handlers]
        return max([0.0, *listeners, *(known.command.timeout for known in self._words.values())])

    def middlewares(self) -> list[Owned[Middleware]]:
        """Each `async def f(ctx, call_next)`, the outermost first."""
        return self._owned(lambda bot: bot.middlewares)

    def contexts(self) -> list[Owned[Contributor]]:
        """Each function that contributes to the prompt."""
        return self._owned(lambda bot: bot.contexts)

    def exporters(self) -> list[Owned[Exporter]]:
        """Each function that returns what a plugin keeps of a user id."""
        return self._owned(lambda bot: bot.exporters)

    def erasers(self) -> list[Owned[Eraser]]:
        """Each function that deletes what a plugin keeps of a user id."""
        return self._owned(lambda bot: bot.erasers)

    def jobs(self) -> list[Owned[Job]]:
        """Each function that runs every so often."""
        return self._owned(lambda bot: bot.jobs)

    def _owned(self, of: Callable[[Bot], Sequence[T]]) -> list[Owned[T]]:
        return [Owned(bot.plugin, value) for bot in self._bots.values() for value in of(bot)]


def _takes(listener: Listener, part: Part) -> bool:
    """Whether a handler is for a part; not where its `when` fails. It is asked before a message is accepted.

    What it raised there the platform would take for "not stored", and send the same message for ever.
    """
    try:
        return listener.takes(part)
    except Exception as error:  # noqa: BLE001 - a plugin's function, as in `gate.guard`, which can only await
        what = f"on({listener.kind.__name__})"
        _log.error("when failed", plugin=listener.plugin, handler=what, error=type(error).__name__, exc_info=error)
        return False


def is_granted(command: Command, granted: Collection[str]) -> bool:
    """Whether the model may use a tool: one that changes something only by the operator's word."""
    return not command.changes or command.name in granted


def _claim(names: dict[str, Registered], shown: str, name: str, registered: Registered, kind: str) -> None:
    holder = names.setdefault(name, registered)
    if holder is not registered:
        raise NameTaken(registered.command.plugin, kind, shown, holder.command.plugin)


def _checked(command: Command) -> Command:
    for name in (command.name, *command.aliases):
        if not _NAME.fullmatch(name):
            raise PluginError(command.plugin, f"{label(command)}: {name!r} is not 1 to 32 of a-z, 0-9 and _")
    if command.timeout <= 0:
        raise PluginError(command.plugin, f"{label(command)}: its timeout is {command.timeout} s; it must be over 0")
    if command.permission not in ROLES:
        raise PluginError(command.plugin, f"{label(command)}: permission is one of {', '.join(ROLES)}")
    if not command.where or not set(command.where) <= set(get_args(Where)):
        raise PluginError(command.plugin, f"{label(command)}: where is one or more of {', '.join(get_args(Where))}")
    return command


def _check_functions(bot: Bot) -> None:
    """Everything else that is called must be a coroutine function that takes what it will be given."""
    for listener in bot.handlers:
        kind, what = listener.kind, f"on({getattr(listener.kind, '__name__', listener.kind)})"
        if kind not in PART_CLASSES and kind is not Text:
            raise PluginError(bot.plugin, f"{what}: not a class of message parts")
        if listener.timeout <= 0:
            raise PluginError(bot.plugin, f"{what}: its timeout is {listener.timeout} s; it must be over 0")
        _check_takes(bot.plugin, what, listener.handler, 2)
    for what, functions, count in (
        ("middleware", bot.middlewares, 2),
        ("context", bot.contexts, 1),
        ("exports", bot.exporters, 1),
        ("erases", bot.erasers, 1),
        ("every", [job.run for job in bot.jobs], 0),
    ):
        for function in functions:
            _check_takes(bot.plugin, what, function, count)
    for job in bot.jobs:
        if job.period.total_seconds() <= 0:
            raise PluginError(bot.plugin, f"every: the period of {job.name!r} is not over 0")


def _check_takes(plugin: str, what: str, function: Any, count: int) -> None:
    name = getattr(function, "__name__", type(function).__name__)
    if not (inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(getattr(function, "__call__", None))):  # noqa: B004
        raise PluginError(plugin, f"{what}: {name} must be an `async def`")
    try:
        inspect.signature(function).bind(*range(count))
    except TypeError:
        raise PluginError(plugin, f"{what}: {name} must take {count} argument{'' if count == 1 else 's'}") from None
