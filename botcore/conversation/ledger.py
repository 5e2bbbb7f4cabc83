"""What a turn leaves in the database beside its answer: messages of the history, and what was used."""

from functools import partial

import orjson

from botcore.conversation.context import Scene
from botcore.conversation.past import FAILED
from botcore.conversation.talk import Talk, Used
from botcore.conversation.tokens import estimate_message
from botcore.delivery.answer import Answer, Record
from botcore.delivery.work import Work
from botcore.messages import Json
from botcore.store import Connection, history, usage


def record(scene: Scene, talk: Talk, *, replaces: int | None, failed: bool) -> Record | None:
    """What to write in the transaction that commits the answer; None where the model was not asked."""
    if talk.asked is None:
        return None
    messages = [{"role": "user", "content": talk.asked}, *([] if failed else talk.messages)]
    return partial(_write, scene=scene, talk=talk, replaces=replaces, messages=messages, failed=failed)


def _write(
    c: Connection, *, scene: Scene, talk: Talk, replaces: int | None, messages: list[dict[str, Json]], failed: bool
) -> None:
    head = scene.work.head
    if replaces is not None:
        history.remove_turn(c, head.conversation_id, replaces)
    name = scene.work.incoming.sender.name
    about: Json = {FAILED: True} if failed else {"name": name, "persona": talk.persona, "model": talk.model}
    rows = [
        history.NewMessage(
            role=message["role"],
            content=orjson.dumps({key: value for key, value in message.items() if key != "role"}).decode(),
            tokens=estimate_message(message),
            external_id=talk.external_id if message["role"] == "user" else None,
            meta=orjson.dumps(about if message["role"] == "user" else {}).decode(),
        )
        for message in messages
    ]
    history.append(c, head.conversation_id, inbox_id=head.id, user_id=head.user_id, messages=rows)
    for used in talk.used:
        charge(c, scene.work, used)


def charge(c: Connection, work: Work, used: Used) -> None:
    """Record what a request used; once, however often it is recorded."""
    usage.record(
        c,
        user_id=work.head.user_id,
        conversation_id=work.head.conversation_id,
        inbox_id=work.head.id,
        step=used.step,
        model=used.model,
        input_tokens=used.input_tokens,
        output_tokens=used.output_tokens,
        cost_microusd=used.cost_microusd,
    )


class TurnSteps:
    """Implements `botcore.conversation.talk.Steps`. `quiet`: nothing is shown before it was checked."""

    def __init__(self, work: Work, answer: Answer, *, quiet: bool) -> None:
        self._work = work
        self._answer = answer
        self._quiet = quiet

    def known(self, name: str) -> Json:
        """The recorded result of a step, or None."""
        return self._work.steps.get(name)

    async def record(self, name: str, result: Json, used: Used | None) -> None:
        """Record a finished step with what it used. Raises Fenced."""
        charged = None if used is None else partial(charge, work=self._work, used=used)
        await self._answer.step(name, result, record=charged)

    def grow(self, text: str) -> None:
        """Show more of the answer."""
        if not self._quiet:
            self._answer.grow(text)
