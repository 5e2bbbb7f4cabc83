"""Finished steps of a turn. A restarted turn takes their results instead of repeating them."""

import orjson
from sqlalchemy import Connection, bindparam, select

from botcore.delivery.inbox import Fence, hold
from botcore.messages import Json
from botcore.store.prepared import Prepared
from botcore.store.statements import dump, insert_if_new
from botcore.store.tables import turn_step

ASKED = "asked/"
"""Prefix of the step that records a question; the answer's step has the bare name."""

_RECORD = Prepared(insert_if_new(turn_step, "inbox_id", "step"))
_STEPS = Prepared(select(turn_step.c.step, turn_step.c.result).where(turn_step.c.inbox_id == bindparam("message")))


def steps(c: Connection, inbox_id: int) -> dict[str, Json]:
    """The results of all finished steps, by name."""
    return {row.step: orjson.loads(row.result) for row in _STEPS.all(c, {"message": inbox_id})}


def record(c: Connection, fence: Fence, step: str, result: Json) -> None:
    """Record a step's result; the first one stays. Raises Fenced."""
    hold(c, fence)
    answer(c, fence.inbox_id, step, result)


def answer(c: Connection, inbox_id: int, step: str, result: Json) -> None:
    """Record the result of a step of a message that nobody works on: the answer it waits for."""
    _RECORD.scalar(c, {"inbox_id": inbox_id, "step": step, "state": "done", "result": dump(result)})


def pending_question(c: Connection, inbox_id: int) -> str | None:
    """The name of the step whose answer a waiting message waits for."""
    done = steps(c, inbox_id)
    asked = [name.removeprefix(ASKED) for name in done if name.startswith(ASKED)]
    return next((name for name in asked if name not in done), None)
