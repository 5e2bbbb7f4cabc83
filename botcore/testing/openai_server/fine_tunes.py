"""The older form of fine-tuning: POST and GET /fine-tunes, and of one: GET, POST cancel, GET events.

It stands on the same jobs as `fine_tuning.py`; each form lists its own.
"""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

from botcore.testing.openai_server.errors import ApiRefusal
from botcore.testing.openai_server.fields import Fields, parse, refuse_unknown
from botcore.testing.openai_server.fine_tuning import named_file, read_suffix, tunable
from botcore.testing.openai_server.job import FINAL, Job, JobEvent
from botcore.testing.openai_server.outcome import DONE, EVENTS, Body, Outcome, event, json_answer
from botcore.testing.openai_server.state import Call, Route, State
from botcore.testing.openai_server.tunings import Wish

_KNOWN = frozenset({
    "training_file", "validation_file", "model", "n_epochs", "batch_size", "learning_rate_multiplier",
    "prompt_loss_weight", "compute_classification_metrics", "classification_n_classes",
    "classification_positive_class", "classification_betas", "suffix",
})  # fmt: skip
_USUAL_BASE = "curie"
_LONGEST_SUFFIX = 40
_STATUS = {"validating_files": "pending", "queued": "pending"}
_LOOK_EVERY = 0.1  # seconds between two looks for new events while they are streamed


async def create(state: State, call: Call) -> Outcome:
    """Start a job.

    Raises:
        ApiRefusal: the request is wrong, or names a model or a file that there is not.
    """
    payload = parse(call.body)
    refuse_unknown(payload, _KNOWN)
    fields = Fields(payload)
    training = await named_file(state, fields.required_text("training_file"), "training_file")
    validation_id = fields.text("validation_file")
    validation = None if validation_id is None else await named_file(state, validation_id, "validation_file")
    wish = Wish(
        base=tunable(state, fields.text("model") or _USUAL_BASE),
        training_file=training,
        validation_file=validation,
        suffix=read_suffix(fields, _LONGEST_SUFFIX),
        epochs=fields.integer("n_epochs", 1, 50),
        batch=fields.integer("batch_size", 1, 256),
        rate=fields.number("learning_rate_multiplier", 1e-9, 1e6),
        told={"prompt_loss_weight": fields.number("prompt_loss_weight", 0, 1) or 0.01},
    )
    job = await state.tunings.create("fine-tune", state.new_id("ft-"), wish)
    return json_answer(await _shown(state, job, events=True))


async def _shown(state: State, job: Job, *, events: bool = False) -> dict[str, Any]:
    now = state.tunings.clock()
    status = job.status(now)
    happened = job.events(now)
    result = None if job.result_file is None else await state.files.find(job.result_file)
    told = {
        "id": job.id,
        "object": "fine-tune",
        "created_at": int(job.created),
        "updated_at": int(happened[-1].at),
        "model": job.model,
        "fine_tuned_model": job.name if status == "succeeded" else None,
        "organization_id": "org-offline",
        "status": _STATUS.get(status, status),
        "hyperparams": {
            "n_epochs": job.epochs,
            "batch_size": job.batch,
            "learning_rate_multiplier": job.rate,
            "prompt_loss_weight": job.told.get("prompt_loss_weight"),
        },
        "training_files": job.files["training_files"],
        "validation_files": job.files["validation_files"],
        "result_files": [] if result is None else [result.shown()],
    }
    return {**told, "events": [_shown_event(one) for one in happened]} if events else told


def _shown_event(happened: JobEvent) -> dict[str, Any]:
    told = {"created_at": int(happened.at), "level": happened.level, "message": happened.message}
    return {"object": "fine-tune-event", **told}


async def list_jobs(state: State, _call: Call) -> Outcome:
    """All jobs of this form, newest first."""
    data = [await _shown(state, job) for job in state.tunings.all("fine-tune")]
    return json_answer({"object": "list", "data": data})


def _found(state: State, call: Call) -> Job:
    job_id = call.params["job"]
    job = state.tunings.find(job_id, "fine-tune")
    if job is None:
        raise ApiRefusal(404, f"No fine-tune job: {job_id}", param="fine_tune_id", code="fine_tune_not_found")
    return job


async def get_job(state: State, call: Call) -> Outcome:
    """One job, with its events."""
    return json_answer(await _shown(state, _found(state, call), events=True))


async def cancel_job(state: State, call: Call) -> Outcome:
    """Stop a job that has not ended."""
    job = _found(state, call)
    await state.tunings.cancel(job)
    return json_answer(await _shown(state, job, events=True))


async def list_events(state: State, call: Call) -> Outcome:
    """What has happened, oldest first; with `stream=true` as server-sent events until the job ends."""
    job = _found(state, call)
    if call.query.get("stream") == "true":
        return Body(_follow(state, job), EVENTS)
    data = [_shown_event(one) for one in job.events(state.tunings.clock())]
    return json_answer({"object": "list", "data": data})


async def _follow(state: State, job: Job) -> AsyncGenerator[bytes]:
    told = 0
    while True:
        await state.tunings.settle()  # the last events name what is made then
        now = state.tunings.clock()
        happened = job.events(now)
        for one in happened[told:]:
            yield event(_shown_event(one))
        told = len(happened)
        if job.status(now) in FINAL:
            yield DONE
            return
        with state.park():
            await asyncio.sleep(_LOOK_EVERY)


ROUTES = (
    Route("POST", "/fine-tunes", create),
    Route("GET", "/fine-tunes", list_jobs),
    Route("GET", "/fine-tunes/{job}", get_job),
    Route("POST", "/fine-tunes/{job}/cancel", cancel_job),
    Route("GET", "/fine-tunes/{job}/events", list_events),
)
