"""The one gate before every handler, whether a person typed, pressed or the model called.

In this order: the permission, the kind of chat, the grant (for a tool that changes something), the arguments, the
person's confirmation, the rate and the budget; then the handler runs under its deadline; then the budget is settled and
the audit written. A refusal at any point costs nothing.
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal, Protocol, TypeAlias, TypeVar

import structlog

from botcore.commands.menus import person_param
from botcore.commands.parse import attach, bind, parse
from botcore.commands.registry import Found, Registered, Registry, Unknown, allows, is_granted
from botcore.commands.render import render
from botcore.commands.signature import Signature
from botcore.errors import ApiError, BotcoreError, HandlerFailed, NotAllowed, PluginError, Refusal, UsageError
from botcore.messages import Button, Edit, Event, Invocation, Json, Message, Part, Press, Reply, Text, quote_of
from botcore.plugin import Command, Context, Permission, Prompt

T = TypeVar("T")

Source: TypeAlias = Literal["text", "slash", "button", "tool"]

_audit: Final = structlog.get_logger("botcore.audit")
_log: Final = structlog.get_logger("botcore.plugins")

_CONFIRMED: Final = frozenset({"yes", "y"})


class Reservation(Protocol):
    """A claim on somebody's rate and budget."""

    async def settle(self) -> None:
        """The handler did its work: what it used counts."""
        ...

    async def release(self) -> None:
        """It did not: give the claim back."""
        ...


class Budget(Protocol):
    """Rates and budgets."""

    async def reserve(self, command: Command, ctx: Context) -> Reservation:
        """Claim one call of `command`. Raises RateExceeded, BudgetExceeded."""
        ...


class Unlimited:
    """A budget that never ends, and a reservation on it."""

    async def reserve(self, command: Command, ctx: Context) -> "Unlimited":  # noqa: ARG002 - no limit to look at
        """Claim nothing."""
        return self

    async def settle(self) -> None:
        """Nothing was claimed."""

    async def release(self) -> None:
        """Nothing was claimed."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a command. `given`: the text after its name, or a mapping of options or tool arguments."""

    registered: Registered
    given: str | Mapping[str, Json] = ""
    source: Source = "text"


@dataclass(frozen=True, slots=True)
class ToolAnswer:
    """What came of a tool call: `text` for the model, `parts` (pictures, files) for the person; `ok`: it worked.

    `buttons` are those of the parts: without one they would speak of what the person does not see.
    """

    text: str
    parts: tuple[Part, ...] = ()
    ok: bool = True
    buttons: tuple[tuple[Button, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Gate:
    """The gate with what it asks: the loaded commands, the budgets, and the operator's word on the model's tools.

    `granted`: tools that change something and may run all the same; `disabled`: tools that never run.
    """

    registry: Registry
    budget: Budget = field(default_factory=Unlimited)
    granted: Collection[str] = ()
    disabled: Collection[str] = ()

    def tools(self, role: Permission) -> tuple[Registered, ...]:
        """The tools that the model may see when someone of this role asks, sorted by name."""
        return self.registry.tools(self.granted, role, self.disabled)

    async def invoke(self, call: Call, ctx: Context) -> Reply | Prompt | None:
        """Run one command. Raises Refusal and other BotcoreErrors, whose `said` is for the person."""
        started = time.perf_counter()
        outcome = "cancelled"
        try:
            result = await self._run(call, ctx)
            outcome = "done"
        except asyncio.CancelledError:
            raise
        except BaseException as error:
            outcome = type(error).__name__
            raise
        finally:
            _record(call, ctx, outcome, time.perf_counter() - started)
        return result

    async def tool(self, name: str, arguments: str | Mapping[str, Json], ctx: Context) -> ToolAnswer:
        """Run a tool for the model. `arguments` is the JSON text that it wrote.

        What it did wrong, or the tool, or the API becomes text for it. Errors of the delivery and the store concern
        the whole turn and pass.
        """
        registered = self.registry.tool(name)
        if registered is None or name in self.disabled:
            return ToolAnswer(f"Error: there is no tool {name[:64]!r}.", ok=False)
        try:
            given = _decoded(arguments, registered) if isinstance(arguments, str) else arguments
            _check_unattached(registered.signature, given)
            return _for_model(await self.invoke(Call(registered, given, "tool"), ctx))
        except (Refusal, PluginError, ApiError) as error:
            return ToolAnswer(f"Error: {error if isinstance(error, UsageError) else error.said}", ok=False)

    async def _run(self, call: Call, ctx: Context) -> Reply | Prompt | None:
        command = call.registered.command
        if not allows(ctx.role, command.permission):
            raise NotAllowed(f"{shown(command)} is only for {command.permission}s.")
        if ctx.chat.kind not in command.where:
            raise NotAllowed(f"{shown(command)} works in {command.where[0]} chats only.")
        if call.source == "tool" and not (command.tool and is_granted(command, self.granted)):
            raise NotAllowed(f"The model may not use {command.name}: it changes something and was not granted.")
        arguments = _attached(call.registered.signature, call.given, ctx.incoming.event)
        if command.confirm:
            await _confirm(call, arguments, ctx)
        reservation = await self.budget.reserve(command, ctx)
        worked = False
        try:
            result = await guard(
                command.plugin, shown(command), lambda: command.handler(ctx, **arguments), timeout=command.timeout
            )
            answer = normalised(result, plugin=command.plugin, handler=shown(command), ephemeral=command.ephemeral)
            worked = True
        finally:
            await (reservation.settle() if worked else reservation.release())
        return answer


async def guard(plugin: str, handler: str, work: Callable[[], Awaitable[T]], *, timeout: float) -> T:  # noqa: ASYNC109
    """Run a plugin's function under a deadline of `timeout` seconds, so that its faults stay its own.

    Everything of a plugin's that is called goes through here. Errors of our own tree and what is no `Exception`
    (a cancellation, a suspended handler) pass as they are. Raises HandlerFailed for all else and logs the traceback.
    """
    deadline = asyncio.timeout(timeout)
    try:
        async with deadline:
            return await work()
    except BotcoreError:
        raise
    except Exception as error:  # the outermost handler boundary: a plugin's fault must not end the chat
        if isinstance(error, TimeoutError) and deadline.expired():
            _log.error("handler overran its deadline", plugin=plugin, handler=handler, seconds=timeout)
            said = f"{handler} took longer than {timeout:g} seconds and was stopped."
            raise HandlerFailed(plugin, handler, f"overran its deadline of {timeout:g} s", said=said) from error
        if (ours := _only_ours(error)) is not None:
            raise ours from error
        _log.error("handler failed", plugin=plugin, handler=handler, error=type(error).__name__, exc_info=error)
        raise HandlerFailed(plugin, handler, f"{type(error).__name__}: {error}") from error


def shown(command: Command) -> str:
    """How a person is told which command it was: `/image`, or a tool's bare name."""
    return f"/{command.name}" if command.command else command.name


def _only_ours(error: Exception) -> BotcoreError | None:
    """The first error of a task group that raised nothing but our own: it is no fault of the handler."""
    if not isinstance(error, ExceptionGroup):
        return None
    _, others = error.split(BotcoreError)
    if others is not None:
        return None
    inner: BaseException = error
    while isinstance(inner, BaseExceptionGroup):
        inner = inner.exceptions[0]
    return inner if isinstance(inner, BotcoreError) else None


def _attached(signature: Signature, text: str | Mapping[str, Json], event: Event) -> dict[str, Any]:
    """The arguments in `text` with the attachments and the person of the event. Raises UsageError."""
    given = parse(signature, text) if isinstance(text, str) else bind(signature, _pointed(signature, text, event))
    if not any(param.place == "attachment" for param in signature.params):
        return given
    sent = event.parts if isinstance(event, Message | Edit) else ()
    quote = quote_of(event)
    return attach(signature, given, sent, quote.parts if quote is not None else ())


def _pointed(signature: Signature, given: Mapping[str, Json], event: Event) -> Mapping[str, Json]:
    """The options with the person from whose menu the command was chosen."""
    param = person_param(signature)
    if not isinstance(event, Invocation) or event.person is None or param is None:
        return given
    return {param.name: event.person, **given}


def is_quiet(registry: Registry, event: Event) -> bool:
    """Whether what comes of a slash command or a button is for the asker's eyes only, as far as that is known at once.

    A command says so of itself; a refusal of the arguments is nobody else's business either.
    """
    if isinstance(event, Invocation):
        registered = registry.command(event.command)
        return registered is None or _is_quiet(registered, event.options, event)
    found = registry.find(event.says) if isinstance(event, Press) else None
    return isinstance(found, Unknown) or (isinstance(found, Found) and _is_quiet(found.registered, found.text, event))


def _is_quiet(registered: Registered, given: str | Mapping[str, Json], event: Event) -> bool:
    if registered.command.ephemeral:
        return True
    try:
        _attached(registered.signature, given, event)
    except UsageError:
        return True
    return False


async def _confirm(call: Call, arguments: Mapping[str, Any], ctx: Context) -> None:
    """Ask the person, showing what will run. Raises Refusal unless they say yes."""
    command = call.registered.command
    line = f"{shown(command)} {render(call.registered.signature, arguments)}".rstrip()
    who = "The model wants to run" if call.source == "tool" else "Shall I run"
    # plain: what it would run is shown letter by letter, not as Markdown that could hide a part of it
    question = Reply.of(Text(f"{who} {line}\nYes or no?", plain=True))
    answer = await ctx.ask(question, choices=("Yes", "No"))
    if answer.strip().casefold() not in _CONFIRMED:
        raise Refusal(f"{shown(command)} was not confirmed, so nothing was done.")


def normalised(result: object, *, plugin: str, handler: str, ephemeral: bool = False) -> Reply | Prompt | None:
    """What a handler returned, in one form. Raises HandlerFailed where it cannot be sent."""
    if isinstance(result, str):
        result = Reply.of(result) if result else None
    if isinstance(result, Reply):
        if not result.parts:
            return None
        return replace(result, ephemeral=True) if ephemeral else result
    if result is None or isinstance(result, Prompt):
        return result
    returned = type(result).__name__
    _log.error("handler returned what cannot be sent", plugin=plugin, handler=handler, returned=returned)
    raise HandlerFailed(plugin, handler, f"returned {returned}, not Reply, str or Prompt")


def _decoded(arguments: str, registered: Registered) -> Mapping[str, Json]:
    try:
        given = json.loads(arguments) if arguments.strip() else {}
    except (ValueError, RecursionError):
        given = None
    if not isinstance(given, dict):
        raise UsageError("The arguments are not a JSON object.", usage=registered.signature.usage)
    return given


def _check_unattached(signature: Signature, given: Mapping[str, Json]) -> None:
    """Raises UsageError where a model names an attachment: it would be handed files of other people's chats."""
    named = {str(key).casefold().replace("-", "_") for key, value in given.items() if value is not None}
    for param in signature.params:
        if param.place == "attachment" and param.name in named:
            raise UsageError(f"{param.shown} cannot be named: it is what the person sent along.", usage=signature.usage)


def _for_model(result: Reply | Prompt | None) -> ToolAnswer:
    if result is None:
        return ToolAnswer("Done.")
    texts = [part.text for part in result.parts if isinstance(part, Text) and part.text]
    attachments = tuple(part for part in result.parts if not isinstance(part, Text))
    if attachments:
        kinds = ", ".join(part.kind for part in attachments)
        texts.append(f"[Shown to the person: {kinds}]")
    buttons = result.buttons if isinstance(result, Reply) and attachments else ()
    return ToolAnswer("\n".join(texts) or "Done.", attachments, buttons=buttons)


def _record(call: Call, ctx: Context, outcome: str, seconds: float) -> None:
    """Who did what where and what came of it; never the arguments."""
    command = call.registered.command
    chat = ctx.chat
    _audit.info(
        "command",
        plugin=command.plugin,
        command=command.name,
        source=call.source,
        outcome=outcome,
        duration_ms=round(seconds * 1000, 3),
        platform=chat.platform,
        chat=chat.id,
        thread=chat.thread,
        sender=ctx.sender.id,
        role=ctx.role,
    )
