"""An in-memory engine for one person: the plugin API's Context and Conversation, without a database or a platform."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from botcore.commands.gate import Call, Gate
from botcore.commands.help import help_page
from botcore.commands.registry import Registered, Registry
from botcore.errors import Unsuitable
from botcore.messages import (
    Address,
    Attachment,
    Chat,
    ConversationKey,
    Event,
    Image,
    Incoming,
    Json,
    Message,
    Part,
    Quote,
    Reply,
    Sender,
    Text,
)
from botcore.openai import Api, ApiSettings
from botcore.plugin import Bot, Command, Permission, Prompt, Usage

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


class Waiting(BaseException):
    """A handler asked and has no answer yet: it is suspended, as the engine does it."""

    def __init__(self, question: Reply, choices: Sequence[str]) -> None:
        super().__init__(question.text)
        self.question = question
        self.choices = tuple(choices)


@dataclass
class MemoryConversation:
    """Implements `botcore.plugin.Conversation` with a list."""

    key: ConversationKey = field(default_factory=lambda: ConversationKey("test", "7"))
    turns: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    writing: bool = False
    spent: list[tuple[timedelta, bool, Usage]] = field(default_factory=list[tuple[timedelta, bool, Usage]])
    default_model: str = "small"
    own_model: str = ""
    own_persona: str = ""
    characters: Mapping[str, str] = field(default_factory=lambda: {"assistant": "Helpful", "pirate": "Arr"})

    async def reset(self) -> int:
        forgotten = 2 * len(self.turns)
        self.turns.clear()
        return forgotten

    async def stop(self) -> bool:
        was, self.writing = self.writing, False
        return was

    async def retry(self) -> Prompt:
        if not self.turns:
            raise Unsuitable("There is no question to ask again.")
        question, _ = self.turns.pop()
        return Prompt((Text(question),))

    async def usage(self, *, within: timedelta, everywhere: bool = False) -> Usage:
        """Sum what was spent at most `within` ago, here or everywhere."""
        found = [usage for ago, elsewhere, usage in self.spent if ago <= within and (everywhere or not elsewhere)]
        return Usage(
            sum(usage.input_tokens for usage in found),
            sum(usage.output_tokens for usage in found),
            sum(usage.cost_microusd for usage in found),
            sum(usage.requests for usage in found),
        )

    @property
    def model(self) -> str:
        return self.own_model or self.default_model

    @property
    def persona(self) -> str:
        return self.own_persona or next(iter(self.characters))

    @property
    def personas(self) -> Mapping[str, str]:
        return self.characters

    async def choose(self, *, model: str | None = None, persona: str | None = None) -> None:
        if persona and persona not in self.characters:
            raise Unsuitable(f"There is no persona {persona}.")
        self.own_model = self.own_model if model is None else model
        self.own_persona = self.own_persona if persona is None else persona


@cache
def nowhere() -> Api:
    """An API that no test calls; building one costs more than the test."""
    return Api(ApiSettings())


class MemoryContext:
    """Implements `botcore.plugin.Context`. `answers` are what the person says when asked, in order."""

    def __init__(
        self,
        *parts: Part | str,
        role: Permission = "user",
        sender: Sender | None = None,
        quote: Quote | None = None,
        event: Event | None = None,
        registry: Registry | None = None,
        answers: Sequence[str] = (),
        api: Api | None = None,
        files: Mapping[str, bytes] | None = None,
    ) -> None:
        said = Reply.of(*parts).parts
        self.incoming = Incoming(
            "1",
            Address("test", "bot", "7"),
            Chat("test", "7", "private"),
            sender or Sender("42", "Ada"),
            event or Message("1", said, reply_to=quote),
            NOW,
        )
        self.conversation = MemoryConversation()
        self.api = api or nowhere()
        self.key = "1/0"
        self.role: Permission = role
        self.registry = registry or Registry()
        self.asked: list[tuple[Reply, tuple[str, ...]]] = []
        self.shown: list[str] = []
        self._answers = list(answers)
        self._steps: dict[str, Json] = {}
        self._files = dict(files or {})
        self.charged: dict[str, tuple[str, int, int]] = {}
        self.consents = False
        self.values: dict[str, Json] = {}
        self.moderated: list[str] = []
        self.threads: list[tuple[str, str]] = []

    @property
    def parts(self) -> Sequence[Part]:
        event = self.incoming.event
        return event.parts if isinstance(event, Message) else ()

    @property
    def sender(self) -> Sender:
        return self.incoming.sender

    @property
    def chat(self) -> Chat:
        return self.incoming.chat

    @property
    def commands(self) -> Sequence[Command]:
        return [known.command for known in self.registry.commands(self.role)]

    def help(self, name: str = "") -> Reply:
        return help_page(self.registry, name, role=self.role, locale=self.sender.locale)

    async def progress(self, text: str) -> None:
        self.shown.append(text)

    async def answer_at(self, external_id: str) -> tuple[Part, ...]:
        return ()

    async def run(self, name: str, options: Mapping[str, Json]) -> Reply | Prompt | None:
        known = self.registry.command(name)
        assert known is not None
        return await Gate(self.registry).invoke(Call(known, options), self)

    async def step(self, name: str, work: Callable[[], Awaitable[Json]]) -> Json:
        if name not in self._steps:
            self._steps[name] = await work()
        return self._steps[name]

    async def ask(self, question: Reply | str, *, choices: Sequence[str] = ()) -> str:
        asked = Reply.of(question) if isinstance(question, str) else question
        self.asked.append((asked, tuple(choices)))
        if len(self.asked) > len(self._answers):
            raise Waiting(asked, choices)
        return self._answers[len(self.asked) - 1]

    async def charge(self, name: str, model: str, *, input_tokens: int = 0, output_tokens: int = 0) -> None:
        self.charged.setdefault(name, (model, input_tokens, output_tokens))

    async def consented(self) -> bool:
        return self.consents

    async def consent(self, *, given: bool) -> None:
        self.consents = given

    async def keep(self, name: str, value: Json) -> None:
        self.values[name] = value

    async def kept(self, name: str, default: Json = None) -> Json:
        return self.values.get(name, default)

    async def download(self, url: str, *, most: int) -> AsyncIterator[bytes]:
        async for chunk in self.fetch(Image(ref=url), most=most):
            yield chunk

    async def moderate(self, text: str) -> None:  # nothing to warn of
        self.moderated.append(text)

    async def open_thread(self, title: str, first: str = "") -> str:
        self.threads.append((title, first))
        return f"<#{len(self.threads)}>"

    async def fetch(self, part: Part, *, most: int) -> AsyncIterator[bytes]:
        data = self._files[part.ref or ""] if isinstance(part, Attachment) else b""
        if len(data) > most:
            raise Unsuitable("That file is too large.")
        yield data


def registered(handler: Callable[..., Awaitable[Any]], name: str = "try", **options: Any) -> Registered:
    """A handler as its plugin would register it."""
    bot = Bot("tester")
    bot.command(name, **options)(handler)
    return Registered.of(bot.commands[0])
