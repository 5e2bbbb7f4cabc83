"""Fine-tuning on whichever of its two forms a server has, followed to its end."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias, TypeVar

from botcore import errors
from botcore.openai.codec import JSON
from botcore.openai.fine_tunes import FineTune, FineTuneRequest, FineTunes
from botcore.openai.fine_tuning import FineTuning, FineTuningJob, FineTuningRequest, TuningEvent
from botcore.openai.limits import RateLimits

Result = TypeVar("Result")
TunedBy: TypeAlias = Literal["fine_tuning", "fine_tunes"]
_ENDED: Final = frozenset({"succeeded", "failed", "cancelled"})
_MOST_EVENTS: Final = 10_000  # of one job; OpenAI writes one for each of some hundreds of steps


@dataclass(frozen=True, slots=True, kw_only=True)
class TuneRequest:
    """What both forms know. Files are given by id; hyperparameters are numbers or "auto". `extra` is sent as it is."""

    model: str
    training_file: str
    validation_file: str | None = None
    suffix: str | None = None
    n_epochs: int | Literal["auto"] | None = None
    batch_size: int | Literal["auto"] | None = None
    learning_rate_multiplier: float | Literal["auto"] | None = None
    extra: Mapping[str, JSON] = field(default_factory=dict[str, JSON], repr=False)


@dataclass(frozen=True, slots=True)
class TuningJob:
    """A job in either form. `served_by` says which; `raw` is the server's own description.

    `status` is validating_files, queued or pending, running, paused, succeeded, failed, cancelled, or the server's own
    word. Times are in seconds since 1970.
    """

    id: str
    status: str
    served_by: TunedBy
    model: str = ""
    fine_tuned_model: str | None = None
    training_file: str = ""
    trained_tokens: int | None = None
    created_at: int | None = None
    finished_at: int | None = None
    error: str | None = None
    headers: RateLimits = field(default_factory=RateLimits)
    request_id: str | None = None
    raw: Mapping[str, Any] = field(default_factory=dict[str, Any], repr=False)

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen."""
        return self.status in _ENDED


@dataclass(frozen=True, slots=True)
class TuningStep:
    """The state of a job, and the events since the step before, oldest first."""

    job: TuningJob
    events: tuple[TuningEvent, ...] = ()


class Tuning:
    """Fine-tuning jobs. A form that the server has not is asked for once, and remembered."""

    def __init__(self, fine_tuning: FineTuning, fine_tunes: FineTunes) -> None:
        self._new = fine_tuning
        self._old = fine_tunes

    async def create(self, request: TuneRequest, *, prefer: TunedBy = "fine_tuning") -> TuningJob:
        """Start a job, in the preferred form or else in the other. Raises `ApiError`."""

        async def new() -> TuningJob:
            return of_job(await self._new.create(_new_request(request)))

        async def old() -> TuningJob:
            return of_fine_tune(await self._old.create(_old_request(request)))

        return await self._either(new, old, first=prefer)

    async def list(self) -> AsyncIterator[TuningJob]:
        """Give all jobs of the first form that the server has, newest first. Raises `ApiError`."""
        missing = False
        try:
            async for job in self._new.list():
                yield of_job(job)
        except errors.EndpointMissing:
            missing = True
        if missing:
            jobs = map(of_fine_tune, await self._old.list())
            for one in sorted(jobs, key=lambda job: job.created_at or 0, reverse=True):
                yield one

    async def get(self, job: str) -> TuningJob:
        """Give one job. Raises `NotFound`, or another `ApiError`."""

        async def new() -> TuningJob:
            return of_job(await self._new.get(job))

        async def old() -> TuningJob:
            return of_fine_tune(await self._old.get(job))

        return await self._either(new, old, first=_form_of(job))

    async def cancel(self, job: str) -> TuningJob:
        """End a job. Raises `NotFound`, or another `ApiError`."""

        async def new() -> TuningJob:
            return of_job(await self._new.cancel(job))

        async def old() -> TuningJob:
            return of_fine_tune(await self._old.cancel(job))

        return await self._either(new, old, first=_form_of(job))

    async def events(self, job: str) -> tuple[TuningEvent, ...]:
        """Give a job's events so far, oldest first; at most 10,000. Raises `NotFound`, or another `ApiError`."""

        async def new() -> tuple[TuningEvent, ...]:
            found: list[TuningEvent] = []
            async for event in self._new.events(job, limit=100):
                found.append(event)
                if len(found) == _MOST_EVENTS:
                    break
            found.reverse()  # those of the same second stay in their order
            return tuple(sorted(found, key=lambda event: event.created_at or 0))

        return await self._either(new, lambda: self._old.events(job), first=_form_of(job))

    async def follow(self, job: str, *, every: float = 2.0) -> AsyncIterator[TuningStep]:
        """Ask every so many seconds, and give a step whenever something happened, until the job has ended.

        The last step's job has ended. Raises `ApiError` for what retries do not mend.
        """
        told = 0
        status = ""
        while True:
            state = await self.get(job)  # before the events: none can come after the end
            events = await self.events(job)
            fresh, told = events[told:], max(told, len(events))
            if fresh or state.status != status or state.ended:
                yield TuningStep(state, fresh)
            if state.ended:
                return
            status = state.status
            await asyncio.sleep(every)

    async def _either(
        self, new: Callable[[], Awaitable[Result]], old: Callable[[], Awaitable[Result]], *, first: TunedBy
    ) -> Result:
        """Try one form, then the other where the first is missing or does not know the job."""
        ways = (new, old) if first == "fine_tuning" else (old, new)
        failure: errors.ApiError
        try:
            return await ways[0]()
        except (errors.EndpointMissing, errors.NotFound) as error:
            failure = error
        try:
            return await ways[1]()
        except errors.EndpointMissing as error:
            if isinstance(failure, errors.EndpointMissing):
                failure = error
        raise failure


def of_job(job: FineTuningJob) -> TuningJob:
    """Read a job of the newer form."""
    return TuningJob(
        id=job.id,
        status=job.status,
        served_by="fine_tuning",
        model=job.model,
        fine_tuned_model=job.fine_tuned_model,
        training_file=job.training_file,
        trained_tokens=job.trained_tokens,
        created_at=job.created_at,
        finished_at=job.finished_at,
        error=job.error,
        headers=job.headers,
        request_id=job.request_id,
        raw=job.raw,
    )


def of_fine_tune(job: FineTune) -> TuningJob:
    """Read a job of the older form, which tells an error only as an event."""
    wrong = [event.message for event in job.events if event.level == "error"]
    return TuningJob(
        id=job.id,
        status=job.status,
        served_by="fine_tunes",
        model=job.model,
        fine_tuned_model=job.fine_tuned_model,
        training_file=job.training_files[0].id if job.training_files else "",
        created_at=job.created_at,
        finished_at=job.updated_at if job.status in _ENDED else None,
        error=wrong[-1] if wrong and job.status == "failed" else None,
        headers=job.headers,
        request_id=job.request_id,
        raw=job.raw,
    )


def _form_of(job: str) -> TunedBy:
    """The forms' ids begin differently: ftjob-..., and ft-..."""
    return "fine_tunes" if job.startswith("ft-") else "fine_tuning"


def _new_request(request: TuneRequest) -> FineTuningRequest:
    named = {
        "n_epochs": request.n_epochs,
        "batch_size": request.batch_size,
        "learning_rate_multiplier": request.learning_rate_multiplier,
    }
    given: dict[str, JSON] = {name: value for name, value in named.items() if value is not None}
    return FineTuningRequest(
        model=request.model,
        training_file=request.training_file,
        validation_file=request.validation_file,
        hyperparameters=given or None,
        suffix=request.suffix,
        extra=request.extra,
    )


def _old_request(request: TuneRequest) -> FineTuneRequest:
    """The older form has no "auto": it is what happens where nothing is said."""
    epochs, batch, rate = request.n_epochs, request.batch_size, request.learning_rate_multiplier
    return FineTuneRequest(
        model=request.model,
        training_file=request.training_file,
        validation_file=request.validation_file,
        n_epochs=None if epochs == "auto" else epochs,
        batch_size=None if batch == "auto" else batch,
        learning_rate_multiplier=None if rate == "auto" else rate,
        suffix=request.suffix,
        extra=request.extra,
    )
