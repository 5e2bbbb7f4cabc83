"""`/fine-tunes`: the older form of fine-tuning jobs, on compatible servers that still have it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from botcore.openai import reading
from botcore.openai.call import Call, Endpoint, Payload
from botcore.openai.codec import JSON
from botcore.openai.exchange import Reply
from botcore.openai.files import StoredFile, stored_file
from botcore.openai.fine_tuning import TuningEvent, tuning_event
from botcore.openai.limits import RateLimits
from botcore.openai.transport import Transport

CREATE = Endpoint("fine_tunes.create", "POST", "/fine-tunes")
LIST = Endpoint("fine_tunes.list", "GET", "/fine-tunes")
GET = Endpoint("fine_tunes.get", "GET", "/fine-tunes/{}")
CANCEL = Endpoint("fine_tunes.cancel", "POST", "/fine-tunes/{}/cancel")
EVENTS = Endpoint("fine_tunes.events", "GET", "/fine-tunes/{}/events")


@dataclass(frozen=True, slots=True, kw_only=True)
class FineTuneRequest:
    """Parameters of `POST /fine-tunes`. Files are given by id. `extra` is sent as it is, and wins over the fields."""

    training_file: str
    validation_file: str | None = None
    model: str | None = None
    n_epochs: int | None = None
    batch_size: int | None = None
    learning_rate_multiplier: float | None = None
    prompt_loss_weight: float | None = None
    compute_classification_metrics: bool | None = None
    classification_n_classes: int | None = None
    classification_positive_class: str | None = None
    classification_betas: Sequence[float] | None = None
    suffix: str | None = None
    extra: Mapping[str, JSON] = field(default_factory=dict[str, JSON], repr=False)


@dataclass(frozen=True, slots=True)
class FineTune:
    """A job as the server describes it.

    `status` is pending, running, succeeded, failed, cancelled, or the server's own word. Times are in seconds since
    1970.
    """

    id: str
    status: str = ""
    model: str = ""
    fine_tuned_model: str | None = None
    hyperparams: Mapping[str, Any] = field(default_factory=dict[str, Any])
    training_files: tuple[StoredFile, ...] = ()
    validation_files: tuple[StoredFile, ...] = ()
    result_files: tuple[StoredFile, ...] = ()
    events: tuple[TuningEvent, ...] = ()
    created_at: int | None = None
    updated_at: int | None = None
    headers: RateLimits = field(default_factory=RateLimits)
    request_id: str | None = None
    raw: Mapping[str, Any] = field(default_factory=dict[str, Any], repr=False)


class FineTunes:
    """Fine-tuning in its older form."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def create(self, request: FineTuneRequest) -> FineTune:
        """Start a job. Raises `ApiError`, among it `NotFound` for an unknown model or file."""
        return self._job(await self._transport.send(Call(CREATE, Payload.json(reading.body_of(request)))))

    async def list(self) -> tuple[FineTune, ...]:
        """Give all jobs; the older form has no pages. Raises `ApiError`."""
        reply = await self._transport.send(Call(LIST))
        return tuple(fine_tune(entry, reply.limits, reply.request_id) for entry in self._entries(reply))

    async def get(self, job: str) -> FineTune:
        """Give one job with its events. Raises `NotFound`, or another `ApiError`."""
        return self._job(await self._transport.send(Call(GET, item=job)))

    async def cancel(self, job: str) -> FineTune:
        """End a job. Raises `NotFound`, or another `ApiError`."""
        return self._job(await self._transport.send(Call(CANCEL, item=job)))

    async def events(self, job: str) -> tuple[TuningEvent, ...]:
        """Give a job's events so far, oldest first. Raises `NotFound`, or another `ApiError`."""
        reply = await self._transport.send(Call(EVENTS, item=job))
        return tuple(map(tuning_event, self._entries(reply)))

    def _job(self, reply: Reply) -> FineTune:
        return fine_tune(self._transport.expect(reply, "id"), reply.limits, reply.request_id)

    def _entries(self, reply: Reply) -> Sequence[Mapping[str, Any]]:
        entries = reading.objects(self._transport.expect(reply, "data")["data"])
        if entries is None:
            raise reply.bad("data that is no list of objects")
        return entries


def fine_tune(raw: Mapping[str, Any], headers: RateLimits | None = None, request_id: str | None = None) -> FineTune:
    """Read a `fine-tune` object."""
    return FineTune(
        id=reading.text(raw, "id"),
        status=reading.text(raw, "status"),
        model=reading.text(raw, "model"),
        fine_tuned_model=reading.text(raw, "fine_tuned_model") or None,
        hyperparams=reading.table(raw, "hyperparams"),
        training_files=_files(raw, "training_files"),
        validation_files=_files(raw, "validation_files"),
        result_files=_files(raw, "result_files"),
        events=tuple(map(tuning_event, reading.objects(raw.get("events")) or ())),
        created_at=reading.count(raw, "created_at"),
        updated_at=reading.count(raw, "updated_at"),
        headers=headers or RateLimits(),
        request_id=request_id,
        raw=raw,
    )


def _files(raw: Mapping[str, Any], name: str) -> tuple[StoredFile, ...]:
    return tuple(map(stored_file, reading.objects(raw.get(name)) or ()))
