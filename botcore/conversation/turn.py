"""One turn, from a claimed message to its committed answer."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from botcore.adapter import Outlet
from botcore.commands import gate
from botcore.conversation import finish, ledger, words
from botcore.conversation.admission import WAITING, Admission, Person
from botcore.conversation.context import Asking, Scene, Services, TurnContext
from botcore.conversation.past import Loaded, load
from botcore.conversation.rate import Rate
from botcore.conversation.respond import Responder
from botcore.conversation.talk import Talk
from botcore.delivery import inbox, steps, waiting
from botcore.delivery.answer import Answer
from botcore.delivery.drain import is_cut
from botcore.delivery.work import Work
from botcore.errors import ApiError, BotcoreError, Fenced, NotAllowed, Refusal, StoreUnavailable, Unsuitable, summary
from botcore.messages import Edit, Incoming, Message, Press, Reply, Text, text_of
from botcore.store import Connection, access

log = logging.getLogger(__name__)


class ConversationTurn:
    """Takes turns for all conversations; implements `botcore.delivery.drain.Turn`."""

    def __init__(
        self,
        services: Services,
        admission: Admission,
        responder: Responder,
        outlet: Callable[[str], Outlet],
        *,
        metered: bool,
    ) -> None:
        self._services = services
        self._admission = admission
        self._responder = responder
        self._outlet = outlet
        self._metered = metered
        self._rate = Rate(services.config.access.messages_per_minute)
        self._running: dict[int, asyncio.Task[Reply | None]] = {}
        self._stopped: set[int] = set()
        services.stop = self.stop

    def stop(self, conversation_id: int) -> bool:
        """Cancel the turn that runs in a conversation. False: none runs."""
        task = self._running.get(conversation_id)
        if task is None or not task.cancel():
            return False
        self._stopped.add(conversation_id)
        return True

    def load(self, c: Connection, work: Work) -> Loaded:
        """Read what the turn needs, in the claim's transaction."""
        return load(c, work.head, turns=self._services.config.chat.history_turns, metered=self._metered)

    async def take(self, work: Work, loaded: Loaded, answer: Answer) -> None:
        """Work the answer out and settle it."""
        incoming = work.incoming
        if not self._admission.addressed(incoming):
            await self._overhear(work, loaded, answer)
            return
        if not self._admission.admit(incoming, loaded.person):
            await self._introduce(loaded.person, incoming.sender.name, answer)
            return
        if loaded.foreign:
            raise NotAllowed("That button is for the one who was answered there. Ask me yourself!")
        if loaded.settled and self._services.registry.find(self._admission.line(incoming)) is None:
            raise Unsuitable("That question is settled, or was put to somebody else.")
        if isinstance(incoming.event, Edit):
            if loaded.standing is None:
                await answer.ignore("an edit of an earlier message")
                return
            answer.adopt(loaded.standing)
        if loaded.waiting is not None and self._answers(work, loaded.waiting[1]):
            await self._resume(work, loaded.waiting, answer)
            return
        self._count(work)
        answer.reserve()
        await self._take(*self._scene(work, loaded, answer))

    def _count(self, work: Work) -> None:
        """Count a message of this minute. Raises RateExceeded. What stops an answer or answers a button is free."""
        incoming = work.incoming
        if work.head.attempt == 1 and work.head.lane != inbox.URGENT and not isinstance(incoming.event, Press):
            self._rate.take(f"{incoming.address.platform}:{incoming.sender.id}")

    def _scene(self, work: Work, loaded: Loaded, answer: Answer) -> tuple[Scene, TurnContext]:
        incoming = work.incoming
        role, outlet = self._admission.role(incoming, loaded.person), self._outlet(incoming.address.platform)
        scene = Scene(work, loaded, answer, outlet, role, self._admission.key(incoming))
        ctx = TurnContext(self._services, scene)
        ctx.conversation.replaces = loaded.replaces
        return scene, ctx

    # ---- before a turn ----

    async def _overhear(self, work: Work, loaded: Loaded, answer: Answer) -> None:
        """A message that was not meant for the bot: a plugin may answer it, and nobody is told why none did."""
        try:
            if self._admission.admit(work.incoming, loaded.person):
                self._count(work)
                await self._take(*self._scene(work, loaded, answer))
                return
        except (Fenced, StoreUnavailable):
            raise
        except BotcoreError as error:
            log.info("message %d was overheard and not answered: %s", work.head.id, error)
        await answer.ignore("not meant for the bot")

    async def _introduce(self, person: Person, name: str, answer: Answer) -> None:
        """A stranger gets a code that the owner approves."""
        code = await self._services.database.run(partial(access.request, identity_id=person.identity_id))
        await answer.commit(Reply.of(WAITING.format(name=name, code=code), ephemeral=True), kind="notice")

    def _answers(self, work: Work, asked: Incoming) -> bool:
        """Whether the message answers what a handler asked: any text of the one who was asked that is no command."""
        event = work.incoming.event
        if not isinstance(event, Message | Press) or asked.sender.id != work.incoming.sender.id:
            return False
        return (
            bool(_text_of(work).strip()) and self._services.registry.find(self._admission.line(work.incoming)) is None
        )

    async def _resume(self, work: Work, asked: tuple[int, Incoming], answer: Answer) -> None:
        """Hand the text to the waiting message and open it again; its answer goes below this one."""
        waiting_id, incoming = asked
        text, opened = _text_of(work), 0

        def unit(c: Connection) -> None:
            nonlocal opened
            opened = waiting.resume(c, waiting_id, replace(incoming, address=work.address))
            if not opened:  # /stop was quicker: this is a message like any other
                raise Fenced(f"message {waiting_id} does not wait any more")
            step = steps.pending_question(c, waiting_id)
            if step is not None:
                steps.answer(c, waiting_id, step, text)

        answer.cede()
        await answer.ignore("the answer to a question", record=unit)
        work.resumed += opened

    # ---- the turn ----

    async def _take(self, scene: Scene, ctx: TurnContext) -> None:
        talk = Talk()
        failed, kind = False, "answer"
        is_quiet = gate.is_quiet(self._services.registry, ctx.incoming.event)
        try:
            reply = await self._stoppable(scene, ctx, talk)
        except Asking as asking:
            await scene.answer.ask(asking.step, replace(asking.question, ephemeral=is_quiet))
            return
        except (Fenced, StoreUnavailable):
            raise
        except BotcoreError as error:
            if not self._admission.addressed(ctx.incoming):
                raise
            severity = logging.INFO if isinstance(error, Refusal) else logging.WARNING
            log.log(severity, "message %d gets a notice: %s", scene.work.head.id, summary(error))
            if isinstance(error, Refusal) and not talk.used:
                talk.asked = None  # refused before it was put to the model: nothing to remember or to ask again
            reply, failed, kind = self._notice(error, talk), True, "notice"
        if reply is None:
            await scene.answer.ignore("nobody expects an answer")
            return
        record = ledger.record(scene, talk, replaces=ctx.conversation.replaces, failed=failed)
        await scene.answer.commit(replace(reply, ephemeral=reply.ephemeral or is_quiet), kind=kind, record=record)

    def _notice(self, error: BotcoreError, talk: Talk) -> Reply:
        """What a person is told of an error: below what they said, where that was shown; with a way to try again."""
        said = Text(error.said, plain=True)
        parts = (Text(talk.preface), said) if talk.preface else (said,)
        again = isinstance(error, ApiError) and talk.asked is not None
        buttons = self._responder.offered(finish.RETRY) if again else ()
        return Reply(parts, buttons, ephemeral=True)

    async def _stoppable(self, scene: Scene, ctx: TurnContext, talk: Talk) -> Reply | None:
        """Run the turn so that /stop can end it with what there is."""
        conversation_id, orderly = scene.work.head.conversation_id, scene.work.head.lane == inbox.ORDERLY
        task = asyncio.create_task(self._responder.respond(scene, ctx, talk), name=f"turn {scene.work.head.id}")
        if orderly:
            self._running[conversation_id] = task
        try:
            return await task
        except asyncio.CancelledError:
            if is_cut():
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
                raise
            if conversation_id not in self._stopped or not orderly:
                raise BotcoreError("what the turn waited for was cancelled, by nobody who may") from None
            return await self._responder.stopped(ctx, talk)
        except BaseExceptionGroup as group:  # a handler that asks inside a task group
            raise _asking_in(group) or group from None
        finally:
            if orderly:
                self._running.pop(conversation_id, None)
                self._stopped.discard(conversation_id)


def _text_of(work: Work) -> str:
    return text_of(words.parts_of([row.incoming for row in work.rows]))


def _asking_in(group: BaseExceptionGroup[BaseException]) -> Asking | None:
    found = group.subgroup(Asking)
    while found is not None:
        inner = found.exceptions[0]
        if isinstance(inner, Asking):
            return inner
        found = inner
    return None
