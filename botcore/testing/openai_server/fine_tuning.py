"""POST and GET /fine_tuning/jobs, and of one job: GET, POST cancel, GET events and checkpoints."""

import re
from typing import Any

from botcore.testing.openai_server import errors
from botcore.testing.openai_server.errors import ApiRefusal
from botcore.testing.openai_server.fields import Fields, parse, refuse_unknown
from botcore.testing.openai_server.filestore import StoredFile
from botcore.testing.openai_server.job import Checkpoint, Job, JobEvent
from botcore.testing.openai_server.outcome import Outcome, json_answer
from botcore.testing.openai_server.paging import page
from botcore.testing.openai_server.settings import ModelCard
from botcore.testing.openai_server.state import Call, Route, State
from botcore.testing.openai_server.tunings import Wish

_KNOWN = frozenset({
    "model", "training_file", "hyperparameters", "suffix", "validation_file", "integrations", "seed", "method",
    "metadata",
})  # fmt: skip
_MOST_LISTED = 100
_LONGEST_SUFFIX = 64
_SUFFIX = re.compile(r"[A-Za-z0-9._-]+")
_FILTER = re.compile(r"metadata\[(.+)\]")


async def create(state: State, call: Call) -> Outcome:
    """Start a job.

    Raises:
        ApiRefusal: the request is wrong, or names a model or a file that there is not.
    """
    payload = parse(call.body)
    refuse_unknown(payload, _KNOWN)
    fields = Fields(payload)
    base = tunable(state, fields.required_text("model"))
    training = await named_file(state, fields.required_text("training_file"), "training_file")
    validation_id = fields.text("validation_file")
    validation = None if validation_id is None else await named_file(state, validation_id, "validation_file")
    wanted = _hyperparameters(fields)
    wish = Wish(
        base=base,
        training_file=training,
        validation_file=validation,
        suffix=read_suffix(fields, _LONGEST_SUFFIX),
        epochs=_number(wanted, "n_epochs", 1, 50),
        batch=_number(wanted, "batch_size", 1, 256),
        rate=_rate(wanted),
        seed=fields.integer("seed", 0, 2**31 - 1),
        told={"metadata": _metadata(fields), "integrations": fields.array("integrations") or []},
    )
    job = await state.tunings.create("job", state.new_id("ftjob-"), wish)
    return json_answer(_shown(job, state.tunings.clock()))


def tunable(state: State, name: str) -> ModelCard:
    """The base model of that name.

    Raises:
        ApiRefusal: there is none, or it cannot be fine-tuned.
    """
    base = state.find_model(name, "chat")
    if base is None or base.kind not in {"chat", "completion"}:
        message = f"Model {name} is not available for fine-tuning or does not exist."
        raise errors.invalid(message, "model", "model_not_available")
    return base


async def named_file(state: State, file_id: str, param: str) -> StoredFile:
    """The file of that id, uploaded to train on.

    Raises:
        ApiRefusal: there is none, or it has another purpose.
    """
    file = await state.files.find(file_id)
    if file is None:
        raise errors.invalid(f"invalid {param}: {file_id}", param)
    if file.purpose != "fine-tune":
        message = f"File '{file_id}' has purpose '{file.purpose}': expected a file of purpose 'fine-tune'."
        raise errors.invalid(message, param, "invalid_file_purpose")
    return file


def read_suffix(fields: Fields, longest: int) -> str | None:
    """What the model's name is to hold.

    Raises:
        ApiRefusal: it is too long, or has other characters than letters, digits and `._-`.
    """
    suffix = fields.text("suffix")
    if suffix is None:
        return None
    if not 1 <= len(suffix) <= longest:
        message = f"Invalid 'suffix': string of {len(suffix)} characters. Expected 1 to {longest}."
        raise errors.invalid(message, "suffix", "string_above_max_length")
    if not _SUFFIX.fullmatch(suffix):
        raise errors.invalid("Invalid 'suffix': expected letters, digits, '.', '_' and '-'.", "suffix", "invalid_value")
    return suffix.lower()


def _hyperparameters(fields: Fields) -> Fields:
    """They stand in `method.supervised` today, and stood in the request itself before."""
    method = fields.object("method")
    if method is None:
        return fields.object("hyperparameters") or Fields({})
    kind = method.required_text("type")
    if kind != "supervised":
        message = f"Invalid value: '{kind}'. The offline stand-in supports 'supervised' only."
        raise errors.invalid(message, "method.type", "unsupported_value")
    supervised = method.object("supervised")
    found = None if supervised is None else supervised.object("hyperparameters")
    return found or Fields({})


def _number(fields: Fields, key: str, low: int, high: int) -> int | None:
    return None if fields.values.get(key) == "auto" else fields.integer(key, low, high)


def _rate(fields: Fields) -> float | None:
    key = "learning_rate_multiplier"
    if fields.values.get(key) == "auto":
        return None
    found = fields.number(key, 0, 1e6)
    if found == 0:
        raise errors.invalid(f"Invalid '{fields.name(key)}': expected a value > 0.", fields.name(key))
    return found


def _metadata(fields: Fields) -> dict[str, Any] | None:
    given = fields.object("metadata")
    if given is None:
        return None
    if len(given.values) > 16 or not all(isinstance(value, str) for value in given.values.values()):
        raise errors.invalid("Invalid 'metadata': expected at most 16 texts.", "metadata", "invalid_value")
    return dict(given.values)


def _shown(job: Job, now: float) -> dict[str, Any]:
    status = job.status(now)
    done = status == "succeeded"
    hyperparameters = {"batch_size": job.batch, "learning_rate_multiplier": job.rate, "n_epochs": job.epochs}
    error = None
    if status == "failed" and job.failure is not None:
        error = {"code": job.failure.code, "message": job.failure.message, "param": job.failure.param}
    return {
        "id": job.id,
        "object": "fine_tuning.job",
        "created_at": int(job.created),
        "model": job.model,
        "fine_tuned_model": job.name if done else None,
        "organization_id": "org-offline",
        "status": status,
        "error": error,
        "finished_at": job.finished(now),
        "estimated_finish": int(job.ends) if status == "running" else None,
        "hyperparameters": hyperparameters,
        "method": {"type": "supervised", "supervised": {"hyperparameters": hyperparameters}},
        "training_file": job.training_file,
        "validation_file": job.validation_file,
        "result_files": [job.result_file] if done and job.result_file else [],
        "trained_tokens": job.tokens * job.epochs if done else None,
        "seed": job.seed,
        "integrations": job.told.get("integrations", []),
        "metadata": job.told.get("metadata"),
    }


async def list_jobs(state: State, call: Call) -> Outcome:
    """The jobs, newest first, in pages; `metadata[key]=value` picks some."""
    wanted = {found[1]: value for key, value in call.query.items() if (found := _FILTER.fullmatch(key))}
    jobs = [job for job in state.tunings.all("job") if wanted.items() <= (job.told.get("metadata") or {}).items()]
    listed, more = page(jobs, call.query, default=20, most=_MOST_LISTED)
    now = state.tunings.clock()
    return json_answer({"object": "list", "data": [_shown(job, now) for job in listed], "has_more": more})


def _found(state: State, call: Call) -> Job:
    job_id = call.params["job"]
    job = state.tunings.find(job_id, "job")
    if job is None:
        message = f"Could not find fine tune: {job_id}"
        raise ApiRefusal(404, message, param="fine_tune_id", code="fine_tune_not_found")
    return job


async def get_job(state: State, call: Call) -> Outcome:
    """One job."""
    return json_answer(_shown(_found(state, call), state.tunings.clock()))


async def cancel_job(state: State, call: Call) -> Outcome:
    """Stop a job that has not ended."""
    job = _found(state, call)
    await state.tunings.cancel(job)
    return json_answer(_shown(job, state.tunings.clock()))


async def list_events(state: State, call: Call) -> Outcome:
    """What has happened in a job, newest first, in pages."""
    events = list(reversed(_found(state, call).events(state.tunings.clock())))
    listed, more = page(events, call.query, default=20, most=_MOST_LISTED)
    return json_answer({"object": "list", "data": [_shown_event(event) for event in listed], "has_more": more})


def _shown_event(event: JobEvent) -> dict[str, Any]:
    return {
        "object": "fine_tuning.job.event",
        "id": event.id,
        "created_at": int(event.at),
        "level": event.level,
        "message": event.message,
        "type": "message" if event.metrics is None else "metrics",
        "data": event.metrics or {},
    }


async def list_checkpoints(state: State, call: Call) -> Outcome:
    """The models that a job made on its way, newest first, in pages."""
    job = _found(state, call)
    checkpoints = list(reversed(job.checkpoints(state.tunings.clock())))
    listed, more = page(checkpoints, call.query, default=10, most=_MOST_LISTED)
    ends = {"first_id": listed[0].id if listed else None, "last_id": listed[-1].id if listed else None}
    data = [_shown_checkpoint(job, one) for one in listed]
    return json_answer({"object": "list", "data": data, **ends, "has_more": more})


def _shown_checkpoint(job: Job, checkpoint: Checkpoint) -> dict[str, Any]:
    return {
        "object": "fine_tuning.job.checkpoint",
        "id": checkpoint.id,
        "created_at": int(checkpoint.at),
        "fine_tuned_model_checkpoint": checkpoint.model,
        "fine_tuning_job_id": job.id,
        "step_number": checkpoint.step,
        "metrics": checkpoint.metrics,
    }


ROUTES = (
    Route("POST", "/fine_tuning/jobs", create),
    Route("GET", "/fine_tuning/jobs", list_jobs),
    Route("GET", "/fine_tuning/jobs/{job}", get_job),
    Route("POST", "/fine_tuning/jobs/{job}/cancel", cancel_job),
    Route("GET", "/fine_tuning/jobs/{job}/events", list_events),
    Route("GET", "/fine_tuning/jobs/{job}/checkpoints", list_checkpoints),
)
