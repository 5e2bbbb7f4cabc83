"""The fine-tuning jobs: made, kept on disk, brought to their end, and the models that come of them."""

import asyncio
import secrets
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from botcore.testing.openai_server.errors import ApiRefusal, invalid
from botcore.testing.openai_server.filestore import FileStore, StoredFile
from botcore.testing.openai_server.job import FINAL, Failure, Form, Job
from botcore.testing.openai_server.recall import Recall
from botcore.testing.openai_server.settings import ModelCard, TuningPace
from botcore.testing.openai_server.training import BadTraining, Lesson, Pair, Shape, read_lesson
from botcore.testing.openai_server.workspace import Workspace, write_json

_JOBS = "jobs"
_LESSONS = "lessons"
_LEAST = 10  # examples that the public API wants; its older form has no such rule


@dataclass(frozen=True, slots=True)
class Wish:
    """What a request wants: None leaves a hyperparameter to the server."""

    base: ModelCard
    training_file: StoredFile
    validation_file: StoredFile | None = None
    suffix: str | None = None
    epochs: int | None = None
    batch: int | None = None
    rate: float | None = None
    seed: int | None = None
    told: dict[str, Any] | None = None


class Tunings:
    """All jobs by id, oldest first. `models` is the server's list: a job that succeeds adds its model there."""

    def __init__(
        self,
        workspace: Workspace,
        files: FileStore,
        models: dict[str, ModelCard],
        pace: TuningPace,
        clock: Callable[[], float],
    ) -> None:
        self.pace = pace
        self.clock = clock
        self._workspace = workspace
        self._files = files
        self._models = models
        self._jobs: dict[str, Job] = {}
        self._recalls: dict[str, Recall] = {}
        self._of_model: dict[str, Job] = {}
        self._settling = asyncio.Lock()

    def load(self) -> None:
        """Go on with what an earlier run kept."""
        for payload in self._workspace.read_all(_JOBS):
            failure = payload.pop("failure")
            job = Job(**payload, failure=Failure(**failure) if failure else None)
            self._jobs[job.id] = job
        self._jobs = dict(sorted(self._jobs.items(), key=lambda item: (item[1].created, item[0])))
        for job in self._jobs.values():
            if job.settled:
                self._offer(job)

    def all(self, form: Form) -> list[Job]:
        """The jobs of one form, newest first."""
        return [job for job in reversed(self._jobs.values()) if job.form == form]

    def find(self, job_id: str, form: Form) -> Job | None:
        """The job of that id and form."""
        job = self._jobs.get(job_id)
        return job if job is not None and job.form == form else None

    async def create(self, form: Form, new_id: str, wish: Wish) -> Job:
        """Read the files and plan the job. What is wrong with them fails it when its validation ends."""
        now = self.clock()
        shape: Shape = "messages" if wish.base.kind == "chat" else "prompt"
        lesson, failure = await self._read(wish, shape, least=_LEAST if form == "job" else 1)
        job = Job(
            id=new_id,
            form=form,
            model=wish.base.id,
            kind=wish.base.kind,
            name=self._name(form, wish, now),
            training_file=wish.training_file.id,
            validation_file=None if wish.validation_file is None else wish.validation_file.id,
            suffix=wish.suffix,
            created=now,
            validating=self.pace.validating,
            queued=self.pace.queued,
            running=self.pace.running,
            epochs=wish.epochs or (3 if form == "job" else 4),
            batch=wish.batch or max(1, min(256, lesson.examples // 500)),
            rate=wish.rate or (1.8 if form == "job" else 0.1),
            seed=secrets.randbelow(2**31) if wish.seed is None else wish.seed,
            examples=lesson.examples,
            tokens=lesson.tokens,
            failure=failure,
            told=wish.told or {},
        )
        if form == "fine-tune":
            job.files = {"training_files": [wish.training_file.shown()], "validation_files": []}
            if wish.validation_file is not None:
                job.files["validation_files"] = [wish.validation_file.shown()]
        await asyncio.to_thread(_write_pairs, self._lesson_path(job), lesson)
        await self._save(job)
        self._jobs[job.id] = job
        return job

    async def cancel(self, job: Job) -> None:
        """Stop a job.

        Raises:
            ApiRefusal: it has ended already.
        """
        status = job.status(self.clock())
        if status in FINAL:
            raise invalid(
                f"Job has already {status}: {job.id}" if status != "cancelled" else "Job is cancelled already"
            )
        job.cancelled = self.clock()
        await self._save(job)

    async def settle(self) -> None:
        """Do what follows for jobs whose time has come: the model is on offer, the result file is there."""
        if all(job.settled for job in self._jobs.values()):
            return
        async with self._settling:
            now = self.clock()
            for job in tuple(self._jobs.values()):
                status = job.status(now)
                if job.settled or status not in FINAL:
                    continue
                if status == "succeeded":
                    await self._add_results(job)
                    self._offer(job)
                job.settled = True
                await self._save(job)

    def knows(self, model: str) -> bool:
        """Whether the model comes of a job."""
        return model in self._of_model

    async def recall(self, model: str, question: str) -> str | None:
        """What a fine-tuned model was taught to answer; None for other questions and models."""
        job = self._of_model.get(model)
        if job is None:
            return None
        found = self._recalls.get(job.id)
        if found is None:
            found = await asyncio.to_thread(_build, self._lesson_path(job))
            self._recalls[job.id] = found
        return found.answer(question)

    async def forget(self, model: str) -> None:
        """A model is deleted, and stays so."""
        job = self._of_model.pop(model, None)
        if job is not None:
            job.deleted.append(model)
            await self._save(job)

    def clear(self) -> None:
        """Forget the jobs (their folder goes with its workspace)."""
        self._jobs.clear()
        self._recalls.clear()
        for model in self._of_model:
            self._models.pop(model, None)
        self._of_model.clear()

    async def _read(self, wish: Wish, shape: Shape, least: int) -> tuple[Lesson, Failure | None]:
        lesson = Lesson(0, 0, ())
        param = "training_file"
        try:
            lesson = await asyncio.to_thread(read_lesson, self._files.path(wish.training_file.id), shape, least=least)
            if wish.validation_file is not None:
                param = "validation_file"
                await asyncio.to_thread(read_lesson, self._files.path(wish.validation_file.id), shape, least=1)
        except BadTraining as wrong:
            kind = param.removesuffix("_file")
            if wrong.code == "invalid_n_examples":
                return lesson, Failure(wrong.code, str(wrong), param)
            message = f"The job failed due to an invalid {kind} file. {wrong}"
            return lesson, Failure(f"invalid_{kind}_file", message, param)
        except FileNotFoundError:
            raise ApiRefusal(404, f"The {param.replace('_', ' ')} was deleted.", param=param) from None
        return lesson, None

    def _name(self, form: Form, wish: Wish, now: float) -> str:
        base, suffix = wish.base.id, wish.suffix or ""
        if form == "fine-tune":
            stamp = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%d-%H-%M-%S")
            name = f"{base.partition(':')[0]}:ft-offline{':' if suffix else '-'}{suffix}{'-' if suffix else ''}{stamp}"
            taken = {job.name for job in self._jobs.values()}
            return name if name not in taken else f"{name}-{secrets.token_hex(2)}"
        root = base.split(":")[1] if base.startswith("ft:") else base
        return f"ft:{root}:offline:{suffix}:{secrets.token_hex(4)}"

    def _offer(self, job: Job) -> None:
        base = self._models.get(job.model) or ModelCard(job.model, kind=job.kind)
        for name in _models_of(job):
            if name not in job.deleted:
                card = replace(base, id=name, deletable=True, owned_by="org-offline", created=int(job.ends))
                self._models[name] = card
                self._of_model[name] = job

    async def _add_results(self, job: Job) -> None:
        """The metrics of every step as a file of comma-separated values."""
        keys = list(job.metrics(1))
        rows = [",".join(str(job.metrics(step)[key]) for key in keys) for step in _sampled(job.steps)]
        file_id = f"file-{job.id.rpartition('-')[2]}results"
        content = "\n".join([",".join(keys), *rows, ""]).encode()
        await asyncio.to_thread(self._files.path(file_id).write_bytes, content)
        await self._files.add(StoredFile(file_id, "step_metrics.csv", "fine-tune-results", len(content), int(job.ends)))
        job.result_file = file_id

    def _lesson_path(self, job: Job) -> Path:
        return self._workspace.folder(_LESSONS) / f"{job.id}.jsonl"

    async def _save(self, job: Job) -> None:
        await asyncio.to_thread(write_json, self._workspace.folder(_JOBS) / f"{job.id}.json", asdict(job))


def _models_of(job: Job) -> Iterator[str]:
    yield from (checkpoint.model for checkpoint in job.checkpoints(job.ends))


def _sampled(steps: int) -> range:
    return range(1, steps + 1, max(1, steps // 1000))


def _write_pairs(path: Path, lesson: Lesson) -> None:
    with path.open("wb") as file:
        for pair in lesson.pairs:
            file.write(orjson.dumps([pair.question, pair.answer]) + b"\n")


def _build(path: Path) -> Recall:
    with path.open("rb") as file:
        return Recall([Pair(*orjson.loads(line)) for line in file])
