"""What a message leads to: a command, a plugin's handler, or the model."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

from botcore.commands.gate import Call, Gate, Source, guard, normalised
from botcore.commands.registry import Found, Owned, Unknown
from botcore.commands.schema import tool_schema
from botcore.conversation import finish, words
from botcore.conversation.admission import Admission
from botcore.conversation.context import Scene, Services, TurnContext
from botcore.conversation.ledger import TurnSteps
from botcore.conversation.moderation import Strictness
from botcore.conversation.prompt import contributed
from botcore.conversation.talk import Model, Question, Talk, ToolResult
from botcore.errors import HandlerFailed, Unsuitable
from botcore.messages import Button, Edit, Invocation, Json, Message, Part, Press, Reply, Text, text_of
from botcore.openai import ToolCall
from botcore.plugin import Command, Listener, Prompt, Result

log = logging.getLogger(__name__)

CONTEXT_TIMEOUT = 10.0  # seconds for a plugin's contribution to the prompt, which holds up every answer
HANDLER_TIMEOUT = 300.0  # seconds that a middleware gives to what it is wrapped around, at least
DONE = "✓"


class Responder:
    """Finds out what a message asks for and has it done."""

    def __init__(self, services: Services, admission: Admission, model: Model, gate: Gate) -> None:
        self._services = services
        self._admission = admission
        self._model = model
        self._gate = gate

    async def respond(self, scene: Scene, ctx: TurnContext, talk: Talk) -> Reply | None:
        """The reply, with all middlewares around it; None where nobody expects one. Raises BotcoreError, Asking."""
        parts = words.parts_of([row.incoming for row in scene.work.rows])

        async def innermost() -> Result:
            result = await self._handle(ctx, parts)
            return await self._ask_model(scene, ctx, talk, result) if isinstance(result, Prompt) else result

        call: Callable[[], Awaitable[Result]] = innermost
        longest = self._services.config.chat.timeout + max(HANDLER_TIMEOUT, self._services.registry.longest)
        for owned in reversed(self._services.registry.middlewares()):
            call = partial(_wrapped, owned, ctx, call, longest)
        result = await call()
        if isinstance(result, Prompt):  # a middleware's own
            result = await self._ask_model(scene, ctx, talk, result)
        if isinstance(result, Reply):
            return result
        return Reply.of(DONE) if self._admission.addressed(ctx.incoming) else None

    async def stopped(self, ctx: TurnContext, talk: Talk) -> Reply:
        """What there is of an answer that was stopped: nothing, where answers are checked before they are shown."""
        talk.interrupt(finish.STOPPED)
        text, parts = finish.with_remark(talk.text, finish.STOPPED), tuple(talk.parts)
        if self._rules(ctx)[1] == "block" and talk.text:
            talk.messages.clear()
            text, parts = finish.WITHHELD, ()
        again = self.offered(finish.RETRY) if talk.asked is not None else ()
        return Reply((*_preface(talk), Text(text), *parts), again)

    def offered(self, *buttons: Button) -> tuple[tuple[Button, ...], ...]:
        """A row of those buttons whose command is loaded, or that say something in words."""
        find = self._services.registry.find
        row = tuple(button for button in buttons if not isinstance(find(button.says), Unknown))
        return (row,) if row else ()

    async def _handle(self, ctx: TurnContext, parts: tuple[Part, ...]) -> Result:
        """Run the command or handler that is meant; a Prompt where it is the model that is asked."""
        event, registry = ctx.incoming.event, self._services.registry
        if isinstance(event, Invocation):
            known = registry.command(event.command)
            if known is None:
                raise Unsuitable(f"There is no command /{event.command} any more.")
            return await self._gate.invoke(Call(known, event.options, "slash"), ctx)
        if isinstance(event, Message | Edit | Press):
            found = registry.find(text_of(parts))
            if isinstance(found, Unknown):
                hint = f" Did you mean /{found.nearest}?" if found.nearest else ""
                raise Unsuitable(f"I do not know the command /{found.name[:32]}.{hint} /help shows what I can do.")
            if isinstance(found, Found):
                source: Source = "button" if isinstance(event, Press) else "text"
                return await self._gate.invoke(Call(found.registered, found.text, source), ctx)
        if isinstance(event, Message):
            for handler, part in registry.handlers(parts, addressed=self._admission.addressed(ctx.incoming)):
                return await self._listen(handler, part, ctx)
        return Prompt(parts)

    async def _listen(self, listener: Listener, part: Part, ctx: TurnContext) -> Result:
        """Have a plugin look at a part of a message."""
        name = f"on({listener.kind.__name__})"
        await self._gate.budget.reserve(Command(name, listener.plugin, listener.handler, cost=listener.cost), ctx)
        result = await guard(listener.plugin, name, partial(listener.handler, ctx, part), timeout=listener.timeout)
        return normalised(result, plugin=listener.plugin, handler=name)

    def _rules(self, ctx: TurnContext) -> tuple[Strictness, Strictness]:
        return self._services.config.moderation.rules(f"{ctx.chat.platform}:{ctx.chat.id}")

    # ---- the model ----

    async def _ask_model(self, scene: Scene, ctx: TurnContext, talk: Talk, prompt: Prompt) -> Reply:
        parts = prompt.parts
        scene.answer.reserve()
        words.check(parts)
        talk.preface = prompt.preface
        incoming, conversation = ctx.incoming, ctx.conversation
        again = conversation.replaces is not None and not isinstance(incoming.event, Edit)
        shared = self._admission.scope == "chat" and ctx.chat.kind == "group"
        talk.external_id = scene.external_id(again=again)
        talk.asked = (
            text_of(parts)
            if again
            else words.said(
                incoming, parts, name=ctx.sender.name if shared else None, strip=self._admission.without_prefix
            )
        )
        talk.persona, talk.model = conversation.persona, conversation.model
        rules = self._rules(ctx)
        warned = await self._services.moderator.check(talk.asked, rules[0], "input")
        content = await words.with_images(
            talk.asked, parts, scene.outlet, quoted=() if again else words.quoted_in(incoming)
        )
        steps = TurnSteps(scene.work, scene.answer, quiet=rules[1] == "block")
        if talk.preface:
            scene.answer.show(f"{talk.preface}\n\n")
        await self._model.answer(await self._question(scene, ctx, content), steps, talk)
        flagged = await self._services.moderator.check(talk.text, rules[1], "output")
        text = finish.with_remark(talk.text, talk.remark)
        notes = [Text(note, plain=True) for note in (warned, flagged) if note]
        buttons = (*self.offered(*finish.buttons(talk.remark)), *talk.buttons)
        return Reply((*_preface(talk), Text(text), *notes, *talk.parts), buttons)

    async def _question(self, scene: Scene, ctx: TurnContext, content: Json) -> Question:
        conversation = ctx.conversation
        tools = self._tools(ctx)

        async def call(tool: ToolCall, step: str) -> ToolResult:
            if tool.name not in tools:
                return ToolResult(f"Error: there is no tool {tool.name[:64]!r}.")
            answer = await self._gate.tool(tool.name, tool.arguments, ctx.inside(step))
            return ToolResult(answer.text, answer.parts, answer.buttons)

        return Question(
            model=conversation.model,
            temperature=conversation.temperature,
            system=await self._system(ctx),
            history=[past for past in scene.loaded.past if past.turn != conversation.replaces],
            message={"role": "user", "content": content},
            tools=list(tools.values()),
            call=call,
            person=scene.loaded.person.user_id,
            used_today=scene.loaded.used_today,
        )

    async def _system(self, ctx: TurnContext) -> str:
        """The persona, and what plugins add, as marked data."""
        contributors = self._services.registry.contexts()
        added = [contributed(owned.plugin, text) for owned in contributors if (text := await _contribution(owned, ctx))]
        return "\n\n".join(block for block in (ctx.conversation.system, *added) if block)

    def _tools(self, ctx: TurnContext) -> Mapping[str, dict[str, Any]]:
        """The tools that the model may see here, by name."""
        if not self._services.config.tools.enabled:
            return {}
        return {known.command.name: tool_schema(known) for known in self._gate.tools(ctx.role)}


def _preface(talk: Talk) -> tuple[Text, ...]:
    return (Text(talk.preface),) if talk.preface else ()


async def _wrapped(
    owned: Owned[Any], ctx: TurnContext, call: Callable[[], Awaitable[Result]], seconds: float
) -> Result:
    name = f"middleware {getattr(owned.value, '__name__', '')}".rstrip()
    result: object = await guard(owned.plugin, name, partial(owned.value, ctx, call), timeout=seconds)
    return normalised(result, plugin=owned.plugin, handler=name)


async def _contribution(owned: Owned[Any], ctx: TurnContext) -> str:
    """What a plugin adds to the prompt. Its faults are logged and its own: the answer comes without it."""
    try:
        text: object = await guard(owned.plugin, "context", partial(owned.value, ctx), timeout=CONTEXT_TIMEOUT)
    except HandlerFailed:
        return ""
    if text is not None and not isinstance(text, str):
        log.error("plugin %r: context returned %s, not text", owned.plugin, type(text).__name__)
        return ""
    return text or ""
