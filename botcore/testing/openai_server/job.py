"""A fine-tuning job: what was asked for, what came of reading its files, and what is known of it at a time.

Nothing runs: a job's state, events and checkpoints follow from its times and the clock alone. So a job goes on over a
restart, and a test's clock takes it anywhere.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from botcore.testing.openai_server.settings import ModelKind

Form = Literal["job", "fine-tune"]
JobStatus = Literal["validating_files", "queued", "running", "succeeded", "failed", "cancelled"]
Level = Literal["info", "warn", "error"]

FINAL: frozenset[JobStatus] = frozenset({"succeeded", "failed", "cancelled"})
_MOST_METRICS = 50  # metric events of one job; more steps are told of every few
_KEPT_CHECKPOINTS = 3  # of the last epochs, the finished model among them, as the public API keeps them


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a job failed, as its `error` object."""

    code: str
    message: str
    param: str | None


@dataclass(frozen=True, slots=True)
class JobEvent:
    """One thing that happened, at `at` (Unix seconds)."""

    id: str
    at: float
    message: str
    level: Level = "info"
    metrics: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The model as it was after an epoch."""

    id: str
    at: float
    model: str
    step: int
    metrics: dict[str, Any]


@dataclass(slots=True)
class Job:
    """One job of either form. Times are Unix seconds, `validating`, `queued` and `running` lengths in seconds.

    `name` is the model that comes of it. `settled` says that what follows from its end was done. `told` are fields of
    the request that are only shown again; `files` are the older form's descriptions of its files.
    """

    id: str
    form: Form
    model: str
    name: str
    training_file: str
    created: float
    validating: float
    queued: float
    running: float
    epochs: int
    batch: int
    rate: float
    kind: ModelKind = "chat"
    validation_file: str | None = None
    suffix: str | None = None
    seed: int = 0
    examples: int = 0
    tokens: int = 0
    failure: Failure | None = None
    cancelled: float | None = None
    settled: bool = False
    result_file: str | None = None
    deleted: list[str] = field(default_factory=list)
    told: dict[str, Any] = field(default_factory=dict)
    files: dict[str, Any] = field(default_factory=dict)

    @property
    def steps(self) -> int:
        """Training steps altogether."""
        return max(1, math.ceil(self.examples / self.batch) * self.epochs)

    @property
    def started(self) -> float:
        """When it runs, or would."""
        return self.created + self.validating + self.queued

    @property
    def ends(self) -> float:
        """When it ends by itself."""
        return self.created + self.validating if self.failure else self.started + self.running

    def status(self, now: float) -> JobStatus:
        """Its state at a time."""
        if self.cancelled is not None and now >= self.cancelled:
            return "cancelled"
        if now < self.created + self.validating:
            return "validating_files"
        if self.failure is not None:
            return "failed"
        if now < self.started:
            return "queued"
        return "running" if now < self.ends else "succeeded"

    def finished(self, now: float) -> int | None:
        """When it ended, if it has."""
        if self.status(now) not in FINAL:
            return None
        return int(self.ends if self.cancelled is None else self.cancelled)

    def events(self, now: float) -> list[JobEvent]:
        """What has happened, oldest first."""
        planned = self._told_older() if self.form == "fine-tune" else self._told_newer()
        until = now if self.cancelled is None else min(now, self.cancelled)
        happened = [event for event in planned if event.at <= until]
        if self.cancelled is not None and now >= self.cancelled:
            happened.append(self._event(self.cancelled, "The job was cancelled by its owner."))
        numbered = enumerate(happened)
        prefix = f"ftevent-{self.id.rpartition('-')[2]}"
        return [
            JobEvent(f"{prefix}{number:04d}", one.at, one.message, one.level, one.metrics) for number, one in numbered
        ]

    def checkpoints(self, now: float) -> list[Checkpoint]:
        """The checkpoints that there are, oldest first."""
        if self.status(now) != "succeeded":
            return []
        per_epoch = self.steps // self.epochs
        found: list[Checkpoint] = []
        for epoch in range(max(1, self.epochs - _KEPT_CHECKPOINTS + 1), self.epochs + 1):
            step = epoch * per_epoch
            name = self.name if epoch == self.epochs else f"{self.name}:ckpt-step-{step}"
            checkpoint_id = f"ftckpt_{self.id.rpartition('-')[2]}{epoch:02d}"
            found.append(Checkpoint(checkpoint_id, self._at(step), name, step, self.metrics(step)))
        return found

    def metrics(self, step: int) -> dict[str, Any]:
        """A learning curve's value: made up, always the same, and always better at the end."""
        left = math.exp(-4 * step / self.steps)
        told = {"train_loss": round(0.05 + 2.2 * left, 4), "train_mean_token_accuracy": round(0.98 - 0.5 * left, 4)}
        if self.validation_file is not None:
            told |= {"valid_loss": round(0.1 + 2.3 * left, 4), "valid_mean_token_accuracy": round(0.95 - 0.5 * left, 4)}
        return {"step": step, **told}

    def _at(self, step: int) -> float:
        return self.started + self.running * step / self.steps

    @staticmethod
    def _event(at: float, message: str, level: Level = "info", metrics: dict[str, Any] | None = None) -> JobEvent:
        return JobEvent("", at, message, level, metrics)

    def _told_newer(self) -> Iterator[JobEvent]:
        yield self._event(self.created, f"Created fine-tuning job: {self.id}")
        yield self._event(self.created, f"Validating training file: {self.training_file}")
        validated = self.created + self.validating
        if self.failure is not None:
            yield self._event(validated, self.failure.message, "error")
            return
        yield self._event(validated, "Files validated, moving job to queued state")
        yield self._event(self.started, "Fine-tuning job started")
        stride = max(1, self.steps // _MOST_METRICS)
        for step in range(stride, self.steps + 1, stride):
            metrics = self.metrics(step)
            message = f"Step {step}/{self.steps}: training loss={metrics['train_loss']:.2f}"
            yield self._event(self._at(step), message, metrics={**metrics, "total_steps": self.steps})
        yield self._event(self.ends, f"New fine-tuned model created: {self.name}")
        yield self._event(self.ends, "The job has successfully completed")

    def _told_older(self) -> Iterator[JobEvent]:
        yield self._event(self.created, f"Created fine-tune: {self.id}")
        validated = self.created + self.validating
        if self.failure is not None:
            yield self._event(validated, self.failure.message, "error")
            return
        yield self._event(validated, "Fine-tune costs $0.00")
        yield self._event(validated, "Fine-tune enqueued. Queue number: 0")
        yield self._event(self.started, "Fine-tune started")
        for epoch in range(1, self.epochs + 1):
            at = self.started + self.running * epoch / self.epochs
            yield self._event(at, f"Completed epoch {epoch}/{self.epochs}")
        yield self._event(self.ends, f"Uploaded model: {self.name}")
        yield self._event(self.ends, f"Uploaded result file: {self.result_file}")
        yield self._event(self.ends, "Fine-tune succeeded")
