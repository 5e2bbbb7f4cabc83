"""`/fine_tuning/jobs`: create, list, get, cancel, events."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from botcore.openai import reading
from botcore.openai.call import Call, Endpoint, Payload
from botcore.openai.codec import JSON
from botcore.openai.exchange import Reply
from botcore.openai.limits import RateLimits
from botcore.openai.pages import Pages, paged
from botcore.openai.transport import Transport

CREATE = Endpoint("fine_tuning.create", "POST", "/fine_tuning/jobs")
LIST = Endpoint("fine_tuning.list", "GET", "/fine_tuning/jobs")
GET = Endpoint("fine_tuning.get", "GET", "/fine_tuning/jobs/{}")
CANCEL = Endpoint("fine_tuning.cancel", "POST", "/fine_tuning/jobs/{}/cancel")
EVENTS = Endpoint("fine_tuning.events", "GET", "/fine_tuning/jobs/{}/events")


@dataclass(frozen=True, slots=True, kw_only=True)
class FineTuningRequest:
    """Parameters of `POST /fine_tuning/jobs`. Files are given by id.

    `hyperparameters` holds `n_epochs`, `batch_size` and `learning_rate_multiplier`, numbers or "auto"; newer servers
    want them inside `method` ({"type": "supervised", "supervised": {"hyperparameters": {...}}}). `suffix` becomes part
    of the new model's name. `extra` is sent as it is, and wins over the fields.
    """

    model: str
    training_file: str
    validation_file: str | None = None
    hyperparameters: Mapping[str, JSON] | None = None
    suffix: str | None = None
    seed: int | None = None
    method: Mapping[str, JSON] | None = None
    integrations: Sequence[Mapping[str, JSON]] | None = None
    metadata: Mapping[str, str] | None = None
    extra: Mapping[str, JSON] = field(default_factory=dict[str, JSON], repr=False)


@dataclass(frozen=True, slots=True)
class FineTuningJob:
    """A job as the server describes it.

    `status` is validating_files, queued, running, paused, succeeded, failed, cancelled, or the server's own word. Times
    are in seconds since 1970; `error` is why it failed.
    """

    id: str
    status: str = ""
    model: str = ""
    fine_tuned_model: str | None = None
    training_file: str = ""
    validation_file: str | None = None
    result_files: tuple[str, ...] = ()
    hyperparameters: Mapping[str, Any] = field(default_factory=dict[str, Any])
    trained_tokens: int | None = None
    created_at: int | None = None
    finished_at: int | None = None
    estimated_finish: int | None = None
    error: str | None = None
    headers: RateLimits = field(default_factory=RateLimits)
    request_id: str | None = None
    raw: Mapping[str, Any] = field(default_factory=dict[str, Any], repr=False)


@dataclass(frozen=True, slots=True)
class TuningEvent:
    """Something that happened to a job. `level` is info, warn or error; `data` may hold metrics by name."""

    id: str = ""
    message: str = ""
    level: str = "info"
    created_at: int | None = None
    type: str = "message"
    data: Mapping[str, Any] = field(default_factory=dict[str, Any])
    raw: Mapping[str, Any] = field(default_factory=dict[str, Any], repr=False)


class FineTuning:
    """Jobs that make a model of one's own."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def create(self, request: FineTuningRequest) -> FineTuningJob:
        """Start a job. Raises `ApiError`, among it `NotFound` for an unknown model or file."""
        return self._job(await self._transport.send(Call(CREATE, Payload.json(reading.body_of(request)))))

    def list(self, *, limit: int | None = None, after: str | None = None) -> Pages[FineTuningJob]:
        """Give all jobs, newest first, to be iterated over; `limit` is the size of a page."""
        return paged(self._transport, Call(LIST, query=_limited(limit)), fine_tuning_job, after=after)

    async def get(self, job: str) -> FineTuningJob:
        """Give one job. Raises `NotFound`, or another `ApiError`."""
        return self._job(await self._transport.send(Call(GET, item=job)))

    async def cancel(self, job: str) -> FineTuningJob:
        """End a job. Raises `NotFound`, or another `ApiError`."""
        return self._job(await self._transport.send(Call(CANCEL, item=job)))

    def events(self, job: str, *, limit: int | None = None, after: str | None = None) -> Pages[TuningEvent]:
        """Give a job's events, newest first, to be iterated over; `limit` is the size of a page."""
        return paged(self._transport, Call(EVENTS, item=job, query=_limited(limit)), tuning_event, after=after)

    def _job(self, reply: Reply) -> FineTuningJob:
        return fine_tuning_job(self._transport.expect(reply, "id"), reply.limits, reply.request_id)


def fine_tuning_job(
    raw: Mapping[str, Any], headers: RateLimits | None = None, request_id: str | None = None
) -> FineTuningJob:
    """Read a `fine_tuning.job` object."""
    files = raw.get("result_files")
    return FineTuningJob(
        id=reading.text(raw, "id"),
        status=reading.text(raw, "status"),
        model=reading.text(raw, "model"),
        fine_tuned_model=reading.text(raw, "fine_tuned_model") or None,
        training_file=reading.text(raw, "training_file"),
        validation_file=reading.text(raw, "validation_file") or None,
        result_files=tuple(str(file) for file in files) if isinstance(files, list) else (),
        hyperparameters=reading.table(raw, "hyperparameters"),
        trained_tokens=reading.count(raw, "trained_tokens"),
        created_at=reading.count(raw, "created_at"),
        finished_at=reading.count(raw, "finished_at"),
        estimated_finish=reading.count(raw, "estimated_finish"),
        error=reading.text(reading.table(raw, "error"), "message") or None,
        headers=headers or RateLimits(),
        request_id=request_id,
        raw=raw,
    )


def tuning_event(raw: Mapping[str, Any]) -> TuningEvent:
    """Read a `fine_tuning.job.event`, or the older `fine-tune-event`, which has no id."""
    return TuningEvent(
        id=reading.text(raw, "id"),
        message=reading.text(raw, "message"),
        level=reading.text(raw, "level") or "info",
        created_at=reading.count(raw, "created_at"),
        type=reading.text(raw, "type") or "message",
        data=reading.table(raw, "data"),
        raw=raw,
    )


def _limited(limit: int | None) -> list[tuple[str, str | int]]:
    return [] if limit is None else [("limit", limit)]
