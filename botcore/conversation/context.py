"""What a handler is given: the engine's implementation of `botcore.plugin.Context` and `Conversation`."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial

from botcore.adapter import Outlet, ThreadOutlet
from botcore.commands.gate import Call, Gate
from botcore.commands.help import help_page
from botcore.commands.registry import Registry
from botcore.config import Config, Persona
from botcore.conversation.budget import Budget
from botcore.conversation.moderation import Moderator
from botcore.conversation.overrides import PersonaModels
from botcore.conversation.past import Loaded
from botcore.conversation.words import parts_of
from botcore.delivery import outbox, waiting
from botcore.delivery.answer import Answer
from botcore.delivery.inbox import external_id_of, hold
from botcore.delivery.sending import patiently
from botcore.delivery.work import Database, Work
from botcore.errors import Unsuitable
from botcore.fetching import Fetcher
from botcore.messages import (
    Attachment,
    Button,
    Chat,
    ConversationKey,
    Incoming,
    Json,
    Message,
    Part,
    Reply,
    Sender,
    Text,
)
from botcore.openai import Api
from botcore.plugin import Command, Permission, Prompt, Usage
from botcore.store import Connection, consents, conversations, facts
from botcore.store import usage as usages


class Asking(BaseException):
    """A handler waits for the person: unwinds the turn. Not an Exception, so that no handler swallows it."""

    def __init__(self, step: str, question: Reply) -> None:
        super().__init__(step)
        self.step = step
        self.question = question


@dataclass(slots=True)
class Services:
    """What every turn uses."""

    database: Database
    api: Api
    registry: Registry
    config: Config
    models: PersonaModels
    moderator: Moderator
    fetcher: Fetcher
    gate: Gate
    stop: Callable[[int], bool] = lambda _: False
    """Cancel the turn that runs in a conversation; set by what runs the turns."""
    accept: Callable[[Incoming], Awaitable[None]] | None = None
    """Take in a message as if it came from the platform; set by what takes them in."""


@dataclass(frozen=True, slots=True)
class Scene:
    """One turn: the claimed message, what was loaded for it, and its answer."""

    work: Work
    loaded: Loaded
    answer: Answer
    outlet: Outlet
    role: Permission
    key: ConversationKey

    def external_id(self, *, again: bool) -> str:
        """The platform's id of the message that is put to the model; `again`: of the last one, not of this one."""
        if again and self.loaded.last is not None:
            return self.loaded.last.external_id or ""
        return external_id_of(self.work.incoming)


class TurnConversation:
    """Implements `botcore.plugin.Conversation`."""

    def __init__(self, services: Services, scene: Scene) -> None:
        self._services = services
        self._scene = scene
        self._settings = dict(scene.loaded.settings)
        self.key = scene.key
        self.replaces: int | None = None
        """The turn that is taken out of the history when this one is committed."""

    @property
    def _id(self) -> int:
        return self._scene.work.head.conversation_id

    async def reset(self) -> int:
        """Forget the history, and whatever waits for an answer; return how many messages were forgotten."""

        def unit(c: Connection) -> int:
            hold(c, self._scene.work.fence)
            waiting.abandon(c, self._id)
            return conversations.reset(c, self._id)

        return await self._services.database.run(unit)

    async def stop(self) -> bool:
        """Cancel the answer that is being written, and what waits for the person's answer. False: there was nothing."""
        stopped = self._services.stop(self._id)
        unit = partial(waiting.abandon, conversation_id=self._id, user_id=self._scene.loaded.person.user_id)
        return await self._services.database.run(unit) > 0 or stopped

    async def retry(self) -> Prompt:
        """Take the last question and its answer out of the history and return the question. Raises Unsuitable."""
        last = self._scene.loaded.last
        if last is None or not last.text:
            raise Unsuitable("There is no question of yours to ask again.")
        self.replaces = last.inbox_id
        return Prompt((Text(last.text),))

    async def usage(self, *, within: timedelta, everywhere: bool = False) -> Usage:
        """What this conversation used, or (`everywhere`) its user in all conversations."""
        since = datetime.now(UTC) - within
        person = self._scene.loaded.person.user_id
        unit = partial(
            usages.total,
            since=since,
            user_id=person if everywhere else None,
            conversation_id=None if everywhere else self._id,
        )
        return await self._services.database.read(unit)

    @property
    def _persona(self) -> Persona:
        return self._services.config.personas[self.persona]

    @property
    def model(self) -> str:
        """The model in force: chosen here, else the persona's (the trained one first), else the default."""
        services = self._services
        trained = services.models.of(self.persona)
        return self._settings.get("model") or trained or self._persona.model or services.config.chat.model

    @property
    def persona(self) -> str:
        """The name of the persona in force; one that the operator has removed gives way to the default."""
        chosen: str = self._settings.get("persona") or ""
        return chosen if chosen in self._services.config.personas else self._services.config.chat.persona

    @property
    def personas(self) -> Mapping[str, str]:
        """Name and description of each persona that may be chosen."""
        return {name: persona.description for name, persona in self._services.config.personas.items()}

    @property
    def system(self) -> str:
        """What the model is told about itself."""
        return self._persona.prompt

    @property
    def temperature(self) -> float | None:
        """The persona's temperature, else the operator's, else the model's own."""
        own = self._persona.temperature
        return own if own is not None else self._services.config.chat.temperature

    async def choose(self, *, model: str | None = None, persona: str | None = None) -> None:
        """Change the model or persona of this conversation. '' returns to the default. Raises Unsuitable."""
        if persona and persona not in self._services.config.personas:
            raise Unsuitable(f"There is no persona “{persona}”. /persona lists them.")
        chosen = {"model": model, "persona": persona}
        self._settings.update({name: value for name, value in chosen.items() if value is not None})

        def unit(c: Connection) -> None:
            hold(c, self._scene.work.fence)
            conversations.set_settings(c, self._id, self._settings)

        await self._services.database.run(unit)


class TurnContext:
    """Implements `botcore.plugin.Context`."""

    def __init__(self, services: Services, scene: Scene, *, within: str = "") -> None:
        self._services = services
        self._scene = scene
        self._within = within
        self._questions = 0
        self.incoming: Incoming = scene.work.incoming
        self.conversation = TurnConversation(services, scene)
        self.api = services.api
        self.role: Permission = scene.role

    def inside(self, step: str) -> "TurnContext":
        """The context of a tool call within the turn: the same turn, other keys."""
        inner = TurnContext(self._services, self._scene, within=f"{step}/")
        inner.conversation = self.conversation
        return inner

    @property
    def parts(self) -> Sequence[Part]:
        """All that was sent, by several messages where they belong together."""
        return parts_of([row.incoming for row in self._scene.work.rows])

    @property
    def key(self) -> str:
        """The idempotency key of this call."""
        return f"{self._scene.work.head.id}/{self._within}".rstrip("/")

    @property
    def sender(self) -> Sender:
        """Who asks."""
        return self.incoming.sender

    @property
    def chat(self) -> Chat:
        """Where."""
        return self.incoming.chat

    @property
    def commands(self) -> Sequence[Command]:
        """The commands this person may use here, sorted by name."""
        return [known.command for known in self._services.registry.commands(self.role)]

    def help(self, name: str = "") -> Reply:
        """The help page of one command, or of all. Raises Unsuitable for an unknown one."""
        return help_page(self._services.registry, name, role=self.role, locale=self.sender.locale)

    async def progress(self, text: str) -> None:
        """Show how far it is in the place reserved for the answer; below what the model said, where it called."""
        if self._within:
            self._scene.answer.hint(text)
        else:
            self._scene.answer.show(text)

    async def run(self, name: str, options: Mapping[str, Json]) -> Reply | Prompt | None:
        """Run a command for this message, as if the person had used it. Raises what it raises."""
        known = self._services.registry.command(name)
        if known is None:
            raise Unsuitable(f"There is no command /{name}.")
        return await self._services.gate.invoke(Call(known, options), self)

    async def step(self, name: str, work: Callable[[], Awaitable[Json]]) -> Json:
        """Run `work` at most once to its end: a restarted turn gets the recorded result."""
        full, known = f"{self._within}step/{name}", self._scene.work.steps
        if full not in known:
            await self._scene.answer.step(full, await work())
        return known[full]

    async def ask(self, question: Reply | str, *, choices: Sequence[str] = ()) -> str:
        """Ask the person and wait for the next message, across restarts."""
        self._questions += 1
        name, known = f"{self._within}ask/{self._questions}", self._scene.work.steps
        if name in known:
            answered: str = known[name]
            return answered
        asked = Reply.of(question) if isinstance(question, str) else question
        raise Asking(name, with_choices(asked, choices))

    async def charge(self, name: str, model: str, *, input_tokens: int = 0, output_tokens: int = 0) -> None:
        """Count what a request to the API used against the person's budget; once for each `name`."""
        head, person = self._scene.work.head, self._scene.loaded.person.user_id
        unit = partial(
            usages.record,
            user_id=person,
            conversation_id=head.conversation_id,
            inbox_id=head.id,
            step=f"{self._within}charge/{name}",
            model=model,
            input_tokens=input_tokens,
            output_tokens=output_tokens,
            cost_microusd=Budget(self._services.config.budget).cost(model, input_tokens, output_tokens),
        )
        await self._services.database.run(unit)

    async def consented(self) -> bool:
        """Whether the person lets their conversations be used for training a model."""
        unit = partial(consents.since, user_id=self._scene.loaded.person.user_id)
        return await self._services.database.read(unit) is not None

    async def consent(self, *, given: bool) -> None:
        """Note that the person lets them be used, or no longer does."""
        unit = partial(consents.put, user_id=self._scene.loaded.person.user_id, given=given)
        await self._services.database.run(unit)

    def download(self, url: str, *, most: int) -> AsyncIterator[bytes]:
        """Stream what is behind a URL that others supplied, `most` bytes at most. Raises Unsuitable."""
        return self._services.fetcher.download(url, most=most)

    async def answer_at(self, external_id: str) -> tuple[Part, ...]:
        """The attachments of the answer of which a message in this chat is a part."""
        address = self.incoming.address
        unit = partial(
            outbox.attachments_at,
            platform=address.platform,
            bot=address.bot,
            chat=self.chat.id,
            external_id=external_id,
        )
        return await self._services.database.read(unit)

    async def moderate(self, text: str) -> str | None:
        """Check what a person wants made, by this chat's rule for input: a warning, or None. Raises Moderated."""
        rules = self._services.config.moderation.rules(f"{self.chat.platform}:{self.chat.id}")
        return await self._services.moderator.check(text, rules[0], "input")

    async def keep(self, name: str, value: Json) -> None:
        """Keep a small value for this chat; None removes it."""
        key = facts.of_chat(self.chat.platform, self.chat.id, name)

        def unit(c: Connection) -> None:
            hold(c, self._scene.work.fence)
            if value is None:
                facts.drop(c, key)
            else:
                facts.put(c, key, value)

        await self._services.database.run(unit)

    async def kept(self, name: str, default: Json = None) -> Json:
        """What `keep` kept for this chat."""
        unit = partial(facts.get, key=facts.of_chat(self.chat.platform, self.chat.id, name))
        value: Json = await self._services.database.read(unit)
        return default if value is None else value

    async def open_thread(self, title: str, first: str = "") -> str:
        """Open a thread, a conversation of its own, and return how a message refers to it."""
        outlet, address = self._scene.outlet, self._scene.work.address
        if not isinstance(outlet, ThreadOutlet):
            raise Unsuitable("I cannot open threads here. /reset starts afresh.")
        key = f"{self.key}/thread"

        async def opened() -> Json:
            thread = await patiently(outlet.open_thread, address, title, key=key)
            return {"id": thread.id, "shown": thread.shown}

        thread: Mapping[str, str] = await self.step("thread", opened)
        if first and self._services.accept is not None:
            there = replace(address, thread=thread["id"], reply_to=None, token=None, expires_at=None, place=None)
            await self._services.accept(
                Incoming(
                    id=f"{self.incoming.id}/thread",
                    address=there,
                    chat=replace(self.chat, thread=thread["id"], title=title),
                    sender=self.sender,
                    event=Message("", (Text(first),)),
                    received_at=datetime.now(UTC),
                )
            )
        return thread["shown"]

    def fetch(self, part: Part, *, most: int) -> AsyncIterator[bytes]:
        """Stream an attachment's bytes, `most` at most. Raises Unsuitable beyond."""
        if not isinstance(part, Attachment) or part.ref is None:
            raise Unsuitable("That has no file to fetch.")
        if part.size is not None and part.size > most:
            raise Unsuitable(f"That file is too large: {part.size / 1e6:.1f} MB, and I take {most / 1e6:.1f} MB.")
        return self._scene.outlet.fetch(part.ref, most=most)


def with_choices(question: Reply, choices: Sequence[str]) -> Reply:
    """The question with a button for each choice."""
    row = tuple(Button(choice, says=choice) for choice in choices)
    return Reply(question.parts, (*question.buttons, row)) if row else question
