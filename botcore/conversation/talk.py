"""The model's part of a turn: requests, streamed text, tool calls, until it has answered."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, cast

from botcore import codec
from botcore.config.sections import ChatSettings
from botcore.conversation import finish
from botcore.conversation.budget import Budget
from botcore.conversation.prompt import Past, Prompt, fit, input_budget
from botcore.conversation.tokens import TokenCounter, clip, estimate, estimate_message, is_text
from botcore.errors import (
    ApiError,
    ApiTimeout,
    BadRequest,
    BadResponse,
    ContextOverflow,
    NotFound,
    StreamBroken,
    Unsuitable,
)
from botcore.messages import Button, Json, Part, Reply
from botcore.openai import Api, ChatRequest, Completion, ToolCall
from botcore.plugin import Usage

log = logging.getLogger(__name__)

NO_MODEL = "There is no model {model} here. /model shows those that there are."


class Steps(Protocol):
    """What is kept of a turn across restarts; `botcore.delivery.answer.Answer` with the work's steps."""

    def known(self, name: str) -> Json:
        """The recorded result of a step, or None."""
        ...

    async def record(self, name: str, result: Json, used: "Used | None") -> None:
        """Record a finished step with what it used. Raises Fenced."""
        ...

    def grow(self, text: str) -> None:
        """Show more of the answer."""
        ...


@dataclass(frozen=True, slots=True)
class Used:
    """Tokens and cost (micro-dollars) of one request."""

    step: str
    model: str
    input_tokens: int
    output_tokens: int
    cost_microusd: int


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What a tool gave: text for the model, attachments and their buttons for the person."""

    text: str
    parts: tuple[Part, ...] = ()
    buttons: tuple[tuple[Button, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """What is put to the model. `system` is the prompt, `message` the person's message, `tools` the JSON Schemas."""

    model: str
    temperature: float | None
    system: str
    history: Sequence[Past]
    message: Mapping[str, Json]
    tools: Sequence[Mapping[str, Any]]
    call: Callable[[ToolCall, str], Awaitable[ToolResult]]
    person: int
    used_today: Usage


@dataclass(slots=True)
class Talk:
    """How far it is. Read by whoever stops it in the middle.

    `asked` is the person's message as the history keeps it, once it was put to the model, and `persona` and `model` who
    it was put to; `messages` is what goes into the history after it; `texts` what the model said in earlier steps.
    """

    asked: str | None = None
    persona: str = ""
    model: str = ""
    external_id: str = ""
    messages: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    texts: list[str] = field(default_factory=list[str])
    chunks: list[str] = field(default_factory=list[str])
    used: list[Used] = field(default_factory=list[Used])
    parts: list[Part] = field(default_factory=list[Part])
    buttons: list[tuple[Button, ...]] = field(default_factory=list[tuple[Button, ...]])
    remark: str = ""
    preface: str = ""
    """Markdown that is shown above the answer and is not the model's."""

    @property
    def text(self) -> str:
        """All that the model said so far."""
        return "\n\n".join(text for text in (*self.texts, "".join(self.chunks)) if text.strip())

    @property
    def estimated(self) -> int:
        """Tokens of what came after the person's message, before calibration."""
        return sum(map(estimate_message, self.messages))

    def added_to(self, before: Usage) -> Usage:
        """What was used `before` this turn, and in it so far."""
        return Usage(
            before.input_tokens + sum(used.input_tokens for used in self.used),
            before.output_tokens + sum(used.output_tokens for used in self.used),
            before.cost_microusd + sum(used.cost_microusd for used in self.used),
            before.requests + len(self.used),
        )

    def interrupt(self, remark: str) -> None:
        """End it here, with what there is."""
        while self.messages and (self.messages[-1]["role"] == "tool" or self.messages[-1].get("tool_calls")):
            self.messages.pop()  # the history must not hold calls without results
        if text := "".join(self.chunks):
            self.messages.append({"role": "assistant", "content": text})
        self.remark = remark


class Model:
    """Talks to the API for all conversations."""

    def __init__(self, api: Api, settings: ChatSettings, counter: TokenCounter, budget: Budget) -> None:
        self._api = api
        self._settings = settings
        self._counter = counter
        self._budget = budget
        self._tool_steps = settings.tool_steps
        self._older: set[str] = set()  # models that know max_tokens only

    async def answer(self, question: Question, steps: Steps, talk: Talk) -> None:
        """Fill `talk`. Raises ApiError, BudgetExceeded, Unsuitable, Fenced."""
        try:
            async with asyncio.timeout(self._settings.timeout):
                await self._answer(question, steps, talk)
        except TimeoutError:
            if not talk.text.strip():
                raise ApiTimeout(f"no answer within {self._settings.timeout:g} s") from None
            talk.interrupt(finish.CUT)
        except StreamBroken as error:
            if not talk.text.strip():
                raise
            log.warning("an answer was cut: %s", error)
            talk.interrupt(finish.CUT)
        except ApiError as error:
            if not "".join(talk.chunks).strip():  # nothing of this request was shown: a notice says it all
                raise
            log.warning("an answer was cut: %s", error)
            talk.interrupt(finish.cut_by(error))

    async def _answer(self, question: Question, steps: Steps, talk: Talk) -> None:
        for number in range(self._tool_steps + 1):
            calls = await self._step(question, steps, talk, number)
            if not calls:
                return
            if number == self._tool_steps:
                break
            for index, call in enumerate(calls):
                result = await self._tool(question, steps, call, f"tool/{number}/{index}")
                talk.parts.extend(result.parts)
                talk.buttons.extend(result.buttons)
                text = clip(result.text, self._room(talk))
                talk.messages.append({"role": "tool", "tool_call_id": call.id, "content": text})
        talk.interrupt(finish.TOO_MANY_STEPS)

    async def _step(self, question: Question, steps: Steps, talk: Talk, number: int) -> Sequence[ToolCall]:
        """One request to the model, or its recorded result. Returns the calls it wants made."""
        name = f"model/{number}"
        message: dict[str, Any] | None = steps.known(name)
        if message is None:
            completion = await self._request(question, steps, talk, name)
            if not completion.choices:
                raise BadResponse("an answer without choices")
            choice = completion.choices[0]
            message = cast("dict[str, Any]", choice.message())
            if choice.tool_calls:
                await steps.record(name, message, talk.used[-1])
            else:
                talk.remark = finish.remark(choice.finish_reason, choice.text or talk.text, refusal=choice.refusal)
        talk.chunks.clear()
        talk.messages.append(message)
        talk.texts.append(message.get("content") or "")
        calls = [
            ToolCall(call["id"], call["function"]["name"], call["function"]["arguments"])
            for call in message.get("tool_calls", ())
        ]
        if calls and talk.texts[-1].strip():
            steps.grow("\n\n")
        return calls

    @property
    def _input_budget(self) -> int:
        return input_budget(self._settings.context_tokens, self._settings.answer_tokens)

    def _room(self, talk: Talk) -> int:
        """Tokens for one more tool result: half of what is left of half the prompt, so that there is always some."""
        return max(self._input_budget // 2 - talk.estimated, 0) // 2

    async def _request(self, question: Question, steps: Steps, talk: Talk, name: str) -> Completion:
        prompt = self._prompt(question, talk, self._input_budget)
        try:
            return await self._metered(question, steps, talk, name, prompt)
        except ContextOverflow as error:
            log.info("the prompt was too long for %s, trimmed and tried once more: %s", question.model, error)
            self._counter.observe(question.model, prompt.estimated, self._input_budget * 2)
            try:
                shorter = self._prompt(question, talk, self._input_budget // 2)
            except Unsuitable:
                raise error from None
            return await self._metered(question, steps, talk, name, shorter)

    def _prompt(self, question: Question, talk: Talk, budget: int) -> Prompt:
        prompt = fit(
            model=question.model,
            system=question.system,
            history=question.history,
            question=question.message,
            tools=question.tools,
            budget=budget - self._counter.scale(question.model, talk.estimated),
            counter=self._counter,
        )
        return replace(prompt, messages=[*prompt.messages, *talk.messages], estimated=prompt.estimated + talk.estimated)

    async def _metered(self, question: Question, steps: Steps, talk: Talk, name: str, prompt: Prompt) -> Completion:
        wanted = self._counter.scale(question.model, prompt.estimated) + (self._settings.answer_tokens or 0)
        with self._budget.reserve(question.person, talk.added_to(question.used_today), wanted):
            completion = await self._send(question, steps, talk, prompt)
        usage = completion.usage
        if usage is None:
            read, written = self._counter.scale(question.model, prompt.estimated), estimate(completion.text)
        else:
            read, written = usage.input_tokens, usage.output_tokens
            if is_text(prompt.messages):
                self._counter.observe(question.model, prompt.estimated, read)
        cost = self._budget.cost(question.model, read, written)
        talk.used.append(Used(name, question.model, read, written, cost))
        return completion

    async def _send(self, question: Question, steps: Steps, talk: Talk, prompt: Prompt) -> Completion:
        request = self._build(question, prompt)
        try:
            return await self._receive(request, steps, talk)
        except NotFound as error:
            error.said = NO_MODEL.format(model=question.model)
            raise
        except BadRequest as error:
            limit = self._settings.answer_tokens
            if limit is None or question.model in self._older or "max_completion_tokens" not in str(error):
                raise
            self._older.add(question.model)
            return await self._receive(self._build(question, prompt), steps, talk)

    def _build(self, question: Question, prompt: Prompt) -> ChatRequest:
        older, limit = question.model in self._older, self._settings.answer_tokens
        return ChatRequest(
            model=question.model,
            messages=cast("Any", prompt.messages),
            tools=cast("Any", question.tools) or None,
            temperature=question.temperature,
            max_completion_tokens=None if older else limit,
            max_tokens=limit if older else None,
        )

    async def _receive(self, request: ChatRequest, steps: Steps, talk: Talk) -> Completion:
        if not self._settings.stream:
            completion = await self._api.chat.complete(request)
            steps.grow(completion.text)
            return completion
        async with self._api.chat.stream(request) as stream:
            async for delta in stream:
                if delta.text and delta.index == 0:
                    talk.chunks.append(delta.text)
                    steps.grow(delta.text)
            return stream.answer.completion()

    async def _tool(self, question: Question, steps: Steps, call: ToolCall, name: str) -> ToolResult:
        """Call a tool through the gate, or take its recorded result."""
        known = steps.known(name)
        if known is not None:
            reply = codec.decode(Reply, known["reply"])
            return ToolResult(known["text"], reply.parts, reply.buttons)
        result = await question.call(call, name)
        reply = Reply(result.parts, result.buttons)
        await steps.record(name, {"text": result.text, "reply": codec.encode(reply)}, None)
        return result
