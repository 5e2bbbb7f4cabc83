"""One turn, from a claimed message to its committed answer."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from botcore.adapter import Outlet
from botcore.conversation import finish, ledger, words
from botcore.conversation.admission import WAITING, Admission, Person
from botcore.conversation.context import Asking, Scene, Services, TurnContext
from botcore.conversation.past import Loaded, load
from botcore.conversation.rate import Rate
from botcore.conversation.respond import Responder
from botcore.conversation.talk import Talk
from botcore.delivery import inbox, steps
from botcore.delivery.answer import Answer
from botcore.delivery.work import Work
from botcore.errors import BotcoreError, Fenced, Refusal, StoreUnavailable
from botcore.messages import Edit, Message, Press, Reply, Text, text_of
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
        self._running: dict[int, asyncio.Task[Reply]] = {}
        self._stopped: set[int] = set()
        services.stop = self.stop

    def stop(self, conversation_id: int) -> bool:
        """Cancel the turn that runs in a conversation. False: none runs."""
        task = self._running.get(conversation_id)
        if task is None:
            return False
        self._stopped.add(conversation_id)
        task.cancel()
        return True

    def load(self, c: Connection, work: Work) -> Loaded:
        """Read what the turn needs, in the claim's transaction."""
        return load(c, work.head, turns=self._services.config.chat.history_turns, metered=self._metered)

    async def take(self, work: Work, loaded: Loaded, answer: Answer) -> None:
        """Work the answer out and settle it."""
        incoming = work.incoming
        if not self._admission.admit(incoming, loaded.person):
            await self._introduce(loaded.person, incoming.sender.name, answer)
            return
        replaces: int | None = None
        if isinstance(incoming.event, Edit):
            if loaded.last is None or not loaded.standing:
                await answer.ignore("an edit of an earlier message")
                return
            replaces = loaded.last.inbox_id
            answer.adopt(replaces, loaded.standing)
        if loaded.waiting is not None and self._answers(work, loaded):
            await self._resume(work, loaded, answer)
            return
        if work.head.attempt == 1 and not isinstance(incoming.event, Press):
            self._rate.take(f"{incoming.address.platform}:{incoming.sender.id}")
        answer.reserve()
        role = self._admission.role(incoming, loaded.person)
        outlet = self._outlet(incoming.address.platform)
        scene = Scene(work, loaded, answer, outlet, role, self._admission.key(incoming))
        ctx = TurnContext(self._services, scene)
        ctx.conversation.replaces = replaces
        await self._take(scene, ctx)

    # ---- before a turn ----

    async def _introduce(self, person: Person, name: str, answer: Answer) -> None:
        """A stranger gets a code that the owner approves."""
        code = await self._services.database.run(partial(access.request, identity_id=person.identity_id))
        await answer.commit(Reply.of(WAITING.format(name=name, code=code)), kind="notice")

    def _answers(self, work: Work, loaded: Loaded) -> bool:
        """Whether the message answers what a handler asked: any text of the one who was asked that is no command."""
        event = work.incoming.event
        if loaded.waiting is None or not isinstance(event, Message | Press):
            return False
        asked = loaded.waiting[1].sender.id == work.incoming.sender.id
        return asked and self._services.registry.find(self._admission.line(work.incoming)) is None

    async def _resume(self, work: Work, loaded: Loaded, answer: Answer) -> None:
        """Hand the text to the waiting message and open it again; its answer goes below this one."""
        if loaded.waiting is None:
            return
        waiting_id, asked = loaded.waiting
        text = text_of(words.parts_of([row.incoming for row in work.rows]))

        def unit(c: Connection) -> None:
            step = steps.pending_question(c, waiting_id)
            if step is not None:
                steps.answer(c, waiting_id, step, text)
            inbox.resume(c, waiting_id, replace(asked, address=work.address))

        await answer.ignore("the answer to a question", record=unit)
        work.resumed += 1

    # ---- the turn ----

    async def _take(self, scene: Scene, ctx: TurnContext) -> None:
        talk = Talk()
        failed, kind = False, "answer"
        try:
            reply = await self._stoppable(scene, ctx, talk)
        except Asking as asking:
            await scene.answer.ask(asking.step, asking.question)
            return
        except (Fenced, StoreUnavailable):
            raise
        except BotcoreError as error:
            severity = logging.INFO if isinstance(error, Refusal) else logging.WARNING
            log.log(severity, "message %d gets a notice: %s: %s", scene.work.head.id, type(error).__name__, error)
            if isinstance(error, Refusal) and not talk.used:
                talk.asked = None  # refused before it was put to the model: nothing to remember or to ask again
            reply, failed, kind = Reply((Text(error.said, plain=True),)), True, "notice"
        record = ledger.record(scene, talk, replaces=ctx.conversation.replaces, failed=failed)
        await scene.answer.commit(reply, kind=kind, record=record)

    async def _stoppable(self, scene: Scene, ctx: TurnContext, talk: Talk) -> Reply:
        """Run the turn so that /stop can end it with what there is."""
        conversation_id, orderly = scene.work.head.conversation_id, scene.work.head.lane == inbox.ORDERLY
        task = asyncio.create_task(self._responder.respond(scene, ctx, talk), name=f"turn {scene.work.head.id}")
        if orderly:
            self._running[conversation_id] = task
        try:
            return await task
        except asyncio.CancelledError:
            if conversation_id not in self._stopped or not orderly:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
                raise
            talk.interrupt(finish.STOPPED)
            return Reply.of(finish.with_remark(talk.text, finish.STOPPED))
        finally:
            if orderly:
                self._running.pop(conversation_id, None)
                self._stopped.discard(conversation_id)
