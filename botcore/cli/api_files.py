"""`botcore api files` and `botcore api finetune`: what the server keeps, and the jobs that learn from it."""

import asyncio
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from rich.progress import BarColumn, SpinnerColumn, TextColumn, TimeElapsedColumn

from botcore.cli.session import Session, upload_of
from botcore.errors import Unsuitable
from botcore.openai import StoredFile, TuneRequest, TuningEvent, TuningJob

EVERY = 2.0
"""Seconds between two looks at a job."""


async def listed(session: Session, *, purpose: str | None) -> None:
    """Every file, one a line."""
    files = [file async for file in session.api.files.list(purpose=purpose)]
    if session.as_json:
        session.tell([dict(file.raw) for file in files])
        return
    for file in files:
        session.say(_line(file))
    if not files:
        session.note("There are no files.")


async def uploaded(session: Session, path: str, *, purpose: str, name: str | None) -> StoredFile:
    """Send a file and say its id."""
    file = await upload_of(path, name=name)
    with session.transfer(f"sending {file.name}") as progress:
        stored = await session.api.files.upload(file, purpose=purpose, progress=progress)
    session.tell(dict(stored.raw)) if session.as_json else session.say(stored.id)
    return stored


async def described(session: Session, file: str) -> None:
    """What the server knows of a file."""
    found = await session.api.files.get(file)
    session.tell(dict(found.raw)) if session.as_json else session.say(_line(found))


async def content(session: Session, file: str, *, out: Path | None) -> None:
    """Read a file, to standard output or into one of one's own."""
    with session.transfer(f"reading {file}") as progress:
        async with session.api.files.content(file, progress=progress) as chunks:
            if out is not None:
                try:
                    await chunks.save(out)
                except OSError as error:
                    raise Unsuitable(f"{out}: cannot be written: {error.strerror}") from error
            else:
                async for chunk in chunks:
                    await asyncio.to_thread(sys.stdout.buffer.write, chunk)
                await asyncio.to_thread(sys.stdout.buffer.flush)
    if out is not None:
        session.say(str(out))


async def deleted(session: Session, files: Sequence[str]) -> None:
    """Delete files."""
    for file in files:
        gone = await session.api.files.delete(file)
        session.tell({"id": file, "deleted": gone}) if session.as_json else session.say(f"{file}: deleted")


# ---- jobs ----------------------------------------------------------------------------------------------------


async def created(session: Session, request: TuneRequest, *, older: bool) -> TuningJob:
    """Start a job and say its id."""
    job = await session.api.tuning.create(request, prefer="fine_tunes" if older else "fine_tuning")
    session.tell(dict(job.raw)) if session.as_json else session.say(job.id)
    asked_for = "fine_tunes" if older else "fine_tuning"
    if job.served_by != asked_for:
        session.note(f"This server has no {asked_for.replace('_', '-')}: done through {job.served_by}.")
    return job


async def jobs(session: Session) -> None:
    """Every job, one a line, the newest first."""
    found = [job async for job in session.api.tuning.list()]
    if session.as_json:
        session.tell([dict(job.raw) for job in found])
        return
    for job in found:
        session.say(told(job))
    if not found:
        session.note("There are no jobs.")


async def job_of(session: Session, job: str, *, cancel: bool = False) -> None:
    """How a job stands; `cancel` ends it."""
    found = await (session.api.tuning.cancel(job) if cancel else session.api.tuning.get(job))
    session.tell(dict(found.raw)) if session.as_json else session.say(told(found))


async def events(session: Session, job: str) -> None:
    """What happened to a job, the oldest first."""
    found = await session.api.tuning.events(job)
    if session.as_json:
        session.tell([dict(event.raw) for event in found])
        return
    for event in found:
        session.say(_happened(event))


async def followed(session: Session, job: str, *, every: float = EVERY) -> int:
    """Tell what happens to a job until it ends; 1 where it did not succeed. Ctrl-C leaves the job running."""
    ended: TuningJob | None = None
    with session.bar(SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn()) as progress:
        task = progress.add_task(job, total=None)
        try:
            async for step in session.api.tuning.follow(job, every=every):
                for event in step.events:
                    session.tell(dict(event.raw)) if session.as_json else session.say(_happened(event))
                done, steps = _share(step.events)
                progress.update(task, description=f"{job}: {step.job.status}", completed=done, total=steps)
                ended = step.job
        except asyncio.CancelledError:
            session.note(f"The job goes on. `botcore api finetune follow {job}` looks again.")
            raise
    if ended is None or ended.status != "succeeded":
        why = f": {ended.error}" if ended is not None and ended.error else ""
        session.console.print(f"botcore: {job} {ended.status if ended else 'is gone'}{why}", markup=False)
        return 1
    if not session.as_json:
        session.say(f"model: {ended.fine_tuned_model}")
    return 0


def told(job: TuningJob) -> str:
    """A job in a line."""
    made = f" -> {job.fine_tuned_model}" if job.fine_tuned_model else ""
    failed = f" ({job.error})" if job.error else ""
    return f"{job.id}  {job.status:<12}  {job.model}{made}{failed}"


def _share(events: Sequence[TuningEvent]) -> tuple[float | None, float | None]:
    """How far a job is, of how much, where an event tells step and steps."""
    for event in reversed(events):
        step, steps = event.data.get("step"), event.data.get("total_steps")
        if isinstance(step, int | float) and isinstance(steps, int | float) and steps:
            return float(step), float(steps)
    return None, None


def _happened(event: TuningEvent) -> str:
    at = datetime.fromtimestamp(event.created_at, UTC).strftime("%H:%M:%S") if event.created_at else "--:--:--"
    return f"{at}  {event.message}"


def _line(file: StoredFile) -> str:
    size = "?" if file.size is None else f"{file.size:,}"
    return f"{file.id}  {size:>12} bytes  {file.purpose}  {file.status}  {file.filename}".rstrip()
